//! What the gateway does when endpoints fail or are not there, and what it tells the client.

use std::time::{Duration, Instant};

use naru_model::platform::Protocol;
use naru_model::record::Fault;

use super::harness::*;
use super::http1::GET;

const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
const PUT: &str = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// Reads an answer and returns its head and its document.
fn problem(client: &mut Peer) -> (String, serde_json::Value) {
    let head = client.head();
    assert_eq!(field(&head, "content-type"), Some("application/problem+json"), "{head}");
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    let document = serde_json::from_slice(&client.exactly(length)).unwrap();
    (head, document)
}

#[test]
fn no_route_is_404_with_a_document() {
    let mut gateway = Gateway::start(&[]);
    gateway.change(|routing| routing.routes.clear());
    let mut client = gateway.connect();
    client.say("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\n\r\n");
    let (head, document) = problem(&mut client);
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
    assert_eq!((&document["status"], &document["instance"]), (&404.into(), &"mine".into()));
    assert_eq!(document["type"], "urn:naru:problem:no-route");
    // The connection goes on; HEAD gets no document.
    client.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 404 "));
    client.say(GET);
    assert_eq!(problem(&mut client).1["status"], 404);
    gateway.record(|record| {
        assert_eq!((record.status, record.fault, record.route.0), (404, Fault::Client, 0));
    });
}

#[test]
fn what_one_endpoint_refuses_another_serves() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[nobody(), upstream.address]);
    for _ in 0..4 {
        let mut client = gateway.connect();
        client.say(POST);
        let mut endpoint = upstream.accept();
        endpoint.head();
        assert_eq!(endpoint.text(3), "abc");
        endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        assert!(client.head().starts_with("HTTP/1.1 200 "));
        gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::None)));
    }
}

#[test]
fn an_idempotent_request_is_sent_again_body_and_all() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(PUT);
    for _ in 0..2 {
        let mut endpoint = upstream.accept();
        endpoint.head();
        assert_eq!(endpoint.text(3), "abc");
        endpoint.close();
    }
    let mut endpoint = upstream.accept();
    endpoint.head();
    assert_eq!(endpoint.text(3), "abc");
    endpoint.say(OK);
    assert!(client.head().starts_with("HTTP/1.1 200 "));
    gateway.record(|record| assert_eq!((record.attempts, record.bytes_in), (3, 3)));
}

#[test]
fn attempts_come_to_an_end() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    for _ in 0..3 {
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint.close();
    }
    assert_eq!(problem(&mut client).1["status"], 502);
    assert!(upstream.has_no_connection());
    gateway.record(|record| {
        assert_eq!((record.status, record.attempts, record.fault), (502, 3, Fault::Service));
    });
}

#[test]
fn a_post_that_may_have_been_seen_is_not_sent_again() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(POST);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.close();
    assert_eq!(problem(&mut client).1["status"], 502);
    assert!(upstream.has_no_connection());
    gateway.record(|record| assert_eq!((record.status, record.attempts), (502, 1)));
}

#[test]
fn a_body_too_large_to_keep_is_not_sent_again() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000)));
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.exactly(100_000);
    endpoint.close();
    assert_eq!(problem(&mut client).1["status"], 502);
    assert!(upstream.has_no_connection());
}

#[test]
fn a_connection_that_died_in_the_pool_is_no_failure() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    client.head();
    client.text(2);
    endpoint.close();
    for request in [POST, GET] {
        client.say(request);
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        client.head();
        client.text(2);
        endpoint.close();
    }
    gateway.record(|record| assert_eq!(record.status, 200));
    gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::None)));
}

#[test]
fn a_pooled_connection_that_dies_under_a_request_is_replaced() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    client.head();
    client.text(2);
    client.say(GET);
    // The request has arrived when the endpoint closes.
    endpoint.head();
    endpoint.close();
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    assert!(client.head().starts_with("HTTP/1.1 200 "));
}

#[test]
fn answers_that_are_no_http_are_502_and_end_the_connection() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    for bad in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ] {
        let mut client = gateway.connect();
        client.say(GET);
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint.say(bad);
        assert_eq!(problem(&mut client).1["status"], 502, "{bad:?}");
        assert!(endpoint.is_closed());
        gateway.record(|record| assert_eq!((record.status, record.fault), (502, Fault::Service)));
    }
}

#[test]
fn bytes_after_an_answer_are_never_taken_for_the_next() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(format!("{OK}{OK}"));
    client.head();
    client.text(2);
    client.say(GET);
    upstream.accept().head();
    assert!(endpoint.is_closed());
}

