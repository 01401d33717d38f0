//! The state as the server uses it, on a real file.

mod access;
mod alerts;
mod clients;
mod grants;
mod migration;
mod quota;

use std::collections::BTreeMap;
use std::path::Path;

use naru_model::event::{Event, Kind as EventKind, Search, Severity};
use naru_model::instance::{InstanceId, Phase};
use naru_model::name::ServiceName;
use naru_model::plan::{Action, Plan, Progress};
use naru_model::platform::{InstanceSize, Protocol};
use naru_model::revision::RevisionSpec;
use naru_model::scaling::{Bound, By, Decision, Wish};
use naru_model::units::Timestamp;
use tempfile::TempDir;

use crate::{Changes, Error, Kind, Service, State};

const DAY: u64 = 86_400_000_000;

fn booking() -> ServiceName {
    "booking".parse().unwrap()
}

fn id(ordinal: u32) -> InstanceId {
    InstanceId { service: booking(), revision: 1, ordinal }
}

fn event(message: &str) -> Event {
    Event {
        id: 0,
        at: Timestamp(7),
        kind: EventKind::CrashLoop,
        severity: Severity::Error,
        service: Some(booking()),
        instance: Some(id(1)),
        message: message.to_owned(),
        actor: "naru".to_owned(),
        decision: None,
    }
}

fn spec(version: &str) -> RevisionSpec {
    RevisionSpec {
        exec: vec!["booking".to_owned(), version.to_owned()],
        env: BTreeMap::new(),
        port: None,
        protocol: Protocol::Http1,
        instance: InstanceSize::default(),
        artifact: None,
    }
}

fn progress(ordinals: &[(u32, u32)]) -> Progress {
    Progress { stable: 1, target: 2, ordinals: ordinals.iter().copied().collect(), ..Progress::default() }
}

fn wants(service: Service) -> Changes {
    Changes { services: BTreeMap::from([(booking(), service)]), ..Changes::default() }
}

async fn reopen(state: State, folder: &Path) -> State {
    state.close().await;
    State::open(folder).await.unwrap()
}

#[tokio::test]
async fn what_was_asked_for_is_there_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    assert_eq!(state.platform().await.unwrap(), None);
    let service = Service { count: Some(3), removed: false, progress: progress(&[(1, 4)]) };
    let mut changes = wants(service.clone());
    changes.platform = Some("platform: portal".to_owned());
    changes.events = vec![event("begins")];
    let audit = naru_model::access::Audit {
        id: 0,
        at: Timestamp(7),
        actor: "file".to_owned(),
        role: naru_model::access::Role::Admin,
        source: "file".to_owned(),
        action: "apply".to_owned(),
        subject: "clients.mobile.blocked".to_owned(),
        outcome: 200,
        detail: "false → true".to_owned(),
    };
    changes.audits = vec![audit.clone()];
    assert_eq!(state.commit(changes).await.unwrap()[0].id, 1);

    let state = reopen(state, folder.path()).await;
    let all = naru_model::access::AuditSearch { limit: 10, ..Default::default() };
    assert_eq!(state.audits(&all).await.unwrap(), [naru_model::access::Audit { id: 1, ..audit }]);
    assert_eq!(state.platform().await.unwrap().as_deref(), Some("platform: portal"));
    assert_eq!(state.services().await.unwrap(), BTreeMap::from([(booking(), service)]));
    assert_eq!(
        state.events(&Search { limit: 10, ..Search::default() }).await.unwrap(),
        [Event { id: 1, ..event("begins") }]
    );
}

#[tokio::test]
async fn a_plan_moves_instances_through_their_phases() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.commit(wants(Service { count: Some(1), ..Service::default() })).await.unwrap();
    let grace = std::time::Duration::ZERO;
    let steps = [
        (Action::Start(id(1)), Some(Phase::Starting)),
        (Action::Route(id(1)), Some(Phase::Ready)),
        (Action::Unroute(id(1)), Some(Phase::Draining)),
        (Action::Stop { id: id(1), grace }, Some(Phase::Stopping)),
        (Action::Forget(id(1)), None),
    ];
    for (at, (action, phase)) in (10..).zip(steps) {
        let plan = Plan {
            actions: vec![action],
            progress: BTreeMap::from([(booking(), progress(&[(1, at)]))]),
            events: vec![event("step")],
            ..Plan::default()
        };
        let now = Timestamp(u64::from(at));
        let said = state.apply(&plan, now).await.unwrap();
        assert_eq!(said[0].id, u64::from(at) - 9);
        let instances = state.instances().await.unwrap();
        let seen = instances.first().map(|one| (one.id.clone(), one.phase, one.since, one.started_at));
        assert_eq!(seen, phase.map(|phase| (id(1), phase, now, Timestamp(10))));
        assert_eq!(state.services().await.unwrap()[&booking()].progress.ordinals[&1], at);
    }
}

