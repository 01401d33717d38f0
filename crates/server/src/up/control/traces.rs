//! Traces, log lines and the map of services for the API: asked of telemetry, and for what is older of ClickHouse.

use naru_api::control::Answer;
use naru_api::seam::traces::Traces;
use naru_model::series::Period;
use naru_model::trace::{FoundLogs, FoundTraces, LogSearch, ServiceMap, Trace, TraceSearch};

use super::Door;

impl Traces for Door {
    fn traces(&self, search: TraceSearch) -> Answer<'_, FoundTraces> {
        Box::pin(self.larger.traces(search))
    }

    fn trace(&self, trace_id: [u8; 16]) -> Answer<'_, Option<Trace>> {
        Box::pin(self.larger.trace(trace_id))
    }

    fn log_lines(&self, search: LogSearch) -> Answer<'_, FoundLogs> {
        Box::pin(self.larger.logs(search))
    }

    fn service_map(&self, period: Period) -> Answer<'_, ServiceMap> {
        Box::pin(self.seen(move |telemetry, now| telemetry.service_map(period, now)))
    }
}
