//! What endpoints are told of the client, and what of the client's connection they are not.

use super::harness::*;

/// Sends a request with these fields and returns the head that arrives.
fn arrives(gateway: &Gateway, upstream: &Upstream, fields: &str) -> String {
    let mut client = gateway.connect();
    client.say(format!("GET / HTTP/1.1\r\nHost: a.kr:81\r\nConnection: close\r\n{fields}\r\n"));
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    endpoint.say("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n");
    client.rest();
    head
}

#[test]
fn a_stranger_is_told_of_by_the_gateway_alone() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let head = arrives(
        &gateway,
        &upstream,
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n",
    );
    assert_eq!(field(&head, "x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(field(&head, "x-forwarded-proto"), Some("http"));
    assert_eq!(field(&head, "x-forwarded-host"), Some("a.kr:81"));
    assert_eq!(field(&head, "forwarded"), Some("for=127.0.0.1;proto=http;host=\"a.kr:81\""));
    assert!(!head.contains("6.6.6.6") && !head.contains("evil"), "{head}");
}

#[test]
fn a_trusted_proxy_is_continued() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    gateway.change(|routing| routing.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    let fields = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.1, 127.0.0.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b.kr\r\n";
    let head = arrives(&gateway, &upstream, fields);
    assert_eq!(field(&head, "x-forwarded-for"), Some("6.6.6.6, 192.0.2.1, 127.0.0.9, 127.0.0.1"));
    assert_eq!(field(&head, "x-forwarded-proto"), Some("https"));
    assert_eq!(field(&head, "x-forwarded-host"), Some("b.kr"));
    gateway.record(|record| assert_eq!(record.client.to_string(), "192.0.2.1"));
    let head = arrives(&gateway, &upstream, "Forwarded: for=192.0.2.7;proto=https\r\n");
    assert_eq!(field(&head, "forwarded"), Some("for=192.0.2.7;proto=https, for=127.0.0.1;proto=http"));
    gateway.record(|record| assert_eq!(record.client.to_string(), "192.0.2.7"));
}

#[test]
fn a_trace_is_continued_or_begun() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let head = arrives(
        &gateway,
        &upstream,
        &format!("Traceparent: {parent}\r\nTracestate: a=b\r\nX-Request-Id: mine-1\r\n"),
    );
    assert_eq!((field(&head, "traceparent"), field(&head, "tracestate")), (Some(parent), Some("a=b")));
    assert_eq!(field(&head, "x-request-id"), Some("mine-1"));
    gateway.record(|record| assert_eq!((record.trace_id[0], record.trace_id[15]), (0x0a, 0x9c)));
    for bad in ["nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-00"] {
        let fields = format!("Traceparent: {bad}\r\nTracestate: a=b\r\nX-Request-Id: a b\r\n");
        let head = arrives(&gateway, &upstream, &fields);
        let begun = field(&head, "traceparent").unwrap();
        let id = crate::trace::trace_id(begun.as_bytes()).unwrap();
        assert_eq!(field(&head, "tracestate"), None);
        assert_eq!(field(&head, "x-request-id"), Some(&begun[3..35]));
        gateway.record(|record| assert_eq!(record.trace_id, id));
    }
}

#[test]
fn what_is_meant_for_one_connection_stays_there() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Mine, Host\r\nKeep-Alive: 5\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: x\r\nProxy-Connection: y\r\nUpgrade: z\r\nHTTP2-Settings: a\r\nX-Other: 2\r\n\r\n");
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    for gone in [
        "connection",
        "keep-alive",
        "x-mine",
        "te",
        "proxy-authorization",
        "proxy-connection",
        "upgrade",
        "http2-settings",
    ] {
        assert_eq!(field(&head, gone), None, "{gone} in {head}");
    }
    assert_eq!((field(&head, "host"), field(&head, "x-other")), (Some("a"), Some("2")));
    endpoint.say("HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nContent-Length: 0\r\nX-End: 2\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-End: 2\r\n\r\n");
}
