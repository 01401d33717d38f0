//! Which days make a period, where clocks are put forward and back too, and what is due.

use jiff::tz::TimeZone;
use naru_model::service_level::{Kind, Minutes};
use naru_model::units::Timestamp;

use super::{at, date, seoul};
use crate::calendar::{Span, bounds, date as read, day_of, due, zone};

const SEVEN: Minutes = Minutes(7 * 60);

fn seconds(text: &str) -> u32 {
    text.parse::<jiff::Timestamp>().unwrap().as_second() as u32
}

fn time(text: &str) -> Timestamp {
    at(seconds(text))
}

#[test]
fn a_day_lasts_23_to_25_hours_where_clocks_are_moved() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    for (day, hours) in [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)] {
        let (from, to) = bounds(date(day), &berlin);
        assert_eq!((to - from) / 3600, hours, "{day}");
        assert_eq!(day_of(at(from), &berlin), date(day));
        assert_eq!(day_of(at(to - 1), &berlin), date(day));
    }
    assert_eq!(bounds(date("2026-11-20"), &seoul()).0, seconds("2026-11-19T15:00:00Z"));
    // Where clocks are put forward at midnight there is none.
    let cairo = TimeZone::get("Africa/Cairo").unwrap();
    let (from, to) = bounds(date("2026-04-24"), &cairo);
    assert_eq!((to - from, day_of(at(from), &cairo)), (23 * 3600, date("2026-04-24")));
}

#[test]
fn weeks_begin_on_monday_and_months_have_their_own_length() {
    let span = |kind, day: &str| {
        let span = Span::of(kind, date(day));
        (span.first.to_string(), span.last.to_string(), span.days().count())
    };
    for day in ["2026-11-16", "2026-11-20", "2026-11-22"] {
        assert_eq!(span(Kind::Weekly, day), ("2026-11-16".into(), "2026-11-22".into(), 7), "{day}");
    }
    assert_eq!(span(Kind::Weekly, "2027-01-01").0, "2026-12-28", "over a new year");
    assert_eq!(span(Kind::Monthly, "2028-02-10"), ("2028-02-01".into(), "2028-02-29".into(), 29));
    assert_eq!(Span::of(Kind::Monthly, date("2026-03-31")).before().first, date("2026-02-01"));
    assert_eq!(Span::of(Kind::Weekly, date("2026-11-20")).before().last, date("2026-11-15"));
}

#[test]
fn what_is_due_is_what_ended_since_it_was_wanted() {
    let zone = seoul();
    let days = |since: &str, now: &str| -> Vec<String> {
        due(Kind::Daily, SEVEN, &zone, time(since), time(now))
            .iter()
            .map(|span| span.first.to_string())
            .collect()
    };
    // 22:00Z is 07:00 in Seoul.
    assert_eq!(days("2026-11-20T12:00:00Z", "2026-11-20T21:59:59Z"), Vec::<String>::new());
    assert_eq!(days("2026-11-20T12:00:00Z", "2026-11-20T22:00:00Z"), ["2026-11-20"]);
    // Wanted from nine o'clock on: not that of yesterday, which was due at seven.
    assert_eq!(days("2026-11-21T00:00:00Z", "2026-11-21T10:00:00Z"), Vec::<String>::new());
    // A server that was down for three days catches up, the oldest first.
    assert_eq!(days("2026-11-01T00:00:00Z", "2026-11-04T23:00:00Z").len(), 4);
    assert_eq!(
        days("2026-11-20T12:00:00Z", "2026-11-23T23:00:00Z"),
        ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
    );
    // And not without end.
    assert_eq!(days("2020-01-01T00:00:00Z", "2026-11-23T23:00:00Z").len(), 31);
}

#[test]
fn weeks_are_due_on_monday_and_months_on_the_first() {
    let zone = seoul();
    let of = |kind, now: &str| due(kind, SEVEN, &zone, time("2026-10-20T00:00:00Z"), time(now)).pop();
    assert_eq!(of(Kind::Weekly, "2026-11-22T21:59:59Z").map(|span| span.first), Some(date("2026-11-09")));
    assert_eq!(of(Kind::Weekly, "2026-11-22T22:00:00Z").map(|span| span.first), Some(date("2026-11-16")));
    assert_eq!(of(Kind::Monthly, "2026-11-30T22:00:00Z").map(|span| span.first), Some(date("2026-11-01")));
    assert_eq!(of(Kind::Monthly, "2026-11-30T21:00:00Z").map(|span| span.first), Some(date("2026-10-01")));
}

#[test]
fn a_due_time_that_is_left_out_comes_as_much_later() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let span = Span::of(Kind::Daily, date("2026-03-28"));
    assert_eq!(span.due(Minutes(150), &berlin), time("2026-03-29T01:30:00Z"), "02:30 is 03:30 that day");
}

#[test]
fn what_is_no_date_and_no_zone_is_said() {
    for bad in ["", "2026-13-01", "20261120", "2026-11-31", "yesterday", "2026-11-20T00:00:00"] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert!(zone(Some("Asia/Soeul")).is_err() && zone(Some("Asia/Seoul")).is_ok());
}
