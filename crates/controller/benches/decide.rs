//! How long one decision takes over 200 services with 10 instances each, when there is nothing to decide.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use naru_model::instance::{InstanceId, Phase};
use naru_model::observed::{Gateway, Health, Instance, Observed, Process};
use naru_model::plan::{Desired, DesiredService, Needs, Plan, Progress};
use naru_model::platform::{self, InstanceSize, Pool, Protocol, Rollout, Scale, Service};
use naru_model::units::{Bytes, Cpu, Timestamp};

const SERVICES: usize = 200;
const INSTANCES: u32 = 10;
const ROUNDS: usize = 2_000;

fn main() {
    let (desired, observed) = world();
    let now = Timestamp(1_000_000_000);
    let plan = naru_controller::decide(&desired, &observed, now);
    assert_eq!(plan, Plan::default(), "the world is not at rest");
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            black_box(naru_controller::decide(black_box(&desired), black_box(&observed), now));
            began.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "decide, {SERVICES} services with {INSTANCES} instances, unchanged: median {:?}, 99th percentile {:?}",
        times[ROUNDS / 2],
        times[ROUNDS * 99 / 100]
    );
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
