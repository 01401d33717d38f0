//! Scaling before simulated days: what each policy does, the pool, and the faults that others are known for.

mod faults;
mod policies;
mod yardsticks;

use std::time::Duration;

use naru_assess::simulate::{Naru, Outcome, Trace, World, replay_naru, service};
use naru_model::platform::Scale;
use naru_model::scaling::Level;
use naru_model::units::Percent;

/// So many requests per second for so many seconds, one stretch after the other.
fn trace(stretches: &[(f64, usize)]) -> Trace {
    let rates = stretches.iter().flat_map(|(rate, seconds)| vec![*rate; *seconds]).collect();
    Trace { name: "made".to_owned(), rates }
}

fn cpu(percent: u32) -> Level {
    Level::Cpu(Percent { thousandths: percent * 10 })
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn targets(target: &[Level]) -> Scale {
    Scale { target: target.to_vec(), ..Scale::default() }
}

/// One service with these policies in a pool that has room.
fn before_naru(world: &World, trace: &Trace, scale: Scale) -> Outcome {
    let mut naru = Naru::new(vec![service(world, scale)], 100);
    replay_naru(world, std::slice::from_ref(trace), &mut naru, &mut |_, _| {}).remove(0)
}

/// Minutes in violation from this minute on.
fn violated_from(outcome: &Outcome, minute: u32) -> usize {
    outcome.violated.iter().filter(|violated| **violated >= minute).count()
}
