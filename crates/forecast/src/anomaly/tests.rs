//! What must hold for any series: silence where nothing happens, one alarm where one thing does, bounds, and a state that
//! survives.

use super::*;
use crate::chance::chance;

const STEP: i64 = 300;

/// The steps at which a series raises an alarm.
fn alarms(value: impl Fn(i64) -> f64, steps: i64) -> Vec<i64> {
    let mut detector = Detector::default();
    (0..steps).filter(|&step| detector.feed(step * STEP, value(step)).anomalous).collect()
}

#[test]
fn what_never_changes_never_alarms() {
    for level in [0.0, 42.0, -1e-9, 8e9, 1e300] {
        assert_eq!(alarms(|_| level, 5000), [0i64; 0], "level {level}");
    }
}

#[test]
fn a_step_alarms_once() {
    let found = alarms(|step| if step < 2000 { 10.0 } else { 20.0 }, 6000);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((2000..2010).contains(&found[0]), "{found:?}");
}

#[test]
fn a_spike_in_noise_is_told_once() {
    for seed in 0..20 {
        let mut state = seed;
        let noise: Vec<f64> = (0..3000).map(|_| chance(&mut state)).collect();
        let found =
            alarms(|step| noise[step as usize] + if (2500..2503).contains(&step) { 40.0 } else { 0.0 }, 3000);
        let near = found.iter().filter(|step| (2450..2550).contains(*step)).count();
        assert_eq!(near, 1, "seed {seed}: {found:?}");
    }
}

#[test]
fn what_happens_every_day_is_not_odd() {
    let day = 86_400 / STEP;
    let found = alarms(|step| if step % day < 12 { 50.0 } else { 5.0 }, 21 * day);
    assert!(found.iter().all(|&step| step < 7 * day), "alarms after a week: {found:?}");
}

#[test]
fn a_day_without_its_peak_is_odd() {
    let day = 86_400 / STEP;
    let course = |step: i64| {
        if step / day == 16 { 0.0 } else { (std::f64::consts::TAU * (step % day) as f64 / day as f64).sin() }
    };
    let mut state = 1;
    let noise: Vec<f64> = (0..20 * day).map(|_| 0.05 * chance(&mut state)).collect();
    let found = alarms(|step| course(step) + noise[step as usize], 20 * day);
    assert!(found.iter().any(|step| (16 * day..17 * day).contains(step)), "{found:?}");
}

#[test]
fn whatever_comes_the_score_stays_within_bounds_and_the_state_small() {
    let odd = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        0.0,
        -0.0,
        1e18,
        -1e18,
    ];
    for seed in 0..50 {
        let (mut state, mut detector) = (seed, Detector::default());
        for _ in 0..3000 {
            let pick = chance(&mut state);
            let value = if pick < -0.8 {
                odd[((pick + 1.0) * 50.0) as usize % odd.len()]
            } else {
                chance(&mut state) * 10f64.powf(9.0 * pick)
            };
            // Any clock: repeated, backwards, at the ends of time.
            let at = if pick > 0.95 {
                i64::MIN
            } else if pick > 0.9 {
                i64::MAX
            } else {
                (chance(&mut state) * 1e10) as i64
            };
            let verdict = detector.feed(at, value);
            assert!((0.0..=1.0).contains(&verdict.score), "{verdict:?}");
            assert!((0.0..=12.0).contains(&verdict.surprise), "{verdict:?}");
        }
        assert!(detector.bytes() <= 2048, "{} bytes", detector.bytes());
    }
}

#[test]
fn what_is_no_number_leaves_no_trace() {
    let mut state = 3;
    let (mut with, mut without) = (Detector::default(), Detector::default());
    for step in 0..1000 {
        let value = chance(&mut state);
        assert_eq!(with.feed(step * STEP, f64::NAN), Verdict::NOTHING);
        assert_eq!(with.feed(step * STEP, value), without.feed(step * STEP, value));
    }
    assert_eq!(with, without);
}

#[test]
fn the_unit_of_a_series_does_not_matter() {
    let mut state = 9;
    let (mut small, mut large) = (Detector::default(), Detector::default());
    for step in 0..2000 {
        let value = chance(&mut state) + if step > 1500 { 6.0 } else { 0.0 };
        // A power of two, so that both are the same number but for its exponent.
        let (one, other) = (small.feed(step * STEP, value), large.feed(step * STEP, value * 1_048_576.0));
        assert_eq!(one.anomalous, other.anomalous, "step {step}: {one:?} {other:?}");
    }
}

#[test]
fn read_back_it_goes_on_as_before() {
    let (mut state, mut detector) = (7, Detector::default());
    for step in 0..4000 {
        let value = 1e9 + 1e6 * chance(&mut state) + if step % 700 == 0 { 9e6 } else { 0.0 };
        if step % 97 == 0 {
            let written = serde_json::to_string(&detector).expect("a state is written");
            let read: Detector = serde_json::from_str(&written).expect("a state is read");
            assert_eq!(read, detector);
            detector.clone_from(&read);
        }
        detector.feed(step * STEP, value);
    }
}
