//! Transactions in memory: those that are in no segment yet, at 64 bytes each and what they share once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::name::{ClientName, FunctionName, ServiceName};
use naru_model::record::{Fault, Method, RequestRecord};
use naru_model::series::{Filter, Subject, Transaction};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};

use super::texts::contains;
use crate::names::Names;
use crate::trace_ids::TraceIds;

/// One transaction. What many share is a position in the [`Rows`] it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// When it ended, in microseconds since 1970.
    pub(super) end: u64,
    pub(super) received_bytes: u64,
    pub(super) sent_bytes: u64,
    pub(super) response_us: u32,
    pub(super) waiting_us: u32,
    pub(super) connecting_us: u32,
    pub(super) upstream_us: u32,
    pub(super) way: u32,
    pub(super) client: u32,
    pub(super) path: u32,
    /// One more than the position of its trace id; 0: there is none. With [`CERTAIN`] it is kept whatever becomes of the
    /// trace.
    pub(super) trace: u32,
    pub(super) status: u16,
    pub(super) method: Method,
    /// 10, 11 or 20.
    pub(super) protocol: u8,
    pub(super) fault: Fault,
    pub(super) attempts: u8,
}

/// In [`Row::trace`].
const CERTAIN: u32 = 1 << 31;

impl Row {
    /// By the service's or the platform's fault.
    pub(super) fn is_error(&self) -> bool {
        matches!(self.fault, Fault::Service | Fault::Platform)
    }
}

/// The way a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Way {
    pub(super) route: RouteId,
    pub(super) function: FunctionId,
    pub(super) service: ServiceId,
    pub(super) revision: u32,
    pub(super) ordinal: u32,
    pub(super) caller: CallerId,
}

/// What the names of a way stand for. An empty name is none, and so is revision 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) service: String,
    pub(super) revision: u32,
    pub(super) function: String,
    pub(super) route: String,
    pub(super) caller: String,
}

/// Rows in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) ways: Pool<Way>,
    pub(super) clients: Pool<IpAddr>,
    pub(super) paths: Pool<Box<str>>,
    pub(super) traces: Vec<[u8; 16]>,
    pub(super) names: Names,
    /// When the first and the last ended.
    pub(super) first: u64,
    pub(super) last: u64,
    path_bytes: usize,
}

/// Values that are there once, by position.
#[derive(Debug)]
pub(super) struct Pool<T> {
    pub(super) values: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { values: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Eq + std::hash::Hash + Clone> Pool<T> {
    fn place(&mut self, value: T) -> u32 {
        match self.places.entry(value) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let at = self.values.len() as u32;
                self.values.push(entry.key().clone());
                *entry.insert(at)
            }
        }
    }

    pub(super) fn get(&self, at: u32) -> Option<&T> {
        self.values.get(at as usize)
    }
}

impl Pool<Box<str>> {
    fn place_str(&mut self, value: &str) -> u32 {
        match self.places.get(value) {
            Some(at) => *at,
            None => self.place(value.into()),
        }
    }
}

impl Rows {
    /// Takes in what a record tells. `traced`: its trace may be kept. Returns whether it failed by the service's or the
    /// platform's fault, or took over 4 T.
    pub(super) fn take(&mut self, record: &RequestRecord<'_>, traced: bool) -> bool {
        let end = record.start.0.saturating_add(record.whole_us.into());
        let response_us = response_us(record);
        let path = record.target.split(['?', '#']).next().unwrap_or_default();
        let places = self.paths.values.len();
        let path = self.paths.place_str(path);
        if self.paths.values.len() > places {
            self.path_bytes += self.paths.values[places].len();
        }
        let certain = matches!(record.fault, Fault::Service | Fault::Platform)
            || u64::from(response_us) > 4 * self.target_us(record.function);
        if certain || traced {
            self.traces.push(record.trace_id);
        }
        let trace = if certain || traced { self.traces.len() as u32 } else { 0 };
        let way = Way {
            route: record.route,
            function: record.function,
            service: record.service,
            revision: record.revision,
            ordinal: record.ordinal,
            caller: record.caller,
        };
        self.first = if self.rows.is_empty() { end } else { self.first.min(end) };
        self.last = self.last.max(end);
        self.rows.push(Row {
            end,
            received_bytes: record.bytes_in,
            sent_bytes: record.bytes_out,
            response_us,
            waiting_us: record.waiting_us,
            connecting_us: record.connecting_us,
            upstream_us: record.upstream_us,
            way: self.ways.place(way),
            client: self.clients.place(record.client),
            path,
            trace: if certain { trace | CERTAIN } else { trace },
            status: record.status,
            method: record.method,
            protocol: record.protocol,
            fault: record.fault,
            attempts: record.attempts,
        });
        certain
    }

