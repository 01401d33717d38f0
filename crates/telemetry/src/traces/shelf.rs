//! What there is to look into: traces that wait, traces that are held in memory, and files.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::collector::Collector;
use super::files::{File, Kind, Opened};
use super::held::Held;
use crate::Log;
use crate::archive::error::Error;

/// Shared by the thread that fills it, the one that writes files, and all who ask.
pub(super) struct Shelf {
    collector: RwLock<Collector>,
    files: RwLock<View>,
    log: Log,
}

/// What is not added to any more, at one moment.
#[derive(Clone, Default)]
pub(super) struct View {
    /// In no file yet, by the number of their journal.
    pub(super) full: Vec<(u64, Arc<Held>)>,
    files: Vec<Arc<File>>,
}

impl View {
    /// Files in which something of a time from `from` on and before `to` may be, the latest first.
    pub(super) fn files(&self, kind: Kind, from: u64, to: u64) -> Vec<Arc<File>> {
        let within = |file: &&Arc<File>| file.kind == kind && file.overlaps(from, to) && !file.is_broken();
        let mut files: Vec<Arc<File>> = self.files.iter().filter(within).cloned().collect();
        files.sort_by_key(|file| std::cmp::Reverse((file.last, file.number)));
        files
    }

    pub(super) fn all(&self) -> &[Arc<File>] {
        &self.files
    }
}

impl Shelf {
    pub(super) fn new(collector: Collector, files: Vec<Arc<File>>, log: Log) -> Shelf {
        let view = View { full: Vec::new(), files };
        Shelf { collector: RwLock::new(collector), files: RwLock::new(view), log }
    }

    pub(super) fn collector(&self) -> RwLockReadGuard<'_, Collector> {
        self.collector.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn collect(&self) -> RwLockWriteGuard<'_, Collector> {
        self.collector.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn view(&self) -> View {
        self.files.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self) -> RwLockWriteGuard<'_, View> {
        self.files.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts up what the collector holds, as a journal's that is not added to any more.
    pub(super) fn close(&self, number: u64) {
        // Both at once, so that nobody finds it twice or not at all.
        let mut collector = self.collect();
        let mut view = self.change();
        view.full.push((number, Arc::new(std::mem::take(&mut collector.held))));
    }

    /// Puts files in the place of what they were made of.
    pub(super) fn replace(&self, number: u64, files: Vec<File>) {
        let mut view = self.change();
        view.full.retain(|(full, _)| *full != number);
        view.files.extend(files.into_iter().map(Arc::new));
    }

    pub(super) fn remove(&self, file: &Arc<File>) {
        self.change().files.retain(|other| !Arc::ptr_eq(other, file));
    }

    /// Reads in a file. One that is damaged is said once and not read again; one that has just been removed because of
    /// its age is no loss.
    pub(super) fn reading(
        &self,
        file: &File,
        work: impl FnOnce(&Opened) -> Result<(), parquet::errors::ParquetError>,
    ) {
        if file.is_broken() {
            return;
        }
        let read = || {
            let opened = Opened::open(file.kind, &file.path)?;
            work(&opened).map_err(Error::parquet("read", &file.path))
        };
        // The Parquet reader may panic on what a damaged page holds.
        let cause = match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.whole(),
            Err(_) => "its pages are damaged".to_owned(),
        };
        if file.path.exists() && file.break_off() {
            let path = file.path.display();
            (self.log)(&format!(
                "traces: {path} is not read any more: {cause}; what it holds is missing, remove it or bring a good copy and start again"
            ));
        }
    }
}
