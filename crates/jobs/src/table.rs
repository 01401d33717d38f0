//! What the server tells of the platform, as the pattern of each route is found in it.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use naru_model::policy::{self, Broker, Consumer, Pattern};
use naru_model::units::Bytes;

/// All that follows from naru.yaml. Replaced whole, live.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub routes: Vec<Route>,
    pub brokers: BTreeMap<String, Broker>,
    pub consumers: Vec<Consumer>,
    /// Where the gateway answers plain HTTP on this machine.
    pub gateway: SocketAddr,
    /// What the gateway shows to us, and we to it: `naru-own`. Empty: nobody is let in.
    pub secret: String,
    /// What services reach the gateway by for callbacks, without a slash at its end: `http://127.0.0.1:8080`.
    pub callback_base: String,
}

/// A route whose pattern is answered here.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// As `naru-route` has it.
    pub name: String,
    pub pattern: Pattern,
    /// The largest body, of requests and of results. Default 16 MiB.
    pub body: Option<Bytes>,
}

impl Table {
    /// The largest body when the route does not say.
    pub const BODY: Bytes = Bytes(16 << 20);
}

impl Default for Table {
    /// Nothing is answered until the server says more.
    fn default() -> Self {
        Table {
            routes: Vec::new(),
            brokers: BTreeMap::new(),
            consumers: Vec::new(),
            gateway: SocketAddr::from(([127, 0, 0, 1], 0)),
            secret: String::new(),
            callback_base: String::new(),
        }
    }
}

/// The table as it is looked things up in.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) table: Table,
    routes: HashMap<String, usize>,
    /// What governs the attempts of a lane's jobs.
    lanes: HashMap<String, policy::Job>,
}

impl Known {
    pub(crate) fn new(table: Table) -> Known {
        let routes = table.routes.iter().enumerate().map(|(at, route)| (route.name.clone(), at)).collect();
        let jobs = table.routes.iter().filter_map(|route| match &route.pattern {
            Pattern::Job(job) => Some((route.name.clone(), job.clone())),
            Pattern::Await(_) | Pattern::Publish(_) => None,
        });
        let consumers = table.consumers.iter().map(|consumer| {
            let job = policy::Job { concurrency: consumer.concurrency, ..job_of_attempts(consumer.attempts) };
            (consumer_lane(consumer), job)
        });
        let lanes = jobs.chain(consumers).collect();
        Known { routes, lanes, table }
    }

    pub(crate) fn route(&self, name: &str) -> Option<&Route> {
        self.routes.get(name).map(|at| &self.table.routes[*at])
    }

    pub(crate) fn lane(&self, name: &str) -> Option<&policy::Job> {
        self.lanes.get(name)
    }

    /// How many of each lane may run at once.
    pub(crate) fn bounds(&self) -> HashMap<String, usize> {
        self.lanes.iter().map(|(name, job)| (name.clone(), job.concurrency.max(1) as usize)).collect()
    }

    /// The largest body of a route's request or result.
    pub(crate) fn largest(&self, name: &str) -> u64 {
        self.route(name).and_then(|route| route.body).unwrap_or(Table::BODY).0
    }
}

/// The lane of what a consumer gave up.
pub(crate) fn consumer_lane(consumer: &Consumer) -> String {
    let filter = consumer.subject.as_ref().map(|subject| format!(" {subject}")).unwrap_or_default();
    format!("consumer {}/{}{filter}", consumer.broker, consumer.queue)
}

/// The defaults of [`policy::Job`], but for the attempts.
pub(crate) fn job_of_attempts(attempts: u32) -> policy::Job {
    policy::Job { attempts, ..policy::Job::default() }
}
