//! A platform that is made up: one service, `booking`, and events that a test says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use naru_model::access::{Audit, AuditSearch, Hash, NewToken, Operator, Role, Session, Token};
use naru_model::calls::{Calls, UnusedRoute};
use naru_model::event::{Event, Kind, Search, Severity};
use naru_model::instance::InstanceId;
use naru_model::job::OpenedLetter;
use naru_model::name::ServiceName;
use naru_model::platform::{InstanceSize, Platform, Protocol};
use naru_model::revision::{Revision, RevisionSpec};
use naru_model::series::{self, Found, Map, MapQuery, Period, Point, Tally, TallyQuery, TallyRow};
use naru_model::status::{
    GatewayStatus, InstanceStatus, ScalingStatus, ServerStatus, ServiceStatus, Status, Traffic,
};
use naru_model::units::Timestamp;
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::BroadcastStream;

use crate::auth::hash_of;
use crate::control::{Answer, Control, Feed};
use crate::error::Error;
use crate::message::{
    Accepted, Change, CheckReport, CheckRequest, DeployRequest, Health, ListedClient, LogLine, LogStream,
    Scaled, SeriesQuery, Stopping, UpgradeRequest, Upgrading,
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
    pub(super) status: watch::Sender<Arc<Status>>,
    pub(super) clock: Mutex<Timestamp>,
    /// While a test holds it, a rollback waits.
    pub(super) hold: tokio::sync::Mutex<()>,
    pub(super) tokens: Mutex<Vec<(Hash, Token)>>,
    pub(super) sessions: Mutex<Vec<Session>>,
    /// Each entry of the audit, as soon as it is kept.
    pub(super) audits: watch::Sender<Vec<Audit>>,
    pub(super) clients: Mutex<Vec<ListedClient>>,
    pub(super) letters: Mutex<Vec<OpenedLetter>>,
    pub(super) platform: Mutex<Option<Platform>>,
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
            status: watch::Sender::new(Arc::new(status())),
            clock: Mutex::new(Timestamp(1_795_219_200_000_000)),
            hold: tokio::sync::Mutex::default(),
            tokens: Mutex::default(),
            sessions: Mutex::default(),
            audits: watch::Sender::default(),
            clients: Mutex::default(),
            letters: Mutex::default(),
            platform: Mutex::default(),
        }
    }

    /// Keeps a token that a test made up.
    pub(super) fn give(&self, name: &str, role: Role, secret: &str, expires_at: Option<Timestamp>) -> u64 {
        let mut tokens = self.tokens.lock().unwrap();
        let id = tokens.len() as u64 + 1;
        let (made_at, made_by) = (self.now(), "minji".to_owned());
        let name = name.to_owned();
        let token = Token { id, name, role, made_at, made_by, expires_at, last_used_at: None };
        tokens.push((hash_of(secret.as_bytes()), token));
        id
    }

    /// Keeps the next event and tells subscribers of it.
    pub(super) fn say(&self, service: Option<&str>, message: &str) {
        let mut events = self.events.lock().unwrap();
        let event = Event {
            id: events.len() as u64 + 1,
            at: self.now(),
            kind: Kind::Scaled,
            severity: Severity::Info,
            service: service.map(|name| name.parse().unwrap()),
            instance: None,
            message: message.to_owned(),
            actor: "naru".to_owned(),
            decision: None,
        };
        events.push(event.clone());
        // Nobody may be listening.
        let _ = self.said.send(event);
    }

    pub(super) fn write(&self, text: &str) {
        let _ = self.lines.send(line(text));
    }

    pub(super) fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn known(&self, service: &ServiceName) -> Result<(), Error> {
        if *service == booking() {
            Ok(())
        } else {
            Err(Error::NotFound(format!("there is no service {service}")))
        }
    }

    pub(super) fn done<T: Send + 'static>(&self, answer: Result<T, Error>) -> Answer<'_, T> {
        Box::pin(async move { answer })
    }
}

