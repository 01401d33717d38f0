//! A4: services whose peaks differ share one limited pool, automatically, by priority and need.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use naru_testkit::naru::{Naru, is_well};

/// A pool of four instances; each service may have three of them and keeps one.
const SHARED: &str = r#"
pool: { cpu: 4 }
services:
  portal:
    exec: ["naru", "app", "--service-time", "100ms", "--workers", "2"]
    instance: { cpu: 1 }
    health: { path: /healthz }
    drain: 2s
    scale: { min: 1, max: 3, priority: 10, target: { concurrency: 2 }, shrink_after: 2s }
  groupware:
    exec: ["naru", "app", "--service-time", "100ms", "--workers", "2"]
    instance: { cpu: 1 }
    health: { path: /healthz }
    drain: 2s
    scale: { min: 1, max: 3, target: { concurrency: 2 }, shrink_after: 2s }
routes:
  - { match: { path: /portal }, to: portal }
  - { match: { path: /groupware }, to: groupware }
"#;

#[test]
fn a4_one_service_borrows_the_pool_and_gives_it_back_to_the_more_important_one() {
    let naru = Naru::up(SHARED);
    let groupware = naru.traffic("/groupware", 6);
    naru.await_service("groupware", "all that the pool has left", |s| s.ready == 3);
    let portal = naru.traffic("/portal", 6);
    naru.await_service("portal", "its own three", |s| s.ready == 3);
    let lent = naru.await_service("groupware", "what is left for it", |s| is_well(s) || s.ready == 1);
    assert!(lent.ready >= 1, "its minimum is always kept");
    assert_eq!(naru.instances("groupware").iter().filter(|i| i.state == "ready").count(), 1);
    portal.stop_without_failure();
    naru.await_service("groupware", "the pool again", |s| s.ready == 3);
    groupware.stop_without_failure();
}
