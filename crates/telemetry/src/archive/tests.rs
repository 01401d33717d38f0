use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::record::{Fault, RequestRecord};
use naru_model::series::{MapQuery, Period, Search, Subject, Transaction};
use naru_model::snapshot::CallerId;
use naru_model::stored::Rows;
use naru_model::units::{Percent, Timestamp};

use super::fixture::{START, instance, names, record};
use super::{Archive, Beside, Limits, files};

const DAY: Duration = Duration::from_secs(86_400);

struct Store {
    folder: tempfile::TempDir,
    limits: Limits,
    retention: platform::Telemetry,
    said: Arc<Mutex<Vec<String>>>,
}

impl Store {
    fn new(segment_rows: usize) -> Store {
        Store {
            folder: tempfile::tempdir().unwrap(),
            limits: Limits { segment_rows, ..Limits::default() },
            retention: platform::Telemetry {
                disk: Percent { thousandths: 1000 },
                ..platform::Telemetry::default()
            },
            said: Arc::default(),
        }
    }

    fn open(&self) -> Archive {
        self.open_at(START)
    }

    fn open_at(&self, now: Timestamp) -> Archive {
        let said = self.said.clone();
        let log = Arc::new(move |line: &str| said.lock().unwrap().push(line.to_owned()));
        let names = Arc::new(ArcSwap::from_pointee(names()));
        Archive::open(self.folder.path(), self.limits, self.retention, names, now, log).unwrap()
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    fn files(&self, beginning: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(beginning)).collect()
    }
}

/// Requests that end from `from` on, a millisecond apart.
fn batch(from: u64, count: u64) -> Vec<u8> {
    let mut batch = Vec::new();
    for n in from..from + count {
        RequestRecord { start: START + Duration::from_millis(n), ..record(1 + n as u32 % 3, 1, 1) }
            .encode(&mut batch);
    }
    batch
}

fn search(limit: u32) -> Search {
    let to = Timestamp(u64::MAX);
    let (at_least, at_most) = (Duration::ZERO, None);
    Search {
        subject: Subject::All,
        from: Timestamp(0),
        to,
        at_least,
        at_most,
        errors: false,
        filter: Default::default(),
        limit,
    }
}

/// Everything, page by page.
fn all(archive: &Archive) -> Vec<Transaction> {
    let mut found = Vec::new();
    let mut page = search(1000);
    loop {
        let answer = archive.search(&page);
        found.extend(answer.transactions);
        let Some(last) = found.last().filter(|_| answer.more) else { return found };
        page.to = last.end;
    }
}

/// The store's threads tell nobody when they are done with something.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < deadline, "{what} took over 30 seconds");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_transaction_is_kept_as_the_record_told_it() {
    let store = Store::new(1);
    let mut batch = Vec::new();
    RequestRecord {
        fault: Fault::Platform,
        status: 503,
        attempts: 2,
        caller: CallerId(2),
        ..record(2, 7, 3)
    }
    .encode(&mut batch);
    let archive = store.open();
    archive.offer(&batch);
    let wanted = Transaction {
        end: START + Duration::from_millis(1),
        response_seconds: 0.001,
        waiting_seconds: 0.000_001,
        upstream_seconds: 0.000_9,
        route: "example.kr/2/**".to_owned(),
        function: Some("function-2".parse().unwrap()),
        service: Some("service-2".parse().unwrap()),
        instance: Some(instance(2, 7, 3)),
        caller: Some("client-2".parse().unwrap()),
        client: [127, 0, 0, 1].into(),
        method: naru_model::record::Method::Get,
        status: 503,
        fault: Fault::Platform,
        attempts: 2,
        received_bytes: 0,
        sent_bytes: 1500,
        path: "/rooms".to_owned(),
        trace_id: "ab".repeat(16),
    };
    until("the journal", || archive.search(&search(1)).transactions == [wanted.clone()]);
    until("the segment", || store.files("transactions-").len() == 1 && store.files("journal-").is_empty());
    assert_eq!(archive.search(&search(1)).transactions, [wanted]);
}

#[test]
fn nothing_is_lost_or_doubled_over_segments_and_starts() {
    let store = Store::new(700);
    let mut offered = 0;
    for _ in 0..4 {
        let archive = store.open();
        for _ in 0..10 {
            archive.offer(&batch(offered, 100));
            offered += 100;
        }
        drop(archive);
        let archive = store.open();
        until("the start", || all(&archive).len() as u64 == offered);
    }
    let archive = store.open();
    until("the start", || all(&archive).len() as u64 == offered);
    let ends: Vec<Timestamp> = all(&archive).iter().map(|found| found.end).collect();
    assert!(ends.is_sorted_by(|a, b| a > b));
    assert_eq!(store.said(), [""; 0]);
}

