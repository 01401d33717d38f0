//! The balancer against instances with worker threads and a queue, in simulated time: what would take minutes takes
//! milliseconds and comes out the same each time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use naru_model::platform::Traffic;
use naru_model::units::Timestamp;

use super::*;
use crate::lease::Lease;
use crate::service::Service;

/// An instance as an application server behaves: so many workers, a queue before them.
struct Instance {
    workers: usize,
    busy: usize,
    queue: VecDeque<usize>,
}

struct Request {
    lease: Option<Lease>,
    instance: usize,
    sent: Timestamp,
    arrived: Timestamp,
}

struct World {
    clock: Clock,
    service: Arc<Service>,
    endpoints: Vec<Arc<Endpoint>>,
    instances: Vec<Instance>,
    requests: Vec<Request>,
    /// When a worker has done with a request.
    ends: BinaryHeap<Reverse<(Timestamp, usize)>>,
    random: Random,
    /// How long each request took.
    latencies: Vec<Duration>,
}

impl World {
    fn new(instances: usize, workers: usize, seed: u64) -> Self {
        let clock = Clock::manual();
        let (service, endpoints) = fixture::service(Traffic::default(), instances as u32, &clock);
        let instance = |_| Instance { workers, busy: 0, queue: VecDeque::new() };
        World {
            clock,
            service,
            endpoints,
            instances: (0..instances).map(instance).collect(),
            requests: Vec::new(),
            ends: BinaryHeap::new(),
            random: Random::from_seed(seed),
            latencies: Vec::new(),
        }
    }

    /// Has requests arrive at random (Poisson) for so long; `work` says how long instance and number of one take.
    fn run(&mut self, rate: f64, time: Duration, work: impl Fn(usize, usize) -> Duration) {
        let end = self.clock.now() + time;
        let mut next_arrival = self.clock.now();
        loop {
            let next_end = self.ends.peek().map(|Reverse((at, _))| *at);
            match next_end {
                Some(at) if at <= next_arrival => {
                    self.clock.advance(at.since(self.clock.now()));
                    let Some(Reverse((_, request))) = self.ends.pop() else { unreachable!("it was peeked") };
                    self.finish(request, &work);
                }
                _ if next_arrival >= end => return,
                _ => {
                    self.clock.advance(next_arrival.since(self.clock.now()));
                    self.arrive(&work);
                    let gap = -(1.0 - f64::from(self.random.share())).ln() / rate;
                    next_arrival = next_arrival + Duration::from_secs_f64(gap);
                }
            }
        }
    }

    fn arrive(&mut self, work: &impl Fn(usize, usize) -> Duration) {
        let now = self.clock.now();
        let average = self.service.state.average.micros(now);
        let by =
            Conditions { not: &[], warm_up: Duration::ZERO, most: None, last_resort: true, average, now };
        let chosen = choose(&self.endpoints, by, &mut self.random).expect("there are endpoints").clone();
        let instance = self.endpoints.iter().position(|e| Arc::ptr_eq(e, &chosen)).expect("one of them");
        let lease = Lease::take(&self.service, &chosen, None, now);
        self.requests.push(Request { lease, instance, sent: now, arrived: now });
        self.instances[instance].queue.push_back(self.requests.len() - 1);
        self.work_off(instance, work);
    }

    fn work_off(&mut self, instance: usize, work: &impl Fn(usize, usize) -> Duration) {
        let host = &mut self.instances[instance];
        while host.busy < host.workers
            && let Some(request) = host.queue.pop_front()
        {
            host.busy += 1;
            self.ends.push(Reverse((self.clock.now() + work(instance, request), request)));
        }
    }

    fn finish(&mut self, request: usize, work: &impl Fn(usize, usize) -> Duration) {
        let now = self.clock.now();
        let done = &mut self.requests[request];
        let instance = done.instance;
        if let Some(mut lease) = done.lease.take() {
            lease.answered(now.since(done.sent), 200);
        }
        self.latencies.push(now.since(done.arrived));
        self.instances[instance].busy -= 1;
        self.work_off(instance, work);
    }

