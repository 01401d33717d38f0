//! Connections to endpoints that wait for their next request. Each thread has its own; nothing is shared or locked.
//!
//! Endpoints may close an idle connection at any moment, also while a request is on its way. So connections are given up
//! before their endpoint would (`Keep-Alive: timeout=`), looked at before they are used, and a request that must not be
//! sent twice takes none that has been idle for long.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::Connection;
use crate::endpoint::{Endpoint, InstanceKey};
use crate::http1::upstream::Upstream as Http1;
use crate::http2::upstream::{Sender, Upstream as Http2};

/// How long an idle connection is kept when its endpoint says nothing. Below the shortest default known to be common
/// that is above a few seconds: Tomcat's 20 s, with a margin.
const KEPT_IDLE: Duration = Duration::from_secs(15);
/// Idle for longer than this, a connection is not trusted without asking the kernel, and never with a request that must
/// not be sent twice: a server that closes idle connections waits for longer than this.
const TRUSTED_IDLE: Duration = Duration::from_millis(900);
/// Idle connections kept for one endpoint.
const KEPT_PER_ENDPOINT: usize = 256;

/// Cheap to clone; all clones of a thread are one pool.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool(Rc<RefCell<Endpoints>>);

type Endpoints = HashMap<InstanceKey, Entry, BuildHasherDefault<KeyHasher>>;

#[derive(Debug)]
struct Entry {
    endpoint: Arc<Endpoint>,
    /// The one used last is at the end, and is used first.
    idle: Vec<Idle>,
    senders: Vec<Sender>,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Http1>,
    since: Instant,
    until: Instant,
}

impl Pool {
    /// Takes a connection that can be trusted with the request, if there is one.
    pub(crate) fn take(
        &self,
        cx: &mut Context<'_>,
        endpoint: &Arc<Endpoint>,
        idempotent: bool,
        now: Instant,
    ) -> Option<Connection> {
        let mut endpoints = self.0.borrow_mut();
        let entry = endpoints.get_mut(&endpoint.key())?;
        if !Arc::ptr_eq(&entry.endpoint, endpoint) {
            // Another process has its address now, or it has another address.
            endpoints.remove(&endpoint.key());
            return None;
        }
        if let Some(sender) = entry.ready_sender() {
            return Some(Connection::Http2(Box::new(Http2::new(sender))));
        }
        loop {
            let last = entry.idle.last()?;
            let rested = now.duration_since(last.since) > TRUSTED_IDLE;
            if rested && !idempotent {
                return None;
            }
            let idle = entry.idle.pop()?;
            if now < idle.until && idle.connection.is_usable(cx, rested) {
                return Some(Connection::Http1(idle.connection));
            }
        }
    }

    /// Keeps a connection whose answer was read to its end at `since`, if it can be used again. `seconds`: for how long
    /// the endpoint keeps it, if it has said so.
    pub(crate) fn put(
        &self,
        endpoint: &Arc<Endpoint>,
        connection: Connection,
        seconds: Option<u64>,
        since: Instant,
    ) {
        let Connection::Http1(mut connection) = connection else { return };
        if !connection.is_reusable() || !endpoint.is_routed() {
            return;
        }
        connection.wire.rest();
        let mut endpoints = self.0.borrow_mut();
        let entry = Self::entry(&mut endpoints, endpoint);
        if entry.idle.len() >= KEPT_PER_ENDPOINT {
            return;
        }
        let kept = seconds.map_or(KEPT_IDLE, |seconds| {
            Duration::from_secs(seconds.saturating_sub(1)).min(Duration::from_secs(60))
        });
        entry.idle.push(Idle { connection, since, until: since + kept });
    }

    /// Keeps the handle of an HTTP/2 connection, for more streams on it.
    pub(crate) fn put_sender(&self, endpoint: &Arc<Endpoint>, sender: Sender) {
        if endpoint.is_routed() {
            Self::entry(&mut self.0.borrow_mut(), endpoint).senders.push(sender);
        }
    }

    fn entry<'e>(endpoints: &'e mut Endpoints, endpoint: &Arc<Endpoint>) -> &'e mut Entry {
        let entry = endpoints.entry(endpoint.key()).or_insert_with(|| Entry {
            endpoint: endpoint.clone(),
            idle: Vec::new(),
            senders: Vec::new(),
        });
        if !Arc::ptr_eq(&entry.endpoint, endpoint) {
            *entry = Entry { endpoint: endpoint.clone(), idle: Vec::new(), senders: Vec::new() };
        }
        entry
    }

    /// Closes the idle connections to endpoints that get no more requests.
    pub(crate) fn follow(&self) {
        self.0.borrow_mut().retain(|_, entry| entry.endpoint.is_routed());
    }

    /// Closes what has been idle for too long, or was closed by its endpoint. To be called every second or so.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut nobody = Context::from_waker(Waker::noop());
        self.0.borrow_mut().retain(|_, entry| {
            entry.idle.retain(|idle| now < idle.until && idle.connection.is_usable(&mut nobody, false));
            entry.senders.retain_mut(Sender::is_open);
            !(entry.idle.is_empty() && entry.senders.is_empty())
        });
    }
}

impl Entry {
    /// A connection of HTTP/2 that has room for one more stream.
    fn ready_sender(&mut self) -> Option<Sender> {
        self.senders.retain_mut(Sender::is_open);
        self.senders.iter().find(|sender| sender.has_room()).cloned()
    }
}

/// Mixes the three small numbers of a key. Keys come from the server, so nobody can make them collide.
#[derive(Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    /// Source of the constant: 2^64 over the golden ratio (Knuth, TAOCP 3, §6.4).
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(5) ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
