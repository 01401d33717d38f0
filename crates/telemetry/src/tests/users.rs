//! Apdex and active users as they are asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use super::records::{Request, second, telemetry};
use crate::Telemetry;
use naru_model::apdex::Apdex;
use naru_model::record::Fault;
use naru_model::series::Subject;
use proptest::prelude::*;

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn active(telemetry: &Telemetry, subject: &str, at: u64) -> u64 {
    telemetry.traffic(&subject.parse().unwrap(), TEN_SECONDS, second(at)).active_users
}

#[test]
fn a_users_second_request_counts_once_and_five_minutes_later_they_are_gone() {
    let (telemetry, _folder) = telemetry();
    for s in 0..100 {
        let request = Request { end: second(s), ..Request::default() };
        // Everyone comes twice, and somebody unknown as well.
        let batches = [1 + s, 1 + s / 2, 0].map(|user| Request { user, ..request }.batch());
        telemetry.ingest(&batches.concat(), second(s));
    }
    for subject in ["all", "service:booking", "function:booking-apply", "route:/booking/**"] {
        assert_eq!(active(&telemetry, subject, 100), 100, "{subject}");
    }
    assert_eq!(active(&telemetry, "instance:booking-1-1", 100), 0);
    // Those of the first fifty seconds came back as users 1 to 50 until second 99.
    assert_eq!(active(&telemetry, "all", 350 + 10), 60 - 10 + 10);
    assert_eq!(active(&telemetry, "all", 410), 0);
}

#[test]
fn t_is_the_functions_and_half_a_second_without_one() {
    let (telemetry, _folder) = telemetry();
    // T of the function is 100 ms.
    let with = Request { end: second(1), millis: 300, ..Request::default() };
    let without = Request { function: 0, route: 2, ..with };
    let failed = Request { millis: 1, fault: Fault::Platform, status: 503, ..without };
    telemetry.ingest(&[with.batch(), without.batch(), failed.batch()].concat(), second(1));
    let apdex = |subject: Subject| telemetry.traffic(&subject, TEN_SECONDS, second(2)).apdex;
    let function = Subject::Function("booking-apply".parse().unwrap());
    assert_eq!(apdex(function), Apdex { satisfied: 0, tolerating: 1, frustrated: 0 });
    assert_eq!(apdex(Subject::All), Apdex { satisfied: 1, tolerating: 1, frustrated: 1 });
}

#[test]
fn a_new_t_holds_from_then_on() {
    let (telemetry, _folder) = telemetry();
    let request = Request { end: second(1), millis: 300, ..Request::default() };
    telemetry.ingest(&request.batch(), second(1));
    let mut names = (**telemetry.live.names.load()).clone();
    names.apdex_t.clear();
    telemetry.set_names(names);
    telemetry.ingest(&request.batch(), second(1));
    let apdex = telemetry.traffic(&Subject::All, TEN_SECONDS, second(2)).apdex;
    assert_eq!(apdex, Apdex { satisfied: 1, tolerating: 1, frustrated: 0 });
}

proptest! {
    // Each opens a store on the disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn active_users_are_those_of_the_last_five_minutes(mut requests in proptest::collection::vec((0u64..900, 1u64..200), 1..300)) {
        let (telemetry, _folder) = telemetry();
        requests.sort_unstable();
        for (end, user) in &requests {
            telemetry.ingest(&Request { end: second(*end), user: *user, ..Request::default() }.batch(), second(*end));
        }
        let within = |seconds: u64| {
            let users = requests.iter().filter(|(end, _)| end + seconds >= 900).map(|(_, user)| *user);
            users.collect::<BTreeSet<u64>>().len() as u64
        };
        // Of this few it is off by one at most; the ten seconds in which the five minutes begin count whole.
        let found = active(&telemetry, "all", 900);
        prop_assert!((within(300).saturating_sub(1)..=within(310) + 1).contains(&found), "{} of {}", found, within(300));
    }
}
