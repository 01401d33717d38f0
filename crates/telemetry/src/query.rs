//! What telemetry is asked: by the controller, by `status` and `top`, and by whoever wants to know more.

use std::sync::Arc;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::name::{FunctionName, ServiceName};
use naru_model::observed::RevisionTraffic;
use naru_model::record::Fault;
use naru_model::scaling::Second;
use naru_model::series::Subject;
use naru_model::status::Traffic;
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::cell::Cell;
use crate::gauge::Gauge;
use crate::keys::Key;
use crate::limits::ACTIVE_SECONDS;
use crate::names::Names;
use crate::series::slot_of;
use crate::signals::settled;
use crate::store::{Store, second_of};

/// A gauge older than this, in seconds, says nothing about now.
const GAUGE_SECONDS: u32 = 3;

/// What was seen of something over a stretch of time.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How long the stretch was, in seconds; at least one.
    pub seconds: u32,
    cell: Cell,
}

impl Seen {
    pub fn requests(&self) -> u64 {
        self.cell.counts.requests()
    }

    pub fn faults(&self, fault: Fault) -> u64 {
        self.cell.counts.fault(fault)
    }

    /// Requests answered with a status of this first digit; 0: the client was gone before there was one.
    pub fn status_class(&self, digit: usize) -> u64 {
        self.cell.counts.classes.get(digit).copied().unwrap_or(0)
    }

    /// Body bytes from clients, and to them.
    pub fn bytes(&self) -> (u64, u64) {
        (self.cell.counts.bytes_in, self.cell.counts.bytes_out)
    }

    /// How long requests waited for a place or a ready instance, all of them together.
    pub fn waiting(&self) -> Duration {
        Duration::from_micros(self.cell.counts.waiting_us)
    }

    /// The mean response time in seconds; 0 without requests.
    pub fn mean_seconds(&self) -> f64 {
        self.cell.counts.mean_seconds()
    }

    /// The response time that a share `q` (0 to 1) of requests did not exceed, in seconds, within 1 %; 0 without
    /// requests.
    pub fn quantile_seconds(&self, q: f64) -> f64 {
        self.cell.quantile(q)
    }

    pub fn apdex(&self) -> naru_model::apdex::Apdex {
        self.cell.counts.apdex
    }

    fn traffic(&self) -> Traffic {
        let per_second = |count: u64| count as f64 / f64::from(self.seconds);
        let requests = self.requests();
        let [client, service, platform] =
            [Fault::Client, Fault::Service, Fault::Platform].map(|fault| self.faults(fault));
        let [p50_seconds, p95_seconds, p99_seconds] = self.cell.quantiles([0.5, 0.95, 0.99]);
        Traffic {
            requests_per_second: per_second(requests),
            error_ratio: (service + platform) as f64 / requests.max(1) as f64,
            client_errors_per_second: per_second(client),
            service_errors_per_second: per_second(service),
            platform_errors_per_second: per_second(platform),
            mean_seconds: self.mean_seconds(),
            p50_seconds,
            p95_seconds,
            p99_seconds,
            apdex: self.apdex(),
            active_users: 0,
            in_flight: 0,
            waiting: 0,
        }
    }
}

/// All questions over a duration are about the whole seconds before the current one: one second at least, the last hour
/// at most, and never before the server's start.
impl Telemetry {
    /// What was seen of one thing. Nothing is known of it: no requests.
    pub fn seen(&self, subject: &Subject, over: Duration, now: Timestamp) -> Seen {
        let key = Key::of(subject, &self.live.names.load());
        let mut store = self.store();
        store.advance(now);
        seen(&store, key, over)
    }

    /// What clients saw of something. Active users are those of the last five minutes, whatever `over` is, and 0 of what
    /// they are not counted of; in flight and waiting are as last observed, and 0 when that was not lately.
    pub fn traffic(&self, subject: &Subject, over: Duration, now: Timestamp) -> Traffic {
        let key = Key::of(subject, &self.live.names.load());
        let mut store = self.store();
        store.advance(now);
        let traffic = seen(&store, key, over).traffic();
        let Some(series) = store.series(key) else { return traffic };
        let now = store.now();
        let from = slot_of(now.saturating_sub(ACTIVE_SECONDS));
        Traffic {
            active_users: series.count_users(from, now + 1).unwrap_or(0),
            in_flight: gauge(&store, key, Gauge::InFlight).unwrap_or(0),
            waiting: gauge(&store, key, Gauge::Waiting).unwrap_or(0),
            ..traffic
        }
    }

