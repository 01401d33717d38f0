//! OpenTelemetry in: the receivers, opened and closed as the file says, and where what they take goes.
//!
//! `service ─OTLP→ crates/otlp ─Sink→ telemetry`. They run on a thread of their own; an address that somebody else holds is said and
//! stops nothing.

mod environment;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use arc_swap::ArcSwap;
use clap::ValueEnum;
use naru_model::event::{Kind, Severity};
use naru_model::instance::InstanceId;
use naru_model::metric::MetricPoint;
use naru_model::platform::Platform;
use naru_model::units::Timestamp;
use naru_otlp::{Busy, Counters, Doors, Limits, Receiver, Setup, Sink};
use naru_telemetry::Telemetry;

use super::core::Core;
use crate::clock::Clock;

pub(crate) use page::page;

/// Whether what the file says of addresses holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    /// Where the file says.
    File,
    /// On free ports of this machine, each time others.
    Any,
    /// Nowhere.
    Off,
}

/// The receivers and where they are.
pub(crate) struct Otlp {
    place: Place,
    pub(crate) counters: Arc<Counters>,
    into: Arc<Into>,
    clock: Clock,
    /// What was last asked for.
    asked: Option<[Option<SocketAddr>; 2]>,
    /// Where OTLP/gRPC and OTLP/HTTP are taken in, as instances reach it.
    open: environment::Endpoints,
    receiver: Option<Receiver>,
}

/// Hands what is received on to telemetry.
struct Into {
    telemetry: Arc<Telemetry>,
    /// The names of naru's own.
    services: ArcSwap<BTreeSet<String>>,
}

impl Into {
    /// Who sent it is to send it again when the store is behind, rather than that it is dropped there.
    fn room(&self, batch: &[u8]) -> Result<(), Busy> {
        if self.has_room(batch.len()) { Ok(()) } else { Err(Busy) }
    }
}

impl Sink for Into {
    fn has_service(&self, name: &str) -> bool {
        self.services.load().contains(name)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.telemetry.has_room_for_traces(bytes)
    }

    fn spans(&self, batch: &[u8]) -> Result<(), Busy> {
        self.room(batch)?;
        self.telemetry.offer_spans(batch);
        Ok(())
    }

    fn logs(&self, batch: &[u8]) -> Result<(), Busy> {
        self.room(batch)?;
        self.telemetry.offer_logs(batch);
        Ok(())
    }

    fn metrics(&self, points: Vec<MetricPoint>) -> Result<(), Busy> {
        self.telemetry.offer_metrics(points);
        Ok(())
    }
}

impl Otlp {
    pub(crate) fn new(place: Place, telemetry: Arc<Telemetry>, clock: Clock) -> Otlp {
        Otlp {
            place,
            counters: Arc::default(),
            into: Arc::new(Into { telemetry, services: ArcSwap::default() }),
            clock,
            asked: None,
            open: environment::Endpoints::default(),
            receiver: None,
        }
    }

    /// Opens and closes receivers as the file says; returns what could not be done.
    async fn follow(&mut self, platform: &Platform) -> Vec<String> {
        self.into.services.store(Arc::new(platform.services.keys().map(ToString::to_string).collect()));
        let any = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let asked = match self.place {
            Place::File => [platform.otlp.grpc, platform.otlp.http],
            Place::Any => [any; 2],
            Place::Off => [None; 2],
        };
        if self.asked == Some(asked) {
            return Vec::new();
        }
        self.asked = Some(asked);
        if let Some(receiver) = self.receiver.take() {
            // One that panicked has said so.
            let _ = tokio::task::spawn_blocking(|| receiver.stop()).await;
        }
        let mut problems = Vec::new();
        let [grpc, http] = asked;
        let doors = Doors {
            grpc: bind("OTLP/gRPC", "grpc", grpc, &mut problems),
            http: bind("OTLP/HTTP", "http", http, &mut problems),
        };
        self.open = environment::Endpoints { grpc: reached(&doors.grpc), http: reached(&doors.http) };
        for (name, address) in [("OTLP/gRPC", self.open.grpc), ("OTLP/HTTP", self.open.http)] {
            if let Some(address) = address {
                eprintln!("naru: {name} is taken in on {address}");
            }
        }
        if doors.grpc.is_some() || doors.http.is_some() {
            let clock = self.clock;
            let started = Receiver::start(Setup {
                doors,
                limits: Limits::default(),
                sink: self.into.clone(),
                counters: self.counters.clone(),
                clock: Arc::new(move || clock.now()),
                log: Arc::new(|line| eprintln!("naru: {line}")),
            });
            match started {
                Ok(receiver) => self.receiver = Some(receiver),
                Err(error) => {
                    self.open = environment::Endpoints::default();
                    problems.push(format!("OpenTelemetry is not taken in: {error}"));
                }
            }
        }
        problems
    }
}

/// Listens; an address that can't be had is a problem and no more.
fn bind(
    what: &str,
    key: &str,
    address: Option<SocketAddr>,
    problems: &mut Vec<String>,
) -> Option<TcpListener> {
    let address = address?;
    match TcpListener::bind(address) {
        Ok(listener) => Some(listener),
        Err(error) => {
            problems.push(format!(
                "{what} is not taken in on {address}: {error}; end the program that holds it, or choose another \
                 address or `off` for telemetry.otlp.{key}"
            ));
            None
        }
    }
}

/// Where programs of this machine reach a listener.
fn reached(listener: &Option<TcpListener>) -> Option<SocketAddr> {
    let mut address = listener.as_ref()?.local_addr().ok()?;
    match address {
        SocketAddr::V4(any) if any.ip().is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(any) if any.ip().is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Some(address)
}

impl Core {
    /// Takes OpenTelemetry in where the file says.
    pub(crate) async fn follow_otlp(&mut self, platform: &Platform, now: Timestamp) {
        for problem in self.otlp.follow(platform).await {
            self.note(Kind::ReceiverClosed, Severity::Warning, None, problem, "naru", now);
        }
    }

    /// The environment of an instance with what it takes to send OpenTelemetry here, unless its service does not want that.
    pub(crate) fn with_opentelemetry(
        &self,
        id: &InstanceId,
        env: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let wanted = self.desired.services.get(&id.service).is_none_or(|wanted| wanted.service.telemetry);
        if !wanted {
            return env.clone();
        }
        let inherited = std::env::var("JAVA_TOOL_OPTIONS").ok();
        let agent = self.applied.platform.otlp.java_agent.as_deref();
        environment::with_opentelemetry(id, env, inherited.as_deref(), self.otlp.open, agent)
    }
}
