//! The instances of one service and the requests to them: an exact queueing model, driven from one happening to the next.
//!
//! An instance has a few workers; each has one request at a time, and a request's work is processor time (with all workers busy an
//! instance uses one core). How requests come to instances is [`Spread`]. What the model leaves out: the network, memory, and
//! instances that slow down when many requests are open.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use naru_model::units::Timestamp;

use super::arrivals::{Arrival, Arrivals, Demand};
use super::outcome::{Answer, Minute, Sums, Tally, Times};
use super::world::{Spread, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Starting,
    /// It could serve, and gets no requests yet.
    Up,
    Ready,
    Draining,
    Gone,
}

#[derive(Debug, Clone)]
pub(crate) struct One {
    pub(crate) stage: Stage,
    pub(crate) begun: u64,
    /// When it can serve.
    pub(crate) up_at: u64,
    /// When it last became ready.
    pub(crate) ready_at: u64,
    pub(crate) gone_at: Option<u64>,
    /// Told to be unready by its probe.
    pub(crate) probed_out: bool,
    busy: u32,
    /// Since when all of its workers are busy.
    pub(crate) full_since: Option<u64>,
    queue: VecDeque<Arrival>,
    /// Worker time used till `at`.
    pub(super) worked: u64,
    at: u64,
}

impl One {
    pub(crate) fn in_flight(&self) -> u32 {
        self.busy + self.queue.len() as u32
    }

    fn touch(&mut self, now: u64) {
        self.worked += u64::from(self.busy) * (now - self.at);
        self.at = now;
    }
}

/// A request that a worker has, by its end.
type End = Reverse<(u64, usize, u64, bool, bool)>;
/// When a request came that is only there to hold its worker: it was answered before (see `calm`).
pub(super) const COUNTED: u64 = u64::MAX;

/// The instances of one service at one moment of simulated time.
pub struct Fleet<'t> {
    pub(crate) world: World,
    pub(super) spread: Spread,
    pub(super) arrivals: Arrivals<'t>,
    pub(crate) ones: Vec<One>,
    /// Those that are not gone, in the order of their starts.
    pub(crate) live: Vec<usize>,
    pub(super) ready: Vec<usize>,
    turn: usize,
    pub(super) queue: VecDeque<Arrival>,
    /// When the requests that workers have end, at which instance, when they came, and whether they are of the function that hangs, and hang.
    ends: BinaryHeap<End>,
    pub(super) now: u64,
    pub(super) open: u32,
    /// Requests in flight of a calm second, which are not in `open`.
    pub(super) calm: u32,
    pub(crate) tally: Tally,
    pub(crate) minutes: Vec<Minute>,
    keeps_times: bool,
    /// All requests but those of a function that hangs, and of them those that came in the minutes `watch`, from and before.
    pub(crate) sums: Sums,
    pub(crate) watched: Sums,
    pub(crate) watch: (u64, u64),
    /// Instance time of those that are gone.
    spent: u64,
    /// Instances that become ready by themselves once they are up.
    by_itself: bool,
}

impl<'t> Fleet<'t> {
    /// A fleet with so many instances ready. They become ready by themselves, unless the scaler says when.
    pub(crate) fn new(
        world: &World,
        spread: Spread,
        by_itself: bool,
        demand: Demand<'t>,
        count: u32,
    ) -> Self {
        let (minutes, keeps_times) = match demand {
            Demand::Rates(rates) => (rates.len() / 60, true),
            Demand::Counts(_) | Demand::Users { .. } => (demand.seconds().div_ceil(60), false),
        };
        let mut fleet = Fleet {
            world: world.clone(),
            spread,
            arrivals: Arrivals::new(demand, world),
            ones: Vec::new(),
            live: Vec::new(),
            ready: Vec::new(),
            turn: 0,
            queue: VecDeque::new(),
            ends: BinaryHeap::new(),
            now: 0,
            open: 0,
            calm: 0,
            tally: Tally::default(),
            minutes: vec![Minute::default(); minutes],
            keeps_times,
            sums: Sums::default(),
            watched: Sums::default(),
            watch: (0, 0),
            spent: 0,
            by_itself,
        };
        for _ in 0..count {
            let slot = fleet.start();
            fleet.ones[slot].up_at = 0;
            fleet.make_ready(slot);
        }
        fleet
    }

    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// The moment that so many microseconds from the beginning are.
    pub(crate) fn at(&self, micros: u64) -> Timestamp {
        Timestamp(self.world.begins.0 + micros)
    }

