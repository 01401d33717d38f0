//! What Prometheus counts: from the server's start on, never going back, by service, route and function.

use std::collections::HashMap;

use naru_model::apdex::Apdex;
use naru_model::snapshot::{FunctionId, RouteId, ServiceId};

use crate::cell::Sample;
use crate::limits::TOTALS;

/// Upper bounds of the buckets of `naru_request_duration_seconds`, in microseconds; the last bucket has none.
pub(crate) const BOUNDS_US: [u32; 15] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000, 60_000_000,
];

/// The combinations counted together; `None`: all that there was no place for.
pub(crate) type Combination = Option<(ServiceId, RouteId, FunctionId)>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Total {
    /// By status class, then by fault.
    pub(crate) requests: [[u64; 4]; 6],
    /// Requests by duration, each in the first bucket whose bound it does not exceed.
    pub(crate) durations: [u64; BOUNDS_US.len() + 1],
    pub(crate) duration_us: u64,
    pub(crate) apdex: Apdex,
    pub(crate) waiting_us: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Totals {
    totals: Vec<Total>,
    places: HashMap<Combination, u32>,
}

impl Totals {
    /// Returns the position at which a combination is counted.
    pub(crate) fn place(&mut self, service: ServiceId, route: RouteId, function: FunctionId) -> u32 {
        let mut combination = Some((service, route, function));
        if self.places.len() >= TOTALS && !self.places.contains_key(&combination) {
            combination = None;
        }
        *self.places.entry(combination).or_insert_with(|| {
            self.totals.push(Total::default());
            (self.totals.len() - 1) as u32
        })
    }

    pub(crate) fn add(&mut self, place: u32, sample: &Sample) {
        let total = &mut self.totals[place as usize];
        total.requests[sample.class][sample.fault as usize] += 1;
        total.durations[BOUNDS_US.partition_point(|bound| *bound < sample.latency_us)] += 1;
        total.apdex.merge(sample.apdex);
        total.duration_us += u64::from(sample.latency_us);
        total.waiting_us += u64::from(sample.waiting_us);
        total.bytes_in += sample.bytes_in;
        total.bytes_out += sample.bytes_out;
    }

    /// In the order of the ids; what had no place comes first.
    pub(crate) fn sorted(&self) -> Vec<(Combination, &Total)> {
        let mut places: Vec<_> =
            self.places.iter().map(|(key, at)| (*key, &self.totals[*at as usize])).collect();
        places.sort_by_key(|(combination, _)| *combination);
        places
    }
}
