//! What the store on disk costs and how fast it answers: writes a day of realistic transactions through the real path, then
//! draws the T-Map and lists rectangles. `bench/telemetry/run` builds it and keeps what it prints.

#![expect(clippy::unwrap_used, reason = "a measurement, which ends at the first thing that goes wrong")]

mod archive_load;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::calls::CallsQuery;
use naru_model::platform;
use naru_model::series::{Filter, MapQuery, Period, Search, StatusIs, Subject, Transaction};
use naru_model::units::{Percent, Timestamp};
use naru_telemetry::archive::{Archive, Limits};
use parquet::file::reader::{FileReader, SerializedFileReader};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use archive_load::{DAY_SECONDS, Load, MIDNIGHT};

/// How often each question is asked; the median counts.
const ROUNDS: usize = 7;
/// What a batch of the gateway holds at 100 requests a second and one batch each 250 ms.
const BATCH: u64 = 29;

fn main() {
    // `cargo test` and `cargo bench` run every target; without a folder there is nothing to do.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        return println!("usage: archive FOLDER [TRANSACTIONS] [REGISTERED CLIENTS]");
    };
    let transactions = arguments.next().map_or(10_000_000, |number| number.parse().unwrap());
    let callers = arguments.next().map_or(0, |number| number.parse().unwrap());
    let written = write(&folder, transactions, callers);
    let bytes = bytes(&folder, transactions);
    let asked = ask(&folder, transactions, callers);
    let result = json!({"transactions": transactions, "callers": callers, "written": written, "bytes": bytes, "asked": asked});
    println!("{}", serde_json::to_string_pretty(&result).unwrap());
}

fn open(folder: &Path, load: &Load) -> Archive {
    let log = Arc::new(|line: &str| eprintln!("{line}"));
    let retention =
        platform::Telemetry { disk: Percent { thousandths: 900 }, ..platform::Telemetry::default() };
    let names = Arc::new(ArcSwap::from_pointee(load.names()));
    let evening = MIDNIGHT + Duration::from_secs(u64::from(DAY_SECONDS));
    Archive::open(folder, Limits::default(), retention, names, evening, log).unwrap()
}

/// The whole day, as fast as the store takes it.
fn write(folder: &Path, transactions: u64, callers: u32) -> Value {
    let mut load = Load::new(transactions, callers);
    let archive = open(folder, &load);
    let (started, process, own) = (Instant::now(), cpu(ClockId::ProcessCPUTime), cpu(ClockId::ThreadCPUTime));
    let mut batch = Vec::new();
    let mut sent = 0;
    let mut in_batches = 0;
    while sent < transactions {
        batch.clear();
        let count = BATCH.min(transactions - sent);
        (0..count).for_each(|_| load.next(&mut batch));
        // The gateway would not wait; it does not send a day in a minute either.
        while archive.queued() > 8 << 20 || archive.behind() {
            std::thread::sleep(Duration::from_millis(1));
        }
        archive.offer(&batch);
        in_batches += batch.len() as u64;
        sent += count;
    }
    while archive.queued() > 0 || archive.behind() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let (process, own) = (cpu(ClockId::ProcessCPUTime) - process, cpu(ClockId::ThreadCPUTime) - own);
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(archive.dropped(), 0, "transactions were dropped");
    let memory = memory();
    drop(archive);
    let spent = (process - own).as_secs_f64();
    json!({
        "seconds": seconds, "per_second": transactions as f64 / seconds, "record_bytes": in_batches as f64 / transactions as f64,
        "cpu_us_each": spent / transactions as f64 * 1e6, "memory": memory,
    })
}

