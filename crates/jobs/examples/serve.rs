//! The crate as a process of its own, to be killed: its router and workers, with a table as the server would give it.
//!
//! `serve STATE GATEWAY [BROKER=URL...]`: jobs are kept in the folder STATE, services are called through GATEWAY, and for
//! each broker (`nats` or `amqp`) there is a route that publishes to it and a consumer that takes from it. Prints the
//! address that it answers on. Its peers are in `tests/killed`.

#![expect(clippy::unwrap_used, reason = "a program for tests, where a panic is the report")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use naru_jobs::{Jobs, Route, Settings, Table};
use naru_model::policy::{Broker, Consumer, Job, Pattern, Publish};
use naru_model::units::Timestamp;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (state, gateway) = (arguments.next().unwrap(), arguments.next().unwrap());
    let brokers = arguments.map(|argument| {
        let (name, url) = argument.split_once('=').unwrap();
        (name.to_owned(), Broker { url: url.to_owned() })
    });
    let table = table(gateway.parse().unwrap(), brokers.collect());
    let settings = Settings { folder: state.into(), largest: Settings::LARGEST };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(serve(settings, table));
}

async fn serve(settings: Settings, table: Table) {
    let now = || Timestamp(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64);
    let jobs = Jobs::open(&settings, Arc::new(now), Arc::new(|line| eprintln!("{line}"))).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    jobs.apply(table);
    axum::serve(listener, jobs.router()).await.unwrap();
}

fn table(gateway: std::net::SocketAddr, brokers: BTreeMap<String, Broker>) -> Table {
    let job = Job {
        on_request: false,
        time_limit: Duration::from_secs(600),
        attempts: 1000,
        keep: Duration::from_secs(3600),
        callback_secret: None,
        callback_hosts: Vec::new(),
        concurrency: 32,
    };
    let work = Route { name: "work".to_owned(), pattern: Pattern::Job(job), body: None };
    let publish = brokers.keys().map(|broker| {
        let publish =
            Publish { broker: broker.clone(), subject: "orders".to_owned(), exchange: String::new() };
        Route { name: broker.clone(), pattern: Pattern::Publish(publish), body: None }
    });
    let consumers = brokers.keys().map(|broker| Consumer {
        broker: broker.clone(),
        queue: "orders".to_owned(),
        subject: None,
        method: "POST".to_owned(),
        path: "/consumed".to_owned(),
        attempts: 1000,
        concurrency: 32,
    });
    Table {
        routes: std::iter::once(work).chain(publish).collect(),
        consumers: consumers.collect(),
        gateway,
        secret: "s3cret".to_owned(),
        callback_base: format!("http://{gateway}"),
        brokers,
    }
}
