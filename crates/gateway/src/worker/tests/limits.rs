//! Limits as clients meet them: refusals, places, bandwidth, importance.

use std::time::{Duration, Instant};

use naru_model::policy::{Limit, Per, Period, Policy, Priority, Quantity};
use naru_model::snapshot::{Route, RouteId, Routing};
use naru_model::units::{Bytes, Rate};

use super::harness::*;
use super::http1::GET;
use crate::policy::access::fixture::{World, api_key};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

fn limited(limits: Vec<Limit>) -> Routing {
    let mut routing = routing();
    routing.routes[0].name = "/**".to_owned();
    routing.routes[0].policy = Policy { limits, ..Policy::default() };
    routing
}

fn quantity(of: Quantity) -> Limit {
    Limit { of, per: vec![Per::Client] }
}

fn start(routing: Routing, upstream: &Upstream) -> Gateway {
    Gateway::with(routing, &[upstream.address], naru_model::platform::Protocol::Http1)
}

#[test]
fn calls_over_the_rate_are_refused_with_when_to_come_back() {
    let upstream = Upstream::listen();
    let rate = Rate { per_1000_seconds: 100 };
    let mut gateway = start(limited(vec![quantity(Quantity::Calls { rate, burst: 1 })]), &upstream);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    let head = client.head();
    assert_eq!(field(&head, "ratelimit-policy"), Some("\"route-calls\";q=1;w=10"));
    assert_eq!(field(&head, "ratelimit"), Some("\"route-calls\";r=0;t=10"));
    client.text(2);
    client.say(GET);
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{head}");
    assert_eq!(field(&head, "retry-after"), Some("10"));
    assert!(field(&head, "ratelimit").unwrap().starts_with("\"route-calls\";r=0;t="), "{head}");
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    let problem = client.text(length);
    assert!(problem.contains("urn:naru:problem:limit-exceeded"), "{problem}");
    gateway.record(|record| assert_eq!(record.status, 200));
    gateway.record(|record| assert_eq!((record.status, record.attempts), (429, 0)));
}

