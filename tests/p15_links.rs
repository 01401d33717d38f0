//! P15: outside systems are reached through naru, one by one: a dead one slows nobody, and comes back by itself.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use naru_model::status::{LinkState, LinkStatus, Status};
use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::{Naru, binary};
use naru_testkit::processes::signal;
use rustix::process::Signal;

/// An outside system: a program that naru did not start.
struct Outside {
    process: Child,
    address: SocketAddr,
}

impl Outside {
    fn start() -> Outside {
        let address = free();
        let mut command = Command::new(binary());
        command.args(["app", "--workers", "4"]).env("PORT", address.port().to_string());
        let process = command.stdout(Stdio::null()).spawn().unwrap();
        Outside { process, address }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address of this machine that nobody listens on.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn up(outside: &Outside, by_name: SocketAddr, own: SocketAddr) -> Naru {
    Naru::up(&format!(
        r#"
gateway: {{ links: "{by_name}" }}
services:
  portal: {{ exec: ["naru", "app", "--workers", "16"], health: {{ path: /healthz }} }}
routes:
  - {{ match: {{ path: /** }}, to: portal }}
links:
  registry:
    url: http://{outside}/base
    port: {port}
    timeout: 300ms
    break_after: 3
    break_for: 1s
  nowhere:
    url: http://{nowhere}
    timeout: 2s
"#,
        outside = outside.address,
        port = own.port(),
        nowhere = free(),
    ))
}

fn link(status: &Status, name: &str) -> LinkStatus {
    status.links.iter().find(|link| link.name.as_str() == name).unwrap().clone()
}

fn ask(door: SocketAddr, host: &str, target: &str) -> Answer {
    let mut client = Client::connect(door).unwrap();
    client.send(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).unwrap();
    client.receive().unwrap()
}

#[test]
fn p15_a_link_is_reached_by_name_by_proxy_and_by_port_and_by_nobody_outside() {
    let (outside, by_name, own) = (Outside::start(), free(), free());
    let naru = up(&outside, by_name, own);
    naru.await_status("the link", |status| link(status, "registry").state == LinkState::Up);

    // By name, as a proxy is asked, and by the link's own port: the path goes below that of the link's address.
    for (door, host, target) in [
        (by_name, "registry.link.naru", "/people?id=1"),
        (by_name, "registry.link.naru", "http://registry.link.naru/people?id=1"),
        (own, "whatever", "/people?id=1"),
    ] {
        let answer = ask(door, host, target);
        assert_eq!(answer.status, 200, "{door} {target}: {}", answer.text());
        let seen: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(seen["target"], "/base/people?id=1", "{seen}");
    }
    // Who comes in where clients do finds the service, whatever host is named; who comes in at a link's door no service.
    let answer = ask(naru.address(), "registry.link.naru", "/people");
    let seen: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(seen["target"], "/people", "{seen}");
    assert_eq!(ask(by_name, "www.example.go.kr", "/people").status, 404);
    let counted =
        naru.await_status("its figures", |status| link(status, "registry").traffic.requests_per_second > 0.0);
    assert_eq!(link(&counted, "registry").addresses, [outside.address]);
}

#[test]
fn p15_a_dead_link_is_refused_at_once_and_slows_nobody() {
    let (outside, by_name, own) = (Outside::start(), free(), free());
    let naru = up(&outside, by_name, own);
    naru.await_status("the link", |status| link(status, "registry").state == LinkState::Up);
    let nowhere =
        naru.await_status("the dead link", |status| link(status, "nowhere").state == LinkState::Down);
    assert!(link(&nowhere, "nowhere").reason.is_some_and(|reason| reason.contains("refused")));
    let answer = ask(by_name, "nowhere.link.naru", "/");
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("link-broken"), "{}", answer.text());

    let traffic = naru.traffic("/", 2);
    signal(outside.process.id(), Signal::STOP);
    let refused = std::iter::repeat_with(|| ask(own, "x", "/")).take(30).position(|answer| {
        let broken = answer.text().contains("link-broken");
        assert!(broken || answer.status == 504, "{} {}", answer.status, answer.text());
        broken
    });
    assert!(refused.is_some_and(|after| after >= 2), "given up after {refused:?}");
    signal(outside.process.id(), Signal::CONT);
    let mut answers = std::iter::repeat_with(|| ask(own, "x", "/")).take(100_000);
    assert!(answers.any(|answer| answer.status == 200), "the link does not come back");
    traffic.stop_without_failure();
}