    /// Requests that went to each instance since number `first`.
    fn shares(&self, first: usize) -> Vec<usize> {
        let mut shares = vec![0; self.instances.len()];
        self.requests[first..].iter().for_each(|r| shares[r.instance] += 1);
        shares
    }
}

const NORMAL: Duration = Duration::from_millis(50);
const SLOW: Duration = Duration::from_secs(2);

/// M6: eleven instances, one turns slow (2 s) for 30 s; what was in its queue at that moment is slow too.
fn slow_one_of_eleven(rate: f64, workers: usize, seed: u64) -> (usize, usize, Vec<usize>) {
    let mut world = World::new(11, workers, seed);
    world.run(rate, Duration::from_secs(20), |_, _| NORMAL);
    world.latencies.clear();
    let first = world.requests.len();
    world.run(rate, Duration::from_secs(30), |instance, _| if instance == 0 { SLOW } else { NORMAL });
    let shares = world.shares(first);
    let all = world.requests.len() - first;
    // Those still on their way at the end are counted too.
    world.run(0.001, Duration::from_millis(2100), |_, _| NORMAL);
    let late = world.latencies.iter().filter(|l| **l > Duration::from_secs(1)).count();
    (all, late, shares)
}

#[test]
fn m6_of_a_thousand_a_second_999_in_1000_are_answered_within_a_second() {
    for seed in 1..=10 {
        let (all, late, shares) = slow_one_of_eleven(1000.0, 8, seed);
        assert!(late * 1000 <= all, "seed {seed}: {late} of {all} late; {shares:?}");
    }
}

#[test]
fn m6_holds_at_a_lower_rate_too() {
    for seed in 1..=10 {
        let (all, late, shares) = slow_one_of_eleven(300.0, 4, seed);
        assert!(late * 1000 <= all, "seed {seed}: {late} of {all} late; {shares:?}");
    }
}

#[test]
fn an_endpoint_that_is_fast_again_gets_its_share_back_within_a_minute() {
    let mut world = World::new(11, 8, 3);
    world.run(1000.0, Duration::from_secs(10), |_, _| NORMAL);
    world.run(1000.0, Duration::from_secs(30), |instance, _| if instance == 0 { SLOW } else { NORMAL });
    world.run(1000.0, Duration::from_secs(60), |_, _| NORMAL);
    let first = world.requests.len();
    world.run(1000.0, Duration::from_secs(10), |_, _| NORMAL);
    let shares = world.shares(first);
    assert!(shares[0] > 600, "a fair share is 909: {shares:?}");
}

#[test]
fn long_reports_among_short_requests_make_no_endpoint_an_outcast() {
    let mut world = World::new(11, 16, 5);
    // One in a hundred takes two seconds, on whichever instance.
    let work = |_, request: usize| if request % 100 == 7 { SLOW } else { Duration::from_millis(10) };
    world.run(1000.0, Duration::from_secs(30), work);
    let first = world.requests.len();
    world.latencies.clear();
    world.run(1000.0, Duration::from_secs(30), work);
    let shares = world.shares(first);
    assert!(shares.iter().all(|n| (1000..5400).contains(n)), "a fair share is 2,727: {shares:?}");
    let late = world.latencies.iter().filter(|l| **l > Duration::from_millis(50)).count();
    assert!(late * 100 <= world.latencies.len() * 2, "the short ones are as fast as ever: {late}");
}

#[test]
fn an_idle_night_brings_no_stampede() {
    let mut world = World::new(4, 8, 9);
    world.run(100.0, Duration::from_secs(10), |_, _| NORMAL);
    world.run(0.001, Duration::from_secs(1), |_, _| NORMAL);
    world.clock.advance(Duration::from_secs(8 * 3600));
    let first = world.requests.len();
    world.run(400.0, Duration::from_secs(1), |_, _| NORMAL);
    let shares = world.shares(first);
    assert!(shares.iter().all(|n| (60..140).contains(n)), "a fair share is 100: {shares:?}");
}
