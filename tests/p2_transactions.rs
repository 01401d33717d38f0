//! P2: transactions are found by anything they are, by the API and in the terminal.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::time::Instant;

use naru_testkit::naru::{Naru, PATIENCE};
use serde_json::Value;

const YAML: &str = r#"
services:
  portal: { exec: ["naru", "app", "--workers", "16"], health: { path: /healthz } }
functions: { approval: { apdex_t: 300ms } }
routes:
  - { match: { path: /approvals/** }, to: portal, function: approval }
  - { match: { path: /Orders/** }, to: portal }
"#;

/// The paths of those that are found, in order.
fn found(naru: &Naru, arguments: &[&str]) -> Vec<String> {
    let found = naru.json(&[&["query", "transactions"], arguments].concat());
    let path = |found: &Value| found["path"].as_str().unwrap().to_owned();
    let mut paths: Vec<String> = found["transactions"].as_array().unwrap().iter().map(path).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn p2_transactions_are_found_by_anything_they_are() {
    let naru = Naru::up_with(YAML, &["--listen", "127.0.0.1:0"]);
    let all = ["/Orders/7", "/approvals/1", "/approvals/2", "/nowhere"];
    for path in all {
        naru.get(path);
    }
    // Records are on their way for a moment.
    let began = Instant::now();
    while found(&naru, &[]) != all {
        assert!(began.elapsed() < PATIENCE, "{:?}", found(&naru, &[]));
    }
    assert_eq!(found(&naru, &["--service", "portal"]), all[..3]);
    assert_eq!(found(&naru, &["--function", "approval"]), all[1..3]);
    assert_eq!(found(&naru, &["--route", "/approvals/**", "--text", "/2"]), all[2..3]);
    assert_eq!(found(&naru, &["--text", "ORDERS"]), all[..1]);
    assert_eq!(found(&naru, &["--status", "4xx"]), all[3..]);
    assert_eq!(found(&naru, &["--status", "404", "--address", "127.0.0.1"]), all[3..]);
    assert_eq!(found(&naru, &["--address", "192.0.2.1"]), [""; 0]);
    assert_eq!(found(&naru, &["--client", "nobody"]), [""; 0]);
    let table = naru.run(&["query", "transactions", "--text", "approvals", "--csv"]);
    assert_eq!(table.lines().count(), 3, "{table}");
    let refused = naru.try_run(&["query", "transactions", "--status", "6xx"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is no status"), "{refused:?}");
}
