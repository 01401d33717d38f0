//! What telemetry answers about records that it was given.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use super::records::{Request, START, second, telemetry};
use crate::Telemetry;
use naru_model::observed::RevisionTraffic;
use naru_model::record::Fault;
use naru_model::series::Subject;
use naru_model::units::Timestamp;
use proptest::prelude::*;

const TEN_SECONDS: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

fn service(name: &str) -> Subject {
    Subject::Service(name.parse().unwrap())
}

fn requests(telemetry: &Telemetry, over: Duration, now: Timestamp) -> u64 {
    telemetry.seen(&Subject::All, over, now).requests()
}

#[test]
fn traffic_is_what_clients_saw_of_a_service() {
    let (telemetry, _folder) = telemetry();
    // Ten seconds with ten requests each: of every ten one fails, and one is slow.
    for s in 1..=10 {
        for n in 0..10 {
            let fault = if n == 0 { Fault::Service } else { Fault::None };
            let millis = if n == 9 { 400 } else { 20 };
            telemetry
                .ingest(&Request { end: second(s), millis, fault, ..Request::default() }.batch(), second(s));
        }
    }
    let traffic = telemetry.traffic(&service("booking"), TEN_SECONDS, second(11));
    assert_eq!(traffic.requests_per_second, 10.0);
    assert_eq!(traffic.error_ratio, 0.1);
    assert!((traffic.p50_seconds - 0.02).abs() < 0.0002, "{}", traffic.p50_seconds);
    assert!((traffic.p95_seconds - 0.4).abs() < 0.004, "{}", traffic.p95_seconds);
    // Ten seconds on it is over.
    let traffic = telemetry.traffic(&service("booking"), TEN_SECONDS, second(21));
    assert_eq!((traffic.requests_per_second, traffic.p50_seconds), (0.0, 0.0));
    assert_eq!(telemetry.traffic(&service("unknown"), HOUR, second(11)).requests_per_second, 0.0);
}

#[test]
fn soon_after_the_start_a_rate_is_over_the_time_that_was_seen() {
    let (telemetry, _folder) = telemetry();
    telemetry.ingest(&Request { end: second(0), ..Request::default() }.batch().repeat(30), second(0));
    assert_eq!(telemetry.traffic(&service("booking"), TEN_SECONDS, second(3)).requests_per_second, 10.0);
}

#[test]
fn everything_can_be_seen_by_instance_route_and_function() {
    let (telemetry, _folder) = telemetry();
    let a = Request { end: second(1), ordinal: 1, ..Request::default() };
    let b = Request { ordinal: 2, route: 2, function: 0, bytes: 7, ..a };
    let unmatched = Request { route: 0, function: 0, service: 0, revision: 0, ordinal: 0, status: 404, ..a };
    telemetry.ingest(&[a.batch(), b.batch(), b.batch(), unmatched.batch()].concat(), second(1));
    let now = second(2);

    let instances = telemetry.instances(&"booking".parse().unwrap(), TEN_SECONDS, now);
    let instances: Vec<_> = instances.iter().map(|(id, seen)| (id.to_string(), seen.requests())).collect();
    assert_eq!(instances, [("booking-1-1".to_owned(), 1), ("booking-1-2".to_owned(), 2)]);

    let routes = telemetry.routes(TEN_SECONDS, now);
    let routes: Vec<_> = routes.iter().map(|(name, seen)| (name.as_str(), seen.requests())).collect();
    assert_eq!(routes, [("/other/**", 2), ("", 1), ("/booking/**", 1)]);

    let functions = telemetry.functions(TEN_SECONDS, now);
    let functions: Vec<_> = functions.iter().map(|(name, seen)| (name.as_str(), seen.requests())).collect();
    assert_eq!(functions, [("booking-apply", 1)]);

    let all = telemetry.seen(&Subject::All, TEN_SECONDS, now);
    assert_eq!((all.requests(), all.status_class(4), all.bytes()), (4, 1, (0, 14)));
    let instance = telemetry.seen(&Subject::Instance("booking-1-2".parse().unwrap()), TEN_SECONDS, now);
    assert_eq!(instance.requests(), 2);
    assert_eq!(telemetry.seen(&Subject::Route("/other/**".to_owned()), TEN_SECONDS, now).requests(), 2);
    assert_eq!(
        telemetry.seen(&Subject::Function("booking-apply".parse().unwrap()), TEN_SECONDS, now).requests(),
        1
    );
    assert_eq!(
        telemetry.seen(&Subject::Revision("booking".parse().unwrap(), 1), TEN_SECONDS, now).requests(),
        3
    );
}

