//! A world to decide in: instances start, get ready, crash and hang; the gateway comes and goes; time jumps from one
//! happening to the next. Whatever is decided is checked against what must never happen before it is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use naru_model::event::{Event, Kind};
use naru_model::instance::{InstanceId, Phase};
use naru_model::name::ServiceName;
use naru_model::observed::{Gateway, Health, Instance, Observed, Process, RevisionTraffic, Signals};
use naru_model::plan::{Action, Desired, DesiredService, Needs, Plan, Progress};
use naru_model::platform::{self, InstanceSize, Pool, Protocol, Rollout, Scale, Service};
use naru_model::units::{Bytes, Cpu, Percent, Timestamp};

use crate::conduct::{Behaviour, GOOD};

pub(crate) struct One {
    pub(crate) phase: Phase,
    pub(crate) since: Timestamp,
    pub(crate) started_at: Timestamp,
    pub(crate) process: Process,
    pub(crate) behaviour: Behaviour,
    pub(crate) hung: bool,
    pub(crate) unrouted_in: Option<u64>,
    /// When what is in flight to it has ended; only counts once it is out of the table.
    pub(crate) drained_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
}

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) desired: Desired,
    pub(crate) ones: BTreeMap<InstanceId, One>,
    /// When it connected.
    pub(crate) gateway: Option<Timestamp>,
    /// The versions published since the gateway connected, and when each is routed by everywhere.
    pub(crate) published: Vec<(u64, Timestamp)>,
    pub(crate) behaviours: BTreeMap<(ServiceName, u32), Behaviour>,
    pub(crate) traffic: Vec<RevisionTraffic>,
    /// In the order of the services' names.
    pub(crate) signals: Vec<Signals>,
    pub(crate) events: Vec<Event>,
    pub(crate) actions: Vec<(Timestamp, Action)>,
    /// How long a request in flight to an instance that leaves the table may take.
    pub(crate) request_ms: u64,
    /// How far below the wanted number a decision may take the healthy ones: 1 for rollouts in place.
    pub(crate) slack: usize,
    used: BTreeSet<InstanceId>,
    wake_at: Option<Timestamp>,
    next_revision: u32,
}

/// How long the gateway takes to tell of a health, and to have a table everywhere.
const GATEWAY_MS: u64 = 20;

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn name(name: &str) -> ServiceName {
    name.parse().unwrap()
}

pub(crate) fn service(min: u32, max: u32) -> Service {
    Service {
        exec: vec!["booking".to_owned()],
        artifact: None,
        env: BTreeMap::new(),
        port: None,
        protocol: Protocol::Http1,
        instance: InstanceSize::default(),
        health: platform::Health { start_timeout: ms(20_000), ..platform::Health::default() },
        drain: ms(5_000),
        scale: Scale { min, max, ..Scale::default() },
        rollout: Rollout { surge: 1, hold: ms(10_000), max_errors: Percent { thousandths: 50 } },
        traffic: platform::Traffic::default(),
        metrics: None,
        telemetry: true,
    }
}

impl World {
    /// A world with a gateway, a pool of 100 cores, and nothing wanted yet.
    pub(crate) fn new() -> World {
        let now = Timestamp(1_000_000_000);
        World {
            now,
            desired: Desired {
                pool: Pool { cpu: Cpu { millicores: 100_000 }, memory: Bytes(100 << 30) },
                services: BTreeMap::new(),
            },
            ones: BTreeMap::new(),
            gateway: Some(now),
            published: vec![(1, now)],
            behaviours: BTreeMap::new(),
            traffic: Vec::new(),
            signals: Vec::new(),
            events: Vec::new(),
            actions: Vec::new(),
            request_ms: 40,
            slack: 0,
            used: BTreeSet::new(),
            wake_at: None,
            next_revision: 1,
        }
    }

