//! From what is wished to what is decided: growth at once, shrinking slowly, both in steps and within the file's bounds.

use std::time::Duration;

use naru_model::plan::Scaling;
use naru_model::scaling::{Bound, By, Decision, Second, Wish};

use super::targets::Judge;
use super::{Case, capacity, measure, rules};

/// A step up is at least this many, so that a share of few instances is no standstill.
const LEAST_STEP_UP: u32 = 4;
/// A load that fewer instances would carry with less than this to spare keeps the present number.
const SHRINK_MARGIN: f64 = 0.05;
/// Between two steps down at least this part of `shrink_after` passes, so that the first one shows.
const PAUSES: u32 = 4;
/// What is taken away must not be missed before it could be started again: as many starts as fewer must have been enough for.
/// With 1, on traces of an hour and starts of 60 s, about six times as many minutes were too slow (2.0 of 0.33, three
/// seeds), for 2 % fewer instance-hours.
const STARTS: f64 = 1.5;
/// Growth so soon after a step down tells of the step.
const REGRETTED: Duration = Duration::from_secs(30);
/// Seconds between two looks back when it may shrink.
const STRIDE: usize = 3;

/// What is to be remembered after the newest second; `None` when there is none.
pub(super) fn decide(case: &Case<'_>, before: &Scaling) -> Option<Scaling> {
    let seconds = &case.signals.seconds[..];
    let newest = rules::end(seconds.last()?);
    let service = &case.desired.service;
    let scale = &service.scale;
    let (least, most) = (scale.min, scale.max.max(scale.min));
    let old = before.base.unwrap_or(case.count).clamp(least, most);
    let mut next = before.clone();
    let judge = case.judge(old, &mut next);
    let mut wishes = case.wishes(&judge, next.capacity)?;
    let mut removed = 0;
    for (index, rule) in scale.rules.iter().enumerate() {
        let fires = !case.rolling_out
            && rules::fires(rule, seconds, service.instance, before.fired.get(&index).copied());
        if fires {
            next.fired.insert(index, newest);
            removed += rule.add.min(0).unsigned_abs();
        }
        let wants = fires.then(|| old.saturating_add_signed(rule.add));
        wishes.push(rules::wish(rule, seconds, service.instance, wants));
    }
    let highest = wishes.iter().filter_map(|wish| wish.wants).max();

    let mut bounds = Vec::new();
    let mut base = old;
    if let Some(wanted) = highest.filter(|wanted| *wanted > old) {
        base = wanted;
        let stepped_down = before.shrunk_at > before.grown_at && case.now < before.shrunk_at + REGRETTED;
        if stepped_down && case.coming == 0 && !case.rolling_out {
            let revision = case.desired.progress.target;
            next.capacity =
                capacity::regret(next.capacity, seconds, &judge, revision, case.now).or(next.capacity);
        }
    } else if removed > 0 {
        // The targets' wish and the rule's own: whichever is more.
        base = highest.unwrap_or(old).max(old.saturating_sub(removed));
    } else if !scale.target.is_empty() && old > least {
        base = shrink(case, &judge, before, highest, &mut bounds);
    }
    let base = bounded(base, least, most, &mut bounds);

    let scheduled: u32 = case.signals.windows.iter().map(|window| window.add).sum();
    for window in &case.signals.windows {
        wishes.push(Wish { by: By::Schedule, seen: None, level: None, wants: Some(base + window.add) });
    }
    let mut to = bounded(base.saturating_add(scheduled), least, most, &mut bounds);
    if let Some(share) = scale.grow_by.filter(|_| to > case.count) {
        let step = (share.of(case.count as usize) as u32).max(LEAST_STEP_UP);
        if case.coming > 0 || newest <= before.grown_at {
            bounds.push(Bound::Awaiting);
            to = case.count;
        } else if to - case.count > step {
            bounds.push(Bound::Step);
            to = case.count + step;
        }
    }
    (next.base, next.count) = (Some(base), to);
    if to > case.count {
        next.grown_at = case.now;
    } else if to < case.count {
        next.shrunk_at = case.now;
    }
    if to != case.count {
        next.decision = Some(Decision { from: case.count, to, wishes, bounds });
    }
    Some(next)
}