#[test]
fn a_request_waits_for_the_first_instance() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[]);
    let mut client = gateway.connect();
    client.say(GET);
    client.tcp.set_nonblocking(false).unwrap();
    gateway.set_endpoints(&[upstream.address], Protocol::Http1);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    assert!(client.head().starts_with("HTTP/1.1 200 "));
    gateway.record(|record| assert_eq!(record.status, 200));
}

#[test]
fn waiting_is_bounded_in_time_and_number() {
    let mut routing = routing();
    routing.services[0].traffic.queue_timeout = Duration::from_millis(50);
    routing.services[0].traffic.queue = 1;
    let mut gateway = Gateway::with(routing, &[], Protocol::Http1);
    let (mut first, mut second) = (gateway.connect(), gateway.connect());
    first.say(GET);
    second.say(GET);
    for client in [&mut first, &mut second] {
        let (head, document) = problem(client);
        assert!(head.starts_with("HTTP/1.1 503 ") && field(&head, "retry-after").is_some(), "{head}");
        assert_eq!(document["type"], "urn:naru:problem:overloaded");
    }
    let faults = [gateway.record(|r| (r.fault, r.waiting_us)), gateway.record(|r| (r.fault, r.waiting_us))];
    assert!(faults.iter().all(|(fault, _)| *fault == Fault::Platform), "{faults:?}");
}

#[test]
fn an_endpoint_that_does_not_answer_is_504() {
    let mut routing = routing();
    routing.services[0].traffic.first_byte_timeout = Duration::from_millis(50);
    let upstream = Upstream::listen();
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    assert_eq!(problem(&mut client).1["status"], 504);
    assert!(endpoint.is_closed());
    gateway.record(|record| assert_eq!((record.status, record.fault), (504, Fault::Service)));
}

#[test]
fn what_may_be_sent_twice_is_answered_by_another_endpoint_than_the_silent_one() {
    let mut routing = routing();
    routing.services[0].traffic.first_byte_timeout = Duration::from_secs(1);
    let upstreams = [Upstream::listen(), Upstream::listen()];
    let addresses = [upstreams[0].address, upstreams[1].address];
    let mut gateway = Gateway::with(routing, &addresses, Protocol::Http1);
    let mut client = gateway.connect();
    let mut asked = Vec::new();
    client.say(GET);
    // That both have been asked says that the first one's time is over, whichever it was.
    for mut endpoint in [upstreams[0].accept(), upstreams[1].accept()] {
        endpoint.head();
        endpoint.say(OK);
        asked.push(endpoint);
    }
    assert!(client.head().starts_with("HTTP/1.1 200 "));
    gateway.record(|record| assert_eq!((record.status, record.attempts), (200, 2)));
}

#[test]
fn a_route_may_bound_the_whole() {
    let mut routing = routing();
    routing.routes[0].timeout = Some(Duration::from_millis(100));
    let upstream = Upstream::listen();
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    client.head();
    let start = Instant::now();
    assert_eq!(client.rest(), "ab");
    assert!(start.elapsed() < Duration::from_secs(5));
    gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::Service)));
}

#[test]
fn an_answer_that_stands_still_is_cut() {
    let mut routing = routing();
    routing.services[0].traffic.idle_timeout = Duration::from_millis(50);
    let upstream = Upstream::listen();
    let gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
    client.head();
    assert_eq!(client.rest(), "2\r\nab\r\n");
    assert!(endpoint.is_closed());
}

#[test]
fn idle_connections_to_an_endpoint_that_left_are_closed_at_once() {
    let (old, new) = (Upstream::listen(), Upstream::listen());
    let mut gateway = Gateway::start(&[old.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut idle = old.accept();
    idle.head();
    idle.say(OK);
    client.head();
    client.text(2);
    // One more is busy.
    let mut slow = gateway.connect();
    let mut other = gateway.connect();
    other.say(GET);
    idle.head();
    slow.say(POST);
    let mut busy = old.accept();
    busy.head();
    idle.say(OK);
    other.head();
    other.text(2);
    gateway.set_endpoints(&[new.address], Protocol::Http1);
    assert!(idle.is_closed());
    client.say(GET);
    new.accept().head();
    busy.say(OK);
    assert!(slow.head().starts_with("HTTP/1.1 200 "));
    // Nor is that one kept.
    assert_eq!(busy.text(3), "abc");
    assert!(busy.is_closed());
}

#[test]
fn interim_answers_without_end_are_502() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 102 Processing\r\n\r\n".repeat(100));
    let answers = client.until(b"502 Bad Gateway\r\n");
    assert_eq!(answers.matches("HTTP/1.1 102 ").count(), 64);
}
