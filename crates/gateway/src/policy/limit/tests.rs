//! All limits of a request together, over tables, clients and restarts.

use jiff::tz::TimeZone;
use naru_model::client::Client;
use naru_model::link::Used;
use naru_model::platform::Traffic;
use naru_model::policy::{Limit, Per, Period, Policy, Quantity};
use naru_model::snapshot::{Caller, Callers};
use naru_model::units::{Bytes, Rate};

use super::*;
use crate::clock::Clock;
use crate::fixture::service_snapshot;

fn calls(per_second: u64, burst: u32, per: &[Per]) -> Limit {
    let rate = Rate { per_1000_seconds: per_second * 1000 };
    Limit { of: Quantity::Calls { rate, burst }, per: per.to_vec() }
}

fn quota(calls: u64, period: Period, per: &[Per]) -> Limit {
    Limit { of: Quantity::Quota { calls, period }, per: per.to_vec() }
}

fn at_once(calls: u32) -> Limit {
    Limit { of: Quantity::Concurrency { calls }, per: Vec::new() }
}

fn route(id: u32, limits: &[Limit]) -> snapshot::Route {
    let policy = Policy { limits: limits.to_vec(), ..Policy::default() };
    let to = vec![(ServiceId(1), 1)];
    snapshot::Route { id: RouteId(id), name: format!("/{id}/**"), to, policy, ..Default::default() }
}

fn service(limits: &[Limit]) -> snapshot::Service {
    service_snapshot(1, Traffic { limits: limits.to_vec(), ..Traffic::default() })
}

fn who(caller: u32, address: &str, route: u32) -> Counted {
    let (caller, route) = (CallerId(caller), RouteId(route));
    Counted { caller, address: address.parse().unwrap(), route, service: ServiceId(1) }
}

/// Client 1 is `mobile`, and so on.
fn callers(limits: &[Limit], priority: Option<Priority>) -> Callers {
    let client = Client { limits: limits.to_vec(), priority, ..Client::default() };
    let caller = |(id, name): (u32, &str)| Caller {
        id: CallerId(id),
        name: name.parse().unwrap(),
        client: client.clone(),
    };
    Callers { clients: [(1, "mobile"), (2, "partner")].map(caller).to_vec(), ..Callers::default() }
}

struct Bench {
    clock: Clock,
    counters: Arc<Counters>,
    clients: Vec<(CallerId, ClientLimits)>,
}

impl Bench {
    fn new() -> Self {
        let clock = Clock::manual();
        let counters = Counters::in_zone(clock.clone(), TimeZone::get("Asia/Seoul").unwrap());
        Bench { clock, counters: Arc::new(counters), clients: Vec::new() }
    }

    fn limits(&self, route: &snapshot::Route, service: &snapshot::Service) -> Limits {
        Limits::new(route, [service], &self.counters)
    }

    fn register(&mut self, callers: &Callers) {
        let limits = |caller: &Caller| (caller.id, ClientLimits::of(caller));
        self.clients = callers.clients.iter().map(limits).collect();
    }

    fn take(&self, limits: &Limits, who: &Counted) -> Result<Taken, Exceeded> {
        self.take_on(&Handles::default(), limits, who).map(|(taken, _)| taken)
    }

    /// By a connection that remembers; with what the answer says.
    fn take_on(
        &self,
        handles: &Handles,
        limits: &Limits,
        who: &Counted,
    ) -> Result<(Taken, String), Exceeded> {
        let client = self.clients.iter().find(|(id, _)| *id == who.caller).map(|(_, limits)| limits);
        let mut lines = Lines::default();
        let taken = limits.take(who, client, handles, &mut lines, self.clock.now())?;
        Ok((taken, String::from_utf8(lines.as_bytes().to_vec()).unwrap()))
    }

    /// How many of ten calls are let through.
    fn through(&self, limits: &Limits, who: &Counted) -> usize {
        (0..10).filter(|_| self.take(limits, who).is_ok()).count()
    }
}

