//! A platform that scales by itself, on which an acceptance tries a schedule of its own.

use naru_testkit::naru::Naru;
use serde_json::Value;

/// Its users are frustrated by every answer, if there is any.
pub(crate) fn yaml() -> String {
    r#"# 다시 그대로여야 하는 파일
services:
  portal:
    exec: ["naru", "app", "--workers", "5", "--service-time", "50ms"]
    health: { path: /healthz, every: 500ms }
    drain: 1s
    scale: # 자동
      min: 1
      max: 3
      target: { concurrency: 2 }
routes:
  - { match: { path: /portal/** }, to: portal, function: apply }
functions:
  apply: { name: { ko: 신청, en: Application }, apdex_t: 10ms }
"#
    .to_owned()
}

/// Stands beside other cases, for it awaits a full minute: one instance more comes at that time, and naru.yaml is as it was.
pub(crate) fn a_schedule_of_its_own() {
    let naru = Naru::up(&yaml());
    let file = naru.folder().join("naru.yaml");
    let before = std::fs::read(&file).unwrap();
    let output = naru.try_run(&[
        "verify",
        "all",
        "--only",
        "scaling",
        "--allow-destructive",
        "--yes",
        "--json",
        "--lang",
        "en",
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
    let acceptance: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut cases = acceptance["cases"].as_array().unwrap().iter();
    let case = cases.find(|case| case["id"] == "scaling-schedule-adds:portal").unwrap();
    assert_eq!(case["verdict"], "pass", "{case:#}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert!(!file.with_extension("yaml.before-verify").exists());
    let portal = naru.await_service("portal", "its minimum", |s| s.desired == 1 && s.ready == 1);
    assert_eq!(portal.scaling.policies, ["concurrency 2"]);
}
