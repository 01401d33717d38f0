//! What watching many series takes: a detector and a course each, fed a value each ten seconds until their memory no longer grows.
//!
//! usage: cargo bench -p naru-forecast --bench memory [-- SERIES]      default 25000

use std::time::Instant;

use naru_forecast::anomaly::Detector;
use naru_forecast::crossing::{Course, Side};

/// Until the state of a detector is full: some 1,200 points; and a third of a day of courses' five minutes.
const POINTS: i64 = 3_000;
const START: i64 = 1_790_000_000;

fn main() {
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let series: usize = wanted.unwrap_or(25_000);
    let mut watched: Vec<(Detector, Course)> =
        (0..series).map(|_| (Detector::default(), Course::new(300, Side::Above))).collect();
    let (mut alarms, began) = (0u64, Instant::now());
    for point in 0..POINTS {
        for (number, (detector, course)) in watched.iter_mut().enumerate() {
            let value = value(number as u64, point);
            alarms += u64::from(detector.feed(START + 10 * point, value).anomalous);
            course.feed(START + 10 * point, value);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let bytes: usize = watched.iter().map(|(detector, course)| detector.bytes() + course.bytes()).sum();
    let each = seconds / (series as f64 * POINTS as f64);
    println!("series                      {series}");
    println!(
        "memory                      {:.1} MiB, {} bytes each",
        bytes as f64 / 1_048_576.0,
        bytes / series.max(1)
    );
    println!("a point                     {:.2} us", each * 1e6);
    println!("CPU at a point each 10 s    {:.1} % of a core", each * series as f64 / 10.0 * 100.0);
    println!("alarms                      {alarms}");
}

/// Noise on a slow wave, another for each series. Source of the mixing: Vigna, splitmix64.
fn value(series: u64, point: i64) -> f64 {
    let mut mixed = (series << 32 | point as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let noise = (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64;
    (point as f64 / 300.0 + series as f64).sin() * 10.0 + noise
}
