//! The start: everything that an earlier server left running is found again, and nothing of it is disturbed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use naru_model::event::{Kind, Severity};
use naru_model::observed::{Health, Process};
use naru_model::plan::{Desired, DesiredService};
use naru_model::platform::Platform;
use naru_model::status::HostStatus;
use naru_runtime::Runtime;
use naru_runtime::host::HostMeter;
use naru_runtime::process::ProcessRuntime;
use naru_state::State;
use naru_telemetry::Telemetry;
use tokio::sync::{broadcast, mpsc, watch};

use super::alerts::{self, Alerting};
use super::clickhouse::Larger;
use super::core::{Applied, Core};
use super::gateway_news::Options;
use super::gateway_process::Socket;
use super::gateways::Gateways;
use super::inbox::Input;
use super::link::{self, LinkEvent};
use super::otlp::{Otlp, Place};
use super::own::Own;
use super::reports::{Reports, Source};
use super::signals::Watch;
use super::tables::{Ids, Tables};
use super::world::{Instance, World};
use crate::clock::Clock;

/// How long a gateway that lives may take to find the new server.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(3);

/// Builds the loop from what the state, the runtime and a living gateway say.
pub(crate) async fn recover(
    state: Arc<State>,
    state_dir: PathBuf,
    file: &Path,
    options: Options,
    otlp: Place,
    platform: &Platform,
    inbox: mpsc::Sender<Input>,
) -> Result<Core> {
    let clock = Clock::start();
    let program = std::env::current_exe().context("can't find this program's own file")?;
    let (runtime, mut runtime_events) = ProcessRuntime::new(&state_dir, program.clone())?;
    let runtime: Arc<dyn Runtime> = Arc::new(runtime);
    let log = Arc::new(|line: &str| eprintln!("naru: {line}"));
    let telemetry = Arc::new(Telemetry::open(&state_dir, platform.telemetry, clock.now(), log)?);
    let host_meter = HostMeter::new(&state_dir);
    let targets = super::scrape::start(telemetry.clone(), clock);
    let tables = Tables::new();
    let own = Own::open(state.clone(), &state_dir, clock, inbox.clone()).await?;
    let (said, _) = broadcast::channel(1024);
    let status = watch::Sender::new(Arc::default());
    let source = Source::new(clock, state.clone(), telemetry.clone(), &state_dir, platform);
    let start = alerts::Start {
        clock,
        state: state.clone(),
        telemetry: telemetry.clone(),
        status: status.subscribe(),
        said: said.clone(),
        state_dir: state_dir.clone(),
        attach: Arc::new(source.clone()),
    };
    let alerting = Alerting::start(start, platform).await?;
    let reports = Reports::start(source, alerting.notifier.clone());

    let mut core = Core {
        clock,
        file: file.to_owned(),
        applied: Applied { platform: platform.clone(), specs: BTreeMap::new(), leaving: BTreeMap::new() },
        desired: Desired { pool: platform.pool, services: BTreeMap::new() },
        revisions: BTreeMap::new(),
        ids: Ids::default(),
        world: World::default(),
        gateways: Gateways::new(program, &state_dir, platform.gateway.threads, inbox.clone()),
        options,
        links: BTreeMap::new(),
        otlp: Otlp::new(otlp, telemetry.clone(), clock),
        larger: Larger::start(telemetry.clone(), clock, &state_dir),
        own,
        callers: BTreeMap::new(),
        tables,
        state_dir,
        state,
        runtime,
        telemetry,
        alerting,
        reports,
        inbox: inbox.clone(),
        unsaid: Vec::new(),
        unaudited: Vec::new(),
        said,
        status,
        since: clock.now(),
        stopping: None,
        takeover: None,
        was_ready: false,
        house_kept: None,
        watch: Watch::default(),
        targets,
        host_meter,
        host: HostStatus::default(),
        used: BTreeMap::new(),
    };
    core.read_state(platform).await?;
    core.alerting.follow(&core.applied.platform).await;
    core.reports.follow(&core.applied.platform);
    let found = core.find_instances().await?;
    core.open_link(inbox.clone()).await?;

    tokio::spawn(async move {
        while let Some(event) = runtime_events.recv().await {
            if inbox.send(Input::Runtime(event)).await.is_err() {
                return;
            }
        }
    });
    let now = clock.now();
    let (kind, message) = match (core.gateways.current, found) {
        (0, 0) => (Kind::PlatformStarted, format!("{} starts", core.applied.platform.name)),
        (pid, found) => {
            let gateway = if pid == 0 { "no gateway".to_owned() } else { format!("gateway {pid}") };
            (Kind::PlatformRecovered, format!("a new server found {gateway} and {found} instances running"))
        }
    };
    core.note(kind, Severity::Info, None, message, "naru", now);
    Ok(core)
}

