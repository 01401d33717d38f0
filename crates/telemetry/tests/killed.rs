//! Kills a process with SIGKILL while it keeps transactions, again and again over the same folder, and looks at what is left.
//!
//! Its own `main`, because the process to kill is this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

mod killing;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::record::RequestRecord;
use naru_model::series::{Search, Subject};
use naru_model::snapshot::{RouteId, ServiceId};
use naru_model::units::{Percent, Timestamp};
use naru_telemetry::Names;
use naru_telemetry::archive::{Archive, Limits};
use naru_testkit::record::answered;

use crate::killing::Writers;

const START: Timestamp = Timestamp(1_795_250_000_000_000);
/// Some 50,000 transactions a second.
const WRITERS: Writers = Writers { rounds: 12, at_once: 50 };

fn main() {
    match Writers::is_one() {
        Some((folder, first)) => write(&folder, first),
        None => {
            let killed = WRITERS.kill(|folder, round, _| look_at(folder, round));
            let (rounds, kept, lost) = (WRITERS.rounds, killed.kept, killed.lost);
            println!("killed {rounds} times: {kept} transactions kept, {lost} of the last moments lost");
        }
    }
}

fn open(folder: &Path) -> Archive {
    let log = Arc::new(|line: &str| println!("said: {line}"));
    let names = Names {
        services: [(ServiceId(1), "booking".parse().unwrap())].into(),
        routes: [(RouteId(1), "/**".to_owned())].into(),
        ..Names::default()
    };
    // Small segments, so that kills fall into the writing of them too.
    let limits = Limits { segment_rows: 20_000, ..Limits::default() };
    let retention =
        platform::Telemetry { disk: Percent { thousandths: 1000 }, ..platform::Telemetry::default() };
    Archive::open(folder, limits, retention, Arc::new(ArcSwap::from_pointee(names)), START, log).unwrap()
}

/// The transaction of this number ends so many microseconds after the start.
fn record(number: u64) -> RequestRecord<'static> {
    RequestRecord {
        start: Timestamp(START.0 + number - 700),
        bytes_out: number,
        upstream_us: 600,
        whole_us: 700,
        target: "/rooms",
        ..answered()
    }
}

fn write(folder: &Path, first: u64) {
    let archive = open(folder);
    let mut batch = Vec::new();
    WRITERS.write(first, |numbers| {
        batch.clear();
        numbers.for_each(|number| record(number).encode(&mut batch));
        archive.offer(&batch);
    })
}

/// The numbers of all transactions in the folder; each is there once.
fn look_at(folder: &Path, round: u64) -> BTreeSet<u64> {
    let archive = open(folder);
    let mut found = BTreeSet::new();
    let mut before = Timestamp(u64::MAX);
    // The leftovers are read by a thread: a new transaction is shown once it is done with them.
    let mut last = Vec::new();
    // Earlier than those of the rounds before, which are kept too.
    let mark = Timestamp(START.0 - 1 - round);
    RequestRecord { start: Timestamp(mark.0 - 700), ..record(0) }.encode(&mut last);
    archive.offer(&last);
    let deadline = Instant::now() + Duration::from_secs(30);
    while archive.search(&everything(Timestamp(mark.0 + 1))).transactions.is_empty() {
        assert!(Instant::now() < deadline, "the leftovers were not read within 30 seconds");
        std::thread::sleep(Duration::from_millis(5));
    }
    loop {
        let answer = archive.search(&everything(before));
        for transaction in &answer.transactions {
            if transaction.end >= START {
                assert!(found.insert(transaction.end.0 - START.0), "{transaction:?} is there twice");
                assert_eq!(transaction.sent_bytes, transaction.end.0 - START.0);
            }
        }
        match answer.transactions.last() {
            Some(last) if answer.more => before = last.end,
            _ => return found,
        }
    }
}

fn everything(before: Timestamp) -> Search {
    Search {
        subject: Subject::All,
        from: Timestamp(0),
        to: before,
        at_least: Duration::ZERO,
        at_most: None,
        errors: false,
        filter: Default::default(),
        limit: 1000,
    }
}
