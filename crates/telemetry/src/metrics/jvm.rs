//! What is inside a process, made of the metrics that it sends or shows: of a JVM its heap, metaspace, garbage collection and
//! threads, and of its database.
//!
//! Names are those of three families, as they come without anything configured:
//! - the OpenTelemetry Java agent 2 (stable), and 1 before it (`process.runtime.jvm.*`, `db.client.connections.*`): "Semantic
//!   conventions for JVM metrics", <https://opentelemetry.io/docs/specs/semconv/runtime/jvm-metrics/>; "Semantic conventions
//!   for database client metrics", <https://opentelemetry.io/docs/specs/semconv/database/database-metrics/>;
//! - Micrometer, as Spring Boot shows it to Prometheus: <https://docs.micrometer.io/micrometer/reference/reference/jvm.html>,
//!   <https://github.com/brettwooldridge/HikariCP/wiki/MBean-(JMX)-Monitoring-and-Management>;
//! - the Prometheus Java client: <https://prometheus.github.io/client_java/instrumentation/jvm/>.

use std::collections::BTreeMap;

use naru_model::metric::SeriesKey;

const MEMORY_TYPE: [&str; 3] = ["jvm.memory.type", "type", "area"];
const MEMORY_POOL: [&str; 3] = ["jvm.memory.pool.name", "pool", "id"];
const CONNECTION_STATE: [&str; 2] = ["db.client.connection.state", "state"];
const CONNECTION_POOL: [&str; 4] = ["db.client.connection.pool.name", "pool.name", "pool", "name"];

/// What a metric tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Used,
    UsedAfterGc,
    Limit,
    /// What of the long-lived part of the heap outlived its last collection, and the most it may be.
    LongLived,
    LongLivedLimit,
    GcTime,
    Threads,
    /// Each statement's time, if there is one; else how long connections are in use.
    StatementTime,
    UseTime,
    UseTimeSum,
    UseCount,
    Connections,
    ConnectionLimit,
}

pub(super) fn part(name: &str) -> Option<Part> {
    Some(match name {
        "jvm.memory.used" | "process.runtime.jvm.memory.usage" | "jvm_memory_used_bytes" => Part::Used,
        "jvm.memory.used_after_last_gc" | "process.runtime.jvm.memory.usage_after_last_gc" => {
            Part::UsedAfterGc
        }
        "jvm_memory_pool_collection_used_bytes" => Part::UsedAfterGc,
        "jvm.memory.limit" | "process.runtime.jvm.memory.limit" | "jvm_memory_max_bytes" => Part::Limit,
        "jvm_gc_live_data_size_bytes" => Part::LongLived,
        "jvm_gc_max_data_size_bytes" => Part::LongLivedLimit,
        "jvm.gc.duration" | "process.runtime.jvm.gc.duration" | "jvm_gc_pause_seconds" => Part::GcTime,
        "jvm_gc_pause_seconds_sum" | "jvm_gc_collection_seconds_sum" => Part::GcTime,
        "jvm.thread.count" | "process.runtime.jvm.threads.count" => Part::Threads,
        "jvm_threads_live_threads" | "jvm_threads_current" => Part::Threads,
        "db.client.operation.duration" => Part::StatementTime,
        "db.client.connection.use_time" | "db.client.connections.use_time" => Part::UseTime,
        "hikaricp_connections_usage_seconds" => Part::UseTime,
        "hikaricp_connections_usage_seconds_sum" => Part::UseTimeSum,
        "hikaricp_connections_usage_seconds_count" => Part::UseCount,
        "db.client.connection.count" | "db.client.connections.usage" => Part::Connections,
        "hikaricp_connections_active" | "jdbc_connections_active" => Part::Connections,
        "db.client.connection.max" | "db.client.connections.max" => Part::ConnectionLimit,
        "hikaricp_connections_max" | "jdbc_connections_max" => Part::ConnectionLimit,
        _ => return None,
    })
}

/// Whether it tells of a JVM; what is left tells of its database.
pub(super) fn is_of_jvm(part: Part) -> bool {
    use Part::{GcTime, Limit, LongLived, LongLivedLimit, Threads, Used, UsedAfterGc};
    matches!(part, Used | UsedAfterGc | Limit | LongLived | LongLivedLimit | GcTime | Threads)
}

pub(super) fn is_of_database(part: Part) -> bool {
    !is_of_jvm(part)
}

/// Whether a series of memory says which part it is of.
pub(super) fn is_typed(key: &SeriesKey) -> bool {
    !label(key, &MEMORY_TYPE).is_empty()
}

/// What one process told.
#[derive(Debug, Default)]
pub(super) struct Inside {
    heap: BTreeMap<String, Pool>,
    metaspace: Pool,
    long_lived: Option<f64>,
    long_lived_limit: Option<f64>,
    gc: Option<f64>,
    threads: Option<f64>,
    statements: Times,
    uses: Times,
    connections: BTreeMap<String, (f64, f64)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Pool {
    used: f64,
    after_gc: Option<f64>,
    limit: f64,
}

/// What one metric told at one time, now or earlier.
pub(super) struct Told<'s> {
    pub(super) key: &'s SeriesKey,
    pub(super) unit: &'s str,
    /// Of a total its rate, of a histogram its mean.
    pub(super) value: f64,
    /// Of a histogram, how many came per second.
    pub(super) rate: Option<f64>,
    /// Of a histogram, what was added to its sum per second.
    pub(super) sum_per_second: Option<f64>,
}

