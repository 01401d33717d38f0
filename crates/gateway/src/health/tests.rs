use std::net::SocketAddr;

use naru_model::observed;
use naru_model::policy::Priority;
use naru_model::snapshot::ServiceId;
use tokio::net::TcpListener;

use super::*;
use crate::fixture;
use crate::service::Service;

/// A checker at work on this thread, with one service.
struct Bench {
    service: Arc<Service>,
    news: Arc<News>,
    watch: mpsc::UnboundedSender<Watched>,
}

fn on_bench<F: Future<Output = ()>>(rules: Health, test: impl FnOnce(Bench) -> F) {
    let clock = Clock::start();
    let mut snapshot = fixture::service_snapshot(1, Default::default());
    snapshot.health = rules;
    let state = Arc::new(State::new(&snapshot, clock.clone()));
    let service = Arc::new(Service::new(&snapshot, state));
    let news = Arc::new(News::default());
    let (watch, watched) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let checks = run(watched, news.clone(), clock);
        tokio::select! {
            () = checks => panic!("the checker has ended"),
            () = test(Bench { service, news, watch }) => {}
        }
    });
}

impl Bench {
    fn watch(&self, ordinal: u32, address: SocketAddr, routed: bool) -> Arc<Endpoint> {
        let snapshot =
            naru_model::snapshot::Endpoint { address, ..fixture::endpoint_snapshot(1, ordinal, routed) };
        let endpoint = Arc::new(Endpoint::new(ServiceId(1), &snapshot, Arc::default()));
        if routed {
            endpoint.route(true, self.service.state.clock.now());
            let mut all = (*self.service.state.routed()).clone();
            all.push(endpoint.clone());
            self.service.state.set_routed(all, &self.service.traffic);
        }
        let watched = Watched { endpoint: endpoint.clone(), service: self.service.state.clone() };
        self.watch.send(watched).unwrap();
        endpoint
    }

    async fn next_news(&self) -> Vec<(Arc<Endpoint>, observed::Health)> {
        loop {
            let news = self.news.take();
            if !news.is_empty() {
                return news;
            }
            self.news.arrived.notified().await;
        }
    }
}

/// A port that nobody listens on.
async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[test]
fn a_starting_instance_is_seen_as_soon_as_it_listens() {
    let rules = Health { every: Duration::from_secs(60), dead_after: 2, ..Health::default() };
    on_bench(rules, |bench| async move {
        let address = free_address().await;
        let endpoint = bench.watch(1, address, false);
        let (_, health) = bench.next_news().await.remove(0);
        assert!(matches!(health, observed::Health::Unhealthy { ref why, .. } if why == "connection refused"));
        let _listener = TcpListener::bind(address).await.unwrap();
        let start = std::time::Instant::now();
        let (told, health) = bench.next_news().await.remove(0);
        assert!(matches!(health, observed::Health::Healthy { .. }), "{health:?}");
        assert!(Arc::ptr_eq(&told, &endpoint) && !endpoint.is_down() && !endpoint.is_unhealthy());
        assert!(start.elapsed() < Duration::from_secs(10), "not after `every`");
    });
}

#[test]
fn an_endpoint_found_down_by_a_request_is_checked_at_once_and_comes_back() {
    let rules = Health { every: Duration::from_secs(60), ..Health::default() };
    on_bench(rules, |bench| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = bench.watch(1, listener.local_addr().unwrap(), true);
        bench.next_news().await;
        let mut lease = bench.service.pick(&[]).unwrap();
        lease.failed(crate::lease::Failure::Connect);
        drop(lease);
        assert!(bench.service.pick(&[]).is_none());
        // The next check passes; whoever waits is let in.
        let permit = bench.service.admit(Priority::Normal).await.unwrap();
        assert!(!endpoint.is_down());
        drop(permit);
    });
}

#[test]
fn one_that_hangs_is_not_tried_even_for_want_of_another() {
    let rules = Health {
        path: Some("/".into()),
        every: Duration::from_millis(20),
        timeout: Duration::from_millis(20),
        ..Health::default()
    };
    on_bench(rules, |bench| async move {
        // Accepts, by its backlog, and never answers.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = bench.watch(1, listener.local_addr().unwrap(), true);
        assert!(bench.service.pick(&[]).is_some(), "not known yet: it is tried");
        let (_, health) = bench.next_news().await.remove(0);
        let observed::Health::Unhealthy { why, .. } = health else { panic!("{health:?}") };
        assert_eq!(why, "no answer from / within 20ms");
        assert!(endpoint.is_unhealthy() && endpoint.is_down());
        assert!(bench.service.pick(&[]).is_none());
    });
}

#[test]
fn one_that_has_left_is_checked_no_more() {
    let rules = Health { every: Duration::from_millis(1), ..Health::default() };
    on_bench(rules, |bench| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = bench.watch(1, listener.local_addr().unwrap(), true);
        bench.next_news().await;
        endpoint.retire();
        // The task holds a count of its own until it ends; ours and the set's stay.
        while Arc::strong_count(&endpoint) > 2 {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn news_of_an_endpoint_is_told_once_with_the_newest_state() {
    let news = News::default();
    let clock = Clock::manual();
    let endpoint = fixture::endpoint(1, &clock);
    let unhealthy = observed::Health::Unhealthy { since: clock.now(), why: "503 from /".into() };
    news.publish(&endpoint, observed::Health::Healthy { since: clock.now() });
    news.publish(&endpoint, unhealthy.clone());
    let taken = news.take();
    assert_eq!((taken.len(), &taken[0].1), (1, &unhealthy));
    assert!(news.take().is_empty());
    news.publish(&endpoint, unhealthy);
    assert_eq!(news.take().len(), 1);
}
