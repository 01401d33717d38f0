//! One address that an instance answers on, and all that is known of it. Shared by all threads, all of it in atomics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::platform::Protocol;
use naru_model::snapshot::{self, ServiceId};
use naru_model::units::Timestamp;
use rustls::pki_types::ServerName;
use tokio::sync::Notify;

use crate::eject::Ejection;
use crate::health::Findings;
use crate::latency::Latency;
use crate::window::Window;

/// Which instance, in numbers: cheap to copy and compare, and what a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InstanceKey {
    pub(crate) service: ServiceId,
    pub(crate) revision: u32,
    pub(crate) ordinal: u32,
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    instance: InstanceId,
    key: InstanceKey,
    address: SocketAddr,
    protocol: Protocol,
    /// The name that its certificate must have; `None`: no TLS.
    tls: Option<ServerName<'static>>,
    /// Leases out, over all threads.
    in_flight: AtomicU32,
    /// Microseconds since 1970 of when it began to get requests; 0 while it gets none.
    routed_since: AtomicU64,
    /// It has left the table for good.
    retired: AtomicBool,
    /// Nobody answers there: it is not tried, not even for want of another, until a health check passes.
    down: AtomicBool,
    /// Its health checks fail.
    unhealthy: AtomicBool,
    /// Microseconds since 1970 of the last answer to a request; 0 before the first.
    answered_at: AtomicU64,
    pub(crate) latency: Latency,
    pub(crate) ejection: Ejection,
    /// Answers, and those of them with 500 and the like, of the last ten seconds.
    pub(crate) answers: Window,
    pub(crate) errors: Window,
    /// What its health checks found.
    pub(crate) findings: Findings,
    /// Wakes the checker of its health before its time.
    pub(crate) check_now: Notify,
    /// Wakes who reports the load, when the last request of an endpoint that gets no more has ended.
    drained: Arc<Notify>,
}

impl Endpoint {
    pub(crate) fn new(service: ServiceId, endpoint: &snapshot::Endpoint, drained: Arc<Notify>) -> Self {
        let key =
            InstanceKey { service, revision: endpoint.instance.revision, ordinal: endpoint.instance.ordinal };
        Endpoint {
            instance: endpoint.instance.clone(),
            key,
            address: endpoint.address,
            protocol: endpoint.protocol,
            tls: endpoint.tls.as_ref().and_then(|name| ServerName::try_from(name.clone()).ok()),
            in_flight: AtomicU32::new(0),
            routed_since: AtomicU64::new(0),
            retired: AtomicBool::new(false),
            down: AtomicBool::new(false),
            unhealthy: AtomicBool::new(false),
            answered_at: AtomicU64::new(0),
            latency: Latency::default(),
            ejection: Ejection::default(),
            answers: Window::default(),
            errors: Window::default(),
            findings: Findings::default(),
            check_now: Notify::new(),
            drained,
        }
    }

    /// Tells whether `other` is this very endpoint, so that what was learned of it holds on.
    pub(crate) fn is(&self, other: &snapshot::Endpoint) -> bool {
        let name = self.tls.as_ref().map(ServerName::to_str);
        self.instance == other.instance
            && self.address == other.address
            && self.protocol == other.protocol
            && name.as_deref() == other.tls.as_deref()
    }

    pub(crate) fn instance(&self) -> &InstanceId {
        &self.instance
    }

    pub(crate) fn key(&self) -> InstanceKey {
        self.key
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(crate) fn tls(&self) -> Option<&ServerName<'static>> {
        self.tls.as_ref()
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(SeqCst)
    }

    /// Tells whether it gets requests; if not, idle connections to it are of no more use.
    pub(crate) fn is_routed(&self) -> bool {
        self.routed_since.load(SeqCst) != 0
    }

    /// Begins to send requests; `warm`: with its whole share at once.
    pub(crate) fn route(&self, warm: bool, now: Timestamp) {
        let since = if warm { 1 } else { now.0.max(1) };
        // One that is routed already keeps its time.
        let _ = self.routed_since.compare_exchange(0, since, SeqCst, SeqCst);
    }

    pub(crate) fn unroute(&self) {
        self.routed_since.store(0, SeqCst);
        if self.in_flight() == 0 {
            self.drained.notify_one();
        }
    }

    /// It has left: it gets no more requests, nor is its health checked.
    pub(crate) fn retire(&self) {
        self.retired.store(true, SeqCst);
        self.check_now.notify_one();
        self.unroute();
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(SeqCst)
    }

    /// Returns its share of requests while it warms up, 0.1 to 1: in proportion to the time routed.
    /// Source of the 0.1: Envoy's slow start, `min_weight_percent`.
    pub(crate) fn warmth(&self, warm_up: Duration, now: Timestamp) -> f32 {
        let routed = now.since(Timestamp(self.routed_since.load(Relaxed)));
        if routed >= warm_up { 1.0 } else { (routed.as_secs_f32() / warm_up.as_secs_f32()).max(0.1) }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down.load(SeqCst)
    }

    pub(crate) fn is_unhealthy(&self) -> bool {
        self.unhealthy.load(Relaxed)
    }

    /// Returns whether that is news.
    pub(crate) fn set_down(&self, down: bool) -> bool {
        self.down.swap(down, SeqCst) != down
    }

    pub(crate) fn set_unhealthy(&self, unhealthy: bool) {
        self.unhealthy.store(unhealthy, Relaxed);
    }

    pub(crate) fn answered_at(&self) -> Timestamp {
        Timestamp(self.answered_at.load(Relaxed))
    }

    pub(crate) fn note_answer(&self, now: Timestamp) {
        self.answered_at.store(now.0, Relaxed);
    }

    /// Counts one more request in flight, unless there are `most` already; tells whether it did.
    pub(crate) fn lease(&self, most: Option<u32>, now: Timestamp) -> bool {
        let leased = match most {
            None => {
                self.in_flight.fetch_add(1, SeqCst);
                true
            }
            Some(most) => {
                let one_more = |count| (count < most).then_some(count + 1);
                self.in_flight.fetch_update(SeqCst, SeqCst, one_more).is_ok()
            }
        };
        if leased {
            self.latency.owes(now);
        }
        leased
    }

    pub(crate) fn release(&self) {
        if self.in_flight.fetch_sub(1, SeqCst) == 1 && !self.is_routed() {
            self.drained.notify_one();
        }
    }
}
