//! Figures as they were a while ago: of the machine, of JVMs and of their databases, from memory and from files.

use super::*;

fn labelled(owner: &str, name: &str, second: u32, labels: &[(&str, &str)], value: f64) -> MetricPoint {
    let mut point = gauge(owner, name, second, value);
    point.key.labels =
        labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
    point
}

/// A heap of 100, of which so much is left after a collection.
fn heap(instance: &str, second: u32, left: f64) -> [MetricPoint; 3] {
    let labels = [("jvm.memory.type", "heap"), ("jvm.memory.pool.name", "Tenured Gen")];
    [
        labelled(instance, "jvm.memory.used", second, &labels, 99.0),
        labelled(instance, "jvm.memory.used_after_last_gc", second, &labels, left),
        labelled(instance, "jvm.memory.limit", second, &labels, 100.0),
    ]
}

/// Statements of a fifth of a second, ten a second.
fn statements(instance: &str, second: u32) -> MetricPoint {
    let count = u64::from(second - START) * 10;
    let value = MetricValue::Histogram {
        since: at(START - 5000),
        cumulative: true,
        count,
        sum: count as f64 * 0.2,
        bounds: vec![0.1, 1.0],
        counts: vec![0, count, 0],
    };
    let mut point = point(instance, "db.client.operation.duration", second, value);
    point.unit = "s".to_owned();
    point
}

fn five_minutes(store: &mut Store) {
    for now in (START..START + 300).step_by(10) {
        let mut points = vec![
            gauge("host", "host.memory.total", now, 200.0),
            gauge("host", "host.memory.used", now, 50.0),
            labelled("host", "host.disk.total", now, &[("disk", "state")], 100.0),
            labelled("host", "host.disk.used", now, &[("disk", "state")], 40.0),
            labelled("host", "host.disk.total", now, &[("disk", "root")], 100.0),
            labelled("host", "host.disk.used", now, &[("disk", "root")], 80.0),
            gauge("instance:portal-1-1", "hikaricp_connections_pending", now, 3.0),
            statements("instance:portal-1-1", now),
        ];
        points.extend(heap("instance:portal-1-1", now, 30.0));
        points.extend(heap("instance:portal-1-2", now, 60.0));
        let restarts = if now < START + 100 { 2.0 } else { 6.0 };
        let restarts = MetricValue::Total { since: at(0), value: restarts, monotonic: true };
        points.push(point("service:portal", "naru.restarts", now, restarts));
        store.take(now, &points);
    }
}

/// The mean over the five minutes that were measured.
fn ask(store: &Store, owner: &str, figure: &str, now: u32) -> Option<f64> {
    let period = Period { from: START, to: START + 300 };
    let found = store.shared.figure(&owner.parse().unwrap(), figure, period, 1, now);
    assert!(found.len() <= 1, "{found:?}");
    found.first().map(|(_, value)| (value * 1e4).round() / 1e4)
}

#[test]
fn every_figure_is_known_as_it_was_from_memory_and_a_week_later_from_files() {
    let mut store = Store::open(START);
    five_minutes(&mut store);
    let week = START + 7 * 86_400;
    let mut now = START + 300;
    loop {
        for (owner, figure, value) in [
            ("host", "memory", 0.25),
            ("host", "disk", 0.8),
            ("instance:portal-1-1", "heap", 0.3),
            ("instance:portal-1-2", "heap", 0.6),
            // The instance that is worst off.
            ("service:portal", "heap", 0.6),
            ("service:portal", "db_time", 0.2),
            ("service:portal", "restarts", 4.0),
            ("instance:portal-1-1", "hikaricp_connections_pending", 3.0),
            ("instance:portal-1-1", "db.client.operation.duration.mean", 0.2),
        ] {
            assert_eq!(ask(&store, owner, figure, now), Some(value), "{figure} of {owner} at {now}");
        }
        assert_eq!(ask(&store, "service:portal", "gc", now), None, "nobody tells of it");
        assert_eq!(ask(&store, "service:other", "heap", now), None);
        if now == week {
            return;
        }
        store.keeper.tick(at(START + 3700));
        assert!(store.files().iter().any(|name| name.ends_with(".parquet")), "{:?}", store.files());
        store = store.killed(week);
        now = week;
    }
}

#[test]
fn a_figure_has_a_course() {
    let mut store = Store::open(START);
    for now in (START..START + 600).step_by(10) {
        store.take(now, &heap("instance:portal-1-1", now, if now < START + 400 { 20.0 } else { 90.0 }));
    }
    let (owner, period) = ("service:portal".parse().unwrap(), Period { from: START, to: START + 600 });
    let course = store.shared.figure(&owner, "heap", period, 180, START + 600);
    assert_eq!(course.len(), 60);
    let moved = course.windows(2).find(|pair| pair[0].1 != pair[1].1).unwrap()[1].0;
    assert_eq!(moved, START + 400);
}
