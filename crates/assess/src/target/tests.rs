#![allow(clippy::unwrap_used)]

use std::path::Path;

use naru_config::Machine;
use naru_model::units::Bytes;

use super::*;
use crate::log::findings::{
    Function, Latency, Peak, Peaks, Period, Recurring, RecurringKind, Rhythm, Splitting, Volume,
};
use crate::questionnaire::{Figure, Link as GivenLink};

fn questionnaire() -> Questionnaire {
    Questionnaire::new(Language::Ko, "예약 \"포털\"\\", "booking-portal".parse().unwrap())
}

fn is_good(target: &Target) {
    for language in [Language::Ko, Language::En] {
        let yaml = target.yaml(language);
        let machine = Machine { cores: 4, memory: Bytes(8 << 30) };
        naru_config::parse("naru.yaml", &yaml, Path::new("/x"), machine)
            .unwrap_or_else(|report| panic!("{report}\n{yaml}"));
    }
}

fn function(name: &str, splitting: Splitting, prefixes: &[&str]) -> Function {
    Function {
        name: name.to_owned(),
        splitting,
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        requests: 40_000_000,
        share: 0.4,
        busiest_hour: Peak { requests: 60_000, ..Peak::default() },
        latency: Some(Latency { mean: 0.2, ..Latency::default() }),
        ..Function::default()
    }
}

fn log() -> Findings {
    let recurring = |kind, at| Recurring { kind, at, times: 5.0, seen: 4 };
    Findings {
        period: Some(Period { days: 28, offset_seconds: 32_400, ..Period::default() }),
        volume: Volume { requests: 100_000_000, ..Volume::default() },
        peaks: Peaks {
            busiest_hour: Peak { requests: 120_000, ..Peak::default() },
            busiest_second: Peak { requests: 200, ..Peak::default() },
            median_working_hour: 3600.0,
            ..Peaks::default()
        },
        latency: Some(Latency { mean: 0.3, ..Latency::default() }),
        rhythm: Rhythm {
            by_hour: (0..24).map(|hour| if [0, 9].contains(&hour) { 740_000.0 } else { 40_000.0 }).collect(),
            recurring: vec![recurring(RecurringKind::DayOfMonth, 25), recurring(RecurringKind::Weekday, 7)],
            ..Rhythm::default()
        },
        functions: vec![
            function("booking", Splitting::Worth, &["/booking", "/reserve/"]),
            function("board", Splitting::Keep, &["/board"]),
            function("pay", Splitting::Look, &["/pay"]),
        ],
        ..Findings::default()
    }
}

#[test]
fn with_nothing_known_there_is_one_service_that_runs() {
    let target = of(&questionnaire(), None);
    assert_eq!(target.services.len(), 1);
    assert_eq!(target.services[0].paths, ["/**"]);
    is_good(&target);
    // What nobody knows is said to be assumed, also with a log that has no response times.
    let silent = Findings { latency: None, functions: Vec::new(), ..log() };
    for target in [target, of(&questionnaire(), Some(&silent))] {
        assert!(
            target.yaml(Language::Ko).contains("500ms(가정)")
                && !target.yaml(Language::Ko).contains("현재 평균")
        );
    }
}

#[test]
fn bounds_follow_from_rate_and_response_time() {
    let mut q = questionnaire();
    q.figures = [(Figure::PeakRate, 480.0), (Figure::SurgeTimes, 4.0), (Figure::ResponseTime, 100.0)].into();
    let service = &of(&q, None).services[0];
    // One instance carries 20 × 0.6 / 0.1 s = 120 a second: 120 usually, 480 × 1.5 at the peak.
    assert_eq!((service.min, service.max), (2, 6));
    assert_eq!(service.queue, 7200);
    q.figures.insert(Figure::PeakRate, 10_000_000.0);
    let service = of(&q, None).services.remove(0);
    assert!(service.max <= MAX_INSTANCES && service.min <= service.max);
    is_good(&of(&q, None));
}

#[test]
fn the_log_says_what_to_split_and_when_to_add() {
    let target = of(&questionnaire(), Some(&log()));
    let names: Vec<&str> = target.services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["booking", "booking-portal"]);
    assert_eq!(target.services[0].paths, ["/booking/**", "/reserve/**"]);
    let at: Vec<&str> = target.services[0].schedules.iter().map(|s| s.at.as_str()).collect();
    // It has no hours of its own. All the rest has 206 a second at nine and midnight, and 40 are carried by an instance.
    assert!(at.is_empty(), "{at:?}");
    let rest: Vec<&str> = target.services[1].schedules.iter().map(|s| s.at.as_str()).collect();
    assert_eq!(rest, ["30 8 * * *", "30 23 * * *"]);
    assert!(target.notes.iter().any(|note| note.contains("pay")), "{:?}", target.notes);
    // Half of the busiest hour is its own: 100 of 200 requests in the busiest second, 60 a second for each instance.
    assert_eq!(target.services[0].max, 3);
    is_good(&target);
}

#[test]
fn hostile_names_and_paths_of_a_log_make_no_bad_file() {
    let mut log = log();
    log.functions = ["a--b", "a-b", "9lives", "…", "x\n- evil: 1", "booking-portal", &"long".repeat(30)]
        .iter()
        .enumerate()
        .map(|(i, name)| {
            function(
                name,
                Splitting::Worth,
                &[&format!("/p{i}"), "/", "/a b", "/{n}/x", "/../etc", "//", "/x\": evil"],
            )
        })
        .collect();
    let target = of(&questionnaire(), Some(&log));
    assert!(target.services.iter().all(|s| s.paths.len() == 1), "{:?}", target.services);
    is_good(&target);
}

#[test]
fn functions_and_links_of_the_questionnaire_are_services_and_links() {
    let mut q = questionnaire();
    q.functions = vec![crate::questionnaire::Function {
        name: "apply".parse().unwrap(),
        title: "신청\n접수".to_owned(),
        path: "/booking/**".to_owned(),
        owner: "a@example.go.kr".to_owned(),
    }];
    q.links =
        vec![GivenLink { name: "registry".parse().unwrap(), url: "https://link.example.go.kr".to_owned() }];
    let target = of(&q, Some(&log()));
    assert_eq!((target.services.len(), target.links.len()), (1, 1));
    assert_eq!(target.services[0].owner, "a@example.go.kr");
    is_good(&target);
}
