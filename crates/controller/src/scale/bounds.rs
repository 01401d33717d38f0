//! From what is wished to what is decided: growth at once, shrinking slowly, both in steps and within the file's bounds.

use naru_model::plan::Scaling;
use naru_model::scaling::{Bound, By, Decision, Second, Wish};

use super::measure;
use super::{Case, rules, targets};

/// A step up is at least this many, so that a share of few instances is no standstill.
const LEAST_STEP_UP: u32 = 4;
/// A load that fewer instances would carry with less than this to spare keeps the present number.
const SHRINK_MARGIN: f64 = 0.05;

/// What is to be remembered after the newest second; `None` when there is none.
pub(super) fn decide(case: &Case<'_>, before: &Scaling) -> Option<Scaling> {
    let seconds = &case.signals.seconds[..];
    let newest = rules::end(seconds.last()?);
    let scale = &case.desired.service.scale;
    let size = case.desired.service.instance;
    let (least, most) = (scale.min, scale.max.max(scale.min));
    let mut next = before.clone();
    let old = if before.count == 0 { case.count } else { before.base.clamp(least, most) };

    let mut wishes: Vec<Wish> = Vec::new();
    let load = measure::load(seconds)?;
    wishes.extend(scale.target.iter().map(|target| targets::wish(*target, &load, size, old)));
    let waits = load.waiting.filter(|waiting| *waiting > 0.0 && load.ready == 0 && old == 0);
    wishes.extend(waits.map(|seen| Wish { by: By::Waiting, seen: Some(seen), level: None, wants: Some(1) }));
    let mut removed = 0;
    for (index, rule) in scale.rules.iter().enumerate() {
        let fires = rules::fires(rule, seconds, size, before.fired.get(&index).copied());
        if fires {
            next.fired.insert(index, newest);
            removed += rule.add.min(0).unsigned_abs();
        }
        let wants = fires.then(|| old.saturating_add_signed(rule.add));
        wishes.push(rules::wish(rule, seconds, size, wants));
    }
    let highest = wishes.iter().filter_map(|wish| wish.wants).max();

    let mut bounds = Vec::new();
    let mut base = old;
    if let Some(wanted) = highest.filter(|wanted| *wanted > old) {
        base = wanted;
    } else if removed > 0 && highest.is_none_or(|wanted| wanted < old) {
        base = highest.map_or(old.saturating_sub(removed), |wanted| wanted.max(old.saturating_sub(removed)));
    } else if !scale.target.is_empty() && old > least {
        base = shrink(case, before, old, &mut bounds);
    }
    let base = bounded(base, least, most, &mut bounds);

    let scheduled: u32 = case.signals.windows.iter().map(|window| window.add).sum();
    for window in &case.signals.windows {
        wishes.push(Wish { by: By::Schedule, seen: None, level: None, wants: Some(base + window.add) });
    }
    let mut to = base.saturating_add(scheduled);
    if to > most {
        to = bounded(to, least, most, &mut bounds);
    }
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
    (next.base, next.count) = (base, to);
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
fn shrink(case: &Case<'_>, before: &Scaling, old: u32, bounds: &mut Vec<Bound>) -> u32 {
    let scale = &case.desired.service.scale;
    let seconds = &case.signals.seconds[..];
    let patience = (scale.shrink_after.as_secs_f64().ceil() as usize).max(1);
    let pause = scale.shrink_after / 4;
    if case.rolling_out {
        bounds.push(Bound::Rollout);
        return old;
    }
    if case.coming > 0 {
        bounds.push(Bound::Awaiting);
        return old;
    }
    let paused = case.now < before.shrunk_at + pause || case.now < before.grown_at + scale.shrink_after;
    if paused || seconds.len() < patience {
        bounds.push(Bound::ShrinkSlowly);
        return old;
    }
    let mut enough = scale.min;
    for i in (seconds.len() - patience..seconds.len()).rev() {
        match most_wanted(case, &seconds[..=i], old) {
            None => {
                bounds.push(Bound::MissingFigures);
                return old;
            }
            Some(wanted) if wanted >= old => {
                bounds.push(Bound::ShrinkSlowly);
                return old;
            }
            Some(wanted) => enough = enough.max(wanted),
        }
    }
    let step = (scale.shrink_by.of(old as usize) as u32).max(1);
    if old - enough > step {
        bounds.push(Bound::Step);
    }
    enough.max(old - step)
}

/// The largest wish of the targets at the end of the last of these seconds, with something to spare; `None` when any of
/// them has no figure.
fn most_wanted(case: &Case<'_>, seconds: &[Second], old: u32) -> Option<u32> {
    let service = &case.desired.service;
    let load = measure::load(seconds)?.grown(1.0 + SHRINK_MARGIN);
    let wants = |target| targets::wish(target, &load, service.instance, old).wants;
    service.scale.target.iter().try_fold(0, |most, target| Some(most.max(wants(*target)?)))
}