/// How much the segments take, by column. What is still in the journal is no segment yet and is not counted.
fn bytes(folder: &Path, transactions: u64) -> Value {
    let (mut files, mut rows, mut whole) = (0, 0, 0);
    let mut columns = Vec::<(String, i64)>::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with("transactions-") {
            continue;
        }
        files += 1;
        whole += path.metadata().unwrap().len();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        for group in reader.metadata().row_groups() {
            rows += group.num_rows();
            for (at, column) in group.columns().iter().enumerate() {
                if columns.len() <= at {
                    columns.push((column.column_path().string(), 0));
                }
                columns[at].1 += column.compressed_size();
            }
        }
    }
    let each = |bytes: i64| (bytes as f64 / rows as f64 * 1000.0).round() / 1000.0;
    let by_column: serde_json::Map<String, Value> =
        columns.iter().map(|(name, bytes)| (name.clone(), each(*bytes).into())).collect();
    let in_columns: i64 = columns.iter().map(|(_, bytes)| bytes).sum();
    json!({
        "segments": files, "transactions_in_segments": rows, "transactions_in_journal": transactions as i64 - rows,
        "each": each(whole as i64), "index_and_footer_each": each(whole as i64 - in_columns), "by_column": by_column,
    })
}

fn ask(folder: &Path, transactions: u64, callers: u32) -> Value {
    let archive = open(folder, &Load::new(1, callers));
    let opened = Instant::now();
    // The last ones of the day may have ended after midnight.
    while archive.map(&a_map(Subject::All, 0, 2 * DAY_SECONDS)).transactions < transactions {
        std::thread::sleep(Duration::from_millis(1));
    }
    eprintln!("first map after {:?}", opened.elapsed());
    let service = Subject::Service("service-3".parse().unwrap());
    let noon = 43_200;
    let mut results = serde_json::Map::new();
    let maps = [
        ("map of the day", a_map(Subject::All, 0, DAY_SECONDS)),
        ("map of the day, one service", a_map(service.clone(), 0, DAY_SECONDS)),
        ("map of an hour at noon", a_map(Subject::All, noon, noon + 3600)),
        ("map of a minute at noon", a_map(Subject::All, noon, noon + 60)),
    ];
    for (name, query) in maps {
        let drawn = archive.map(&query).transactions;
        results.insert(name.to_owned(), timed(folder, drawn, || drop(archive.map(&query))));
    }
    let (slow, middle) = (Duration::from_secs(3), Duration::from_millis(10));
    let lists = [
        ("list: over 3 s, the whole day, 100", a_search(Subject::All, 0, DAY_SECONDS, slow, None, 100)),
        ("list: over 3 s, the whole day, 1000", a_search(Subject::All, 0, DAY_SECONDS, slow, None, 1000)),
        (
            "list: over 30 s, the whole day, 1000",
            a_search(Subject::All, 0, DAY_SECONDS, 10 * slow, None, 1000),
        ),
        ("list: over 3 s, the whole day, one service", a_search(service, 0, DAY_SECONDS, slow, None, 1000)),
        (
            "list: 10 to 100 ms, ten minutes at noon, 100",
            a_search(Subject::All, noon, noon + 600, middle, Some(10 * middle), 100),
        ),
        (
            "list: 10 to 100 ms, ten minutes at noon, 1000",
            a_search(Subject::All, noon, noon + 600, middle, Some(10 * middle), 1000),
        ),
        (
            "list: everything, the whole day, 1000",
            a_search(Subject::All, 0, DAY_SECONDS, Duration::ZERO, None, 1000),
        ),
        (
            "list: errors of the whole day, 1000",
            Search { errors: true, ..a_search(Subject::All, 0, DAY_SECONDS, Duration::ZERO, None, 1000) },
        ),
    ];
    for (name, search) in lists {
        let found = archive.search(&search).transactions.len() as u64;
        results.insert(name.to_owned(), timed(folder, found, || drop(archive.search(&search))));
    }
    let one = archive.search(&a_search(Subject::All, 0, DAY_SECONDS, slow, None, 1)).transactions.remove(0);
    for (name, filter) in filters(&one) {
        let search = Search { filter, ..a_search(Subject::All, 0, DAY_SECONDS, Duration::ZERO, None, 100) };
        let found = archive.search(&search).transactions.len() as u64;
        let name = format!("list: {name}, the whole day, 100");
        results.insert(name, timed(folder, found, || drop(archive.search(&search))));
    }
    let midnight = (MIDNIGHT.0 / 1_000_000) as u32;
    let day = CallsQuery {
        period: Period { from: midnight, to: midnight + DAY_SECONDS },
        routes: (1..100).map(|n| format!("www.example.go.kr/section-{n}/**")).collect(),
    };
    let evening = MIDNIGHT + Duration::from_secs(u64::from(DAY_SECONDS));
    let spots = archive.calls(&day, evening).error_spots.len() as u64;
    let work = || drop(archive.calls(&day, evening));
    results.insert("what stands out in the day's calls".to_owned(), timed(folder, spots, work));
    results.into()
}

