use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;

fn open(places: usize) -> Gate {
    let gate = Gate::new(places);
    gate.set_open(|| true);
    gate
}

fn is_inside(entry: &Entry<'_>) -> bool {
    matches!(entry, Entry::Inside)
}

fn waiter(entry: Entry<'_>) -> Waiter<'_> {
    match entry {
        Entry::Wait(waiter) => waiter,
        other => panic!("expected to wait, not {other:?}"),
    }
}

#[test]
fn a_closed_door_has_everyone_wait_and_opening_lets_them_in_in_order() {
    let gate = Gate::new(2);
    let mut waiters: Vec<_> = (0..3).map(|_| waiter(gate.enter(10))).collect();
    assert!(waiters.iter_mut().all(|w| w.called().now_or_never().is_none()));
    assert!(gate.set_open(|| true));
    let called: Vec<_> = waiters.iter_mut().map(|w| w.called().now_or_never().is_some()).collect();
    assert_eq!(called, [true, true, false]);
    gate.leave();
    assert!(waiters[2].called().now_or_never().is_some());
    assert_eq!((gate.inside(), gate.waiting()), (2, 0));
}

#[test]
fn nobody_overtakes_who_waits() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(10)));
    let mut first = waiter(gate.enter(10));
    gate.leave();
    let second = gate.enter(10);
    assert!(!is_inside(&second), "the place is the first one's, though it has not come to take it yet");
    assert!(first.called().now_or_never().is_some());
}

#[test]
fn the_queue_is_bounded_and_an_empty_one_refuses_at_once() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(0)), "a free place needs no queue");
    assert!(matches!(gate.enter(0), Entry::QueueFull));
    let _first = waiter(gate.enter(1));
    assert!(matches!(gate.enter(1), Entry::QueueFull));
}

#[test]
fn who_gives_up_leaves_the_queue_and_a_place_called_too_late_goes_to_the_next() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(10)));
    let (given_up, late, mut next) = (waiter(gate.enter(10)), waiter(gate.enter(10)), waiter(gate.enter(10)));
    drop(given_up);
    assert_eq!(gate.waiting(), 2);
    gate.leave();
    // `late` has been called but never noticed.
    drop(late);
    assert!(next.called().now_or_never().is_some());
    assert_eq!((gate.inside(), gate.waiting()), (1, 0));
}

#[test]
fn more_places_let_more_in_at_once_and_fewer_throw_nobody_out() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(10)));
    let mut waiting: Vec<_> = (0..3).map(|_| waiter(gate.enter(10))).collect();
    gate.set_places(3);
    let called = waiting.iter_mut().filter_map(|w| w.called().now_or_never()).count();
    assert_eq!((called, gate.inside(), gate.waiting()), (2, 3, 1));
    gate.set_places(1);
    assert_eq!(gate.inside(), 3);
    gate.leave();
    gate.leave();
    assert!(waiting[2].called().now_or_never().is_none(), "still one inside of one place");
    gate.leave();
    assert!(waiting[2].called().now_or_never().is_some());
}

#[derive(Debug, Clone)]
enum Step {
    Enter,
    GiveUp(usize),
    Leave,
    Open(bool),
    Places(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Enter),
        1 => (0usize..20).prop_map(Step::GiveUp),
        3 => Just(Step::Leave),
        1 => any::<bool>().prop_map(Step::Open),
        1 => (1usize..6).prop_map(Step::Places),
    ]
}

proptest! {
    /// Against the plain model: a number inside, a queue of names.
    #[test]
    fn never_more_inside_than_places_and_always_in_order(steps in proptest::collection::vec(step(), 1..120)) {
        const QUEUE: usize = 8;
        let gate = Gate::new(2);
        let (mut places, mut is_open, mut inside) = (2usize, false, 0usize);
        let mut waiters: Vec<Waiter<'_>> = Vec::new();
        for step in steps {
            let before = inside;
            match step {
                Step::Enter => match gate.enter(QUEUE) {
                    Entry::Inside => {
                        prop_assert!(is_open && waiters.is_empty() && inside < places);
                        inside += 1;
                    }
                    Entry::Wait(waiter) => {
                        prop_assert!(!is_open || inside >= places || !waiters.is_empty());
                        prop_assert!(waiters.len() < QUEUE);
                        waiters.push(waiter);
                    }
                    Entry::QueueFull => prop_assert_eq!(waiters.len(), QUEUE),
                },
                Step::GiveUp(i) if i < waiters.len() => drop(waiters.remove(i)),
                Step::GiveUp(_) => {}
                Step::Leave if inside > 0 => {
                    inside -= 1;
                    gate.leave();
                }
                Step::Leave => {}
                Step::Open(open) => {
                    is_open = open;
                    gate.set_open(|| open);
                }
                Step::Places(n) => {
                    places = n;
                    gate.set_places(n);
                }
            }
            // Those called are the first of the queue and no others.
            let called: Vec<bool> = waiters.iter_mut().map(|w| w.called().now_or_never().is_some()).collect();
            let count = called.iter().filter(|c| **c).count();
            prop_assert!(called[..count].iter().all(|c| *c), "out of order: {called:?}");
            waiters.drain(..count).for_each(drop);
            inside += count;
            prop_assert!(inside <= places.max(before));
            prop_assert!(!is_open || inside >= places || waiters.is_empty(), "a free place while some wait");
            prop_assert_eq!((gate.inside() as usize, gate.waiting() as usize), (inside, waiters.len()));
        }
    }
}

#[test]
fn threads_together_never_pass_the_number_of_places_and_nobody_is_forgotten() {
    let gate = open(3);
    let most = AtomicUsize::new(0);
    let inside = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    match gate.enter(100) {
                        Entry::Inside => {}
                        Entry::Wait(mut waiter) => futures_util::FutureExt::now_or_never(waiter.called())
                            .unwrap_or_else(|| block_on(waiter.called())),
                        Entry::QueueFull => panic!("the queue has room for all"),
                    }
                    most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                    inside.fetch_sub(1, SeqCst);
                    gate.leave();
                }
            });
        }
    });
    assert!(most.load(SeqCst) <= 3);
    assert_eq!((gate.inside(), gate.waiting()), (0, 0));
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
}