#[test]
fn a_journal_whose_segment_is_there_is_not_turned_twice() {
    let store = Store::new(100);
    let archive = store.open();
    archive.offer(&batch(0, 100));
    until("the segment", || store.files("transactions-").len() == 1);
    drop(archive);
    // As if the kill had come between the segment and the removal of its journal.
    let mut journal = super::journal::Journal::create(files::journal(store.folder.path(), 1)).unwrap();
    journal.add_records(&batch(0, 100));
    journal.write().unwrap();
    let archive = store.open();
    archive.offer(&batch(100, 1));
    until("the batch", || all(&archive).len() == 101);
    assert!(!files::journal(store.folder.path(), 1).exists());
}

#[test]
fn garbage_is_said_and_left_out() {
    let store = Store::new(100);
    let archive = store.open();
    archive.offer(&batch(0, 100));
    until("the segment", || store.files("transactions-").len() == 1);
    drop(archive);
    let good = std::fs::read(&store.files("transactions-")[0]).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(store.folder.path().join(name), bytes).unwrap();
    write("transactions-20260101T000000Z-50.parquet", b"PAR1 not at all");
    write("transactions-20260101T000000Z-51.parquet", &good[..good.len() / 2]);
    write("transactions-20260101T000000Z-52.parquet", b"");
    write("journal-60", b"garbage");
    write("journal-61", b"");
    write("notes.txt", b"somebody's own");
    write("transactions-20260101T000000Z-53.parquet.part", b"a leftover");
    let archive = store.open();
    archive.offer(&batch(100, 5));
    until("the batch", || all(&archive).len() == 105);
    let said = store.said();
    assert_eq!(said.len(), 5, "{said:#?}");
    for name in ["-50.parquet", "-51.parquet", "-52.parquet", "journal-60", "journal-61"] {
        assert!(said.iter().any(|line| line.contains(name)), "{name}: {said:#?}");
    }
    assert!(
        store.files("notes.txt").len() == 1 && store.files("transactions-20260101T000000Z-53").is_empty()
    );
}

#[test]
fn what_is_too_old_goes_and_what_is_young_stays() {
    let mut store = Store::new(100);
    let archive = store.open();
    archive.offer(&batch(0, 100));
    until("the segment", || store.files("transactions-").len() == 1);
    drop(archive);
    store.retention.transactions = DAY;
    drop(store.open_at(START + DAY));
    assert_eq!(store.files("transactions-").len(), 1);
    let archive = store.open_at(START + DAY + Duration::from_secs(1));
    until("letting go", || store.files("transactions-").is_empty());
    assert_eq!(all(&archive), []);
}

#[test]
fn the_oldest_goes_when_the_share_of_the_disk_is_used_up_and_it_is_said_once() {
    let mut store = Store::new(100);
    store.retention.disk = Percent { thousandths: 0 };
    let archive = store.open();
    for n in 0..3 {
        archive.offer(&batch(n * 100, 100));
    }
    until("letting go", || all(&archive).is_empty() && !store.said().is_empty());
    let said = store.said();
    assert!(said.len() == 1 && said[0].contains("0% of the disk"), "{said:?}");
}

#[test]
fn a_clock_that_went_back_breaks_nothing() {
    let store = Store::new(100);
    for from in [10_000, 0, 5_000, 50] {
        let archive = store.open_at(START + Duration::from_millis(from));
        archive.offer(&batch(from, 100));
        drop(archive);
    }
    let archive = store.open();
    until("the start", || all(&archive).len() == 400);
    let found = archive.search(&search(1)).transactions;
    assert_eq!(found[0].end, START + Duration::from_millis(10_100));
}

#[test]
fn a_torn_journal_is_read_up_to_its_tear_and_goes_on() {
    let store = Store::new(1000);
    let archive = store.open();
    archive.offer(&batch(0, 10));
    drop(archive);
    let journal = store.files("journal-")[0].clone();
    std::fs::OpenOptions::new().append(true).open(journal).unwrap().write_all(&[7; 100]).unwrap();
    for more in 1..3 {
        let archive = store.open();
        archive.offer(&batch(10 * more, 10));
        until("the batch", || all(&archive).len() as u64 == 10 * (more + 1));
    }
}

