//! Seconds in which nobody can have to wait: their requests are counted by the second and not followed one by one. A month has
//! millions of them, and queues matter in few. The tests of `effect` hold them against each other.

use naru_model::apdex::Apdex;

use super::arrivals::Arrival;
use super::fleet::{COUNTED, Fleet, Stage};
use super::world::Spread;

/// Requests in flight are a Poisson number while nobody waits (a queue with as many servers as are asked for, M/G/∞); four standard
/// deviations above its mean it comes by chance once in ten thousand seconds, and then for a moment.
/// Source: Kleinrock, "Queueing Systems", volume 1, 1975, chapter 3.
const ROOM: f64 = 4.0;

impl Fleet<'_> {
    /// Whether the coming second's requests find a worker at once, each and every one. Only at the beginning of a second.
    pub(crate) fn is_calm(&self) -> bool {
        let second = (self.now / 1_000_000) as usize;
        let Some(count) = self.arrivals.count_of(second) else { return false };
        let before = second.checked_sub(1).and_then(|second| self.arrivals.count_of(second)).unwrap_or(0);
        let at_a_time = f64::from(count.max(before)) * self.world.work.as_secs_f64();
        let workers = f64::from(self.world.workers);
        let ready = self.ready.len() as f64;
        let fits = |requests: f64, places: f64| requests + ROOM * requests.sqrt() + 1.0 <= places;
        let room = match self.spread {
            Spread::RoundRobin => fits(at_a_time / ready.max(1.0), workers),
            Spread::Bounded(_) => fits(at_a_time, ready * workers),
        };
        room && self.queue.is_empty()
            && self.live.len() == self.ready.len()
            && f64::from(self.open) <= at_a_time + ROOM * at_a_time.sqrt() + 1.0
            && self.ready.iter().all(|slot| self.ones[*slot].stage == Stage::Ready)
    }

    /// Lets a calm second pass.
    pub(crate) fn pass_calmly(&mut self) {
        let begun = self.now;
        let second = (begun / 1_000_000) as usize;
        let count = self.arrivals.count_of(second).unwrap_or(0);
        self.arrivals.skip(second);
        self.end_until(begun + 1_000_000);
        let worked = self.answer_at_once(begun, count);
        self.tally.open_us += worked;
        if let Some(each) = worked.checked_div(self.ready.len() as u64) {
            self.ready.iter().for_each(|slot| self.ones[*slot].worked += each);
        }
        self.calm = (worked as f64 / 1e6).round() as u32;
    }

    /// Counts so many requests that came then, none of which had to wait. Returns the worker time they took.
    fn answer_at_once(&mut self, came: u64, count: u32) -> u64 {
        let objective = self.world.objective.as_micros() as u64;
        let minute = came / 60_000_000;
        let watched = (self.watch.0..self.watch.1).contains(&minute);
        let (mut worked, mut late, mut very_late) = (0, 0, 0);
        for _ in 0..count {
            let (work, bucket) = self.arrivals.work_in_bucket();
            let work = u64::from(work);
            worked += work;
            late += u32::from(work > objective);
            very_late += u32::from(work > 4 * objective);
            self.tally.times.add(bucket);
            self.sums.times.add(bucket);
            if watched {
                self.watched.times.add(bucket);
            }
        }
        self.tally.arrived += count;
        self.tally.ended += count;
        self.tally.response_us += worked;
        self.tally.apdex.merge(Apdex {
            satisfied: u64::from(count - late),
            tolerating: u64::from(late - very_late),
            frustrated: u64::from(very_late),
        });
        let own = if watched { Some(&mut self.watched) } else { None };
        for sums in std::iter::once(&mut self.sums).chain(own) {
            sums.requests += u64::from(count);
            sums.waited += u64::from(late);
            sums.response_us += worked;
        }
        if let Some(minute) = self.minutes.get_mut(minute as usize) {
            minute.requests += count;
            minute.bad += late;
        }
        worked
    }

    /// Gives workers what the calm second before has left in flight, so that requests can be followed one by one.
    pub(crate) fn follow(&mut self) {
        for index in 0..std::mem::take(&mut self.calm) as usize {
            let Some(slot) = self.ready.get(index % self.ready.len().max(1)).copied() else { return };
            if self.ones[slot].in_flight() < self.world.workers {
                let work = self.arrivals.rest_of_work();
                self.open += 1;
                self.begin(slot, Arrival { at: COUNTED, work, own: false, hangs: false });
            }
        }
    }
}
