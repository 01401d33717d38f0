//! P1, P2, P3 and P14: what operators, owners and orderers see, through the API that the console uses.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use naru_model::event::Kind;
use naru_model::units::Timestamp;
use naru_testkit::naru::Naru;
use naru_testkit::processes;
use rustix::process::Signal;
use serde_json::Value;

const PORTAL: &str = r#"
gateway: { user: header X-User }
services:
  portal:
    exec: ["naru", "app", "--service-time", "20ms", "--workers", "8"]
    health: { path: /healthz }
    scale: { min: 2, max: 2 }
routes:
  - { match: { path: /slow }, to: portal, function: reports }
  - { match: { path: /** }, to: portal, function: home }
functions:
  home: { name: { ko: 누리집, en: Portal }, owner: portal@example.go.kr, apdex_t: 500ms }
  reports: { name: { ko: 통계, en: Reports }, apdex_t: 1ms }
"#;

/// Asks the API over the state folder's socket, as `naru` itself does.
fn api(naru: &Naru, path: &str) -> Value {
    let socket = naru.state().join("naru.sock");
    let output = std::process::Command::new("curl")
        .args(["-sS", "--fail-with-body", "--unix-socket", socket.to_str().unwrap()])
        .arg(format!("http://naru{path}"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{path}: {text}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

/// Sends as so many users, each some requests.
fn send(naru: &Naru, users: usize, each: usize, target: &str) {
    for user in 0..users {
        let mut client = naru.connect();
        for _ in 0..each {
            let head = format!("GET {target} HTTP/1.1\r\nhost: x\r\nx-user: user-{user}\r\n\r\n");
            client.send(head).unwrap();
            assert_eq!(client.receive().unwrap().status, 200);
        }
    }
}

#[test]
fn p1_apdex_users_and_response_times_are_those_of_the_requests() {
    let naru = Naru::up(PORTAL);
    send(&naru, 20, 5, "/");
    let status = naru.await_status("the requests", |status| {
        status.functions.iter().any(|f| f.name.as_str() == "home" && f.traffic.apdex.samples() == 100)
    });
    let home = status.functions.iter().find(|f| f.name.as_str() == "home").unwrap();
    assert_eq!(home.traffic.apdex.satisfied, 100, "20 ms satisfy a T of 500 ms");
    assert!((19..=21).contains(&home.traffic.active_users), "{} of 20 users", home.traffic.active_users);
    assert!((0.02..0.2).contains(&home.traffic.mean_seconds), "{:?}", home.traffic);
    assert!(status.host.cores > 0 && status.host.memory_bytes > 0 && status.host.disk_bytes > 0);
    assert!(status.pool.cpu_cores > 0.0);
}

#[test]
fn p14_a_function_has_its_own_t_and_counts_add_up_over_functions() {
    let naru = Naru::up(PORTAL);
    send(&naru, 1, 10, "/");
    send(&naru, 1, 10, "/slow");
    let status = naru.await_status("both", |status| status.traffic.apdex.samples() == 20);
    let of = |name: &str| status.functions.iter().find(|f| f.name.as_str() == name).unwrap().traffic.apdex;
    assert_eq!((of("home").satisfied, of("home").frustrated), (10, 0));
    assert_eq!((of("reports").satisfied, of("reports").frustrated), (0, 10), "20 ms is over 4 T of 1 ms");
    assert_eq!((status.traffic.apdex.satisfied, status.traffic.apdex.frustrated), (10, 10));
    let owner = status.functions.iter().find(|f| f.name.as_str() == "home").unwrap().owner.clone();
    assert_eq!(owner.as_deref(), Some("portal@example.go.kr"));
}

#[test]
fn p2_every_transaction_is_in_the_t_map_and_found_by_its_rectangle_even_after_a_kill() {
    let mut naru = Naru::up(PORTAL);
    let from = now_seconds();
    send(&naru, 1, 50, "/page?secret=1");
    naru.await_status("the requests", |status| status.traffic.apdex.samples() >= 50);
    // What was recorded more than a second ago outlives the server's sudden death.
    let recorded = std::time::Instant::now();
    naru.await_status("a second", |_| recorded.elapsed().as_millis() > 1100);
    naru.kill_server();
    naru.start_again();
    naru.await_ready();
    let to = now_seconds() + 1;
    let map = api(&naru, &format!("/v1/map?subject=function:home&from={from}&to={to}&columns=100&rows=50"));
    assert_eq!(map["transactions"], 50, "{map}");
    assert_eq!(map["dots"].as_array().unwrap().len(), 50);
    let found = api(
        &naru,
        &format!(
            "/v1/transactions?subject=all&from={}&to={}&at_least=0.015&limit=100",
            from * 1_000_000,
            to * 1_000_000
        ),
    );
    let transactions = found["transactions"].as_array().unwrap();
    assert_eq!(transactions.len(), 50, "{found}");
    for transaction in transactions {
        assert_eq!(
            (&transaction["path"], &transaction["status"]),
            (&"/page".into(), &200.into()),
            "{transaction}"
        );
        assert!(transaction["response_seconds"].as_f64().unwrap() >= 0.015);
    }
    let series = api(&naru, &format!("/v1/series?subject=service:portal&from={from}&to={to}&points=100"));
    let requests: u64 = series.as_array().unwrap().iter().map(|p| p["requests"].as_u64().unwrap()).sum();
    assert_eq!(requests, 50, "figures outlive it as well: {series}");
}

#[test]
fn p3_instances_come_and_go_with_an_event() {
    let naru = Naru::up(PORTAL);
    let gone = naru.instances("portal")[0].clone();
    processes::signal(gone.pid, Signal::KILL);
    naru.await_event(Kind::InstanceExited);
    naru.await_service("portal", "another one", |s| {
        s.ready == 2 && s.instances.iter().all(|i| i.id != gone.id)
    });
    let ready: Vec<_> = naru.events().into_iter().filter(|e| e.kind == Kind::InstanceReady).collect();
    assert_eq!(ready.len(), 3, "two at the start and one in its place");
}

fn now_seconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(now.as_micros() as u64).0 / 1_000_000
}
