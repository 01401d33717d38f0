//! The control loop: takes in what happened, decides, writes the decision down, carries it out, tells the gateway.
//!
//! One task owns everything here. What takes time (a start, a stop, a gateway's take-over) runs beside it and comes
//! back through the inbox, so that the loop never waits for a service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use naru_model::access::Audit;
use naru_model::event::{Event, Kind, Severity};
use naru_model::instance::{InstanceId, Phase};
use naru_model::name::{ClientName, FunctionName, LinkName, ServiceName};
use naru_model::observed::{Observed, Process, RevisionTraffic};
use naru_model::plan::{Desired, Plan};
use naru_model::platform::{Platform, Service};
use naru_model::revision::{Revision, RevisionSpec};
use naru_model::snapshot::{CallerId, Callers, Endpoint, FunctionId, ServiceId};
use naru_model::status::{HostStatus, Status};
use naru_model::units::Timestamp;
use naru_runtime::host::HostMeter;
use naru_runtime::{Runtime, RuntimeEvent, Stats};
use naru_scrape::scraper::Target;
use naru_state::State;
use naru_telemetry::{RouteLog, Telemetry};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, watch};

use super::alerts::Alerting;
use super::clickhouse::Larger;
use super::gateway_news::Options;
use super::gateways::Gateways;
use super::inbox::{Input, Refused};
use super::links::{self, Known};
use super::otlp::Otlp;
use super::own::{self, Own};
use super::reports::Reports;
use super::signals::Watch;
use super::stopping::Stopping;
use super::tables::{self, Ids, Tables};
use super::takeover::TakeOver;
use super::world::World;
use crate::clock::Clock;
use crate::conversions;

/// What was last applied, as the state keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub(crate) platform: Platform,
    /// What the file made of each service, without what a deployment added: a changed file is compared with it.
    pub(crate) specs: BTreeMap<ServiceName, RevisionSpec>,
    /// Services that were taken out of the file and have not ended yet, as the file last had them.
    #[serde(default)]
    pub(crate) leaving: BTreeMap<ServiceName, Service>,
}

pub(crate) struct Core {
    pub(crate) clock: Clock,
    pub(crate) state_dir: PathBuf,
    /// naru.yaml.
    pub(crate) file: PathBuf,
    pub(crate) applied: Applied,
    pub(crate) desired: Desired,
    pub(crate) revisions: BTreeMap<(ServiceName, u32), Revision>,
    pub(crate) ids: Ids,
    pub(crate) world: World,
    pub(crate) links: BTreeMap<LinkName, Known>,
    pub(crate) own: Own,
    pub(crate) otlp: Otlp,
    pub(crate) larger: Larger,
    /// All clients since the start, by their numbers in records: of one that has gone, the last calls are still named.
    pub(crate) callers: BTreeMap<CallerId, ClientName>,
    pub(crate) tables: Tables,
    pub(crate) options: Options,
    pub(crate) gateways: Gateways,
    pub(crate) state: Arc<State>,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) alerting: Alerting,
    pub(crate) reports: Reports,
    pub(crate) inbox: mpsc::Sender<Input>,
    /// Events that are not written down yet.
    pub(crate) unsaid: Vec<Event>,
    /// What of a request the audit is to keep, written down with it.
    pub(crate) unaudited: Vec<Audit>,
    pub(crate) said: broadcast::Sender<Event>,
    pub(crate) status: watch::Sender<Arc<Status>>,
    pub(crate) since: Timestamp,
    pub(crate) stopping: Option<Stopping>,
    pub(crate) takeover: Option<TakeOver>,
    /// Whether `ready` has been logged.
    pub(crate) was_ready: bool,
    /// When [`Core::keep_house`] last did.
    pub(crate) house_kept: Option<Timestamp>,
    pub(crate) watch: Watch,
    /// Whom [`naru_scrape`] asks.
    pub(crate) targets: watch::Sender<Arc<[Target]>>,
    pub(crate) host_meter: HostMeter,
    /// What the machine and its instances used over the last second.
    pub(crate) host: HostStatus,
    pub(crate) used: BTreeMap<InstanceId, Stats>,
}

