//! M4 at scale: 200 services with 2,000 endpoints, of which 100 a second leave and are replaced, for a minute. The gateway
//! is the real process; the test is its server, its endpoints and its clients.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use naru_model::instance::InstanceId;
use naru_model::platform::{Health, Match, Protocol, Traffic};
use naru_model::snapshot::{Endpoint, Endpoints, Route, RouteId, Routing, Service, ServiceId};
use naru_testkit::addresses::Addresses;
use naru_testkit::client::Client;
use naru_testkit::gateway::Gateway;
use naru_testkit::processes::resident_bytes;

const SERVICES: u32 = 200;
const EACH: u32 = 10;
/// What an endpoint takes over a request; a quick service.
const SERVICE_TIME: Duration = Duration::from_millis(5);
const CHANGE_EVERY: Duration = Duration::from_millis(10);
/// Calm and churn take short turns, so that a busy moment of the machine meets both.
const TURNS: usize = 60;
const TURN: Duration = Duration::from_secs(1);
/// The pairs of turns in which something was slowest, calm or churn, are left out: the machine's own stalls.
const STALLED: usize = TURNS / 10;
/// No request may take so long in any of them.
const SLOWEST: Duration = Duration::from_secs(5);
/// The p99 in churn, of that in calm. Alone on the machine it is at most 1.2; what else runs there may add to it.
const MOST_TIMES: f64 = 2.0;
const CLIENTS: u32 = 4;
/// Of each client.
const REQUEST_EVERY: Duration = Duration::from_millis(8);

#[test]
fn m4_churn_of_100_endpoints_a_second_costs_no_request_no_memory_and_no_latency() {
    allow_many_descriptors();
    let addresses = Addresses::start(SERVICE_TIME);
    let mut gateway = Gateway::start(2);
    gateway.routing(routing());
    let mut world = World::new(&addresses);
    for service in 0..SERVICES {
        gateway.endpoints(world.endpoints(service));
    }
    gateway.await_acknowledged(u64::from(SERVICES) + 1);

    let phase = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (phase, stop, address) = (phase.clone(), stop.clone(), gateway.address());
            std::thread::spawn(move || ask_on_time(number, address, &phase, &stop))
        })
        .collect();
    let mut memory = Vec::new();
    for turn in 0..TURNS {
        phase.store(2 * turn, Ordering::Relaxed);
        std::thread::sleep(TURN);
        phase.store(2 * turn + 1, Ordering::Relaxed);
        world.churn(&mut gateway, TURN);
        memory.push(resident_bytes(gateway.pid()).unwrap());
    }
    stop.store(true, Ordering::Relaxed);
    let mut latencies: Vec<Vec<Duration>> = vec![Vec::new(); 2 * TURNS];
    for client in clients {
        for (phase, latency) in client.join().unwrap() {
            latencies[phase].push(latency);
        }
    }

    assert!(world.left > 5000, "only {} endpoints have left: that is no churn", world.left);
    assert_eq!(addresses.asked_though_gone(), [] as [std::net::Ipv4Addr; 0], "asked though they had left");
    // The first turns fill buffers and pools that then stay.
    let (first, last) = (memory[TURNS / 4], memory[TURNS - 1]);
    assert!(last < first + first / 10 + (4 << 20), "memory grows: {memory:?}");
    let slowest = latencies.iter().flatten().max().copied().unwrap();
    let (calm, churn) = p99_of_both(latencies);
    println!(
        "p99 {calm:?} calm, {churn:?} churn; slowest {slowest:?}; memory {first} to {last}; {} left",
        world.left
    );
    assert!(slowest < SLOWEST, "a request took {slowest:?}");
    let ratio = churn.as_secs_f64() / calm.as_secs_f64();
    assert!(ratio <= MOST_TIMES, "p99 is {churn:?} in churn and {calm:?} in calm: {ratio:.2} times");
}

/// The p99 of all calm and of all churn turns.
fn p99_of_both(latencies: Vec<Vec<Duration>>) -> (Duration, Duration) {
    let mut pairs: Vec<Vec<Vec<Duration>>> = latencies.chunks(2).map(<[_]>::to_vec).collect();
    pairs.sort_by_cached_key(|pair| pair.iter().cloned().map(|mut turn| quantile(&mut turn, 0.99)).max());
    pairs.truncate(TURNS - STALLED);
    let all = |kind: usize| pairs.iter().flat_map(|pair| &pair[kind]).copied().collect::<Vec<_>>();
    (quantile(&mut all(0), 0.99), quantile(&mut all(1), 0.99))
}