#[test]
fn each_client_has_its_own_and_strangers_count_by_address() {
    let bench = Bench::new();
    let limits = bench.limits(&route(7, &[calls(10, 3, &[Per::Client])]), &service(&[]));
    assert_eq!(bench.through(&limits, &who(1, "192.0.2.1", 7)), 3);
    assert_eq!(bench.through(&limits, &who(1, "192.0.2.9", 7)), 0, "from anywhere");
    assert_eq!(bench.through(&limits, &who(2, "192.0.2.1", 7)), 3);
    assert_eq!(bench.through(&limits, &who(0, "192.0.2.1", 7)), 3);
    assert_eq!(bench.through(&limits, &who(0, "::ffff:192.0.2.1", 7)), 0, "the same address");
    assert_eq!(bench.through(&limits, &who(0, "2001:db8::1", 7)), 3);
    assert_eq!(bench.through(&limits, &who(0, "2001:db8::2:3", 7)), 0, "the same /64");
    bench.clock.advance(Duration::from_millis(100));
    assert_eq!(bench.through(&limits, &who(1, "192.0.2.1", 7)), 1);
}

#[test]
fn limits_of_clients_services_and_routes_hold_together() {
    let mut bench = Bench::new();
    bench.register(&callers(&[calls(1, 5, &[])], None));
    let service = service(&[calls(1, 8, &[])]);
    let one = bench.limits(&route(7, &[]), &service);
    let other = bench.limits(&route(8, &[calls(1, 2, &[])]), &service);
    assert!(!one.is_empty() && bench.limits(&route(9, &[]), &super::tests::service(&[])).is_empty());
    assert_eq!(bench.through(&other, &who(1, "192.0.2.1", 8)), 2, "the route's");
    assert_eq!(bench.through(&one, &who(1, "192.0.2.1", 7)), 3, "the client's, over both routes");
    assert_eq!(bench.through(&one, &who(2, "192.0.2.1", 7)), 3, "the service's, over both clients");
}

#[test]
fn what_one_limit_refuses_costs_the_others_nothing() {
    let bench = Bench::new();
    let many = [calls(1, 4, &[]), quota(4, Period::Day, &[]), at_once(4), calls(1, 1, &[Per::Client])];
    let limits = bench.limits(&route(7, &many), &service(&[]));
    let kept: Vec<Taken> = (1..=2).map(|id| bench.take(&limits, &who(id, "::1", 7)).unwrap()).collect();
    assert_eq!(bench.through(&limits, &who(1, "::1", 7)), 0, "its own is used up");
    let more: Vec<Taken> = (3..=4).map(|id| bench.take(&limits, &who(id, "::1", 7)).unwrap()).collect();
    assert_eq!((kept.len(), more.len(), bench.through(&limits, &who(5, "::1", 7))), (2, 2, 0));
    assert_eq!(bench.counters.take_used()[0].count, 4);
}

#[test]
fn counts_stay_when_the_table_changes_and_the_amount_with_it() {
    let bench = Bench::new();
    let before = bench.limits(&route(7, &[quota(3, Period::Month, &[])]), &service(&[]));
    assert_eq!(bench.through(&before, &who(0, "::1", 7)), 3);
    let after = bench.limits(&route(7, &[quota(5, Period::Month, &[])]), &service(&[]));
    assert_eq!(bench.through(&after, &who(0, "::1", 7)), 2);
    bench.clock.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(bench.through(&after, &who(0, "::1", 7)), 5, "a new month");
}

#[test]
fn places_are_free_again_when_the_request_has_ended() {
    let bench = Bench::new();
    let limits = bench.limits(&route(7, &[at_once(2)]), &service(&[]));
    let first = bench.take(&limits, &who(0, "::1", 7)).unwrap();
    let _second = bench.take(&limits, &who(0, "::1", 7)).unwrap();
    let refused = bench.take(&limits, &who(0, "::1", 7)).unwrap_err();
    assert_eq!((refused.status, refused.retry_after), (429, SOON));
    drop(first);
    assert!(bench.take(&limits, &who(0, "::1", 7)).is_ok());
}