    pub(crate) fn now_at(&self) -> Timestamp {
        self.at(self.now)
    }

    pub(crate) fn waiting(&self) -> u32 {
        self.queue.len() as u32
    }

    /// Requests that no worker has yet, in front of all instances or in them.
    pub(crate) fn without_worker(&self) -> u64 {
        (self.queue.len() + self.live.iter().map(|slot| self.ones[*slot].queue.len()).sum::<usize>()) as u64
    }

    pub(crate) fn ready_count(&self) -> u32 {
        self.ready.len() as u32
    }

    /// Whether requests come or are there.
    pub(crate) fn is_busy(&mut self) -> bool {
        self.open > 0 || self.arrivals.before(u64::MAX).is_some()
    }

    /// Lets happen what happens before `to`, and what is due then.
    pub(crate) fn advance(&mut self, to: u64) {
        loop {
            let end = self.ends.peek().map(|Reverse((at, ..))| *at).filter(|at| *at <= to);
            match (self.arrivals.before(end.unwrap_or(to)), end) {
                (Some(at), _) => {
                    self.pass_to(at);
                    if let Some(arrival) = self.arrivals.take() {
                        self.arrive(arrival);
                    }
                }
                (None, Some(at)) => {
                    self.pass_to(at);
                    self.end_one();
                }
                (None, None) => break,
            }
        }
        self.pass_to(to);
        self.tidy();
    }

    pub(super) fn pass_to(&mut self, now: u64) {
        self.tally.open_us += u64::from(self.open) * (now - self.now);
        self.now = now;
    }

    fn arrive(&mut self, arrival: Arrival) {
        self.tally.arrived += 1;
        self.open += 1;
        match self.spread {
            Spread::RoundRobin if !self.ready.is_empty() => {
                self.turn = (self.turn + 1) % self.ready.len();
                self.give(self.ready[self.turn], arrival);
            }
            Spread::Bounded(_) if self.queue.is_empty() => match self.place() {
                Some(slot) => self.give(slot, arrival),
                None => self.queue.push_back(arrival),
            },
            _ if self.queue.len() >= self.world.queue => self.answer(arrival, true),
            _ => self.queue.push_back(arrival),
        }
    }

    /// The ready instance with the fewest in flight that has a place; of equals the next in turn.
    fn place(&mut self) -> Option<usize> {
        let Spread::Bounded(bound) = self.spread else { return self.ready.first().copied() };
        let count = self.ready.len();
        let in_turn = (0..count).map(|step| (self.turn + 1 + step) % count);
        let fewest = in_turn.min_by_key(|index| self.ones[self.ready[*index]].in_flight())?;
        let slot = self.ready[fewest];
        (self.ones[slot].in_flight() < bound).then(|| {
            self.turn = fewest;
            slot
        })
    }

    fn give(&mut self, slot: usize, arrival: Arrival) {
        if self.ones[slot].busy < self.world.workers {
            self.begin(slot, arrival);
        } else {
            self.ones[slot].queue.push_back(arrival);
        }
    }

    pub(super) fn begin(&mut self, slot: usize, arrival: Arrival) {
        let one = &mut self.ones[slot];
        one.touch(self.now);
        one.busy += 1;
        if one.busy == self.world.workers {
            one.full_since = one.full_since.or(Some(self.now));
        }
        self.ends.push(Reverse((
            self.now + u64::from(arrival.work),
            slot,
            arrival.at,
            arrival.own,
            arrival.hangs,
        )));
    }

    /// Lets end what ends until then, and nothing else happen.
    pub(super) fn end_until(&mut self, to: u64) {
        while let Some(at) = self.ends.peek().map(|Reverse((at, ..))| *at).filter(|at| *at <= to) {
            self.pass_to(at);
            self.end_one();
        }
        self.pass_to(to);
    }

