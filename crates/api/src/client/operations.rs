//! Each operation of the API as a method of the client.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use naru_model::access::{Audit, Operator, Token};
use naru_model::calls::Calls;
use naru_model::event::Event;
use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::series::{Found, Map, Order, Point, Tally};
use naru_model::status::{ServiceStatus, Status};

use super::query::Query;
use super::{Client, Error, Follow, version_of};
use crate::message::{
    Accepted, AuditQuery, CheckReport, CheckRequest, DeployRequest, EventsQuery, Health, LogLine, LogsQuery,
    MadeToken, MakeToken, MapParams, RollbackRequest, ScaleRequest, Scaled, Scaling, SeriesParams, Stopping,
    TallyParams, TransactionsParams, UpgradeRequest, Upgrading, kinds_text,
};

impl Client {
    pub async fn status(&self) -> Result<Status, Error> {
        self.get_json("/v1/status").await
    }

    /// The status now and then each second.
    pub async fn follow_status(&self) -> Result<Follow<Arc<Status>>, Error> {
        self.follow("/v1/status?follow=true").await
    }

    pub async fn service(&self, service: &ServiceName) -> Result<ServiceStatus, Error> {
        self.get_json(&format!("/v1/services/{service}")).await
    }

    /// How many instances the service has, and why: the last hour's decisions.
    pub async fn scaling(&self, service: &ServiceName) -> Result<Scaling, Error> {
        self.get_json(&format!("/v1/services/{service}/scaling")).await
    }

    pub async fn deploy(&self, service: &ServiceName, request: &DeployRequest) -> Result<Accepted, Error> {
        self.post_json(&format!("/v1/services/{service}/deploy"), request).await
    }

    pub async fn rollback(&self, service: &ServiceName, to: Option<u32>) -> Result<Accepted, Error> {
        self.post_json(&format!("/v1/services/{service}/rollback"), &RollbackRequest { to }).await
    }

    /// Wants so many instances; `None` leaves it to the service's policies.
    pub async fn scale(&self, service: &ServiceName, instances: Option<u32>) -> Result<Scaled, Error> {
        self.post_json(&format!("/v1/services/{service}/scale"), &ScaleRequest { instances }).await
    }

    pub async fn revisions(&self, service: &ServiceName) -> Result<Vec<Revision>, Error> {
        self.get_json(&format!("/v1/services/{service}/revisions")).await
    }

    pub async fn events(&self, query: &EventsQuery) -> Result<Vec<Event>, Error> {
        self.get_json(&events_path(query, false)).await
    }

    /// The events that `query` asks for and each one to come.
    pub async fn follow_events(&self, query: &EventsQuery) -> Result<Follow<Event>, Error> {
        self.follow(&events_path(query, true)).await
    }

    pub async fn logs(&self, service: &ServiceName, query: &LogsQuery) -> Result<Vec<LogLine>, Error> {
        self.get_json(&logs_path(service, query, false)).await
    }

    /// The lines that `query` asks for and each one to come.
    pub async fn follow_logs(
        &self,
        service: &ServiceName,
        query: &LogsQuery,
    ) -> Result<Follow<LogLine>, Error> {
        self.follow(&logs_path(service, query, true)).await
    }

    /// Figures over time, oldest first.
    pub async fn series(&self, wanted: &SeriesParams) -> Result<Vec<Point>, Error> {
        let query = Query::of("/v1/series").with("subject", &wanted.subject);
        let query = query.with_some("from", wanted.from).with_some("to", wanted.to);
        self.get_json(&query.with("points", wanted.points).path()).await
    }

    pub async fn map(&self, wanted: &MapParams) -> Result<Map, Error> {
        let query = Query::of("/v1/map").with("subject", &wanted.subject);
        let query = query.with_some("from", wanted.from).with_some("to", wanted.to);
        let query = query.with("columns", wanted.columns).with("rows", wanted.rows);
        self.get_json(&query.with_some("top", wanted.top).with("dots", wanted.dots).path()).await
    }

    /// Transactions, the latest first.
    pub async fn transactions(&self, wanted: &TransactionsParams) -> Result<Found, Error> {
        let query = Query::of("/v1/transactions").with("subject", &wanted.subject);
        let query = query.with_some("from", wanted.from).with_some("to", wanted.to);
        let query = query.with("at_least", wanted.at_least).with_some("at_most", wanted.at_most);
        let query =
            query.with_some("service", wanted.service.as_ref()).with_some("route", wanted.route.as_ref());
        let query = query.with_some("function", wanted.function.as_ref()).with_some("client", wanted.client);
        let query =
            query.with_some("caller", wanted.caller.as_ref()).with_some("status", wanted.status.as_ref());
        let query = query.with_some("text", wanted.text.as_ref()).with_some("trace", wanted.trace.as_ref());
        self.get_json(&query.with("errors", wanted.errors).with("limit", wanted.limit).path()).await
    }