/// What is routed now, and what has left.
struct World<'a> {
    addresses: &'a Addresses,
    services: Vec<VecDeque<Endpoint>>,
    /// Endpoints made so far; each has an address that no other ever had.
    made: u32,
    /// Out of the table since that version; not yet said to have nothing in flight.
    leaving: HashMap<InstanceId, (u64, SocketAddr)>,
    left: usize,
}

impl World<'_> {
    fn new(addresses: &Addresses) -> World<'_> {
        let services = (0..SERVICES).map(|_| VecDeque::new()).collect();
        let mut world = World { addresses, services, made: 0, leaving: HashMap::new(), left: 0 };
        for service in 0..SERVICES {
            (0..EACH).for_each(|_| world.add(service));
        }
        world
    }

    fn add(&mut self, service: u32) {
        self.made += 1;
        let instance =
            InstanceId { service: name(service).parse().unwrap(), revision: 1, ordinal: self.made };
        let address = self.addresses.endpoint(self.made);
        self.services[service as usize].push_back(Endpoint {
            instance,
            address,
            protocol: Protocol::Http1,
            routed: true,
            tls: None,
        });
    }

    fn endpoints(&self, service: u32) -> Endpoints {
        let endpoints = self.services[service as usize].iter().cloned().collect();
        Endpoints { service: ServiceId(service + 1), endpoints }
    }

    /// Replaces the oldest endpoint of one service after the other. One has left when the gateway has acknowledged the
    /// table without it and then said that nothing is in flight to it: that is when its instance would be stopped.
    fn churn(&mut self, gateway: &mut Gateway, lasts: Duration) {
        let began = Instant::now();
        let changes = (lasts.as_millis() / CHANGE_EVERY.as_millis()) as u32;
        for change in 0..changes {
            std::thread::sleep((CHANGE_EVERY * change).saturating_sub(began.elapsed()));
            let service = self.made % SERVICES;
            let oldest = self.services[service as usize].pop_front().unwrap();
            self.add(service);
            let version = gateway.endpoints(self.endpoints(service));
            self.leaving.insert(oldest.instance, (version, oldest.address));
            self.let_go(gateway);
        }
    }

    fn let_go(&mut self, gateway: &Gateway) {
        self.leaving.retain(|instance, (version, address)| {
            let gone = gateway.has_let_go(instance, *version);
            if gone {
                self.addresses.leaves(*address);
                self.left += 1;
            }
            !gone
        });
    }
}

fn name(service: u32) -> String {
    format!("s{service}")
}

fn routing() -> Routing {
    let route = |service: u32| Route {
        id: RouteId(service + 1),
        matches: Match { path: Some(format!("/{}", name(service))), ..Match::default() },
        to: vec![(ServiceId(service + 1), 1)],
        ..Route::default()
    };
    let service = |service: u32| Service {
        id: ServiceId(service + 1),
        name: name(service).parse().unwrap(),
        health: Health { every: Duration::from_secs(5), ..Health::default() },
        traffic: Traffic::default(),
        warm_up: Duration::ZERO,
    };
    Routing {
        routes: (0..SERVICES).map(route).collect(),
        services: (0..SERVICES).map(service).collect(),
        ..Routing::default()
    }
}

/// Asks one service after the other, each request when it is due, and counts its latency from then.
fn ask_on_time(
    number: u32,
    address: SocketAddr,
    phase: &AtomicUsize,
    stop: &AtomicBool,
) -> Vec<(usize, Duration)> {
    let mut client = Client::connect(address).unwrap();
    let began = Instant::now();
    let mut seen = Vec::new();
    for request in 0u32.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let due = REQUEST_EVERY * request;
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        let at = phase.load(Ordering::Relaxed);
        let target = format!("/{}", name((request * CLIENTS + number) % SERVICES));
        let answer = client.get(&target).unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        seen.push((at, began.elapsed() - due));
    }
    seen
}

fn quantile(values: &mut [Duration], share: f64) -> Duration {
    values.sort_unstable();
    values[((values.len() - 1) as f64 * share) as usize]
}

/// Every gateway thread may hold a connection to each endpoint, and this process is the other end of all of them.
fn allow_many_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}
