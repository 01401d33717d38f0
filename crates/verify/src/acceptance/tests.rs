#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use naru_model::name::ServiceName;
use naru_model::report::Block;
use naru_model::revision::Revision;
use naru_model::status::ServiceStatus;
use naru_model::units::Timestamp;

use super::plan::Floor;
use super::*;

fn case(id: &str, part: Part, verdict: Verdict) -> Case {
    Case {
        id: id.to_owned(),
        part,
        title: "시험".to_owned(),
        requirements: &["D7"],
        verdict,
        done: "했음".to_owned(),
        wanted: "a < b & c".to_owned(),
        found: format!("found {id}"),
        evidence: vec!["하나".to_owned(); 70],
        took: Duration::from_millis(1500),
        charts: Vec::new(),
    }
}

fn acceptance(cases: Vec<Case>) -> Acceptance {
    let mut acceptance = Acceptance {
        language: Language::Ko,
        platform: "포털".to_owned(),
        version: "0.1.0".to_owned(),
        gateway: "127.0.0.1:8080".to_owned(),
        services: vec![("portal".to_owned(), 3)],
        began: 1_790_000_000,
        took: Duration::from_secs(90),
        by: "kim".to_owned(),
        machine: "server-1".to_owned(),
        allowed_load: 10.0,
        destructive: false,
        parts: vec![Part::Security, Part::Change],
        cases,
        broken_off: None,
        accepted: false,
    };
    acceptance.judge();
    acceptance
}

#[test]
fn it_is_accepted_when_all_that_ran_passed_and_something_ran_in_every_part() {
    let (security, change) = (Part::Security, Part::Change);
    let all = vec![
        case("security-tls", security, Verdict::Pass),
        case("security-redirect", security, Verdict::NotRun),
        case("change-proven", change, Verdict::Pass),
    ];
    assert_eq!(acceptance(all.clone()).exit_code(), 0);
    let failed = [all.clone(), vec![case("change-deploy:portal", change, Verdict::Fail)]].concat();
    assert_eq!(acceptance(failed).exit_code(), 1);
    let empty = acceptance(all[..2].to_vec());
    assert_eq!((empty.exit_code(), empty.empty_parts()), (2, vec![change]));
    assert!(empty.sum().contains("변경"), "{}", empty.sum());
    let mut broken = acceptance(all);
    broken.broken_off = Some("Ctrl-C".to_owned());
    broken.judge();
    assert_eq!(broken.exit_code(), 2);
}

#[test]
fn the_report_has_each_case_what_was_not_run_and_places_to_sign() {
    let report = acceptance(vec![
        case("security-tls", Part::Security, Verdict::Pass),
        case("change-deploy:portal", Part::Change, Verdict::NotRun),
    ])
    .report("2026-11-22 06:00");
    let tables: Vec<&naru_model::report::Table> = report
        .blocks
        .iter()
        .filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None })
        .collect();
    let cell = |table: usize, row: usize, column: usize| tables[table].rows[row][column].text.as_str();
    assert_eq!(cell(0, 1, 4), "미실시");
    assert_eq!((cell(1, 0, 0), cell(1, 0, 4)), ("시험\nsecurity-tls", "합격"));
    assert_eq!((cell(2, 0, 1), cell(2, 0, 2)), ("--allow-destructive", "found change-deploy:portal"));
    assert!(report.about.iter().any(|(_, value)| value == "kim @ server-1"));
    assert!(matches!(report.blocks.last(), Some(Block::Signatures(roles)) if roles.len() == 3));
    let evidence = report
        .blocks
        .iter()
        .find_map(|block| if let Block::List(lines) = block { Some(lines) } else { None });
    assert_eq!(evidence.unwrap().last().unwrap(), "외 10건");
}

#[test]
fn junit_says_what_kept_a_case_from_passing() {
    let xml = acceptance(vec![
        case("security-tls", Part::Security, Verdict::Fail),
        case("change-proven", Part::Change, Verdict::NotRun),
    ])
    .junit();
    assert!(xml.contains("<testsuite name=\"security\" tests=\"1\" failures=\"1\" skipped=\"0\" errors=\"0\" time=\"1.500\">"), "{xml}");
    assert!(
        xml.contains("<failure type=\"security\" message=\"found security-tls\">a &lt; b &amp; c</failure>"),
        "{xml}"
    );
    assert!(xml.contains("<skipped message=\"found change-proven\"/>"), "{xml}");
}

