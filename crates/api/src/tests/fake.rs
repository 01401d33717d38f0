//! A platform that is made up: one service, `booking`, and events that a test says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};
use naru_model::event::{Event, Kind, Severity};
use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;
use naru_model::platform::{InstanceSize, Protocol};
use naru_model::revision::{Revision, RevisionSpec};
use naru_model::status::{GatewayStatus, InstanceStatus, ServerStatus, ServiceStatus, Status, Traffic};
use naru_model::units::Timestamp;
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::BroadcastStream;

use crate::control::{Answer, Control, Feed};
use crate::error::Error;
use crate::message::{
    Accepted, Change, CheckReport, CheckRequest, DeployRequest, EventsQuery, Health, LogLine, LogStream,
    Scaled, Stopping, UpgradeRequest, Upgrading,
};

/// How many events a subscriber may be behind.
const LAG: usize = 4;

pub(super) struct Fake {
    /// What was asked, one line each.
    pub(super) asked: Mutex<Vec<String>>,
    pub(super) events: Mutex<Vec<Event>>,
    said: broadcast::Sender<Event>,
    lines: broadcast::Sender<LogLine>,
    pub(super) ready: AtomicBool,
    /// How many streams are open.
    pub(super) streams: watch::Sender<usize>,
}

/// Counts a stream as open until it is dropped.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(streams: &watch::Sender<usize>) -> Counted {
        streams.send_modify(|open| *open += 1);
        Counted(streams.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

pub(super) fn booking() -> ServiceName {
    "booking".parse().unwrap()
}

pub(super) fn line(text: &str) -> LogLine {
    LogLine {
        time: Timestamp(7),
        instance: "booking-3-1".parse().unwrap(),
        stream: LogStream::Stderr,
        text: text.to_owned(),
    }
}

impl Fake {
    pub(super) fn new() -> Fake {
        Fake {
            asked: Mutex::default(),
            events: Mutex::default(),
            said: broadcast::Sender::new(LAG),
            lines: broadcast::Sender::new(100),
            ready: AtomicBool::new(true),
            streams: watch::Sender::new(0),
        }
    }

    /// Keeps the next event and tells subscribers of it.
    pub(super) fn say(&self, service: Option<&str>, message: &str) {
        let mut events = self.events.lock().unwrap();
        let event = Event {
            id: events.len() as u64 + 1,
            at: Timestamp(5),
            kind: Kind::Scaled,
            severity: Severity::Info,
            service: service.map(|name| name.parse().unwrap()),
            instance: None,
            message: message.to_owned(),
            actor: "naru".to_owned(),
        };
        events.push(event.clone());
        // Nobody may be listening.
        let _ = self.said.send(event);
    }

    pub(super) fn write(&self, text: &str) {
        let _ = self.lines.send(line(text));
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn known(&self, service: &ServiceName) -> Result<(), Error> {
        if *service == booking() {
            Ok(())
        } else {
            Err(Error::NotFound(format!("there is no service {service}")))
        }
    }

    fn done<T: Send + 'static>(&self, answer: Result<T, Error>) -> Answer<'_, T> {
        Box::pin(async move { answer })
    }
}

impl Control for Fake {
    fn status(&self) -> Answer<'_, Status> {
        self.done(Ok(Status {
            platform: "public-portal".to_owned(),
            gateway: GatewayStatus { pid: 1, listen: Vec::new(), connections: 0, version: 9 },
            server: ServerStatus { pid: 2, version: "0.1.0".to_owned(), since: Timestamp(1) },
            confinement: "rlimits".to_owned(),
            services: vec![ServiceStatus {
                name: booking(),
                desired: 2,
                ready: 1,
                revision: 3,
                stable: 3,
                instances: vec![InstanceStatus {
                    id: "booking-3-1".parse().unwrap(),
                    pid: 4,
                    address: "127.0.0.1:40001".parse().ok(),
                    revision: 3,
                    state: "ready".to_owned(),
                    cpu_cores: 0.5,
                    memory_bytes: 1024,
                    restarts: 0,
                    in_flight: 0,
                    since: Timestamp(1),
                }],
                traffic: Traffic::default(),
            }],
        }))
    }

    fn deploy(&self, service: ServiceName, request: DeployRequest, actor: String) -> Answer<'_, Accepted> {
        self.note(format!("deploy {service} {:?} by {actor}", request.env));
        self.done(self.known(&service).map(|()| Accepted { service, revision: 4 }))
    }

    fn rollback(&self, service: ServiceName, to: Option<u32>, actor: String) -> Answer<'_, Accepted> {
        self.note(format!("rollback {service} to {to:?} by {actor}"));
        match to {
            Some(99) => {
                self.done(Err(Error::Invalid("booking has no revision 99; it has 1 to 3".to_owned())))
            }
            _ => self.done(self.known(&service).map(|()| Accepted { service, revision: to.unwrap_or(2) })),
        }
    }

    fn scale(&self, service: ServiceName, instances: u32, actor: String) -> Answer<'_, Scaled> {
        self.note(format!("scale {service} to {instances} by {actor}"));
        match instances {
            7 => self.done(Err(Error::Conflict("booking is being removed".to_owned()))),
            _ => self.done(self.known(&service).map(|()| Scaled { service, desired: instances })),
        }
    }

    fn revisions(&self, service: ServiceName) -> Answer<'_, Vec<Revision>> {
        let spec = RevisionSpec {
            exec: vec!["booking".to_owned()],
            env: Default::default(),
            port: None,
            protocol: Protocol::Http1,
            instance: InstanceSize::default(),
            artifact: None,
        };
        let (made_by, reason) = ("minji".to_owned(), "the first run".to_owned());
        let revision =
            Revision { service: service.clone(), number: 1, spec, made_at: Timestamp(1), made_by, reason };
        self.done(self.known(&service).map(|()| vec![revision]))
    }

    fn events(&self, query: EventsQuery) -> Answer<'_, Vec<Event>> {
        let events = self.events.lock().unwrap();
        let after = query.after.unwrap_or(0);
        let wanted =
            |event: &&Event| event.id > after && (query.service.is_none() || event.service == query.service);
        let mut found: Vec<Event> = events.iter().filter(wanted).cloned().collect();
        let limit = query.limit as usize;
        match query.after {
            Some(_) => found.truncate(limit),
            None => drop(found.drain(..found.len().saturating_sub(limit))),
        }
        self.done(Ok(found))
    }

    fn subscribe(&self) -> Feed<Event> {
        let counted = Counted::new(&self.streams);
        let said = BroadcastStream::new(self.said.subscribe());
        Box::pin(said.filter_map(move |event| {
            let _ = &counted;
            std::future::ready(event.ok())
        }))
    }

    fn logs(
        &self,
        service: ServiceName,
        instance: Option<InstanceId>,
        lines: usize,
    ) -> Answer<'_, Vec<LogLine>> {
        self.note(format!("logs {service} {instance:?} {lines}"));
        self.done(self.known(&service).map(|()| vec![line("a"), line("b")]))
    }

    fn follow_logs(
        &self,
        service: ServiceName,
        _instance: Option<InstanceId>,
        _lines: usize,
    ) -> Answer<'_, Feed<LogLine>> {
        let counted = Counted::new(&self.streams);
        let live = BroadcastStream::new(self.lines.subscribe()).filter_map(move |line| {
            let _ = &counted;
            std::future::ready(line.ok())
        });
        let feed: Feed<LogLine> = Box::pin(stream::iter([line("before")]).chain(live));
        self.done(self.known(&service).map(|()| feed))
    }

    fn check(&self, request: CheckRequest) -> Answer<'_, CheckReport> {
        self.note(format!("check {}", request.path.display()));
        let change = Change { subject: "service booking".to_owned(), message: "is new".to_owned() };
        self.done(Ok(CheckReport { faults: Vec::new(), changes: vec![change] }))
    }

    fn stop(&self, actor: String) -> Answer<'_, Stopping> {
        self.note(format!("stop by {actor}"));
        self.done(Ok(Stopping { pid: 2 }))
    }

    /// To `/hang` it takes forever.
    fn upgrade(&self, request: UpgradeRequest, actor: String) -> Answer<'_, Upgrading> {
        if request.binary.ends_with("hang") {
            return Box::pin(std::future::pending());
        }
        self.note(format!("upgrade to {} by {actor}", request.binary.display()));
        self.done(Ok(Upgrading { from_version: "0.1.0".to_owned(), to_version: "0.2.0".to_owned() }))
    }

    /// Fails when not ready, for a reason that is nobody's business.
    fn metrics(&self) -> Answer<'_, String> {
        match self.ready.load(Ordering::Relaxed) {
            true => self.done(Ok("naru_gateway_up 1\n".to_owned())),
            false => {
                self.done(Err(Error::internal("could not count", std::io::Error::other("disk sda1 is gone"))))
            }
        }
    }

    fn health(&self) -> Answer<'_, Health> {
        let ready = self.ready.load(Ordering::Relaxed);
        let reasons = if ready { Vec::new() } else { vec!["booking has 1 of 2 instances ready".to_owned()] };
        self.done(Ok(Health { ready, reasons }))
    }
}
