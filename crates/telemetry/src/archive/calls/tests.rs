use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use naru_model::calls::{Calls, Habit, Moved};
use naru_model::record::{Fault, RequestRecord};
use naru_model::series::Period;
use naru_model::snapshot::{CallerId, RouteId};
use naru_model::units::Timestamp;
use proptest::prelude::*;

use super::known::{Known, Stretch};
use super::{Sums, report};
use crate::archive::fixture::{START, names, record};
use crate::archive::rows::Rows;
use crate::archive::segment;
use crate::trace_ids::TraceIds;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// So many calls of a client to a route, spread over an hour that begins so many seconds before the last one.
#[derive(Clone, Copy)]
struct Load {
    caller: u32,
    route: u32,
    before: u64,
    calls: u64,
    failed: u64,
    address: u8,
}

impl Default for Load {
    fn default() -> Self {
        Load { caller: 1, route: 1, before: 0, calls: 100, failed: 0, address: 1 }
    }
}

/// The last hour, of whole ten minutes.
fn hour() -> Period {
    let to = (START.0 / 1_000_000 / 600 * 600) as u32;
    Period { from: to - HOUR as u32, to }
}

fn rows(of: &[Load]) -> Rows {
    let mut rows = Rows::default();
    rows.learn(&names());
    let begin = Timestamp(u64::from(hour().from) * 1_000_000);
    for some in of {
        for at in 0..some.calls {
            let fault = if at < some.failed { Fault::Service } else { Fault::None };
            let seconds = at * HOUR / some.calls;
            let record = RequestRecord {
                start: Timestamp(begin.0 + seconds * 1_000_000 - some.before * 1_000_000),
                route: RouteId(some.route),
                caller: CallerId(some.caller),
                client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, some.address)),
                fault,
                whole_us: 1000 * some.route,
                ..record(1, 1, 1)
            };
            rows.take(&record, false);
        }
    }
    rows
}

/// As of the hour's end.
fn told(of: &[Load]) -> Calls {
    let now = Timestamp(u64::from(hour().to) * 1_000_000);
    let stretch = Stretch::of(hour(), now);
    let mut known = Known::default();
    known.add(&Sums::of(&rows(of)), &stretch);
    let routes: Vec<String> = (1..4).map(|n| format!("example.kr/{n}/**")).collect();
    report::report(&known, &stretch, &routes)
}

/// An hour of the same for each of so many days before, and the last one.
fn days(count: u64, some: Load) -> Vec<Load> {
    (0..=count).map(|day| Load { before: day * DAY, ..some }).collect()
}

#[test]
fn what_stands_out_is_told() {
    let mut of = days(2, Load::default());
    of.push(Load { caller: 2, route: 2, calls: 40, failed: 10, ..Load::default() });
    of.push(Load { route: 2, before: DAY, calls: 30, ..Load::default() });
    let calls = told(&of);
    assert_eq!((calls.from, calls.to), (hour().from, hour().to));
    assert_eq!(calls.before_from, Some(hour().from - DAY as u32));

    let movers: Vec<_> =
        calls.movers.iter().map(|m| (m.kind, m.name.as_str(), m.before, m.requests)).collect();
    assert_eq!(movers, [(Moved::Caller, "client-2", 0, 40)]);
    let new: Vec<_> = calls.new_callers.iter().map(|new| (new.caller.as_str(), new.requests)).collect();
    assert_eq!(new, [("client-2", 40)]);
    assert_eq!(calls.new_callers[0].first_at, Timestamp(u64::from(hour().from) * 1_000_000 + 2000));
    let unused: Vec<_> = calls.unused_routes.iter().map(|unused| unused.route.as_str()).collect();
    assert_eq!(unused, ["example.kr/3/**"]);
    let spots: Vec<_> =
        calls.error_spots.iter().map(|s| (s.caller.as_deref(), s.errors, s.requests)).collect();
    assert_eq!(spots, [(Some("client-2"), 10, 40)]);
    let slowest: Vec<_> = calls.slowest.iter().map(|slow| (slow.route.as_str(), slow.requests)).collect();
    assert_eq!(slowest, [("example.kr/2/**", 40), ("example.kr/1/**", 100)]);
    assert!((calls.slowest[0].p95_seconds / 0.002 - 1.0).abs() < 0.05, "{:?}", calls.slowest);
    assert!(calls.unusual.is_empty(), "{:?}", calls.unusual);
}

