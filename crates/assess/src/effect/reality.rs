//! The simulator held against reality: the scenario that `naru verify surge-shift` runs for real, simulated. `bench/effect/against-reality`
//! prints both.

use std::time::Duration;

use naru_model::platform::Scale;
use naru_model::scaling::Level;
use serde::{Deserialize, Serialize};

use crate::simulate::fleet::Fleet;
use crate::simulate::replay::forget;
use crate::simulate::{Demand, Naru, Spread, World, service};

/// One load of the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Crowd {
    /// `fixed`, `scaling`, `shifted`.
    pub name: String,
    pub requests: u64,
    /// Requests per second, from the crowd's coming to its last answer.
    pub throughput: f64,
    pub mean_ms: f64,
    /// Most instances that were ready.
    pub instances: u32,
}

/// The scenario's numbers, those of `crates/verify/src/scenario/surge_shift.rs`.
pub struct SurgeShift {
    pub users: u32,
    pub think: Duration,
    pub fewest: u32,
    pub most: u32,
    pub pool: u32,
    pub workers: u32,
    pub service_time: Duration,
    pub lasts: Duration,
    pub shrink_after: Duration,
}

pub const SURGE_SHIFT: SurgeShift = SurgeShift {
    users: 300,
    think: Duration::from_secs(1),
    fewest: 5,
    most: 10,
    pool: 15,
    workers: 5,
    service_time: Duration::from_millis(284),
    lasts: Duration::from_secs(40),
    shrink_after: Duration::from_secs(3),
};

/// What only the run itself can say: how fast its machine starts instances, and when its crowd moved on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// Milliseconds from an instance's start until it gets requests, the median of all of them.
    pub start_up_ms: f64,
    /// Seconds from the coming of the crowd until it comes to the other service: when the first one has its last answer.
    pub moved_s: f64,
}

/// Simulates it: fixed instances, a crowd that scaling follows, and a crowd that moves on to the other service.
pub fn surge_shift(ran: Ran) -> Vec<Crowd> {
    let of = SURGE_SHIFT;
    let seconds = |seconds: f64| Duration::from_secs_f64(seconds.clamp(0.0, 3600.0));
    let world = World {
        workers: of.workers,
        work: of.service_time,
        steady_work: true,
        start_up: seconds(ran.start_up_ms / 1e3),
        min: of.fewest,
        max: of.most,
        ..World::default()
    };
    let fixed = Scale { min: of.fewest, max: of.fewest, ..Scale::default() };
    let target = vec![Level::Concurrency(of.workers - 1)];
    let scaling = Scale { target, shrink_after: of.shrink_after, ..Scale::default() };
    let few = World { max: of.fewest, ..world.clone() };
    let mut crowds = vec![crowd("fixed", &few, &fixed, Duration::ZERO, 0)];
    // In steps of 10 ms, as the simulation goes.
    let moved = Duration::from_millis((ran.moved_s.clamp(0.0, 3600.0) * 100.0).round() as u64 * 10);
    crowds.push(crowd("scaling", &world, &scaling, Duration::ZERO, 0));
    crowds.push(crowd("shifted", &world, &scaling, moved, 1));
    crowds
}

/// A crowd at one of two services in one pool; at the other one before, when it has moved.
fn crowd(name: &str, world: &World, scale: &Scale, begins: Duration, at: usize) -> Crowd {
    let of = SURGE_SHIFT;
    let users = |users, begins| Demand::Users { users, think: of.think, begins, lasts: of.lasts };
    let spread = Spread::Bounded(world.workers);
    let fleet = |demand| Fleet::new(world, spread, false, demand, of.fewest);
    let before = if at == 1 { of.users } else { 0 };
    let mut fleets = match at {
        0 => [fleet(users(of.users, begins)), fleet(users(0, begins))],
        _ => [fleet(users(before, Duration::ZERO)), fleet(users(of.users, begins))],
    };
    let services = vec![service(world, scale.clone()), service(world, scale.clone())];
    let mut naru = Naru::new(services, of.pool);
    naru.begin(&fleets);
    let (mut most, mut now) = (0, 0);
    let begun = begins.as_micros() as u64;
    // In steps of 10 ms, so that the last answer's time is known; naru is asked four times a second.
    while now < begun || fleets[at].is_busy() {
        now += 10_000;
        fleets.iter_mut().for_each(|fleet| fleet.advance(now));
        if now.is_multiple_of(1_000_000) {
            naru.second(&mut fleets);
            fleets.iter_mut().for_each(forget);
        }
        if now.is_multiple_of(250_000) {
            naru.step(&mut fleets);
        }
        if now > begun {
            most = most.max(fleets[at].ready_count());
        }
    }
    let sums = &fleets[at].sums;
    Crowd {
        name: name.to_owned(),
        requests: sums.requests,
        throughput: sums.requests as f64 / ((now - begun) as f64 / 1e6),
        mean_ms: sums.response_us as f64 / 1e3 / sums.requests.max(1) as f64,
        instances: most,
    }
}