#[tokio::test]
async fn a_plan_that_fails_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let twice = Plan { actions: vec![Action::Start(id(1)), Action::Start(id(1))], ..Plan::default() };
    assert!(matches!(state.apply(&twice, Timestamp(1)).await, Err(Error::Database { .. })));
    assert_eq!(state.instances().await.unwrap(), []);
}

#[tokio::test]
async fn a_service_that_ended_is_gone_but_its_numbers_stay_used() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let service = Service { count: Some(1), removed: true, progress: progress(&[(1, 9), (2, 3)]) };
    state.commit(wants(service)).await.unwrap();
    state.apply(&Plan { ended: vec![booking()], ..Plan::default() }, Timestamp(1)).await.unwrap();
    assert_eq!(state.services().await.unwrap(), BTreeMap::new());
    let back = Service { count: Some(1), removed: false, progress: progress(&[(2, 5), (3, 1)]) };
    state.commit(wants(back)).await.unwrap();
    let ordinals = &state.services().await.unwrap()[&booking()].progress.ordinals;
    assert_eq!(*ordinals, BTreeMap::from([(1, 9), (2, 5), (3, 1)]));
}

#[tokio::test]
async fn revisions_are_numbered_without_gaps_for_each_service() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let portal: ServiceName = "portal".parse().unwrap();
    for (service, expected) in [(&booking(), 1), (&booking(), 2), (&portal, 1), (&booking(), 3)] {
        let text = expected.to_string();
        let made =
            state.make_revision(service, spec(&text), Timestamp(5), "kim", "a deployment").await.unwrap();
        assert_eq!(made.number, expected);
        assert_eq!(state.revision(service, expected).await.unwrap(), Some(made));
    }
    let state = reopen(state, folder.path()).await;
    let kept = state.revisions(&booking()).await.unwrap();
    assert_eq!(
        kept.iter().map(|revision| revision.spec.exec[1].as_str()).collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
    assert_eq!(state.revision(&booking(), 4).await.unwrap(), None);
}

#[tokio::test]
async fn events_are_listed_in_order_the_newest_or_those_after_one() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let other = Event { service: Some("portal".parse().unwrap()), instance: None, ..event("other") };
    let events = vec![event("a"), other, event("b"), event("c")];
    state.append(events).await.unwrap();
    let ids = |events: Vec<Event>| events.iter().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(ids(state.events(&Search { limit: 2, ..Search::default() }).await.unwrap()), [3, 4]);
    assert_eq!(
        ids(state.events(&Search { after: Some(1), limit: 2, ..Search::default() }).await.unwrap()),
        [2, 3]
    );
    assert_eq!(
        ids(state.events(&Search { service: Some(booking()), limit: 2, ..Search::default() }).await.unwrap()),
        [3, 4]
    );
    assert_eq!(
        ids(state
            .events(&Search { service: Some(booking()), after: Some(1), limit: 10, ..Search::default() })
            .await
            .unwrap()),
        [3, 4]
    );
}

#[tokio::test]
async fn events_are_found_by_kind_and_time_and_keep_their_decision() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let wish = Wish { by: By::Cpu, seen: Some(0.71), level: Some(0.6), wants: Some(4) };
    let decision = Decision { from: 3, to: 4, wishes: vec![wish], bounds: vec![Bound::Step] };
    let scaled = Event { kind: EventKind::Scaled, decision: Some(Box::new(decision)), ..event("3 to 4") };
    let at = |second: u64, event: Event| Event { at: Timestamp(second * 1_000_000), ..event };
    state.append(vec![at(1, scaled.clone()), at(2, event("crash")), at(3, scaled.clone())]).await.unwrap();
    let scaled_only = Search { kinds: vec![EventKind::Scaled], limit: 10, ..Search::default() };
    let found = state.events(&scaled_only).await.unwrap();
    assert_eq!(found, [Event { id: 1, ..at(1, scaled.clone()) }, Event { id: 3, ..at(3, scaled) }]);
    let ids = async |search: Search| {
        state.events(&search).await.unwrap().iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Search { from: Some(Timestamp(2_000_000)), ..scaled_only.clone() }).await, [3]);
    assert_eq!(ids(Search { to: Some(Timestamp(3_000_000)), limit: 10, ..Search::default() }).await, [1, 2]);
    assert_eq!(ids(Search { before: Some(3), limit: 1, ..Search::default() }).await, [2]);
    let kinds = vec![EventKind::CrashLoop, EventKind::Scaled];
    assert_eq!(ids(Search { kinds, limit: 10, ..Search::default() }).await, [1, 2, 3]);
}

#[tokio::test]
async fn the_last_hundred_thousand_events_are_kept() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for _ in 0..6 {
        state.append(vec![event("again"); 17_000]).await.unwrap();
    }
    let kept = state.events(&Search { limit: u32::MAX, ..Search::default() }).await.unwrap();
    assert_eq!((kept.first().unwrap().id, kept.last().unwrap().id), (2_001, 102_000));
}

