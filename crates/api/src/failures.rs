//! Who has failed to authenticate lately, so that a token can't be found by trying.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

/// Failures within [`WINDOW`] after which an address has to wait for its end.
const MAX_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered at once; the one that failed longest ago goes first.
const MAX_ADDRESSES: usize = 10_000;

/// The failures of each address; an IPv6 host has a whole /64, so that counts as one (RFC 6177).
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<HashMap<IpAddr, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Instant,
    failures: u32,
}

impl Failures {
    /// How long this address has to wait before it may try again.
    pub(crate) fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let window = *self.windows().get(&network(address))?;
        let left = (window.since + WINDOW).checked_duration_since(now)?;
        (window.failures >= MAX_FAILURES && !left.is_zero()).then_some(left)
    }

    pub(crate) fn count(&self, address: IpAddr, now: Instant) {
        let mut windows = self.windows();
        let address = network(address);
        if windows.len() >= MAX_ADDRESSES && !windows.contains_key(&address) {
            windows.retain(|_, window| now.duration_since(window.since) < WINDOW);
            let oldest = windows.iter().min_by_key(|(_, window)| window.since).map(|(address, _)| *address);
            if let Some(oldest) = oldest.filter(|_| windows.len() >= MAX_ADDRESSES) {
                windows.remove(&oldest);
            }
        }
        let window = windows.entry(address).or_insert(Window { since: now, failures: 0 });
        if now.duration_since(window.since) >= WINDOW {
            *window = Window { since: now, failures: 0 };
        }
        window.failures += 1;
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<IpAddr, Window>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_in_a_minute_cost_the_rest_of_it() {
        let failures = Failures::default();
        let start = Instant::now();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..9 {
            failures.count(one, start);
        }
        assert_eq!(failures.wait(one, start), None);
        failures.count("::ffff:192.0.2.1".parse().unwrap(), start);
        let later = start + Duration::from_secs(20);
        assert_eq!(failures.wait(one, later), Some(Duration::from_secs(40)));
        assert_eq!(failures.wait(other, later), None);
        assert_eq!(failures.wait(one, start + WINDOW), None);
        failures.count(one, start + WINDOW);
        assert_eq!(failures.wait(one, start + WINDOW), None);
    }

    #[test]
    fn a_whole_network_of_one_host_counts_together_and_memory_is_bounded() {
        let failures = Failures::default();
        let now = Instant::now();
        for n in 0..10u128 {
            failures.count(IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) + n)), now);
        }
        assert!(failures.wait("2001:db8::ffff".parse().unwrap(), now).is_some());
        for n in 0..20_000u32 {
            failures.count(IpAddr::V4(n.into()), now + Duration::from_millis(u64::from(n)));
        }
        assert_eq!(failures.windows().len(), MAX_ADDRESSES);
        assert_eq!(failures.wait("2001:db8::ffff".parse().unwrap(), now), None);
    }
}
