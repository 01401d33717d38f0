//! How much of the disk the store may take, and takes.

use std::path::Path;

use naru_model::units::Percent;

use super::files::{self, Name};

/// A share of the disk that a folder is on, free or not, in bytes; `None`: the system does not tell.
pub(crate) fn share(folder: &Path, percent: Percent) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let whole = found.f_blocks.checked_mul(found.f_frsize)?;
    Some((u128::from(whole) * u128::from(percent.thousandths) / 1000) as u64)
}

/// What the journals take, in bytes.
pub(crate) fn journals(folder: &Path) -> u64 {
    let files = files::list(folder).unwrap_or_default();
    let journals = files.iter().filter(|(name, _)| matches!(name, Name::Journal(_) | Name::TracesJournal(_)));
    journals.filter_map(|(_, path)| path.metadata().ok()).map(|found| found.len()).sum()
}