/// Per second: how long, and how many.
#[derive(Debug, Default, Clone, Copy)]
struct Times {
    seconds: f64,
    count: f64,
}

impl Times {
    fn add(&mut self, told: &Told<'_>) {
        let (Some(sum), Some(count)) = (told.sum_per_second, told.rate) else { return };
        self.seconds += sum * scale(told.unit);
        self.count += count;
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.seconds / self.count)
    }
}

/// In seconds. Source: UCUM; older conventions have milliseconds.
fn scale(unit: &str) -> f64 {
    match unit {
        "ms" | "milliseconds" => 1e-3,
        "us" | "microseconds" => 1e-6,
        "ns" | "nanoseconds" => 1e-9,
        _ => 1.0,
    }
}

pub(super) fn label<'k>(key: &'k SeriesKey, names: &[&str]) -> &'k str {
    names.iter().find_map(|name| key.labels.get(*name)).map_or("", String::as_str)
}

fn add(sum: &mut Option<f64>, value: f64) {
    *sum = Some(sum.unwrap_or(0.0) + value);
}

impl Inside {
    pub(super) fn take(&mut self, part: Part, told: &Told<'_>) {
        let value = told.value;
        match part {
            Part::Used | Part::UsedAfterGc | Part::Limit => self.take_memory(part, told.key, value),
            Part::LongLived => self.long_lived = Some(value),
            Part::LongLivedLimit => self.long_lived_limit = Some(value),
            Part::GcTime => add(&mut self.gc, told.sum_per_second.unwrap_or(0.0) * scale(told.unit)),
            Part::Threads => add(&mut self.threads, value),
            Part::StatementTime => self.statements.add(told),
            Part::UseTime => self.uses.add(told),
            Part::UseTimeSum => self.uses.seconds += value,
            Part::UseCount => self.uses.count += value,
            Part::Connections | Part::ConnectionLimit => {
                let state = label(told.key, &CONNECTION_STATE);
                let pool = label(told.key, &CONNECTION_POOL).to_owned();
                let (used, limit) = self.connections.entry(pool).or_default();
                match part {
                    Part::ConnectionLimit => *limit += value,
                    _ if state.is_empty() || state == "used" => *used += value,
                    _ => {}
                }
            }
        }
    }

    fn take_memory(&mut self, part: Part, key: &SeriesKey, value: f64) {
        let (kind, name) = (label(key, &MEMORY_TYPE), label(key, &MEMORY_POOL));
        let pool = match kind {
            "heap" => self.heap.entry(name.to_owned()).or_default(),
            _ if name == "Metaspace" => &mut self.metaspace,
            // The Prometheus client says of collections no more than the pool.
            "" if self.heap.contains_key(name) => self.heap.entry(name.to_owned()).or_default(),
            _ => return,
        };
        match part {
            Part::UsedAfterGc => pool.after_gc = Some(value),
            // Without a limit it is said to be -1, or nothing is said.
            Part::Limit => pool.limit = value.max(0.0),
            _ => pool.used = value,
        }
    }

    /// Of the most that it may take; what the last collection left counts where one is told.
    fn heap(&self) -> Option<f64> {
        let long_lived = self.long_lived.zip(self.long_lived_limit);
        if let Some((used, limit)) = long_lived.filter(|(used, limit)| *used > 0.0 && *limit > 0.0) {
            return Some((used / limit).min(1.0));
        }
        let left = |(name, pool): (&String, &Pool)| match pool.after_gc {
            // A collection empties Eden. What was never collected (the old generation of G1, for long) is as full as it is.
            Some(left) if left > 0.0 || name.contains("Eden") => left,
            _ => pool.used,
        };
        let limit: f64 = self.heap.values().map(|pool| pool.limit).sum();
        (limit > 0.0).then(|| (self.heap.iter().map(left).sum::<f64>() / limit).min(1.0))
    }

    fn metaspace(&self) -> Option<f64> {
        (self.metaspace.limit > 0.0).then(|| (self.metaspace.used / self.metaspace.limit).min(1.0))
    }

    /// Of the pool that has least left.
    fn db_pool(&self) -> Option<f64> {
        let shares = self.connections.values().filter(|(_, limit)| *limit > 0.0);
        shares.map(|(used, limit)| used / limit).reduce(f64::max)
    }

    pub(super) fn figures(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("heap", self.heap()),
            ("metaspace", self.metaspace()),
            ("gc", self.gc.map(|share| share.min(1.0))),
            ("threads", self.threads),
            ("db_time", self.statements.mean().or(self.uses.mean())),
            ("db_pool", self.db_pool()),
        ]
    }
}
