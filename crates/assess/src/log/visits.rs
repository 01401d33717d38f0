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
/// Who has so much of the room, as a share of it, is no person but a program or a proxy with many behind it: only counted
/// from then on, so that it does not drive the others out of the sample.
const HEAVY_SHARE: usize = 8;
/// At most so many.
const MAX_HEAVY: usize = 64;

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
    /// Users of whom only the number of visits is kept.
    heavy: Vec<(u64, u64)>,
}

impl Visits {
    pub(super) fn new(capacity: usize) -> Visits {
        Visits { stacks: vec![Vec::new(); STACKS], count: 0, capacity, level: 0, heavy: Vec::new() }
    }

    #[inline]
    pub(super) fn add(&mut self, visit: Visit) {
        if !self.heavy.is_empty() && self.is_of_heavy(visit.user) {
            return;
        }
        // The upper bits, for tables are ordered by the lower ones.
        if visit.user.leading_zeros() < self.level {
            return;
        }
        if self.count >= self.capacity {
            self.thin();
            let is_left_out = visit.user.leading_zeros() < self.level || self.count >= self.capacity;
            if self.is_of_heavy(visit.user) || is_left_out {
                return;
            }
        }
        self.stacks[(visit.user >> 8) as usize % STACKS].push(visit);
        self.count += 1;
    }

    /// Counts a visit of one of the heavy users.
    fn is_of_heavy(&mut self, user: u64) -> bool {
        let found = self.heavy.iter_mut().find(|one| one.0 == user);
        found.map(|one| one.1 += 1).is_some()
    }

    /// Leaves heavy users out, and if that is not enough, half of the users, until there is room.
    #[cold]
    fn thin(&mut self) {
        let most = (self.capacity / HEAVY_SHARE).max(1);
        for stack in self.stacks.iter_mut().filter(|stack| stack.len() >= most) {
            stack.sort_unstable();
            let heavy = stack.chunk_by(|a, b| a.user == b.user).filter(|visits| visits.len() >= most);
            let found: Vec<(u64, u64)> = heavy.map(|visits| (visits[0].user, 0)).collect();
            self.heavy.extend(found.into_iter().take(MAX_HEAVY.saturating_sub(self.heavy.len())));
        }
        self.leave_heavy();
        while self.count >= self.capacity && self.level < MAX_LEVEL {
            self.leave(self.level + 1);
        }
    }

    /// Makes numbers of the heavy users' visits.
    fn leave_heavy(&mut self) {
        if self.heavy.is_empty() {
            return;
        }
        let Visits { stacks, heavy, .. } = self;
        for stack in stacks {
            stack.retain(|visit| match heavy.iter_mut().find(|one| one.0 == visit.user) {
                Some(one) => {
                    one.1 += 1;
                    false
                }
                None => true,
            });
        }
        self.count = self.stacks.iter().map(Vec::len).sum();
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
        for (user, count) in other.heavy {
            match self.heavy.iter_mut().find(|one| one.0 == user) {
                Some(one) => one.1 += count,
                None => self.heavy.push((user, count)),
            }
        }
        self.leave_heavy();
    }

    /// Users of whom only the number of visits is known, and that number; less what was left out of the sample before.
    pub(super) fn heavy(&self) -> &[(u64, u64)] {
        &self.heavy
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

    #[test]
    fn who_makes_most_of_the_requests_drives_nobody_else_out() {
        let (mut one, mut other) = (Visits::new(4000), Visits::new(4000));
        let proxy = hash(b"a proxy");
        for n in 0..100_000_u32 {
            let user = if n % 10 == 0 { hash(&(n / 10 % 500).to_le_bytes()) } else { proxy };
            if n % 3 == 0 { &mut one } else { &mut other }.add(Visit::new(user, n, 1, Kind::Page, 200));
        }
        one.merge(other);
        assert_eq!(one.heavy(), [(proxy, 90_000)]);
        let estimate = one.users().count() as f64 * one.scale();
        assert!((400.0..600.0).contains(&estimate), "{estimate}");
    }
}
