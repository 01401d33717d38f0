//! What series tell of a process, a service and the machine, by the names that agents, Micrometer and Prometheus clients use.

use std::collections::BTreeMap;

use super::*;
use crate::metrics::host::{DISK, DISK_USED, DROPS, ERRORS, MEMORY, MEMORY_USED, SWAP, SWAP_USED};

/// A level with labels, written `key=value`.
fn level(name: &str, labels: &[&str], value: f64) -> MetricPoint {
    with(gauge("instance:portal-1-1", name, START, value), labels)
}

fn with(mut point: MetricPoint, labels: &[&str]) -> MetricPoint {
    let pairs = labels.iter().map(|label| label.split_once('=').unwrap());
    point.key.labels = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    point
}

/// The figures after these points, which come ten seconds apart.
fn figures(batches: &[Vec<MetricPoint>]) -> BTreeMap<(String, String), f64> {
    let mut store = Store::open(START);
    let mut second = START;
    for batch in batches {
        store.take(second, batch);
        second += 10;
    }
    let readings = store.shared.state().figures(second);
    readings.into_iter().map(|reading| ((reading.owner.to_string(), reading.figure), reading.value)).collect()
}

fn of<'f>(figures: &'f BTreeMap<(String, String), f64>, owner: &str, figure: &str) -> Option<&'f f64> {
    figures.get(&(owner.to_owned(), figure.to_owned()))
}

#[track_caller]
fn is(figures: &BTreeMap<(String, String), f64>, owner: &str, figure: &str, value: f64) {
    let found = of(figures, owner, figure);
    assert!(
        found.is_some_and(|found| (found - value).abs() < 1e-3),
        "{owner} {figure}: {found:?}, not {value}"
    );
}

/// Of the Java agent 2, with G1: Eden has no limit, the old generation was never collected.
#[test]
fn a_heap_is_what_the_last_collection_left() {
    let heap = |pool: &str| ["jvm.memory.type=heap".to_owned(), format!("jvm.memory.pool.name={pool}")];
    let memory = |name: &str, pool: &str, value: f64| {
        let labels = heap(pool);
        level(name, &[&labels[0], &labels[1]], value)
    };
    let metaspace = ["jvm.memory.type=non_heap", "jvm.memory.pool.name=Metaspace"];
    let found = figures(&[vec![
        memory("jvm.memory.used", "G1 Eden Space", 90.0),
        memory("jvm.memory.used_after_last_gc", "G1 Eden Space", 0.0),
        memory("jvm.memory.limit", "G1 Eden Space", -1.0),
        memory("jvm.memory.used", "G1 Survivor Space", 5.0),
        memory("jvm.memory.used_after_last_gc", "G1 Survivor Space", 4.0),
        memory("jvm.memory.used", "G1 Old Gen", 36.0),
        memory("jvm.memory.used_after_last_gc", "G1 Old Gen", 0.0),
        memory("jvm.memory.limit", "G1 Old Gen", 100.0),
        level("jvm.memory.used", &metaspace, 30.0),
        level("jvm.memory.limit", &metaspace, 60.0),
        level("jvm.thread.count", &["jvm.thread.daemon=true"], 20.0),
        level("jvm.thread.count", &["jvm.thread.daemon=false"], 5.0),
    ]]);
    for owner in ["instance:portal-1-1", "service:portal"] {
        is(&found, owner, "heap", 0.4);
        is(&found, owner, "metaspace", 0.5);
        is(&found, owner, "threads", 25.0);
    }
}

#[test]
fn without_a_limit_there_is_no_share() {
    let unlimited = ["area=nonheap", "id=Metaspace"];
    let found = figures(&[vec![
        level("jvm_memory_used_bytes", &["area=heap", "id=Tenured"], 90.0),
        level("jvm_memory_max_bytes", &["area=heap", "id=Tenured"], -1.0),
        level("jvm_memory_used_bytes", &unlimited, 90.0),
        level("jvm_memory_max_bytes", &unlimited, -1.0),
    ]]);
    assert_eq!(found, BTreeMap::new());
}

#[test]
fn micrometer_says_what_outlives_collections() {
    let found = figures(&[vec![
        level("jvm_memory_used_bytes", &["area=heap", "id=Tenured"], 90.0),
        level("jvm_memory_max_bytes", &["area=heap", "id=Tenured"], 100.0),
        level("jvm_gc_live_data_size_bytes", &[], 30.0),
        level("jvm_gc_max_data_size_bytes", &[], 120.0),
        level("hikaricp_connections_active", &["pool=main"], 3.0),
        level("hikaricp_connections_max", &["pool=main"], 10.0),
    ]]);
    is(&found, "instance:portal-1-1", "heap", 0.25);
    is(&found, "instance:portal-1-1", "db_pool", 0.3);
}

