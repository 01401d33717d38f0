//! What must hold for any course: a leak is said in time, what does not last is not said, bounds, and a state that
//! survives.

use super::*;
use crate::chance::chance;

const STEP: i64 = 300;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// When each crossing was said, a value a minute until `end`.
fn said(side: Side, threshold: f64, end: i64, mut value: impl FnMut(i64) -> f64) -> Vec<(i64, Crossing)> {
    let mut course = Course::new(STEP as u32, side);
    let mut said = Vec::new();
    for at in (0..end).step_by(60) {
        course.feed(at, value(at));
        said.extend(course.ahead(threshold, at, HOUR).map(|crossing| (at, crossing)));
    }
    said
}

/// From 20, ten an hour: 90 is reached after seven.
fn leak(at: i64) -> f64 {
    20.0 + 10.0 * at as f64 / HOUR as f64
}

#[test]
fn a_leak_is_said_before_it_is_full_and_when() {
    let mut state = 1;
    let said = said(Side::Above, 90.0, 7 * HOUR - 900, |at| leak(at) + 0.5 * chance(&mut state));
    let (first, crossing) = said.first().expect("it is said");
    assert!((6 * HOUR - 900..7 * HOUR - 1200).contains(first), "said at {first}");
    assert!((crossing.at - 7 * HOUR).abs() < 900, "{crossing:?}");
    assert!(
        crossing.from <= crossing.at && crossing.until.is_none_or(|until| crossing.at <= until),
        "{crossing:?}"
    );
}

#[test]
fn falling_is_rising_seen_from_below() {
    let above = said(Side::Above, 90.0, 7 * HOUR, leak);
    let below = said(Side::Below, -90.0, 7 * HOUR, |at| -leak(at));
    assert!(!above.is_empty());
    assert_eq!(above, below);
}

#[test]
fn nothing_is_said_of_what_stays_or_falls_or_is_there() {
    for (name, value) in
        [("stays", (|_| 50.0) as fn(i64) -> f64), ("falls", |at| 80.0 - leak(at)), ("is there", |_| 95.0)]
    {
        assert_eq!(said(Side::Above, 90.0, 2 * DAY, value), [], "{name}");
    }
}

#[test]
fn bursts_are_no_trend() {
    // Every three hours up by 35 within ten minutes and down again.
    let burst = |at: i64| 30.0 + if at % (3 * HOUR) < 600 { 35.0 * (at % 600) as f64 / 600.0 } else { 0.0 };
    let mut state = 2;
    let said = said(Side::Above, 90.0, 5 * DAY, |at| burst(at) + chance(&mut state));
    assert_eq!(said.len(), 0, "first at {:?}", said.first());
}

#[test]
fn what_comes_up_after_each_restart_is_learned_to_end() {
    // A cache that fills to 80 within two hours, restarted every eleven.
    let mut state = 4;
    let fills = |at: i64| 10.0 + 70.0 * (1.0 - (-((at % (11 * HOUR)) as f64) / 2400.0).exp());
    let said = said(Side::Above, 90.0, 8 * DAY, |at| fills(at) + 0.5 * chance(&mut state));
    let late = said.iter().filter(|(at, _)| *at > 4 * DAY).count();
    assert_eq!(late, 0, "{late} times said after four days of eight, last {:?}", said.last());
}

#[test]
fn teeth_below_the_level_are_learned_to_end_there() {
    // A heap that fills from 30 to 70 in 40 minutes and is collected.
    let mut state = 5;
    let said =
        said(Side::Above, 90.0, 4 * DAY, |at| 30.0 + 40.0 * (at % 2400) as f64 / 2400.0 + chance(&mut state));
    let late = said.iter().filter(|(at, _)| *at > 8 * HOUR).count();
    assert_eq!(late, 0, "{late} times said after eight hours, last {:?}", said.last());
}

#[test]
fn the_peak_of_a_day_is_said_before_it_comes() {
    let mut state = 6;
    // Peaks of 92 at six hours after midnight, troughs of 32.
    let day = |at: i64| 62.0 + 30.0 * (std::f64::consts::TAU * at as f64 / DAY as f64).sin();
    let said = said(Side::Above, 90.0, 8 * DAY, |at| day(at) + 0.3 * chance(&mut state));
    let crossed = 7 * DAY + 5 * HOUR - 300;
    assert!(said.iter().any(|(at, _)| (crossed - HOUR..crossed - 600).contains(at)), "{:?}", said.last());
}

#[test]
fn whatever_comes_times_are_in_order_and_the_state_small() {
    for seed in 0..50 {
        let mut state = seed;
        let mut course = Course::new(if seed % 2 == 0 { 0 } else { 300 }, Side::Above);
        let mut at = 0i64;
        for _ in 0..3000 {
            let pick = chance(&mut state);
            at = if pick > 0.999 {
                i64::MAX
            } else if pick < -0.999 {
                i64::MIN
            } else {
                at.saturating_add((pick * 900.0) as i64 + 300)
            };
            let value = if pick < -0.95 { f64::NAN } else { chance(&mut state) * 10f64.powf(9.0 * pick) };
            course.feed(at, value);
            if let Some(crossing) = course.crossing(value * 3.0 + 1.0, at, HOUR) {
                assert!((0.0..=1.0).contains(&crossing.probability), "{crossing:?}");
                assert!(
                    crossing.from <= crossing.at && crossing.until.is_none_or(|until| crossing.at <= until),
                    "{crossing:?}"
                );
            }
        }
        assert!(course.bytes() <= 2048, "{} bytes", course.bytes());
    }
}

#[test]
fn a_gap_and_a_step_of_the_clock_begin_a_new_course() {
    let mut course = Course::new(STEP as u32, Side::Above);
    (0..6 * HOUR).step_by(60).for_each(|at| course.feed(at, leak(at)));
    assert!(course.crossing(90.0, 6 * HOUR, HOUR).is_some());
    course.feed(2 * DAY, 80.0);
    assert_eq!(course.crossing(90.0, 2 * DAY, HOUR), None);
    course.feed(DAY, 80.0);
    assert_eq!(course.crossing(90.0, DAY, HOUR), None);
}

#[test]
fn read_back_it_goes_on_as_before() {
    let (mut state, mut course) = (7, Course::new(STEP as u32, Side::Above));
    for at in (0..4 * DAY).step_by(60) {
        if at % (7 * HOUR) == 0 {
            let written = serde_json::to_string(&course).expect("a state is written");
            let read: Course = serde_json::from_str(&written).expect("a state is read");
            assert_eq!(read, course);
            course.clone_from(&read);
        }
        course.feed(at, leak(at % (8 * HOUR)) + chance(&mut state));
    }
}