    /// Whole seconds of a service up to the newest that is told of, at most the last `seconds` and never more than 600, without
    /// a gap. A second is told of a quarter of a second after its end; what comes later than that, up to eight seconds
    /// late, still counts in the next answers. Empty until the service was observed. What gauges did not say is `None`, but
    /// as many instances are ready as were last said to be.
    pub fn signals(&self, service: &ServiceName, seconds: u32, now: Timestamp) -> Arc<[Second]> {
        let id = self.live.names.load().service_id(service);
        let mut store = self.store();
        store.advance(now);
        let watch = id.and_then(|id| store.watch(id, settled(now)));
        watch.map(|watch| watch.last(seconds)).unwrap_or_default()
    }

    /// What was seen of each instance that answered, in the order of their ids.
    pub fn instances(
        &self,
        service: &ServiceName,
        over: Duration,
        now: Timestamp,
    ) -> Vec<(InstanceId, Seen)> {
        let Some(id) = self.live.names.load().service_id(service) else { return Vec::new() };
        let mut found = self.each(over, now, |_, key| match key {
            Key::Instance(of, revision, ordinal) if of == id => {
                Some(InstanceId { service: service.clone(), revision, ordinal })
            }
            _ => None,
        });
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    /// What was seen of each route, the most requested first. Requests that matched none are with `""`.
    pub fn routes(&self, over: Duration, now: Timestamp) -> Vec<(String, Seen)> {
        let routes = self.each(over, now, |names, key| match key {
            Key::Route(id) if id.0 == 0 => Some(String::new()),
            Key::Route(id) => names.route(id).map(str::to_owned),
            _ => None,
        });
        busiest_first(routes)
    }

    /// What was seen of each business function, the most requested first.
    pub fn functions(&self, over: Duration, now: Timestamp) -> Vec<(FunctionName, Seen)> {
        let functions = self.each(over, now, |names, key| match key {
            Key::Function(id) => names.function(id).cloned(),
            _ => None,
        });
        busiest_first(functions)
    }

    /// What clients got from each revision of a service from the second of `since` on, the current one included. From
    /// five minutes back on it may begin up to ten seconds early.
    pub fn revisions(&self, service: &ServiceName, since: Timestamp, now: Timestamp) -> Vec<RevisionTraffic> {
        let Some(id) = self.live.names.load().service_id(service) else { return Vec::new() };
        let mut store = self.store();
        store.advance(now);
        let (from, to) = (store.align(second_of(since)), store.now() + 1);
        let mut found: Vec<RevisionTraffic> = store
            .keys()
            .filter_map(|key| match key {
                Key::Revision(of, revision) if of == id => Some((revision, store.counts(key, from, to))),
                _ => None,
            })
            .filter(|(_, counts)| counts.requests() > 0)
            .map(|(revision, counts)| RevisionTraffic {
                service: service.clone(),
                revision,
                requests: counts.requests(),
                errors: counts.fault(Fault::Service),
            })
            .collect();
        found.sort_by_key(|traffic| traffic.revision);
        found
    }

    /// Requests in flight of each route of which that was observed lately, in the order of their names.
    pub(crate) fn routes_in_flight(&self, now: Timestamp) -> Vec<(String, u32)> {
        let names = self.live.names.load();
        let mut store = self.store();
        store.advance(now);
        let mut found: Vec<_> = store
            .keys()
            .filter_map(|key| match key {
                Key::Route(id) => Some((names.route(id)?.to_owned(), gauge(&store, key, Gauge::InFlight)?)),
                _ => None,
            })
            .collect();
        found.sort();
        found
    }

    /// What was seen of each series that `name` has a name for, if it had requests.
    fn each<N>(
        &self,
        over: Duration,
        now: Timestamp,
        name: impl Fn(&Names, Key) -> Option<N>,
    ) -> Vec<(N, Seen)> {
        let names = self.live.names.load();
        let mut store = self.store();
        store.advance(now);
        let named = store.keys().filter_map(|key| Some((name(&names, key)?, seen(&store, key, over))));
        named.filter(|(_, seen)| seen.requests() > 0).collect()
    }
}

fn seen(store: &Store, key: Key, over: Duration) -> Seen {
    let (from, to) = store.last_seconds(u32::try_from(over.as_secs()).unwrap_or(u32::MAX));
    Seen { seconds: (to - from).max(1), cell: store.sum(key, from, to) }
}

/// As last observed; `None` when that was not lately.
pub(crate) fn gauge(store: &Store, key: Key, gauge: Gauge) -> Option<u32> {
    let said = store.series(key)?.gauges.last()?;
    said.get(gauge).filter(|_| said.start + GAUGE_SECONDS >= store.now()).map(|value| value as u32)
}

fn busiest_first<N: Ord>(mut named: Vec<(N, Seen)>) -> Vec<(N, Seen)> {
    named.sort_by(|(a, x), (b, y)| y.requests().cmp(&x.requests()).then_with(|| a.cmp(b)));
    named
}
