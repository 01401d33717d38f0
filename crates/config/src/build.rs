//! Typed items into the platform. What is not in the file gets `model`'s default; nothing is refused here any more.

mod access;
mod alert;
mod auth;
mod convert;
mod limit;
mod link;
mod pattern;
mod policy;
mod report;
mod scale;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use naru_model::access_log::LogFormat;
use naru_model::platform::{
    Certificate, ClickHouse, Counters, Function, Gateway, Health, InstanceSize, Limits, Match, Metrics, Otlp,
    Platform, Pool, Protocol, Rollout, Route, Service, Target, Telemetry, Tls, Traffic, UserKey, WhenGone,
};
use naru_model::units::Cpu;

use crate::item::{Entry, Item, Section, Take, Value};
use crate::machine::Machine;
use crate::rules::Texts;

pub(crate) use policy::{cache, fallback, path};
pub(crate) use scale::scale;

pub(crate) fn platform(root: &Item, folder: &Path, machine: Machine, texts: &Texts) -> Platform {
    let root = root.section();
    let folder_name = || folder.file_name().map(|name| name.to_string_lossy().into_owned());
    Platform {
        name: root.get("platform").or_else(folder_name).unwrap_or_else(|| "naru".to_owned()),
        pool: pool(root, machine),
        gateway: gateway(root.section("gateway"), folder, machine),
        services: named(root.section("services"), |entry| service(entry, folder)),
        routes: root.section("routes").items().iter().map(|item| route(item.section(), folder)).collect(),
        functions: named(root.section("functions"), function),
        telemetry: telemetry(root.section("telemetry")),
        otlp: otlp(root.section("telemetry"), folder),
        clickhouse: root.section("telemetry").item("clickhouse").and_then(|item| clickhouse(item.section())),
        access: access::access(root, folder, texts),
        links: link::links(root),
        brokers: pattern::brokers(root),
        consumers: pattern::consumers(root),
        alerts: alert::alerts(root.section("alerts")),
        notices: alert::notices(root.section("notices")),
        reports: report::reports(root.section("reports")),
    }
}