    /// The trace of a row, if anything is to be found under it.
    pub(super) fn trace(&self, row: &Row, ids: &TraceIds) -> Option<&[u8; 16]> {
        let place = (row.trace & !CERTAIN) as usize;
        let trace = self.traces.get(place.checked_sub(1)?)?;
        (row.trace & CERTAIN != 0 || ids.is_kept(trace)).then_some(trace)
    }

    /// Apdex's T of a function, in microseconds.
    fn target_us(&self, function: FunctionId) -> u64 {
        self.names.apdex_t(function).as_micros() as u64
    }

    /// Adds names; those that went out of use stay.
    pub(super) fn learn(&mut self, names: &Names) {
        self.names.learn(names);
    }

    /// The bytes of all paths: what clients make up, and so what must be bounded.
    pub(super) fn path_bytes(&self) -> usize {
        self.path_bytes
    }

    pub(super) fn service(&self, way: Way) -> &str {
        self.names.services.get(&way.service).map_or("", |name| name.as_str())
    }

    pub(super) fn route(&self, way: Way) -> &str {
        self.names.routes.get(&way.route).map_or("", String::as_str)
    }

    pub(super) fn function(&self, way: Way) -> &str {
        self.names.functions.get(&way.function).map_or("", |name| name.as_str())
    }

    pub(super) fn caller(&self, way: Way) -> &str {
        self.names.callers.get(&way.caller).map_or("", |name| name.as_str())
    }

    pub(super) fn group(&self, way: Way) -> Group {
        let text = |name: &str| name.to_owned();
        Group {
            service: text(self.service(way)),
            revision: way.revision,
            function: text(self.function(way)),
            route: text(self.route(way)),
            caller: text(self.caller(way)),
        }
    }

    /// For each way, whether it is the subject's.
    pub(super) fn of_subject(&self, subject: &Subject) -> Vec<bool> {
        let is = |way: &Way| belongs(subject, &self.group(*way), way.ordinal);
        self.ways.values.iter().map(is).collect()
    }

    /// Makes ready to tell which rows are what a filter says.
    pub(super) fn filtered<'f>(&'f self, filter: &'f Filter) -> Filtered<'f> {
        let lower = filter.text.as_ref().map(|text| text.to_lowercase());
        Filtered {
            rows: self,
            filter,
            ways: self.ways.values.iter().map(|way| is_named(filter, &self.group(*way))).collect(),
            paths: lower.map(|lower| self.paths.values.iter().map(|path| contains(path, &lower)).collect()),
        }
    }

