//! What one instance carries: told from what it has places for and what it uses, and learned from what it was seen to carry.
//!
//! Little's law ties the three figures of any queue: what is in flight is the rate times the response time. So the least
//! response time seen tells what a rate will have in flight once nothing piles up, and the places of an instance over the time
//! that a request keeps one tell the most it can answer. Where neither binds, the knee is learned: the most that was answered
//! while users were satisfied, and whether more was too much.
//!
//! Source: J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9 (3), 1961; the windowed minimum of
//! times and maximum of rates as in BBR, Cardwell et al., ACM Queue 14 (5), 2016.

use naru_model::platform::Service;
use naru_model::scaling::{Capacity, Level, Second};
use naru_model::units::Timestamp;

use super::measure::{self, Balance, apdex, concurrency, cores, newest};
use super::targets::{Judge, reserved_cores};

/// Seconds over which ratios are taken.
const RATIOS: usize = 60;
/// Seconds over which the least response time is looked for, in bins of ten.
const LEAST_OVER: usize = 120;
const BIN: usize = 10;
/// Fewer answers in a bin tell no response time.
const ENOUGH: u32 = 10;
/// Seconds over which an instance must carry something to be seen to carry it.
const SEEN: usize = 10;
/// Users are content from here on, where no target says it: "good" of the Apdex specification.
const CONTENT: f64 = 0.85;
/// With more failures the answers that were given say nothing.
const MOST_FAILED: f64 = 0.05;
/// In flight this many times of what the least response time explains: requests pile up.
const PILES_UP: f64 = 2.0;
/// Learned values move by at least a twentieth, so that little is written down.
const WORTH_WRITING: f64 = 0.05;

/// What requests cost while nothing piles up. `None`: nothing tells.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ratios {
    /// Seconds in flight, without those waited.
    pub(super) response: Option<f64>,
    /// Requests per second that one instance's places answer.
    pub(super) places: Option<f64>,
    /// Core seconds of a request.
    pub(super) cores: Option<f64>,
    /// Requests per second that an instance answered on average.
    pub(super) usual: Option<f64>,
}

/// Takes them from seconds in which no rollout was under way.
pub(super) fn ratios(seconds: &[Second], service: &Service) -> Ratios {
    let (mut ended, mut kept, mut used, mut ended_used, mut instances) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for second in newest(seconds, RATIOS) {
        let Some(in_flight) = second.in_flight else { continue };
        let answers = f64::from(second.ended - second.platform_errors.min(second.ended));
        ended += answers;
        kept += f64::from(in_flight);
        instances += f64::from(second.ready);
        if let Some(cores) = cores(second) {
            (used, ended_used) = (used + cores, ended_used + answers);
        }
    }
    let enough = |count: f64| count >= f64::from(ENOUGH);
    let places = service.traffic.per_instance.filter(|_| enough(ended) && kept > 0.0);
    Ratios {
        response: least_response(seconds),
        places: places.map(|places| f64::from(places) * ended / kept),
        cores: (enough(ended_used) && used > 0.0).then(|| used / ended_used),
        usual: (enough(ended) && instances > 0.0).then(|| ended / instances),
    }
}

/// The least mean time that requests of one bin were there.
fn least_response(seconds: &[Second]) -> Option<f64> {
    let of_bin = |bin: &[Second]| {
        let ended: u32 = bin.iter().map(|second| second.ended).sum();
        let open = bin.iter().map(concurrency).sum::<Option<f64>>()?;
        (ended >= ENOUGH).then(|| open / f64::from(ended))
    };
    newest(seconds, LEAST_OVER).rchunks(BIN).filter_map(of_bin).reduce(f64::min)
}

/// Requests per second that one instance carries, as far as anything tells: the least of what was learned, what its places
/// answer and, where processor is kept at a target, what its reserved processor does.
pub(super) fn carries(service: &Service, ratios: &Ratios, learned: Option<Capacity>) -> Option<f64> {
    let by_cpu = service.scale.target.iter().any(|target| matches!(target, Level::Cpu(_)));
    let by_cores = ratios.cores.filter(|_| by_cpu).map(|each| reserved_cores(service.instance) / each);
    let by_learning = learned.filter(|learned| learned.full).map(|learned| learned.rate);
    [by_learning, ratios.places, by_cores].into_iter().flatten().reduce(f64::min)
}