/// How the loop ended.
pub(crate) enum Ended {
    /// Everything is stopped.
    Stopped,
    /// Nothing is stopped; the process is to become this program.
    Become(PathBuf),
}

impl Core {
    /// Runs until the platform is stopped or naru is to be replaced.
    pub(crate) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Ended {
        let mut wake_at = self.settle().await;
        loop {
            let now = self.clock.now();
            let next_second = self.watch.next(now);
            let next = wake_at.map_or(next_second, |at: Timestamp| at.min(next_second)).max(now);
            tokio::select! {
                input = inputs.recv() => match input {
                    Some(input) => self.handle(input).await,
                    None => return Ended::Stopped,
                },
                () = tokio::time::sleep_until(self.clock.instant_of(next).into()) => {}
            }
            // What came in together is decided on together.
            for _ in 0..256 {
                let Ok(input) = inputs.try_recv() else { break };
                self.handle(input).await;
            }
            wake_at = self.settle().await;
            if let Some(ended) = self.ended().await {
                return ended;
            }
        }
    }

    async fn handle(&mut self, input: Input) {
        let now = self.clock.now();
        match input {
            Input::Link(event) => self.heard(event, now).await,
            Input::Runtime(RuntimeEvent::Exited { id, at, code, signal, detail }) => {
                self.world.note_end(&id, Process::Exited { at, code, signal });
                if let Some(detail) = detail {
                    let message = format!("{id} ended: {detail}");
                    self.note_instance(Kind::InstanceExited, Severity::Warning, &id, message, now);
                }
            }
            Input::Started { id, result } => self.started(id, result, now),
            Input::Resolved { link, found } => {
                self.resolved(&link, found);
                self.publish_tables().await;
            }
            Input::Callers(callers) => self.publish_callers(*callers).await,
            Input::GatewayEnded { pid } => self.gateway_ended(pid, now),
            Input::Ask { request, reply } => {
                let answer = self.take_in(request, now).await;
                // Who asked may have gone; what was done stays done.
                let _ = reply.send(answer);
            }
            Input::FileRefused { what } => {
                let message = format!("the changed file is not applied, everything stays as it was: {what}");
                self.note(Kind::ConfigRefused, Severity::Error, None, message, "file", now);
            }
        }
    }

