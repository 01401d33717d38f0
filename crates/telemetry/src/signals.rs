//! What the controller scales by: the last ten minutes of each service, second by second and without a gap.
//!
//! A second is told of from [`SETTLES`] after its end on. Records come in batches up to 100 ms late; what comes later than
//! that, up to [`OPEN_SECONDS`] late, still counts in its second from the next answer on. What gauges say at a moment
//! is of the newest second that is told of then: requests that came in the first moments of the next one count in it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use naru_model::apdex::Apdex;
use naru_model::record::Fault;
use naru_model::scaling::Second;
use naru_model::units::Timestamp;

use crate::gauge::ServiceGauge;
use crate::limits::OPEN_SECONDS;
use crate::series::Series;
use crate::store::second_of;

/// How long after its end a second is told of.
pub(crate) const SETTLES: Duration = Duration::from_millis(250);
/// How many seconds of a service are remembered.
pub(crate) const REMEMBERED: usize = 600;
/// Over how many seconds p95 is, the one told of included.
const P95_SECONDS: u32 = 10;

/// The newest second that is told of at this moment.
pub(crate) fn settled(now: Timestamp) -> u32 {
    second_of(Timestamp(now.0.saturating_sub(SETTLES.as_micros() as u64))).saturating_sub(1)
}

/// One service.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Without a gap.
    seconds: VecDeque<Second>,
    /// What the gateway said last, and what it had said a second or more before.
    said: Option<Said>,
    before: Option<Said>,
    /// The last second that gauges told of.
    told: u32,
}

/// Requests that had come by the end of a second.
#[derive(Debug, Clone, Copy)]
struct Said {
    second: u32,
    begun: u64,
}

impl Watch {
    /// The last second that gauges told of.
    pub(crate) fn told(&self) -> u32 {
        self.told
    }

    /// Goes on up to a second, and takes in what came late. `None`: there were no requests.
    pub(crate) fn extend(&mut self, newest: u32, series: Option<&Series>) {
        let remembered = newest.saturating_sub(REMEMBERED as u32 - 1);
        let next = self.seconds.back().map_or(newest, |last| last.at + 1).max(remembered);
        let ready = self.seconds.back().map_or(0, |last| last.ready);
        while self.seconds.pop_front_if(|second| second.at < remembered).is_some() {}
        self.seconds.extend((next..=newest).map(|at| silent(at, ready)));
        let Some(series) = series else { return };
        let mut changed = next;
        for second in self.seconds.iter_mut().rev().take(OPEN_SECONDS as usize) {
            let counts = series.counts(second.at, second.at + 1);
            if counts.requests() != u64::from(second.ended) {
                second.ended = number(counts.requests());
                second.service_errors = number(counts.fault(Fault::Service));
                second.platform_errors = number(counts.fault(Fault::Platform));
                second.response_seconds = counts.latency_us as f64 / 1e6;
                second.apdex = counts.apdex;
                changed = changed.min(second.at);
            }
        }
        for second in self.seconds.iter_mut().rev().take_while(|second| second.at >= changed) {
            let ten = series.sum((second.at + 1).saturating_sub(P95_SECONDS), second.at + 1);
            second.p95_seconds = (!ten.is_empty()).then(|| ten.quantile(0.95));
        }
    }

    /// Takes in what gauges say of a second, up to which it was extended.
    pub(crate) fn tell(&mut self, at: u32, gauge: &ServiceGauge) {
        self.told = self.told.max(at);
        let arrived = gauge.begun.and_then(|begun| self.arrived(at, begun));
        let Some(second) = self.seconds.iter_mut().rev().find(|second| second.at == at) else { return };
        second.arrived = arrived;
        second.in_flight = gauge.in_flight;
        second.waiting = gauge.waiting;
        second.ready = gauge.ready;
        second.cpu = gauge.cpu;
    }

    /// How many came in a second, by how many have come in all. After seconds in which nobody said, their mean.
    fn arrived(&mut self, second: u32, begun: u64) -> Option<u32> {
        if self.said.is_none_or(|said| said.second < second) {
            self.before = self.said;
        }
        self.said = Some(Said { second, begun });
        let before = self.before?;
        // Another gateway counts from 0 on.
        let came = begun.checked_sub(before.begun).unwrap_or(begun);
        let seconds = u64::from(second.checked_sub(before.second)?.max(1));
        Some(number((came + seconds / 2) / seconds))
    }

    /// The last seconds, the oldest first.
    pub(crate) fn last(&self, seconds: u32) -> Arc<[Second]> {
        let first = self.seconds.len().saturating_sub(seconds as usize);
        self.seconds.range(first..).cloned().collect()
    }
}

/// A second of which nobody has said anything.
fn silent(at: u32, ready: u32) -> Second {
    Second {
        at,
        arrived: None,
        ended: 0,
        service_errors: 0,
        platform_errors: 0,
        response_seconds: 0.0,
        p95_seconds: None,
        apdex: Apdex::default(),
        in_flight: None,
        waiting: None,
        ready,
        cpu: None,
    }
}

fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
