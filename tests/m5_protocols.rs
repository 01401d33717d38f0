//! M5: what clients and services say to each other goes through the gateway as it was said: streams, trailers, upgrades,
//! interim answers. And what is broken on one side is told to the other as what it is.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use naru_testkit::client::Client;
use naru_testkit::naru::Naru;

fn up() -> Naru {
    up_with("")
}

/// One instance of the misbehaving upstream behind every path; `more` goes into its service's block.
fn up_with(more: &str) -> Naru {
    let upstream =
        std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples/upstream");
    Naru::up(&format!(
        "
services:
  upstream:
    exec: [{}]
{more}
routes:
  - {{ match: {{ path: /** }}, to: upstream }}
",
        upstream.display()
    ))
}

#[test]
fn m5_a_body_of_any_size_goes_both_ways_as_a_stream() {
    let naru = up();
    let mut client = naru.connect();
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    // The first piece is back before the second is sent: nobody holds the body.
    client.send("5\r\nhello\r\n").unwrap();
    assert_eq!(client.receive_head().unwrap().status, 200);
    assert_eq!(client.receive_chunk().unwrap().unwrap(), b"hello");
    client.send("5\r\nworld\r\n0\r\nx-sum: 42\r\n\r\n").unwrap();
    assert_eq!(client.receive_chunk().unwrap().unwrap(), b"world");
    assert_eq!(client.receive_chunk().unwrap(), None);
    assert_eq!(client.receive_fields().unwrap(), [("x-sum".to_owned(), "42".to_owned())]);

    let large = vec![b'y'; 8 << 20];
    assert_eq!(naru.connect().post("/size", &large).unwrap().text(), large.len().to_string());
    assert_eq!(naru.get("/bytes/20000000").body.len(), 20_000_000);
}

#[test]
fn m5_a_reader_that_stands_still_does_not_fill_the_gateways_memory() {
    let naru = up();
    let gateway = naru.status().gateway.pid;
    let before = naru_testkit::processes::resident_bytes(gateway).unwrap();
    let mut readers: Vec<Client> = (0..10).map(|_| naru.connect()).collect();
    for reader in &mut readers {
        reader.send("GET /bytes/50000000 HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert_eq!(reader.receive_head().unwrap().status, 200);
    }
    // While these are held, others are served.
    for _ in 0..200 {
        assert_eq!(naru.get("/bytes/1000").body.len(), 1000);
    }
    let grown = naru_testkit::processes::resident_bytes(gateway).unwrap().saturating_sub(before);
    assert!(grown < 40 << 20, "ten readers that stand still cost {grown} bytes");
}

#[test]
fn m5_trailers_and_interim_answers_come_through() {
    let naru = up();
    let answer = naru.get("/trailers");
    assert_eq!(answer.text(), "abc");
    assert_eq!(answer.trailers, [("checksum".to_owned(), "900150983c".to_owned())]);
    let mut client = naru.connect();
    client.send("GET /hints HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let first = client.receive().unwrap();
    let last = if first.status == 103 { client.receive().unwrap() } else { first };
    assert_eq!((last.status, last.text().as_str()), (200, "ok"));
}

#[test]
fn m5_a_client_that_expects_100_gets_it_before_it_sends_its_body() {
    let naru = up();
    let mut client = naru.connect();
    client
        .send("POST /size HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n")
        .unwrap();
    assert_eq!(client.receive().unwrap().status, 100);
    client.send("body").unwrap();
    assert_eq!(client.receive().unwrap().text(), "4");
    // And a real client, which waits for it too.
    let mut curl = Command::new("curl")
        .args(["-sS", "-H", "Expect: 100-continue", "--expect100-timeout", "20", "--data-binary", "@-"])
        .arg(format!("http://{}/size", naru.address()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    curl.stdin.take().unwrap().write_all(&[b'z'; 100_000]).unwrap();
    let output = curl.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "100000");
}

#[test]
fn m5_server_sent_events_arrive_when_they_are_sent() {
    let naru = up();
    let mut client = naru.connect();
    client.send("GET /events/3/1000 HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let head = client.receive_head().unwrap();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let began = Instant::now();
    let mut times = Vec::new();
    while let Some(chunk) = client.receive_chunk().unwrap() {
        times.push((began.elapsed(), String::from_utf8(chunk).unwrap()));
    }
    assert_eq!(times.len(), 3, "{times:?}");
    assert!(times[0].0 < Duration::from_millis(750), "the first event was held back: {times:?}");
    assert!(times[2].0 > Duration::from_millis(1_250), "{times:?}");
}

#[test]
fn m5_an_upgraded_connection_carries_bytes_both_ways() {
    let naru = up();
    let mut client = naru.connect();
    client
        .send(
            "GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .unwrap();
    let head = client.receive().unwrap();
    assert_eq!(head.status, 101);
    assert_eq!(head.header("upgrade"), Some("websocket"));
    for size in [1, 1000, 100_000] {
        let bytes = vec![b'w'; size];
        client.send(&bytes).unwrap();
        assert_eq!(client.receive_bytes(size).unwrap(), bytes);
    }
    client.half_close().unwrap();
    assert!(client.is_closed());
}

#[test]
fn m5_curl_speaks_http2_without_tls_by_prior_knowledge() {
    let naru = up();
    let output = Command::new("curl")
        .args(["-sS", "--http2-prior-knowledge", "-w", "%{http_version} %{http_code}", "-o", "/dev/null"])
        .arg(format!("http://{}/bytes/100000", naru.address()))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 200");
}

#[test]
fn m5_a_service_that_breaks_its_answer_is_told_as_a_bad_gateway() {
    let naru = up_with("    traffic: { first_byte_timeout: 500ms, eject_after: 1000 }");
    for broken in ["/close", "/garbage", "/two-lengths"] {
        let answer = naru.get(broken);
        assert_eq!(answer.status, 502, "{broken}: {}", answer.text());
    }
    assert_eq!(naru.get("/slow-head/5000").status, 504);
    // The head was good, so the client has it; that the body is not must not look like a whole answer.
    for cut in ["/cut", "/cut-chunk", "/bad-chunk"] {
        let got = naru.connect().get(cut);
        assert!(got.is_err(), "{cut}: {got:?}");
    }
    let until_close = naru.get("/until-close");
    assert_eq!((until_close.status, until_close.text().as_str()), (200, "all of it"));
    assert_eq!(naru.get("/ok").text(), "ok");
}

#[test]
fn m5_a_service_that_hangs_up_after_each_answer_costs_no_request() {
    let naru = up();
    let mut client = naru.connect();
    for number in 0..200 {
        let answer = client.get("/hang-up").unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "request {number}");
    }
}

#[test]
fn m5_a_service_that_answers_before_the_body_is_sent_is_heard() {
    let naru = up();
    let mut client = naru.connect();
    client.send("POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\nfirst").unwrap();
    assert_eq!(client.receive().unwrap().status, 413);
}

#[test]
fn m5_the_service_learns_who_asks_and_a_stranger_can_not_lie_about_it() {
    let naru = up();
    let mut client = naru.connect();
    client
        .send(
            "GET /head HTTP/1.1\r\nhost: www.example.go.kr\r\nx-forwarded-for: 6.6.6.6\r\nforwarded: for=6.6.6.6\r\n\
             traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n",
        )
        .unwrap();
    let head = client.receive().unwrap().text().to_ascii_lowercase();
    assert!(!head.contains("6.6.6.6"), "a stranger's word was believed: {head}");
    assert!(head.contains("127.0.0.1"), "the client is not told: {head}");
    assert!(head.contains("0af7651916cd43dd8448eb211c80319c"), "the trace is broken off: {head}");
    assert!(head.contains("host: www.example.go.kr"), "{head}");
    assert!(!head.contains("x-hop"), "a hop-by-hop header came through: {head}");
    let begun = naru.get("/head").text().to_ascii_lowercase();
    assert!(begun.contains("traceparent: 00-"), "no trace is begun: {begun}");
}
