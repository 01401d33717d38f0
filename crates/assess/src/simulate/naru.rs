//! naru: its own `decide`, fed with what the server would have seen and carried out as the server would.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use naru_controller::calendar::Calendar;
use naru_model::event::{Event, Kind};
use naru_model::instance::{InstanceId, Phase};
use naru_model::name::ServiceName;
use naru_model::observed::{Gateway, Health, Instance, Observed, Process, Signals};
use naru_model::plan::{Action, Desired, DesiredService, Needs, Plan, Progress};
use naru_model::platform::{self, InstanceSize, Pool, Protocol, Rollout, Scale, Service, Traffic};
use naru_model::scaling::{CpuUse, Second, Window};
use naru_model::units::{Bytes, Cpu, Timestamp};

use super::fleet::{Fleet, Stage};
use super::outcome::Times;
use super::world::{EPOCH, World};

/// How far signals look back when nothing else is said, in seconds.
const LOOKS_BACK: usize = 600;
/// Seconds that `p95_seconds` is over.
const P95_OVER: usize = 10;

/// Services that share one pool, each scaled by its policies.
pub struct Naru {
    desired: Desired,
    parts: Vec<Part>,
    /// The table's version; acknowledged by all gateway threads at the next step.
    version: u64,
    acknowledged: u64,
    looks_back: usize,
    /// When simulated time begins: the world's.
    begins: Timestamp,
    /// What was decided on scaling, in order.
    pub decisions: Vec<Event>,
}

/// What is known of one service.
struct Part {
    name: ServiceName,
    schedules: Option<Kept>,
    ones: BTreeMap<InstanceId, One>,
    seconds: VecDeque<Second>,
    /// The newest ones' response times, and all of them together.
    recent: VecDeque<Times>,
    together: Times,
    /// Core time at the end of the last second, by place in the fleet.
    cpu_us: Vec<(usize, f64)>,
}

/// A service's schedules, and those of their windows that are open.
struct Kept {
    calendar: Arc<Calendar>,
    open: Vec<Window>,
    /// When others may be.
    changes: Option<Timestamp>,
}

struct One {
    slot: usize,
    phase: Phase,
    since: Timestamp,
    started_at: Timestamp,
    unrouted_in: Option<u64>,
    exited_at: Option<Timestamp>,
}

/// A service of the world with these policies: an instance reserves a core, and the gateway gives it as many requests at once as it
/// has workers.
pub fn service(world: &World, scale: Scale) -> Service {
    Service {
        exec: vec!["booking".to_owned()],
        artifact: None,
        env: BTreeMap::new(),
        port: None,
        protocol: Protocol::Http1,
        instance: InstanceSize { cpu: Some(Cpu { millicores: 1000 }), memory: None },
        health: platform::Health {
            start_timeout: world.start_up * 2 + Duration::from_secs(30),
            ..Default::default()
        },
        drain: Service::DRAIN,
        scale: Scale { min: world.min, max: world.max, ..scale },
        rollout: Rollout::default(),
        metrics: None,
        traffic: Traffic {
            per_instance: Some(world.workers),
            queue_timeout: world.patience,
            ..Traffic::default()
        },
        telemetry: Service::TELEMETRY,
    }
}

impl Naru {
    /// One after the other the services of the fleets; `cores` is the pool.
    pub fn new(services: Vec<Service>, cores: u32) -> Naru {
        let name = |index: usize| -> Option<ServiceName> { format!("service-{}", index + 1).parse().ok() };
        let mut naru = Naru {
            desired: Desired {
                pool: Pool { cpu: Cpu { millicores: u64::from(cores) * 1000 }, memory: Bytes(1 << 40) },
                services: BTreeMap::new(),
            },
            parts: Vec::new(),
            version: 1,
            acknowledged: 1,
            looks_back: LOOKS_BACK,
            begins: EPOCH,
            decisions: Vec::new(),
        };
        for (index, service) in services.into_iter().enumerate() {
            let Some(name) = name(index) else { continue };
            let needs = BTreeMap::from([(1, Needs { size: service.instance, port: None })]);
            let progress = Progress { stable: 1, target: 1, proved: vec![1], ..Progress::default() };
            let wanted = DesiredService { service, removed: false, count: None, progress, needs };
            naru.desired.services.insert(name.clone(), wanted);
            naru.parts.push(Part::new(name));
        }
        naru
    }

