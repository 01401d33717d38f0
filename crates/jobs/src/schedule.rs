//! Which job is next: each lane in the order of its jobs' times, lanes in turn, neither a lane nor all together over
//! their bound.
//!
//! A lane is a route's jobs, or what a consumer gave up and somebody replays. Decisions only: the dispatcher asks and
//! carries them out, and passes the time in.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use naru_model::units::Timestamp;

/// Of a job: grows with each one accepted, so that it also tells who was first.
pub(crate) type Seq = i64;

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    lanes: BTreeMap<String, Lane>,
    /// Every queued or running job's lane.
    of: HashMap<Seq, Standing>,
    /// Lanes in the order in which they are looked at: whoever got a turn goes to the end.
    turns: VecDeque<String>,
    running: usize,
    /// All lanes together.
    most: usize,
}

#[derive(Debug)]
struct Standing {
    lane: String,
    submitted: Timestamp,
    /// `None` while it runs.
    due: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: BTreeSet<(Timestamp, Seq)>,
    running: usize,
    /// When its queued and running jobs were accepted.
    accepted: BTreeSet<(Timestamp, Seq)>,
    /// 0 holds it.
    most: usize,
}

/// How one lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) queued: u64,
    pub(crate) running: u64,
    pub(crate) oldest: Option<Timestamp>,
}

impl Schedule {
    pub(crate) fn new(most: usize) -> Schedule {
        Schedule { most, ..Schedule::default() }
    }

    /// Sets how many of each lane may run at once; a lane that is not named is held.
    pub(crate) fn bound(&mut self, most: &HashMap<String, usize>) {
        for (name, lane) in &mut self.lanes {
            lane.most = most.get(name).copied().unwrap_or_default();
        }
        for (name, most) in most {
            self.lane(name).most = *most;
        }
        let Schedule { lanes, turns, .. } = self;
        lanes.retain(|_, lane| lane.most > 0 || !lane.accepted.is_empty());
        turns.retain(|name| lanes.contains_key(name));
    }

    /// Puts a job in, or puts one that ran back, to run at `due`.
    pub(crate) fn queue(&mut self, seq: Seq, lane: &str, submitted: Timestamp, due: Timestamp) {
        self.remove(seq);
        let standing = Standing { lane: lane.to_owned(), submitted, due: Some(due) };
        self.of.insert(seq, standing);
        let lane = self.lane(lane);
        lane.waiting.insert((due, seq));
        lane.accepted.insert((submitted, seq));
    }

    /// Takes the next job that may run at `now`; it counts as running until it is removed or queued again.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Seq> {
        if self.running >= self.most {
            return None;
        }
        for _ in 0..self.turns.len() {
            let name = self.turns.pop_front()?;
            let taken = self.lanes.get_mut(&name).and_then(|lane| lane.take(now));
            self.turns.push_back(name);
            if let Some(seq) = taken {
                self.running += 1;
                if let Some(standing) = self.of.get_mut(&seq) {
                    standing.due = None;
                }
                return Some(seq);
            }
        }
        None
    }

    /// When there will be something to run, if nothing else happens: the first time at which a lane with a free place has
    /// a job.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        if self.running >= self.most {
            return None;
        }
        let free = self.lanes.values().filter(|lane| lane.running < lane.most);
        free.filter_map(|lane| lane.waiting.first().map(|(due, _)| *due)).min()
    }

    /// Takes a job out, whether it waits or runs.
    pub(crate) fn remove(&mut self, seq: Seq) {
        let Some(standing) = self.of.remove(&seq) else { return };
        let Some(lane) = self.lanes.get_mut(&standing.lane) else { return };
        lane.accepted.remove(&(standing.submitted, seq));
        match standing.due {
            Some(due) => {
                lane.waiting.remove(&(due, seq));
            }
            None => {
                lane.running -= 1;
                self.running -= 1;
            }
        }
    }

    /// Queued and running ones.
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }

    pub(crate) fn loads(&self) -> impl Iterator<Item = (&str, Load)> {
        self.lanes.iter().map(|(name, lane)| {
            let oldest = lane.accepted.first().map(|(submitted, _)| *submitted);
            let load = Load { queued: lane.waiting.len() as u64, running: lane.running as u64, oldest };
            (name.as_str(), load)
        })
    }

    fn lane(&mut self, name: &str) -> &mut Lane {
        if !self.lanes.contains_key(name) {
            self.turns.push_back(name.to_owned());
        }
        self.lanes.entry(name.to_owned()).or_default()
    }
}