impl Core {
    /// Reads what is wanted, as an earlier server left it.
    async fn read_state(&mut self, platform: &Platform) -> Result<()> {
        if let Some(text) = self.state.platform().await? {
            // Written by another version of naru, it may not be readable; then the file alone counts.
            if let Ok(applied) = serde_json::from_str::<Applied>(&text) {
                self.applied = applied;
            }
        }
        for (name, kept) in self.state.services().await? {
            for revision in self.state.revisions(&name).await? {
                self.remember(revision);
            }
            let applied =
                self.applied.platform.services.get(&name).or_else(|| self.applied.leaving.get(&name));
            let Some(service) = applied.or_else(|| platform.services.get(&name)).cloned() else { continue };
            let wanted = DesiredService {
                service,
                removed: kept.removed,
                count: kept.count,
                progress: kept.progress,
                needs: self.needs_of(&name),
            };
            self.desired.services.insert(name, wanted);
        }
        self.ids = self.number(&self.applied.platform).await?;
        self.name_numbers();
        self.follow_logs();
        Ok(())
    }

    /// Brings the state's instances and the runtime's together. Returns how many run.
    async fn find_instances(&mut self) -> Result<usize> {
        let now = self.clock.now();
        let mut running: BTreeMap<_, _> =
            self.runtime.recover().await?.into_iter().map(|running| (running.id.clone(), running)).collect();
        for kept in self.state.instances().await? {
            let found = running.remove(&kept.id);
            let protocol = self.revision(&kept.id).map(|revision| revision.spec.protocol).unwrap_or_default();
            let instance = Instance {
                phase: kept.phase,
                since: kept.since,
                started_at: found.as_ref().map_or(kept.started_at, |found| found.started_at),
                address: found.as_ref().map(|found| found.address),
                protocol,
                pid: found.as_ref().map_or(0, |found| found.pid),
                // Written down and never begun: the server was killed in between.
                process: found
                    .map_or(Process::Exited { at: now, code: None, signal: None }, |found| found.process),
                health: Health::Unknown,
                unrouted_in: None,
                id: kept.id.clone(),
            };
            self.world.instances.insert(kept.id, instance);
        }
        for (id, stranger) in running {
            // Forgotten by the state and still there: the server was killed between the two.
            match stranger.process {
                Process::Running => self.stop(id, Duration::ZERO),
                Process::Exited { .. } => self.runtime.forget(&id),
            }
        }
        Ok(self.world.instances.values().filter(|instance| instance.process == Process::Running).count())
    }

    /// Listens for gateways, and waits for one that lives: it has the listening sockets.
    async fn open_link(&mut self, inbox: mpsc::Sender<Input>) -> Result<()> {
        let (events, mut heard) = mpsc::channel(1024);
        let (telemetry, clock) = (self.telemetry.clone(), self.clock);
        let records = Arc::new(move |batch: &[u8]| telemetry.ingest(batch, clock.now()));
        let path = self.state_dir.join("link.sock");
        // The tables go out only once the file is applied: until then a gateway keeps the one it has.
        link::listen(&path, self.tables.subscribe(), events, records)
            .with_context(|| format!("can't listen on {}", path.display()))?;
        if let Some(pid) = self.gateways.left_behind() {
            self.await_gateway(pid, &mut heard).await;
        }
        tokio::spawn(async move {
            while let Some(event) = heard.recv().await {
                if inbox.send(Input::Link(event)).await.is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    async fn await_gateway(&mut self, pid: u32, heard: &mut mpsc::Receiver<LinkEvent>) {
        let deadline = tokio::time::Instant::now() + GATEWAY_PATIENCE;
        while let Ok(Some(event)) = tokio::time::timeout_at(deadline, heard.recv()).await {
            let now = self.clock.now();
            let event = match event {
                LinkEvent::Connected { connection, mut hello, control } if hello.pid == pid => {
                    let sockets =
                        hello.listeners.drain(..).map(|(listener, fd)| Socket { listener, fd }).collect();
                    self.gateways.adopt(pid, sockets, now);
                    LinkEvent::Connected { connection, hello, control }
                }
                event => event,
            };
            self.heard(event, now).await;
            if self.gateways.current == pid {
                return;
            }
        }
        eprintln!("naru: the gateway {pid} lives but does not answer; it is ended and a new one is started");
        super::gateway_process::kill(pid);
    }
}
