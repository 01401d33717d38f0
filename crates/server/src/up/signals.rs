//! Once a second: tells telemetry what is under way and what is used, and takes from it what the controller scales by.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use naru_controller::calendar::Calendar;
use naru_model::instance::Phase;
use naru_model::name::ServiceName;
use naru_model::observed::{Process, Signals};
use naru_model::plan::DesiredService;
use naru_model::scaling::{CpuUse, Schedule};
use naru_model::snapshot::{FunctionId, RouteId};
use naru_model::units::Timestamp;
use naru_telemetry::{Gauges, InstanceGauge, RouteGauge, ServiceGauge};

use super::core::Core;
use super::world::Instance;

/// How long after a second's end its figures are taken: records come up to 100 ms late, the load within 250 ms.
const SETTLES: Duration = Duration::from_millis(300);
/// How far back the controller is told when no rule looks further, in seconds.
const LOOKS_BACK: u32 = 120;
const SECOND: u64 = 1_000_000;

/// What is looked at anew each second.
#[derive(Default)]
pub(crate) struct Watch {
    /// The second last looked at, since 1970.
    looked: u64,
    /// As last taken, for every decision until the next second.
    signals: Vec<Signals>,
    calendars: BTreeMap<ServiceName, (Vec<Schedule>, Option<Calendar>)>,
}

impl Watch {
    /// When the next second's figures are there.
    pub(crate) fn next(&self, now: Timestamp) -> Timestamp {
        let settled = now.0.saturating_sub(SETTLES.as_micros() as u64);
        Timestamp((settled / SECOND + 1) * SECOND) + SETTLES
    }

    pub(crate) fn signals(&self) -> Vec<Signals> {
        self.signals.clone()
    }

    /// The calendar of a service's schedules, made anew when they have changed.
    fn calendar(&mut self, name: &ServiceName, wanted: &DesiredService) -> Option<&Calendar> {
        let schedules = &wanted.service.scale.schedule;
        let known = self.calendars.entry(name.clone()).or_default();
        if known.0 != *schedules {
            let made = Calendar::new(schedules, &TimeZone::system());
            let complain = |error: &_| eprintln!("naru: the schedules of {name} are not followed: {error}");
            *known = (schedules.clone(), made.inspect_err(complain).ok());
        }
        known.1.as_ref()
    }
}

impl Core {
    /// Looks at the second that has passed, once.
    pub(crate) fn look(&mut self) {
        let now = self.clock.now();
        let second = now.0.saturating_sub(SETTLES.as_micros() as u64) / SECOND;
        if second <= self.watch.looked {
            return;
        }
        self.watch.looked = second;
        self.used = self.runtime.stats().into_iter().map(|stats| (stats.id.clone(), stats)).collect();
        self.host = self.host_meter.look(Instant::now());
        self.telemetry.observe(&self.gauges(now), now);
        let automatic = |wanted: &DesiredService| !wanted.removed && wanted.service.scale.is_automatic();
        let (services, watch) = (&self.desired.services, &mut self.watch);
        watch.calendars.retain(|name, _| services.get(name).is_some_and(automatic));
        watch.signals = services
            .iter()
            .filter(|(_, wanted)| automatic(wanted))
            .map(|(name, wanted)| Signals {
                service: name.clone(),
                seconds: self.telemetry.signals(name, looks_back(wanted), now),
                windows: watch.calendar(name, wanted).map_or(Vec::new(), |calendar| calendar.windows(now)),
            })
            .collect();
    }

    fn gauges(&self, now: Timestamp) -> Gauges {
        let services = self.desired.services.iter();
        Gauges {
            host: Some(self.host.clone()),
            services: services.map(|(name, wanted)| self.service_gauge(name, wanted, now)).collect(),
            routes: if self.world.gateways_speak(now) { self.route_gauges() } else { Vec::new() },
            instances: self.world.instances.values().map(|instance| self.instance_gauge(instance)).collect(),
        }
    }

    fn service_gauge(&self, name: &ServiceName, wanted: &DesiredService, now: Timestamp) -> ServiceGauge {
        let id = self.service_id(name);
        let load = self.world.gateways_speak(now).then(|| self.world.service_load(id));
        ServiceGauge {
            service: id,
            in_flight: load.as_ref().map(|load| load.in_flight),
            waiting: load.as_ref().map(|load| load.waiting),
            begun: load.as_ref().map(|load| load.begun),
            ready: self.world.ready(name),
            cpu: self.cpu_use(name, wanted, now),
        }
    }

    /// What the ready instances use that have been so for longer than they warm up: what a start takes is no load.
    fn cpu_use(&self, name: &ServiceName, wanted: &DesiredService, now: Timestamp) -> Option<CpuUse> {
        let warm_up = wanted.service.scale.warm_up;
        let warm = self.world.of(name).filter(|instance| {
            // The last look at it began a second ago.
            instance.phase == Phase::Ready && now >= instance.since + warm_up + Duration::from_secs(1)
        });
        let used: Vec<f64> =
            warm.filter_map(|instance| Some(self.used.get(&instance.id)?.cpu_cores)).collect();
        let instances = used.len() as u32;
        (instances > 0).then(|| CpuUse { cores: used.iter().sum(), instances })
    }

    fn route_gauges(&self) -> Vec<RouteGauge> {
        let loads = self.world.route_loads();
        let gauge = |route: &naru_model::platform::Route| {
            let id: RouteId = *self.ids.routes.get(&route.name)?;
            let function = route.function.as_ref().and_then(|name| self.ids.functions.get(name));
            let function: FunctionId = function.copied().unwrap_or_default();
            Some(RouteGauge { route: id, function, in_flight: *loads.get(&id)? })
        };
        self.applied.platform.routes.iter().filter_map(gauge).collect()
    }

    fn instance_gauge(&self, instance: &Instance) -> InstanceGauge {
        let used = self.used.get(&instance.id).filter(|_| instance.process == Process::Running);
        InstanceGauge {
            service: self.service_id(&instance.id.service),
            revision: instance.id.revision,
            ordinal: instance.id.ordinal,
            in_flight: self.world.in_flight(&instance.id),
            cpu_cores: used.map(|used| used.cpu_cores),
            memory_bytes: used.map(|used| used.memory_bytes),
            disk_read_bytes: used.map(|used| used.disk_read_bytes),
            disk_written_bytes: used.map(|used| used.disk_written_bytes),
        }
    }
}

/// As long as the longest of a service's rules looks back, and as fewer must have been enough before it shrinks.
fn looks_back(wanted: &DesiredService) -> u32 {
    let scale = &wanted.service.scale;
    let rules = scale.rules.iter().map(|rule| rule.when.lasts);
    let longest = rules.chain([scale.shrink_after]).max().unwrap_or_default();
    (longest.as_secs() as u32 + 1).max(LOOKS_BACK)
}
