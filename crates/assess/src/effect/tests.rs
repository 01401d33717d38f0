//! The parts together: what is counted by the second against what is followed one by one, a small system's effect, a failing function,
//! and the simulation against a run for real.

use std::time::Duration;

use naru_model::language::Language;
use naru_model::platform::Scale;
use naru_model::report::Block;
use naru_model::scaling::Level;
use naru_model::units::Timestamp;

use super::model::{Busiest, Origin};
use super::play::{Played, Player, Sizing};
use super::*;
use crate::log::findings::{Function, Latency, Peak, Period, Splitting};
use crate::simulate::{Spread, World};

/// Monday, 2024-01-08 00:00 in Korea, in seconds since 1970.
const MONDAY: u64 = 1_704_639_600;

fn world() -> World {
    World {
        workers: 20,
        work: Duration::from_millis(200),
        start_up: Duration::from_secs(20),
        min: 2,
        max: 20,
        objective: Duration::from_secs(1),
        ..World::default()
    }
}

/// So many seconds with a rise, a surge and noise.
fn counts(seconds: usize, base: f64, surge: f64, seed: usize) -> Vec<u32> {
    let one = |second: usize| {
        let x = second as f64 / seconds as f64;
        let slope = 1.0 + (x * std::f64::consts::PI).sin();
        let extra = if (0.5..0.55).contains(&x) { surge } else { 0.0 };
        let noise = ((second * 7919 + seed * 104_729) % 97) as f64 / 97.0 - 0.5;
        ((base * slope + extra) * (1.0 + noise * 0.4)).max(0.0) as u32
    };
    (0..seconds).map(one).collect()
}

fn all_of(counts: &[u32]) -> Busiest {
    Busiest { from: 0, to: counts.len() / 60, minute: 0, times: 1.0 }
}

fn naru() -> Sizing {
    let target = vec![Level::P95(Duration::from_secs(1))];
    Sizing::Naru(Scale { target, warm_up: Duration::from_secs(10), ..Scale::default() }, None)
}

fn played(sizing: Sizing, counts: &[u32], calmly: bool) -> Measured {
    let surge = all_of(counts);
    let fixed = |count| World { min: count, max: count, ..world() };
    let world = if let Sizing::Fixed(count, _) = sizing { fixed(count) } else { world() };
    measured(&Player::new(&world, sizing, counts, &surge).play(counts.len(), &surge, calmly), &surge)
}

fn measured(played: &Played, surge: &Busiest) -> Measured {
    let mut total = play::Total::default();
    total.add(played);
    total.measured(None, surge).0
}

/// Within this share of each other, or closer than `least`.
fn near(a: f64, b: f64, share: f64, least: f64) -> bool {
    (a - b).abs() <= (a.max(b) * share).max(least)
}

/// The n-th of sixty loads, from calm ones to such as twenty instances can hardly carry.
fn load(n: usize) -> Vec<u32> {
    let share = |times: usize| (n * times % 60) as f64 / 60.0;
    counts(1800, 20.0 + 80.0 * share(37), 300.0 * share(23), n)
}

/// Two ways of playing draw other numbers by chance, so that single runs part where the load is just what is carried, or a decision falls
/// the other way. Over sixty loads neither may be favoured: mean response times within 1 %, who waited or failed within 0.2 % of all
/// requests, and instance-hours within 1 %.
fn assert_alike(sizing: &Sizing, ways: [impl Fn(&[u32]) -> Measured; 2]) {
    let [one, other] = ways.map(|way| (0..60).map(|n| way(&load(n))).collect::<Vec<_>>());
    let both = |of: fn(&Measured) -> f64| [&one, &other].map(|runs| runs.iter().map(of).sum::<f64>());
    let [requests, again] = both(|run| run.requests as f64);
    let came = (0..60).map(|n| load(n).iter().map(|n| f64::from(*n)).sum::<f64>()).sum::<f64>();
    assert_eq!((requests, again), (came, came));
    let [a, b] = both(|run| run.mean * run.requests as f64);
    assert!(near(a, b, 0.01, 0.0), "{sizing:?}: {} and {} s in the mean", a / requests, b / requests);
    let [a, b] = both(|run| (run.waited + run.failed) as f64);
    assert!(near(a, b, 0.0, requests * 0.002), "{sizing:?}: {a} and {b} of {requests} waited or failed");
    let [a, b] = both(|run| run.instance_hours);
    assert!(near(a, b, 0.01, 0.0), "{sizing:?}: {a} and {b} instance-hours");
}

