//! What must never happen, whatever happens: the world checks each decision; here it is given random histories.

use naru_model::instance::Phase;
use naru_model::observed::RevisionTraffic;
use naru_model::platform::InstanceSize;
use naru_model::units::{Bytes, Cpu};
use proptest::prelude::*;

use crate::conduct::*;
use crate::world::*;

/// One thing that happens to the world.
#[derive(Debug, Clone)]
enum Happening {
    Wait(u64),
    Deploy(usize, Behaviour),
    GoBack(usize),
    Scale(usize, u32),
    Kill(usize),
    Hang(usize),
    Recover,
    Vanish,
    Err(usize, u64),
    LoseGateway,
    FindGateway,
    RestartServer,
    Requests(u64),
}

const NAMES: [&str; 2] = ["booking", "portal"];

fn behaviours() -> impl Strategy<Value = Behaviour> {
    let good = (20u64..3_000).prop_map(|after| Behaviour { healthy_after: Some(after), ..GOOD });
    prop_oneof![4 => good, 1 => Just(EXITS_AT_ONCE), 1 => Just(NEVER_HEALTHY), 1 => Just(DIES_SOON), 1 => Just(HANGS_SOON)]
}

fn waits() -> impl Strategy<Value = Happening> {
    prop_oneof![(1u64..500).prop_map(Happening::Wait), (500u64..40_000).prop_map(Happening::Wait)]
}

/// What people do, with revisions that work.
fn wishes() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => waits(),
        2 => (0usize..2, (20u64..3_000)).prop_map(|(of, after)| {
            Happening::Deploy(of, Behaviour { healthy_after: Some(after), ..GOOD })
        }),
        1 => (0usize..2, 0u32..8).prop_map(|(of, count)| Happening::Scale(of, count)),
        1 => (0u64..8_000).prop_map(Happening::Requests),
    ]
}

/// All that may go wrong besides.
fn troubles() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => wishes(),
        2 => (0usize..2, behaviours()).prop_map(|(of, behaviour)| Happening::Deploy(of, behaviour)),
        1 => (0usize..2).prop_map(Happening::GoBack),
        2 => any::<usize>().prop_map(Happening::Kill),
        2 => any::<usize>().prop_map(Happening::Hang),
        1 => Just(Happening::Recover),
        1 => Just(Happening::Vanish),
        1 => (0usize..2, 0u64..100).prop_map(|(of, errors)| Happening::Err(of, errors)),
        1 => Just(Happening::LoseGateway),
        2 => Just(Happening::FindGateway),
        1 => Just(Happening::RestartServer),
    ]
}

fn happen(world: &mut World, happening: &Happening) {
    let ids: Vec<_> = world.ones.keys().cloned().collect();
    let now = world.now;
    match happening {
        Happening::Wait(ms) => world.run(*ms),
        Happening::Deploy(of, behaviour) => {
            world.traffic.clear();
            world.deploy(NAMES[*of], *behaviour);
        }
        Happening::GoBack(of) => {
            let progress = world.progress(NAMES[*of]).clone();
            if progress.stable != 0 {
                world.service(NAMES[*of]).progress =
                    naru_controller::rollout::begin(&progress, progress.stable, now);
            }
        }
        Happening::Scale(of, count) => world.service(NAMES[*of]).count = Some(*count),
        Happening::Kill(index) => {
            if let Some(id) = ids.get(index % ids.len().max(1)) {
                world.kill(id);
            }
        }
        Happening::Hang(index) => {
            if let Some(id) = ids.get(index % ids.len().max(1)) {
                world.ones.get_mut(id).unwrap().hung = true;
            }
        }
        Happening::Recover => world.ones.values_mut().for_each(|one| one.hung = false),
        Happening::Vanish => ids.iter().for_each(|id| world.vanish(id)),
        Happening::Err(of, errors) => {
            let (service, progress) = (name(NAMES[*of]), world.progress(NAMES[*of]));
            let traffic = |revision, errors| RevisionTraffic {
                service: service.clone(),
                revision,
                requests: 100,
                errors,
            };
            world.traffic = vec![traffic(progress.stable, 1), traffic(progress.target, *errors)];
        }
        Happening::LoseGateway => world.lose_gateway(),
        Happening::FindGateway => world.find_gateway(),
        Happening::RestartServer => world.restart_server(),
        Happening::Requests(ms) => world.request_ms = *ms,
    }
}

