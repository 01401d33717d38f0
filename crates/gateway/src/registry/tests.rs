use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use futures_util::FutureExt;
use naru_model::link::EndpointLoad;
use naru_model::platform::Traffic;
use naru_model::snapshot;

use super::*;
use crate::fixture::{endpoint_snapshot, endpoints_snapshot, routing, service_snapshot};
use crate::random::Random;
use crate::route::RequestView;

struct Host(String);

impl RequestView for Host {
    fn method(&self) -> &str {
        "GET"
    }

    fn host(&self) -> &str {
        &self.0
    }

    fn path(&self) -> &str {
        "/"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn header(&self, _: &str) -> Option<&[u8]> {
        None
    }
}

fn service_of(table: &Table, id: u32) -> Option<Arc<Service>> {
    table.route(&Host(format!("service-{id}.example"))).map(|route| route.choose().clone())
}

fn registry(threads: usize) -> (Registry, mpsc::UnboundedReceiver<Watched>) {
    let (watch, watched) = mpsc::unbounded_channel();
    (Registry::new(Clock::manual(), threads, watch, Maker::new(|_| Ok(None))), watched)
}

/// Lets a thread come by and take what is new; it goes on following when polled again.
fn follow(tables: Tables) -> std::pin::Pin<Box<impl Future<Output = ()>>> {
    Box::pin(tables.follow(drop))
}

fn in_flight(load: &Load) -> Vec<(String, u32)> {
    load.endpoints.iter().map(|e| (e.instance.to_string(), e.in_flight)).collect()
}

#[test]
fn a_version_is_acknowledged_when_all_threads_have_it_and_once() {
    let (mut registry, _watched) = registry(2);
    registry.apply_routing(7, &routing([service_snapshot(1, Traffic::default())]));
    registry.apply_endpoints(8, &endpoints_snapshot(1, [1]));
    let (mut first, mut second) = (follow(registry.tables(0)), follow(registry.tables(1)));
    assert!(first.as_mut().now_or_never().is_none());
    assert_eq!(registry.newly_acknowledged(), None);
    assert!(second.as_mut().now_or_never().is_none());
    assert_eq!(registry.newly_acknowledged(), Some(8));
    assert_eq!(registry.newly_acknowledged(), None);
    // A new server counts from elsewhere.
    registry.apply_endpoints(3, &endpoints_snapshot(1, [2]));
    assert!(first.as_mut().now_or_never().is_none());
    drop(second);
    assert_eq!(registry.newly_acknowledged(), Some(3), "a thread that has ended holds nobody up");
}

#[test]
fn what_is_known_of_an_endpoint_stays_while_it_stays() {
    let (mut registry, mut watched) = registry(1);
    let tables = registry.tables(0);
    registry.apply_routing(1, &routing([service_snapshot(1, Traffic::default())]));
    registry.apply_endpoints(2, &endpoints_snapshot(1, [1, 2]));
    let service = service_of(&tables.current(), 1).unwrap();
    let leases: Vec<_> = (0..4).map(|_| service.pick(&[]).unwrap()).collect();
    let wider = Traffic { concurrency: 9, ..Traffic::default() };
    registry.apply_routing(3, &routing([service_snapshot(1, wider.clone())]));
    registry.apply_endpoints(4, &endpoints_snapshot(1, [1, 2, 3]));
    let service = service_of(&tables.current(), 1).unwrap();
    assert_eq!(service.traffic, wider);
    assert_eq!(service.state.routed().iter().map(|e| e.in_flight()).sum::<u32>(), 4);
    assert!((0..50).any(|_| service.pick(&[]).unwrap().key().ordinal == 3), "the new one is among them");
    drop(leases);
    assert_eq!(service.state.routed().iter().map(|e| e.in_flight()).sum::<u32>(), 0);
    let seen = std::iter::from_fn(|| watched.try_recv().ok()).count();
    assert_eq!(seen, 3, "each is given to the checker once");
}

#[test]
fn an_endpoint_that_has_left_is_told_of_until_its_last_request_has_ended_and_once_more() {
    let (mut registry, _watched) = registry(1);
    let tables = registry.tables(0);
    registry.apply_routing(1, &routing([service_snapshot(1, Traffic::default())]));
    registry.apply_endpoints(2, &endpoints_snapshot(1, [1]));
    let lease = service_of(&tables.current(), 1).unwrap().pick(&[]).unwrap();
    registry.apply_endpoints(3, &endpoints_snapshot(1, []));
    let mut thread = follow(tables);
    assert!(thread.as_mut().now_or_never().is_none());
    let one = |load: &Load, n| assert_eq!(in_flight(load), [("service-1-1-1".to_owned(), n)]);
    one(&registry.load(0, 0), 1);
    one(&registry.load(0, 0), 1);
    let drained = registry.drained();
    assert!(drained.notified().now_or_never().is_none());
    drop(lease);
    assert!(drained.notified().now_or_never().is_some(), "the link is woken at once");
    one(&registry.load(0, 0), 0);
    assert_eq!(in_flight(&registry.load(0, 0)), []);
}

#[test]
fn an_endpoint_is_not_forgotten_before_every_thread_has_left_it_out() {
    let (mut registry, _watched) = registry(1);
    let tables = registry.tables(0);
    registry.apply_routing(1, &routing([service_snapshot(1, Traffic::default())]));
    registry.apply_endpoints(2, &endpoints_snapshot(1, [1]));
    registry.apply_endpoints(3, &endpoints_snapshot(1, []));
    registry.load(0, 0);
    assert_eq!(registry.load(0, 0).endpoints.len(), 1);
    assert!(follow(tables).as_mut().now_or_never().is_none());
    registry.load(0, 0);
    assert_eq!(registry.load(0, 0).endpoints.len(), 0);
}

#[test]
fn an_unrouted_endpoint_gets_nothing_but_is_told_of() {
    let (mut registry, _watched) = registry(1);
    let tables = registry.tables(0);
    registry.apply_routing(1, &routing([service_snapshot(1, Traffic::default())]));
    let endpoints = vec![endpoint_snapshot(1, 1, true), endpoint_snapshot(1, 2, false)];
    registry.apply_endpoints(2, &snapshot::Endpoints { service: ServiceId(1), endpoints });
    let service = service_of(&tables.current(), 1).unwrap();
    let leases: Vec<_> = (0..3).map(|_| service.pick(&[]).unwrap()).collect();
    assert!(leases.iter().all(|lease| lease.key().ordinal == 1));
    let load = registry.load(5, 6);
    assert_eq!(in_flight(&load), [("service-1-1-1".to_owned(), 3), ("service-1-1-2".to_owned(), 0)]);
    assert_eq!((load.connections, load.records_dropped), (5, 6));
    let endpoints = vec![endpoint_snapshot(1, 1, false), endpoint_snapshot(1, 2, false)];
    registry.apply_endpoints(3, &snapshot::Endpoints { service: ServiceId(1), endpoints });
    assert!(service.pick(&[]).is_none());
    assert!(!leases[0].endpoint().is_routed());
}

#[test]
fn a_service_no_longer_named_ends_and_unknown_ones_are_refused() {
    let (mut registry, mut watched) = registry(1);
    let tables = registry.tables(0);
    registry.apply_routing(1, &routing([1, 2].map(|id| service_snapshot(id, Traffic::default()))));
    assert!(registry.apply_endpoints(2, &endpoints_snapshot(2, [1])));
    assert!(!registry.apply_endpoints(3, &endpoints_snapshot(9, [1])));
    let service = service_of(&tables.current(), 2).unwrap();
    registry.apply_routing(4, &routing([service_snapshot(1, Traffic::default())]));
    assert!(service_of(&tables.current(), 2).is_none());
    assert!(service.pick(&[]).is_none());
    assert!(watched.try_recv().unwrap().endpoint.is_retired());
    assert_eq!(registry.load(0, 0).services.len(), 1);
}

#[test]
fn another_address_is_another_endpoint() {
    let (mut registry, mut watched) = registry(1);
    registry.apply_routing(1, &routing([service_snapshot(1, Traffic::default())]));
    let mut moved = endpoints_snapshot(1, [1]);
    registry.apply_endpoints(2, &moved);
    moved.endpoints[0].address = "127.0.0.1:1".parse().unwrap();
    registry.apply_endpoints(3, &moved);
    assert!(watched.try_recv().unwrap().endpoint.is_retired());
    assert!(!watched.try_recv().unwrap().endpoint.is_retired());
}

const SERVICES: u32 = 200;
const EACH: u32 = 10;
const PICKERS: usize = 3;

/// One server's view of what it has said: which ordinals each service has in which version.
struct Said(Vec<Vec<(u64, Vec<u32>)>>);

impl Said {
    /// Tells whether the endpoint was in some version from `acknowledged` to the newest.
    fn allows(&self, service: u32, ordinal: u32, acknowledged: u64) -> bool {
        let history = &self.0[service as usize - 1];
        let first = history.partition_point(|(version, _)| *version <= acknowledged).saturating_sub(1);
        history[first..].iter().any(|(_, ordinals)| ordinals.contains(&ordinal))
    }
}

/// Threads pick without pause while 2,000 endpoints come and go: nobody is ever sent where the version its own thread has
/// acknowledged, or a newer one, does not route.
#[test]
fn churn_no_request_goes_to_an_endpoint_that_has_left() {
    let (mut registry, mut watched) = registry(PICKERS);
    let services = (1..=SERVICES).map(|id| service_snapshot(id, Traffic::default()));
    registry.apply_routing(1, &routing(services));
    let mut ordinals: Vec<Vec<u32>> = (0..SERVICES).map(|_| (1..=EACH).collect()).collect();
    let mut version = 1;
    let said = std::sync::Mutex::new(Said(vec![Vec::new(); SERVICES as usize]));
    for service in 1..=SERVICES {
        version += 1;
        said.lock().unwrap().0[service as usize - 1].push((version, (1..=EACH).collect()));
        registry.apply_endpoints(version, &endpoints_snapshot(service, 1..=EACH));
    }
    let (done, begin, picks) = (AtomicBool::new(false), Barrier::new(PICKERS + 1), AtomicUsize::new(0));
    // What each thread has acknowledged, in versions: here a generation is a version.
    let acks = registry.acks();
    std::thread::scope(|scope| {
        for thread in 0..PICKERS {
            let tables = registry.tables(thread);
            let (acks, done, begin, picks, said) = (&acks, &done, &begin, &picks, &said);
            scope.spawn(move || {
                let table = tables.current();
                let mut following = Box::pin(tables.follow(drop));
                let mut random = Random::from_seed(thread as u64);
                begin.wait();
                while !done.load(SeqCst) {
                    assert!(following.as_mut().now_or_never().is_none());
                    let acknowledged = acks.threads[thread].load(SeqCst);
                    for _ in 0..20 {
                        let id = random.below(SERVICES as usize) as u32 + 1;
                        let service = service_of(&table, id).unwrap();
                        let lease = service.pick(&[]).expect("there are always some");
                        let ordinal = lease.key().ordinal;
                        assert!(
                            said.lock().unwrap().allows(id, ordinal, acknowledged),
                            "{} was picked, version {acknowledged} acknowledged",
                            lease.endpoint().instance()
                        );
                        picks.fetch_add(1, SeqCst);
                    }
                }
            });
        }
        begin.wait();
        let mut random = Random::from_seed(99);
        let mut acknowledged = 0;
        for _ in 0..3_000 {
            let service = random.below(SERVICES as usize) as u32 + 1;
            let set = &mut ordinals[service as usize - 1];
            let newest = set.iter().max().copied().unwrap_or(0);
            let leaver = random.below(set.len());
            set[leaver] = newest + 1;
            version += 1;
            said.lock().unwrap().0[service as usize - 1].push((version, set.clone()));
            registry.apply_endpoints(version, &endpoints_snapshot(service, set.iter().copied()));
            acknowledged = registry.newly_acknowledged().unwrap_or(acknowledged);
            let load = registry.load(0, 0);
            let named = |e: &EndpointLoad| e.instance.ordinal > 0;
            assert!(load.endpoints.iter().all(named) && load.endpoints.len() >= (SERVICES * EACH) as usize);
        }
        // Every thread comes by once more, so that all is acknowledged.
        while acknowledged < version {
            acknowledged = registry.newly_acknowledged().unwrap_or(acknowledged);
            std::thread::yield_now();
        }
        done.store(true, SeqCst);
    });
    assert!(picks.load(SeqCst) > 1_000, "{}", picks.load(SeqCst));
    registry.load(0, 0);
    assert_eq!(
        registry.load(0, 0).endpoints.len(),
        (SERVICES * EACH) as usize,
        "nothing is kept of who has left"
    );
    let alive = std::iter::from_fn(|| watched.try_recv().ok()).filter(|w| !w.endpoint.is_retired()).count();
    assert_eq!(alive, (SERVICES * EACH) as usize);
}

#[test]
fn an_endpoint_routed_later_than_the_first_ones_warms_up() {
    let (mut registry, _watched) = registry(1);
    let tables = registry.tables(0);
    registry.apply_routing(1, &routing([service_snapshot(1, Traffic::default())]));
    registry.apply_endpoints(2, &endpoints_snapshot(1, [1]));
    registry.apply_endpoints(3, &endpoints_snapshot(1, [1, 2]));
    let service = service_of(&tables.current(), 1).unwrap();
    let now = service.state.clock.now();
    let warmth: Vec<_> =
        service.state.routed().iter().map(|e| e.warmth(Duration::from_secs(10), now)).collect();
    assert_eq!(warmth, [1.0, 0.1]);
}
