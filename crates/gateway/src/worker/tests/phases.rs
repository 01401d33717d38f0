//! What a route's policies do to a request, and in which order.

use std::time::Duration;

use naru_model::platform::{Match, Protocol, Traffic};
use naru_model::policy::{Change, Cors, Fallback, Job, PathChange, Pattern, Policy, Sunset};
use naru_model::record::Fault;
use naru_model::snapshot::{Door, Endpoint, Endpoints, RouteId, ServiceId};
use naru_model::units::{Bytes, Timestamp};

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
    assert!(client.until(b"</problem>").contains("<type>urn:naru:problem:gone</type>"));
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

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn requests_and_answers_are_changed_and_recorded_as_they_came() {
    let upstream = Upstream::listen();
    let policy = Policy {
        path: Some(PathChange { from: "/v1/**".into(), to: "/**".into() }),
        request: Change {
            set: pairs(&[("x-set", "1"), ("host", "inner:81")]),
            set_query: pairs(&[("k", "v")]),
            remove: vec!["x-gone".into()],
            ..Change::default()
        },
        response: Change { remove: vec!["server".into()], ..Change::default() },
        ..Policy::default()
    };
    let mut gateway = with_policy(&upstream, policy);
    let mut client = gateway.connect();
    client.say("GET /v1/a?b=c HTTP/1.1\r\nHost: outer\r\nX-Gone: 1\r\n\r\n");
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert!(head.starts_with("GET /a?b=c&k=v HTTP/1.1\r\n"), "{head}");
    assert_eq!((field(&head, "host"), field(&head, "x-set")), (Some("inner:81"), Some("1")));
    assert_eq!((field(&head, "x-gone"), field(&head, "x-forwarded-host")), (None, Some("outer")));
    endpoint.say("HTTP/1.1 200 OK\r\nServer: secret\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(field(&client.head(), "server"), None);
    assert_eq!(client.text(2), "hi");
    gateway.record(|record| assert_eq!(record.target, "/v1/a?b=c"));
    client.say("GET /v1/%2e%2e/admin HTTP/1.1\r\nHost: outer\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_browser_is_answered_before_the_service_is_asked() {
    let upstream = Upstream::listen();
    let policy = Policy {
        cors: Some(Cors {
            origins: vec!["https://a.kr".into()],
            methods: Vec::new(),
            headers: vec!["x-a".into()],
            expose: vec!["x-b".into()],
            credentials: false,
            max_age: Duration::from_secs(60),
        }),
        ..Policy::default()
    };
    let mut routing = routing();
    routing.routes[0].policy = policy;
    routing.routes[0].matches.methods = vec!["PUT".into()];
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let mut client = gateway.connect();
    let ask = |origin: &str, method: &str| {
        format!(
            "OPTIONS /a HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n\r\n"
        )
    };
    client.say(ask("https://a.kr", "PUT"));
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 204 "), "{head}");
    assert_eq!(field(&head, "access-control-allow-origin"), Some("https://a.kr"));
    assert_eq!(field(&head, "access-control-allow-methods"), Some("PUT"));
    client.say(ask("https://b.kr", "PUT"));
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    client.exactly(length);
    client.say("PUT /a HTTP/1.1\r\nHost: a\r\nOrigin: https://a.kr\r\nContent-Length: 0\r\n\r\n");
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n");
    let head = client.head();
    assert_eq!(field(&head, "access-control-allow-origin"), Some("https://a.kr"), "{head}");
    assert_eq!(
        (field(&head, "vary"), field(&head, "access-control-expose-headers")),
        (Some("origin"), Some("x-b"))
    );
    gateway.record(|record| assert_eq!((record.status, record.fault), (204, Fault::None)));
}

#[test]
fn a_body_is_bounded_by_its_route_and_still_streams() {
    let upstream = Upstream::listen();
    let gateway = with_policy(&upstream, Policy { body: Some(Bytes(8)), ..Policy::default() });
    let mut client = gateway.connect();
    client.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
    let mut endpoint = upstream.accept();
    endpoint.head();
    assert_eq!(endpoint.until(b"abcd\r\n"), "4\r\nabcd\r\n");
    client.say("5\r\nabcde\r\n");
    assert!(client.head().starts_with("HTTP/1.1 413 "));
}

#[test]
fn an_answer_is_compressed_for_who_takes_it() {
    let upstream = Upstream::listen();
    let gateway = with_policy(&upstream, Policy { compress: true, ..Policy::default() });
    let mut client = gateway.connect();
    let text = "나루 ".repeat(2000);
    client.say("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    ));
    let head = client.head();
    assert_eq!((field(&head, "content-encoding"), field(&head, "content-length")), (Some("gzip"), None));
    let mut coded = Vec::new();
    loop {
        let size = usize::from_str_radix(client.until(b"\r\n").trim(), 16).unwrap();
        coded.extend(client.exactly(size));
        client.exactly(2);
        if size == 0 {
            break;
        }
    }
    let mut plain = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&coded[..]), &mut plain).unwrap();
    assert!(plain == text && coded.len() < text.len() / 10);
    client.say("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(field(&client.head(), "content-encoding"), None);
    assert_eq!(client.text(2), "hi");
}

#[test]
fn a_fallback_answers_when_nobody_else_can() {
    let upstream = nobody();
    let mut routing = routing();
    routing.services[0].traffic.attempts = 1;
    routing.services[0].traffic.queue_timeout = Duration::from_millis(1);
    routing.routes[0].policy.fallback =
        Some(Fallback { status: 200, content_type: "application/json".into(), body: "[]".into() });
    let mut gateway = Gateway::with(routing, &[upstream], Protocol::Http1);
    let mut client = gateway.connect();
    client.say(GET);
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!((field(&head, "content-type"), client.text(2).as_str()), (Some("application/json"), "[]"));
    gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::Service)));
}

