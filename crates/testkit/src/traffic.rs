//! Clients that go on asking while a test does something, each over one connection that they only give up when told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::client::Client;

/// After so many failures a client has seen enough.
const ENOUGH: usize = 10;
/// Between two requests of one client: traffic, not a benchmark.
const PACE: Duration = Duration::from_millis(5);

pub struct Traffic {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Seen>>,
}

/// What all clients together saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub answered: u64,
    /// Connections opened; as many as clients when none was closed under them.
    pub connections: u64,
    pub slowest: Duration,
    /// The first ones, word for word.
    pub failures: Vec<String>,
}

impl Traffic {
    /// Starts `clients` threads that GET the target and POST to it in turn. Anything but 200 is a failure.
    pub fn start(address: SocketAddr, target: &str, clients: usize) -> Traffic {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let spawn = |_| {
            let (stop, answered, target) = (stop.clone(), answered.clone(), target.to_owned());
            std::thread::spawn(move || ask_until(&stop, &answered, address, &target))
        };
        let clients = (0..clients).map(spawn).collect();
        Traffic { stop, answered, clients }
    }

    /// Returns when so many more requests have been answered.
    ///
    /// # Panics
    /// When it takes over 30 seconds.
    pub fn await_more(&self, requests: u64) {
        let wanted = self.answered.load(Ordering::Relaxed) + requests;
        let began = Instant::now();
        while self.answered.load(Ordering::Relaxed) < wanted {
            assert!(began.elapsed() < Duration::from_secs(30), "the traffic stands still");
            std::thread::sleep(PACE);
        }
    }

    pub fn stop(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for client in self.clients {
            let seen = client.join().unwrap();
            all.answered += seen.answered;
            all.connections += seen.connections;
            all.slowest = all.slowest.max(seen.slowest);
            all.failures.extend(seen.failures);
        }
        all
    }

    /// Stops, and wants that nothing failed and that there was traffic at all.
    ///
    /// # Panics
    /// With the failures.
    pub fn stop_without_failure(self) -> Seen {
        let seen = self.stop();
        assert!(seen.failures.is_empty(), "{} failures: {:#?}", seen.failures.len(), seen.failures);
        assert!(seen.answered > 0, "no request was answered");
        seen
    }
}

fn ask_until(stop: &AtomicBool, answered: &AtomicU64, address: SocketAddr, target: &str) -> Seen {
    let mut seen = Seen::default();
    let mut connection = None;
    let mut number = 0u64;
    while !stop.load(Ordering::Relaxed) && seen.failures.len() < ENOUGH {
        number += 1;
        let began = Instant::now();
        let mut ask = || {
            let client = match &mut connection {
                Some(client) => client,
                none => {
                    seen.connections += 1;
                    none.insert(Client::connect(address)?)
                }
            };
            if number.is_multiple_of(2) { client.post(target, b"0123456789") } else { client.get(target) }
        };
        match ask() {
            Ok(answer) if answer.status == 200 => {
                seen.answered += 1;
                answered.fetch_add(1, Ordering::Relaxed);
                seen.slowest = seen.slowest.max(began.elapsed());
                if answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                    connection = None;
                }
            }
            Ok(answer) => {
                seen.failures.push(format!("request {number}: {} {}", answer.status, answer.text()))
            }
            Err(error) => {
                connection = None;
                seen.failures.push(format!("request {number}: {error}"));
            }
        }
        std::thread::sleep(PACE);
    }
    seen
}
