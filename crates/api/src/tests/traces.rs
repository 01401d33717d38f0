//! Traces, log lines, the map of services, and transactions by more than their subject.

use naru_model::series::Period;
use naru_model::span::Work;
use naru_model::trace::{FoundLogs, FoundTraces, LogSearch, ServiceMap, Trace, TraceSearch, TraceSummary};
use serde_json::json;

use super::Served;
use super::fake::Fake;
use crate::control::Answer;
use crate::message::{LogLinesParams, ServiceMapParams, TracesParams, TransactionsParams};
use crate::seam::traces::Traces;

impl Traces for Fake {
    fn traces(&self, search: TraceSearch) -> Answer<'_, FoundTraces> {
        self.note(format!("{search:?}"));
        let summary = TraceSummary { trace_id: "0a".repeat(16), spans: 2, ..TraceSummary::default() };
        self.done(Ok(FoundTraces { traces: vec![summary], more: true, missing: None }))
    }

    fn trace(&self, trace_id: [u8; 16]) -> Answer<'_, Option<Trace>> {
        self.note(format!("trace {trace_id:?}"));
        let trace = Trace { trace_id: "0a".repeat(16), ..Trace::default() };
        self.done(Ok((trace_id == [10; 16]).then_some(trace)))
    }

    fn log_lines(&self, search: LogSearch) -> Answer<'_, FoundLogs> {
        self.note(format!("{search:?}"));
        self.done(Ok(FoundLogs { lines: Vec::new(), more: true, missing: None }))
    }

    fn service_map(&self, period: Period) -> Answer<'_, ServiceMap> {
        self.note(format!("service map of {period:?}"));
        self.done(Ok(ServiceMap { from: period.from, to: period.to, ..ServiceMap::default() }))
    }
}

#[tokio::test]
async fn a_trace_is_found_and_one_that_is_not_kept_is_404() {
    let served = Served::start().await;
    let found = served.get(&format!("/v1/traces/{}", "0A".repeat(16))).await;
    assert_eq!((found.status, &found.json()["trace_id"]), (200, &json!("0a".repeat(16))));
    let (status, detail) = served.get(&format!("/v1/traces/{}", "0b".repeat(16))).await.problem();
    assert!(status == 404 && detail.contains("telemetry.traces_per_day"), "{detail}");
    let (status, detail) = served.get("/v1/traces/5").await.problem();
    assert!(status == 422 && detail.contains("32 hexadecimal digits"), "{detail}");
}

#[tokio::test]
async fn the_client_asks_for_what_it_is_told() {
    let served = Served::start().await;
    let client = served.local();
    let asked = || served.fake.asked.lock().unwrap().pop().unwrap();
    let text = |text: &str| Some(text.to_owned());
    let wanted = TracesParams {
        from: Some(5),
        to: Some(9),
        service: text("portal"),
        attribute: text("user.name=김 민지=?"),
        work: Some(Work::Database),
        errors: true,
        at_least: 1.5,
        ..TracesParams::default()
    };
    assert_eq!(client.traces(&wanted).await.unwrap().traces[0].spans, 2);
    let said = asked();
    for part in [
        "from: Timestamp(5), to: Timestamp(9)",
        "(\"user.name\", \"김 민지=?\")",
        "Some(Database)",
        "1500000",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let instance = "portal-3-1".parse().ok();
    let wanted = LogLinesParams { instance, severity: 13, text: text("x&y"), ..LogLinesParams::default() };
    assert!(client.log_lines(&wanted).await.unwrap().more);
    let said = asked();
    assert!(said.contains("severity: 13, text: Some(\"x&y\")") && said.contains("portal-3-1"), "{said}");
    let wanted = ServiceMapParams { from: Some(60_000_000), to: Some(119_000_001) };
    assert_eq!(client.service_map(&wanted).await.unwrap().to, 120);
    let wanted = TransactionsParams {
        service: "portal".parse().ok(),
        function: "approval".parse().ok(),
        route: text("a b/**"),
        caller: "mobile-app".parse().ok(),
        client: "192.0.2.7".parse().ok(),
        status: text("5xx"),
        text: text("예약"),
        trace: Some("0a".repeat(16)),
        ..TransactionsParams::default()
    };
    client.transactions(&wanted).await.unwrap();
    let said = asked();
    for part in ["portal", "approval", "a b/**", "mobile-app", "192.0.2.7", "Class(5)", "예약", "[10, 10,"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let served = Served::start().await;
    for (path, status, why) in [
        ("traces?limit=0", 422, "limit=0 is not from 1 to 1000"),
        ("traces?attribute=x", 422, "write KEY=VALUE"),
        ("traces?attribute==x", 422, "write KEY=VALUE"),
        ("traces?work=play", 400, "the query can't be read"),
        ("traces?at_least=-1", 422, "at_least=-1 is not from 0"),
        ("traces?from=5&to=5", 422, "from=5 is not before to=5"),
        ("log-lines?severity=25", 422, "severity=25 is not from 0 to 24"),
        ("log-lines?trace=7", 422, "32 hexadecimal digits"),
        ("log-lines?instance=portal", 400, "the query can't be read"),
        ("service-map?from=9&to=4", 422, "from=9 is not before to=4"),
        ("transactions?status=6xx", 422, "is no status"),
        ("transactions?trace=xyz", 422, "32 hexadecimal digits"),
        ("transactions?client=somewhere", 400, "the query can't be read"),
    ] {
        let (found, detail) = served.get(&format!("/v1/{path}")).await.problem();
        assert_eq!((found, detail.contains(why)), (status, true), "{path}: {detail}");
    }
    assert!(served.fake.asked.lock().unwrap().is_empty());
}
