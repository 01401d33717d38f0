//! Which database statement moved first: became slower, is asked more often, or fails. From the traces that are kept; what they say
//! of before and after is gathered alike, so that the difference holds, though failed and slow traces are kept before others.

use naru_model::alert::Cause;
use naru_model::figure::Unit;
use naru_model::metric::Owner;
use naru_model::series::Period;
use naru_model::trace::{Statement, StatementSlot};

use super::causes::{FIRST, LEAST_SHARE};
use super::meaning::text;
use super::moved::{Moved, Sample, around, moved};
use super::{Found, FoundKind, History, POINTS, figures};

/// Traces after which half of what a statement shows is believed.
const FEW: f64 = 5.0;
/// What a call must have gained to be told at all, in seconds.
const LEAST_SECONDS: f64 = 0.001;
/// Failures, and traces, that are no accident.
const LEAST_ERRORS: u32 = 3;
const LEAST_TRACES: f64 = 3.0;
/// Of the whole difference, what is as good as all of it: other parts of a transaction wait with it.
const MOST_OF_IT: f64 = 0.8;
/// Statements that are told.
const MOST: usize = 3;

/// Of `owner`, whose figure moved at `at`.
pub(super) fn find(
    owner: &Owner,
    figure: &str,
    period: Period,
    at: u32,
    history: &dyn History,
) -> Vec<Found> {
    let (slower, failing) = match figure {
        "mean" | "p95" | "p99" | "db_time" | "db_pool" | "in_flight" | "waiting" | "workers" => (true, false),
        "error_ratio" => (false, true),
        // Who waited too long and who got an error alike.
        "apdex" => (true, true),
        _ => return Vec::new(),
    };
    let statements = history.statements(owner, period);
    // Where nothing is known of before, everything would seem new.
    let first = statements.iter().flat_map(|one| &one.slots).map(|slot| slot.at).min();
    if first.is_none_or(|first| first >= at) {
        return Vec::new();
    }
    let subject = figures::subject(owner);
    let samples = |figure: &str| figures::samples(&subject, figure, period, POINTS, history);
    let mut found = Vec::new();
    if slower {
        let mean = samples("mean");
        let whole = moved(&mean).or_else(|| around(&mean, at)).map(|whole| whole.by());
        found.extend(statements.iter().filter_map(|one| of_slower(one, figure, at, whole)));
    }
    if failing {
        let errors = samples("error_ratio");
        found.extend(statements.iter().filter_map(|one| of_failing(one, at, &errors)));
    }
    found.sort_by(|one: &Found, other| other.cause.support.total_cmp(&one.cause.support));
    found.truncate(MOST);
    found
}

/// What a statement was before and after.
struct Sides {
    traces: f64,
    /// Calls of one trace, and the seconds of one call.
    calls: [f64; 2],
    seconds: [f64; 2],
}

impl Sides {
    fn of(slots: &[StatementSlot], at: u32) -> Sides {
        let side = |later: bool| {
            let slots = slots.iter().filter(move |slot| (slot.at >= at) == later);
            slots.fold((0.0, 0.0, 0.0), |(traces, calls, seconds), slot| {
                (traces + f64::from(slot.traces), calls + f64::from(slot.calls), seconds + slot.seconds)
            })
        };
        let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
        let (before, after) = (side(false), side(true));
        Sides {
            traces: after.0,
            calls: [share(before.1, before.0), share(after.1, after.0)],
            seconds: [share(before.2, before.1), share(after.2, after.1)],
        }
    }
}

