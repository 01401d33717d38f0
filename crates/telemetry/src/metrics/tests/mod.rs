//! The store as a whole: with a clock that is told the time, and killed between any two moments. Figures of the past are in `past`.

mod past;

mod figures;

use std::sync::mpsc;

use naru_model::metric::{MetricValue, SeriesKey};
use naru_model::series::Period;
use tempfile::TempDir;

use super::*;
use crate::store::second_of;

/// The beginning of an hour.
const START: u32 = 1_789_999_200;

fn at(second: u32) -> Timestamp {
    Timestamp(u64::from(second) * 1_000_000)
}

/// A store whose thread is the test.
struct Store {
    folder: TempDir,
    shared: Arc<Shared>,
    keeper: Keeper,
    said: mpsc::Receiver<String>,
}

impl Store {
    fn open(now: u32) -> Store {
        Store::open_in(tempfile::tempdir().unwrap(), now)
    }

    fn open_in(folder: TempDir, now: u32) -> Store {
        let (say, said) = mpsc::channel();
        let log: Log = Arc::new(move |line: &str| drop(say.send(line.to_owned())));
        let shared = Arc::new(Shared {
            clock: Clock::from(at(now)),
            state: Mutex::new(State::new(at(now))),
            files: Mutex::default(),
            kept: AtomicU32::new(7 * 86_400),
            log,
        });
        let keeper = Keeper::open(folder.path(), shared.clone(), at(now)).unwrap();
        Store { folder, shared, keeper, said }
    }

    /// As after a SIGKILL: nothing more is written.
    fn killed(self, now: u32) -> Store {
        let Store { folder, .. } = self;
        Store::open_in(folder, now)
    }

    fn take(&mut self, second: u32, points: &[MetricPoint]) {
        self.shared.state().take(points, at(second));
        self.keeper.tick(at(second));
    }

