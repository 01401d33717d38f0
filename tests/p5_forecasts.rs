//! P5: what forecasts have learned is written down at an upgrade and at the end, and read by the next server.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use naru_model::event::Kind;
use naru_testkit::naru::{Naru, binary};

const PORTAL: &str = r#"
services: { portal: { exec: [naru, app] } }
routes: [{ match: { path: /** }, to: portal }]
"#;

#[test]
fn p5_what_was_learned_is_kept_at_an_upgrade_and_at_the_end_and_read_again() {
    let mut naru = Naru::up(PORTAL);
    let learned = naru.state().join("forecasts.zst");
    assert!(!learned.exists(), "it is written each quarter of an hour");
    let before = naru.status().gateway.pid;
    naru.run(&["upgrade", binary().to_str().unwrap()]);
    naru.await_event(Kind::Upgraded);
    naru.await_status("the new gateway and server", |status| {
        status.gateway.pid != 0 && status.gateway.pid != before && learned.exists()
    });
    naru.await_ready();
    std::fs::remove_file(&learned).unwrap();
    naru.run(&["stop"]);
    assert_eq!(naru.await_end(), Some(0));
    assert!(learned.exists(), "{}", naru.output());

    // Whoever starts reads it: what is no such file is said, and stops nothing.
    std::fs::write(&learned, "no forecasts").unwrap();
    naru.start_again();
    naru.await_line("naru: ready");
    assert!(naru.output().contains("forecasts begin anew"), "{}", naru.output());
}