#[derive(Debug, Clone, Copy)]
struct Setting {
    min: u32,
    max: u32,
    surge: u32,
    warm_up_ms: u64,
    hold_ms: u64,
    port: bool,
    millicores: u64,
}

fn settings() -> impl Strategy<Value = Setting> {
    (
        0u32..4,
        0u32..5,
        0u32..4,
        prop_oneof![Just(0u64), 1..3_000u64],
        prop_oneof![Just(0u64), 1..15_000u64],
        0..8u8,
        0..3_000u64,
    )
        .prop_map(|(min, more, surge, warm_up_ms, hold_ms, port, millicores)| Setting {
            min,
            max: min + more,
            surge,
            warm_up_ms,
            hold_ms,
            port: port == 0,
            millicores,
        })
}

fn world_of(settings: &[Setting]) -> World {
    let mut world = World::new();
    for (of, setting) in NAMES.iter().zip(settings) {
        let mut service = service(setting.min, setting.max);
        service.rollout.surge = setting.surge;
        service.rollout.hold = ms(setting.hold_ms);
        service.scale.warm_up = ms(setting.warm_up_ms);
        service.port = setting.port.then_some(8080);
        service.instance =
            InstanceSize { cpu: Some(Cpu { millicores: setting.millicores }), memory: Some(Bytes(1 << 28)) };
        world.slack = world.slack.max(usize::from(setting.port || setting.surge == 0));
        world.add(of, service);
    }
    world
}

/// Whatever went wrong is over; time passes.
fn calm_down(world: &mut World) {
    for behaviour in world.behaviours.values_mut() {
        *behaviour = GOOD;
    }
    for one in world.ones.values_mut() {
        one.hung = false;
        one.behaviour = GOOD;
    }
    world.traffic.clear();
    world.request_ms = 40;
    if world.gateway.is_none() {
        world.find_gateway();
    }
    world.run(10 * 60_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_happens_it_comes_to_rest_and_does_nothing_forbidden_on_the_way(
        settings in prop::collection::vec(settings(), 2),
        history in prop::collection::vec(troubles(), 1..40),
    ) {
        let mut world = world_of(&settings);
        for happening in &history {
            happen(&mut world, happening);
        }
        calm_down(&mut world);
        world.assert_at_rest();
    }

    #[test]
    fn a_tight_pool_is_never_overdrawn_and_still_it_comes_to_rest(
        settings in prop::collection::vec(settings(), 2),
        cores in 1u64..12,
        history in prop::collection::vec(troubles(), 1..40),
    ) {
        let mut world = world_of(&settings);
        world.desired.pool.cpu = Cpu { millicores: cores * 1000 };
        // Less than what is wanted may be granted: what is left is checked by the other properties.
        world.slack = 100;
        for happening in &history {
            happen(&mut world, happening);
        }
        calm_down(&mut world);
        let before = world.actions.len();
        world.run(120_000);
        prop_assert_eq!(world.actions.len(), before, "it does not come to rest\n{}", world.story());
        for (of, service) in &world.desired.services {
            prop_assert_eq!(service.progress.stable, service.progress.target, "{}\n{}", of, world.story());
            let short = world.healthy(of.as_str()).len() < world.wanted(of.as_str());
            prop_assert_eq!(short, service.progress.no_room, "{}\n{}", of, world.story());
        }
    }

    #[test]
    fn without_failures_a_wanted_capacity_once_reached_is_never_given_up(
        settings in prop::collection::vec(settings(), 2),
        history in prop::collection::vec(wishes(), 1..40),
    ) {
        let mut world = world_of(&settings);
        world.run(20_000);
        for happening in &history {
            let before: Vec<_> = NAMES.iter().map(|of| world.healthy(of).len()).collect();
            if let Happening::Wait(ms) = happening {
                for _ in 0..ms.div_ceil(50) {
                    world.run(50);
                    for (of, before) in NAMES.iter().zip(&before) {
                        let enough = world.wanted(of).min(*before).saturating_sub(world.slack);
                        prop_assert!(world.healthy(of).len() >= enough, "{}\n{}", of, world.story());
                    }
                }
            } else {
                happen(&mut world, happening);
            }
        }
        calm_down(&mut world);
        world.assert_at_rest();
        let starting = world.in_phase(Phase::Starting);
        prop_assert!(starting.is_empty());
    }
}
