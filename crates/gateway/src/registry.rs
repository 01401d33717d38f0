//! Turns the server's snapshots into what threads route by, and knows when all of them do.
//!
//! The link owns it: one writer. A snapshot becomes visible in two steps. First the services' endpoint sets are replaced,
//! so that whoever picks from now on picks from the new one. Then every thread is told and says so when it comes by, which
//! is between two tasks and so after any pick that had still seen the old set. What was picked till then counts as in
//! flight. Hence: once all threads have said so, an endpoint that is out with nothing in flight stays so.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use naru_model::link::{EndpointLoad, Load, RouteLoad, ServiceLoad};
use naru_model::snapshot::{Callers, Endpoints, RouteId, Routing, ServiceId};
use tokio::sync::{Notify, mpsc, watch};

use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::flight::Flight;
use crate::policy::Maker;
use crate::policy::access::Directory;
use crate::policy::limit::Counters;
use crate::service::{Service, State};
use crate::table::Table;

/// An endpoint whose health is to be checked until it has left.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) service: Arc<State>,
}

#[derive(Debug)]
pub(crate) struct Registry {
    clock: Clock,
    services: HashMap<ServiceId, Known>,
    /// Requests under way by route. One that is out of the table stays until its last has ended.
    flights: HashMap<RouteId, Arc<Flight>>,
    policies: Maker,
    callers: Arc<Directory>,
    /// What limits have counted.
    pub(crate) counters: Arc<Counters>,
    /// Gone from the table, still to be told of; with the generation that left them out.
    leaving: Vec<(u64, Arc<Endpoint>)>,
    /// Counts what was applied. The server's versions are its own affair: a new server may begin anywhere.
    generation: u64,
    /// The version last applied.
    version: u64,
    /// Applied and not acknowledged by all: generation and version.
    pending: VecDeque<(u64, u64)>,
    tables: watch::Sender<Published>,
    acks: Arc<Acks>,
    drained: Arc<Notify>,
    watched: mpsc::UnboundedSender<Watched>,
}

#[derive(Debug)]
struct Known {
    service: Arc<Service>,
    endpoints: Vec<Arc<Endpoint>>,
    /// Whether it has been told its endpoints before: the first ones have served already, before this gateway.
    told: bool,
}

#[derive(Debug, Clone, Default)]
struct Published {
    generation: u64,
    table: Arc<Table>,
}

/// How far each thread has come.
#[derive(Debug)]
pub(crate) struct Acks {
    threads: Vec<AtomicU64>,
    pub(crate) changed: Notify,
}

/// One thread's view of the tables.
#[derive(Debug)]
pub(crate) struct Tables {
    tables: watch::Receiver<Published>,
    acks: Arc<Acks>,
    thread: usize,
}

impl Acks {
    fn say(&self, thread: usize, generation: u64) {
        self.threads[thread].store(generation, SeqCst);
        self.changed.notify_one();
    }

    fn all(&self) -> u64 {
        self.threads.iter().map(|t| t.load(SeqCst)).min().unwrap_or(u64::MAX)
    }
}

impl Tables {
    pub(crate) fn current(&self) -> Arc<Table> {
        self.tables.borrow().table.clone()
    }

