//! How long one decision takes over 200 services with 10 instances each, when there is nothing to decide: with fixed numbers,
//! and with every kind of policy and ten minutes of seconds each.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use naru_model::apdex::Apdex;
use naru_model::instance::{InstanceId, Phase};
use naru_model::observed::{Gateway, Health, Instance, Observed, Process, Signals};
use naru_model::plan::{Desired, DesiredService, Needs, Progress};
use naru_model::platform::{self, InstanceSize, Pool, Protocol, Rollout, Scale, Service};
use naru_model::scaling::{Condition, CpuUse, Level, Rule, Second};
use naru_model::units::{Bytes, Cpu, Percent, Timestamp};

const SERVICES: usize = 200;
const INSTANCES: u32 = 10;
const ROUNDS: usize = 2_000;

fn main() {
    let (desired, observed) = world();
    measure("unchanged", &desired, &observed);
    // Full of work: the targets want what there is.
    let (mut desired, mut observed) = world();
    scale(&mut desired, &mut observed, 1.0);
    for (name, progress) in naru_controller::decide(&desired, &observed, NOW).progress {
        if let Some(service) = desired.services.get_mut(&name) {
            service.progress = progress;
        }
    }
    measure("scaled, at their targets", &desired, &observed);
    // With a quarter less, all of the last minute is looked at, and all of them shrink at once.
    let (mut desired, mut observed) = world();
    scale(&mut desired, &mut observed, 0.75);
    time("scaled, all shrinking", &desired, &observed);
}

/// Ten minutes after the instances were started.
const NOW: Timestamp = Timestamp(601_000_000);

/// Measures a world at rest.
fn measure(case: &str, desired: &Desired, observed: &Observed) {
    let plan = naru_controller::decide(desired, observed, NOW);
    assert!(
        plan.progress.is_empty() && plan.actions.is_empty(),
        "the world is not at rest: {:?}",
        plan.events.first()
    );
    time(case, desired, observed);
}

fn time(case: &str, desired: &Desired, observed: &Observed) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            black_box(naru_controller::decide(black_box(desired), black_box(observed), NOW));
            began.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "decide, {SERVICES} services with {INSTANCES} instances, {case}: median {:?}, 99th percentile {:?}",
        times[ROUNDS / 2],
        times[ROUNDS * 99 / 100]
    );
}

/// Gives each service policies, and seconds in which its ten instances carry so much of what they are kept at.
fn scale(desired: &mut Desired, observed: &mut Observed, share: f64) {
    let count = f64::from(INSTANCES);
    for (name, service) in &mut desired.services {
        service.count = None;
        service.progress.scaling.count = INSTANCES;
        let percent = |percent: u32| Percent { thousandths: percent * 10 };
        let scale = &mut service.service.scale;
        scale.target = vec![
            Level::Cpu(percent(60)),
            Level::Concurrency(10),
            Level::P95(Duration::from_millis(300)),
            Level::Apdex(percent(90)),
        ];
        let when = Condition { level: Level::Cpu(percent(10)), above: true, lasts: Duration::from_secs(300) };
        scale.rules = vec![Rule { when, add: 1 }; 2];
        service.progress.scaling.fired = [(0, NOW), (1, NOW)].into();
        let seconds = (1..=600).map(|at| Second {
            at,
            arrived: Some((count * 95.0 * share) as u32),
            ended: (count * 95.0 * share) as u32,
            service_errors: 0,
            platform_errors: 0,
            response_seconds: count * 9.5 * share,
            p95_seconds: Some(0.2),
            apdex: Apdex { satisfied: (count * 95.0 * share) as u64, tolerating: 0, frustrated: 0 },
            in_flight: Some((count * 9.5 * share) as u32),
            waiting: Some(0),
            ready: INSTANCES,
            cpu: Some(CpuUse { cores: count * 0.29 * share, instances: INSTANCES }),
        });
        let seconds = seconds.collect::<Vec<_>>().into();
        observed.signals.push(Signals { service: name.clone(), seconds, windows: Vec::new() });
    }
}

fn world() -> (Desired, Observed) {
    let mut services = BTreeMap::new();
    let mut instances = Vec::new();
    let at = Timestamp(1_000_000);
    let size = InstanceSize { cpu: Some(Cpu { millicores: 500 }), memory: Some(Bytes(512 << 20)) };
    for number in 0..SERVICES {
        let name: naru_model::name::ServiceName =
            format!("service-{number:03}").parse().expect("it is a name");
        for ordinal in 1..=INSTANCES {
            instances.push(Instance {
                id: InstanceId { service: name.clone(), revision: 7, ordinal },
                phase: Phase::Ready,
                since: at,
                started_at: at,
                process: Process::Running,
                health: Health::Healthy { since: at },
                unrouted_in: None,
                in_flight: Some(3),
            });
        }
        let service = Service {
            exec: vec!["service".to_owned()],
            artifact: None,
            env: BTreeMap::new(),
            port: None,
            protocol: Protocol::Http1,
            instance: size,
            health: platform::Health::default(),
            drain: Duration::from_secs(30),
            scale: Scale { min: 2, max: 20, ..Scale::default() },
            rollout: Rollout::default(),
            traffic: platform::Traffic::default(),
            metrics: None,
            telemetry: true,
        };
        let needs = (1..=7).map(|revision| (revision, Needs { size, port: None })).collect();
        let progress = Progress {
            stable: 7,
            target: 7,
            ordinals: (1..=7).map(|revision| (revision, INSTANCES)).collect(),
            ..Progress::default()
        };
        services.insert(
            name,
            DesiredService { service, removed: false, count: Some(INSTANCES), progress, needs },
        );
    }
    let pool = Pool { cpu: Cpu { millicores: 2_000_000 }, memory: Bytes(2 << 40) };
    let gateway = Some(Gateway { since: at, acknowledged: 1 });
    (Desired { pool, services }, Observed { instances, gateway, revisions: Vec::new(), signals: Vec::new() })
}