#[test]
fn an_answer_says_what_is_left_and_a_refusal_when_to_come_back() {
    let bench = Bench::new();
    let both = [calls(10, 20, &[Per::Client]), at_once(5)];
    let limits = bench.limits(&route(7, &both), &service(&[]));
    let (_taken, said) = bench.take_on(&Handles::default(), &limits, &who(1, "::1", 7)).unwrap();
    assert_eq!(
        said,
        "ratelimit-policy: \"route-calls\";q=20;w=2, \"route-concurrency\";q=5;qu=\"concurrent-requests\"\r\n\
         ratelimit: \"route-calls\";r=19;t=1, \"route-concurrency\";r=4\r\n"
    );
    let day = bench.limits(&route(8, &[quota(0, Period::Day, &[Per::Client])]), &service(&[]));
    let refused = Refused::from(bench.take(&day, &who(1, "::1", 8)).unwrap_err());
    // The manual clock begins at 2026-09-21T23:13:20 in Seoul.
    let left = (24 * 3600 - (23 * 3600 + 13 * 60 + 20)).to_string();
    let said = format!("\"route-quota-day\";r=0;t={left}");
    let wanted = [
        ("retry-after", left.as_str()),
        ("ratelimit-policy", "\"route-quota-day\";q=0;w=86400"),
        ("ratelimit", &said),
    ];
    let got: Vec<_> = refused.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!((refused.status, got), (429, wanted.to_vec()));
    assert!(refused.detail.starts_with("no more than 0 calls a day of this route, per client"));
}

#[test]
fn bytes_count_as_they_flow_and_the_next_request_is_refused() {
    let bench = Bench::new();
    let bytes =
        Limit { of: Quantity::Bytes { bytes: Bytes(1000), period: Period::Day }, per: vec![Per::Client] };
    let limits = bench.limits(&route(7, &[bytes]), &service(&[]));
    let taken = bench.take(&limits, &who(1, "::1", 7)).unwrap();
    let mut up = taken.flow(Direction::Request).unwrap();
    let mut down = taken.flow(Direction::Response).unwrap();
    up.passed(400);
    assert!(bench.take(&limits, &who(1, "::1", 7)).is_ok());
    down.passed(2000);
    assert_eq!(bench.take(&limits, &who(1, "::1", 7)).unwrap_err().status, 429);
    assert!(bench.take(&limits, &who(2, "::1", 7)).is_ok());
    let used = bench.counters.take_used();
    assert_eq!((used.len(), used[0].count), (1, 2400));
}

#[test]
fn quotas_are_told_once_and_go_on_from_what_was_used_before() {
    let limit = quota(10, Period::Day, &[Per::Client]);
    let mut bench = Bench::new();
    let limits = bench.limits(&route(7, std::slice::from_ref(&limit)), &service(&[]));
    bench.register(&callers(&[], None));
    assert_eq!(bench.through(&limits, &who(1, "::1", 7)), 10);
    let used = bench.counters.take_used();
    let key = "route /7/** quota-day 0 client mobile".to_owned();
    assert_eq!(used, [Used { key: key.clone(), period: "2026-09-21".to_owned(), count: 10 }]);
    assert_eq!(bench.counters.take_used(), []);

    // Another gateway: some calls come before the server has told it.
    let mut bench = Bench::new();
    bench.register(&callers(&[], None));
    let limits = bench.limits(&route(7, &[limit]), &service(&[]));
    let call = |id| bench.take(&limits, &who(id, "::1", 7)).is_ok();
    assert!(call(1));
    let before =
        |key: &str, period: &str, count| Used { key: key.to_owned(), period: period.to_owned(), count };
    let other = key.replace("mobile", "partner");
    bench.counters.set_used(vec![
        before(&key, "2026-09-21", 8),
        before(&other, "2026-09-20", 10),
        before("gone", "2026-09-21", 1),
    ]);
    assert_eq!((call(1), call(1), call(2)), (true, false, true), "yesterday's does not count");
    assert_eq!(bench.counters.take_used().iter().map(|used| used.count).sum::<u64>(), 3);
}

