//! What a route's policies do to a request, and in which order.

use naru_model::platform::Protocol;
use naru_model::policy::{Policy, Sunset};
use naru_model::record::Fault;
use naru_model::units::Timestamp;

use super::harness::*;
use super::http1::GET;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// The gateway's only route has this policy.
pub(super) fn with_policy(upstream: &Upstream, policy: Policy) -> Gateway {
    let mut routing = routing();
    routing.routes[0].policy = policy;
    Gateway::with(routing, &[upstream.address], Protocol::Http1)
}

#[test]
fn what_clients_say_in_naru_s_name_is_dropped() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("GET / HTTP/1.1\r\nHost: a\r\nNaru-Own: x\r\nnaru-caller: root\r\nNaru_Route: r\r\nX-Naru: stays\r\n\r\n");
    let mut endpoint = upstream.accept();
    let head = endpoint.head().to_lowercase();
    assert!(!head.contains("\r\nnaru"), "{head}");
    assert_eq!(field(&head, "x-naru"), Some("stays"));
    endpoint.say(OK);
    client.head();
}

#[test]
fn a_deprecated_route_says_so_and_a_gone_one_is_gone() {
    let sunset = |gone| Policy {
        sunset: Some(Sunset {
            deprecated: Some(Timestamp(1_000_000)),
            gone: Some(Timestamp(gone)),
            link: Some("/v2".into()),
        }),
        ..Policy::default()
    };
    let upstream = Upstream::listen();
    let mut gateway = with_policy(&upstream, sunset(4_000_000_000_000_000));
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    let head = client.head();
    assert_eq!(field(&head, "deprecation"), Some("@1"), "{head}");
    assert!(field(&head, "sunset").unwrap().ends_with(" GMT"));
    assert_eq!(field(&head, "link"), Some("</v2>; rel=\"successor-version\""));
    assert_eq!(client.text(2), "hi");
    gateway.record(|record| assert_eq!(record.status, 200));

    gateway.change(|routing| routing.routes[0].policy = sunset(2_000_000));
    client.say("GET / HTTP/1.1\r\nHost: a\r\nAccept: application/xml\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 410 Gone\r\n"), "{head}");
    assert_eq!(field(&head, "content-type"), Some("application/problem+xml"));
    assert_eq!(field(&head, "deprecation"), Some("@1"));
    assert!(client.until(b"</problem>\n").contains("<type>urn:naru:problem:gone</type>"));
    gateway.record(|record| assert_eq!((record.status, record.fault), (410, Fault::Client)));
}

#[test]
fn a_route_whose_conversion_can_not_be_made_answers_503_and_no_other_route_does() {
    let upstream = Upstream::listen();
    let mut routing = routing();
    let mut other = routing.routes[0].clone();
    routing.routes[0].policy.compress = true;
    other.id.0 = 8;
    other.matches.path = Some("/fine".into());
    routing.routes.push(other);
    let gateway =
        Gateway::shaping(routing, &[upstream.address], Protocol::Http1, |_| Err("no such file".into()));
    let mut client = gateway.connect();
    client.say("GET /broken HTTP/1.1\r\nHost: a\r\n\r\nGET /fine HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    let length: usize = field(&head, "content-length").unwrap().parse().unwrap();
    assert!(client.text(length).contains("route-broken"));
    let mut endpoint = upstream.accept();
    assert!(endpoint.head().starts_with("GET /fine "));
    endpoint.say(OK);
    assert!(client.head().starts_with("HTTP/1.1 200 "));
}