    fn ask(&self, name: &str, from: u32, to: u32, points: u32, now: u32) -> Vec<MetricSeries> {
        let query = MetricQuery {
            owner: None,
            name: name.to_owned(),
            labels: [].into(),
            period: Period { from, to },
            points,
        };
        self.shared.series(&query, now)
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn point(owner: &str, name: &str, second: u32, value: MetricValue) -> MetricPoint {
    let key = SeriesKey { owner: owner.parse().unwrap(), name: name.to_owned(), labels: [].into() };
    MetricPoint { key, unit: "1".to_owned(), at: at(second), value }
}

fn gauge(owner: &str, name: &str, second: u32, value: f64) -> MetricPoint {
    point(owner, name, second, MetricValue::Gauge(value))
}

fn total(name: &str, second: u32, value: f64) -> MetricPoint {
    let value = MetricValue::Total { since: at(START - 5000), value, monotonic: true };
    point("instance:portal-1-1", name, second, value)
}

fn means(series: &[MetricSeries]) -> Vec<(u32, f64)> {
    series.iter().flat_map(|one| &one.points).map(|sample| (sample.at - START, sample.mean)).collect()
}

#[test]
fn a_total_is_a_rate_and_a_gauge_is_as_it_was() {
    let mut store = Store::open(START);
    for second in (0..=40).step_by(10) {
        let now = START + second;
        let points =
            [total("jobs", now, f64::from(second * 3)), gauge("host", "load", now, f64::from(second))];
        store.take(now, &points);
    }
    let rates = store.ask("jobs", START, START + 60, 300, START + 40);
    assert_eq!(means(&rates), [(0, 3.0), (10, 3.0), (20, 3.0), (30, 3.0)]);
    assert!(rates[0].rate && rates[0].points.iter().all(|sample| sample.seconds == 10));
    let load = store.ask("lo*", START, START + 60, 2, START + 40);
    assert_eq!(means(&load), [(0, 20.0)]);
    assert_eq!((load[0].points[0].min, load[0].points[0].max, load[0].rate), (0.0, 40.0, false));
}

#[test]
fn a_histogram_is_a_rate_a_mean_and_quantiles() {
    let mut store = Store::open(START);
    for (second, count) in [(0u32, 0u64), (10, 100)] {
        let value = MetricValue::Histogram {
            since: at(START - 5000),
            cumulative: true,
            count,
            sum: count as f64 * 0.02,
            bounds: vec![0.01, 0.1],
            counts: vec![0, count, 0],
        };
        store.take(
            START + second,
            &[point("service:portal", "db.client.operation.duration", START + second, value)],
        );
    }
    let found = store.ask("db.client.operation.duration", START, START + 20, 300, START + 10);
    let named: Vec<(&str, f64)> =
        found.iter().map(|one| (one.name.rsplit_once('.').unwrap().1, one.points[0].mean)).collect();
    let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["mean", "p50", "p95", "p99", "rate"]);
    for ((_, found), wanted) in named.iter().zip([0.02, 0.055, 0.0955, 0.0991, 10.0]) {
        assert!((found - wanted).abs() < 1e-3 * wanted, "{found} is not {wanted}");
    }
    let names = store.shared.names(None, "duration.p9");
    assert_eq!(names.iter().map(|name| name.series).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_kill_loses_nothing_that_was_written_and_totals_go_on() {
    let mut store = Store::open(START);
    store.take(START + 5, &[total("jobs", START + 5, 100.0), gauge("host", "load", START + 5, 1.0)]);
    store.take(START + 15, &[total("jobs", START + 15, 110.0)]);
    let mut store = store.killed(START + 18);
    assert_eq!(means(&store.ask("load", START, START + 60, 300, START + 18)), [(0, 1.0)]);
    // What was counted in between belongs to the time in between.
    store.take(START + 25, &[total("jobs", START + 25, 130.0)]);
    assert_eq!(
        means(&store.ask("jobs", START, START + 60, 300, START + 25)),
        [(0, 1.0), (10, 1.5), (20, 2.0)]
    );
    // And once more, with what both processes wrote in one journal.
    let store = store.killed(START + 26);
    assert_eq!(means(&store.ask("jobs", START, START + 60, 300, START + 26)).len(), 3);
    assert_eq!(store.files().len(), 1);
}

#[test]
fn an_hour_becomes_a_file_that_answers_as_memory_did() {
    let mut store = Store::open(START);
    for second in (0..3700).step_by(10) {
        let now = START + second;
        store.take(
            now,
            &[gauge("instance:portal-1-1", "heap", now, f64::from(second)), gauge("host", "load", now, 1.0)],
        );
    }
    let names = store.files();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with("metrics-60-") && names[1].starts_with("metrics-journal-"), "{names:?}");
    let in_memory = store.ask("heap", START, START + 3600, 60, START + 3700);
    // A process that begins two hours later has nothing of it in memory.
    let store = store.killed(START + 7200);
    let on_disk = store.ask("heap", START, START + 3600, 60, START + 7200);
    assert_eq!(in_memory, on_disk);
    assert_eq!(
        (on_disk[0].points.len(), on_disk[0].points[1].mean, on_disk[0].points[1].max),
        (60, 85.0, 110.0)
    );
    let host: Owner = "host".parse().unwrap();
    let query = MetricQuery {
        owner: Some(host),
        name: "*".to_owned(),
        labels: [].into(),
        period: Period { from: START, to: START + 7200 },
        points: 1,
    };
    let all = store.shared.series(&query, START + 7200);
    assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["load"]);
    // The journal of the second hour became a file too, though nobody ran when it ended.
    assert_eq!(means(&store.ask("load", START + 3600, START + 7200, 60, START + 7200)).len(), 2);
    assert!(store.files().iter().all(|name| name.ends_with(".parquet")), "{:?}", store.files());
}

#[test]
fn files_go_when_they_are_old_and_damaged_ones_are_left_out() {
    let mut store = Store::open(START);
    store.take(START, &[gauge("host", "load", START, 1.0)]);
    store.take(START + 3700, &[gauge("host", "load", START + 3700, 2.0)]);
    let file = store.files().into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    let path = store.folder.path().join(&file);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let mut store = store.killed(START + 3800);
    assert!(store.said.try_recv().unwrap().starts_with("metrics: a file is left out"));
    assert_eq!(means(&store.ask("load", START, START + 4000, 100, START + 3800)), [(3660, 2.0)]);
    std::fs::write(&path, &bytes).unwrap();
    store = store.killed(START + 3900);
    assert_eq!(means(&store.ask("load", START, START + 4000, 60, START + 3900)).len(), 2);
    store.keeper.tick(at(START + 8 * 86_400));
    assert!(!store.files().contains(&file), "{:?}", store.files());
}

#[test]
fn what_is_over_a_bound_is_dropped_counted_and_said_once() {
    let mut store = Store::open(START);
    let many = |owner: &str, from: usize, to: usize| -> Vec<MetricPoint> {
        (from..to).map(|n| gauge(owner, &format!("m{n}"), START, 1.0)).collect()
    };
    store.take(START, &many("instance:portal-1-1", 0, limits::SERIES_OF_ONE + 7));
    assert_eq!(store.shared.state().table.dropped.too_many, 7);
    for owner in ["service:a", "service:b", "service:c", "service:d"] {
        store.take(START, &many(owner, 0, limits::SERIES_OF_ONE));
    }
    assert_eq!(store.shared.state().table.held(), limits::SERIES);
    store.take(START, &[gauge("host", "load", START, 1.0)]);
    let long = "x".repeat(limits::MAX_NAME + 1);
    store.take(START, &[gauge("host", &long, START, 1.0), gauge("service:a", "m1", START, f64::NAN)]);
    store.take(START + 700, &[gauge("service:a", "m1", START, 1.0)]);
    let dropped = store.shared.state().table.dropped;
    assert_eq!(dropped, Dropped { too_many: 8, too_long: 1, too_late: 1, broken: 1, unwritten: 0 });
    store.keeper.tick(at(START + 800));
    let said: Vec<String> = store.said.try_iter().collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("at most 25000 and 5000 of one owner"), "{said:?}");