fn a_map(subject: Subject, from: u32, to: u32) -> MapQuery {
    let midnight = (MIDNIGHT.0 / 1_000_000) as u32;
    let period = Period { from: midnight + from, to: midnight + to };
    MapQuery { subject, period, columns: 300, rows: 100, top: None, dots: 5000 }
}

/// What a person looks for, each by itself; as one transaction has it, and what no transaction has, for which all must be read.
fn filters(one: &Transaction) -> Vec<(&'static str, Filter)> {
    let text = |text: &str| Filter { text: Some(text.to_owned()), ..Filter::default() };
    let status = |status| Filter { status: Some(status), ..Filter::default() };
    let trace = |digits| Filter { trace: Some(u128::to_be_bytes(digits)), ..Filter::default() };
    let known = u128::from_str_radix(&one.trace_id, 16).unwrap();
    vec![
        ("a service", Filter { service: one.service.clone(), ..Filter::default() }),
        ("a function", Filter { function: one.function.clone(), ..Filter::default() }),
        ("a route", Filter { route: Some(one.route.clone()), ..Filter::default() }),
        ("a client's address", Filter { client: Some(one.client), ..Filter::default() }),
        ("an address that never called", Filter { client: Some([192, 0, 2, 1].into()), ..Filter::default() }),
        ("status 404", status(StatusIs::Code(404))),
        ("status 5xx", status(StatusIs::Class(5))),
        ("status 418, which nobody had", status(StatusIs::Code(418))),
        ("a path", text(&one.path)),
        ("a text that no path has", text("no-such-path")),
        ("a trace", trace(known)),
        ("a trace that is not there", trace(1)),
    ]
}

fn a_search(
    subject: Subject,
    from: u32,
    to: u32,
    at_least: Duration,
    at_most: Option<Duration>,
    limit: u32,
) -> Search {
    let at = |second: u32| Timestamp(MIDNIGHT.0 + u64::from(second) * 1_000_000);
    Search {
        subject,
        from: at(from),
        to: at(to),
        at_least,
        at_most,
        errors: false,
        filter: Default::default(),
        limit,
    }
}

/// Milliseconds: with the files in the page cache, and once with none of them in it. Processor time is that of all threads
/// together, mean.
fn timed(folder: &Path, found: u64, work: impl Fn()) -> Value {
    let once = || {
        let started = Instant::now();
        work();
        (started.elapsed().as_secs_f64() * 1e5).round() / 100.0
    };
    let before = cpu(ClockId::ProcessCPUTime);
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| once()).collect();
    let cpu_ms = (cpu(ClockId::ProcessCPUTime) - before).as_secs_f64() * 1e3 / ROUNDS as f64;
    times.sort_by(f64::total_cmp);
    forget(folder);
    json!({"found": found, "median_ms": times[ROUNDS / 2], "worst_ms": times[ROUNDS - 1], "cpu_ms": cpu_ms.round(), "cold_ms": once()})
}

/// Asks the kernel to forget what it has cached of the files.
fn forget(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = std::fs::File::open(entry.unwrap().path()).unwrap();
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    }
}

fn cpu(clock: ClockId) -> Duration {
    clock_gettime(clock).try_into().unwrap()
}

/// Of this process, in MiB.
fn memory() -> Value {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let of = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
    };
    json!({"peak_mib": of("VmHWM"), "afterwards_mib": of("VmRSS")})
}