    fn end_one(&mut self) {
        let Some(Reverse((now, slot, came, own, hangs))) = self.ends.pop() else { return };
        self.answer(Arrival { at: came, work: 0, own, hangs }, hangs);
        let one = &mut self.ones[slot];
        one.touch(now);
        one.busy -= 1;
        while let Some(next) = self.ones[slot].queue.pop_front() {
            if !self.gave_up(next) {
                self.begin(slot, next);
                break;
            }
        }
        self.let_in();
        let one = &mut self.ones[slot];
        if one.busy < self.world.workers {
            one.full_since = None;
        }
    }

    /// Gives those that wait in front of the instances to whichever has a place.
    fn let_in(&mut self) {
        while let Some(first) = self.queue.front().copied() {
            let Some(slot) = self.place() else { break };
            self.queue.pop_front();
            if !self.gave_up(first) {
                self.give(slot, first);
            }
        }
    }

    /// Whether its client has gone; then it counts as failed.
    fn gave_up(&mut self, arrival: Arrival) -> bool {
        let gone = self.now - arrival.at > self.world.patience.as_micros() as u64;
        if gone {
            self.answer(arrival, true);
        }
        gone
    }

    /// A request has its answer, or is given up.
    fn answer(&mut self, request: Arrival, failed: bool) {
        self.open -= 1;
        if request.at == COUNTED {
            return;
        }
        let micros = self.now - request.at;
        self.count(request.at, micros, failed, request.own);
        self.arrivals.answered(self.now);
    }

    /// Counts one that came then and took so long.
    pub(super) fn count(&mut self, came: u64, micros: u64, failed: bool, own: bool) {
        let response = Duration::from_micros(micros);
        let late = response > self.world.objective;
        let answer = Answer { micros, late, failed, bucket: Times::bucket(micros) };
        let tally = &mut self.tally;
        tally.ended += 1;
        tally.failed += u32::from(failed);
        tally.response_us += micros;
        tally.apdex.add(response, self.world.objective, failed);
        tally.times.add(answer.bucket);
        let place = came / 60_000_000;
        if let Some(minute) = self.minutes.get_mut(place as usize) {
            minute.requests += 1;
            minute.bad += u32::from(failed || late);
            minute.failed += u32::from(failed);
            if self.keeps_times {
                minute.times.get_or_insert_default().add(answer.bucket);
            }
        }
        if !own {
            self.sums.add(&answer);
            if (self.watch.0..self.watch.1).contains(&place) {
                self.watched.add(&answer);
            }
        }
    }

    /// What is due at this moment: instances come up, drained ones end, clients go, probes are answered or not.
    fn tidy(&mut self) {
        while let Some(first) = self.queue.front().copied().filter(|first| self.gave_up(*first)) {
            debug_assert_eq!(Some(first), self.queue.front().copied());
            self.queue.pop_front();
        }
        for slot in self.live.clone() {
            let one = &mut self.ones[slot];
            match one.stage {
                Stage::Starting if one.up_at <= self.now => {
                    one.stage = Stage::Up;
                    if self.by_itself {
                        self.make_ready(slot);
                    }
                }
                Stage::Draining if self.by_itself && one.in_flight() == 0 => self.end(slot),
                _ => self.probe(slot),
            }
        }
    }

    fn probe(&mut self, slot: usize) {
        let Some(limit) = self.world.unready_after else { return };
        let one = &mut self.ones[slot];
        let late = one.queue.front().is_some_and(|r| self.now - r.at > limit.as_micros() as u64);
        if one.stage == Stage::Ready && late {
            one.stage = Stage::Up;
            one.probed_out = true;
            self.ready.retain(|ready| *ready != slot);
        } else if one.probed_out && one.stage == Stage::Up && one.queue.is_empty() {
            one.probed_out = false;
            self.make_ready(slot);
        }
    }