#[tokio::test]
async fn a_number_stands_for_one_name_forever() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    assert_eq!(state.id_of(Kind::Route, "/booking/**").await.unwrap(), 1);
    assert_eq!(state.id_of(Kind::Service, "booking").await.unwrap(), 1);
    assert_eq!(state.id_of(Kind::Route, "/portal/**").await.unwrap(), 2);
    let state = reopen(state, folder.path()).await;
    assert_eq!(state.id_of(Kind::Route, "/booking/**").await.unwrap(), 1);
    assert_eq!(state.id_of(Kind::Route, "/new").await.unwrap(), 3);
    assert_eq!(state.names(Kind::Function).await.unwrap(), BTreeMap::new());
    assert_eq!(state.names(Kind::Route).await.unwrap()[&2], "/portal/**");
}

#[tokio::test]
async fn table_versions_only_grow() {
    let folder = TempDir::new().unwrap();
    let mut state = State::open(folder.path()).await.unwrap();
    let mut last = 0;
    for _ in 0..3 {
        for _ in 0..15_000 {
            let version = state.next_version().await.unwrap();
            assert!(version > last);
            last = version;
        }
        state = reopen(state, folder.path()).await;
    }
}

#[tokio::test]
async fn a_second_server_is_told_who_has_the_folder() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let refused = State::open(folder.path()).await.unwrap_err().to_string();
    let expected =
        format!("is in use by the naru server with pid {}; stop that one first", std::process::id());
    assert!(refused.contains(&expected), "{refused}");
    drop(state);
    State::open(folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_said_with_the_way_back_and_the_way_back_works() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("naru.db");
    let state = State::open(folder.path()).await.unwrap();
    state.append(vec![event("kept"); 2_000]).await.unwrap();
    let backup = state.back_up(Timestamp(DAY)).await.unwrap().unwrap();
    state.close().await;

    let mut bytes = std::fs::read(&db).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0x5a);
    std::fs::write(&db, bytes).unwrap();
    let said = State::open(folder.path()).await.unwrap_err().to_string();
    let expected = format!("go back to the last backup: mv {0} {0}.damaged; rm -f", db.display());
    assert!(said.contains("is damaged (") && said.contains(&expected), "{said}");

    let commands = said.split_once("last backup: ").unwrap().1;
    let done = std::process::Command::new("sh").arg("-c").arg(commands).status().unwrap();
    assert!(done.success(), "{commands}");
    assert!(commands.ends_with(&format!("cp {} {}", backup.display(), db.display())));
    let state = State::open(folder.path()).await.unwrap();
    assert_eq!(state.events(&Search { limit: 5_000, ..Search::default() }).await.unwrap().len(), 2_000);
}

#[tokio::test]
async fn what_is_no_database_is_said_so() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("naru.db"), "platform: portal\n".repeat(1_000)).unwrap();
    let said = State::open(folder.path()).await.unwrap_err().to_string();
    assert!(said.contains("file is not a database") && said.contains("there is no backup yet"), "{said}");
}

#[tokio::test]
async fn a_newer_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    sqlx::query("INSERT INTO schema_version VALUES (99)").execute(&state.writer).await.unwrap();
    state.close().await;
    assert!(matches!(State::open(folder.path()).await, Err(Error::Newer { found: 99, .. })));
}

#[tokio::test]
async fn a_copy_is_made_each_day_and_three_are_kept() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for day in 0..5 {
        assert!(state.back_up(Timestamp(day * DAY)).await.unwrap().is_some());
        assert_eq!(state.back_up(Timestamp(day * DAY + DAY / 2)).await.unwrap(), None);
    }
    let names: Vec<_> = crate::backup::list(folder.path())
        .unwrap()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["naru-1970-01-03.db", "naru-1970-01-04.db", "naru-1970-01-05.db"]);
}

#[tokio::test]
async fn a_full_disk_is_said_and_leaves_the_state_whole() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.commit(wants(Service { count: Some(1), ..Service::default() })).await.unwrap();
    // No more pages than there are: what SQLite meets when the disk has no block left.
    sqlx::raw_sql("PRAGMA max_page_count = 1").execute(&state.writer).await.unwrap();
    let plan = Plan {
        actions: vec![Action::Start(id(1))],
        events: vec![event(&"long ".repeat(100_000))],
        ..Plan::default()
    };
    let error = state.apply(&plan, Timestamp(1)).await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert_eq!(state.instances().await.unwrap(), []);

    sqlx::raw_sql("PRAGMA max_page_count = 1000000").execute(&state.writer).await.unwrap();
    state.apply(&plan, Timestamp(1)).await.unwrap();
    assert_eq!(state.instances().await.unwrap().len(), 1);
}