/// Builds each entry of a group of names.
fn named<N, T>(group: Section<'_>, build: impl Fn(&Entry) -> T) -> BTreeMap<N, T>
where
    N: std::str::FromStr + Ord,
{
    group.entries().iter().filter_map(|entry| Some((entry.name.parse().ok()?, build(entry)))).collect()
}

pub(crate) fn pool(root: Section<'_>, machine: Machine) -> Pool {
    let pool = root.section("pool");
    Pool {
        cpu: pool.get("cpu").unwrap_or(Cpu { millicores: machine.cores as u64 * 1000 }),
        memory: pool.get("memory").unwrap_or(machine.memory),
    }
}

/// Returns the addresses of a `listen` key; none when it is not there.
pub(crate) fn addresses(at: Section<'_>) -> Vec<SocketAddr> {
    at.section("listen").items().iter().filter_map(Item::parsed).collect()
}

/// Returns where plain HTTP is answered, as the file or the default has it.
pub(crate) fn listen(gateway: Section<'_>) -> Vec<SocketAddr> {
    if gateway.entry("listen").is_some() { addresses(gateway) } else { vec![Gateway::LISTEN] }
}

fn gateway(at: Section<'_>, folder: &Path, machine: Machine) -> Gateway {
    let file = |item: &Item, name| folder.join(item.section().get::<String>(name).unwrap_or_default());
    let certificate = |item: &Item| Certificate { cert: file(item, "cert"), key: file(item, "key") };
    let tls = |tls: &Item| Tls {
        listen: addresses(tls.section()),
        certificates: tls.section().section("certificates").items().iter().map(certificate).collect(),
    };
    Gateway {
        listen: listen(at),
        tls: at.item("tls").map(tls),
        threads: at.get("threads").unwrap_or(machine.cores),
        trusted_proxies: networks(at, "trusted_proxies"),
        access_log: at.get("access_log").unwrap_or(Gateway::ACCESS_LOG),
        access_log_format: log_format(at.section("access_log")),
        user: at.get("user").map(|text: String| user(&text)).unwrap_or_default(),
        limits: limits(at.section("limits")),
        links: links(at),
        counters: at.item("counters").map(|item| counters(item.section())),
    }
}

fn log_format(at: Section<'_>) -> LogFormat {
    match at.get::<String>("format").as_deref() {
        Some("combined") => LogFormat::Combined,
        _ => LogFormat::Json,
    }
}

/// Returns where links are reached by name.
pub(crate) fn links(gateway: Section<'_>) -> SocketAddr {
    gateway.parsed("links").unwrap_or(Gateway::LINKS)
}

fn counters(at: Section<'_>) -> Counters {
    let when_gone = match at.get::<String>("when_gone").as_deref() {
        Some("open") => WhenGone::Open,
        Some("closed") => WhenGone::Closed,
        _ => WhenGone::Local,
    };
    Counters { redis: at.get("redis").unwrap_or_default(), when_gone }
}

fn user(text: &str) -> UserKey {
    match text.split_ascii_whitespace().collect::<Vec<_>>()[..] {
        ["cookie", name] => UserKey::Cookie(name.to_owned()),
        ["header", name] => UserKey::Header(name.to_ascii_lowercase()),
        _ => UserKey::Client,
    }
}

/// Returns the networks of a key; an address is a network of one.
fn networks(at: Section<'_>, name: &str) -> Vec<IpNet> {
    at.section(name).items().iter().filter_map(network).collect()
}

fn network(item: &Item) -> Option<IpNet> {
    item.parsed::<IpNet>().or_else(|| item.parsed::<IpAddr>().map(IpNet::from))
}

fn limits(at: Section<'_>) -> Limits {
    let d = Limits::default();
    Limits {
        connections: at.get("connections").unwrap_or(d.connections),
        target: at.get("target").unwrap_or(d.target),
        headers: at.get("headers").unwrap_or(d.headers),
        header_count: at.get("header_count").unwrap_or(d.header_count),
        body: at.get("body").or(d.body),
        head_timeout: at.get("head_timeout").unwrap_or(d.head_timeout),
        body_idle: at.get("body_idle").unwrap_or(d.body_idle),
        keep_alive: at.get("keep_alive").unwrap_or(d.keep_alive),
        streams: at.get("streams").unwrap_or(d.streams),
        resets: at.get("resets").unwrap_or(d.resets),
    }
}

fn service(entry: &Entry, folder: &Path) -> Service {
    let at = Section(entry.item.as_ref());
    let text = |item: &Item| item.text().unwrap_or_default().to_owned();
    Service {
        exec: at.section("exec").items().iter().map(text).collect(),
        artifact: at.get::<String>("artifact").map(|path| absolute(folder, &path)),
        env: named(at.section("env"), |entry| entry.item.as_ref().map(text).unwrap_or_default()),
        port: at.get("port"),
        protocol: protocol(at.section("protocol")),
        instance: instance(at.section("instance")),
        health: health(at.section("health")),
        drain: at.get("drain").unwrap_or(Service::DRAIN),
        scale: scale(at.section("scale")),
        rollout: rollout(at.section("rollout")),
        traffic: traffic(at.section("traffic")),
        telemetry: at.get::<String>("telemetry").map_or(Service::TELEMETRY, |word| word == "on"),
        metrics: at.item("metrics").map(|_| metrics(at.section("metrics"))),
    }
}

fn metrics(at: Section<'_>) -> Metrics {
    let d = Metrics::default();
    Metrics {
        path: at.get("path").unwrap_or(d.path),
        port: at.get("port"),
        every: at.get("every").unwrap_or(d.every),
    }
}

/// Returns the path from the root of the file system. `./` and a slash at the end say nothing and go.
pub(crate) fn absolute(folder: &Path, path: &str) -> PathBuf {
    folder.join(path).components().collect()
}

fn protocol(at: Section<'_>) -> Protocol {
    match at.0.and_then(Item::text) {
        Some("h2c") => Protocol::H2c,
        _ => Protocol::default(),
    }
}

pub(crate) fn instance(at: Section<'_>) -> InstanceSize {
    InstanceSize { cpu: at.get("cpu"), memory: at.get("memory") }
}

fn health(at: Section<'_>) -> Health {
    let d = Health::default();
    Health {
        path: at.get("path").or(d.path),
        every: at.get("every").unwrap_or(d.every),
        timeout: at.get("timeout").unwrap_or(d.timeout),
        ready_after: at.get("ready_after").unwrap_or(d.ready_after),
        dead_after: at.get("dead_after").unwrap_or(d.dead_after),
        start_timeout: at.get("start_timeout").unwrap_or(d.start_timeout),
    }
}

fn rollout(at: Section<'_>) -> Rollout {
    let d = Rollout::default();
    Rollout {
        surge: at.get("surge").unwrap_or(d.surge),
        hold: at.get("hold").unwrap_or(d.hold),
        max_errors: at.get("max_errors").unwrap_or(d.max_errors),
    }
}

fn traffic(at: Section<'_>) -> Traffic {
    let d = bounds(at, Traffic::default());
    Traffic {
        per_instance: at.get("per_instance").or(d.per_instance),
        eject_after: at.get("eject_after").unwrap_or(d.eject_after),
        eject_for: at.get("eject_for").unwrap_or(d.eject_for),
        eject_at_most: at.get("eject_at_most").unwrap_or(d.eject_at_most),
        adaptive: at.get("adaptive").unwrap_or(d.adaptive),
        limits: limit::limits(at),
        ..d
    }
}

/// The keys that services and links have under the same names; what is not given is as in `d`.
fn bounds(at: Section<'_>, d: Traffic) -> Traffic {
    Traffic {
        concurrency: at.get("concurrency").unwrap_or(d.concurrency),
        queue: at.get("queue").unwrap_or(d.queue),
        queue_timeout: at.get("queue_timeout").unwrap_or(d.queue_timeout),
        connect_timeout: at.get("connect_timeout").unwrap_or(d.connect_timeout),
        first_byte_timeout: at.get("first_byte_timeout").unwrap_or(d.first_byte_timeout),
        idle_timeout: at.get("idle_timeout").unwrap_or(d.idle_timeout),
        attempts: at.get("attempts").unwrap_or(d.attempts),
        retry_budget: at.get("retry_budget").unwrap_or(d.retry_budget),
        ..d
    }
}

fn telemetry(at: Section<'_>) -> Telemetry {
    let d = Telemetry::default();
    Telemetry {
        transactions: at.get("transactions").unwrap_or(d.transactions),
        disk: at.get("disk").unwrap_or(d.disk),
        figures: at.get("figures").unwrap_or(d.figures),
        traces: at.get("traces").unwrap_or(d.traces),
        traces_per_day: at.get("traces_per_day").unwrap_or(d.traces_per_day),
        logs_per_day: at.get("logs_per_day").unwrap_or(d.logs_per_day),
        metrics: at.get("metrics").unwrap_or(d.metrics),
    }
}

fn otlp(telemetry: Section<'_>, folder: &Path) -> Otlp {
    let d = Otlp::default();
    let at = telemetry.section("otlp");
    // `off` is no address, and none is left.
    let door = |name, default| if at.entry(name).is_some() { at.parsed(name) } else { default };
    Otlp {
        grpc: door("grpc", d.grpc),
        http: door("http", d.http),
        java_agent: telemetry.get::<String>("java_agent").map(|path| absolute(folder, &path)),
    }
}

fn clickhouse(at: Section<'_>) -> Option<ClickHouse> {
    Some(ClickHouse {
        url: at.get("url")?,
        database: at.get("database").unwrap_or_else(|| ClickHouse::DATABASE.to_owned()),
        user: at.get("user").unwrap_or_else(|| ClickHouse::USER.to_owned()),
        password_env: at.get("password_env"),
        every: at.get("every").unwrap_or(ClickHouse::EVERY),
    })
}

fn route(at: Section<'_>, folder: &Path) -> Route {
    let matches = matches(at.section("match"));
    Route {
        name: route_name(&matches),
        to: targets(at),
        function: at.parsed("function"),
        timeout: at.get("timeout"),
        policy: policy::policy(at, &matches, folder),
        matches,
    }
}

fn targets(at: Section<'_>) -> Vec<Target> {
    let one = |item: &Item| {
        let at = item.section();
        Some(Target { service: at.parsed("service")?, weight: at.get("weight").unwrap_or(Target::WEIGHT) })
    };
    match at.parsed("to") {
        Some(service) => vec![Target { service, weight: Target::WEIGHT }],
        None => at.section("to").items().iter().filter_map(one).collect(),
    }
}

/// Returns the match in its normal form: sorted, so that equal ones are equal however they were written.
pub(crate) fn matches(at: Section<'_>) -> Match {
    let method = at.get::<String>("method").into_iter();
    let more = at.section("methods").items().iter().filter_map(|item| String::take(&item.value));
    let mut methods: Vec<String> = method.chain(more).collect();
    methods.sort();
    methods.dedup();
    let mut headers = conditions(at.section("headers"));
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    headers.sort();
    let mut query = conditions(at.section("query"));
    query.sort();
    let host = at.get::<String>("host").map(|host| host.to_ascii_lowercase());
    Match { host, path: at.get("path"), methods, headers, query }
}

fn conditions(at: Section<'_>) -> Vec<(String, Option<String>)> {
    let condition = |entry: &Entry| match &entry.item.as_ref()?.value {
        Value::Text(value) => Some((entry.name.clone(), Some(value.clone()))),
        _ => Some((entry.name.clone(), None)),
    };
    at.entries().iter().filter_map(condition).collect()
}

/// Returns what a route is called: `GET,POST www.example.go.kr/booking/** x-canary=1 ?version`. Two routes of one file
/// never have the same name, because they never have the same match.
fn route_name(matches: &Match) -> String {
    let host = matches.host.as_deref().unwrap_or("");
    let path = matches.path.as_deref().unwrap_or("/**");
    let mut name = String::new();
    if !matches.methods.is_empty() {
        name += &format!("{} ", matches.methods.join(","));
    }
    name += &format!("{host}{path}");
    for (lead, conditions) in [(" ", &matches.headers), (" ?", &matches.query)] {
        for (key, value) in conditions {
            name += &match value {
                Some(value) => format!("{lead}{key}={value}"),
                None => format!("{lead}{key}"),
            };
        }
    }
    name
}

fn function(entry: &Entry) -> Function {
    let at = Section(entry.item.as_ref());
    let both = |name: String| BTreeMap::from([("en".to_owned(), name.clone()), ("ko".to_owned(), name)]);
    let by_language: BTreeMap<String, String> = ["en", "ko"]
        .iter()
        .filter_map(|tag| Some(((*tag).to_owned(), at.section("name").get(tag)?)))
        .collect();
    Function {
        name: match at.get("name") {
            Some(name) => both(name),
            None if by_language.is_empty() => both(entry.name.clone()),
            None => by_language,
        },
        owner: at.get("owner"),
        apdex_t: at.get("apdex_t").unwrap_or(Function::APDEX_T),
        goal: report::goal(at.section("goal")),
    }
}
