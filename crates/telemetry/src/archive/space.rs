//! The disk's share that transactions and traces have together: the oldest of both go first.

use std::sync::{Mutex, PoisonError};

/// Whose files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Transactions = 0,
    Traces = 1,
}

/// What one of them has on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// In files that could be removed.
    pub(crate) bytes: u64,
    /// When the last thing in the oldest of them happened, in microseconds since 1970; the largest number when there is none.
    pub(crate) oldest: u64,
}

impl Default for Taken {
    fn default() -> Self {
        Taken { bytes: 0, oldest: u64::MAX }
    }
}

/// Told by both, asked by both.
#[derive(Debug, Default)]
pub(crate) struct Space(Mutex<[Taken; 2]>);

impl Space {
    pub(crate) fn tell(&self, owner: Owner, taken: Taken) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[owner as usize] = taken;
    }

    /// What the other one has.
    pub(crate) fn beside(&self, owner: Owner) -> Taken {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[1 - owner as usize]
    }
}