    /// Calls added up.
    pub async fn tally(&self, wanted: &TallyParams) -> Result<Tally, Error> {
        self.get_json(&tally_path(wanted)).await
    }

    /// As [`Client::tally`], as comma-separated values whatever `wanted.format` is.
    pub async fn tally_table(&self, wanted: &TallyParams) -> Result<String, Error> {
        self.get_text(&format!("{}&format=csv", tally_path(wanted))).await
    }

    /// What stands out in the calls of a stretch.
    pub async fn calls(&self, from: Option<u32>, to: Option<u32>) -> Result<Calls, Error> {
        self.get_json(&Query::of("/v1/calls").with_some("from", from).with_some("to", to).path()).await
    }

    /// As [`Client::calls`], as comma-separated values.
    pub async fn calls_table(&self, from: Option<u32>, to: Option<u32>) -> Result<String, Error> {
        let query = Query::of("/v1/calls").with("format", "csv");
        self.get_text(&query.with_some("from", from).with_some("to", to).path()).await
    }

    pub async fn check(&self, request: &CheckRequest) -> Result<CheckReport, Error> {
        self.post_json("/v1/check", request).await
    }

    pub async fn stop(&self) -> Result<Stopping, Error> {
        self.post_json("/v1/stop", &serde_json::Map::new()).await
    }

    pub async fn upgrade(&self, request: &UpgradeRequest) -> Result<Upgrading, Error> {
        self.post_json("/v1/upgrade", request).await
    }

    /// Who the server takes this client for.
    pub async fn session(&self) -> Result<Operator, Error> {
        self.get_json("/v1/session").await
    }

    pub async fn tokens(&self) -> Result<Vec<Token>, Error> {
        self.get_json("/v1/tokens").await
    }

    /// Makes a token; its secret is in the answer and nowhere else.
    pub async fn make_token(&self, request: &MakeToken) -> Result<MadeToken, Error> {
        self.post_json("/v1/tokens", request).await
    }

    pub async fn revoke_token(&self, id: u64) -> Result<(), Error> {
        self.delete(&format!("/v1/tokens/{id}")).await
    }

    /// What people changed, in the order of its ids.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<Audit>, Error> {
        let path = Query::of("/v1/audit").with("limit", query.limit);
        self.get_json(&path.with_some("after", query.after).with_some("before", query.before).path()).await
    }

    pub async fn metrics(&self) -> Result<String, Error> {
        let answer = self.ask(Method::GET, "/metrics", "text/plain", Bytes::new()).await?;
        let text = self.read(answer).await?;
        String::from_utf8(text.into()).map_err(|_| self.not_naru("metrics that are not UTF-8"))
    }

    /// Whether every service has its minimum ready. Not being ready is an answer, not an error.
    pub async fn health(&self) -> Result<Health, Error> {
        let answer = self.send(Method::GET, "/healthz", "application/json", Bytes::new()).await?;
        let version = version_of(&answer);
        let body = self.read(answer).await?;
        self.parse(&body, version)
    }
}

fn events_path(query: &EventsQuery, follow: bool) -> String {
    let kinds = kinds_text(&query.kind);
    let path = Query::of("/v1/events").with("limit", query.limit).with("follow", follow);
    let path = path.with_some("after", query.after).with_some("before", query.before);
    let path = path.with_some("from", query.from).with_some("to", query.to);
    path.with_some("service", query.service.as_ref())
        .with_some("kind", Some(kinds).filter(|kinds| !kinds.is_empty()))
        .path()
}

fn logs_path(service: &ServiceName, query: &LogsQuery, follow: bool) -> String {
    Query::of(format!("/v1/services/{service}/logs"))
        .with("lines", query.lines)
        .with("follow", follow)
        .with_some("instance", query.instance.as_ref())
        .path()
}

fn tally_path(wanted: &TallyParams) -> String {
    let order = match wanted.order {
        Order::Calls => "calls",
        Order::Errors => "errors",
        Order::Refusals => "refusals",
        Order::Slowest => "slowest",
        Order::Bytes => "bytes",
    };
    let query = Query::of("/v1/tally").with("subject", &wanted.subject).with("by", &wanted.by);
    let query = query.with_some("from", wanted.from).with_some("to", wanted.to);
    query.with("order", order).with("limit", wanted.limit).path()
}
