//! Traces, log lines and the map of services.

use naru_model::series::Period;
use naru_model::trace::{FoundLogs, FoundTraces, LogSearch, ServiceMap, Trace, TraceSearch};

use crate::control::Answer;

/// What services tell of themselves by OpenTelemetry.
///
/// # Errors
/// None of its own: what is not there is empty or `None`.
pub trait Traces: Send + Sync + 'static {
    /// Traces, the latest first.
    fn traces(&self, search: TraceSearch) -> Answer<'_, FoundTraces>;

    /// All of one trace; `None`: nothing of it is kept.
    fn trace(&self, trace_id: [u8; 16]) -> Answer<'_, Option<Trace>>;

    /// Log lines, the latest first.
    fn log_lines(&self, search: LogSearch) -> Answer<'_, FoundLogs>;

    fn service_map(&self, period: Period) -> Answer<'_, ServiceMap>;
}