impl Lane {
    fn take(&mut self, now: Timestamp) -> Option<Seq> {
        if self.running >= self.most || self.waiting.first()?.0 > now {
            return None;
        }
        self.running += 1;
        self.waiting.pop_first().map(|(_, seq)| seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn two_lanes(most: usize, each: usize) -> Schedule {
        let mut schedule = Schedule::new(most);
        schedule.bound(&HashMap::from([("a".to_owned(), each), ("b".to_owned(), each)]));
        schedule
    }

    #[test]
    fn lanes_take_turns_however_many_jobs_one_of_them_has() {
        let mut schedule = two_lanes(4, 4);
        (0..100).for_each(|seq| schedule.queue(seq, "a", Timestamp(1), Timestamp(1)));
        (100..102).for_each(|seq| schedule.queue(seq, "b", Timestamp(2), Timestamp(2)));
        let ran = std::iter::from_fn(|| schedule.next(Timestamp(5))).collect::<BTreeSet<Seq>>();
        assert!(ran.into_iter().eq([0, 1, 100, 101]), "whichever lane was the first");
        schedule.remove(0);
        assert_eq!(schedule.next(Timestamp(5)), Some(2));
    }

    #[test]
    fn a_job_waits_for_its_time_and_a_lane_for_its_route() {
        let mut schedule = two_lanes(4, 1);
        schedule.queue(1, "a", Timestamp(1), Timestamp(10));
        schedule.queue(2, "gone", Timestamp(1), Timestamp(1));
        assert_eq!((schedule.next(Timestamp(9)), schedule.next_due()), (None, Some(Timestamp(10))));
        assert_eq!(schedule.next(Timestamp(10)), Some(1));
        schedule.bound(&HashMap::from([("gone".to_owned(), 1)]));
        assert_eq!(schedule.next(Timestamp(10)), Some(2));
        schedule.remove(1);
        schedule.remove(2);
        assert_eq!((schedule.len(), schedule.running), (0, 0));
    }

    proptest! {
        #[test]
        fn never_more_than_allowed_and_none_forgotten(
            steps in proptest::collection::vec((0..4u8, 0..20i64, 0..3u64), 0..200),
        ) {
            let mut schedule = two_lanes(5, 3);
            let mut known = std::collections::BTreeSet::new();
            let mut running = std::collections::BTreeSet::new();
            for (step, seq, at) in steps {
                match step {
                    0 | 1 => {
                        let lane = if step == 0 { "a" } else { "b" };
                        schedule.queue(seq, lane, Timestamp(0), Timestamp(at));
                        known.insert(seq);
                        running.remove(&seq);
                    }
                    2 => {
                        if let Some(seq) = schedule.next(Timestamp(at)) {
                            prop_assert!(known.contains(&seq) && running.insert(seq));
                        }
                    }
                    _ => {
                        schedule.remove(seq);
                        known.remove(&seq);
                        running.remove(&seq);
                    }
                }
                prop_assert!(running.len() <= 5);
                prop_assert_eq!(schedule.len(), known.len());
                let loads: Vec<Load> = schedule.loads().map(|(_, load)| load).collect();
                prop_assert!(loads.iter().all(|load| load.running <= 3));
                prop_assert_eq!(loads.iter().map(|l| l.running).sum::<u64>(), running.len() as u64);
            }
        }
    }
}
