//! Picks a port for an instance.
//!
//! From below the range that Linux takes client ports from (32768 up, `ip_local_port_range`), so that no connection of anybody
//! happens to sit on a port between picking it and the service listening on it.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, TcpListener};

pub(crate) const FIRST: u16 = 20_000;
pub(crate) const LAST: u16 = 32_767;

/// Goes round the range, so that a port that was just left is the last one to be given again.
#[derive(Debug)]
pub(crate) struct Ports {
    next: u16,
}

impl Ports {
    /// Begins somewhere, so that two servers on one machine seldom pick the same port at the same moment.
    pub(crate) fn new() -> Ports {
        let random = std::hash::RandomState::new().build_hasher().finish();
        Ports { next: FIRST + (random % u64::from(LAST - FIRST)) as u16 }
    }

    /// Returns a port that is not among `given` and that nobody listens on; `None` when there is none.
    pub(crate) fn pick(&mut self, given: &BTreeSet<u16>) -> Option<u16> {
        for _ in FIRST..=LAST {
            let port = self.next;
            self.next = if port == LAST { FIRST } else { port + 1 };
            if !given.contains(&port) && is_free(port) {
                return Some(port);
            }
        }
        None
    }
}

/// Tells whether a service could listen on the port now.
pub(crate) fn is_free(port: u16) -> bool {
    // With SO_REUSEADDR, as std binds: connections of an instance that has ended do not count.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_given_or_listened_on_is_passed_over() {
        let mut ports = Ports::new();
        let first = ports.pick(&BTreeSet::new()).unwrap();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        assert!((FIRST..=LAST).contains(&first));
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        ports.next = first;
        assert_ne!(ports.pick(&BTreeSet::from([taken])), Some(first));
        drop(held);
        ports.next = first;
        assert_ne!(ports.pick(&BTreeSet::from([first])), Some(first));
    }

    #[test]
    fn after_the_last_port_comes_the_first() {
        let mut ports = Ports { next: LAST };
        let all_but_first: BTreeSet<u16> = (FIRST + 50..=LAST).collect();
        let port = ports.pick(&all_but_first).unwrap();
        assert!((FIRST..FIRST + 50).contains(&port));
    }
}