#[test]
fn counting_calm_seconds_tells_the_same_as_following_each_request() {
    let fixed = |spread| Sizing::Fixed(4, spread);
    for sizing in [fixed(Spread::RoundRobin), fixed(Spread::Bounded(20)), Sizing::Hpa, naru()] {
        let way = |calmly| {
            let sizing = &sizing;
            move |counts: &[u32]| played(sizing.clone(), counts, calmly)
        };
        assert_alike(&sizing, [way(true), way(false)]);
    }
}

#[test]
fn asking_naru_less_often_while_nothing_changes_tells_the_same() {
    let way = |eager: bool| {
        move |counts: &[u32]| {
            let surge = all_of(counts);
            let player = Player::new(&world(), naru(), counts, &surge);
            let player = if eager { player.eager() } else { player };
            measured(&player.play(counts.len(), &surge, true), &surge)
        }
    };
    assert_alike(&naru(), [way(true), way(false)]);
}

/// Three days of a system of two functions: a board, and an application form that everybody fills in at nine o'clock.
fn log() -> (Findings, Arrivals) {
    let hours = 72;
    let (mut seconds, mut shares) = (Vec::new(), vec![Vec::new(), Vec::new()]);
    for hour in 0..hours {
        let (board, apply) = match hour % 24 {
            9 => (20, 100),
            8..=18 => (20, 4),
            _ => (3, 1),
        };
        seconds.extend((0..3600).map(|second| board + apply + (second * 7 % 5) as u32 - 2));
        let all = (board + apply) as f32;
        shares[0].push(board as f32 / all);
        shares[1].push(apply as f32 / all);
    }
    let requests: u64 = seconds.iter().map(|n| u64::from(*n)).sum();
    let latency = Latency { count: requests, mean: 0.25, p50: 0.24, p95: 0.5, p99: 0.7, max: 1.0 };
    let function = |name: &str, share: f64, peak: u64| Function {
        name: name.to_owned(),
        prefixes: vec![format!("/{name}/")],
        requests: (requests as f64 * share) as u64,
        share,
        latency: Some(latency),
        busiest_hour: Peak { at: Timestamp((MONDAY + 9 * 3600) * 1_000_000), requests: peak },
        splitting: Splitting::Worth,
        ..Function::default()
    };
    let mut findings = Findings {
        period: Some(Period {
            from: Timestamp(MONDAY * 1_000_000),
            to: Timestamp((MONDAY + hours * 3600) * 1_000_000),
            offset_seconds: 32_400,
            days: 3,
        }),
        latency: Some(latency),
        functions: vec![function("board", 0.6, 72_000), function("apply", 0.4, 360_000)],
        ..Findings::default()
    };
    findings.volume.requests = requests;
    findings.sources.lines = requests;
    findings.peaks.busiest_second = Peak { at: Timestamp(0), requests: 122 };
    findings.peaks.busiest_hour = Peak { at: Timestamp(0), requests: 432_000 };
    findings.peaks.median_working_hour = 40_000.0;
    let arrivals = Arrivals {
        from: Timestamp(MONDAY * 1_000_000),
        offset_seconds: 32_400,
        seconds,
        shares,
        minutes: Vec::new(),
        left_out: 0,
    };
    (findings, arrivals)
}

fn questionnaire() -> Questionnaire {
    Questionnaire::new(Language::Ko, "민원 포털", "portal".parse().unwrap())
}

fn given() -> Given {
    Given {
        workers: Some(10),
        service_time: Some(Duration::from_millis(250)),
        instances: Some(2),
        price: Some(100.0),
        ..Given::default()
    }
}

fn simulated(given: &Given) -> Effect {
    let (findings, arrivals) = log();
    simulate(&questionnaire(), &findings, &arrivals, given).unwrap()
}

fn way(effect: &Effect, way: Way) -> &Variant {
    effect.variants.iter().find(|variant| variant.way == way).unwrap()
}

