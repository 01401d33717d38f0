//! Replays traces before a scaler.

use super::arrivals::Demand;
use super::fleet::Fleet;
use super::naru::Naru;
use super::outcome::Outcome;
use super::trace::Trace;
use super::world::{Spread, World};

/// What decides on the number of one service's instances, in simulated time.
pub trait Scaler {
    /// The replay begins with so many instances ready.
    fn begin(&mut self, count: u32);

    /// A second is over.
    fn second(&mut self, _: &mut Fleet<'_>) {}

    /// Four times a second.
    fn step(&mut self, _: &mut Fleet<'_>) {}

    fn wanted(&self) -> u32;
}

const SECOND: u64 = 1_000_000;
const STEPS: u64 = 4;

/// Replays `trace` with a service as in `world`. It begins with as many instances ready as the first second's rate needs at
/// 80 % load.
pub fn replay(world: &World, trace: &Trace, spread: Spread, scaler: &mut dyn Scaler) -> Outcome {
    let count = initial(world, trace);
    let mut fleets = [Fleet::new(world, spread, true, Demand::Rates(&trace.rates), count)];
    scaler.begin(count);
    let mut wanted = Vec::with_capacity(trace.rates.len());
    let (spent, kept) = play(&mut fleets, trace.seconds(), &mut |fleets, over| {
        let fleet = &mut fleets[0];
        if over {
            scaler.second(fleet);
        }
        scaler.step(fleet);
        if over {
            wanted.push(scaler.wanted());
        }
    });
    Outcome::new(&fleets[0].minutes, spent[0], wanted, kept.concat())
}

/// Replays traces of the same length before naru's services, one each; `on_second` may do something to it each time.
pub fn replay_naru(
    world: &World,
    traces: &[Trace],
    naru: &mut Naru,
    on_second: &mut dyn FnMut(u64, &mut Naru),
) -> Vec<Outcome> {
    let spread = Spread::Bounded(world.workers);
    let mut fleets = Vec::new();
    for (place, trace) in traces.iter().enumerate() {
        let world = World { seed: world.seed + place as u64, ..world.clone() };
        let count = initial(&world, trace);
        fleets.push(Fleet::new(&world, spread, false, Demand::Rates(&trace.rates), count));
    }
    naru.begin(&fleets);
    let seconds = traces.iter().map(Trace::seconds).min().unwrap_or(0);
    let mut wanted: Vec<Vec<u32>> = vec![Vec::new(); traces.len()];
    let (spent, kept) = play(&mut fleets, seconds, &mut |fleets, over| {
        if over {
            naru.second(fleets);
            on_second(fleets[0].now() / SECOND, naru);
        }
        naru.step(fleets);
        if over {
            wanted.iter_mut().enumerate().for_each(|(place, wanted)| wanted.push(naru.wanted(place)));
        }
    });
    let figures = spent.into_iter().zip(wanted).zip(kept);
    let outcome =
        |(fleet, ((spent, wanted), kept)): (&Fleet<'_>, _)| Outcome::new(&fleet.minutes, spent, wanted, kept);
    fleets.iter().zip(figures).map(outcome).collect()
}

/// Calls `tick` four times a second, and tells it when a second is over; then waits until everybody has an answer. Returns the
/// instance time of each fleet, without that of the wait, and its instances second by second.
fn play(
    fleets: &mut [Fleet<'_>],
    seconds: u64,
    tick: &mut dyn FnMut(&mut [Fleet<'_>], bool),
) -> (Vec<u64>, Vec<Vec<u32>>) {
    let mut kept = vec![Vec::new(); fleets.len()];
    for step in 1..=seconds * STEPS {
        let over = step.is_multiple_of(STEPS);
        fleets.iter_mut().for_each(|fleet| fleet.advance(step * SECOND / STEPS));
        tick(fleets, over);
        if over {
            fleets.iter_mut().for_each(forget);
            fleets.iter().zip(&mut kept).for_each(|(fleet, kept)| kept.push(fleet.kept().len() as u32));
        }
    }
    let spent = fleets.iter().map(Fleet::instance_us).collect();
    for fleet in fleets {
        while fleet.is_busy() {
            fleet.advance(fleet.now() + SECOND);
        }
    }
    (spent, kept)
}

/// Begins a new second's tally.
pub(crate) fn forget(fleet: &mut Fleet<'_>) {
    fleet.tally.clear();
}

fn initial(world: &World, trace: &Trace) -> u32 {
    let rate = trace.rates.first().copied().unwrap_or(0.0);
    ((rate / world.carries() / 0.8).ceil() as u32).clamp(world.min, world.max)
}