    /// A world with one service that has all its instances ready.
    pub(crate) fn with(service: Service) -> World {
        let mut world = World::new();
        world.add("booking", service);
        world.run(5_000);
        assert_eq!(world.healthy("booking").len(), world.wanted("booking"), "{}", world.story());
        world.actions.clear();
        world.events.clear();
        world
    }

    pub(crate) fn add(&mut self, of: &str, service: Service) {
        let count = Some(service.scale.min);
        let wanted = DesiredService {
            service,
            removed: false,
            count,
            progress: Progress::default(),
            needs: BTreeMap::new(),
        };
        self.desired.services.insert(name(of), wanted);
        self.deploy(of, GOOD);
    }

    /// Wants a new revision of the service, as its file stands. Returns its number.
    pub(crate) fn deploy(&mut self, of: &str, behaviour: Behaviour) -> u32 {
        let revision = self.next_revision;
        self.next_revision += 1;
        self.behaviours.insert((name(of), revision), behaviour);
        let now = self.now;
        let service = self.service(of);
        let needs = Needs { size: service.service.instance, port: service.service.port };
        service.needs.insert(revision, needs);
        service.progress = naru_controller::rollout::begin(&service.progress, revision, now);
        revision
    }

    pub(crate) fn service(&mut self, of: &str) -> &mut DesiredService {
        self.desired.services.get_mut(&name(of)).unwrap()
    }

    pub(crate) fn progress(&self, of: &str) -> &Progress {
        &self.desired.services[&name(of)].progress
    }

    pub(crate) fn wanted(&self, of: &str) -> usize {
        wanted_of(&self.desired.services[&name(of)])
    }

    pub(crate) fn health(&self, one: &One) -> Health {
        let Some(connected) = self.gateway else { return Health::Unknown };
        if self.now < connected + ms(GATEWAY_MS) || one.process != Process::Running {
            return Health::Unknown;
        }
        let after = |at: Option<u64>| at.map(|at| one.started_at + ms(at)).filter(|at| *at <= self.now);
        let hung = one.hung || after(one.behaviour.hangs_after).is_some();
        match after(one.behaviour.healthy_after) {
            Some(since) if !hung => Health::Healthy { since },
            _ => Health::Unhealthy { since: one.started_at, why: "no answer in 1s".to_owned() },
        }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        let everywhere = self.published.iter().filter(|(_, at)| *at <= self.now);
        everywhere.map(|(version, _)| *version).max().unwrap_or(0)
    }

    fn publish(&mut self) {
        let version = self.published.last().map_or(0, |(version, _)| *version) + 1;
        self.published.push((version, self.now + ms(GATEWAY_MS)));
        for one in self.ones.values_mut().filter(|one| one.phase >= Phase::Draining) {
            one.unrouted_in = one.unrouted_in.or(Some(version));
        }
    }

    pub(crate) fn observe(&self) -> Observed {
        let gateway = self.gateway.map(|since| Gateway { since, acknowledged: self.acknowledged() });
        let instances = self.ones.iter().map(|(id, one)| Instance {
            id: id.clone(),
            phase: one.phase,
            since: one.since,
            started_at: one.started_at,
            process: one.process,
            health: self.health(one),
            unrouted_in: one.unrouted_in,
            in_flight: self.gateway.map(|_| u32::from(self.now < one.drained_at)),
        });
        Observed {
            instances: instances.collect(),
            gateway,
            revisions: self.traffic.clone(),
            signals: self.signals.clone(),
        }
    }