#[test]
fn scaling_serves_the_surge_that_fixed_numbers_miss_or_pay_for_all_day() {
    let effect = simulated(&given());
    let bad = |of: Way| way(&effect, of).whole.waited + way(&effect, of).whole.failed;
    // 122 requests a second come at nine, and two servers of ten workers and 250 ms carry 80.
    assert!(way(&effect, Way::Today).surge.failed > 50_000, "{:?}", way(&effect, Way::Today).surge);
    assert!(bad(Way::FixedMean) > 10 * bad(Way::Naru), "{} {}", bad(Way::FixedMean), bad(Way::Naru));
    assert_eq!(bad(Way::FixedPeak), 0);
    assert!(bad(Way::Naru) * 100 < effect.requests, "{}", bad(Way::Naru));
    let hours = |of: Way| way(&effect, of).whole.instance_hours;
    assert!(
        hours(Way::Naru) < 0.75 * hours(Way::FixedPeak),
        "{} {}",
        hours(Way::Naru),
        hours(Way::FixedPeak)
    );
    assert_eq!(way(&effect, Way::Today).whole.cost, Some(2.0 * 72.0 * 100.0));
    for variant in &effect.variants {
        assert_eq!(variant.whole.requests, effect.requests);
        assert_eq!(variant.whole.minutes, 72 * 60);
        assert_eq!((variant.carried.len(), variant.waiting.len()), (360, 360));
    }
    let naru = &way(&effect, Way::Naru).services[1];
    assert_eq!((naru.service.as_str(), naru.least), ("apply", 2), "{naru:?}");
    assert!(naru.most >= 3, "{naru:?}");
}

/// At nine 100 of 120 requests are for the form; if it takes four times as long as the board, they are heavier than usual.
#[test]
fn a_surge_of_heavier_work_is_told() {
    let (mut findings, arrivals) = log();
    assert!((model::other_work(&findings, &arrivals) - 1.0).abs() < 1e-6);
    for (function, mean) in findings.functions.iter_mut().zip([0.1, 0.4]) {
        function.latency.as_mut().unwrap().mean = mean;
    }
    // (20 × 0.1 + 100 × 0.4) / 120 at nine; in most hours (3 × 0.1 + 1 × 0.4) / 4 at night or (20 × 0.1 + 4 × 0.4) / 24 by day.
    let times = model::other_work(&findings, &arrivals);
    assert!((1.9..2.4).contains(&times), "{times}");
    let effect = simulate(&questionnaire(), &findings, &arrivals, &given()).unwrap();
    assert!(effect.warnings.contains(&Warning::OtherWork { times }), "{:?}", effect.warnings);
}

#[test]
fn a_failing_function_takes_all_along_today_and_nobody_once_it_is_split_off() {
    let effect = simulated(&given());
    let failure = effect.failure.unwrap();
    assert_eq!((failure.function.as_str(), failure.alone), ("apply", true));
    let [today, split] = &failure.ways[..] else { panic!("two ways") };
    assert!(today.own > 50_000 && split.own > 50_000, "{today:?} {split:?}");
    // 20 requests a second for half an hour; today they find no place for the ten minutes and until the line is gone.
    assert!(today.others.failed * 3 > today.others.requests, "{today:?}");
    assert_eq!((split.others.failed, split.others.waited), (0, 0), "{split:?}");
    let named = Given { fails: Fails::Named("board".to_owned()), ..given() };
    assert_eq!(simulated(&named).failure.unwrap().function, "board");
    let none = Given { fails: Fails::None, ..given() };
    assert_eq!(simulated(&none).failure, None);
}

/// The application form is busy at nine on each of the three days, and half an hour before it there are more instances.
#[test]
fn schedules_are_kept_by_the_logs_clock_and_what_they_bring_is_told() {
    let effect = simulated(&given());
    // The board's 20 a second at work are carried by the two instances that there are anyway.
    let [apply] = &effect.scheduled[..] else { panic!("{:?}", effect.scheduled) };
    assert_eq!((apply.without.service.as_str(), apply.schedules[0].at.as_str()), ("apply", "30 8 * * *"));
    let with = way(&effect, Way::Naru).services.iter().find(|used| used.service == "apply").unwrap();
    assert!(with.bad() * 2 < apply.without.bad(), "{with:?} {:?}", apply.without);
    assert!(with.most >= apply.without.least + apply.schedules[0].add, "{with:?} {:?}", apply.without);
    // Two hours and a half on each of three days, and no more.
    let extra = with.instance_hours - apply.without.instance_hours;
    let most = f64::from(apply.schedules[0].add * apply.schedules[0].hours * 3);
    assert!(extra > 0.0 && extra <= most, "{extra} of {most}");
    for language in [Language::Ko, Language::En] {
        let text = format!("{:?}", effect.report(language, "access.log"));
        assert!(text.contains("30 8 * * *") && text.contains(language.pick("유지: ", "keep: ")), "{text}");
    }
    let one_day = Period { days: 1, ..log().0.period.unwrap() };
    let (findings, arrivals) = log();
    let findings = Findings { period: Some(one_day), ..findings };
    let effect = simulate(&questionnaire(), &findings, &arrivals, &given()).unwrap();
    assert_eq!(effect.scheduled, [], "what was seen once does not come again");
}

