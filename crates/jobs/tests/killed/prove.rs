//! The proofs: what was acknowledged is counted at the service, while whoever acknowledged it is killed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::response::IntoResponse;
use http::StatusCode;
use tokio::sync::{Notify, Semaphore};

use crate::broker::Broker;
use crate::process::serve;
use crate::world::Gateway;

const KILLS: usize = 10;
const CLIENTS: usize = 64;

/// What the service was called for, and how often.
#[derive(Default)]
struct Calls {
    by_body: Mutex<HashMap<String, usize>>,
    all: AtomicUsize,
    called: Notify,
}

impl Calls {
    /// Counts a call; whether the service does it. One in a hundred is refused the first time.
    fn count(&self, body: String) -> bool {
        let mut by_body = self.by_body.lock().unwrap();
        let all = self.all.fetch_add(1, Ordering::Relaxed);
        self.called.notify_waiters();
        if all.is_multiple_of(100) && !by_body.contains_key(&body) {
            return false;
        }
        *by_body.entry(body).or_default() += 1;
        true
    }

    fn different(&self) -> usize {
        self.by_body.lock().unwrap().len()
    }

    fn twice(&self) -> usize {
        self.by_body.lock().unwrap().values().filter(|calls| **calls > 1).count()
    }

    /// Waits until so many different ones were done.
    async fn reach(&self, different: usize) {
        loop {
            let called = self.called.notified();
            if self.different() >= different {
                return;
            }
            called.await;
        }
    }
}

async fn world() -> (Gateway, Arc<Calls>) {
    let calls = Arc::new(Calls::default());
    let counted = calls.clone();
    let service = move |got: crate::world::Got| {
        let done = counted.count(got.body.clone());
        let answer = if done {
            (StatusCode::OK, got.body).into_response()
        } else {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        };
        Box::pin(std::future::ready(answer)) as crate::world::Answer
    };
    (Gateway::start(Arc::new(service)).await, calls)
}

/// Sends until it is acknowledged, as a client that means it would; the address of what was accepted.
async fn send(gateway: Gateway, path: &'static str, number: usize) -> String {
    let (key, body) = (format!("key-{number}"), format!("order {number}"));
    loop {
        let answer = gateway.ask("POST", path, &[("idempotency-key", &key)], &body).await;
        match answer {
            Ok(answer) if answer.status == StatusCode::ACCEPTED => {
                return answer.header("location").to_owned();
            }
            Ok(answer) if answer.status.is_client_error() => panic!("{answer:?}"),
            // Nobody says when what was killed is up again.
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Sends all, so many at once; their addresses.
async fn send_all(gateway: &Gateway, path: &'static str, count: usize) -> Vec<String> {
    let places = Arc::new(Semaphore::new(CLIENTS));
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let (gateway, places) = (gateway.clone(), places.clone());
            tokio::spawn(async move {
                let _place = places.acquire().await.unwrap();
                send(gateway, path, number).await
            })
        })
        .collect();
    let mut addresses = Vec::with_capacity(count);
    for task in tasks {
        addresses.push(task.await.unwrap());
    }
    addresses
}

/// So many numbers of calls at which to kill: one anywhere in each equal part.
fn moments(count: usize) -> Vec<usize> {
    let part = count / (KILLS + 1);
    let mut seed = Instant::now().elapsed().as_nanos() as usize ^ std::process::id() as usize;
    (0..KILLS)
        .map(|kill| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            kill * part + (seed >> 33) % part + 1
        })
        .collect()
}

pub(crate) async fn jobs(count: usize) {
    let folder = tempfile::TempDir::new().unwrap();
    let (gateway, calls) = world().await;
    let (mut process, address) = serve(folder.path(), gateway.address, None);
    gateway.jobs_at(Some(address));
    let began = Instant::now();
    let sender = gateway.clone();
    let sending = tokio::spawn(async move { send_all(&sender, "/work", count).await });
    for moment in moments(count) {
        calls.reach(moment).await;
        gateway.jobs_at(None);
        process.kill();
        let (next, address) = serve(folder.path(), gateway.address, None);
        process = next;
        gateway.jobs_at(Some(address));
    }
    let addresses = sending.await.unwrap();
    let acknowledged = began.elapsed();
    let mut lost = 0;
    for (number, address) in addresses.iter().enumerate() {
        let result = format!("{address}/result");
        let ended = gateway.ask("GET", &result, &[("prefer", "wait=60")], "").await.unwrap();
        if ended.status != StatusCode::OK || ended.body != format!("order {number}") {
            println!("lost: {address}: {ended:?}");
            lost += 1;
        }
    }
    println!(
        "jobs: {count} acknowledged in {:.1}s, the process killed {KILLS} times meanwhile: {} results in {:.1}s, \
         {lost} lost, {} ran more than once",
        acknowledged.as_secs_f64(),
        count - lost,
        began.elapsed().as_secs_f64(),
        calls.twice()
    );
    assert_eq!((lost, calls.different()), (0, count));
}

pub(crate) async fn broker(kind: &str, count: usize) {
    let (state, kept) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
    let (gateway, calls) = world().await;
    let mut broker = Broker::start(kind, kept.path()).await;
    let named = broker.named();
    let (mut process, address) = serve(state.path(), gateway.address, Some(&named));
    gateway.jobs_at(Some(address));
    let path = if kind == "nats" { "/nats" } else { "/amqp" };
    let began = Instant::now();
    let sender = gateway.clone();
    let sending = tokio::spawn(async move { send_all(&sender, path, count).await.len() });
    for (kill, moment) in moments(count).into_iter().enumerate() {
        calls.reach(moment).await;
        if kill % 2 == 0 {
            broker.restart();
        } else {
            gateway.jobs_at(None);
            process.kill();
            let (next, address) = serve(state.path(), gateway.address, Some(&named));
            process = next;
            gateway.jobs_at(Some(address));
        }
    }
    let sent = sending.await.unwrap();
    let acknowledged = began.elapsed();
    let arrived = tokio::time::timeout(Duration::from_secs(120), calls.reach(count)).await;
    println!(
        "{kind}: {sent} published and confirmed in {:.1}s, the broker killed {} times and the process {} times meanwhile: \
         {} consumed in {:.1}s, {} lost, {} delivered more than once",
        acknowledged.as_secs_f64(),
        KILLS.div_ceil(2),
        KILLS / 2,
        calls.different(),
        began.elapsed().as_secs_f64(),
        count - calls.different(),
        calls.twice()
    );
    assert!(arrived.is_ok() && sent == count, "messages that were confirmed did not arrive");
}
