//! Against a Redis of our own, on a port of its own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use naru_model::platform::WhenGone;
use naru_model::policy::{Limit, Per, Policy, Quantity};
use naru_model::snapshot::{CallerId, Route, RouteId, ServiceId};
use naru_model::units::Rate;

use super::*;
use crate::clock::Clock;
use crate::head::Lines;
use crate::policy::limit::{Counted, Handles, Limits};

const PATIENCE: Duration = Duration::from_secs(20);

/// Ends with the test.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start(port: u16) -> Redis {
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("Debian's redis-server is installed; scripts/setup does that");
        wait_for("redis", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Redis { child, port }
    }

    fn stop(mut self) -> u16 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.port
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what} has not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One gateway's counters, followed on a thread that ends with the test process.
struct Gateway {
    clock: Clock,
    counters: Arc<Counters>,
    limits: Limits,
}

impl Gateway {
    fn start(port: u16, when_gone: WhenGone, limit: Limit) -> Gateway {
        let clock = Clock::start();
        let counters = Arc::new(Counters::new(clock.clone()));
        let redis = format!("redis://127.0.0.1:{port}/0");
        counters.set_shared(Some(&platform::Counters { redis, when_gone }));
        let policy = Policy { limits: vec![limit], ..Policy::default() };
        let route = Route { id: RouteId(7), name: "/**".to_owned(), policy, ..Route::default() };
        let limits = Limits::new(&route, [], &counters);
        let followed = counters.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(keep_shared(followed));
        });
        Gateway { clock, counters, limits }
    }

    fn call(&self) -> Result<(), u16> {
        let who = Counted {
            caller: CallerId(0),
            address: "192.0.2.1".parse().unwrap(),
            route: RouteId(7),
            service: ServiceId(1),
        };
        self.limits
            .take(&who, None, &Handles::default(), &mut Lines::default(), self.clock.now())
            .map(drop)
            .map_err(|exceeded| exceeded.status)
    }

    fn wait_until(&self, standing: Standing) {
        wait_for(&format!("{standing:?}"), || self.counters.standing() == standing);
    }
}

fn rate(per_second: u64, burst: u32) -> Limit {
    let rate = Rate { per_1000_seconds: per_second * 1000 };
    Limit { of: Quantity::Calls { rate, burst }, per: vec![Per::Client] }
}

fn quota(calls: u64) -> Limit {
    Limit { of: Quantity::Quota { calls, period: Period::Month }, per: vec![Per::Client] }
}

#[test]
fn two_gateways_together_keep_one_rate() {
    const RATE: u64 = 400;
    const BURST: u32 = 100;
    let redis = Redis::start(free_port());
    let gateways = [0, 1].map(|_| Gateway::start(redis.port, WhenGone::Closed, rate(RATE, BURST)));
    gateways.iter().for_each(|gateway| gateway.wait_until(Standing::Shared));
    let start = Instant::now();
    let through: u64 = std::thread::scope(|scope| {
        let hammer = |gateway| {
            scope.spawn(move || {
                let mut through = 0;
                while start.elapsed() < Duration::from_secs(4) {
                    through += u64::from(Gateway::call(gateway).is_ok());
                    std::thread::sleep(Duration::from_millis(1));
                }
                through
            })
        };
        let threads: Vec<_> = gateways.iter().map(hammer).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let seconds = start.elapsed().as_secs_f64();
    // Each may give the burst before it has heard of the other's, and what goes through in a round.
    let most = RATE as f64 * seconds * 1.01 + 2.0 * f64::from(BURST) + RATE as f64 * 0.1;
    assert!((through as f64) < most, "{through} in {seconds} s, at most {most}");
    assert!(through as f64 > RATE as f64 * seconds * 0.95, "{through} in {seconds} s");
}

#[test]
fn a_quota_is_one_for_all_and_outlives_a_redis_that_forgets() {
    let redis = Redis::start(free_port());
    let gateways = [0, 1].map(|_| Gateway::start(redis.port, WhenGone::Local, quota(100)));
    gateways.iter().for_each(|gateway| gateway.wait_until(Standing::Shared));
    let [one, other] = &gateways;
    assert_eq!((0..60).filter(|_| one.call().is_ok()).count(), 60);
    // The other hears of it when it asks, with its first call.
    assert!(other.call().is_ok());
    let total = |gateway: &Gateway| {
        let mut total = 0;
        gateway.counters.each(|counter| {
            if let Count::Quota(quota) = &counter.count {
                total = quota.total.get().1;
            }
            // Has it asked about, also when it has not been used for a while.
            true
        });
        total
    };
    wait_for("the sum", || total(other) == 61 && total(one) == 61);
    let port = redis.stop();
    gateways.iter().for_each(|gateway| gateway.wait_until(Standing::Gone(WhenGone::Local)));
    assert_eq!((0..10).filter(|_| one.call().is_ok()).count(), 10, "each goes on for itself");
    let _redis = Redis::start(port);
    gateways.iter().for_each(|gateway| gateway.wait_until(Standing::Shared));
    assert!(other.call().is_ok());
    wait_for("the sum", || total(other) == 72 && total(one) >= 71);
    assert_eq!((0..100).filter(|_| other.call().is_ok()).count(), 28);
}

#[test]
fn without_them_it_is_closed_or_open_as_the_file_says_and_comes_back_by_itself() {
    let port = free_port();
    let closed = Gateway::start(port, WhenGone::Closed, rate(1, 1));
    let open = Gateway::start(port, WhenGone::Open, rate(1, 1));
    closed.wait_until(Standing::Gone(WhenGone::Closed));
    open.wait_until(Standing::Gone(WhenGone::Open));
    assert_eq!(closed.call(), Err(503));
    assert!((0..20).all(|_| open.call().is_ok()));
    let _redis = Redis::start(port);
    for gateway in [&closed, &open] {
        gateway.wait_until(Standing::Shared);
        assert_eq!((gateway.call(), gateway.call()), (Ok(()), Err(429)));
    }
    closed.counters.set_shared(None);
    closed.wait_until(Standing::Alone);
}
