//! A scaler that knows the trace: what nobody can beat, to see how much of a miss is the scaler's and how much is the world's.

use super::fleet::Fleet;
use super::replay::Scaler;
use super::trace::Trace;
use super::world::World;

pub struct Oracle {
    /// By second: instances to have or have started.
    plan: Vec<u32>,
    wanted: u32,
}

/// What it looks at together, in seconds: below, chance in the arrivals outweighs the trace.
const SMOOTH: usize = 10;

impl Oracle {
    /// Keeps instances at most `load` busy (0 to 1), starting each in time for the rate to come.
    pub fn new(world: &World, trace: &Trace, load: f64) -> Oracle {
        let rates = &trace.rates;
        let need = |second: usize| {
            let around = &rates[second.saturating_sub(SMOOTH / 2)..(second + SMOOTH / 2).min(rates.len())];
            let rate = around.iter().sum::<f64>() / around.len() as f64;
            ((rate / world.carries() / load).ceil() as u32).clamp(world.min, world.max)
        };
        let needs: Vec<u32> = (0..rates.len()).map(need).collect();
        let ahead = world.start_up.as_secs() as usize + 1;
        let plan = (0..rates.len())
            .map(|second| needs[second..(second + ahead).min(rates.len())].iter().copied().max().unwrap_or(1))
            .collect();
        Oracle { plan, wanted: 0 }
    }
}

impl Scaler for Oracle {
    fn begin(&mut self, count: u32) {
        self.wanted = count;
    }

    fn second(&mut self, fleet: &mut Fleet<'_>) {
        let second = (fleet.now() / 1_000_000) as usize;
        if let Some(count) = self.plan.get(second) {
            self.wanted = *count;
            fleet.scale_to(*count);
        }
    }

    fn wanted(&self) -> u32 {
        self.wanted
    }
}
