//! What must never happen while it scales by itself, whatever comes.

use naru_model::scaling::Level;
use naru_model::units::{Cpu, Percent};
use proptest::prelude::*;

use crate::conduct::*;
use crate::crowd::*;
use crate::world::*;

#[derive(Debug, Clone)]
enum Happening {
    Wait(usize),
    Come(usize, f64),
    Silence(usize, bool),
    Deploy(usize),
    Hang(usize),
    Kill(usize),
    Recover,
    RestartServer,
}

fn happenings() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1usize..40).prop_map(Happening::Wait),
        4 => (0usize..2, 0.0..1_500.0).prop_map(|(of, rate)| Happening::Come(of, rate)),
        1 => (0usize..2, any::<bool>()).prop_map(|(of, silent)| Happening::Silence(of, silent)),
        1 => (0usize..2).prop_map(Happening::Deploy),
        1 => any::<usize>().prop_map(Happening::Hang),
        1 => any::<usize>().prop_map(Happening::Kill),
        1 => Just(Happening::Recover),
        1 => Just(Happening::RestartServer),
    ]
}

fn targets() -> impl Strategy<Value = Vec<Level>> {
    let one = prop_oneof![
        (20u32..90).prop_map(cpu),
        (1u32..12).prop_map(Level::Concurrency),
        (10u64..120).prop_map(rate),
        (150u64..600).prop_map(|most| Level::P95(ms(most))),
        (700u32..990).prop_map(|thousandths| Level::Apdex(Percent { thousandths })),
    ];
    prop::collection::vec(one, 1..3)
}

const NAMES: [&str; 2] = ["booking", "portal"];

fn world_of(settings: &[(u32, u32, Vec<Level>)], cores: u64) -> (World, [Crowd; 2]) {
    let mut world = World::new();
    world.desired.pool.cpu = Cpu { millicores: cores * 1000 };
    world.slack = 100;
    for (of, (min, more, targets)) in NAMES.iter().zip(settings) {
        world.add(of, kept_at(*min, min + more, targets));
        world.service(of).count = None;
    }
    let crowds = NAMES.map(|of| Crowd::of(of, 20.0));
    (world, crowds)
}

fn happen(world: &mut World, crowds: &mut [Crowd; 2], happening: &Happening) {
    let ids: Vec<_> = world.ones.keys().cloned().collect();
    match happening {
        Happening::Wait(seconds) => pass(world, crowds, *seconds),
        Happening::Come(of, rate) => crowds[*of].rate = *rate,
        Happening::Silence(of, silent) => crowds[*of].silent = *silent,
        Happening::Deploy(of) => {
            world.deploy(NAMES[*of], GOOD);
        }
        Happening::Hang(index) if !ids.is_empty() => {
            world.ones.get_mut(&ids[index % ids.len()]).unwrap().hung = true;
        }
        Happening::Kill(index) if !ids.is_empty() => world.kill(&ids[index % ids.len()]),
        Happening::Hang(_) | Happening::Kill(_) => {}
        Happening::Recover => world.ones.values_mut().for_each(|one| one.hung = false),
        Happening::RestartServer => world.restart_server(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The world checks each decision besides: deciding again decides nothing new, and the pool is not overdrawn.
    #[test]
    fn it_stays_within_its_bounds_shrinks_on_no_silence_and_comes_to_rest(
        settings in prop::collection::vec((1u32..4, 0u32..12, targets()), 2),
        cores in 8u64..30,
        history in prop::collection::vec(happenings(), 1..20),
    ) {
        let (mut world, mut crowds) = world_of(&settings, cores);
        pass(&mut world, &mut crowds, 20);
        for happening in &history {
            let before = NAMES.map(|of| world.wanted(of));
            let silent = [crowds[0].silent, crowds[1].silent];
            happen(&mut world, &mut crowds, happening);
            for (index, of) in NAMES.iter().enumerate() {
                let (min, more, _) = &settings[index];
                let wanted = world.wanted(of) as u32;
                prop_assert!((*min..=min + more).contains(&wanted), "{of} {wanted}\n{}", world.story());
                let quiet = silent[index] && crowds[index].silent;
                prop_assert!(!quiet || world.wanted(of) >= before[index], "{of}\n{}", world.story());
            }
        }
        for crowd in &mut crowds {
            (crowd.silent, crowd.backlog) = (false, 0.0);
        }
        world.ones.values_mut().for_each(|one| one.hung = false);
        pass(&mut world, &mut crowds, 1_200);
        let before = world.actions.len();
        pass(&mut world, &mut crowds, 300);
        prop_assert_eq!(world.actions.len(), before, "it does not come to rest\n{}", world.story());
        for (index, of) in NAMES.iter().enumerate() {
            let least = (settings[index].0 as usize).min(cores as usize / 2);
            prop_assert!(world.healthy(of).len() >= least, "{of} is below its minimum\n{}", world.story());
        }
    }
}
