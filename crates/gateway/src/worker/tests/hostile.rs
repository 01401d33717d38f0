//! Clients that mean harm or know no better: refused early, and told why.

use std::time::Duration;

use naru_model::platform::Protocol;
use naru_model::record::Fault;
use naru_model::units::Bytes;

use super::harness::*;

/// Sends `text`, and returns the status that comes back before the connection is closed.
fn refused(gateway: &Gateway, text: impl AsRef<[u8]>) -> u16 {
    let mut client = gateway.connect();
    client.say(text);
    let head = client.head();
    assert_eq!(field(&head, "connection"), Some("close"), "{head}");
    client.rest();
    head[9..12].parse().unwrap()
}

#[test]
fn each_kind_of_bad_head_has_its_status() {
    let mut gateway = Gateway::start(&[]);
    let long = "x".repeat(9000);
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "y".repeat(40_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}", "a: b\r\n".repeat(150));
    let rows = [
        (400, "nonsense\r\n\r\n".to_owned()),
        (400, "GET / HTTP/1.1\r\n\r\n".to_owned()),
        (400, "GET / HTTP/1.1\nHost: a\n\n".to_owned()),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_owned(),
        ),
        (414, format!("GET /{long}")),
        (431, large),
        (431, many),
        (505, "GET / HTTP/3.0\r\nHost: a\r\n\r\n".to_owned()),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned()),
        (501, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n".to_owned()),
        (417, "GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n".to_owned()),
    ];
    for (status, text) in rows {
        assert_eq!(refused(&gateway, &text), status, "{}", &text[..text.len().min(60)]);
        gateway.record(|record| {
            assert_eq!((record.status, record.fault, record.attempts), (status, Fault::Client, 0));
        });
    }
}

#[test]
fn a_slow_head_is_408() {
    let mut routing = routing();
    routing.limits.head_timeout = Duration::from_millis(50);
    let gateway = Gateway::with(routing, &[], Protocol::Http1);
    assert_eq!(refused(&gateway, "GET / HTTP/1.1\r\n"), 408);
    // As slow as a connection without a word: that one is closed without one.
    let mut client = gateway.connect();
    client.say("PRI * H");
    assert_eq!(client.rest(), "");
}

#[test]
fn a_connection_without_a_request_is_closed() {
    let mut routing = routing();
    routing.limits.keep_alive = Duration::from_millis(50);
    let gateway = Gateway::with(routing, &[], Protocol::Http1);
    assert!(gateway.connect().is_closed());
}

#[test]
fn a_slow_body_is_408() {
    let mut routing = routing();
    routing.limits.body_idle = Duration::from_millis(50);
    let upstream = Upstream::listen();
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    assert_eq!(refused(&gateway, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"), 408);
    let mut endpoint = upstream.accept();
    endpoint.head();
    assert_eq!(endpoint.rest(), "ab");
    gateway.record(|record| assert_eq!((record.fault, record.bytes_in), (Fault::Client, 2)));
}

#[test]
fn a_body_over_the_limit_is_413() {
    let mut routing = routing();
    routing.limits.body = Some(Bytes(10));
    let upstream = Upstream::listen();
    let gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let head = "POST / HTTP/1.1\r\nHost: a\r\n";
    assert_eq!(refused(&gateway, format!("{head}Content-Length: 11\r\n\r\n")), 413);
    assert_eq!(refused(&gateway, format!("{head}Transfer-Encoding: chunked\r\n\r\nb\r\n")), 413);
    let mut client = gateway.connect();
    client.say(format!("{head}Content-Length: 10\r\n\r\n0123456789"));
    let mut endpoint = loop {
        // Those of the refused ones come first.
        let mut endpoint = upstream.accept();
        if endpoint.more() > 0 && endpoint.head().contains("Content-Length: 10\r\n") {
            break endpoint;
        }
    };
    assert_eq!(endpoint.text(10), "0123456789");
}

#[test]
fn a_broken_chunk_ends_the_request() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxyz\r\n\r\n";
    assert_eq!(refused(&gateway, text), 400);
    assert!(!upstream.accept().rest().ends_with("0\r\n\r\n"));
    gateway.record(|record| assert_eq!((record.status, record.fault), (400, Fault::Client)));
}

#[test]
fn a_smuggled_request_is_never_served() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut client = gateway.connect();
    client.say(text);
    let answers = client.rest();
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    assert!(upstream.has_no_connection());
}

#[test]
fn connections_over_the_limit_wait_for_one_to_close() {
    let mut routing = routing();
    routing.limits.connections = 2;
    routing.routes.clear();
    let gateway = Gateway::with(routing, &[], Protocol::Http1);
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (mut first, mut second, mut third) = (gateway.connect(), gateway.connect(), gateway.connect());
    for client in [&mut first, &mut second] {
        client.say(get);
        assert!(client.head().starts_with("HTTP/1.1 404 "));
    }
    third.say(get);
    third.tcp.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(std::io::Read::read(&mut third.tcp, &mut [0; 1]).is_err());
    first.close();
    third.tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(third.head().starts_with("HTTP/1.1 404 "));
}
