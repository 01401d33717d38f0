//! Who asked for what, when: what sessions, active users and robots are found from. Kept whole while there is room; then of a
//! sample of users, chosen by their hash, each with all that they asked. So a session is never torn, whatever order the files
//! come in, and two samples add up to one.
//!
//! Source: P. B. Gibbons, "Distinct Sampling for Highly-Accurate Answers to Distinct Values Queries", VLDB 2001.

/// Requests kept of all threads together: 32 MB.
pub(super) const MAX_VISITS: usize = 1 << 21;
const STACKS: usize = 64;
/// A level leaves one user in 2^level.
const MAX_LEVEL: u32 = 40;

/// One request of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Visit {
    pub(super) user: u64,
    /// Local seconds since 1970.
    pub(super) at: u32,
    /// The leaf, and marks on top.
    what: u32,
}

impl Visit {
    const ASSET: u32 = 1 << 31;
    const ROBOTS_TXT: u32 = 1 << 30;
    const NOT_FOUND: u32 = 1 << 29;

    #[inline]
    pub(super) fn new(user: u64, at: u32, leaf: u32, kind: super::shape::Kind, status: u16) -> Visit {
        let mark = match kind {
            super::shape::Kind::Page => 0,
            super::shape::Kind::Asset => Visit::ASSET,
            super::shape::Kind::RobotsTxt => Visit::ROBOTS_TXT,
        };
        let missing = if status == 404 { Visit::NOT_FOUND } else { 0 };
        Visit { user, at, what: leaf | mark | missing }
    }

    pub(super) fn leaf(self) -> u32 {
        self.what & (Visit::NOT_FOUND - 1)
    }

    pub(super) fn is_asset(self) -> bool {
        self.what & Visit::ASSET != 0
    }

    pub(super) fn is_robots_txt(self) -> bool {
        self.what & Visit::ROBOTS_TXT != 0
    }

    pub(super) fn is_missing(self) -> bool {
        self.what & Visit::NOT_FOUND != 0
    }
}

#[derive(Debug)]
pub(super) struct Visits {
    /// Dealt out by bits in which users differ, so that a stack to be sorted fits into a core's own cache.
    stacks: Vec<Vec<Visit>>,
    count: usize,
    capacity: usize,
    level: u32,
}

impl Visits {
    pub(super) fn new(capacity: usize) -> Visits {
        Visits { stacks: vec![Vec::new(); STACKS], count: 0, capacity, level: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, visit: Visit) {
        // The upper bits, for tables are ordered by the lower ones.
        if visit.user.leading_zeros() < self.level {
            return;
        }
        if self.count >= self.capacity {
            self.thin();
            if visit.user.leading_zeros() < self.level || self.count >= self.capacity {
                return;
            }
        }
        self.stacks[(visit.user >> 8) as usize % STACKS].push(visit);
        self.count += 1;
    }

    /// Keeps half of the users, until there is room.
    #[cold]
    fn thin(&mut self) {
        while self.count >= self.capacity && self.level < MAX_LEVEL {
            self.leave(self.level + 1);
        }
    }

    /// Leaves the users of a level alone.
    fn leave(&mut self, level: u32) {
        if level > self.level {
            self.level = level;
            self.stacks
                .iter_mut()
                .for_each(|stack| stack.retain(|visit| visit.user.leading_zeros() >= level));
            self.count = self.stacks.iter().map(Vec::len).sum();
        }
    }

    /// Adds those of another thread; `capacity` is then that of both.
    pub(super) fn merge(&mut self, mut other: Visits) {
        let level = self.level.max(other.level);
        self.leave(level);
        other.leave(level);
        self.capacity += other.capacity;
        self.count += other.count;
        for (mine, theirs) in self.stacks.iter_mut().zip(&mut other.stacks) {
            mine.append(theirs);
        }
    }

    /// Each user's, by time. Which user comes before which does not matter.
    pub(super) fn users(&mut self) -> impl Iterator<Item = &[Visit]> + Clone {
        self.stacks.iter_mut().for_each(|stack| stack.sort_unstable());
        self.stacks.iter().flat_map(|stack| stack.chunk_by(|a, b| a.user == b.user))
    }

    /// How many users each one here stands for.
    pub(super) fn scale(&self) -> f64 {
        2_f64.powi(self.level as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::shape::Kind;
    use crate::log::top::hash;

    #[test]
    fn a_sample_has_whole_users_and_as_many_as_it_says() {
        let (mut one, mut other) = (Visits::new(4000), Visits::new(4000));
        for n in 0..100_000_u32 {
            let user = hash(&(n % 10_000).to_le_bytes());
            if n % 3 == 0 { &mut one } else { &mut other }.add(Visit::new(user, n, 1, Kind::Page, 200));
        }
        one.merge(other);
        let users: Vec<Vec<Visit>> = one.users().map(<[Visit]>::to_vec).collect();
        assert!(users.iter().all(|visits| visits.len() == 10), "each user with all that it asked");
        assert!(users.iter().all(|visits| visits.is_sorted_by_key(|visit| visit.at)), "by time");
        let estimate = users.len() as f64 * one.scale();
        assert!((8000.0..12_000.0).contains(&estimate), "{estimate}");
    }
}
