//! A segment: a Parquet file of transactions, and what naru needs to find its way in it.

mod filter;
mod footer;
mod read;
mod schema;
mod write;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) use read::{Choice, Opened, Part, Traits, Wants, fault};
pub(super) use schema::SLICE_ROWS;
pub(super) use write::write;

/// What is known of a segment without reading it again.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    /// The number of the journal it was made of.
    pub(super) number: u64,
    /// When its first and last transaction ended, in microseconds since 1970.
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// It could not be read; said once, and left alone.
    broken: AtomicBool,
}

impl Segment {
    /// Marks it broken. `true`: it was not before.
    pub(super) fn break_off(&self) -> bool {
        !self.broken.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
