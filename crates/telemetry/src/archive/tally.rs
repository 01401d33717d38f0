//! Adds up calls by what they have in common: who called what, from where, with what result.
//!
//! From the transactions themselves, so that anything may be combined with anything. What clients make up (addresses) may be
//! without end: beyond [`MOST`] different keys calls are counted in one sum.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;

use naru_model::record::Fault;
use naru_model::series::{By, Order, Tally, TallyQuery, TallyRow};
use naru_model::units::Timestamp;

use super::parallel;
use super::rows::{Group, Row, Rows};
use super::search::scan_rows;
use super::segment::{Choice, Opened, Part, Traits, Wants};
use super::shelf::Shelf;
use super::times::{BUCKETS, bucket, quantile_us};

/// Different keys that are told apart; each takes less than a kilobyte.
const MOST: usize = 50_000;
const LIMIT: usize = 1000;
/// Rows of a segment that are looked at together.
const AT_ONCE: usize = 64 << 10;
const DAY: u64 = 86_400_000_000;
const HOUR: u64 = DAY / 24;

/// A part of a key, as small as it can be: texts are made at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Trait {
    Text(Box<str>),
    Address(IpAddr),
    Number(u32),
}

type Key = Vec<Trait>;

/// One call, as far as it is added up.
struct Call<'a> {
    group: &'a Group,
    address: Option<IpAddr>,
    method: &'a str,
    status: u16,
    fault: Fault,
    end: u64,
    response_us: u32,
    received: u64,
    sent: u64,
}

#[derive(Debug, Clone)]
struct Sum {
    calls: u64,
    /// By the client's, the service's and the platform's fault.
    faults: [u64; 3],
    response_us: u64,
    slowest_us: u32,
    received: u64,
    sent: u64,
    first: u64,
    last: u64,
    /// How many calls took how long.
    times: Box<[u32; BUCKETS]>,
}

/// What one thread has added up.
struct Sums<'q> {
    by: &'q [By],
    sums: HashMap<Key, Sum>,
    beyond: u64,
    key: Key,
}

pub(super) fn tally(shelf: &Shelf, query: &TallyQuery) -> Tally {
    let micros = |second: u32| u64::from(second) * 1_000_000;
    let choice = Choice {
        subject: &query.subject,
        from: micros(query.period.from),
        to: micros(query.period.to),
        at_least_us: 0,
        at_most_us: u32::MAX,
        errors: false,
        filter: None,
    };
    let new = || Sums { by: &query.by, sums: HashMap::new(), beyond: 0, key: Key::new() };
    let view = shelf.view();
    let mut all = new();
    for (_, rows) in view.rows() {
        all.add_rows(&rows.read(), &choice);
    }
    let segments = view.segments_latest_first(choice.from, choice.to);
    for part in parallel::fold(&segments, new, |sums: &mut Sums<'_>, segment| {
        shelf.reading(segment, |opened| sums.add_segment(opened, &choice));
    }) {
        all.join(part);
    }
    all.finish(query)
}

impl Sums<'_> {
    fn add_rows(&mut self, rows: &Rows, choice: &Choice<'_>) {
        let groups: Vec<Group> = rows.ways.values.iter().map(|way| rows.group(*way)).collect();
        scan_rows(rows, choice, |_, row: &Row| {
            self.add(&Call {
                group: &groups[row.way as usize],
                address: rows.clients.get(row.client).copied(),
                method: row.method.as_str(),
                status: row.status,
                fault: row.fault,
                end: row.end,
                response_us: row.response_us,
                received: row.received_bytes,
                sent: row.sent_bytes,
            });
        });
    }

    fn add_segment(&mut self, opened: &Opened, choice: &Choice<'_>) -> Result<(), super::error::Error> {
        let wants = Wants {
            addresses: self.by.contains(&By::Address),
            methods: self.by.contains(&By::Method),
            statuses: self.by.contains(&By::Status),
        };
        let mut parts = Vec::new();
        opened.scan(choice, |part| parts.push(part))?;
        for parts in parts.chunks(AT_ONCE) {
            let traits = opened.traits(parts, wants)?;
            for (at, part) in parts.iter().enumerate() {
                self.add_row(opened.groups(), &traits, at, part);
            }
        }
        Ok(())
    }

    fn add_row(&mut self, groups: &[Group], traits: &Traits, at: usize, part: &Part) {
        let Some(group) = groups.get(traits.groups[at] as usize) else { return };
        let text = |bytes: Option<&'_ parquet::data_type::ByteArray>| {
            bytes.and_then(|bytes| bytes.as_utf8().ok()).unwrap_or_default().to_owned()
        };
        let method = text(traits.methods.get(at));
        self.add(&Call {
            group,
            address: text(traits.addresses.get(at)).parse().ok(),
            method: &method,
            status: traits.statuses.get(at).map_or(0, |status| *status as u16),
            fault: super::segment::fault(traits.faults[at]),
            end: part.end,
            response_us: part.response_us,
            received: traits.received[at] as u64,
            sent: traits.sent[at] as u64,
        });
    }

    fn add(&mut self, call: &Call<'_>) {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        key.extend(self.by.iter().map(|by| call.of(*by)));
        let room = self.sums.len() < MOST;
        match self.sums.get_mut(&key) {
            Some(sum) => sum.add(call),
            None if room => self.sums.entry(key.clone()).or_insert_with(|| Sum::new(call.end)).add(call),
            None => self.beyond += 1,
        }
        self.key = key;
    }

    fn join(&mut self, other: Sums<'_>) {
        self.beyond += other.beyond;
        for (key, sum) in other.sums {
            let room = self.sums.len() < MOST;
            match self.sums.get_mut(&key) {
                Some(mine) => mine.join(&sum),
                None if room => _ = self.sums.insert(key, sum),
                None => self.beyond += sum.calls,
            }
        }
    }

    fn finish(self, query: &TallyQuery) -> Tally {
        let (found, beyond) = (self.sums.len() as u64, self.beyond);
        let mut sums: Vec<(Key, Sum)> = self.sums.into_iter().collect();
        let first = |sum: &Sum| match query.order {
            Order::Calls => sum.calls,
            Order::Errors => sum.faults[1] + sum.faults[2],
            Order::Refusals => sum.faults[0],
            Order::Slowest => sum.response_us / sum.calls.max(1),
            Order::Bytes => sum.received + sum.sent,
        };
        let texts = |key: &Key| key.iter().map(Trait::text).collect::<Vec<_>>();
        sums.sort_by_cached_key(|(key, sum)| (Reverse(first(sum)), Reverse(sum.calls), texts(key)));
        sums.truncate((query.limit as usize).clamp(1, LIMIT));
        Tally { rows: sums.iter().map(|(key, sum)| sum.row(texts(key))).collect(), found, beyond }
    }
}