    /// The same with signals of so many seconds and not of ten minutes: fewer take less time to hand on.
    pub(crate) fn looking_back(self, seconds: usize) -> Naru {
        Naru { looks_back: seconds, ..self }
    }

    /// Whether something will be decided as soon as possible, whatever the signals say.
    pub(crate) fn is_moving(&self, fleets: &[Fleet<'_>]) -> bool {
        self.parts
            .iter()
            .zip(fleets)
            .any(|(part, fleet)| part.is_moving(fleet) || part.is_due(fleet.now_at()))
    }

    /// Keeps a service's schedules by the world's time. Asks the controller's calendar as the server does, and only when the answer may
    /// have changed.
    pub fn keep(&mut self, place: usize, calendar: Arc<Calendar>) {
        // From the first look on.
        let changes = Some(Timestamp::default());
        self.parts[place].schedules = Some(Kept { calendar, open: Vec::new(), changes });
    }

    fn at(&self, now_us: u64) -> Timestamp {
        Timestamp(self.begins.0 + now_us)
    }

    /// Begins a rollout of a new revision at this moment of simulated time.
    pub fn deploy(&mut self, place: usize, now_us: u64) {
        let now = self.at(now_us);
        let Some(service) = self.desired.services.get_mut(&self.parts[place].name) else { return };
        let revision = service.progress.target + 1;
        service.needs.insert(revision, Needs { size: service.service.instance, port: None });
        service.progress = naru_controller::rollout::begin(&service.progress, revision, now);
    }

    /// Instances that the policies want.
    pub fn wanted(&self, place: usize) -> u32 {
        let service = &self.desired.services[&self.parts[place].name];
        service.progress.scaling.count.max(service.service.scale.min)
    }

    /// The instances that the fleets begin with are of revision 1, and as many as are wanted.
    pub(crate) fn begin(&mut self, fleets: &[Fleet<'_>]) {
        self.begins = fleets.first().map_or(EPOCH, |fleet| fleet.world.begins);
        let now = self.begins;
        for (part, fleet) in self.parts.iter_mut().zip(fleets) {
            let Some(service) = self.desired.services.get_mut(&part.name) else { continue };
            let count = fleet.ones.len() as u32;
            service.progress.scaling.count = count;
            service.progress.ordinals = BTreeMap::from([(1, count)]);
            for slot in 0..fleet.ones.len() {
                let id = InstanceId { service: part.name.clone(), revision: 1, ordinal: slot as u32 + 1 };
                part.ones.insert(id, One::new(slot, Phase::Ready, now));
            }
        }
    }

    /// A second is over: it is measured.
    pub(crate) fn second(&mut self, fleets: &mut [Fleet<'_>]) {
        for (part, fleet) in self.parts.iter_mut().zip(fleets) {
            let warm_up = self.desired.services[&part.name].service.scale.warm_up;
            part.measure(fleet, warm_up, self.looks_back);
        }
    }

    /// Decides each second, and while instances come and go four times as often.
    pub(crate) fn step(&mut self, fleets: &mut [Fleet<'_>]) {
        let Some(now_us) = fleets.first().map(Fleet::now) else { return };
        self.acknowledged = self.version;
        if !self.is_moving(fleets) && !now_us.is_multiple_of(1_000_000) {
            return;
        }
        let now = self.at(now_us);
        self.parts.iter_mut().for_each(|part| part.look_at_the_clock(now));
        let observed = self.observe(fleets);
        let plan = naru_controller::decide(&self.desired, &observed, now);
        self.carry_out(plan, fleets, now);
    }

    fn observe(&self, fleets: &[Fleet<'_>]) -> Observed {
        let mut observed = Observed {
            gateway: Some(Gateway { since: self.begins, acknowledged: self.acknowledged }),
            ..Observed::default()
        };
        for (part, fleet) in self.parts.iter().zip(fleets) {
            observed.instances.extend(part.ones.iter().map(|(id, one)| one.observe(id, fleet)));
            observed.signals.push(Signals {
                service: part.name.clone(),
                seconds: part.seconds.iter().cloned().collect::<Arc<[Second]>>(),
                windows: part.schedules.as_ref().map_or(Vec::new(), |kept| kept.open.clone()),
            });
        }
        observed.instances.sort_by(|a, b| a.id.cmp(&b.id));
        observed
    }

    fn carry_out(&mut self, plan: Plan, fleets: &mut [Fleet<'_>], now: Timestamp) {
        self.version += u64::from(!plan.actions.is_empty());
        for action in plan.actions {
            let of = &id_of(&action).service;
            let place = self.parts.iter().position(|part| part.name == *of);
            if let Some((part, fleet)) = place.map(|place| (&mut self.parts[place], &mut fleets[place])) {
                part.act(action, fleet, self.version, now);
            }
        }
        for (name, progress) in plan.progress {
            if let Some(service) = self.desired.services.get_mut(&name) {
                service.progress = progress;
            }
        }
        self.decisions.extend(plan.events.into_iter().filter(|event| event.kind == Kind::Scaled));
    }
}

impl Part {
    fn new(name: ServiceName) -> Part {
        Part {
            name,
            schedules: None,
            ones: BTreeMap::new(),
            seconds: VecDeque::new(),
            recent: VecDeque::new(),
            together: Times::default(),
            cpu_us: Vec::new(),
        }
    }

    /// Whether its schedules' windows may be others than at the last look.
    fn is_due(&self, now: Timestamp) -> bool {
        self.schedules.as_ref().and_then(|kept| kept.changes).is_some_and(|changes| changes <= now)
    }

    fn look_at_the_clock(&mut self, now: Timestamp) {
        if self.is_due(now)
            && let Some(kept) = &mut self.schedules
        {
            (kept.open, kept.changes) = (kept.calendar.windows(now), kept.calendar.next_change(now));
        }
    }

    /// Whether something will be decided as soon as possible, whatever the signals say.
    fn is_moving(&self, fleet: &Fleet<'_>) -> bool {
        self.ones.values().any(|one| match one.phase {
            Phase::Starting => fleet.ones[one.slot].stage != Stage::Starting,
            Phase::Ready => false,
            Phase::Draining | Phase::Stopping => true,
        })
    }

    fn measure(&mut self, fleet: &mut Fleet<'_>, warm_up: Duration, looks_back: usize) {
        // The oldest second's memory holds the newest one.
        let oldest = if self.recent.len() >= P95_OVER { self.recent.pop_front() } else { None };
        if let Some(oldest) = &oldest {
            self.together.take_out(oldest);
        }
        let mut times = oldest.unwrap_or_default();
        times.copy(&fleet.tally.times);
        self.together.merge(&times);
        self.recent.push_back(times);
        let heard = fleet.is_heard();
        let tally = &fleet.tally;
        let mut second = Second {
            at: u32::try_from(fleet.now_at().0 / 1_000_000).unwrap_or(u32::MAX) - 1,
            arrived: heard.then_some(tally.arrived),
            ended: tally.ended,
            service_errors: 0,
            platform_errors: tally.failed,
            response_seconds: tally.response_us as f64 / 1e6,
            p95_seconds: self.together.p95(),
            apdex: tally.apdex,
            in_flight: heard.then(|| fleet.in_flight()),
            waiting: heard.then(|| fleet.waiting()),
            ready: fleet.ready_count(),
            cpu: None,
        };
        second.cpu = self.cpu(fleet, warm_up);
        if self.seconds.len() >= looks_back {
            self.seconds.pop_front();
        }
        self.seconds.push_back(second);
    }

    /// What the instances used over the last second that were ready and warm during all of it.
    fn cpu(&mut self, fleet: &mut Fleet<'_>, warm_up: Duration) -> Option<CpuUse> {
        let begun = fleet.now() - 1_000_000;
        let mut used = CpuUse { cores: 0.0, instances: 0 };
        let mut measured = Vec::with_capacity(fleet.live.len());
        // Both in the order of their starts.
        let mut before = self.cpu_us.iter().peekable();
        for slot in fleet.live.clone() {
            let cpu_us = fleet.cpu_us(slot);
            measured.push((slot, cpu_us));
            while before.next_if(|(other, _)| *other < slot).is_some() {}
            let one = &fleet.ones[slot];
            let warm = one.stage == Stage::Ready && one.ready_at + warm_up.as_micros() as u64 <= begun;
            if let Some((_, before)) = before.next_if(|(other, _)| *other == slot).filter(|_| warm) {
                used.cores += (cpu_us - before) / 1e6;
                used.instances += 1;
            }
        }
        self.cpu_us = measured;
        (fleet.is_measured() && used.instances > 0).then_some(used)
    }

    fn act(&mut self, action: Action, fleet: &mut Fleet<'_>, version: u64, now: Timestamp) {
        if let Action::Start(id) = action {
            let slot = fleet.start();
            self.ones.insert(id, One::new(slot, Phase::Starting, now));
            return;
        }
        let id = id_of(&action).clone();
        let Some(one) = self.ones.get_mut(&id) else { return };
        let mut enter = |phase| (one.phase, one.since) = (phase, now);
        match action {
            Action::Start(_) => {}
            Action::Route(_) => {
                enter(Phase::Ready);
                fleet.make_ready(one.slot);
            }
            Action::Unroute(_) => {
                enter(Phase::Draining);
                one.unrouted_in = Some(version);
                fleet.drain(one.slot);
            }
            // What it has in flight by then has had its time to drain.
            Action::Stop { .. } => {
                enter(Phase::Stopping);
                if one.exited_at.is_none() {
                    one.exited_at = Some(now);
                    fleet.end(one.slot);
                }
            }
            Action::Forget(_) => {
                self.ones.remove(&id);
            }
        }
    }
}

impl One {
    fn new(slot: usize, phase: Phase, now: Timestamp) -> One {
        One { slot, phase, since: now, started_at: now, unrouted_in: None, exited_at: None }
    }

    fn observe(&self, id: &InstanceId, fleet: &Fleet<'_>) -> Instance {
        let one = &fleet.ones[self.slot];
        let process = match self.exited_at {
            Some(at) => Process::Exited { at, code: Some(0), signal: None },
            None => Process::Running,
        };
        let health = match one.stage {
            Stage::Starting => {
                Health::Unhealthy { since: self.started_at, why: "connection refused".to_owned() }
            }
            Stage::Gone => Health::Unknown,
            _ if let Some(since) = overloaded_since(fleet, self.slot) => {
                Health::Unhealthy { since: fleet.at(since), why: "no answer in 1s".to_owned() }
            }
            Stage::Up | Stage::Ready | Stage::Draining => Health::Healthy { since: fleet.at(one.up_at) },
        };
        Instance {
            id: id.clone(),
            phase: self.phase,
            since: self.since,
            started_at: self.started_at,
            process,
            health,
            unrouted_in: self.unrouted_in,
            in_flight: Some(one.in_flight()),
        }
    }
}

/// Since when it has not answered checks because it has too much to do.
fn overloaded_since(fleet: &Fleet<'_>, slot: usize) -> Option<u64> {
    let limit = fleet.world.unready_after?.as_micros() as u64;
    fleet.ones[slot].full_since.map(|since| since + limit).filter(|since| *since <= fleet.now())
}

fn id_of(action: &Action) -> &InstanceId {
    match action {
        Action::Start(id)
        | Action::Route(id)
        | Action::Unroute(id)
        | Action::Forget(id)
        | Action::Stop { id, .. } => id,
    }
}