/// A platform whose users are as satisfied as is said.
struct Felt(Mutex<Status>);

impl Platform for Felt {
    fn status(&self) -> Result<Status, Refused> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn routes(&self) -> Result<Vec<Route>, Refused> {
        Ok(Vec::new())
    }

    fn revisions(&self, _: &ServiceName) -> Result<Vec<Revision>, Refused> {
        Ok(Vec::new())
    }

    fn schedules(&self, _: &[String], _: Timestamp) -> Result<Vec<PlannedScaling>, Refused> {
        Ok(Vec::new())
    }

    fn schedule(&self, _: &ServiceName, _: Timestamp, _: Duration) -> Result<FileEdit, Refused> {
        Err(Refused("no".to_owned()))
    }

    fn deploy(&self, _: &Revision) -> Result<u32, Refused> {
        Err(Refused("no".to_owned()))
    }

    fn rollback(&self, _: &ServiceName, _: u32) -> Result<u32, Refused> {
        Err(Refused("no".to_owned()))
    }

    fn upgrade(&self, _: &Path) -> Result<(), Refused> {
        Err(Refused("no".to_owned()))
    }

    fn silence(&self, _: Duration, _: &str) -> Result<u64, Refused> {
        Ok(1)
    }

    fn end_silence(&self, _: u64) -> Result<(), Refused> {
        Ok(())
    }

    fn make_viewer(&self, _: &str) -> Result<(u64, String), Refused> {
        Err(Refused("no".to_owned()))
    }

    fn revoke(&self, _: u64) -> Result<(), Refused> {
        Ok(())
    }
}

fn status(satisfied: u64, frustrated: u64) -> Status {
    let json = serde_json::json!({
        "name": "portal", "desired": 2, "ready": 2, "revision": 1, "stable": 1, "instances": [],
        "traffic": naru_model::status::Traffic::default(), "scaling": naru_model::status::ScalingStatus::default(),
    });
    let mut service: ServiceStatus = serde_json::from_value(json).unwrap();
    service.traffic.apdex.satisfied = satisfied;
    service.traffic.apdex.frustrated = frustrated;
    Status { services: vec![service], ..Status::default() }
}

fn guard(platform: &Arc<Felt>) -> (Guard, Arc<AtomicBool>) {
    let interrupted = Arc::new(AtomicBool::new(false));
    let floor = Floor { apdex: 0.5, samples: 20 };
    (Guard::start(platform.clone(), floor, Language::En, interrupted.clone()), interrupted)
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn it_stops_when_users_are_below_the_floor_unless_that_is_on_purpose() {
    let platform = Arc::new(Felt(Mutex::new(status(5, 10))));
    let (guard, _) = guard(&platform);
    // Fifteen requests say nothing.
    assert_eq!(guard.until(LONG, |_| true).unwrap().map(|_| ()), Some(()));
    let spared = guard.spare(&"portal".parse().unwrap());
    *platform.0.lock().unwrap() = status(10, 20);
    assert!(guard.until(LONG, |status| status.services[0].traffic.apdex.frustrated == 20).is_ok());
    drop(spared);
    // What was broken on purpose is in the figures for a while.
    assert_eq!(guard.check(), Ok(()));

    let (guard, _) = self::guard(&platform);
    let stop = guard.pause(LONG).unwrap_err();
    assert!(
        matches!(&stop, Stop::Fallen(why) if why.contains("portal is 0.33, below the floor of 0.50")),
        "{stop:?}"
    );
}

#[test]
fn what_was_done_is_taken_back_when_somebody_interrupts() {
    let platform = Arc::new(Felt(Mutex::new(status(1, 0))));
    let (guard, interrupted) = guard(&platform);
    let done = Mutex::new(Vec::new());
    let run = || -> Result<(), Stop> {
        let _thaw = guard.undo("thaw", || {
            done.lock().unwrap().push("thaw");
            Ok(())
        });
        let _mend = guard.undo("mend", || Err(Refused("no such command".to_owned())));
        interrupted.store(true, Ordering::Relaxed);
        guard.pause(LONG)
    };
    assert_eq!(run(), Err(Stop::Interrupted));
    assert_eq!(*done.lock().unwrap(), ["thaw"]);
    assert_eq!(guard.left(), ["mend: no such command"]);
}