    /// Decides and carries out until there is nothing more to do now. Returns when to look again.
    async fn settle(&mut self) -> Option<Timestamp> {
        self.keep_gateway();
        self.look();
        let mut wake_at = None;
        // Each action can make the next one possible; a plan that never ends would be a fault of the controller's.
        for _ in 0..32 {
            let now = self.clock.now();
            let plan = match &self.stopping {
                Some(stopping) => stopping.plan(&self.world, now),
                None => naru_controller::decide(&self.desired, &self.observe(), now),
            };
            wake_at = plan.wake_at;
            let done = plan.actions.is_empty() && plan.progress.is_empty() && plan.ended.is_empty();
            if !self.perform(plan, now).await || done {
                break;
            }
        }
        self.advance_takeover().await;
        self.publish_status();
        self.publish_targets();
        self.keep_house().await;
        match (wake_at, self.gateways.retry_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn observe(&self) -> Observed {
        let (instances, gateway) = self.world.observe();
        Observed { instances, gateway, revisions: self.traffic(), signals: self.watch.signals() }
    }

    /// Writes a plan down, then does it. Returns false when it could not be written, and then nothing was done.
    async fn perform(&mut self, mut plan: Plan, now: Timestamp) -> bool {
        // The decision's own events are made again with it, should it have to wait.
        plan.events.splice(0..0, self.unsaid.iter().cloned());
        match self.state.apply(&plan, now).await {
            Ok(events) => self.tell(events),
            Err(error) => {
                eprintln!("naru: a decision can't be written down and waits until it can: {error}");
                return false;
            }
        }
        self.unsaid.clear();
        for (name, progress) in plan.progress {
            if let Some(wanted) = self.desired.services.get_mut(&name) {
                wanted.progress = progress;
            }
        }
        for name in plan.ended {
            self.desired.services.remove(&name);
            self.applied.leaving.remove(&name);
        }
        for action in &plan.actions {
            self.note_action(action, now);
        }
        self.publish_tables().await;
        for action in plan.actions {
            self.carry_out(action);
        }
        true
    }

    /// Gives the gateways what has changed, and notes from which version on an instance is out.
    pub(crate) async fn publish_tables(&mut self) {
        if let Err(error) = self.try_publish_tables().await {
            eprintln!("naru: the gateway keeps its old table: {error}");
        }
    }

    async fn try_publish_tables(&mut self) -> Result<(), naru_state::Error> {
        let mut routing =
            tables::routing(&self.applied.platform, &self.desired.services, &self.ids, self.options.silent);
        self.own.add_to(&mut routing, &self.applied.platform, &self.ids);
        if self.tables.is_new_routing(&routing) {
            let version = self.state.next_version().await?;
            self.tables.publish_routing(version, routing);
        }
        let services: Vec<(ServiceName, ServiceId)> = self
            .desired
            .services
            .keys()
            .filter_map(|name| Some((name.clone(), *self.ids.services.get(name)?)))
            .collect();
        for (name, id) in services {
            let endpoints = self.world.endpoints(&name);
            self.publish_endpoints(id, endpoints).await?;
        }
        if let (Some(name), Some(endpoint)) = (own::name(), self.own.endpoint()) {
            self.publish_endpoints(self.service_id(&name), vec![endpoint]).await?;
        }
        for (name, endpoints) in self.link_endpoints() {
            self.publish_endpoints(self.service_id(&name), endpoints).await?;
        }
        // What is out of the tables is out by the newest version at the latest.
        let newest = self.tables.newest_version();
        for instance in self.world.instances.values_mut() {
            if instance.phase >= Phase::Draining && instance.unrouted_in.is_none() {
                instance.unrouted_in = Some(newest);
            }
        }
        Ok(())
    }

    async fn publish_callers(&mut self, callers: Callers) {
        if !self.tables.are_new_callers(&callers) {
            return;
        }
        // Before the gateway can record the first call of one; not each time that a token is revoked.
        if callers.clients.iter().any(|caller| !self.callers.contains_key(&caller.id)) {
            self.name_numbers();
        }
        match self.state.next_version().await {
            Ok(version) => self.tables.publish_callers(version, callers),
            Err(error) => eprintln!("naru: the gateway keeps the callers it knows: {error}"),
        }
    }

    async fn publish_endpoints(
        &self,
        service: ServiceId,
        endpoints: Vec<Endpoint>,
    ) -> Result<(), naru_state::Error> {
        if self.tables.is_new(service, &endpoints) {
            let version = self.state.next_version().await?;
            self.tables.publish_endpoints(version, service, endpoints);
        }
        Ok(())
    }

    /// Writes down what a request changed.
    pub(crate) async fn commit(&mut self) -> Result<(), naru_state::Error> {
        let service = |wanted: &naru_model::plan::DesiredService| naru_state::Service {
            count: wanted.count,
            removed: wanted.removed,
            progress: wanted.progress.clone(),
        };
        let changes = naru_state::Changes {
            platform: serde_json::to_string(&self.applied).ok(),
            services: self
                .desired
                .services
                .iter()
                .map(|(name, wanted)| (name.clone(), service(wanted)))
                .collect(),
            events: std::mem::take(&mut self.unsaid),
            audits: std::mem::take(&mut self.unaudited),
        };
        let events = self.state.commit(changes).await?;
        self.tell(events);
        Ok(())
    }

    /// The numbers of all names in a platform, given now to those that have none; services on their way out keep theirs.
    pub(crate) async fn number(&self, platform: &Platform) -> Result<Ids, Refused> {
        let failed = |error: naru_state::Error| Refused::Failed(error.to_string());
        let mut ids = Ids::default();
        let of_links = platform.links.keys().filter_map(links::service_name).chain(own::name());
        let of_services = platform.services.keys().chain(self.desired.services.keys()).cloned();
        for name in of_services.chain(of_links) {
            let id = self.state.id_of(naru_state::Kind::Service, name.as_str()).await.map_err(failed)?;
            ids.services.insert(name, naru_model::snapshot::ServiceId(id));
        }
        for name in platform.functions.keys() {
            let id = self.state.id_of(naru_state::Kind::Function, name.as_str()).await.map_err(failed)?;
            ids.functions.insert(name.clone(), naru_model::snapshot::FunctionId(id));
        }
        for name in platform
            .routes
            .iter()
            .map(|route| route.name.clone())
            .chain(platform.links.keys().map(links::host))
            .chain(own::paths(platform))
        {
            let id = self.state.id_of(naru_state::Kind::Route, &name).await.map_err(failed)?;
            ids.routes.insert(name, naru_model::snapshot::RouteId(id));
        }
        Ok(ids)
    }

    /// Tells telemetry what the numbers in records stand for.
    pub(crate) fn name_numbers(&mut self) {
        self.callers.extend(self.own.callers());
        let ids = &self.ids;
        let functions = &self.applied.platform.functions;
        let apdex_t = |(name, id): (&FunctionName, &FunctionId)| Some((*id, functions.get(name)?.apdex_t));
        self.telemetry.set_names(naru_telemetry::Names {
            services: ids.services.iter().map(|(name, id)| (*id, name.clone())).collect(),
            routes: ids.routes.iter().map(|(name, id)| (*id, name.clone())).collect(),
            functions: ids.functions.iter().map(|(name, id)| (*id, name.clone())).collect(),
            callers: self.callers.clone(),
            apdex_t: ids.functions.iter().filter_map(apdex_t).collect(),
        });
    }

    /// Tells telemetry what of the file's routes is masked and logged, and for how long everything is kept.
    pub(crate) fn follow_logs(&self) {
        let platform = &self.applied.platform;
        let wishes = platform.routes.iter().map(|route| {
            let id = self.ids.routes.get(&route.name).copied().unwrap_or_default();
            let one_in = route.policy.log.map_or(1, |log| log.one_in);
            (id, RouteLog { mask: conversions::masker(&route.policy), one_in })
        });
        self.telemetry.set_route_logs(wishes.collect());
        self.telemetry.set_access_log(platform.gateway.access_log, platform.gateway.access_log_format);
        self.telemetry.set_retention(platform.telemetry);
        self.larger.follow(platform);
    }

    /// What clients got from the revisions of services that are being rolled out or watched.
    fn traffic(&self) -> Vec<RevisionTraffic> {
        let now = self.clock.now();
        self.desired
            .services
            .iter()
            .filter(|(_, wanted)| wanted.progress.stable != wanted.progress.target)
            .flat_map(|(name, wanted)| self.telemetry.revisions(name, wanted.progress.rollout_since, now))
            .collect()
    }

    pub(crate) fn revision(&self, id: &InstanceId) -> Option<&Revision> {
        self.revisions.get(&(id.service.clone(), id.revision))
    }

    /// Notes an event; it is written down with the next plan or commit.
    pub(crate) fn note(
        &mut self,
        kind: Kind,
        severity: Severity,
        service: Option<&ServiceName>,
        message: String,
        actor: &str,
        at: Timestamp,
    ) {
        let (service, actor) = (service.cloned(), actor.to_owned());
        self.say(Event {
            id: 0,
            at,
            kind,
            severity,
            service,
            instance: None,
            message,
            actor,
            decision: None,
        });
    }

    pub(crate) fn note_instance(
        &mut self,
        kind: Kind,
        severity: Severity,
        id: &InstanceId,
        message: String,
        at: Timestamp,
    ) {
        let (service, instance, actor) = (Some(id.service.clone()), Some(id.clone()), "naru".to_owned());
        self.say(Event { id: 0, at, kind, severity, service, instance, message, actor, decision: None });
    }

    pub(crate) fn say(&mut self, event: Event) {
        self.unsaid.push(event);
    }

    /// Prints events that are written down, and gives them to who listens.
    pub(crate) fn tell(&self, events: Vec<Event>) {
        for event in events {
            crate::commands::output::print_event(&event);
            // Nobody listening is no fault.
            let _ = self.said.send(event);
        }
    }
}
