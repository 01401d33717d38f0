//! The log of a service: those of all its instances, in the order of time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;

use super::Line;
use super::read::{self, Position};

/// How soon a new line is seen.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Reads on as new lines are written, by instances there are and by those to come.
#[derive(Debug)]
pub struct Follower {
    folder: PathBuf,
    positions: BTreeMap<InstanceId, Position>,
}

/// Returns the last `count` lines that a service's instances wrote, oldest first. A service that never wrote any has none.
///
/// # Errors
/// When its logs can't be read.
pub fn tail(logs: &Path, service: &ServiceName, count: usize) -> io::Result<Vec<Line>> {
    Follower::start(logs, service, count).map(|(lines, _)| lines)
}

impl Follower {
    /// Returns the last `count` lines as [`tail`] does, and a follower that goes on right after them: no line is missed or doubled.
    ///
    /// # Errors
    /// As [`tail`].
    pub fn start(logs: &Path, service: &ServiceName, count: usize) -> io::Result<(Vec<Line>, Follower)> {
        let folder = logs.join(service.as_str());
        let mut follower = Follower { folder, positions: BTreeMap::new() };
        let mut lines = Vec::new();
        for (instance, path) in follower.instances()? {
            let (last, position) = read::last(&instance, &path, count)?;
            lines.extend(last);
            follower.positions.insert(instance, position);
        }
        lines.sort_by_key(|line| line.at);
        lines.drain(..lines.len().saturating_sub(count));
        Ok((lines, follower))
    }

    /// Waits for new lines, and returns them; never none.
    ///
    /// # Errors
    /// When the logs can't be read any more.
    pub async fn next(&mut self) -> io::Result<Vec<Line>> {
        loop {
            let lines = self.read()?;
            if !lines.is_empty() {
                return Ok(lines);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Returns the lines that are new now, perhaps none.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub fn read(&mut self) -> io::Result<Vec<Line>> {
        let mut lines = Vec::new();
        for (instance, path) in self.instances()? {
            let position = self.positions.entry(instance.clone()).or_default();
            lines.extend(read::more(&instance, &path, position)?);
        }
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }

    /// Returns the instances that have a log, with the file it is written to.
    fn instances(&self) -> io::Result<BTreeMap<InstanceId, PathBuf>> {
        instances(&self.folder)
    }
}

/// Returns the instances that have a log in a service's folder, with the file it is written to.
pub(super) fn instances(folder: &Path) -> io::Result<BTreeMap<InstanceId, PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let id = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".log"));
        if let Some(id) = id.and_then(|id| id.parse().ok()) {
            found.insert(id, path);
        }
    }
    Ok(found)
}
