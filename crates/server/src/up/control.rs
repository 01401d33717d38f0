//! What the API may see and change of the platform: reads the loop's last status, and puts wishes into its inbox.

mod alerts;
mod assessments;
mod manage;
mod metrics;
mod reports;
mod traces;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use futures_util::{Stream, stream};
use naru_api::console::ConsoleFile;
use naru_api::control::{Answer, Control, Feed};
use naru_api::error::Error;
use naru_api::listen::{self, Log, Tcp};
use naru_api::message::{
    Accepted, Change, CheckReport, CheckRequest, DeployRequest, Health, LogLine, LogStream, Scaled,
    SeriesQuery, Stopping, UpgradeRequest, Upgrading,
};
use naru_api::socket;
use naru_api::tls::Certificate;
use naru_config::Machine;
use naru_jobs::Jobs;
use naru_model::access::{Audit, AuditSearch, Hash, NewToken, Operator, Session, Token};
use naru_model::calls::{Calls, CallsQuery};
use naru_model::event::{self, Event};
use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;
use naru_model::platform::Platform;
use naru_model::revision::Revision;
use naru_model::series::{Found, Map, MapQuery, Period, Point, Search, Tally, TallyQuery};
use naru_model::status::{ServiceStatus, Status};
use naru_model::units::Timestamp;
use naru_oauth::Clients;
use naru_otlp::Counters;
use naru_runtime::logs::{self, Follower};
use naru_state::State;
use naru_telemetry::Telemetry;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::alerts::Alerting;
use super::clickhouse::Larger;
use super::core::{Applied, Core};
use super::inbox::{Done, Input, Refused, Request};
use super::otlp;
use super::reports::Reports;
use super::token;
use crate::clock::Clock;

struct Door {
    clock: Clock,
    inbox: mpsc::Sender<Input>,
    status: watch::Receiver<Arc<Status>>,
    said: broadcast::Sender<Event>,
    state: Arc<State>,
    telemetry: Arc<Telemetry>,
    received: Arc<Counters>,
    larger: Larger,
    logs: PathBuf,
    clients: Arc<Clients>,
    /// Empty until something is answered later.
    jobs: Arc<OnceLock<Jobs>>,
    alerting: Alerting,
    reports: Reports,
    desk: assessments::Desk,
}

/// Where the API and the console listen on TCP.
pub(crate) struct Console {
    /// An address, or `off`.
    pub(crate) address: String,
    pub(crate) tls: Option<Certificate>,
    /// Somebody says that it is safe to speak plain HTTP to other machines.
    pub(crate) insecure: bool,
    /// That the server was started with.
    pub(crate) token: Option<String>,
}

/// Opens the API: on the state folder's socket, and on TCP unless the console is `off`.
pub(crate) async fn listen(
    core: &Core,
    state_dir: &Path,
    console: Console,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let door: Arc<dyn Control> = Arc::new(Door {
        clock: core.clock,
        inbox: core.inbox.clone(),
        status: core.status.subscribe(),
        said: core.said.clone(),
        state: core.state.clone(),
        telemetry: core.telemetry.clone(),
        received: core.otlp.counters.clone(),
        larger: core.larger.clone(),
        logs: state_dir.join("logs"),
        clients: core.own.clients.clone(),
        jobs: core.own.jobs.clone(),
        alerting: core.alerting.clone(),
        reports: core.reports.clone(),
        desk: assessments::Desk::new(),
    });
    let log: Log = Arc::new(|line| eprintln!("naru: {line}"));
    let socket = socket::bind(&state_dir.join(socket::SOCKET_NAME))?;
    tokio::spawn(listen::serve_unix(socket, door.clone(), log.clone(), stop.clone()));
    if console.address != "off" {
        let listener = listen::bind_tcp(&console.address).await?;
        let address = listener.local_addr()?;
        listen::check_exposure(address, console.tls.is_some(), console.insecure)?;
        let scheme = if console.tls.is_some() { "https" } else { "http" };
        // With port 0 nobody else knows which one it is.
        eprintln!("naru: the API listens on {scheme}://{address}");
        let token = token::of_this_start(&core.state, console.token.as_deref(), core.clock.now()).await?;
        let tcp = Tcp { token, console: files(), tls: console.tls };
        tokio::spawn(listen::serve_tcp(listener, door, tcp, log, stop));
    }
    Ok(())
}

