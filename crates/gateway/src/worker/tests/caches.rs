//! Answers kept for others: hits, questions whether they still hold, one that goes for all, and what must never be kept.

use std::time::Duration;

use naru_model::platform::{Match, Protocol};
use naru_model::policy::{Cache, Policy};
use naru_model::snapshot::RouteId;
use naru_model::units::Bytes;

use super::harness::*;
use super::http1::GET;
use super::phases::with_policy;

fn caching(ttl: u64) -> Policy {
    let cache = Cache {
        ttl: Duration::from_secs(ttl),
        stale_if_error: Duration::from_secs(60),
        largest: Bytes(1000),
        most: Bytes(100_000),
    };
    Policy { cache: Some(cache), ..Policy::default() }
}

/// Reads an answer with its body.
fn answer(client: &mut Peer) -> (String, String) {
    let head = client.head();
    let length = field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let body = client.text(length);
    (head, body)
}

#[test]
fn the_second_one_is_answered_from_memory() {
    let upstream = Upstream::listen();
    let mut gateway = with_policy(&upstream, caching(60));
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(
        "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    );
    let head = client.head();
    assert_eq!(field(&head, "cache-status"), Some("naru; fwd=uri-miss; stored"), "{head}");
    client.until(b"0\r\n\r\n");
    client.say(GET);
    let (head, body) = answer(&mut client);
    assert!(field(&head, "cache-status").unwrap().starts_with("naru; hit; ttl="), "{head}");
    assert_eq!((field(&head, "x-a"), field(&head, "age"), body.as_str()), (Some("b"), Some("0"), "hi"));
    client.say(GET.replace("\r\n\r\n", "\r\nIf-None-Match: \"1\"\r\n\r\n"));
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 304 "), "{head}");
    client.say(GET.replace("GET", "HEAD"));
    assert_eq!(field(&client.head(), "content-length"), Some("2"));
    // Something was changed there.
    client.say("POST /a?b=c HTTP/1.1\r\nHost: example.kr\r\nContent-Length: 0\r\n\r\n");
    endpoint.head();
    endpoint.say("HTTP/1.1 204 None\r\n\r\n");
    client.head();
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
    assert_eq!(answer(&mut client).1, "new");
    let attempts: Vec<_> =
        (0..6).map(|_| gateway.record(|record| (record.status, record.attempts))).collect();
    assert_eq!(attempts, [(200, 1), (200, 0), (304, 0), (200, 0), (204, 1), (200, 1)]);
}

#[test]
fn a_stale_one_is_asked_about_and_serves_when_the_service_fails() {
    let upstream = Upstream::listen();
    let gateway = with_policy(&upstream, caching(0));
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nX-A: old\r\nContent-Length: 2\r\n\r\nhi");
    answer(&mut client);
    client.say(GET);
    assert_eq!(field(&endpoint.head(), "if-none-match"), Some("\"1\""));
    endpoint.say("HTTP/1.1 304 Same\r\nETag: \"1\"\r\nX-A: new\r\n\r\n");
    let (head, body) = answer(&mut client);
    assert_eq!(field(&head, "cache-status"), Some("naru; fwd=stale; fwd-status=304"), "{head}");
    assert_eq!((field(&head, "x-a"), body.as_str()), (Some("new"), "hi"));
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    let (head, body) = answer(&mut client);
    assert!(head.starts_with("HTTP/1.1 200 ") && body == "hi", "{head}");
    assert!(field(&head, "cache-status").unwrap().contains("stale-if-error"));
}

#[test]
fn one_goes_and_all_get_its_answer() {
    let upstream = Upstream::listen();
    let gateway = with_policy(&upstream, caching(60));
    let mut first = gateway.connect();
    first.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    let mut others: Vec<_> = (0..5).map(|_| gateway.connect()).collect();
    others.iter_mut().for_each(|other| other.say(GET));
    // A request on a way of its own comes back after the others have been read.
    let mut marker = gateway.connect();
    marker.say(GET.replace("/a", "/marker"));
    let mut aside = upstream.accept();
    assert!(aside.head().starts_with("GET /marker"));
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(answer(&mut first).1, "hi");
    for other in &mut others {
        let (head, body) = answer(other);
        assert_eq!(body, "hi");
        assert!(!head.contains("stored"), "{head}");
    }
    assert!(upstream.has_no_connection());
}

#[test]
fn who_waited_for_one_that_failed_goes_by_itself() {
    let upstream = Upstream::listen();
    let gateway = with_policy(&upstream, caching(60));
    let mut first = gateway.connect();
    first.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    let mut second = gateway.connect();
    second.say(GET);
    first.close();
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(answer(&mut second).1, "hi");
}

#[test]
fn what_is_one_client_s_own_is_given_to_no_other() {
    let upstream = Upstream::listen();
    let gateway = with_policy(&upstream, caching(60));
    let mut client = gateway.connect();
    let mut endpoint = None;
    let authorized = GET.replace("\r\n\r\n", "\r\nAuthorization: Bearer a\r\n\r\n");
    let by_key = GET.replace("\r\n\r\n", "\r\nX-API-Key: b\r\n\r\n");
    let answers =
        ["Cache-Control: private", "Cache-Control: no-store", "Set-Cookie: a=b", "Vary: *", "X: y", "X: z"];
    for (i, line) in answers.into_iter().enumerate() {
        let target = format!("/{i}");
        let request = match line {
            "X: y" => &authorized,
            "X: z" => &by_key,
            _ => GET,
        };
        let request = request.replace("/a?b=c", &target);
        for _ in 0..2 {
            client.say(&request);
            let endpoint = endpoint.get_or_insert_with(|| upstream.accept());
            assert!(endpoint.head().starts_with(&format!("GET {target} ")));
            endpoint.say(format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 2\r\n\r\nhi"));
            let (head, _) = answer(&mut client);
            assert!(!head.contains("stored") && !head.contains("hit"), "{head}");
        }
    }
    // Larger than is kept, and cut off.
    let endpoint = endpoint.as_mut().unwrap();
    for _ in 0..2 {
        client.say(GET);
        endpoint.head();
        endpoint.say(format!("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n{}", "x".repeat(1001)));
        answer(&mut client);
    }
    client.say(GET.replace("/a", "/cut"));
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi");
    endpoint.close();
    client.rest();
    let mut client = gateway.connect();
    client.say(GET.replace("/a", "/cut"));
    upstream.accept().head();
}

#[test]
fn a_change_by_another_route_is_noticed() {
    let upstream = Upstream::listen();
    let mut routing = routing();
    routing.routes[0].policy = caching(60);
    routing.routes[0].matches.methods = vec!["GET".into()];
    let mut other = routing.routes[0].clone();
    other.id = RouteId(8);
    other.policy = Policy::default();
    other.matches = Match { path: Some("/a".into()), methods: vec!["DELETE".into()], ..Match::default() };
    routing.routes.push(other);
    let gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    answer(&mut client);
    client.say(GET.replace("GET", "DELETE"));
    endpoint.head();
    endpoint.say("HTTP/1.1 204 None\r\n\r\n");
    client.head();
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 404 "));
}
