//! Days that add up, and what a period lacks.

use naru_model::service_level::{Bucket, Goal, Kind};
use proptest::prelude::*;

use super::{at, came_to, date, day, failing, minute, of, seoul, told_at};
use crate::calendar::{Span, bounds};
use crate::latencies::{add, quantile};
use crate::{Day, listed};

#[test]
fn a_week_is_the_sum_of_its_days_beside_the_week_before() {
    let days: Vec<Day> = (16..=22).map(|n| day(&format!("2026-11-{n}"), Vec::new())).collect();
    let before: Vec<Day> = (9..=15).map(|n| day(&format!("2026-11-{n:02}"), Vec::new())).collect();
    let week = came_to(Kind::Weekly, "2026-11-16", &days, &before);
    let all = week.all().unwrap();
    assert_eq!((all.now.requests, all.now.sent_bytes), (7 * 86_400, 70 * 86_400));
    assert_eq!(all.before.as_ref().map(|before| before.requests), Some(7 * 86_400));
    assert_eq!(all.now.users, Some(8), "one of each day, and one that comes every day");
    assert_eq!((all.now.p95_seconds, all.now.mean_seconds), (Some(0.1), Some(0.1)));
    assert_eq!(all.now.instance_hours, Some(2.0 * 168.0));
    assert_eq!(all.now.cpu_core_hours, Some(84.0));
    assert_eq!((all.now.places_mean, all.now.places_most), (Some(0.2), Some(0.2)));
    assert_eq!((all.pieces.len(), all.pieces[0].requests, all.pieces[0].instances), (168, 3600, Some(2)));
    assert!(week.complete && week.missing.is_empty() && week.seen_from.is_none());
    assert!(week.missing_before.is_empty());
    let less = came_to(Kind::Weekly, "2026-11-16", &days, &before[1..]);
    assert_eq!(less.missing_before, ["2026-11-09"]);
    assert_eq!(week.observed_seconds, 7 * 86_400);
    let month = came_to(Kind::Monthly, "2026-11-01", &days, &[]);
    assert_eq!(month.all().unwrap().pieces.len(), 7, "a month is drawn by days");
}

#[test]
fn days_that_are_missing_are_named_and_leave_no_count_of_users() {
    let days: Vec<Day> =
        ["2026-11-16", "2026-11-18", "2026-11-19"].iter().map(|d| day(d, Vec::new())).collect();
    let week = came_to(Kind::Weekly, "2026-11-16", &days, &[]);
    assert_eq!(week.missing, ["2026-11-17", "2026-11-20", "2026-11-21", "2026-11-22"]);
    assert!(!week.complete);
    let all = week.all().unwrap();
    assert_eq!((all.now.users, all.before.as_ref()), (None, None));
    assert_eq!(all.now.requests, 3 * 86_400);
}

#[test]
fn a_period_that_goes_on_says_how_far_and_a_first_start_says_from_when_on() {
    let (from, to) = bounds(date("2026-11-20"), &seoul());
    let stretches = (from + 7200..from + 10_800).step_by(60).map(|at| minute(at, 60)).collect();
    let mut today = day("2026-11-20", vec![of("all", from, stretches, Goal::default())]);
    today.until = from + 10_800;
    let span = Span::of(Kind::Daily, date("2026-11-20"));
    let told = told_at(at(from + 10_800), span, std::slice::from_ref(&today), &[]);
    assert!(!told.complete && told.missing.is_empty());
    assert_eq!((told.until, told.to, told.seen_from), (from + 10_800, to, Some(from + 7200)));
    assert_eq!(told.observed_seconds, 3600);
    // Days that are yet to come are not missing.
    let week = told_at(at(from + 10_800), Span::of(Kind::Weekly, date("2026-11-20")), &[today], &[]);
    assert_eq!(week.missing.len(), 4);
}

#[test]
fn nothing_at_all_is_told_as_that() {
    let told = came_to(Kind::Daily, "2026-11-20", &[], &[]);
    assert_eq!((told.subjects.len(), told.complete, told.missing.len()), (0, false, 1));
    let short = listed(&told, Vec::new());
    assert_eq!((short.requests, short.availability, short.complete), (0, None, false));
}

#[test]
fn an_outage_over_midnight_is_one() {
    let (first, second) = (bounds(date("2026-11-20"), &seoul()), bounds(date("2026-11-21"), &seoul()));
    let late = vec![failing(first.1 - 120, 100, 50), failing(first.1 - 60, 100, 50)];
    let early = vec![failing(second.0, 100, 50)];
    let days = [
        day("2026-11-20", vec![of("all", first.0, late, Goal::default())]),
        day("2026-11-21", vec![of("all", second.0, early, Goal::default())]),
    ];
    let week = came_to(Kind::Weekly, "2026-11-20", &days, &[]);
    let now = &week.all().unwrap().now;
    assert_eq!((now.outages, now.down_minutes), (1, 3));
    let incident = &week.incidents[0];
    assert_eq!((incident.from, incident.to, incident.failed), (first.1 - 120, Some(second.0 + 60), 150));
}

#[test]
fn a_day_reads_back_as_it_was_written() {
    let kept = day("2026-11-20", Vec::new());
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Day>(&text).unwrap(), kept);
}

proptest! {
    /// Any cut of a day's response times adds up to the same quantiles.
    #[test]
    fn response_times_add_up(
        all in proptest::collection::vec((1u32..100, 1u64..50), 1..60),
        cut in any::<prop::sample::Index>(),
        share in 0.0f64..=1.0,
    ) {
        let buckets: Vec<Bucket> = all.iter().map(|(micros, requests)| Bucket { micros: *micros, requests: *requests }).collect();
        let (one, other) = buckets.split_at(cut.index(buckets.len()));
        let whole = add(std::iter::once(&buckets));
        let parts = [add(std::iter::once(&one.to_vec())), add(std::iter::once(&other.to_vec()))];
        prop_assert_eq!(add(parts.iter()), whole.clone());
        let mut sorted: Vec<u32> = all.iter().flat_map(|(micros, n)| std::iter::repeat_n(*micros, *n as usize)).collect();
        sorted.sort_unstable();
        let rank = ((share * sorted.len() as f64).ceil() as usize).max(1);
        prop_assert_eq!(quantile(&whole, share), Some(f64::from(sorted[rank - 1]) / 1e6));
    }
}