#[test]
fn a_number_that_is_off_changes_what_it_must() {
    let effect = simulated(&given());
    let of = |off: Off| effect.sensitivity.iter().find(|swing| swing.off == off).unwrap();
    let as_is = of(Off::Nothing);
    let bad = |swing: &Swing| swing.today.waited + swing.today.failed;
    let surge = &way(&effect, Way::Today).surge;
    assert_eq!(as_is.today.requests, surge.requests);
    assert!(near(bad(as_is) as f64, (surge.waited + surge.failed) as f64, 0.02, 0.0), "{as_is:?} {surge:?}");
    for (worse, better) in [(Off::Slower, Off::Faster), (Off::FewerWorkers, Off::MoreWorkers)] {
        assert!(bad(of(worse)) > bad(as_is) && bad(as_is) > bad(of(better)), "{worse:?}");
    }
    assert_eq!(of(Off::MoreRequests).today.requests, as_is.today.requests * 6 / 5);
    assert!(bad(of(Off::MoreRequests)) > bad(as_is));
    assert!(of(Off::Slower).instance_hours >= as_is.instance_hours);
}

#[test]
fn what_nobody_knows_is_said_to_be_assumed() {
    let effect = simulated(&Given::default());
    let origin =
        |name: Name| effect.figures.iter().find(|figure| figure.name == name).map(|figure| figure.origin);
    assert_eq!(origin(Name::ServiceTime), Some(Origin::Assumed));
    assert_eq!(origin(Name::Price), None);
    assert!(effect.warnings.contains(&Warning::NoTimes), "{:?}", effect.warnings);
    assert!(effect.warnings.contains(&Warning::Short { days: 3 }));
    let (findings, arrivals) = log();
    let wrong = Given { fails: Fails::Named("pay".to_owned()), ..Given::default() };
    let error = simulate(&questionnaire(), &findings, &arrivals, &wrong).unwrap_err();
    assert_eq!(error.to_string(), "the log has no function \"pay\"; it has board, apply");
    let nothing = simulate(&questionnaire(), &Findings::default(), &Arrivals::default(), &Given::default());
    assert!(matches!(nothing, Err(Error::Empty)), "{nothing:?}");
}

#[test]
fn the_report_has_every_way_and_both_pictures_in_both_languages() {
    let effect = simulated(&given());
    for language in [Language::Ko, Language::En] {
        let report = effect.report(language, "access.log");
        let charts = report.blocks.iter().filter(|block| matches!(block, Block::Chart(_))).count();
        assert_eq!(charts, 2);
        for block in &report.blocks {
            if let Block::Table(table) = block {
                assert!(table.rows.iter().all(|row| row.len() == table.head.len()));
            }
        }
        let text = format!("{report:?}");
        for of in Way::ALL {
            assert!(text.contains(words::way(of, language)), "{of:?}");
        }
    }
}

/// What `naru verify surge-shift` found for real, kept in `bench/effect/result.json`: throughput within 5 %, mean within 15 %.
#[test]
fn the_simulation_is_near_what_was_run_for_real() {
    let kept = include_str!("../../../../bench/effect/result.json");
    let kept: serde_json::Value = serde_json::from_str(kept).unwrap();
    let ran: Ran = serde_json::from_value(kept["ran"].clone()).unwrap();
    let simulated = surge_shift(ran);
    assert_eq!(simulated.len(), 3);
    for crowd in simulated {
        let real: Crowd = serde_json::from_value(kept["real"][&crowd.name].clone()).unwrap();
        assert!(near(crowd.throughput, real.throughput, 0.05, 0.0), "{crowd:?} {real:?}");
        assert!(near(crowd.mean_ms, real.mean_ms, 0.15, 0.0), "{crowd:?} {real:?}");
        assert_eq!(crowd.instances, real.instances);
    }
}