#[test]
fn the_pool_that_has_least_left_counts_and_idle_connections_do_not() {
    let connections = |pool: &str, state: &str, value: f64| {
        let labels =
            [format!("db.client.connection.pool.name={pool}"), format!("db.client.connection.state={state}")];
        level("db.client.connection.count", &[&labels[0], &labels[1]], value)
    };
    let most = |pool: &str, value: f64| {
        level("db.client.connection.max", &[&format!("db.client.connection.pool.name={pool}")], value)
    };
    let found = figures(&[vec![
        connections("read", "used", 2.0),
        connections("read", "idle", 8.0),
        most("read", 10.0),
        connections("write", "used", 4.0),
        connections("write", "idle", 1.0),
        most("write", 5.0),
    ]]);
    is(&found, "service:portal", "db_pool", 0.8);
}

/// 0.5 s of each ten, by a counter of seconds; a mean of 20 ms, by two counters.
#[test]
fn counters_of_time_tell_a_share_and_a_mean() {
    let batch = |number: u32| {
        let second = START + 10 * number;
        let grown = |name: &str, by: f64| with(total(name, second, by * f64::from(number)), &["pool=main"]);
        vec![
            grown("jvm_gc_pause_seconds_sum", 0.5),
            grown("hikaricp_connections_usage_seconds_sum", 2.0),
            grown("hikaricp_connections_usage_seconds_count", 100.0),
        ]
    };
    let found = figures(&[batch(1), batch(2), batch(3), batch(4)]);
    is(&found, "instance:portal-1-1", "gc", 0.05);
    is(&found, "instance:portal-1-1", "db_time", 0.02);
}

/// The agent 1 has milliseconds; statements' times go before those of connections.
#[test]
fn histograms_of_time_tell_a_share_and_a_mean_in_their_own_unit() {
    let histogram = |name: &str, unit: &str, number: u32, count: u64, sum: f64| {
        let of = u64::from(number);
        let value = MetricValue::Histogram {
            since: at(START - 5000),
            cumulative: true,
            count: of * count,
            sum: f64::from(number) * sum,
            bounds: vec![],
            counts: vec![of * count],
        };
        let mut point = point("instance:portal-1-1", name, START + 10 * number, value);
        point.unit = unit.to_owned();
        point
    };
    let batch = |number| {
        vec![
            histogram("process.runtime.jvm.gc.duration", "ms", number, 4, 1000.0),
            histogram("db.client.operation.duration", "s", number, 50, 1.5),
            histogram("db.client.connections.use_time", "ms", number, 50, 4000.0),
        ]
    };
    let found = figures(&[batch(1), batch(2), batch(3), batch(4)]);
    is(&found, "instance:portal-1-1", "gc", 0.1);
    is(&found, "instance:portal-1-1", "db_time", 0.03);
}

#[test]
fn a_service_is_as_its_instance_that_is_worst_off() {
    let threads = |instance: &str, value| {
        gauge(&format!("instance:portal-1-{instance}"), "jvm.thread.count", START, value)
    };
    let found = figures(&[vec![threads("1", 30.0), threads("2", 90.0), threads("3", 60.0)]]);
    is(&found, "service:portal", "threads", 90.0);
    is(&found, "instance:portal-1-3", "threads", 60.0);
}

#[test]
fn the_fullest_disk_counts_and_errors_of_the_network_are_added_up() {
    let host = |name: &str, labels: &[&str], value| with(gauge("host", name, START, value), labels);
    let found = figures(&[vec![
        host(DISK, &["disk=/"], 100.0),
        host(DISK_USED, &["disk=/"], 20.0),
        host(DISK, &["disk=/data"], 200.0),
        host(DISK_USED, &["disk=/data"], 180.0),
        host(MEMORY, &[], 64.0),
        host(MEMORY_USED, &[], 16.0),
        host(SWAP, &[], 0.0),
        host(SWAP_USED, &[], 0.0),
        host(ERRORS, &["interface=eth0"], 2.0),
        host(DROPS, &["interface=eth0"], 1.0),
    ]]);
    is(&found, "host", "disk", 0.9);
    is(&found, "host", "memory", 0.25);
    is(&found, "host", "network_errors", 3.0);
    assert_eq!(of(&found, "host", "swap"), None, "no swap is no share of it");
}