impl Call<'_> {
    fn of(&self, by: By) -> Trait {
        let text = |text: &str| Trait::Text(text.into());
        match by {
            By::Caller => text(&self.group.caller),
            By::Address => self.address.map_or_else(|| text(""), Trait::Address),
            By::Service => text(&self.group.service),
            By::Function => text(&self.group.function),
            By::Route => text(&self.group.route),
            By::Method => text(self.method),
            By::Status => Trait::Number(self.status.into()),
            By::Hour => Trait::Number((self.end % DAY / HOUR) as u32),
        }
    }
}

impl Trait {
    fn text(&self) -> String {
        match self {
            Trait::Text(text) => text.to_string(),
            Trait::Address(address) => address.to_string(),
            Trait::Number(number) => number.to_string(),
        }
    }
}

impl Sum {
    fn new(end: u64) -> Sum {
        Sum {
            calls: 0,
            faults: [0; 3],
            response_us: 0,
            slowest_us: 0,
            received: 0,
            sent: 0,
            first: end,
            last: end,
            times: Box::new([0; BUCKETS]),
        }
    }

    fn add(&mut self, call: &Call<'_>) {
        self.calls += 1;
        match call.fault {
            Fault::None => {}
            Fault::Client => self.faults[0] += 1,
            Fault::Service => self.faults[1] += 1,
            Fault::Platform => self.faults[2] += 1,
        }
        self.response_us += u64::from(call.response_us);
        self.slowest_us = self.slowest_us.max(call.response_us);
        self.received += call.received;
        self.sent += call.sent;
        self.first = self.first.min(call.end);
        self.last = self.last.max(call.end);
        self.times[bucket(call.response_us)] += 1;
    }

    fn join(&mut self, other: &Sum) {
        self.calls += other.calls;
        self.faults.iter_mut().zip(other.faults).for_each(|(sum, more)| *sum += more);
        self.response_us += other.response_us;
        self.slowest_us = self.slowest_us.max(other.slowest_us);
        self.received += other.received;
        self.sent += other.sent;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.times.iter_mut().zip(other.times.iter()).for_each(|(sum, more)| *sum += more);
    }

    fn quantile_us(&self, share: f64) -> f64 {
        let counts = self.times.iter().map(|count| u64::from(*count)).enumerate();
        quantile_us(counts, self.calls, share).min(f64::from(self.slowest_us))
    }

    fn row(&self, key: Vec<String>) -> TallyRow {
        let [client_errors, service_errors, platform_errors] = self.faults;
        TallyRow {
            key,
            calls: self.calls,
            client_errors,
            service_errors,
            platform_errors,
            mean_seconds: self.response_us as f64 / self.calls.max(1) as f64 / 1e6,
            p95_seconds: self.quantile_us(0.95) / 1e6,
            slowest_seconds: f64::from(self.slowest_us) / 1e6,
            received_bytes: self.received,
            sent_bytes: self.sent,
            first: Timestamp(self.first),
            last: Timestamp(self.last),
        }
    }
}