/// A gateway whose second service is naru itself.
fn with_pattern(upstream: &Upstream, own: &Upstream, pattern: Pattern) -> Gateway {
    let mut routing = routing();
    routing.routes[0].policy.pattern = Some(pattern);
    routing.routes[0].name = "orders".into();
    routing.services.push(crate::fixture::service_snapshot(2, Traffic::default()));
    routing.own = Some(ServiceId(2));
    routing.own_secret = "s3cret".into();
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let endpoint = Endpoint {
        instance: "service-2-1-1".parse().unwrap(),
        address: own.address,
        protocol: Protocol::Http1,
        routed: true,
        tls: None,
    };
    gateway.registry.apply_endpoints(9, &Endpoints { service: ServiceId(2), endpoints: vec![endpoint] });
    gateway
}

fn job(on_request: bool) -> Pattern {
    Pattern::Job(Job {
        on_request,
        time_limit: Duration::from_secs(9),
        attempts: 1,
        keep: Duration::from_secs(9),
        callback_secret: None,
        callback_hosts: Vec::new(),
        concurrency: 1,
    })
}

#[test]
fn a_pattern_is_kept_by_naru_itself_until_it_calls() {
    let (upstream, own) = (Upstream::listen(), Upstream::listen());
    let gateway = with_pattern(&upstream, &own, job(false));
    let mut client = gateway.connect();
    client.say("POST /a?b HTTP/1.1\r\nHost: a\r\nNaru-Own: guessed\r\nContent-Length: 2\r\n\r\nhi");
    let mut server = own.accept();
    let head = server.head();
    assert!(head.starts_with("POST /a?b "), "{head}");
    assert_eq!((field(&head, "naru-own"), field(&head, "naru-route")), (Some("s3cret"), Some("orders")));
    assert_eq!((field(&head, "naru-caller"), server.text(2).as_str()), (None, "hi"));
    server.say("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 202 "));
    let mut caller = gateway.connect();
    caller.say("POST /a?b HTTP/1.1\r\nHost: a\r\nnaru-own: s3cret\r\nContent-Length: 2\r\n\r\nhi");
    let mut endpoint = upstream.accept();
    assert!(!endpoint.head().to_lowercase().contains("naru-"));
}

#[test]
fn a_job_on_request_is_one_only_when_it_is_requested() {
    let (upstream, own) = (Upstream::listen(), Upstream::listen());
    let gateway = with_pattern(&upstream, &own, job(true));
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    client.head();
    client.text(2);
    client.say("GET / HTTP/1.1\r\nHost: a\r\nPrefer: wait=10, Respond-Async\r\n\r\n");
    assert_eq!(field(&own.accept().head(), "naru-route"), Some("orders"));
}

#[test]
fn a_link_is_reached_by_its_door_and_no_other_way() {
    let upstream = Upstream::listen();
    let mut routing = routing();
    let mut link = routing.routes[0].clone();
    link.id = RouteId(8);
    link.matches = Match { host: Some("registry.link.naru".into()), ..Match::default() };
    link.link = Some("registry.go.kr:8443".into());
    routing.routes[0].matches.host = Some("public.kr".into());
    routing.routes.push(link);
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    let ask = "GET http://registry.link.naru/a HTTP/1.1\r\nHost: registry.link.naru\r\n\r\n";
    let mut client = gateway.connect();
    client.say(ask);
    assert!(client.head().starts_with("HTTP/1.1 404 "), "from outside nobody gets there");
    let door = |address, to| vec![Door { address, to }];
    let address = gateway.address;
    gateway.change(|routing| routing.links = door(address, None));
    let mut client = gateway.connect();
    client.say(ask);
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert!(head.starts_with("GET /a HTTP/1.1\r\n"), "{head}");
    assert_eq!((field(&head, "host"), field(&head, "x-forwarded-for")), (Some("registry.go.kr:8443"), None));
    endpoint.say(OK);
    client.head();
    client.text(2);
    client.say("GET / HTTP/1.1\r\nHost: public.kr\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 404 "), "and by the door nobody gets elsewhere");
    gateway.change(|routing| routing.links = door(address, Some(RouteId(8))));
    let mut client = gateway.connect();
    client.say(GET);
    assert_eq!(field(&endpoint.head(), "host"), Some("registry.go.kr:8443"));
}
