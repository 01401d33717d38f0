//! Each pattern as a client and a service see it, over HTTP, with a gateway in small between.

#![expect(clippy::unwrap_used, reason = "all of it runs in tests, where a panic is the report")]

mod awaited;
mod callbacks;
mod dead;
mod jobs;
mod kept;
mod world;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::response::IntoResponse;
use naru_jobs::{Jobs, Route, Settings, Table};
use naru_model::policy::{Job, Pattern};
use naru_model::units::{Bytes, Timestamp};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use world::{Answer, Gateway, Got, SECRET};

/// The crate between its gateway and a service.
pub(crate) struct Here {
    pub(crate) gateway: Gateway,
    pub(crate) jobs: Jobs,
    pub(crate) folder: TempDir,
}

pub(crate) fn job() -> Job {
    Job {
        on_request: false,
        time_limit: Duration::from_secs(60),
        attempts: 2,
        keep: Duration::from_secs(60),
        callback_secret: None,
        callback_hosts: Vec::new(),
        concurrency: 4,
    }
}

pub(crate) fn route(name: &str, pattern: Pattern) -> Route {
    Route { name: name.to_owned(), pattern, body: Some(Bytes(1 << 20)) }
}

/// Opens the crate in a folder, and lets the gateway send to it.
pub(crate) async fn open(folder: &TempDir, largest: Bytes, gateway: &Gateway, routes: Vec<Route>) -> Jobs {
    let now = || Timestamp(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64);
    let settings = Settings { folder: folder.path().to_owned(), largest };
    let jobs = Jobs::open(&settings, Arc::new(now), Arc::new(|line| eprintln!("{line}"))).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    gateway.jobs_at(Some(listener.local_addr().unwrap()));
    let router = jobs.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    jobs.apply(Table {
        routes,
        gateway: gateway.address,
        secret: SECRET.to_owned(),
        callback_base: format!("http://{}", gateway.address),
        ..Table::default()
    });
    jobs
}

pub(crate) async fn here(
    routes: Vec<Route>,
    service: impl Fn(Got) -> Answer + Send + Sync + 'static,
) -> Here {
    let folder = TempDir::new().unwrap();
    let gateway = Gateway::start(Arc::new(service)).await;
    let jobs = open(&folder, Settings::LARGEST, &gateway, routes).await;
    Here { gateway, jobs, folder }
}

/// A service that answers at once.
pub(crate) fn at_once(answer: impl IntoResponse) -> Answer {
    Box::pin(std::future::ready(answer.into_response()))
}

/// A service that answers when it is let to: each permit lets one.
pub(crate) fn when_let(permits: Arc<Semaphore>, answer: impl IntoResponse + Send + 'static) -> Answer {
    Box::pin(async move {
        permits.acquire().await.unwrap().forget();
        answer.into_response()
    })
}

impl Here {
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Got {
        self.gateway.ask(method, path, headers, body).await.unwrap()
    }

    /// Waits for a job's end; its status.
    pub(crate) async fn ended(&self, location: &str) -> serde_json::Value {
        self.ask("GET", location, &[("prefer", "wait=60")], "").await.json()
    }
}