fn bounded(count: u32, least: u32, most: u32, bounds: &mut Vec<Bound>) -> u32 {
    if count > most {
        bounds.push(Bound::Maximum);
    } else if count < least {
        bounds.push(Bound::Minimum);
    }
    count.clamp(least, most)
}

/// As many fewer as have been enough for long enough, in steps.
fn shrink(
    case: &Case<'_>,
    judge: &Judge<'_>,
    before: &Scaling,
    highest: Option<u32>,
    bounds: &mut Vec<Bound>,
) -> u32 {
    let scale = &case.desired.service.scale;
    let (old, seconds) = (judge.count, &case.signals.seconds[..]);
    let patience =
        (scale.shrink_after.max(case.start_up.mul_f64(STARTS)).as_secs_f64().ceil() as usize).max(1);
    let paused = case.now < before.shrunk_at + scale.shrink_after / PAUSES
        || case.now < before.grown_at + scale.shrink_after;
    let stop = if case.rolling_out {
        Some(Bound::Rollout)
    } else if case.coming > 0 {
        Some(Bound::Awaiting)
    } else if highest.is_some_and(|wanted| wanted >= old) || paused {
        Some(Bound::ShrinkSlowly)
    } else if seconds.len() < patience {
        Some(Bound::MissingFigures)
    } else {
        None
    };
    let enough = match stop {
        Some(bound) => Err(bound),
        None => enough_over(case, judge, patience),
    };
    match enough {
        Err(bound) => {
            bounds.push(bound);
            old
        }
        // Fewer are there than are asked for, for want of room or of time. A wish that came down a little would only move an
        // instance to another service, for want of which the wish would rise again.
        Ok(enough) if case.there < old as usize && enough as usize >= case.there => {
            bounds.push(Bound::ShrinkSlowly);
            old
        }
        Ok(enough) => {
            let enough = enough.max(highest.unwrap_or(old));
            let step = (scale.shrink_by.of(old as usize) as u32).max(1);
            if old.saturating_sub(enough) > step {
                bounds.push(Bound::Step);
            }
            enough.max(old - step)
        }
    }
}

/// How many would have been enough at each of the last so many seconds, if that is fewer than there are to be.
fn enough_over(case: &Case<'_>, judge: &Judge<'_>, patience: usize) -> Result<u32, Bound> {
    let seconds = &case.signals.seconds[..];
    let from = seconds.len() - patience;
    let known =
        |second: &Second| second.arrived.is_some() && second.in_flight.is_some() && second.waiting.is_some();
    if !seconds[from..].iter().all(known) {
        return Err(Bound::MissingFigures);
    }
    let mut enough = case.desired.service.scale.min;
    // Figures are means of more seconds than that, so none is passed over.
    for end in (from + 1..=seconds.len()).rev().step_by(STRIDE) {
        match most_wanted(case, judge, &seconds[..end]) {
            None => return Err(Bound::MissingFigures),
            Some(wanted) if wanted >= judge.count => return Err(Bound::ShrinkSlowly),
            Some(wanted) => enough = enough.max(wanted),
        }
    }
    Ok(enough)
}

/// The largest wish at the end of the last of these seconds, with something to spare; `None` when a target has no figure.
fn most_wanted(case: &Case<'_>, judge: &Judge<'_>, seconds: &[Second]) -> Option<u32> {
    let load = measure::load(seconds)?.grown(1.0 + SHRINK_MARGIN);
    let balance = measure::balance(seconds)?;
    let wants = |target| judge.wish(target, &load, Some(&balance)).wants;
    let targets =
        judge.service.scale.target.iter().try_fold(0, |most, target| Some(most.max(wants(*target)?)))?;
    let ahead = case.ahead(judge, &load, seconds).and_then(|wish| wish.wants);
    Some(targets.max(ahead.unwrap_or(0)))
}