#[test]
fn a_place_is_free_again_when_the_answer_has_ended() {
    let upstream = Upstream::listen();
    let gateway = start(limited(vec![quantity(Quantity::Concurrency { calls: 1 })]), &upstream);
    let mut first = gateway.connect();
    first.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    let mut second = gateway.connect();
    second.say(GET);
    let head = second.head();
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
    second.exactly(field(&head, "content-length").unwrap().parse().unwrap());
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh");
    first.head();
    second.say(GET);
    let head = second.head();
    assert!(head.starts_with("HTTP/1.1 429 "), "the answer has not ended: {head}");
    second.exactly(field(&head, "content-length").unwrap().parse().unwrap());
    endpoint.say("i");
    first.text(2);
    // The first client has the next request's answer only after the gateway has let go of the one before.
    first.say(GET);
    endpoint.head();
    endpoint.say(OK);
    assert!(first.head().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_limit_of_the_service_holds_on_routes_without_policies() {
    let upstream = Upstream::listen();
    let mut routing = routing();
    let quota = Quantity::Quota { calls: 1, period: Period::Month };
    routing.services[0].traffic.limits = vec![Limit { of: quota, per: Vec::new() }];
    let gateway = start(routing, &upstream);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    assert!(field(&client.head(), "ratelimit").unwrap().starts_with("\"service-quota-month\";r=0;t="));
    client.text(2);
    client.say(GET);
    assert!(client.head().starts_with("HTTP/1.1 429 "));
}

#[test]
fn bodies_that_are_slowed_arrive_whole_and_not_before_their_time() {
    const SIZE: usize = 300_000;
    let upstream = Upstream::listen();
    let bandwidth = Quantity::Bandwidth { per_second: Bytes(1_000_000) };
    let mut gateway = start(limited(vec![quantity(bandwidth)]), &upstream);
    let body: Vec<u8> = (0..SIZE).map(|i| (i % 251) as u8).collect();
    let began = Instant::now();
    let mut client = gateway.connect();
    client.say(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {SIZE}\r\n\r\n"));
    client.say(&body);
    let mut endpoint = upstream.accept();
    endpoint.head();
    assert_eq!(endpoint.exactly(SIZE), body);
    // The last turn, of ten milliseconds, has begun and not ended.
    let least = Duration::from_millis(285);
    assert!(began.elapsed() >= least, "{:?}", began.elapsed());
    let began = Instant::now();
    endpoint.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"));
    endpoint.say(&body);
    client.head();
    assert_eq!(client.exactly(SIZE), body);
    assert!(began.elapsed() >= least, "{:?}", began.elapsed());
    gateway.record(|record| assert_eq!((record.bytes_in, record.bytes_out), (SIZE as u64, SIZE as u64)));
}

#[test]
fn bytes_of_a_period_are_counted_as_they_flow() {
    let upstream = Upstream::listen();
    let bytes = Quantity::Bytes { bytes: Bytes(3), period: Period::Day };
    let mut gateway = start(limited(vec![quantity(bytes)]), &upstream);
    let mut client = gateway.connect();
    let mut endpoint = None;
    for _ in 0..2 {
        client.say(GET);
        let endpoint: &mut Peer = endpoint.get_or_insert_with(|| upstream.accept());
        endpoint.head();
        endpoint.say(OK);
        client.head();
        client.text(2);
        gateway.record(|record| assert_eq!(record.status, 200));
    }
    client.say(GET);
    assert!(client.head().starts_with("HTTP/1.1 429 "));
    assert_eq!(gateway.registry.counters.take_used()[0].count, 4);
}

#[test]
fn the_important_ones_of_those_that_wait_go_first() {
    let upstream = Upstream::listen();
    let mut routing = limited(Vec::new());
    routing.services[0].traffic.concurrency = 1;
    routing.routes[0].policy.priority = Some(Priority::Low);
    let important = Policy { priority: Some(Priority::High), ..Policy::default() };
    let matches = naru_model::platform::Match { path: Some("/now".to_owned()), ..Default::default() };
    let first = routing.routes[0].clone();
    routing.routes.push(Route { id: RouteId(8), matches, policy: important, ..first });
    let mut gateway = start(routing, &upstream);
    let [mut inside, mut low, mut high] = [(); 3].map(|()| gateway.connect());
    inside.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    let mut waits = |count| {
        let start = Instant::now();
        while gateway.registry.load(0, 0).services[0].waiting != count {
            assert!(start.elapsed() < PATIENCE, "{count} do not wait");
            std::thread::yield_now();
        }
    };
    low.say(GET);
    waits(1);
    high.say("GET /now HTTP/1.1\r\nHost: example.kr\r\n\r\n");
    waits(2);
    endpoint.say(OK);
    assert!(endpoint.head().starts_with("GET /now "));
    endpoint.say(OK);
    high.head();
    assert!(endpoint.head().starts_with("GET /a?b=c "));
}

#[test]
fn a_client_s_own_limits_hold_on_routes_that_ask_for_nothing_when_it_shows_who_it_is() {
    let (upstream, mut world) = (Upstream::listen(), World::new());
    let rate = Rate { per_1000_seconds: 100 };
    world.client("mobile").limits = vec![Limit { of: Quantity::Calls { rate, burst: 1 }, per: Vec::new() }];
    let mut gateway = start(routing(), &upstream);
    gateway.set_callers(&world.callers);
    let with_key =
        |name, number| format!("GET / HTTP/1.1\r\nHost: a\r\nX-API-Key: {}\r\n\r\n", api_key(name, number));
    let mut client = gateway.connect();
    let served = |client: &mut Peer, request: &str| {
        client.say(request);
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint.say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        client.head()
    };
    let head = served(&mut client, &with_key("mobile", 1));
    assert_eq!(field(&head, "ratelimit-policy"), Some("\"client-calls\";q=1;w=10"));
    assert_eq!(field(&head, "ratelimit"), Some("\"client-calls\";r=0;t=10"));
    client.say(with_key("mobile", 1));
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{head}");
    client.exactly(field(&head, "content-length").unwrap().parse().unwrap());
    // On the same connection: nobody, and a client without limits of its own.
    for request in [GET, &with_key("batch", 2)] {
        let head = served(&mut client, request);
        assert!(head.starts_with("HTTP/1.1 204 ") && field(&head, "ratelimit").is_none(), "{head}");
    }
    // Its limits go with the next snapshot.
    world.client("mobile").limits.clear();
    gateway.set_callers(&world.callers);
    assert!(field(&served(&mut client, &with_key("mobile", 1)), "ratelimit").is_none());
}