#[test]
fn the_rollback_signal_counts_the_services_faults_since_the_rollout_alone() {
    let (telemetry, _folder) = telemetry();
    let give = |s: u64, revision: u32, fault: Fault| {
        telemetry
            .ingest(&Request { end: second(s), revision, fault, ..Request::default() }.batch(), second(s));
    };
    give(1, 1, Fault::Service);
    for fault in [Fault::None, Fault::Client, Fault::Platform, Fault::Service] {
        give(5, 1, fault);
    }
    give(6, 2, Fault::Service);
    let service: naru_model::name::ServiceName = "booking".parse().unwrap();
    let traffic =
        |revision, requests, errors| RevisionTraffic { service: service.clone(), revision, requests, errors };
    // The current second counts too.
    assert_eq!(telemetry.revisions(&service, second(5), second(6)), [traffic(1, 4, 1), traffic(2, 1, 1)]);
    assert_eq!(telemetry.revisions(&service, second(1), second(6)), [traffic(1, 5, 2), traffic(2, 1, 1)]);
    // Ten minutes later as well.
    assert_eq!(telemetry.revisions(&service, second(1), second(606)), [traffic(1, 5, 2), traffic(2, 1, 1)]);
}

#[test]
fn a_late_record_counts_in_the_second_in_which_its_request_ended() {
    let (telemetry, _folder) = telemetry();
    let now = second(20);
    telemetry.ingest(&Request { end: second(15), ..Request::default() }.batch(), now);
    telemetry.ingest(&Request { end: second(2), ..Request::default() }.batch(), now);
    assert_eq!(requests(&telemetry, Duration::from_secs(4), now), 0);
    assert_eq!(requests(&telemetry, Duration::from_secs(5), now), 1);
    // Too late: it counts in the oldest second that is still open.
    assert_eq!(requests(&telemetry, Duration::from_secs(7), now), 2);
}

#[test]
fn an_upgraded_connection_counts_until_the_upgrade() {
    let (telemetry, _folder) = telemetry();
    let chat = Request { end: second(1), millis: 3_600_000, status: 101, ..Request::default() };
    telemetry.ingest(&chat.batch(), second(1));
    let p99 = telemetry.traffic(&service("booking"), TEN_SECONDS, second(2)).p99_seconds;
    assert!((p99 - super::records::UPSTREAM_MS / 1000.0).abs() < 0.0001, "{p99}");
}

#[test]
fn a_broken_batch_counts_up_to_the_break_and_is_said_once() {
    let (said, heard) = mpsc::channel();
    let folder = tempfile::tempdir().unwrap();
    let log: crate::Log = Arc::new(move |line| said.send(line.to_owned()).unwrap());
    let telemetry = Telemetry::open(folder.path(), Default::default(), START, log).unwrap();
    let mut batch = Request { end: second(1), ..Request::default() }.batch();
    batch.extend_from_slice(&[1, 2, 3]);
    telemetry.ingest(&batch, second(1));
    telemetry.ingest(&batch, second(1));
    assert_eq!(requests(&telemetry, TEN_SECONDS, second(2)), 2);
    drop(telemetry);
    assert_eq!(heard.iter().count(), 1);
}

proptest! {
    // Each opens a store on the disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn nothing_is_lost_within_the_hour_and_nothing_kept_after_it(mut ends in proptest::collection::vec(0u64..7000, 1..200)) {
        let (telemetry, _folder) = telemetry();
        ends.sort_unstable();
        for end in &ends {
            telemetry.ingest(&Request { end: second(*end), ..Request::default() }.batch(), second(*end));
        }
        let now = 7000;
        let given = ends.iter().filter(|end| **end >= now - 3600).count() as u64;
        let seen = requests(&telemetry, HOUR, second(now));
        prop_assert_eq!(seen, given);
        // The last five minutes are known to the second.
        for over in [1, 7, 60, 299] {
            let given = ends.iter().filter(|end| **end >= now - over).count() as u64;
            prop_assert_eq!(requests(&telemetry, Duration::from_secs(over), second(now)), given);
        }
    }
}