    /// The service's instances in the table that answer.
    pub(crate) fn healthy(&self, of: &str) -> Vec<InstanceId> {
        let answers =
            |one: &One| one.phase == Phase::Ready && matches!(self.health(one), Health::Healthy { .. });
        let own = self.ones.iter().filter(|(id, one)| id.service.as_str() == of && answers(one));
        own.map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn in_phase(&self, phase: Phase) -> Vec<InstanceId> {
        self.ones.iter().filter(|(_, one)| one.phase == phase).map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn kill(&mut self, id: &InstanceId) {
        let now = self.now;
        let one = self.ones.get_mut(id).unwrap();
        one.process = Process::Exited { at: now, code: None, signal: Some(9) };
    }

    /// It ends and nobody sees how: the machine went down.
    pub(crate) fn vanish(&mut self, id: &InstanceId) {
        let now = self.now;
        let one = self.ones.get_mut(id).unwrap();
        one.process = Process::Exited { at: now, code: None, signal: None };
    }

    pub(crate) fn lose_gateway(&mut self) {
        self.gateway = None;
    }

    /// It has the newest table from the start.
    pub(crate) fn find_gateway(&mut self) {
        self.gateway = Some(self.now);
        self.published.drain(..self.published.len() - 1);
        self.published[0].1 = self.now + ms(GATEWAY_MS);
    }

    /// A server that starts again knows what is in the state, and learns the rest anew.
    pub(crate) fn restart_server(&mut self) {
        self.wake_at = None;
        for one in self.ones.values_mut() {
            one.unrouted_in = None;
        }
        if self.gateway.is_some() {
            self.find_gateway();
        }
        self.publish();
    }

    /// Decides as often as something happens, for so long.
    pub(crate) fn run(&mut self, for_ms: u64) {
        let end = self.now + ms(for_ms);
        loop {
            self.happen();
            self.decide();
            match self.next().filter(|at| *at <= end) {
                Some(at) => self.now = at,
                None => break,
            }
        }
        self.now = end;
        self.happen();
    }

    /// When something happens next by itself.
    fn next(&self) -> Option<Timestamp> {
        let after = |one: &One, at: Option<u64>| at.map(|at| one.started_at + ms(at));
        let of_one = |one: &One| {
            let b = one.behaviour;
            [
                after(one, b.healthy_after),
                after(one, b.exits_after),
                after(one, b.hangs_after),
                one.ends_at,
                Some(one.drained_at),
            ]
        };
        let told = self.gateway.map(|at| at + ms(GATEWAY_MS));
        let all = self.ones.values().flat_map(of_one).chain([self.wake_at, told]);
        let all = all.chain(self.published.iter().map(|(_, at)| Some(*at)));
        all.flatten().filter(|at| *at > self.now).min()
    }

    fn happen(&mut self) {
        let now = self.now;
        for one in self.ones.values_mut().filter(|one| one.process == Process::Running) {
            let exits = one.behaviour.exits_after.map(|after| one.started_at + ms(after));
            if let Some(at) = one.ends_at.filter(|at| *at <= now) {
                one.process = Process::Exited { at, code: None, signal: Some(15) };
            } else if let Some(at) = exits.filter(|at| *at <= now) {
                one.process = Process::Exited { at, code: Some(1), signal: None };
            }
        }
    }

    fn decide(&mut self) {
        let plan = naru_controller::decide(&self.desired, &self.observe(), self.now);
        self.check(&plan);
        // A time that has come already would have the server decide without end.
        assert!(plan.wake_at.is_none_or(|at| at > self.now), "{:?}\n{}", plan.wake_at, self.story());
        self.carry_out(plan);
        let again = naru_controller::decide(&self.desired, &self.observe(), self.now);
        let nothing = Plan { wake_at: again.wake_at, ..Plan::default() };
        assert_eq!(again, nothing, "deciding again decides something new\n{}", self.story());
    }

    fn carry_out(&mut self, plan: Plan) {
        for action in &plan.actions {
            self.act(action);
        }
        if !plan.actions.is_empty() {
            self.publish();
        }
        for (of, progress) in plan.progress {
            self.desired.services.get_mut(&of).unwrap().progress = progress;
        }
        for of in plan.ended {
            let gone = self.desired.services.remove(&of).unwrap();
            assert!(gone.removed && self.ones.keys().all(|id| id.service != of), "{of} has not ended");
        }
        self.actions.extend(plan.actions.into_iter().map(|action| (self.now, action)));
        self.events.extend(plan.events);
        self.wake_at = plan.wake_at;
        let reserved = self.reserved();
        let pool = self.desired.pool;
        assert!(
            reserved <= (pool.cpu.millicores, pool.memory.0),
            "{reserved:?} is reserved\n{}",
            self.story()
        );
    }

    fn reserved(&self) -> (u64, u64) {
        let size = |id: &InstanceId| {
            let service = self.desired.services.get(&id.service);
            service
                .and_then(|service| service.needs.get(&id.revision))
                .map(|needs| needs.size)
                .unwrap_or_default()
        };
        self.ones.keys().map(size).fold((0, 0), |(cpu, memory), size| {
            (
                cpu + size.cpu.map_or(0, |cpu| cpu.millicores),
                memory + size.memory.map_or(0, |memory| memory.0),
            )
        })
    }

    fn act(&mut self, action: &Action) {
        let now = self.now;
        let enter = |one: &mut One, phase| (one.phase, one.since) = (phase, now);
        match action {
            Action::Start(id) => {
                assert!(self.used.insert(id.clone()), "{id} is used again\n{}", self.story());
                let behaviour = self.behaviours[&(id.service.clone(), id.revision)];
                let one = One {
                    phase: Phase::Starting,
                    since: now,
                    started_at: now,
                    process: Process::Running,
                    behaviour,
                    hung: false,
                    unrouted_in: None,
                    drained_at: now,
                    ends_at: None,
                };
                self.ones.insert(id.clone(), one);
            }
            Action::Route(id) => enter(self.ones.get_mut(id).unwrap(), Phase::Ready),
            Action::Unroute(id) => {
                let one = self.ones.get_mut(id).unwrap();
                enter(one, Phase::Draining);
                one.drained_at = now + ms(self.request_ms);
            }
            Action::Stop { id, grace } => {
                let one = self.ones.get_mut(id).unwrap();
                enter(one, Phase::Stopping);
                one.ends_at = Some(now + if one.hung { *grace } else { ms(30) });
            }
            Action::Forget(id) => {
                self.ones.remove(id);
            }
        }
    }

    /// What was done, for a failed test.
    pub(crate) fn story(&self) -> String {
        let mut story: Vec<String> = self
            .events
            .iter()
            .map(|event| format!("{:>9} {}", event.at.0 / 1000 % 1_000_000, event.message))
            .collect();
        story.push(format!("{:>9} now", self.now.0 / 1000 % 1_000_000));
        for (id, one) in &self.ones {
            story.push(format!("{id} {:?} {:?} {:?}", one.phase, one.process, self.health(one)));
        }
        story.join("\n")
    }

    pub(crate) fn said(&self, kind: Kind) -> Vec<&str> {
        self.events.iter().filter(|event| event.kind == kind).map(|event| event.message.as_str()).collect()
    }

    /// Every service has what is wanted of it and nothing else.
    pub(crate) fn assert_at_rest(&self) {
        for (of, service) in &self.desired.services {
            let progress = &service.progress;
            let own: Vec<_> = self.ones.keys().filter(|id| id.service == *of).collect();
            let right = progress.stable == progress.target
                && own.iter().all(|id| id.revision == progress.target)
                && own.len() == self.wanted(of.as_str())
                && self.healthy(of.as_str()).len() == own.len();
            assert!(right, "{of} is not at rest: {progress:?}\n{}", self.story());
        }
    }
}

pub(crate) fn wanted_of(service: &DesiredService) -> usize {
    let count = naru_controller::asked(service) as usize;
    if service.service.port.is_some() { count.min(1) } else { count }
}

pub(crate) fn id_of(action: &Action) -> &InstanceId {
    match action {
        Action::Start(id)
        | Action::Route(id)
        | Action::Unroute(id)
        | Action::Forget(id)
        | Action::Stop { id, .. } => id,
    }
}
