//! Kills a process with SIGKILL while it keeps transactions, again and again over the same folder, and looks at what is left.
//!
//! Its own `main`, because the process to kill is this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
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

const FOLDER: &str = "NARU_ARCHIVE_TO_WRITE";
const FIRST: &str = "NARU_ARCHIVE_FIRST";
const START: Timestamp = Timestamp(1_795_250_000_000_000);
const ROUNDS: u64 = 12;
/// What a SIGKILL may lose.
const LOST: Duration = Duration::from_secs(1);

fn main() {
    match std::env::var_os(FOLDER) {
        Some(folder) => write(Path::new(&folder), std::env::var(FIRST).unwrap().parse().unwrap()),
        None => kill_writers(),
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

/// Keeps transactions until killed, some 50,000 a second, and prints up to which number it has handed them over.
fn write(folder: &Path, first: u64) {
    let archive = open(folder);
    let mut number = first;
    let mut batch = Vec::new();
    loop {
        batch.clear();
        (0..50).for_each(|n| record(number + n).encode(&mut batch));
        archive.offer(&batch);
        number += 50;
        println!("{number}");
        std::io::stdout().flush().unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn kill_writers() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut handed_over = 0;
    let mut kept = BTreeSet::new();
    let mut gaps = 0;
    for round in 0..ROUNDS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .env(FOLDER, folder.path())
            .env(FIRST, handed_over.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        // Another length of life each time; the kill falls anywhere into the next write.
        let life = Duration::from_millis(400 + 137 * round % 900);
        let born = Instant::now();
        let mut at = Vec::new();
        while born.elapsed() < life {
            let line = said.next().unwrap().unwrap();
            handed_over = line.parse().unwrap_or_else(|_| panic!("{line}"));
            at.push((Instant::now(), handed_over));
        }
        let killed = Instant::now();
        writer.kill().unwrap();
        writer.wait().unwrap();
        // What it handed over and printed before the kill but was not read.
        handed_over =
            said.map_while(Result::ok).filter_map(|line| line.parse().ok()).last().unwrap_or(handed_over);
        // All that was handed over more than a second before the kill must be there.
        let safe =
            at.iter().rev().find(|(when, _)| killed.duration_since(*when) > LOST).map(|(_, number)| *number);
        let found = look_at(folder.path(), round);
        assert!(kept.is_subset(&found), "a transaction that was there before is gone");
        let first = at.first().map_or(0, |(_, number)| *number - 50);
        let missing = (first..safe.unwrap_or(first)).filter(|number| !found.contains(number)).count();
        assert_eq!(missing, 0, "round {round}: {missing} of those older than a second are gone");
        gaps += handed_over - first - found.range(first..).count() as u64;
        kept = found;
        // The next one begins where nothing was handed over yet.
        handed_over += 50;
    }
    println!("killed {ROUNDS} times: {} transactions kept, {gaps} of the last moments lost", kept.len());
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
