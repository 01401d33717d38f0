use futures_util::FutureExt;

use super::*;
use crate::fixture;
use crate::lease::Failure;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

fn traffic() -> Traffic {
    Traffic { concurrency: 2, queue: 2, queue_timeout: Duration::from_secs(5), ..Traffic::default() }
}

#[test]
fn a_free_place_and_a_ready_endpoint_need_no_waiting() {
    let (service, endpoints) = fixture::service(traffic(), 1, &Clock::manual());
    let mut permit = service.admit(Priority::Normal).now_or_never().expect("at once").unwrap();
    assert_eq!(permit.waited(), Duration::ZERO);
    let lease = permit.pick(&[]).now_or_never().expect("at once").unwrap();
    assert_eq!((service.state.in_flight(), endpoints[0].in_flight()), (1, 1));
    drop((lease, permit));
    assert_eq!((service.state.in_flight(), endpoints[0].in_flight()), (0, 0));
}

#[test]
fn over_the_limit_requests_wait_and_over_the_queue_they_are_refused() {
    runtime().block_on(async {
        let (service, _endpoints) = fixture::service(traffic(), 1, &Clock::manual());
        let permits =
            [service.admit(Priority::Normal).await.unwrap(), service.admit(Priority::Normal).await.unwrap()];
        let mut first = Box::pin(service.admit(Priority::Normal));
        let mut second = Box::pin(service.admit(Priority::Normal));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        assert_eq!(service.admit(Priority::Normal).await.unwrap_err(), Refusal::QueueFull);
        assert_eq!(service.state.waiting(), 2);
        drop(permits);
        let admitted = [first.await, second.await];
        assert!(admitted.iter().all(Result::is_ok));
        assert_eq!((service.state.in_flight(), service.state.waiting()), (2, 0));
    });
}

#[test]
fn waiting_ends_after_the_queue_timeout() {
    runtime().block_on(async {
        let (service, _none) = fixture::service(traffic(), 0, &Clock::manual());
        let start = tokio::time::Instant::now();
        assert_eq!(service.admit(Priority::Normal).await.unwrap_err(), Refusal::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 5);
        assert_eq!(service.state.waiting(), 0, "it has left the queue");
    });
}

#[test]
fn requests_wait_for_the_first_instance_and_go_at_once_when_it_is_ready() {
    runtime().block_on(async {
        let clock = Clock::manual();
        let (service, _none) = fixture::service(traffic(), 0, &clock);
        let mut waiting = Box::pin(service.admit(Priority::Normal));
        assert!(waiting.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        service.state.set_routed(vec![fixture::endpoint(1, &clock)], &service.traffic);
        let permit = waiting.await.unwrap();
        assert_eq!(permit.waited(), Duration::from_secs(1));
        assert!(service.pick(&[]).is_some());
    });
}

#[test]
fn a_request_inside_whose_only_instance_died_waits_for_the_next_one() {
    runtime().block_on(async {
        let clock = Clock::manual();
        let (service, _endpoints) = fixture::service(traffic(), 1, &clock);
        let mut permit = service.admit(Priority::Normal).await.unwrap();
        let mut lease = permit.pick(&[]).await.unwrap();
        let dead = lease.key();
        lease.failed(Failure::Connect);
        drop(lease);
        let not = [dead];
        let mut again = Box::pin(permit.pick(&not));
        assert!(again.as_mut().now_or_never().is_none());
        assert!(service.admit(Priority::Normal).now_or_never().is_none(), "nor does another come in");
        service.state.set_routed(vec![fixture::endpoint(2, &clock)], &service.traffic);
        let lease = again.await.unwrap();
        assert_eq!(lease.key().ordinal, 2);
    });
}

#[test]
fn a_request_inside_waits_no_longer_than_the_queue_timeout() {
    runtime().block_on(async {
        let clock = Clock::manual();
        let (service, endpoints) = fixture::service(traffic(), 1, &clock);
        let mut permit = service.admit(Priority::Normal).await.unwrap();
        endpoints[0].set_down(true);
        service.state.refresh();
        assert_eq!(permit.pick(&[]).await.unwrap_err(), Refusal::TimedOut);
    });
}

#[test]
fn an_endpoint_that_is_checked_well_again_is_found() {
    runtime().block_on(async {
        let (service, endpoints) = fixture::service(traffic(), 1, &Clock::manual());
        endpoints[0].set_down(true);
        service.state.refresh();
        let mut waiting = Box::pin(service.admit(Priority::Normal));
        assert!(waiting.as_mut().now_or_never().is_none());
        endpoints[0].set_down(false);
        service.state.refresh();
        assert!(waiting.await.is_ok());
    });
}

#[test]
fn a_request_given_up_by_its_client_still_shows_how_long_it_took() {
    let clock = Clock::manual();
    let (service, endpoints) = fixture::service(traffic(), 1, &clock);
    service.pick(&[]).unwrap().answered(Duration::from_millis(10), 200);
    let micros = || endpoints[0].latency.micros(10_000.0, clock.now());
    let before = micros();
    let hanging = service.pick(&[]).unwrap();
    clock.advance(Duration::from_secs(3));
    drop(hanging);
    assert!(micros() > 1.5 * before, "{} after {before}", micros());
    assert_eq!(endpoints[0].in_flight(), 0);
}

#[test]
fn retries_come_out_of_the_budget() {
    let (service, _endpoints) = fixture::service(traffic(), 1, &Clock::manual());
    assert_eq!((0..20).filter(|_| service.may_retry()).count(), 10);
}

#[test]
fn what_an_instance_can_not_hold_waits_for_it_or_for_a_new_one() {
    runtime().block_on(async {
        let clock = Clock::manual();
        let bounded = Traffic { concurrency: 100, queue: 10, per_instance: Some(2), ..traffic() };
        let (service, endpoints) = fixture::service(bounded, 1, &clock);
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut permit = service.admit(Priority::Normal).await.unwrap();
            held.push((permit.pick(&[]).await.unwrap(), permit));
        }
        let mut third = Box::pin(service.admit(Priority::Normal));
        assert!(third.as_mut().now_or_never().is_none(), "the only instance is full");
        let new = fixture::endpoint(2, &clock);
        service.state.set_routed(vec![endpoints[0].clone(), new.clone()], &service.traffic);
        let mut permit = third.await.unwrap();
        assert_eq!(permit.pick(&[]).await.unwrap().key(), new.key(), "it goes to the one that came");
        assert_eq!((endpoints[0].in_flight(), service.state.begun()), (2, 3));
    });
}

#[test]
fn a_full_well_instance_is_waited_for_rather_than_an_ill_one_asked() {
    runtime().block_on(async {
        let clock = Clock::manual();
        let bounded = Traffic { concurrency: 100, queue: 10, per_instance: Some(1), ..traffic() };
        let (service, endpoints) = fixture::service(bounded, 2, &clock);
        endpoints[0].set_unhealthy(true);
        let first = service.pick(&[]).unwrap();
        assert_eq!(first.key(), endpoints[1].key());
        let mut permit = service.admit(Priority::Normal).await.unwrap();
        let mut second = Box::pin(permit.pick(&[]));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert_eq!(second.await.unwrap().key(), endpoints[1].key());
    });
}