    /// Hands over the newest table, now and whenever a table or an endpoint changes, and says that the thread has it.
    ///
    /// To be run as a task of the thread. `adopt` makes the table the one that requests are routed by; it may also drop
    /// idle connections to endpoints that are no longer routed.
    pub(crate) async fn follow(mut self, mut adopt: impl FnMut(Arc<Table>)) {
        loop {
            let Published { generation, table } = self.tables.borrow_and_update().clone();
            adopt(table);
            self.acks.say(self.thread, generation);
            if self.tables.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Tables {
    /// A thread that has ended holds nobody up.
    fn drop(&mut self) {
        self.acks.say(self.thread, u64::MAX);
    }
}

impl Registry {
    pub(crate) fn new(
        clock: Clock,
        threads: usize,
        watched: mpsc::UnboundedSender<Watched>,
        policies: Maker,
    ) -> Self {
        Registry {
            counters: Arc::new(Counters::new(clock.clone())),
            clock,
            services: HashMap::new(),
            flights: HashMap::new(),
            policies,
            callers: Arc::default(),
            leaving: Vec::new(),
            generation: 0,
            version: 0,
            pending: VecDeque::new(),
            tables: watch::Sender::default(),
            acks: Arc::new(Acks {
                threads: (0..threads).map(|_| AtomicU64::new(0)).collect(),
                changed: Notify::new(),
            }),
            drained: Arc::default(),
            watched,
        }
    }

    /// The view of one of the threads, numbered from 0.
    pub(crate) fn tables(&self, thread: usize) -> Tables {
        Tables { tables: self.tables.subscribe(), acks: self.acks.clone(), thread }
    }

    pub(crate) fn acks(&self) -> Arc<Acks> {
        self.acks.clone()
    }

    /// Wakes when an endpoint that gets no more requests has ended its last.
    pub(crate) fn drained(&self) -> Arc<Notify> {
        self.drained.clone()
    }

    /// The version last applied; 0 before the first.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Follows a routing. Services that it does not name any more end, with all their endpoints.
    pub(crate) fn apply_routing(&mut self, version: u64, routing: &Routing) {
        self.begin(version);
        self.counters.set_shared(routing.counters.as_ref());
        let mut before = std::mem::take(&mut self.services);
        for wanted in &routing.services {
            let known = match before.remove(&wanted.id) {
                Some(known) if known.service.name == wanted.name => {
                    known.service.state.configure(wanted);
                    Known { service: Arc::new(Service::new(wanted, known.service.state.clone())), ..known }
                }
                other => {
                    if let Some(replaced) = other {
                        self.end(replaced);
                    }
                    let state = Arc::new(State::new(wanted, self.clock.clone()));
                    let service = Arc::new(Service::new(wanted, state));
                    Known { service, endpoints: Vec::new(), told: false }
                }
            };
            self.services.insert(wanted.id, known);
        }
        for (_, removed) in before {
            self.end(removed);
        }
        let threads = self.acks.threads.len();
        for route in &routing.routes {
            self.flights.entry(route.id).or_insert_with(|| Arc::new(Flight::new(threads)));
        }
        let wanted: HashSet<RouteId> = routing.routes.iter().map(|route| route.id).collect();
        self.flights.retain(|id, flight| wanted.contains(id) || flight.count() > 0);
        let services = self.services.iter().map(|(id, known)| (*id, known.service.clone())).collect();
        let policies = self.policies.make(routing);
        let table =
            Table::new(routing, &services, &self.flights, &policies, self.callers.clone(), &self.counters);
        self.publish(Some(Arc::new(table)));
    }

    /// Follows a change of who may call.
    pub(crate) fn apply_callers(&mut self, version: u64, callers: &Callers) {
        self.begin(version);
        self.callers = Arc::new(Directory::new(callers));
        let table = self.tables.borrow().table.with_callers(self.callers.clone());
        self.publish(Some(Arc::new(table)));
    }

    /// Outside issuers that may have new keys, each told of once.
    pub(crate) fn missed_keys(&self) -> impl Iterator<Item = &str> {
        self.callers.missed_keys()
    }

    /// Follows the endpoints of one service. Returns `false` when no routing has named the service.
    pub(crate) fn apply_endpoints(&mut self, version: u64, wanted: &Endpoints) -> bool {
        self.begin(version);
        let found = self.replace_endpoints(wanted);
        self.publish(None);
        found
    }

    fn replace_endpoints(&mut self, wanted: &Endpoints) -> bool {
        let Some(known) = self.services.get_mut(&wanted.service) else { return false };
        let state = &known.service.state;
        let mut before = std::mem::take(&mut known.endpoints);
        let mut routed = Vec::with_capacity(wanted.endpoints.len());
        let mut unrouted = Vec::new();
        for endpoint in &wanted.endpoints {
            let kept = before.iter().position(|e| e.is(endpoint)).map(|i| before.swap_remove(i));
            let is_new = kept.is_none();
            let shared = kept
                .unwrap_or_else(|| Arc::new(Endpoint::new(wanted.service, endpoint, self.drained.clone())));
            if endpoint.routed {
                shared.route(!known.told, self.clock.now());
                routed.push(shared.clone());
            } else {
                unrouted.push(shared.clone());
            }
            if is_new {
                let watched = Watched { endpoint: shared.clone(), service: state.clone() };
                // Fails only when the checker has ended, at the end of the process.
                let _ = self.watched.send(watched);
            }
            known.endpoints.push(shared);
        }
        known.told = true;
        state.set_routed(routed, &known.service.traffic);
        // After the set is replaced: who finds it unrouted and idle then is right for good, once threads have said so.
        unrouted.iter().for_each(|e| e.unroute());
        for gone in before {
            gone.retire();
            self.leaving.push((self.generation, gone));
        }
        true
    }

    fn end(&mut self, known: Known) {
        known.service.state.set_routed(Vec::new(), &known.service.traffic);
        for endpoint in known.endpoints {
            endpoint.retire();
            self.leaving.push((self.generation, endpoint));
        }
    }

    fn begin(&mut self, version: u64) {
        self.generation += 1;
        self.version = version;
        self.pending.push_back((self.generation, version));
    }

    fn publish(&mut self, table: Option<Arc<Table>>) {
        let generation = self.generation;
        self.tables.send_modify(|published| {
            published.generation = generation;
            if let Some(table) = table {
                published.table = table;
            }
        });
    }

    /// Returns the newest version that all threads route by, if it has not been returned before.
    pub(crate) fn newly_acknowledged(&mut self) -> Option<u64> {
        let all = self.acks.all();
        let done = self.pending.partition_point(|(generation, _)| *generation <= all);
        self.pending.drain(..done).next_back().map(|(_, version)| version)
    }

    /// All endpoints in the table, with or without requests.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.services.values().flat_map(|known| &known.endpoints)
    }

    /// Tells what is under way. An endpoint that has left is forgotten with this if it will be told of for the last time.
    pub(crate) fn load(&mut self, connections: u64, records_dropped: u64) -> Load {
        // Before the counts: a thread that has come this far picks none of those any more.
        let all = self.acks.all();
        let now = self.clock.now();
        let mut endpoints: Vec<_> = self
            .endpoints()
            .map(|e| EndpointLoad {
                instance: e.instance().clone(),
                in_flight: e.in_flight(),
                ejected: e.ejection.is_ejected(now),
            })
            .collect();
        self.leaving.retain(|(generation, endpoint)| {
            let in_flight = endpoint.in_flight();
            endpoints.push(EndpointLoad { instance: endpoint.instance().clone(), in_flight, ejected: false });
            in_flight > 0 || *generation > all
        });
        let services = self.services.values().map(|known| ServiceLoad {
            service: known.service.id,
            in_flight: known.service.state.in_flight(),
            waiting: known.service.state.waiting(),
            begun: known.service.state.begun(),
        });
        let routes =
            self.flights.iter().map(|(route, flight)| RouteLoad { route: *route, in_flight: flight.count() });
        Load {
            connections,
            endpoints,
            services: services.collect(),
            routes: routes.collect(),
            records_dropped,
        }
    }
}

#[cfg(test)]
mod tests;