fn files() -> Arc<[ConsoleFile]> {
    let file = |file: &naru_console::File| ConsoleFile {
        path: file.path,
        media_type: file.media_type,
        gzip: file.gzip,
        etag: file.etag,
        immutable: file.immutable,
    };
    naru_console::FILES.iter().map(file).collect()
}

impl Door {
    /// Asks telemetry what may take reading files, beside the threads that serve.
    async fn seen<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Telemetry, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (telemetry, now) = (self.telemetry.clone(), self.clock.now());
        let asked = tokio::task::spawn_blocking(move || ask(&telemetry, now)).await;
        asked.map_err(|error| Error::internal("could not read what was seen", error))
    }

    async fn ask(&self, request: Request) -> Result<Done, Error> {
        let stopping = || Error::Unavailable("the server is ending".to_owned());
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Input::Ask { request, reply }).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?.map_err(|refused| match refused {
            Refused::NoService { .. } | Refused::NoRevision { .. } => Error::NotFound(refused.to_string()),
            Refused::OutOfRange { .. } => Error::Invalid(refused.to_string()),
            Refused::NothingToGoBackTo(_) | Refused::Failed(_) => Error::Conflict(refused.to_string()),
            Refused::Stopping => Error::Unavailable(refused.to_string()),
        })
    }

    fn known(&self, name: &ServiceName) -> Result<(), Error> {
        let status = self.status.borrow();
        if status.services.iter().any(|service| service.name == *name) {
            return Ok(());
        }
        let names: Vec<&str> = status.services.iter().map(|service| service.name.as_str()).collect();
        Err(Error::NotFound(format!("there is no service {name}; there are {}", names.join(", "))))
    }

    async fn applied(&self) -> Result<Option<Platform>, Error> {
        let text = self
            .state
            .platform()
            .await
            .map_err(|error| Error::internal("could not read the state", error))?;
        let applied = text.map(|text| serde_json::from_str::<Applied>(&text)).transpose();
        Ok(applied
            .map_err(|error| Error::internal("could not read what was applied", error))?
            .map(|a| a.platform))
    }

    async fn read_logs(
        &self,
        service: ServiceName,
        instance: Option<InstanceId>,
        lines: usize,
    ) -> Result<(Vec<LogLine>, Follower), Error> {
        self.known(&service)?;
        let folder = self.logs.clone();
        // One instance's lines are picked out of all of them.
        let wanted = if instance.is_some() { naru_api::message::MAX_LINES } else { lines };
        let read = tokio::task::spawn_blocking(move || Follower::start(&folder, &service, wanted)).await;
        let failed = |error: std::io::Error| Error::internal("could not read the logs", error);
        let (last, follower) =
            read.map_err(|error| Error::internal("could not read the logs", error))?.map_err(failed)?;
        let mut last = log_lines(last, instance.as_ref());
        last.drain(..last.len().saturating_sub(lines));
        Ok((last, follower))
    }
}