impl Control for Fake {
    fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    fn follow_status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.subscribe()
    }

    fn deploy(&self, service: ServiceName, request: DeployRequest, actor: String) -> Answer<'_, Accepted> {
        self.note(format!("deploy {service} {:?} by {actor}", request.env));
        self.done(self.known(&service).map(|()| Accepted { service, revision: 4 }))
    }

    fn rollback(&self, service: ServiceName, to: Option<u32>, actor: String) -> Answer<'_, Accepted> {
        self.note(format!("rollback {service} to {to:?} by {actor}"));
        Box::pin(async move {
            let counted = Counted::new(&self.streams);
            drop(self.hold.lock().await);
            drop(counted);
            match to {
                Some(99) => Err(Error::Invalid("booking has no revision 99; it has 1 to 3".to_owned())),
                _ => self.known(&service).map(|()| Accepted { service, revision: to.unwrap_or(2) }),
            }
        })
    }

    fn scale(&self, service: ServiceName, instances: Option<u32>, actor: String) -> Answer<'_, Scaled> {
        self.note(format!("scale {service} to {instances:?} by {actor}"));
        match instances {
            Some(7) => self.done(Err(Error::Conflict("booking is being removed".to_owned()))),
            _ => {
                self.done(self.known(&service).map(|()| Scaled { service, desired: instances.unwrap_or(1) }))
            }
        }
    }

    fn revisions(&self, service: ServiceName) -> Answer<'_, Vec<Revision>> {
        let spec = RevisionSpec {
            exec: vec!["booking".to_owned()],
            env: [("DB_PASSWORD".to_owned(), "hunter2".to_owned())].into(),
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

    fn events(&self, query: Search) -> Answer<'_, Vec<Event>> {
        let events = self.events.lock().unwrap();
        let after = query.after.unwrap_or(0);
        let wanted = |event: &&Event| {
            event.id > after
                && query.before.is_none_or(|before| event.id < before)
                && query.from.is_none_or(|from| event.at >= from)
                && (query.kinds.is_empty() || query.kinds.contains(&event.kind))
                && (query.service.is_none() || event.service == query.service)
        };
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

    fn series(&self, query: SeriesQuery) -> Answer<'_, Vec<Point>> {
        let Period { from, to } = query.period;
        self.note(format!("series of {} from {from} to {to} in {}", query.subject, query.points));
        self.done(Ok(vec![Point { at: from, seconds: to - from, ..Point::default() }]))
    }

    fn map(&self, query: MapQuery) -> Answer<'_, Map> {
        self.note(format!("{query:?}"));
        let Period { from, to } = query.period;
        self.done(Ok(Map { from, to, dots: Some(vec![(0.5, 1.5, 1)]), ..Map::default() }))
    }

    fn search(&self, search: series::Search) -> Answer<'_, Found> {
        self.note(format!("{search:?}"));
        self.done(Ok(Found { more: true, ..Found::default() }))
    }

    fn tally(&self, query: TallyQuery) -> Answer<'_, Tally> {
        self.note(format!("{query:?}"));
        let key = vec!["mobile-app".to_owned(), "=cmd, \"x\"".to_owned()];
        let row = TallyRow { key, calls: 3, client_errors: 1, mean_seconds: 0.25, ..TallyRow::default() };
        self.done(Ok(Tally { rows: vec![row], found: 1, beyond: 0 }))
    }

    fn calls(&self, period: Period) -> Answer<'_, Calls> {
        self.note(format!("calls {period:?}"));
        let unused = UnusedRoute { route: "/never/**".to_owned(), last_at: None };
        self.done(Ok(Calls { unused_routes: vec![unused], ..Calls::default() }))
    }

    fn authenticate(&self, hash: Hash) -> Answer<'_, Option<Operator>> {
        let now = self.now();
        let tokens = self.tokens.lock().unwrap();
        let holds =
            |(kept, token): &&(Hash, Token)| *kept == hash && token.expires_at.is_none_or(|end| end > now);
        let found = tokens.iter().find(holds);
        self.done(Ok(found.map(|(_, token)| Operator { name: token.name.clone(), role: token.role })))
    }

    fn tokens(&self) -> Answer<'_, Vec<Token>> {
        let tokens = self.tokens.lock().unwrap().iter().map(|(_, token)| token.clone()).collect();
        self.done(Ok(tokens))
    }

    fn make_token(&self, new: NewToken) -> Answer<'_, Token> {
        let mut tokens = self.tokens.lock().unwrap();
        let id = tokens.last().map_or(1, |(_, token)| token.id + 1);
        let NewToken { name, role, hash, made_at, made_by, expires_at } = new;
        let token = Token { id, name, role, made_at, made_by, expires_at, last_used_at: None };
        tokens.push((hash, token.clone()));
        self.done(Ok(token))
    }

    fn revoke_token(&self, id: u64) -> Answer<'_, bool> {
        let mut tokens = self.tokens.lock().unwrap();
        let before = tokens.len();
        tokens.retain(|(_, token)| token.id != id);
        self.done(Ok(tokens.len() < before))
    }

    fn begin_session(&self, session: Session) -> Answer<'_, ()> {
        self.sessions.lock().unwrap().push(session);
        self.done(Ok(()))
    }

    fn session(&self, hash: Hash) -> Answer<'_, Option<Hash>> {
        let now = self.now();
        let sessions = self.sessions.lock().unwrap();
        let found = sessions.iter().find(|session| session.hash == hash && session.expires_at > now);
        self.done(Ok(found.map(|session| session.token)))
    }

    fn end_session(&self, hash: Hash) -> Answer<'_, ()> {
        self.sessions.lock().unwrap().retain(|session| session.hash != hash);
        self.done(Ok(()))
    }

    fn audit(&self, mut entry: Audit) -> Answer<'_, ()> {
        self.audits.send_modify(|audits| {
            entry.id = audits.len() as u64 + 1;
            audits.push(entry);
        });
        self.done(Ok(()))
    }

    fn audits(&self, search: AuditSearch) -> Answer<'_, Vec<Audit>> {
        let after = search.after.unwrap_or(0);
        let mut found = self.audits.borrow().clone();
        found.retain(|entry| entry.id > after);
        found.truncate(search.limit as usize);
        self.done(Ok(found))
    }
}

/// One service with one instance.
fn status() -> Status {
    Status {
        platform: "public-portal".to_owned(),
        gateway: GatewayStatus { pid: 1, version: 9, ..GatewayStatus::default() },
        server: ServerStatus {
            pid: 2,
            version: "0.1.0".to_owned(),
            since: Timestamp(1),
            file: "/etc/naru/naru.yaml".into(),
        },
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
                disk_read_bytes: 0.0,
                disk_written_bytes: 0.0,
                cpu_cores_reserved: None,
                memory_bytes_reserved: None,
                restarts: 0,
                in_flight: 0,
                requests_per_second: 0.0,
                mean_seconds: 0.0,
                error_ratio: 0.0,
                since: Timestamp(1),
            }],
            traffic: Traffic::default(),
            places: 0,
            restarts: 0,
            scaling: ScalingStatus { min: 1, max: 8, held: Some(2), ..ScalingStatus::default() },
        }],
        ..Status::default()
    }
}