    // An hour of silence makes room.
    store.keeper.tick(at(START + 4400));
    assert_eq!(store.shared.state().table.held(), 0);
    store.take(START + 4400, &[gauge("host", "load", START + 4400, 1.0)]);
    assert_eq!(store.shared.state().table.held(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_stops_nothing_and_is_said_once() {
    let mut store = Store::open(START);
    let folder = store.folder.path().to_owned();
    let away = folder.with_extension("away");
    std::fs::rename(&folder, &away).unwrap();
    for second in 0..3 {
        store.take(START + second, &[gauge("host", "load", START + second, 1.0)]);
    }
    assert_eq!(store.said.try_iter().count(), 1);
    std::fs::rename(&away, &folder).unwrap();
    store.take(START + 10, &[gauge("host", "load", START + 10, 2.0)]);
    assert_eq!(store.said.try_iter().collect::<Vec<_>>(), ["metrics: written again"]);
    assert_eq!(means(&store.ask("load", START, START + 60, 300, START + 10)).len(), 2);
    // Its name is in the journal that was begun late.
    let store = store.killed(START + 11);
    assert_eq!(means(&store.ask("load", START, START + 60, 300, START + 11)), [(10, 2.0)]);
}

#[test]
fn its_own_thread_writes_what_comes() {
    let folder = tempfile::tempdir().unwrap();
    let log: Log = Arc::new(|_| {});
    let now = at(START);
    let metrics = Metrics::open(folder.path(), Duration::from_secs(86_400), now, log.clone()).unwrap();
    metrics.shared.state().take(&[gauge("host", "load", START, 5.0)], now);
    drop(metrics);
    let metrics = Metrics::open(folder.path(), Duration::from_secs(86_400), now, log).unwrap();
    assert_eq!(metrics.shared.latest(&["load".to_owned()], second_of(now))[0].value, 5.0);
}
