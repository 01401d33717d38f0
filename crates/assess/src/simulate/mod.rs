//! Replays traces of request rates before naru's own decisions, and beside them before Kubernetes' HPA and Knative's KPA as published:
//! who leaves how many minutes in violation, with how many instance-hours.
//!
//! A minute is in violation when more than 5 % of the requests that came in it took longer than 500 ms or failed. Everything is drawn
//! from one seed, and every scaler is asked the same requests.

mod arrivals;
mod calm;
pub(crate) mod fleet;
mod hpa;
mod kpa;
mod naru;
mod oracle;
pub(crate) mod outcome;
pub(crate) mod random;
pub(crate) mod replay;
mod report;
mod trace;
mod world;

use std::path::Path;
use std::time::Duration;

use naru_model::platform::Scale;
use naru_model::scaling::Level;
use naru_model::units::Percent;

pub use arrivals::Demand;
pub use fleet::Fleet;
pub use hpa::Hpa;
pub use kpa::Kpa;
pub use naru::{Naru, service};
pub use oracle::Oracle;
pub use outcome::Outcome;
pub use replay::{Scaler, replay, replay_naru};
pub use report::{Report, Row};
pub use trace::{Error, Trace};
pub use world::{EPOCH, Failing, OBJECTIVE, Spread, World};

/// What is replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How long instances take to start; each is replayed. Default 10 s and 60 s.
    pub start_ups: Vec<Duration>,
    /// How often everything is replayed, each time with other arrivals at the same rates. At least 1. Default 3.
    pub times: u32,
    pub world: World,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            start_ups: vec![Duration::from_secs(10), Duration::from_secs(60)],
            times: 3,
            world: World::default(),
        }
    }
}

/// Replays every trace of the folder before every scaler; traces and start-up times side by side.
///
/// # Errors
/// The folder has no trace, or one that can't be read; the message names file and line.
pub fn run(dir: &Path, options: &Options) -> Result<Report, Error> {
    let traces = Trace::read_folder(dir)?;
    let cases: Vec<(Duration, usize)> =
        options.start_ups.iter().flat_map(|time| (0..traces.len()).map(|place| (*time, place))).collect();
    let replay = |(start_up, place): (Duration, usize)| rows(start_up, place, &traces[place], options);
    let rows = std::thread::scope(|scope| {
        let threads: Vec<_> = cases.into_iter().map(|case| scope.spawn(move || replay(case))).collect();
        // A thread that panicked is a defect of the simulator, not of what it was given.
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
            .collect()
    });
    Ok(Report { replays: options.times.max(1), rows })
}

fn rows(start_up: Duration, place: usize, trace: &Trace, options: &Options) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for time in 0..options.times.max(1) {
        let seed = options.world.seed + 1000 * place as u64 + u64::from(time) * 1_000_000;
        let world = World { start_up, seed, ..options.world.clone() };
        for (index, (scaler, outcome)) in before_all(&world, trace).into_iter().enumerate() {
            if rows.len() == index {
                let trace = trace.name.clone();
                rows.push(Row { start_up_seconds: start_up.as_secs_f64(), trace, scaler, ..Row::default() });
            }
            rows[index].add(&outcome);
        }
    }
    let share = 1.0 / f64::from(options.times.max(1));
    rows.iter_mut().for_each(|row| row.scale(share));
    rows
}

fn before_all(world: &World, trace: &Trace) -> Vec<(String, Outcome)> {
    let place_bound = Spread::Bounded(world.workers);
    let hpa = |target| replay(world, trace, Spread::RoundRobin, &mut Hpa::new(target));
    let mut rows = vec![
        (report::HPA.to_owned(), hpa(0.8)),
        ("HPA 50%".to_owned(), hpa(0.5)),
        ("KPA".to_owned(), replay(world, trace, place_bound, &mut Kpa::default())),
    ];
    rows.extend(policies().into_iter().map(|(name, scale)| (name, before_naru(world, trace, scale))));
    rows.push(("oracle".to_owned(), clairvoyant(world, trace)));
    rows
}

/// naru's rows: what it is told to keep, everything else by default.
fn policies() -> Vec<(String, Scale)> {
    let cpu = |thousandths| Level::Cpu(Percent { thousandths });
    let targets = [
        vec![cpu(800)],
        vec![cpu(850)],
        vec![cpu(900)],
        vec![Level::Concurrency(4)],
        vec![Level::P95(OBJECTIVE)],
        vec![cpu(850), Level::P95(OBJECTIVE)],
    ];
    let named = targets.map(|target| {
        let text: Vec<String> = target.iter().map(ToString::to_string).collect();
        (format!("naru {}", text.join(", ")), Scale { target, ..Scale::default() })
    });
    named.into()
}

fn before_naru(world: &World, trace: &Trace, scale: Scale) -> Outcome {
    let mut naru = Naru::new(vec![service(world, scale)], world.max);
    replay_naru(world, std::slice::from_ref(trace), &mut naru, &mut |_, _| {}).remove(0)
}

/// The fewest instance-hours with which who knows the trace violates no minute, to a fiftieth of an instance's load.
fn clairvoyant(world: &World, trace: &Trace) -> Outcome {
    let at = |hundredths: u32| {
        let mut oracle = Oracle::new(world, trace, f64::from(hundredths) / 100.0);
        replay(world, trace, Spread::Bounded(world.workers), &mut oracle)
    };
    let loads = (80..=98).rev().step_by(2);
    loads.map(at).find(|outcome| outcome.violated.is_empty()).unwrap_or_else(|| at(78))
}
