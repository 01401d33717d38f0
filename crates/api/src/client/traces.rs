//! Traces, log lines and the map of services, as methods of the client.

use naru_model::trace::{FoundLogs, FoundTraces, ServiceMap, Trace};

use super::query::{Query, escaped};
use super::{Client, Error};
use crate::message::{LogLinesParams, ServiceMapParams, TracesParams};

impl Client {
    /// Traces, the latest first.
    pub async fn traces(&self, wanted: &TracesParams) -> Result<FoundTraces, Error> {
        let query = Query::of("/v1/traces").with_some("from", wanted.from).with_some("to", wanted.to);
        let query =
            query.with_some("service", wanted.service.as_ref()).with_some("text", wanted.text.as_ref());
        let query = query.with_some("attribute", wanted.attribute.as_ref());
        let query = query.with_some("work", wanted.work.map(|work| work.as_str()));
        let query = query.with("errors", wanted.errors).with("at_least", wanted.at_least);
        self.get_json(&query.with("limit", wanted.limit).path()).await
    }

    /// All of one trace.
    pub async fn trace(&self, trace_id: &str) -> Result<Trace, Error> {
        self.get_json(&format!("/v1/traces/{}", escaped(trace_id))).await
    }

    /// Log lines that services sent, the latest first.
    pub async fn log_lines(&self, wanted: &LogLinesParams) -> Result<FoundLogs, Error> {
        let query = Query::of("/v1/log-lines").with_some("from", wanted.from).with_some("to", wanted.to);
        let query = query.with_some("service", wanted.service.as_ref());
        let query =
            query.with_some("instance", wanted.instance.as_ref()).with_some("trace", wanted.trace.as_ref());
        let query = query.with("severity", wanted.severity).with_some("text", wanted.text.as_ref());
        self.get_json(&query.with("limit", wanted.limit).path()).await
    }

    pub async fn service_map(&self, wanted: &ServiceMapParams) -> Result<ServiceMap, Error> {
        let query = Query::of("/v1/service-map").with_some("from", wanted.from);
        self.get_json(&query.with_some("to", wanted.to).path()).await
    }
}