impl Control for Door {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn follow_status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.clone()
    }

    fn deploy(&self, service: ServiceName, request: DeployRequest, actor: String) -> Answer<'_, Accepted> {
        Box::pin(async move {
            let done =
                self.ask(Request::Deploy { service: service.clone(), env: request.env, actor }).await?;
            Ok(Accepted { service, revision: done.revision })
        })
    }

    fn rollback(&self, service: ServiceName, to: Option<u32>, actor: String) -> Answer<'_, Accepted> {
        Box::pin(async move {
            let done = self.ask(Request::Rollback { service: service.clone(), to, actor }).await?;
            Ok(Accepted { service, revision: done.revision })
        })
    }

    fn scale(&self, service: ServiceName, instances: Option<u32>, actor: String) -> Answer<'_, Scaled> {
        Box::pin(async move {
            let done = self.ask(Request::Scale { service: service.clone(), count: instances, actor }).await?;
            Ok(Scaled { service, desired: done.count })
        })
    }

    fn revisions(&self, service: ServiceName) -> Answer<'_, Vec<Revision>> {
        Box::pin(async move {
            self.known(&service)?;
            let failed = |error| Error::internal(format!("could not read the revisions of {service}"), error);
            self.state.revisions(&service).await.map_err(failed)
        })
    }

    fn events(&self, search: event::Search) -> Answer<'_, Vec<Event>> {
        Box::pin(async move {
            let failed = |error| Error::internal("could not read the events", error);
            self.state.events(&search).await.map_err(failed)
        })
    }

    fn series(&self, query: SeriesQuery) -> Answer<'_, Vec<Point>> {
        Box::pin(self.seen(move |telemetry, now| {
            telemetry.series(&query.subject, query.period, query.points as usize, now)
        }))
    }

    fn map(&self, query: MapQuery) -> Answer<'_, Map> {
        Box::pin(self.seen(move |telemetry, _| telemetry.map(&query)))
    }

    fn search(&self, search: Search) -> Answer<'_, Found> {
        Box::pin(self.larger.transactions(search))
    }

    fn tally(&self, query: TallyQuery) -> Answer<'_, Tally> {
        Box::pin(self.seen(move |telemetry, _| telemetry.tally(&query)))
    }

    fn calls(&self, period: Period) -> Answer<'_, Calls> {
        Box::pin(async move {
            let platform = self.applied().await?;
            let routes = platform.map(|platform| platform.routes).unwrap_or_default();
            let routes = routes.into_iter().map(|route| route.name).collect();
            let query = CallsQuery { period, routes };
            self.seen(move |telemetry, now| telemetry.calls(&query, now)).await
        })
    }

    fn subscribe(&self) -> Feed<Event> {
        let said = self.said.subscribe();
        Box::pin(stream::unfold(said, |mut said| async {
            loop {
                match said.recv().await {
                    Ok(event) => return Some((event, said)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }))
    }

    fn logs(
        &self,
        service: ServiceName,
        instance: Option<InstanceId>,
        lines: usize,
    ) -> Answer<'_, Vec<LogLine>> {
        Box::pin(async move { Ok(self.read_logs(service, instance, lines).await?.0) })
    }

    fn follow_logs(
        &self,
        service: ServiceName,
        instance: Option<InstanceId>,
        lines: usize,
    ) -> Answer<'_, Feed<LogLine>> {
        Box::pin(async move {
            let (last, follower) = self.read_logs(service, instance.clone(), lines).await?;
            let feed: Feed<LogLine> = Box::pin(follow(last, follower, instance));
            Ok(feed)
        })
    }

    fn check(&self, request: CheckRequest) -> Answer<'_, CheckReport> {
        Box::pin(async move {
            let folder = request.path.parent().unwrap_or(Path::new("/"));
            let name = request.path.display().to_string();
            let mut platform = match naru_config::parse(&name, &request.text, folder, Machine::detect()) {
                Ok(platform) => platform,
                Err(report) => {
                    let faults = report.problems.iter().map(ToString::to_string).collect();
                    return Ok(CheckReport { faults, changes: Vec::new() });
                }
            };
            for (name, key_set) in request.key_sets {
                if let Some(client) = platform.access.clients.get_mut(&name) {
                    client.jwks = Some(key_set);
                }
            }
            let Some(applied) = self.applied().await? else { return Ok(CheckReport::default()) };
            let change =
                |change: naru_config::Change| Change { message: change.to_string(), subject: change.key };
            let changes = naru_config::diff(&applied, &platform).into_iter().map(change).collect();
            Ok(CheckReport { faults: Vec::new(), changes })
        })
    }

    fn stop(&self, actor: String) -> Answer<'_, Stopping> {
        Box::pin(async move {
            self.ask(Request::Stop { actor }).await?;
            Ok(Stopping { pid: std::process::id() })
        })
    }

    fn upgrade(&self, request: UpgradeRequest, actor: String) -> Answer<'_, Upgrading> {
        Box::pin(async move {
            let to_version = super::takeover::version_of(&request.binary)
                .await
                .map_err(|refused| Error::Invalid(refused.to_string()))?;
            self.ask(Request::Upgrade { binary: request.binary, actor }).await?;
            Ok(Upgrading { from_version: env!("CARGO_PKG_VERSION").to_owned(), to_version })
        })
    }

    fn metrics(&self) -> Answer<'_, String> {
        Box::pin(async move {
            let status = self.status.borrow().clone();
            Ok(self.telemetry.prometheus(&status, self.clock.now())
                + &otlp::page(&self.received)
                + &self.larger.page())
        })
    }

    fn health(&self) -> Answer<'_, Health> {
        let short = |service: &ServiceStatus| {
            let lacking = service.ready < service.desired;
            lacking.then(|| {
                format!("{} has {} of {} instances ready", service.name, service.ready, service.desired)
            })
        };
        let status = self.status.borrow();
        let mut reasons: Vec<String> = status.services.iter().filter_map(short).collect();
        if status.gateway.pid == 0 {
            reasons.push("no gateway is running".to_owned());
        }
        let health = Health { ready: reasons.is_empty(), reasons };
        Box::pin(async move { Ok(health) })
    }

    fn authenticate(&self, hash: Hash) -> Answer<'_, Option<Operator>> {
        Box::pin(async move {
            let token = self.state.token_by_hash(&hash, self.clock.now()).await.map_err(kept)?;
            Ok(token.map(|token| Operator { name: token.name, role: token.role }))
        })
    }

    fn tokens(&self) -> Answer<'_, Vec<Token>> {
        Box::pin(async move { self.state.tokens().await.map_err(kept) })
    }

    fn make_token(&self, new: NewToken) -> Answer<'_, Token> {
        Box::pin(async move { self.state.put_token(new).await.map_err(kept) })
    }

    fn revoke_token(&self, id: u64) -> Answer<'_, bool> {
        Box::pin(async move { self.state.remove_token(id).await.map_err(kept) })
    }

    fn begin_session(&self, session: Session) -> Answer<'_, ()> {
        Box::pin(async move { self.state.put_session(session, self.clock.now()).await.map_err(kept) })
    }

    fn session(&self, hash: Hash) -> Answer<'_, Option<Hash>> {
        Box::pin(async move { self.state.session(&hash, self.clock.now()).await.map_err(kept) })
    }

    fn end_session(&self, hash: Hash) -> Answer<'_, ()> {
        Box::pin(async move { self.state.remove_session(&hash).await.map_err(kept) })
    }

    fn audit(&self, entry: Audit) -> Answer<'_, ()> {
        Box::pin(async move { self.state.audit(entry).await.map(drop).map_err(kept) })
    }

    fn audits(&self, search: AuditSearch) -> Answer<'_, Vec<Audit>> {
        Box::pin(async move { self.state.audits(&search).await.map_err(kept) })
    }
}