    pub(super) fn transaction(&self, row: &Row, ids: &TraceIds) -> Transaction {
        let way = self.ways.get(row.way).copied();
        let service = way.and_then(|way| self.names.services.get(&way.service).cloned());
        let instance = way.zip(service.clone()).and_then(|(way, service)| {
            (way.revision > 0).then_some(InstanceId { service, revision: way.revision, ordinal: way.ordinal })
        });
        let trace = self.trace(row, ids);
        Transaction {
            end: Timestamp(row.end),
            response_seconds: seconds(row.response_us),
            waiting_seconds: seconds(row.waiting_us),
            upstream_seconds: seconds(row.upstream_us),
            route: way.map(|way| self.route(way).to_owned()).unwrap_or_default(),
            function: way.and_then(|way| self.names.functions.get(&way.function).cloned()),
            service,
            instance,
            caller: way.and_then(|way| self.names.callers.get(&way.caller).cloned()),
            client: self.clients.get(row.client).copied().unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into()),
            method: row.method,
            status: row.status,
            fault: row.fault,
            attempts: row.attempts,
            received_bytes: row.received_bytes,
            sent_bytes: row.sent_bytes,
            path: self.paths.get(row.path).map(|path| path.to_string()).unwrap_or_default(),
            trace_id: trace.map(|trace| hexadecimal(trace)).unwrap_or_default(),
        }
    }
}

/// Rows, and what is wanted of them.
pub(super) struct Filtered<'f> {
    rows: &'f Rows,
    filter: &'f Filter,
    /// By position.
    ways: Vec<bool>,
    paths: Option<Vec<bool>>,
}

impl Filtered<'_> {
    pub(super) fn wants(&self, row: &Row) -> bool {
        let Filtered { rows, filter, .. } = self;
        let has = |flags: &[bool], at: u32| flags.get(at as usize).copied().unwrap_or(false);
        has(&self.ways, row.way)
            && filter.status.is_none_or(|status| status.has(row.status))
            && self.paths.as_ref().is_none_or(|paths| has(paths, row.path))
            && filter.client.is_none_or(|client| rows.clients.get(row.client) == Some(&client))
            && filter.trace.is_none_or(|trace| {
                let place = ((row.trace & !CERTAIN) as usize).checked_sub(1);
                place.and_then(|place| rows.traces.get(place)) == Some(&trace)
            })
    }
}

/// As the figures count it. An upgraded connection (101) lasts as long as its user stays, which says nothing about the
/// service: it counts until the upgrade.
fn response_us(record: &RequestRecord<'_>) -> u32 {
    match record.status {
        101 => record.waiting_us.saturating_add(record.connecting_us).saturating_add(record.upstream_us),
        _ => record.whole_us,
    }
}

/// Whether a transaction of these names is the subject's. An empty name is none, and so is revision 0.
pub(super) fn belongs(subject: &Subject, group: &Group, ordinal: u32) -> bool {
    let Group { service, revision, function, route, caller } = group;
    match subject {
        Subject::All => true,
        Subject::Service(name) => name.as_str() == service,
        Subject::Caller(name) => name.as_str() == caller,
        Subject::Revision(name, number) => name.as_str() == service && number == revision && *revision > 0,
        Subject::Route(name) => name == route,
        Subject::Function(name) => name.as_str() == function,
        Subject::Instance(id) => {
            id.service.as_str() == service
                && id.revision == *revision
                && *revision > 0
                && id.ordinal == ordinal
        }
        Subject::Host => false,
    }
}

/// Whether transactions of these names are what a filter says of names.
pub(super) fn is_named(filter: &Filter, group: &Group) -> bool {
    let is = |wanted: Option<&str>, name: &str| wanted.is_none_or(|wanted| wanted == name);
    is(filter.service.as_ref().map(ServiceName::as_str), &group.service)
        && is(filter.function.as_ref().map(FunctionName::as_str), &group.function)
        && is(filter.route.as_deref(), &group.route)
        && is(filter.caller.as_ref().map(ClientName::as_str), &group.caller)
}

pub(super) fn seconds(micros: u32) -> f64 {
    Duration::from_micros(micros.into()).as_secs_f64()
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
        text
    })
}

impl Names {
    /// Adds names; those that went out of use stay.
    pub(super) fn learn(&mut self, names: &Names) {
        self.services.extend(names.services.clone());
        self.routes.extend(names.routes.clone());
        self.functions.extend(names.functions.clone());
        self.callers.extend(names.callers.clone());
        self.apdex_t.extend(names.apdex_t.clone());
    }
}
