//! F4: what crashes, hangs or is killed comes back, and a restart of naru itself interrupts nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use naru_model::event::Kind;
use naru_model::status::Status;
use naru_testkit::naru::{Naru, binary, is_well, verify};
use naru_testkit::processes::{is_running, signal, start_time};
use rustix::process::Signal;

const PORTAL: &str = r#"
services:
  portal:
    exec: ["naru", "app", "--service-time", "5ms", "--workers", "16"]
    health: { path: /healthz, every: 300ms, timeout: 300ms, dead_after: 2 }
    drain: 2s
    scale: { min: 2, max: 4 }
    rollout: { hold: 0s }
routes:
  - { match: { path: /** }, to: portal }
"#;

/// Every process of the platform but the server: equal only when none was started again.
fn processes(status: &Status) -> BTreeSet<(u32, Option<u64>)> {
    let instances = status.services.iter().flat_map(|s| &s.instances).map(|i| i.pid);
    instances.chain([status.gateway.pid]).map(|pid| (pid, start_time(pid))).collect()
}

#[test]
fn f4_faults_under_load_fail_no_idempotent_request() {
    verify("faults");
}

#[test]
fn f4_a_server_killed_and_started_again_finds_everything_and_restarts_nothing() {
    let mut naru = Naru::up(PORTAL);
    let before = processes(&naru.status());
    let traffic = naru.traffic("/", 4);
    naru.kill_server();
    traffic.await_more(100);
    naru.start_again();
    naru.await_line("naru: ready");
    let after = naru.status();
    assert_eq!(processes(&after), before);
    assert_eq!(after.services[0].revision, 1);
    traffic.await_more(100);
    let seen = traffic.stop_without_failure();
    assert_eq!(seen.connections, 4, "the server's death closed a client's connection");
    naru.await_event(Kind::PlatformRecovered);
    // The new server is in charge: it can change what the old one started.
    naru.run(&["deploy", "portal", "--wait"]);
    assert_eq!(naru.service("portal").stable, 2);
}

#[test]
fn f4_an_instance_that_dies_while_no_server_is_there_is_replaced_by_the_next_server() {
    let mut naru = Naru::up(PORTAL);
    let victim = naru.instances("portal")[0].clone();
    naru.kill_server();
    signal(victim.pid, Signal::KILL);
    let traffic = naru.traffic("/", 2);
    traffic.await_more(50);
    naru.start_again();
    naru.await_line("naru: ready");
    let portal = naru.await_service("portal", "its replacement", |s| {
        is_well(s) && s.instances.iter().all(|i| i.id != victim.id)
    });
    assert_eq!(portal.ready, 2);
    traffic.stop();
    let exit = naru.await_event(Kind::InstanceExited);
    assert!(
        exit.message.contains("SIGKILL") || exit.message.contains("signal 9"),
        "how it ended is lost: {}",
        exit.message
    );
}

#[test]
fn f4_a_server_killed_in_the_middle_of_a_deployment_ends_it_when_it_is_back() {
    let mut naru = Naru::up(&PORTAL.replace("\"5ms\"", "\"5ms\", \"--start-time\", \"1s\""));
    let traffic = naru.traffic("/", 4);
    naru.run(&["deploy", "portal"]);
    naru.await_service("portal", "an instance of revision 2", |s| {
        s.instances.iter().any(|i| i.revision == 2)
    });
    naru.kill_server();
    traffic.await_more(50);
    naru.start_again();
    naru.await_service("portal", "revision 2", |s| {
        s.stable == 2 && s.ready == 2 && s.instances.iter().all(|i| i.revision == 2)
    });
    traffic.stop_without_failure();
}

#[test]
fn f4_a_gateway_that_is_killed_is_replaced_within_a_second_on_the_same_sockets() {
    let naru = Naru::up(PORTAL);
    let before = naru.status();
    signal(before.gateway.pid, Signal::KILL);
    let began = std::time::Instant::now();
    // The listening sockets are still there: it connects at once and is answered by the new gateway.
    assert_eq!(naru.get("/").status, 200);
    assert!(began.elapsed() < Duration::from_secs(1), "answered after {:?}", began.elapsed());
    let after = naru.await_ready();
    assert_ne!(after.gateway.pid, before.gateway.pid);
    assert_eq!(after.gateway.listen, before.gateway.listen);
    let pids = |status: &Status| status.services[0].instances.iter().map(|i| i.pid).collect::<Vec<_>>();
    assert_eq!(pids(&after), pids(&before));
    naru.await_event(Kind::GatewayLost);
}

#[test]
fn f4_an_instance_that_crashes_is_replaced_and_said() {
    let naru = Naru::up(PORTAL);
    let victim = naru.instances("portal")[0].clone();
    signal(victim.pid, Signal::ABORT);
    naru.await_service("portal", "the replacement", |s| {
        is_well(s) && s.instances.iter().all(|i| i.pid != victim.pid)
    });
    let event = naru.await_event(Kind::InstanceExited);
    assert_eq!(event.instance, Some(victim.id));
}

#[test]
fn f4_an_instance_that_hangs_is_replaced_and_its_requests_are_answered() {
    let naru = Naru::up(PORTAL);
    let victim = naru.instances("portal")[0].clone();
    let traffic = naru.traffic("/", 4);
    traffic.await_more(20);
    signal(victim.pid, Signal::STOP);
    naru.await_service("portal", "the replacement", |s| {
        is_well(s) && s.instances.iter().all(|i| i.pid != victim.pid)
    });
    traffic.await_more(50);
    // POST is among them, and one that is with a frozen instance can't be sent again: only those may fail.
    let seen = traffic.stop();
    assert!(seen.failures.len() <= 4, "{:#?}", seen.failures);
    naru.await_event(Kind::InstanceUnhealthy);
    assert!(!is_running(victim.pid));
}

#[test]
fn f4_a_crash_loop_is_seen_said_and_slowed_down() {
    let naru = Naru::start(
        "services: { job: { exec: [sh, -c, 'echo no database; exit 3'], scale: { min: 1 } } }",
        &["--listen", "127.0.0.1:0"],
    );
    let event = naru.await_event(Kind::CrashLoop);
    assert!(event.message.contains("job"), "{}", event.message);
    let started = naru.count_events(Kind::InstanceStarted);
    assert!(started < 20, "{started} starts: there is no backoff");
    assert!(naru.run(&["logs", "job"]).contains("no database"));
}

#[test]
fn f4_naru_is_upgraded_in_place_without_a_refused_connection() {
    let naru = Naru::up(PORTAL);
    let before = naru.status();
    let newer = naru.folder().join("naru-new");
    std::fs::copy(binary(), &newer).unwrap();
    let traffic = naru.traffic("/", 4);
    // Each of these connects anew, so that a moment without a listener would be seen.
    let stop = std::sync::atomic::AtomicBool::new(false);
    let refused = std::thread::scope(|scope| {
        let prober = scope.spawn(|| {
            let mut failures = Vec::new();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let asked =
                    naru_testkit::client::Client::connect(naru.address()).and_then(|mut c| c.get("/"));
                match asked {
                    Ok(answer) if answer.status == 200 => {}
                    Ok(answer) => failures.push(format!("{} {}", answer.status, answer.text())),
                    Err(error) => failures.push(error.to_string()),
                }
            }
            failures
        });
        naru.run(&["upgrade", newer.to_str().unwrap()]);
        naru.await_event(Kind::Upgraded);
        naru.await_status("the new server and gateway", |s| {
            s.gateway.pid != 0 && s.gateway.pid != before.gateway.pid && s.services.iter().all(is_well)
        });
        traffic.await_more(50);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        prober.join().unwrap()
    });
    assert!(refused.is_empty(), "{refused:#?}");
    traffic.stop_without_failure();
    let after = naru.status();
    let pids = |status: &Status| status.services[0].instances.iter().map(|i| i.pid).collect::<Vec<_>>();
    assert_eq!(pids(&after), pids(&before), "the upgrade restarted an instance");
    let exe = std::fs::read_link(format!("/proc/{}/exe", after.server.pid)).unwrap();
    assert_eq!(exe, newer, "the old binary still runs");
}

#[test]
fn f4_an_orderly_stop_ends_requests_under_way_and_leaves_no_process() {
    let mut naru = Naru::up(&PORTAL.replace("\"5ms\"", "\"500ms\""));
    let mut client = naru.connect();
    client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    naru.await_status("the request under way", |s| s.services[0].instances.iter().any(|i| i.in_flight > 0));
    naru.run(&["stop"]);
    assert_eq!(client.receive().unwrap().status, 200);
    assert_eq!(naru.await_end(), Some(0));
    assert_eq!(naru.left_behind(), []);
    assert!(naru_testkit::client::Client::connect(naru.address()).is_err(), "somebody still listens");
    // Started again it is the same platform: nothing of its memory is lost.
    naru.start_again();
    naru.await_line("naru: ready");
    assert_eq!(naru.service("portal").revision, 1);
}
