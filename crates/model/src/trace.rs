//! Traces, log lines and the map of services: what is asked of telemetry's store, and what it answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::series::Transaction;
use crate::span::{SpanKind, Work};
use crate::units::Timestamp;

/// Which traces are wanted: those with a span for which all that is given holds, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSearch {
    /// A span of it began from then on, and before `to`.
    pub from: Timestamp,
    pub to: Timestamp,
    pub service: Option<String>,
    /// What a span's name or detail contains, upper and lower case alike.
    pub text: Option<String>,
    /// `key=value`: a span's attribute, as text.
    pub attribute: Option<(String, String)>,
    pub work: Option<Work>,
    /// Only with a span that failed.
    pub errors: bool,
    /// The least the whole trace took, in microseconds.
    pub at_least_us: u64,
    /// 1 to 1,000.
    pub limit: u32,
}

/// Traces that were found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FoundTraces {
    pub traces: Vec<TraceSummary>,
    /// There are more, that began before the last one given here.
    pub more: bool,
    /// Why there may be more that is older: the larger store could not be asked. In words; not there when nothing is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceSummary {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    pub start: Timestamp,
    pub seconds: f64,
    /// Of the span that began it, as far as it is known.
    pub service: String,
    pub name: String,
    pub spans: u32,
    pub errors: u32,
    /// All services that took part, by name.
    pub services: Vec<String>,
}

/// All of one trace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    pub trace_id: String,
    /// As the gateway saw it; empty when the trace did not come through it or its record has no trace id kept.
    pub transactions: Vec<Transaction>,
    /// By the time they began.
    pub spans: Vec<Span>,
    /// By time.
    pub logs: Vec<LogLine>,
    /// There is more of it than is given: 10,000 spans, 1,000 log lines.
    pub cut: bool,
    /// Why there may be more that is older: the larger store could not be asked. In words; not there when nothing is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// Empty: it has none.
    pub parent_id: String,
    pub service: String,
    /// `SERVICE-REVISION-NUMBER` of an instance of naru's; empty otherwise.
    pub instance: String,
    pub name: String,
    pub kind: SpanKind,
    pub work: Work,
    pub start: Timestamp,
    pub seconds: f64,
    pub error: bool,
    pub status: u16,
    pub scope: String,
    pub system: String,
    pub peer: String,
    pub detail: String,
    pub message: String,
    /// An object; `null`: none.
    #[schema(value_type = Object)]
    pub attributes: serde_json::Value,
    #[schema(value_type = Object)]
    pub resource: serde_json::Value,
    pub events: Vec<SpanEvent>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SpanEvent {
    pub at: Timestamp,
    pub name: String,
    #[schema(value_type = Object)]
    pub attributes: serde_json::Value,
}

/// What one service asks of one database again and again, over time: counted of the traces that are kept, which failed and
/// slow ones always are.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub service: String,
    /// `postgresql`; empty: not said.
    pub system: String,
    /// The database, by name or host; empty: not said.
    pub peer: String,
    /// Without its values: `select * from orders where id = ?`.
    pub text: String,
    /// Those with calls, oldest first.
    pub slots: Vec<StatementSlot>,
}

/// A statement in ten seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatementSlot {
    /// In seconds since 1970.
    pub at: u32,
    /// Traces with a call.
    pub traces: u32,
    pub calls: u32,
    pub errors: u32,
    /// Of all calls together.
    pub seconds: f64,
    /// The trace that shows it best: one in which it failed, else the one that it took longest in; and how long that was.
    pub example: ([u8; 16], f64),
}

/// Which log lines are wanted, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSearch {
    pub from: Timestamp,
    pub to: Timestamp,
    pub service: Option<String>,
    /// `SERVICE-REVISION-NUMBER`.
    pub instance: Option<String>,
    /// 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The least, 1 to 24; 0: any.
    pub severity: u8,
    /// What the body contains, upper and lower case alike.
    pub text: Option<String>,
    /// 1 to 1,000.
    pub limit: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FoundLogs {
    pub lines: Vec<LogLine>,
    pub more: bool,
    /// Why there may be more that is older: the larger store could not be asked. In words; not there when nothing is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// What a service logged by OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ServiceLogLine)]
pub struct LogLine {
    pub at: Timestamp,
    /// 1 to 24, 0 unknown.
    pub severity: u8,
    pub service: String,
    pub instance: String,
    /// Empty: of no trace.
    pub trace_id: String,
    pub span_id: String,
    pub scope: String,
    pub body: String,
    #[schema(value_type = Object)]
    pub attributes: serde_json::Value,
}

/// Who called whom over a stretch of time, counted before any sampling.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceMap {
    /// Seconds since 1970; whole minutes.
    pub from: u32,
    pub to: u32,
    pub nodes: Vec<MapNode>,
    pub edges: Vec<MapEdge>,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Everybody outside who calls.
    Clients,
    /// A service of naru.yaml.
    #[default]
    Service,
    /// A service that naru does not run, and that sends spans or is called by one.
    Outside,
    /// A link of naru.yaml.
    Link,
    Database,
    Messaging,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MapNode {
    /// What edges call it by: `clients`, `service:portal`, `link:registry`, `database:postgresql/orders`, `outside:HOST`.
    pub id: String,
    pub name: String,
    pub kind: NodeKind,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MapEdge {
    pub from: String,
    pub to: String,
    pub calls: u64,
    pub errors: u64,
    pub mean_seconds: f64,
    /// Within 5 %.
    pub p95_seconds: f64,
}