/// It takes more of each transaction than before: `whole` is how much longer all transactions take on average.
fn of_slower(statement: &Statement, figure: &str, at: u32, whole: Option<f64>) -> Option<Found> {
    let sample = |slot: &StatementSlot| Sample {
        at: slot.at,
        value: slot.seconds / f64::from(slot.traces.max(1)),
        weight: slot.traces.into(),
    };
    let samples: Vec<Sample> = statement.slots.iter().map(sample).collect();
    let change = moved(&samples).or_else(|| around(&samples, at))?;
    let own = own_time(change, at)?;
    if change.by() < LEAST_SECONDS.max(LEAST_SHARE * change.before) {
        return None;
    }
    let explains = match whole.filter(|whole| *whole > 0.0 && !figure.starts_with("db_")) {
        Some(whole) => (change.by() / (MOST_OF_IT * whole)).min(1.0),
        // Of the database's own time the statement is a part, whatever transactions do.
        None => change.by() / change.after,
    };
    let sides = Sides::of(&statement.slots, own);
    if sides.traces < LEAST_TRACES {
        return None;
    }
    let support = support(explains, sides.traces, own, at)?;
    let seconds = |value: f64| Unit::Seconds.shown(value);
    let ([calls_before, calls], [before, after]) = (sides.calls, sides.seconds);
    let (ko, en) = if before == 0.0 {
        let after = seconds(after);
        (format!("새로 나타났고 한 번에 {after} 걸립니다"), format!("is new and takes {after} a call"))
    } else if calls > 1.5 * calls_before && calls * before > after {
        let (was, is) = (Unit::Plain.shown(calls_before), Unit::Plain.shown(calls));
        (
            format!("거래 한 건에 {was}번에서 {is}번으로 늘었습니다"),
            format!("is asked {is} times a transaction, before {was}"),
        )
    } else {
        let (before, after) = (seconds(before), seconds(after));
        (
            format!("한 번에 {before}에서 {after}(으)로 느려졌습니다"),
            format!("takes {after} a call, before {before}"),
        )
    };
    let example = slowest(&statement.slots, own)?;
    Some(told(statement, &ko, &en, support, own, example))
}

/// It fails: of the failed transactions it accounts for a part.
fn of_failing(statement: &Statement, at: u32, whole: &[Sample]) -> Option<Found> {
    let errors = |later: bool| -> u32 {
        statement.slots.iter().filter(|slot| (slot.at >= at) == later).map(|slot| slot.errors).sum()
    };
    let (before, after) = (errors(false), errors(true));
    let span = |later: bool| {
        let times = || whole.iter().filter(|one| (one.at >= at) == later).map(|one| one.at);
        times().max().zip(times().min()).map_or(1.0, |(last, first)| f64::from(last - first + 1))
    };
    let often = f64::from(after) / span(true) > 2.0 * f64::from(before) / span(false);
    if after < LEAST_ERRORS || !often {
        return None;
    }
    // Spans come some seconds after their transactions: what failed since the last one is still on its way.
    let last = statement.slots.iter().map(|slot| slot.at).max()?;
    let failed: f64 =
        whole.iter().filter(|one| (at..=last).contains(&one.at)).map(|one| one.value * one.weight).sum();
    let explains = (f64::from(after) / failed.max(1.0)).min(1.0);
    let failing =
        || statement.slots.iter().filter(|slot| slot.errors > 0 && slot.at.saturating_add(FIRST) >= at);
    let own = failing().map(|slot| slot.at).min()?;
    let support = support(explains, after.into(), own, at)?;
    let example = failing().next_back()?.example.0;
    let ko = format!("{after}번 실패했습니다(그전 {before}번)");
    let en = format!("failed {after} times, before {before}");
    Some(told(statement, &ko, &en, support, own, example))
}

/// When it moved itself; what moved long after the whole did not move it.
fn own_time(change: Moved, at: u32) -> Option<u32> {
    (change.at <= at.saturating_add(120)).then_some(change.at)
}

fn support(explains: f64, traces: f64, own: u32, at: u32) -> Option<f32> {
    if explains < LEAST_SHARE {
        return None;
    }
    let first = if own.saturating_add(FIRST) <= at { 0.03 } else { 0.0 };
    // More telling than the route or the instance that waits for it.
    Some((0.97 * explains * (traces / (traces + FEW)) + first) as f32)
}

fn slowest(slots: &[StatementSlot], from: u32) -> Option<[u8; 16]> {
    let after = slots.iter().filter(|slot| slot.at >= from);
    after.max_by(|one, other| one.example.1.total_cmp(&other.example.1)).map(|slot| slot.example.0)
}

fn told(of: &Statement, ko: &str, en: &str, support: f32, moved_at: u32, example: [u8; 16]) -> Found {
    let database = match (of.system.as_str(), of.peer.as_str()) {
        ("", "") => "database".to_owned(),
        (system, "") => system.to_owned(),
        ("", peer) => peer.to_owned(),
        (system, peer) => format!("{system}/{peer}"),
    };
    let words = text(
        format!("{}의 SQL({database})이 {ko}: {}", of.service, of.text),
        format!("a statement of {} to {database} {en}: {}", of.service, of.text),
    );
    let trace: String = example.iter().map(|byte| format!("{byte:02x}")).collect();
    let cause = Cause { text: words, subject: format!("trace:{trace}"), support, moved_at: Some(moved_at) };
    Found { kind: FoundKind::Statement, cause }
}
