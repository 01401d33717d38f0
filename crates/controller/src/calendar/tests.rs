use super::*;

fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp(at.as_microsecond() as u64)
}

fn schedule(at: &str, zone: Option<&str>, hours: u64) -> Schedule {
    Schedule {
        at: at.to_owned(),
        zone: zone.map(str::to_owned),
        lasts: Duration::from_secs(hours * 3600),
        add: 2,
    }
}

fn calendar(schedules: &[Schedule]) -> Calendar {
    Calendar::new(schedules, &TimeZone::get("Asia/Seoul").unwrap()).unwrap()
}

fn is_open(calendar: &Calendar, now: &str) -> bool {
    !calendar.windows(at(now)).is_empty()
}

#[test]
fn a_window_is_open_from_its_time_up_to_its_end() {
    let calendar = calendar(&[schedule("0 20 * * *", Some("UTC"), 2)]);
    assert!(!is_open(&calendar, "2026-11-21T19:59:59.999Z"));
    assert!(is_open(&calendar, "2026-11-21T20:00:00Z"));
    assert!(is_open(&calendar, "2026-11-21T21:59:59.999Z"));
    assert!(!is_open(&calendar, "2026-11-21T22:00:00Z"));
    let expected =
        Window { index: 0, from: at("2026-11-21T20:00:00Z"), to: at("2026-11-21T22:00:00Z"), add: 2 };
    assert_eq!(calendar.windows(at("2026-11-21T21:00:00Z")), [expected]);
}

#[test]
fn without_a_zone_it_is_the_machine_s_and_several_are_told_apart() {
    let schedules = [schedule("0 9 * * MON-FRI", None, 1), schedule("0 0 * * *", Some("UTC"), 1)];
    let calendar = calendar(&schedules);
    // 2026-11-20 is a Friday; nine in Seoul is midnight in UTC.
    let open: Vec<usize> = calendar.windows(at("2026-11-20T00:30:00Z")).iter().map(|w| w.index).collect();
    assert_eq!(open, [0, 1]);
    let open: Vec<usize> = calendar.windows(at("2026-11-21T00:30:00Z")).iter().map(|w| w.index).collect();
    assert_eq!(open, [1]);
    let nameless = TimeZone::fixed(jiff::tz::offset(9));
    assert!(matches!(Calendar::new(&schedules, &nameless), Err(Error::NoZone)));
}

#[test]
fn a_window_whose_next_time_comes_before_its_end_goes_on() {
    let calendar = calendar(&[schedule("* 0-11 * * *", Some("UTC"), 24 * 30)]);
    let windows = calendar.windows(at("2026-11-21T23:00:00Z"));
    assert_eq!(windows[0].from, at("2026-11-21T11:59:00Z"));
    assert_eq!(windows[0].to, at("2026-12-21T11:59:00Z"));
}

/// Berlin goes from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
#[test]
fn a_time_that_is_left_out_in_spring_does_not_come_that_day() {
    let calendar = calendar(&[schedule("30 2 * * *", Some("Europe/Berlin"), 1)]);
    assert!(is_open(&calendar, "2026-03-28T01:45:00Z"));
    for now in ["2026-03-29T00:45:00Z", "2026-03-29T01:15:00Z", "2026-03-29T01:45:00Z"] {
        assert!(!is_open(&calendar, now), "{now}");
    }
    assert!(is_open(&calendar, "2026-03-30T00:45:00Z"));
}

/// Berlin goes from 03:00 back to 02:00 on 2026-10-25, at 01:00 UTC.
#[test]
fn a_time_that_comes_twice_in_autumn_comes_twice() {
    let calendar = calendar(&[schedule("30 2 * * *", Some("Europe/Berlin"), 1)]);
    let from = |now| calendar.windows(at(now)).first().map(|window| window.from);
    assert_eq!(from("2026-10-25T00:45:00Z"), Some(at("2026-10-25T00:30:00Z")));
    assert_eq!(from("2026-10-25T01:45:00Z"), Some(at("2026-10-25T01:30:00Z")));
    assert_eq!(from("2026-10-25T02:30:00Z"), None);
}

/// New York goes from 02:00 back to 01:00 on 2026-11-01, at 06:00 UTC: what lasts is real time.
#[test]
fn a_window_over_a_change_of_the_clock_lasts_as_long_as_any() {
    let calendar = calendar(&[schedule("0 0 * * *", Some("America/New_York"), 6)]);
    assert!(is_open(&calendar, "2026-11-01T09:59:00Z"), "04:59, the sixth hour");
    assert!(!is_open(&calendar, "2026-11-01T10:00:00Z"));
}

#[test]
fn the_next_change_is_the_nearest_beginning_or_end() {
    let calendar =
        calendar(&[schedule("0 20 * * *", Some("UTC"), 2), schedule("0 21 * * *", Some("UTC"), 2)]);
    let next = |now| calendar.next_change(at(now));
    assert_eq!(next("2026-11-21T19:00:00Z"), Some(at("2026-11-21T20:00:00Z")));
    assert_eq!(next("2026-11-21T20:30:00Z"), Some(at("2026-11-21T21:00:00Z")));
    assert_eq!(next("2026-11-21T21:30:00Z"), Some(at("2026-11-21T22:00:00Z")));
    assert_eq!(Calendar::new(&[], &TimeZone::UTC).unwrap().next_change(at("2026-11-21T00:00:00Z")), None);
}

#[test]
fn what_is_no_time_or_no_zone_is_refused() {
    for (times, zone) in [("0 25 * * *", "UTC"), ("0 20 * *", "UTC"), ("0 20 * * *", "Mars/Olympus")] {
        let refused = Calendar::new(&[schedule(times, Some(zone), 1)], &TimeZone::UTC);
        assert!(matches!(refused, Err(Error::At { .. })), "{times} {zone}");
    }
}
