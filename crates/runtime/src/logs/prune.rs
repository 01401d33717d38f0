//! Keeps the logs of instances that have gone for a while, and not for ever.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;

use super::follow::instances;
use super::{FILES, generation};

/// How many instances that have gone a service keeps the logs of; at most 64 MiB each.
const KEPT: usize = 50;

/// Removes the logs of a service's instances that are not `known` any more, except those last written to.
///
/// # Errors
/// When the logs can't be read or removed.
pub(crate) fn prune(logs: &Path, service: &ServiceName, known: &BTreeSet<InstanceId>) -> io::Result<()> {
    let mut gone: Vec<_> = instances(&logs.join(service.as_str()))?
        .into_iter()
        .filter(|(id, _)| !known.contains(id))
        .map(|(_, path)| {
            let written = fs::metadata(&path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            (written, path)
        })
        .collect();
    gone.sort();
    let surplus = gone.len().saturating_sub(KEPT);
    for (_, path) in gone.into_iter().take(surplus) {
        for n in 0..FILES {
            match fs::remove_file(generation(&path, n)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
