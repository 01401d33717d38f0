//! All of a day, as reports add it up.

use naru_model::record::Fault;
use naru_model::series::Period;
use naru_model::service_level::Course;

use super::records::{Request, START, second, telemetry};
use crate::{Telemetry, distinct_users};

const S0: u32 = (START.0 / 1_000_000) as u32;
/// A whole minute, from which periods begin.
const M0: u32 = S0 - S0 % 60;

fn course(telemetry: &Telemetry, from: u32, to: u32, now: u64) -> Course {
    let period = Period { from: M0 + from, to: M0 + to };
    telemetry.course(&"all".parse().unwrap(), period, second(now))
}

fn requests(course: &Course) -> u64 {
    course.stretches.iter().map(|stretch| stretch.requests).sum()
}

#[test]
fn every_request_is_in_one_minute_and_in_one_hour() {
    let (telemetry, _folder) = telemetry();
    for s in 0..3000 {
        let fault = if s % 10 == 0 { Fault::Service } else { Fault::None };
        let request = Request { end: second(s), user: s % 7 + 1, fault, ..Request::default() };
        telemetry.ingest(&request.batch(), second(s));
    }
    let all = course(&telemetry, 0, 7200, 3010);
    assert_eq!(requests(&all), 3000);
    assert_eq!(all.stretches.iter().map(|stretch| stretch.failed()).sum::<u64>(), 300);
    assert!(all.stretches.iter().all(|stretch| stretch.seconds <= 60 && stretch.at >= M0));
    let counted = all.hours.iter().flatten().map(|bucket| bucket.requests).sum::<u64>();
    assert_eq!((counted, all.hours.len()), (3000, 2));
    let users = all.users.as_deref().expect("minutes know their users");
    assert_eq!(distinct_users([users].into_iter()), Some(7));
    // Two cuts of a period are the whole of it, and who was in both is one user.
    let (one, other) = (course(&telemetry, 0, 1200, 3010), course(&telemetry, 1200, 7200, 3010));
    assert_eq!(requests(&one) + requests(&other), 3000);
    let both = [&one, &other].map(|part| part.users.as_deref().expect("minutes know their users"));
    assert_eq!(distinct_users(both.into_iter()), Some(7));
    assert_eq!(
        distinct_users([&b"\xff\xff\xff"[..]].into_iter()),
        None,
        "what is no set of users is not counted"
    );
}

#[test]
fn what_is_yet_to_come_and_what_was_before_are_empty() {
    let (telemetry, _folder) = telemetry();
    telemetry.ingest(&Request { end: second(5), ..Request::default() }.batch(), second(5));
    assert_eq!(requests(&course(&telemetry, 7200, 10_800, 20)), 0);
    let before =
        telemetry.course(&"all".parse().unwrap(), Period { from: M0 - 7200, to: M0 - 3600 }, second(20));
    assert_eq!((requests(&before), before.stretches.len()), (0, 0));
}
