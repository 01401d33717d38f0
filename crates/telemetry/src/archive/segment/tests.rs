use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use naru_model::record::{Fault, RequestRecord};
use naru_model::series::{By, Filter, Found, Order, Period, Search, Subject, TallyQuery, Transaction};
use naru_model::snapshot::CallerId;
use naru_model::units::Timestamp;
use proptest::prelude::*;

use super::write;
use crate::Log;
use crate::archive::fixture::{START, instance, names, record};
use crate::archive::rows::{Rows, hexadecimal};
use crate::archive::search::search;
use crate::archive::shelf::{Held, Shelf};
use crate::archive::tally::tally;
use crate::trace_ids::TraceIds;

fn rows(records: &[RequestRecord<'_>]) -> Rows {
    let mut rows = Rows::default();
    rows.learn(&names());
    for record in records {
        rows.take(record, false);
    }
    rows
}

fn quiet() -> Log {
    Arc::new(|line| panic!("nothing should be said, but: {line}"))
}

/// Ends within 20 seconds, in steps wide enough that no two end together; `seed` makes the rest.
fn made(at: usize, seed: u32) -> RequestRecord<'static> {
    let paths = ["/a", "/a?page=2", "/b/7", "", "/예약"];
    let whole_us = 1 << (seed % 24);
    RequestRecord {
        start: Timestamp(START.0 + (seed as u64 % 10) * 2_000_000 + at as u64 - u64::from(whole_us)),
        whole_us,
        upstream_us: whole_us / 2,
        waiting_us: seed % 7,
        connecting_us: seed % 3,
        status: if seed.is_multiple_of(5) { 503 } else { 200 },
        fault: [Fault::None, Fault::Client, Fault::Service, Fault::Platform, Fault::None][seed as usize % 5],
        target: paths[seed as usize / 8 % 5],
        client: if seed.is_multiple_of(2) {
            [192, 0, 2, seed as u8].into()
        } else {
            [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()
        },
        caller: CallerId(seed / 64 % 4),
        ..record(1 + seed / 3 % 3, seed / 16 % 3, 1 + seed / 32 % 2)
    }
}

/// By the words of [`Search`], without any index.
fn naive(all: &[Transaction], search: &Search) -> Found {
    let mut found: Vec<&Transaction> = all
        .iter()
        .filter(|t| {
            let subject = match &search.subject {
                Subject::All => true,
                Subject::Service(name) => t.service.as_ref() == Some(name),
                Subject::Revision(name, revision) => {
                    t.instance.as_ref().is_some_and(|i| i.service == *name && i.revision == *revision)
                }
                Subject::Route(name) => t.route == *name,
                Subject::Function(name) => t.function.as_ref() == Some(name),
                Subject::Caller(name) => t.caller.as_ref() == Some(name),
                Subject::Instance(id) => t.instance.as_ref() == Some(id),
                Subject::Host => false,
            };
            let micros = Duration::from_secs_f64(t.response_seconds).as_micros();
            subject
                && (search.from..search.to).contains(&t.end)
                && micros >= search.at_least.as_micros()
                && search.at_most.is_none_or(|at_most| micros <= at_most.as_micros())
                && (!search.errors || matches!(t.fault, Fault::Service | Fault::Platform))
                && naive_filter(t, &search.filter)
        })
        .collect();
    found.sort_by_key(|t| std::cmp::Reverse(t.end));
    let more = found.len() > search.limit as usize;
    Found {
        transactions: found.into_iter().take(search.limit as usize).cloned().collect(),
        more,
        missing: None,
    }
}

/// By the words of [`Filter`].
fn naive_filter(t: &Transaction, filter: &Filter) -> bool {
    filter.service.is_none_or_in(&t.service)
        && filter.function.is_none_or_in(&t.function)
        && filter.caller.is_none_or_in(&t.caller)
        && filter.route.as_ref().is_none_or(|route| *route == t.route)
        && filter.client.is_none_or(|client| client == t.client)
        && filter.status.is_none_or(|status| status.has(t.status))
        && filter.text.as_ref().is_none_or(|text| t.path.to_lowercase().contains(&text.to_lowercase()))
        && filter.trace.is_none_or(|trace| t.trace_id == hexadecimal(&trace))
}

trait NoneOrIn<T> {
    fn is_none_or_in(&self, found: &Option<T>) -> bool;
}

impl<T: PartialEq> NoneOrIn<T> for Option<T> {
    fn is_none_or_in(&self, found: &Option<T>) -> bool {
        self.is_none() || self == found
    }
}

/// By the words of [`TallyQuery`]: calls, failures of the three kinds, bytes.
fn naive_sums(all: &[Transaction], by: [By; 2]) -> BTreeMap<Vec<String>, [u64; 5]> {
    let text = |t: &Transaction, by: By| match by {
        By::Caller => t.caller.as_ref().map(ToString::to_string).unwrap_or_default(),
        By::Address => t.client.to_string(),
        By::Service => t.service.as_ref().map(ToString::to_string).unwrap_or_default(),
        By::Function => t.function.as_ref().map(ToString::to_string).unwrap_or_default(),
        By::Route => t.route.clone(),
        By::Method => t.method.as_str().to_owned(),
        By::Status => t.status.to_string(),
        By::Hour => (t.end.0 / 3_600_000_000 % 24).to_string(),
    };
    let mut sums = BTreeMap::<Vec<String>, [u64; 5]>::new();
    for t in all {
        let sum = sums.entry(by.iter().map(|by| text(t, *by)).collect()).or_default();
        let failed = |fault| u64::from(t.fault == fault);
        let more = [
            1,
            failed(Fault::Client),
            failed(Fault::Service),
            failed(Fault::Platform),
            t.received_bytes + t.sent_bytes,
        ];
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    sums
}

fn a_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        Just(Subject::All),
        Just(Subject::Host),
        (1u32..5).prop_map(|n| Subject::Service(format!("service-{n}").parse().unwrap())),
        (1u32..4, 0u32..3).prop_map(|(n, r)| Subject::Revision(format!("service-{n}").parse().unwrap(), r)),
        (1u32..4).prop_map(|n| Subject::Route(format!("example.kr/{n}/**"))),
        (1u32..4).prop_map(|n| Subject::Caller(format!("client-{n}").parse().unwrap())),
        (1u32..4).prop_map(|n| Subject::Function(format!("function-{n}").parse().unwrap())),
        (1u32..4, 0u32..3, 1u32..3).prop_map(|(n, r, o)| Subject::Instance(instance(n, r, o))),
    ]
}

