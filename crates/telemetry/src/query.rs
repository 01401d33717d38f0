//! What telemetry is asked: by the controller, by `status` and `top`, and by whoever wants to know more.

use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::name::{FunctionName, ServiceName};
use naru_model::observed::RevisionTraffic;
use naru_model::record::Fault;
use naru_model::snapshot::ServiceId;
use naru_model::status::Traffic;
use naru_model::units::Timestamp;

use crate::cell::{Counts, Open};
use crate::names::Names;
use crate::store::{Key, Kind, Store, second_of};
use crate::{Telemetry, sketch::Dense};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    All,
    Service(ServiceName),
    Revision(ServiceName, u32),
    /// By what it matches, as written in the file.
    Route(String),
    Function(FunctionName),
    Instance(InstanceId),
}

/// What was seen of something over a stretch of time.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How long the stretch was, in seconds; at least one.
    pub seconds: u32,
    counts: Counts,
    sketch: Dense,
}

impl Seen {
    pub fn requests(&self) -> u64 {
        self.counts.requests()
    }

    pub fn faults(&self, fault: Fault) -> u64 {
        u64::from(self.counts.faults[fault as usize])
    }

    /// Requests answered with a status of this first digit; 0: the client was gone before there was one.
    pub fn status_class(&self, digit: usize) -> u64 {
        self.counts.classes.get(digit).copied().unwrap_or(0).into()
    }

    /// Body bytes from clients, and to them.
    pub fn bytes(&self) -> (u64, u64) {
        (self.counts.bytes_in, self.counts.bytes_out)
    }

    /// How long requests waited for a place or a ready instance, all of them together.
    pub fn waiting(&self) -> Duration {
        Duration::from_micros(self.counts.waiting_us)
    }

    /// The mean response time in seconds; 0 without requests.
    pub fn mean_seconds(&self) -> f64 {
        self.counts.latency_us as f64 / 1e6 / self.requests().max(1) as f64
    }

    /// The response time that a share `q` (0 to 1) of requests did not exceed, in seconds, within 1 %; 0 without
    /// requests.
    pub fn quantile_seconds(&self, q: f64) -> f64 {
        self.sketch.quantile(q)
    }

    /// The short form. `in_flight` and `waiting` are the gateway's to say, and 0 here.
    pub fn traffic(&self) -> Traffic {
        let requests = self.requests();
        let errors = self.faults(Fault::Service) + self.faults(Fault::Platform);
        Traffic {
            requests_per_second: requests as f64 / f64::from(self.seconds),
            error_ratio: errors as f64 / requests.max(1) as f64,
            p50_seconds: self.quantile_seconds(0.5),
            p95_seconds: self.quantile_seconds(0.95),
            p99_seconds: self.quantile_seconds(0.99),
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
        let key = key_of(subject, &self.names.load());
        let mut store = self.store();
        store.advance(now);
        seen(&store, key, over)
    }

    /// What clients saw of a service. `in_flight` and `waiting` are the gateway's to say, and 0 here.
    pub fn traffic(&self, service: &ServiceName, over: Duration, now: Timestamp) -> Traffic {
        self.seen(&Subject::Service(service.clone()), over, now).traffic()
    }

    /// What was seen of each instance that answered, in the order of their ids.
    pub fn instances(
        &self,
        service: &ServiceName,
        over: Duration,
        now: Timestamp,
    ) -> Vec<(InstanceId, Seen)> {
        let Some(id) = self.names.load().service_id(service) else { return Vec::new() };
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
        let Some(id) = self.names.load().service_id(service) else { return Vec::new() };
        let mut store = self.store();
        store.advance(now);
        let (from, to) = (store.align(second_of(since)), store.now() + 1);
        let mut found: Vec<RevisionTraffic> = store
            .keys()
            .filter_map(|key| match key {
                Key::Revision(of, revision) if of == id => Some((revision, store.sum(key, from, to).counts)),
                _ => None,
            })
            .filter(|(_, counts)| counts.requests() > 0)
            .map(|(revision, counts)| RevisionTraffic {
                service: service.clone(),
                revision,
                requests: counts.requests(),
                errors: counts.faults[Fault::Service as usize].into(),
            })
            .collect();
        found.sort_by_key(|traffic| traffic.revision);
        found
    }

    /// What was seen of each series that `name` has a name for, if it had requests.
    fn each<N>(
        &self,
        over: Duration,
        now: Timestamp,
        name: impl Fn(&Names, Key) -> Option<N>,
    ) -> Vec<(N, Seen)> {
        let names = self.names.load();
        let mut store = self.store();
        store.advance(now);
        let named = store.keys().filter_map(|key| Some((name(&names, key)?, seen(&store, key, over))));
        named.filter(|(_, seen)| seen.requests() > 0).collect()
    }
}

fn seen(store: &Store, key: Key, over: Duration) -> Seen {
    let (from, to) = store.last_seconds(u32::try_from(over.as_secs()).unwrap_or(u32::MAX));
    let Open { counts, sketch, .. } = store.sum(key, from, to);
    Seen { seconds: (to - from).max(1), counts, sketch }
}

fn busiest_first<N: Ord>(mut named: Vec<(N, Seen)>) -> Vec<(N, Seen)> {
    named.sort_by(|(a, x), (b, y)| y.requests().cmp(&x.requests()).then_with(|| a.cmp(b)));
    named
}

/// A name that has no id has no requests: it is asked for as an id that is never given.
fn key_of(subject: &Subject, names: &Names) -> Key {
    let service = |name: &ServiceName| names.service_id(name).unwrap_or(ServiceId(0));
    match subject {
        Subject::All => Key::All,
        Subject::Service(name) => Key::Service(service(name)),
        Subject::Revision(name, revision) => Key::Revision(service(name), *revision),
        Subject::Instance(id) => Key::Instance(service(&id.service), id.revision, id.ordinal),
        Subject::Route(name) => names.route_id(name).map_or(Key::Other(Kind::All), Key::Route),
        Subject::Function(name) => names.function_id(name).map_or(Key::Other(Kind::All), Key::Function),
    }
}
