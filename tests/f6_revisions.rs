//! F6 and M8: a revision never changes, every change is recorded with who, when and what, and going back really goes back.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use naru_model::event::Kind;
use naru_testkit::naru::Naru;

const PORTAL: &str = r#"
services:
  portal:
    exec: ["sh", "./run"]
    artifact: run
    health: { path: /healthz }
    drain: 2s
    scale: { min: 2, max: 2 }
    rollout: { hold: 0s }
routes:
  - { match: { path: /** }, to: portal }
"#;

/// What the artifact says; `more` are further arguments of `naru app`.
fn script(release: &str, more: &str) -> String {
    format!("export RELEASE={release}\nexec naru app --service-time 5ms {more}\n")
}

fn up(yaml: &str) -> Naru {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("run"), script("one", "")).unwrap();
    let run = folder.keep().join("run");
    Naru::up(&yaml.replace("artifact: run", &format!("artifact: {}", run.display())))
}

/// The artifact that `up` made, from the file that names it.
fn artifact(naru: &Naru) -> std::path::PathBuf {
    let yaml = std::fs::read_to_string(naru.folder().join("naru.yaml")).unwrap();
    yaml.lines().find_map(|line| line.trim().strip_prefix("artifact: ")).unwrap().into()
}

#[test]
fn f6_a_revision_keeps_its_own_copy_and_going_back_really_goes_back() {
    let naru = up(PORTAL);
    assert!(naru.get("/").text().contains("\"release\":\"one\""));
    std::fs::write(artifact(&naru), script("two", "")).unwrap();
    let traffic = naru.traffic("/", 4);
    naru.run(&["deploy", "portal", "--wait"]);
    assert!(naru.get("/").text().contains("\"release\":\"two\""));
    naru.run(&["rollback", "portal", "--wait"]);
    assert!(naru.get("/").text().contains("\"release\":\"one\""), "the old artifact is gone");
    traffic.stop_without_failure();

    let by_whom = naru.events().into_iter().filter(|e| e.kind == Kind::RolloutStarted).map(|e| e.actor);
    assert!(by_whom.skip(1).all(|actor| !actor.is_empty() && actor != "naru"), "who asked is not recorded");
    let revisions = naru.json(&["revisions", "portal"]);
    let digests: Vec<&str> = revisions
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["spec"]["artifact"]["digest"].as_str())
        .collect();
    assert!(digests.len() >= 2 && digests[0] != digests[1], "{revisions}");
}

#[test]
fn f6_a_revision_that_is_said_is_gone_to_and_one_that_never_was_is_refused() {
    let naru = up(PORTAL);
    for release in ["2", "3"] {
        naru.run(&["deploy", "portal", "--env", &format!("WHICH={release}"), "--wait"]);
    }
    naru.run(&["rollback", "portal", "--to", "1", "--wait"]);
    let refused = naru.try_run(&["rollback", "portal", "--to", "99"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("99"));
    let unknown = naru.try_run(&["deploy", "potral"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("portal"), "{:?}", unknown);
}

/// Deploys an artifact that is no good, and wants naru to be back on revision 1 with nobody having noticed.
fn goes_back_from(yaml: &str, bad: &str) {
    let naru = up(yaml);
    let traffic = naru.traffic("/", 4);
    traffic.await_more(20);
    std::fs::write(artifact(&naru), bad).unwrap();
    let output = naru.try_run(&["deploy", "portal", "--wait"]);
    assert_eq!(output.status.code(), Some(1), "a deployment that went back is no success: {output:?}");
    let portal = naru.await_service("portal", "revision 1 again", |s| {
        s.ready >= 2 && s.revision == s.stable && s.instances.iter().all(|i| i.revision == s.stable)
    });
    assert_eq!(portal.stable, 1);
    traffic.await_more(20);
    traffic.stop_without_failure();
    naru.await_event(Kind::RolledBack);
    assert!(naru.get("/").text().contains("\"release\":\"one\""));
}

#[test]
fn m8_naru_goes_back_by_itself_when_the_new_revision_does_not_start() {
    goes_back_from(PORTAL, "echo 'no such database' >&2; exit 1\n");
}

#[test]
fn m8_naru_goes_back_by_itself_when_the_new_revision_never_becomes_healthy() {
    let yaml = PORTAL.replace("path: /healthz", "path: /healthz, start_timeout: 2s");
    goes_back_from(&yaml, "exec sleep 600\n");
}

#[test]
fn m8_naru_goes_back_by_itself_when_the_new_revision_dies_within_its_hold() {
    // It answers health checks, and dies of its first second.
    let bad = "naru app --service-time 5ms &\nsleep 1\nkill -9 $!\nexit 1\n";
    let yaml = PORTAL.replace("hold: 0s", "hold: 5s");
    let naru = up(&yaml);
    std::fs::write(artifact(&naru), bad).unwrap();
    naru.run(&["deploy", "portal"]);
    naru.await_event(Kind::RolledBack);
    let portal = naru.await_service("portal", "revision 1 again", |s| {
        s.ready >= 2 && s.instances.iter().all(|i| i.revision == 1)
    });
    assert_eq!((portal.stable, portal.revision), (1, 1));
    assert!(naru.get("/").text().contains("\"release\":\"one\""));
}

#[test]
fn m8_naru_goes_back_by_itself_when_the_new_revision_errs() {
    let naru = up(&PORTAL.replace("hold: 0s", "hold: 30s"));
    let traffic = naru.traffic("/", 4);
    traffic.await_more(50);
    std::fs::write(artifact(&naru), script("bad", "--err 100%")).unwrap();
    naru.run(&["deploy", "portal"]);
    let event = naru.await_event(Kind::RolledBack);
    assert!(
        event.message.contains("err") || event.message.contains("fail"),
        "it does not say why: {}",
        event.message
    );
    naru.await_service("portal", "revision 1 again", |s| {
        s.ready >= 2 && s.instances.iter().all(|i| i.revision == 1)
    });
    assert!(naru.get("/").text().contains("\"release\":\"one\""));
    // What the bad revision answered was its own 500, which no gateway may repeat for a POST.
    traffic.stop();
}
