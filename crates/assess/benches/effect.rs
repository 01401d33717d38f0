//! The load of bench/effect: a month of a system's requests, as counts per second with the rhythm of days, weeks and months and with
//! surges, whose effect is simulated; and the scenario of `naru verify surge-shift`, simulated. Times are measured in here, and
//! compared by `bench/effect/run` and `bench/effect/against-reality`.
//!
//! `effect month REQUESTS RUNS`, `effect surge-shift START_UP_MS MOVED_S`

use std::time::{Duration, Instant};

use naru_assess::effect::{Given, Ran, simulate, surge_shift};
use naru_assess::log::Arrivals;
use naru_assess::log::findings::{Findings, Function, Latency, Peak, Period, Splitting};
use naru_assess::questionnaire::Questionnaire;
use naru_model::language::Language;
use naru_model::units::Timestamp;

/// 2024-01-01 00:00 in Korea, a Monday, in seconds since 1970.
const FROM: u64 = 1_704_034_800;
const HOURS: usize = 30 * 24;
/// Four functions: what part of a usual hour each has, and at which hour it surges.
const FUNCTIONS: [(&str, f64, usize); 4] =
    [("board", 0.4, 10), ("apply", 0.3, 9), ("search", 0.2, 14), ("receipt", 0.1, 17)];

/// xorshift64*: the same month on each machine. Source: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators,
/// scrambled", 2016.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A function's weight in an hour: by day, at weekends, at the end of the month, and in surges of its own hour every fifth day.
fn weight(hour: usize, share: f64, own: usize) -> f64 {
    let (day, of_day) = (hour / 24, hour % 24);
    let by_day = if (9..18).contains(&of_day) {
        1.8
    } else if (7..23).contains(&of_day) {
        0.8
    } else {
        0.15
    };
    let by_week = if day % 7 >= 5 { 0.4 } else { 1.0 };
    let by_month = if day >= 27 { 1.5 } else { 1.0 };
    let surge = if day % 5 == 4 && of_day == own { 6.0 } else { 1.0 };
    share * by_day * by_week * by_month * surge
}

fn month(requests: u64) -> (Findings, Arrivals) {
    let weights: Vec<Vec<f64>> = FUNCTIONS
        .iter()
        .map(|(_, share, own)| (0..HOURS).map(|hour| weight(hour, *share, *own)).collect())
        .collect();
    let hours: Vec<f64> = (0..HOURS).map(|hour| weights.iter().map(|of| of[hour]).sum()).collect();
    let each = requests as f64 / 3600.0 / hours.iter().sum::<f64>();
    let mut random = Random(42);
    let mut second = |hour: &f64| {
        // A sum of even numbers is as good as normal: a mean of the rate, and its root as deviation.
        let rate = hour * each;
        let chance = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
        (rate + chance * rate.sqrt()).round().max(0.0) as u32
    };
    let seconds: Vec<u32> =
        hours.iter().flat_map(|hour| vec![*hour; 3600]).map(|hour| second(&hour)).collect();
    let total = seconds.iter().map(|n| u64::from(*n)).sum();
    let latency = Latency { count: total, mean: 0.3, p50: 0.28, p95: 0.6, p99: 0.9, max: 5.0 };
    let at = |hours: usize| Timestamp((FROM + hours as u64 * 3600) * 1_000_000);
    let function = |(index, (name, share, _)): (usize, &(&str, f64, usize))| Function {
        name: (*name).to_owned(),
        prefixes: vec![format!("/{name}")],
        requests: (total as f64 * share) as u64,
        share: *share,
        latency: Some(latency),
        busiest_hour: Peak {
            at: at(0),
            requests: (weights[index].iter().fold(0.0, |most: f64, w| most.max(*w)) * each * 3600.0) as u64,
        },
        splitting: Splitting::Worth,
        ..Function::default()
    };
    let mut findings = Findings {
        period: Some(Period { from: at(0), to: at(HOURS), offset_seconds: 32_400, days: 30 }),
        latency: Some(latency),
        functions: FUNCTIONS.iter().enumerate().map(function).collect(),
        ..Findings::default()
    };
    (findings.volume.requests, findings.sources.lines) = (total, total);
    let busiest = hours.iter().fold(0.0, |most: f64, hour| most.max(*hour)) * each;
    findings.peaks.busiest_second = Peak { at: at(0), requests: (busiest * 1.2) as u64 };
    findings.peaks.busiest_hour = Peak { at: at(0), requests: (busiest * 3600.0) as u64 };
    findings.peaks.median_working_hour = requests as f64 / HOURS as f64;
    let share = |of: &Vec<f64>| of.iter().zip(&hours).map(|(own, all)| (own / all) as f32).collect();
    let shares = weights.iter().map(share).collect();
    let arrivals =
        Arrivals { from: at(0), offset_seconds: 32_400, seconds, shares, minutes: Vec::new(), left_out: 0 };
    (findings, arrivals)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["month", requests, runs] => {
            let (findings, arrivals) = month(requests.parse()?);
            let q = Questionnaire::new(Language::En, "A month", "month".parse()?);
            let given = Given {
                service_time: Some(Duration::from_millis(300)),
                instances: Some(4),
                ..Given::default()
            };
            let (mut took, mut effect) = (Vec::new(), None);
            for _ in 0..runs.parse::<u32>()? {
                let began = Instant::now();
                effect = Some(simulate(&q, &findings, &arrivals, &given)?);
                took.push(began.elapsed().as_secs_f64());
                eprintln!("{:.1} s", took.last().copied().unwrap_or(0.0));
            }
            println!("{}", serde_json::json!({ "took_s": took, "effect": effect }));
        }
        ["surge-shift", start_up, moved] => {
            let ran = Ran { start_up_ms: start_up.parse()?, moved_s: moved.parse()? };
            println!("{}", serde_json::to_string(&surge_shift(ran))?);
        }
        _ => return Err("usage: effect month REQUESTS RUNS | surge-shift START_UP_MS MOVED_S".into()),
    }
    Ok(())
}