fn a_filter() -> impl Strategy<Value = Filter> {
    let status = prop_oneof![Just("503"), Just("2xx"), Just("404")].prop_map(|text| text.parse().unwrap());
    let text = prop_oneof![Just("A"), Just("/b/"), Just("예"), Just("no such")].prop_map(str::to_owned);
    let name = |kind: &'static str| move |n: u32| format!("{kind}-{n}");
    prop_oneof![
        4 => Just(Filter::default()),
        1 => (1u32..5).prop_map(move |n| Filter { service: name("service")(n).parse().ok(), ..Filter::default() }),
        1 => (1u32..5).prop_map(move |n| Filter { function: name("function")(n).parse().ok(), ..Filter::default() }),
        1 => (1u32..5).prop_map(move |n| Filter { caller: name("client")(n).parse().ok(), ..Filter::default() }),
        1 => (1u32..5).prop_map(|n| Filter { route: Some(format!("example.kr/{n}/**")), ..Filter::default() }),
        1 => any::<u8>().prop_map(|n| Filter { client: Some([192, 0, 2, n].into()), ..Filter::default() }),
        2 => status.prop_map(|status| Filter { status: Some(status), ..Filter::default() }),
        2 => text.prop_map(|text| Filter { text: Some(text), ..Filter::default() }),
        1 => prop_oneof![Just([0xab; 16]), Just([0xac; 16])]
            .prop_map(|trace| Filter { trace: Some(trace), ..Filter::default() }),
    ]
}