#[test]
fn a_client_unlike_itself_is_told_by_what_is_unlike() {
    let steady = Load { caller: 2, ..Load::default() };
    let was = |of: Load| days(5, of).split_off(1);
    for (now, what) in [
        (Load { calls: 500, ..Load::default() }, Habit::Calls),
        (Load { calls: 5, ..Load::default() }, Habit::Calls),
        (Load { failed: 50, ..Load::default() }, Habit::Errors),
        (Load { address: 9, ..Load::default() }, Habit::Addresses),
    ] {
        let of = [days(5, steady), was(Load::default()), vec![now]].concat();
        let unusual = told(&of).unusual;
        let found: Vec<_> = unusual.iter().map(|one| (one.caller.as_str(), one.what)).collect();
        assert_eq!(found, [("client-1", what)], "{unusual:?}");
    }
    // It called in the afternoons of the last days only, and now it does in the morning.
    let afternoons = was(Load { before: DAY, ..Load::default() });
    let afternoons = afternoons.into_iter().map(|some| Load { before: some.before - 6 * HOUR, ..some });
    let of = [days(6, steady), afternoons.collect(), vec![Load::default()]].concat();
    let unusual = told(&of).unusual;
    assert_eq!((unusual.len(), unusual[0].what), (1, Habit::Hours), "{unusual:?}");
}

#[test]
fn too_little_is_known_of_a_young_client() {
    let of =
        [days(3, Load::default()).split_off(1), vec![Load { calls: 900, address: 9, ..Load::default() }]];
    assert!(told(&of.concat()).unusual.is_empty());
}

#[test]
fn a_segment_keeps_what_its_rows_add_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(&days(1, Load { failed: 3, ..Load::default() }));
    let segment = segment::write(folder.path(), 1, &rows, &TraceIds::default()).unwrap();
    let sums = segment::Opened::open(&segment.path).unwrap().sums().unwrap();
    assert_eq!(sums, Sums::of(&rows));
    assert_eq!(sums.of.iter().flat_map(|sum| &sum.slots).map(|slot| slot.calls).sum::<u64>(), 200);
}

#[test]
fn of_the_last_ten_minutes_the_part_that_has_passed_is_compared() {
    let now = Timestamp(u64::from(hour().to - 300) * 1_000_000);
    let stretch = Stretch::of(Period { to: hour().to - 299, ..hour() }, now);
    assert_eq!((stretch.length(), stretch.share), (6, 0.5));
    let past = Stretch::of(hour(), now + Duration::from_secs(DAY));
    assert_eq!((past.length(), past.share), (6, 1.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_constant_client_raises_no_alarm(calls in 0u64..300, failed in 0u64..300, past in 0u64..7) {
        let some = Load { calls, failed: failed.min(calls), ..Load::default() };
        prop_assert_eq!(told(&days(past, some)).unusual, []);
    }

    /// What each list says agrees with the calls there were.
    #[test]
    fn no_call_is_made_up_or_lost(counts in proptest::collection::vec((1u32..4, 1u32..4, 1u64..50, 0u64..50), 1..8)) {
        let of: Vec<Load> = counts.iter().map(|(caller, route, calls, failed)| {
            Load { caller: *caller, route: *route, calls: *calls, failed: *failed.min(calls), ..Load::default() }
        }).collect();
        let calls = told(&of);
        let all: u64 = of.iter().map(|some| some.calls).sum();
        let failed: u64 = of.iter().map(|some| some.failed).sum();
        prop_assert_eq!(calls.new_callers.iter().map(|new| new.requests).sum::<u64>(), all);
        prop_assert_eq!(calls.error_spots.iter().map(|spot| spot.errors).sum::<u64>(), failed);
        prop_assert_eq!(calls.unusual, []);
    }
}
