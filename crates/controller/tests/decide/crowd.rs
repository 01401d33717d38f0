//! Load for the tests' world: users whose requests flow through a service, second by second, as a fluid.

use std::sync::Arc;

use naru_model::apdex::Apdex;
use naru_model::instance::Phase;
use naru_model::observed::Signals;
use naru_model::platform::{InstanceSize, Scale, Service};
use naru_model::scaling::{CpuUse, Level, Second, Window};
use naru_model::units::{Cpu, Percent, Rate};

use crate::world::*;

/// Requests per second that use all of an instance's core, and how long one takes then.
pub(crate) const CARRIES: f64 = 100.0;
const TAKES_SECONDS: f64 = 0.1;

/// What comes to one service.
#[derive(Debug, Clone)]
pub(crate) struct Crowd {
    pub(crate) of: &'static str,
    /// Requests per second.
    pub(crate) rate: f64,
    pub(crate) backlog: f64,
    pub(crate) seconds: Vec<Second>,
    pub(crate) windows: Vec<Window>,
    /// Nobody measures, or says, anything.
    pub(crate) silent: bool,
}

impl Crowd {
    pub(crate) fn of(of: &'static str, rate: f64) -> Crowd {
        Crowd { of, rate, backlog: 0.0, seconds: Vec::new(), windows: Vec::new(), silent: false }
    }

    /// One second's requests, to so many instances, of which so many are ready.
    fn pass(&mut self, at: u32, answering: usize, ready: usize) {
        let room = answering as f64 * CARRIES;
        let ended = (self.rate + self.backlog).min(room);
        self.backlog += self.rate - ended;
        let places = ready as f64 * CARRIES * TAKES_SECONDS;
        let open = ended * TAKES_SECONDS + self.backlog;
        let in_flight = open.min(places);
        let response = TAKES_SECONDS + if room > 0.0 { self.backlog / room } else { 30.0 };
        let satisfied = response <= 0.5;
        let known = |figure: f64| (!self.silent).then_some(figure.round() as u32);
        self.seconds.push(Second {
            at,
            arrived: known(self.rate),
            ended: ended as u32,
            service_errors: 0,
            platform_errors: 0,
            response_seconds: ended * response,
            p95_seconds: (ended >= 1.0).then_some(response),
            apdex: Apdex {
                satisfied: if satisfied { ended as u64 } else { 0 },
                tolerating: 0,
                frustrated: if satisfied { 0 } else { ended as u64 },
            },
            in_flight: known(in_flight),
            waiting: known(open - in_flight),
            ready: ready as u32,
            cpu: (answering > 0 && !self.silent)
                .then_some(CpuUse { cores: ended / CARRIES, instances: answering as u32 }),
        });
        let surplus = self.seconds.len().saturating_sub(600);
        self.seconds.drain(..surplus);
    }

    fn signals(&self) -> Signals {
        let seconds: Arc<[Second]> = self.seconds.clone().into();
        Signals { service: name(self.of), seconds, windows: self.windows.clone() }
    }
}

/// Lets the crowds go on for so many seconds; each is followed by decisions. They come in the order of their names.
pub(crate) fn pass(world: &mut World, crowds: &mut [Crowd], seconds: usize) {
    for _ in 0..seconds {
        let at = (world.now.0 / 1_000_000) as u32;
        world.run(1_000);
        for crowd in crowds.iter_mut() {
            let answering = world.healthy(crowd.of).len();
            let ready =
                |phase| world.in_phase(phase).iter().filter(|id| id.service == name(crowd.of)).count();
            crowd.pass(at, answering, ready(Phase::Ready));
        }
        world.signals = crowds.iter().map(Crowd::signals).collect();
    }
    world.run(1);
    world.run(999);
}

/// A service of one core an instance, kept at these targets.
pub(crate) fn kept_at(min: u32, max: u32, target: &[Level]) -> Service {
    let scale = Scale { min, max, target: target.to_vec(), ..Scale::default() };
    let size = InstanceSize { cpu: Some(Cpu { millicores: 1000 }), memory: None };
    Service { scale, instance: size, ..service(min, max) }
}

pub(crate) fn cpu(percent: u32) -> Level {
    Level::Cpu(Percent { thousandths: percent * 10 })
}

pub(crate) fn rate(each: u64) -> Level {
    Level::Rate(Rate { per_1000_seconds: each * 1000 })
}

/// A world with this service and so much coming to it, at rest.
pub(crate) fn at_rest(service: Service, rate: f64) -> (World, [Crowd; 1]) {
    let mut world = World::new();
    world.add("booking", service);
    world.service("booking").count = None;
    let mut crowds = [Crowd::of("booking", rate)];
    pass(&mut world, &mut crowds, 90);
    world.events.clear();
    world.actions.clear();
    (world, crowds)
}