/// What is learned from the newest seconds; `None` when nothing new is. Only of seconds in which all instances were there.
pub(super) fn learn(
    known: Option<Capacity>,
    seconds: &[Second],
    service: &Service,
    ratios: &Ratios,
    balance: &Balance,
    revision: u32,
    now: Timestamp,
) -> Option<Capacity> {
    let window = newest(seconds, SEEN);
    let ready = window.last()?.ready;
    if window.len() < SEEN || ready == 0 || window.iter().any(|second| second.ready != ready) {
        return None;
    }
    let ended: u32 = window.iter().map(|second| second.ended).sum();
    let failed: u32 = window.iter().map(|second| second.service_errors + second.platform_errors).sum();
    let rate = f64::from(ended) / SEEN as f64 / f64::from(ready);
    let open = window.iter().map(concurrency).sum::<Option<f64>>()? / SEEN as f64;
    if ended < ENOUGH || f64::from(failed) > MOST_FAILED * f64::from(ended) {
        return None;
    }
    let old = known.map_or(0.0, |known| known.rate);
    let full = known.is_some_and(|known| known.full);
    let learned =
        |rate: f64, full| Some(Capacity { rate: (rate * 100.0).round() / 100.0, revision, at: now, full });
    if is_content(service, seconds) {
        return if !balance.grows && rate > old * (1.0 + WORTH_WRITING) { learned(rate, full) } else { None };
    }
    if !piles_up(ratios, open, f64::from(ended) / SEEN as f64) {
        // Slow without a queue: more instances carry no more each.
        return None;
    }
    // It can't be less than what is answered now, and what was seen before it was full is no more than a lower bound.
    let near = (rate * (1.0 - 2.0 * WORTH_WRITING)..=rate * (1.0 + 2.0 * WORTH_WRITING)).contains(&old);
    match (near, full) {
        (true, true) => None,
        (true, false) => learned(old, true),
        (false, _) => learned(rate * (1.0 - WORTH_WRITING), true),
    }
}

/// What is learned from growth that follows a step down: that so few did not carry what comes, whatever the targets say. Else
/// they would take the instance away again once what piled up is worked off. A load that only rose piles nothing up.
pub(super) fn regret(
    known: Option<Capacity>,
    seconds: &[Second],
    judge: &Judge<'_>,
    revision: u32,
    now: Timestamp,
) -> Option<Capacity> {
    let balance = measure::balance(seconds)?;
    let arrived = measure::load(seconds)?.arrived?;
    let rate = arrived / f64::from(judge.count.max(1)) * (1.0 - WORTH_WRITING);
    let less = known.is_none_or(|known| !known.full || rate < known.rate);
    let learns = less && piles_up(&judge.ratios, balance.open, balance.ended);
    learns.then_some(Capacity { rate, revision, at: now, full: true })
}

/// Whether more is in flight than a rate of answers explains.
fn piles_up(ratios: &Ratios, open: f64, ended: f64) -> bool {
    ratios.response.is_some_and(|each| open > PILES_UP * each * ended)
}

/// Whether users are, over the newest ten seconds.
fn is_content(service: &Service, seconds: &[Second]) -> bool {
    let targets = &service.scale.target;
    let apdex_target =
        targets.iter().find_map(|t| if let Level::Apdex(_) = t { Some(t.value()) } else { None });
    let p95_target = targets.iter().find_map(|t| if let Level::P95(_) = t { Some(t.value()) } else { None });
    let p95 = seconds.last().and_then(|second| second.p95_seconds);
    let in_time = p95_target.is_none_or(|most| p95.is_some_and(|seen| seen <= most));
    in_time && apdex(seconds).is_some_and(|seen| seen >= apdex_target.unwrap_or(CONTENT))
}