    pub(crate) fn start(&mut self) -> usize {
        let slot = self.ones.len();
        self.ones.push(One {
            stage: Stage::Starting,
            begun: self.now,
            up_at: self.now + self.world.start_up.as_micros() as u64,
            ready_at: 0,
            gone_at: None,
            probed_out: false,
            busy: 0,
            full_since: None,
            queue: VecDeque::new(),
            worked: 0,
            at: self.now,
        });
        self.live.push(slot);
        slot
    }

    pub(crate) fn make_ready(&mut self, slot: usize) {
        let one = &mut self.ones[slot];
        (one.stage, one.ready_at) = (Stage::Ready, self.now);
        self.ready.push(slot);
        self.let_in();
    }

    /// Gives it no more requests.
    pub(crate) fn drain(&mut self, slot: usize) {
        self.ones[slot].stage = Stage::Draining;
        self.ready.retain(|ready| *ready != slot);
    }

    pub(crate) fn end(&mut self, slot: usize) {
        let one = &mut self.ones[slot];
        one.touch(self.now);
        (one.stage, one.gone_at) = (Stage::Gone, Some(self.now));
        self.spent += self.now - one.begun;
        self.live.retain(|live| *live != slot);
        self.ready.retain(|ready| *ready != slot);
    }

    /// Instance time till now.
    pub(crate) fn instance_us(&self) -> u64 {
        self.spent + self.live.iter().map(|slot| self.now - self.ones[*slot].begun).sum::<u64>()
    }

    /// Core time that this instance has used since its start, in core-microseconds.
    pub(crate) fn cpu_us(&mut self, slot: usize) -> f64 {
        let one = &mut self.ones[slot];
        one.touch(self.now);
        let burnt = (one.up_at + self.world.burns.as_micros() as u64).min(self.now).saturating_sub(one.begun);
        let work = one.worked as f64 / f64::from(self.world.workers);
        work + (burnt as f64 * self.world.start_up_cores)
    }

    /// Whether the processor of instances is measured at this moment.
    pub(crate) fn is_measured(&self) -> bool {
        let second = self.now / 1_000_000;
        self.world.unmeasured.is_none_or(|(from, to)| !(from..to).contains(&second))
    }

    /// Whether the gateway's gauges come at this moment.
    pub(crate) fn is_heard(&self) -> bool {
        let second = self.now / 1_000_000;
        self.world.unheard.is_none_or(|(from, to)| !(from..to).contains(&second))
    }

    /// Requests that instances have.
    pub(crate) fn in_flight(&self) -> u32 {
        self.open + self.calm - self.waiting()
    }

    /// Instances that are wanted still: neither draining nor gone.
    pub(crate) fn kept(&self) -> Vec<usize> {
        self.live.iter().copied().filter(|slot| self.ones[*slot].stage != Stage::Draining).collect()
    }

    /// Starts or ends as many as it takes; first to go are those not ready, then the youngest (as a ReplicaSet chooses).
    pub(crate) fn scale_to(&mut self, count: u32) {
        let mut kept = self.kept();
        while (kept.len() as u32) < count {
            kept.push(self.start());
        }
        kept.sort_by_key(|slot| (self.ones[*slot].stage != Stage::Ready, self.ones[*slot].begun, *slot));
        for slot in kept.split_off(count as usize) {
            match self.ones[slot].in_flight() {
                0 => self.end(slot),
                _ => self.drain(slot),
            }
        }
    }

    /// One step of a rolling update of a Deployment: `count` instances that were started after the first `old` ones, with a quarter more
    /// meanwhile (`maxSurge`, rounded up) and at least three quarters ready (`maxUnavailable`, rounded down). Returns whether it is over.
    /// Source: kubernetes.io/docs, "Deployments", "Rolling Update Deployment".
    pub(crate) fn roll(&mut self, old: usize, count: u32) -> bool {
        let kept = self.kept();
        let (before, after): (Vec<usize>, Vec<usize>) = kept.iter().partition(|slot| **slot < old);
        let least = count - count / 4;
        for _ in after.len()..count as usize {
            if (self.kept().len() as u32) < count + count.div_ceil(4) {
                self.start();
            }
        }
        for slot in &before {
            if self.ready_count() > least {
                self.drain(*slot);
            }
        }
        before.is_empty() && after.len() >= count as usize
    }
}