#[test]
fn a_segment_that_can_not_be_written_is_said_once_and_written_later() {
    let store = Store::new(100);
    let first = START + Duration::from_millis(1);
    let mut part = files::transactions(store.folder.path(), first, 1).into_os_string();
    part.push(".part");
    let archive = store.open();
    std::fs::create_dir(&part).unwrap();
    archive.offer(&batch(0, 100));
    until("the complaint", || !store.said().is_empty());
    assert_eq!(all(&archive).len(), 100);
    std::fs::remove_dir(&part).unwrap();
    // Whatever is full next makes it try again.
    archive.offer(&batch(100, 100));
    until("the segments", || store.files("transactions-").len() == 2 && store.files("journal-").is_empty());
    assert_eq!(all(&archive).len(), 200);
    assert_eq!(store.said().len(), 1, "{:?}", store.said());
}

fn a_map(columns: u32, rows: u32, top: Option<Duration>, dots: u32) -> MapQuery {
    let second = (START.0 / 1_000_000) as u32;
    MapQuery {
        subject: Subject::All,
        period: Period { from: second, to: second + 10 },
        columns,
        rows,
        top,
        dots,
    }
}

#[test]
fn a_map_has_every_transaction_as_a_dot_or_in_a_cell() {
    let store = Store::new(700);
    let archive = store.open();
    // Half of it in a segment.
    for n in 0..5 {
        archive.offer(&batch(n * 200, 200));
    }
    let mut slow = Vec::new();
    RequestRecord { whole_us: 3_000_000, fault: Fault::Service, status: 500, ..record(1, 1, 1) }
        .encode(&mut slow);
    archive.offer(&slow);
    until("the segment", || store.files("transactions-").len() == 1 && all(&archive).len() == 1001);

    let map = archive.map(&a_map(10, 4, Some(Duration::from_secs(2)), 2000));
    let dots = map.dots.unwrap();
    assert_eq!((map.transactions, map.errors, dots.len()), (1001, 1, 1001));
    assert_eq!(dots.iter().filter(|dot| **dot == (3.0, 3.0, 1)).count(), 1);

    let map = archive.map(&a_map(10, 4, Some(Duration::from_secs(2)), 500));
    let mut used = map.cells.unwrap().used;
    used.sort_unstable();
    // All within the first second or just after it, and the slow one above the top.
    assert_eq!(used, [(0, 0, 999, 0), (1, 0, 1, 0), (3, 4, 1, 1)]);
    assert_eq!((map.top_seconds, map.dots), (2.0, None));
    // Of a thousand fast ones and a slow one, the edge is chosen by the fast ones.
    assert_eq!(archive.map(&a_map(10, 4, None, 0)).top_seconds, 0.01);
}

#[test]
fn a_finished_segment_is_read_piece_by_piece_as_it_is_found() {
    // More than a piece has, and less than two.
    let store = Store::new(40_000);
    let archive = store.open();
    assert_eq!((archive.finished(), archive.piece("transactions-none.parquet", 0)), (Vec::new(), None));
    archive.offer(&batch(0, 40_000));
    until("the segment", || archive.finished().len() == 1);
    let file = archive.finished().remove(0);
    let ends = [START + Duration::from_millis(1), START + Duration::from_secs(40)];
    assert_eq!(([file.first, file.last], file.rows), (ends, 40_000));
    let mut read = Vec::new();
    loop {
        let piece = archive.piece(&file.name, read.len() as u32).unwrap();
        assert_eq!(piece.first as usize, read.len());
        let Rows::Transactions(rows) = piece.rows else { panic!("other rows") };
        read.extend(rows);
        if !piece.more {
            break;
        }
    }
    read.sort_by_key(|transaction| std::cmp::Reverse(transaction.end));
    assert_eq!(read, all(&archive));
    assert_eq!(archive.piece(&file.name, 40_000), None);
}

#[test]
fn rows_wait_for_the_traces_that_they_are_to_name() {
    let store = Store::new(1);
    let beside = Beside::default();
    beside.ids.begin();
    let names = Arc::new(ArcSwap::from_pointee(names()));
    let open = |now: Timestamp| {
        let (folder, retention) = (store.folder.path(), store.retention);
        let log = Arc::new(|_: &str| {});
        Archive::open_beside(folder, store.limits, retention, names.clone(), now, log, beside.clone())
            .unwrap()
    };
    let archive = open(START);
    archive.offer(&batch(0, 1));
    until("the journal", || archive.search(&search(1)).transactions.len() == 1);
    assert_eq!(store.files("transactions-").len(), 0);
    // Decided meanwhile.
    beside.ids.keep(&[0xab; 16]);
    drop(archive);
    let archive = open(START + Duration::from_secs(13));
    until("the segment", || store.files("transactions-").len() == 1);
    assert_eq!(archive.search(&search(1)).transactions[0].trace_id, "ab".repeat(16));
}