/// Tokens, sessions and the audit are the state's.
fn kept(error: naru_state::Error) -> Error {
    Error::internal("could not use the state", error)
}

fn log_lines(lines: Vec<logs::Line>, instance: Option<&InstanceId>) -> Vec<LogLine> {
    let wanted = |line: &logs::Line| instance.is_none_or(|instance| line.instance == *instance);
    let line = |line: logs::Line| LogLine {
        time: line.at,
        instance: line.instance,
        stream: match line.stream {
            logs::Stream::Out => LogStream::Stdout,
            logs::Stream::Err => LogStream::Stderr,
            logs::Stream::Naru => LogStream::Naru,
        },
        text: line.text,
    };
    lines.into_iter().filter(wanted).map(line).collect()
}

/// Gives the lines there are, and then those to come.
fn follow(
    last: Vec<LogLine>,
    follower: Follower,
    instance: Option<InstanceId>,
) -> impl Stream<Item = LogLine> + Send {
    let ready = std::collections::VecDeque::from(last);
    stream::unfold((ready, follower, instance), |(mut ready, mut follower, instance)| async move {
        loop {
            if let Some(line) = ready.pop_front() {
                return Some((line, (ready, follower, instance)));
            }
            match follower.next().await {
                Ok(lines) => ready.extend(log_lines(lines, instance.as_ref())),
                Err(error) => {
                    eprintln!("naru: can't read the logs further: {error}");
                    return None;
                }
            }
        }
    })
}
