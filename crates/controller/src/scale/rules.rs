//! Rules: a condition that has held long enough adds or removes instances, once each time it has.

use naru_model::platform::InstanceSize;
use naru_model::scaling::{By, Condition, Level, Rule, Second, Wish};
use naru_model::units::Timestamp;

use super::measure::{apdex, concurrency};
use super::targets::reserved_cores;

/// Whether a rule fires at the end of the last of these seconds, having fired last at `fired`.
pub(super) fn fires(rule: &Rule, seconds: &[Second], size: InstanceSize, fired: Option<Timestamp>) -> bool {
    let lasts = (rule.when.lasts.as_secs_f64().ceil() as usize).max(1);
    let Some(last) = seconds.last() else { return false };
    let again = fired.is_none_or(|fired| end(last) >= fired + rule.when.lasts);
    // The newest first: most conditions don't hold, and then one look is enough.
    again
        && seconds.len() >= lasts
        && (seconds.len() - lasts..seconds.len()).rev().all(|i| holds(&rule.when, &seconds[..=i], size))
}

/// When a second was over.
pub(super) fn end(second: &Second) -> Timestamp {
    Timestamp((u64::from(second.at) + 1) * 1_000_000)
}

pub(super) fn wish(rule: &Rule, seconds: &[Second], size: InstanceSize, wants: Option<u32>) -> Wish {
    Wish {
        by: By::Rule,
        seen: figure(rule.when.level, seconds, size),
        level: Some(rule.when.level.value()),
        wants,
    }
}

fn holds(condition: &Condition, seconds: &[Second], size: InstanceSize) -> bool {
    figure(condition.level, seconds, size).is_some_and(|seen| {
        if condition.above { seen > condition.level.value() } else { seen < condition.level.value() }
    })
}

/// The figure at the end of the last of these seconds. Shares of requests are of the last ten seconds, as p95 is.
fn figure(level: Level, seconds: &[Second], size: InstanceSize) -> Option<f64> {
    let last = seconds.last()?;
    let each = |total: f64| total / f64::from(last.ready.max(1));
    match level {
        Level::Cpu(_) => {
            let used = last.cpu.filter(|used| used.instances > 0)?;
            Some(used.cores / f64::from(used.instances) / reserved_cores(size))
        }
        Level::Concurrency(_) => concurrency(last).map(each),
        Level::Rate(_) => last.arrived.map(f64::from).map(each),
        Level::P95(_) => last.p95_seconds,
        Level::Apdex(_) => apdex(seconds),
        Level::Errors(_) => errors(seconds),
        Level::Waiting(_) => last.waiting.map(f64::from),
    }
}

fn errors(seconds: &[Second]) -> Option<f64> {
    let (mut failed, mut ended) = (0, 0);
    for second in &seconds[seconds.len().saturating_sub(10)..] {
        failed += second.service_errors + second.platform_errors;
        ended += second.ended;
    }
    (ended > 0).then(|| f64::from(failed) / f64::from(ended))
}
