//! F5: one file describes everything; one that is wrong changes nothing that runs.

use naru_model::event::Kind;
use naru_testkit::naru::{Naru, binary};
use std::process::Command;

const PORTAL: &str = r#"
services:
  portal:
    exec: ["naru", "app", "--service-time", "5ms"]
    health: { path: /healthz }
    scale: { min: 1, max: 2 }
routes:
  - { match: { path: /** }, to: portal }
"#;

#[test]
fn f5_a_bad_file_is_refused_with_64_before_anything_starts() {
    let mut naru = Naru::start(&PORTAL.replace("health:", "heath:"), &["--listen", "127.0.0.1:0"]);
    assert_eq!(naru.await_end(), Some(64));
    let output = naru.output();
    assert!(
        output.contains("naru.yaml:5:5") && output.contains("heath") && output.contains("health"),
        "{output}"
    );
    assert!(!naru.state().join("naru.db").exists(), "a refused file left a state behind");
}

#[test]
fn f5_check_tells_a_good_file_from_a_bad_one_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("naru.yaml");
    let check = || Command::new(binary()).arg("check").arg(&file).output().unwrap();
    std::fs::write(&file, PORTAL).unwrap();
    assert_eq!(check().status.code(), Some(0));
    std::fs::write(&file, PORTAL.replace("to: portal", "to: potral")).unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains(":8:") && said.contains("potral") && said.contains("portal"), "{said}");
    let misused = Command::new(binary()).args(["check", "--what"]).output().unwrap();
    assert_eq!(misused.status.code(), Some(2));
}

#[test]
fn f5_a_bad_change_is_refused_and_changes_nothing_that_runs() {
    let naru = Naru::up(PORTAL);
    let before = naru.instances("portal");
    let traffic = naru.traffic("/", 2);
    naru.write_file(&PORTAL.replace("min: 1, max: 2", "min: 3, max: 2"));
    let refused = naru.await_event(Kind::ConfigRefused);
    assert!(refused.message.contains("min"), "{}", refused.message);
    traffic.await_more(20);
    traffic.stop_without_failure();
    assert_eq!(naru.instances("portal")[0].pid, before[0].pid);
    assert_eq!(naru.service("portal").revision, 1);
    // And the next good one is taken.
    naru.write_file(&PORTAL.replace("min: 1, max: 2", "min: 2, max: 2"));
    naru.await_service("portal", "a second instance", |s| s.ready == 2);
}

#[test]
fn f5_check_diff_says_what_a_file_would_change_and_changes_nothing() {
    let naru = Naru::up(PORTAL);
    let file = naru.folder().join("next.yaml");
    std::fs::write(&file, PORTAL.replace("\"5ms\"", "\"6ms\"")).unwrap();
    let said = naru.run(&["check", file.to_str().unwrap(), "--diff"]);
    assert!(said.contains("portal") && said.contains("revision"), "{said}");
    assert_eq!(naru.service("portal").revision, 1);
    std::fs::write(&file, PORTAL).unwrap();
    let same = naru.json(&["check", file.to_str().unwrap(), "--diff"]);
    assert_eq!(same["changes"].as_array().map(Vec::len), Some(0), "{same}");
}

#[test]
fn f5_a_service_taken_out_of_the_file_ends_and_one_put_in_starts() {
    let naru = Naru::up(PORTAL);
    let traffic = naru.traffic("/", 2);
    let both = PORTAL.replace("routes:\n", "  board: { exec: [\"naru\", \"app\"], health: { path: /healthz } }\nroutes:\n  - { match: { path: /board }, to: board }\n");
    naru.write_file(&both);
    naru.await_status("the new service", |s| {
        s.services.len() == 2 && s.services.iter().all(|s| s.ready == 1)
    });
    assert!(naru.get("/board").text().contains("\"service\":\"board\""));
    naru.write_file(PORTAL);
    naru.await_status("the end of the removed service", |s| s.services.len() == 1);
    assert!(naru.get("/board").text().contains("\"service\":\"portal\""));
    traffic.stop_without_failure();
}

#[test]
fn f5_the_schema_is_a_json_schema_that_knows_every_part_of_the_file() {
    let output = Command::new(binary()).arg("schema").output().unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(schema["$schema"].as_str().is_some_and(|s| s.contains("json-schema.org")), "{schema}");
    for part in ["platform", "pool", "gateway", "services", "routes", "functions"] {
        assert!(schema["properties"][part].is_object(), "no {part}");
    }
}
