//! Says what stands out in a stretch, of what is known.

use std::cmp::Reverse;

use naru_model::calls::{Calls, ErrorSpot, Moved, Mover, NewCaller, SlowRoute, UnusedRoute};
use naru_model::units::Timestamp;

use super::known::{DAY, Known, Past, SLOT, Stretch};
use super::unusual::unusual;
use crate::archive::times;

/// Of each list.
const MOST: usize = 10;
/// What has fewer calls is not told to have moved or to be slow.
const LEAST_CALLS: u64 = 20;
/// The least change of a mover: of its calls before, and in what chance alone does.
const LEAST_SHARE: f64 = 0.2;
const LEAST_DEVIATIONS: f64 = 4.0;

pub(super) fn report(known: &Known, stretch: &Stretch, routes: &[String]) -> Calls {
    let before = before(known, stretch);
    Calls {
        from: stretch.first.saturating_mul(SLOT),
        to: (stretch.end - 1).saturating_mul(SLOT).saturating_add((stretch.share * f64::from(SLOT)) as u32),
        before_from: before.map(|before| before.first.saturating_mul(SLOT)),
        kept_from: known.kept_from().map(Timestamp),
        movers: before.map(|before| movers(known, stretch, &before)).unwrap_or_default(),
        new_callers: new_callers(known, stretch),
        unused_routes: unused_routes(known, stretch, routes),
        error_spots: error_spots(known),
        slowest: slowest(known),
        unusual: unusual(known, stretch),
        beyond: known.beyond,
    }
}

/// A week earlier if calls are kept from then, else a day, else the one just before.
fn before(known: &Known, stretch: &Stretch) -> Option<Stretch> {
    let length = stretch.length();
    let shifts = [7 * DAY, DAY, length].into_iter().filter(|shift| *shift >= length);
    shifts.filter_map(|shift| known.earlier(stretch, shift)).next()
}

fn movers(known: &Known, stretch: &Stretch, before: &Stretch) -> Vec<Mover> {
    let moved = |kind, (name, past): (&String, &Past)| {
        let (requests, before) = (past.whole(stretch).calls as u64, past.count(before).calls.round() as u64);
        let change = requests as i64 - before as i64;
        let by = change.unsigned_abs() as f64;
        let chance = ((requests + before) as f64).sqrt();
        let worth = change.unsigned_abs() >= LEAST_CALLS
            && by >= LEAST_SHARE * before as f64
            && by > LEAST_DEVIATIONS * chance;
        worth.then(|| Mover { kind, name: name.clone(), requests, before, change })
    };
    let callers = known.callers.iter().filter_map(|of| moved(Moved::Caller, of));
    let routes = known.routes.iter().filter_map(|of| moved(Moved::Route, of));
    let by_change = |mut movers: Vec<Mover>| {
        movers.sort_by_key(|mover| Reverse(mover.change.unsigned_abs()));
        movers.truncate(MOST);
        movers
    };
    let mut movers = by_change(callers.collect());
    movers.extend(by_change(routes.collect()));
    movers.sort_by_key(|mover| Reverse(mover.change.unsigned_abs()));
    movers
}

fn new_callers(known: &Known, stretch: &Stretch) -> Vec<NewCaller> {
    let new = known.callers.iter().filter(|(_, past)| past.first >= stretch.start_us());
    let told = new.map(|(caller, past)| NewCaller {
        caller: caller.clone(),
        first_at: Timestamp(past.first),
        requests: past.whole(stretch).calls as u64,
    });
    // Those whose first call came after the stretch have none in it.
    let mut told: Vec<NewCaller> = told.filter(|new| new.requests > 0).collect();
    told.sort_by_key(|new| Reverse(new.first_at));
    told.truncate(MOST);
    told
}

fn unused_routes(known: &Known, stretch: &Stretch, routes: &[String]) -> Vec<UnusedRoute> {
    let past = |route: &String| known.routes.get(route);
    let used = |route: &String| past(route).is_some_and(|past| past.whole(stretch).calls > 0.0);
    let mut unused: Vec<UnusedRoute> = routes
        .iter()
        .filter(|route| !used(route))
        .map(|route| UnusedRoute {
            route: route.clone(),
            last_at: past(route).map(|past| Timestamp(past.last)),
        })
        .collect();
    unused.sort_by(|a, b| a.route.cmp(&b.route));
    unused
}

fn error_spots(known: &Known) -> Vec<ErrorSpot> {
    let failing = known.spots.iter().filter(|(_, spot)| spot.errors > 0);
    let mut spots: Vec<ErrorSpot> = failing
        .map(|((route, caller), spot)| ErrorSpot {
            route: route.clone(),
            caller: Some(caller.clone()).filter(|caller| !caller.is_empty()),
            requests: spot.calls,
            errors: spot.errors,
        })
        .collect();
    spots.sort_by(|a, b| (b.errors, &a.route, &a.caller).cmp(&(a.errors, &b.route, &b.caller)));
    spots.truncate(MOST);
    spots
}

fn slowest(known: &Known) -> Vec<SlowRoute> {
    let told = known.times.iter().filter_map(|(route, times)| {
        let requests: u64 = times.values().sum();
        let counts = times.iter().map(|(bucket, count)| (usize::from(*bucket), *count));
        (requests >= LEAST_CALLS).then(|| SlowRoute {
            route: route.clone(),
            requests,
            p95_seconds: times::quantile_us(counts, requests, 0.95) / 1e6,
        })
    });
    let mut slowest: Vec<SlowRoute> = told.collect();
    slowest.sort_by(|a, b| b.p95_seconds.total_cmp(&a.p95_seconds));
    slowest.truncate(MOST);
    slowest
}