fn a_search() -> impl Strategy<Value = Search> {
    let period = (0u64..21_000_000, 0u64..21_000_000);
    let response = (0u32..24, proptest::option::of(0u32..24));
    (a_subject(), a_filter(), period, response, any::<bool>(), 1u32..200).prop_map(
        |(subject, filter, period, response, errors, limit)| {
            let micros = |power: u32| Duration::from_micros(1 << power);
            Search {
                subject,
                from: Timestamp(START.0 + period.0.min(period.1)),
                to: Timestamp(START.0 + period.0.max(period.1)),
                at_least: micros(response.0),
                at_most: response.1.map(micros),
                errors,
                filter,
                limit,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_is_found_is_what_a_plain_filter_finds(
        seeds in proptest::collection::vec(any::<u32>(), 1..3000),
        kept in 0usize..4,
        searches in proptest::collection::vec(a_search(), 12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let records: Vec<RequestRecord> = seeds.iter().enumerate().map(|(at, seed)| made(at, *seed)).collect();
        let whole = rows(&records);
        let all: Vec<Transaction> = whole.rows.iter().map(|row| whole.transaction(row, &TraceIds::default())).collect();
        // Some of it in up to three segments, the rest in memory.
        let shelf = Shelf::new(Vec::new(), Arc::default(), quiet());
        let pieces: Vec<&[RequestRecord]> = records.chunks(records.len().div_ceil(4)).collect();
        for (number, piece) in (1..).zip(&pieces) {
            if number as usize <= kept {
                shelf.replace(write(folder.path(), number, &rows(piece), &TraceIds::default()).unwrap());
            } else {
                shelf.add_full(number, Held::new(rows(piece)));
            }
        }
        for wanted in searches {
            prop_assert_eq!(search(&shelf, &wanted), naive(&all, &wanted));
        }
        let every = [By::Caller, By::Address, By::Service, By::Function, By::Route, By::Method, By::Status, By::Hour];
        let by = [every[seeds[0] as usize % 8], every[seeds[0] as usize / 8 % 8]];
        let period = Period { from: 0, to: u32::MAX };
        let order = Order::Calls;
        let query = TallyQuery { subject: Subject::All, period, by: by.to_vec(), order, limit: 1000 };
        let tally = tally(&shelf, &query);
        let sums = tally.rows.iter().map(|row| {
            let bytes = row.received_bytes + row.sent_bytes;
            let sum = [row.calls, row.client_errors, row.service_errors, row.platform_errors, bytes];
            (row.key.clone(), sum)
        });
        prop_assert!(tally.rows.is_sorted_by_key(|row| std::cmp::Reverse(row.calls)));
        prop_assert_eq!(sums.collect::<BTreeMap<_, _>>(), naive_sums(&all, by));
    }
}

#[test]
fn a_segment_tells_of_itself_what_its_writer_knew() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<RequestRecord> = (0..20_000).map(|at| made(at, at as u32 * 7919)).collect();
    let written = write(folder.path(), 9, &rows(&records), &TraceIds::default()).unwrap();
    let found = super::Segment::find(&written.path, 9).unwrap();
    assert_eq!(
        (found.first, found.last, found.rows, found.bytes),
        (written.first, written.last, written.rows, written.bytes)
    );
    assert_eq!(found.rows, 20_000);
}

#[test]
fn a_damaged_segment_is_said_once_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let said = Arc::new(Mutex::new(Vec::<String>::new()));
    let log: Log = Arc::new({
        let said = said.clone();
        move |line: &str| said.lock().unwrap().push(line.to_owned())
    });
    let shelf = Shelf::new(Vec::new(), Arc::default(), log);
    let records: Vec<RequestRecord> = (0..20_000).map(|at| made(at, at as u32 * 7919)).collect();
    for number in 1..=2 {
        shelf.replace(write(folder.path(), number, &rows(&records), &TraceIds::default()).unwrap());
    }
    let damaged = shelf.view().segments()[0].path.clone();
    let mut bytes = std::fs::read(&damaged).unwrap();
    // Its pages; the footer stays as it was.
    let pages = bytes.len() / 2;
    bytes[4..pages].fill(0xa5);
    std::fs::write(&damaged, bytes).unwrap();
    let everything = Search {
        subject: Subject::All,
        from: Timestamp(0),
        to: Timestamp(u64::MAX),
        at_least: Duration::ZERO,
        at_most: None,
        errors: false,
        filter: Filter::default(),
        limit: 10,
    };
    for _ in 0..2 {
        assert_eq!(search(&shelf, &everything).transactions.len(), 10);
    }
    let said = said.lock().unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(&damaged.display().to_string()), "{said:?}");
}