#[test]
fn a_client_is_as_important_as_it_is_registered_and_else_as_its_route() {
    let mut bench = Bench::new();
    bench.register(&callers(&[], Some(Priority::Critical)));
    let mut of_route = route(7, &[]);
    let plain = bench.limits(&of_route, &service(&[]));
    of_route.policy.priority = Some(Priority::Low);
    let limits = bench.limits(&of_route, &service(&[]));
    assert_eq!(limits.priority(Some(&bench.clients[0].1)), Priority::Critical);
    bench.register(&callers(&[], None));
    assert_eq!(limits.priority(Some(&bench.clients[0].1)), Priority::Low);
    assert_eq!((limits.priority(None), plain.priority(None)), (Priority::Low, Priority::Normal));
}

#[test]
fn counters_are_bounded_and_those_that_say_nothing_go_first() {
    let bench = Bench::new();
    let limits = bench.limits(&route(7, &[calls(1, 1, &[Per::Address])]), &service(&[]));
    let day = bench.limits(&route(8, &[quota(5, Period::Day, &[])]), &service(&[]));
    assert_eq!(bench.through(&day, &who(0, "::1", 8)), 5);
    bench.counters.take_used();
    for address in 0..200_000u32 {
        let mut who = who(0, "::1", 7);
        who.address = IpAddr::V4(address.into());
        let _ = bench.take(&limits, &who);
        bench.clock.advance(Duration::from_micros(20));
    }
    assert!(bench.counters.len() <= 128 << 10, "{}", bench.counters.len());
    assert_eq!(bench.through(&day, &who(0, "::1", 8)), 0, "what a quota has counted stays");
}

#[test]
fn gone_shared_counters_close_or_open_what_they_count_and_nothing_else() {
    let bench = Bench::new();
    let rate = bench.limits(&route(7, &[calls(1, 1, &[])]), &service(&[]));
    let places = bench.limits(&route(8, &[at_once(100)]), &service(&[]));
    let through = |standing| {
        bench.counters.stand(standing);
        (bench.through(&rate, &who(0, "::1", 7)), bench.through(&places, &who(0, "::1", 8)))
    };
    assert_eq!(through(Standing::Gone(WhenGone::Open)), (10, 10));
    assert_eq!(through(Standing::Gone(WhenGone::Closed)), (0, 10));
    assert_eq!(through(Standing::Gone(WhenGone::Local)), (1, 10));
    bench.counters.stand(Standing::Gone(WhenGone::Closed));
    assert_eq!(bench.take(&rate, &who(0, "::1", 7)).unwrap_err().status, 503);
}

#[test]
fn threads_together_keep_rates_and_places_of_a_client() {
    for threads in [2, 8] {
        let bench = Bench::new();
        let limit = [calls(1000, 500, &[Per::Client]), at_once(threads)];
        let limits = bench.limits(&route(7, &limit), &service(&[]));
        let through: usize = std::thread::scope(|scope| {
            let run = || (0..200).map(|_| bench.through(&limits, &who(1, "::1", 7))).sum::<usize>();
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(through, 500, "{threads} threads, and the clock stands still");
    }
}

#[test]
fn a_connection_that_remembers_its_counters_counts_as_any_other() {
    let mut bench = Bench::new();
    bench.register(&callers(&[calls(1, 9, &[])], None));
    let handles = Handles::default();
    let all: Vec<Limits> =
        (0..20).map(|id| bench.limits(&route(id, &[calls(1, 2, &[Per::Client])]), &service(&[]))).collect();
    let call =
        |handles: &Handles, id: u32| bench.take_on(handles, &all[id as usize], &who(1, "::1", id)).is_ok();
    // Nine routes, of which it remembers no more than eight counters; then the client's own limit is used up.
    assert!((0..9).all(|id| call(&handles, id)));
    assert!(!call(&handles, 19) && !call(&Handles::default(), 19), "the client's");
    bench.clock.advance(Duration::from_secs(9));
    let other = Handles::default();
    assert!(call(&other, 0) && call(&handles, 0));
    assert!(!call(&handles, 0) && !call(&other, 0), "the route's, over both connections");
    assert!(bench.counters.len() <= 22);
}
