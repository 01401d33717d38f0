use futures_util::FutureExt;
use proptest::prelude::*;
use std::collections::VecDeque;

use super::*;

fn open(places: usize) -> Gate {
    let gate = Gate::new(places, Clock::manual());
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
    let gate = Gate::new(2, Clock::manual());
    let mut waiters: Vec<_> = (0..3).map(|_| waiter(gate.enter(10, Priority::Normal))).collect();
    assert!(waiters.iter_mut().all(|w| w.called().now_or_never().is_none()));
    assert!(gate.set_open(|| true));
    let called: Vec<_> = waiters.iter_mut().map(|w| w.called().now_or_never() == Some(Call::In)).collect();
    assert_eq!(called, [true, true, false]);
    gate.leave();
    assert!(waiters[2].called().now_or_never().is_some());
    assert_eq!((gate.inside(), gate.waiting()), (2, 0));
}

#[test]
fn nobody_overtakes_who_waits() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(10, Priority::Normal)));
    let mut first = waiter(gate.enter(10, Priority::Normal));
    gate.leave();
    let second = gate.enter(10, Priority::Normal);
    assert!(!is_inside(&second), "the place is the first one's, though it has not come to take it yet");
    assert!(first.called().now_or_never().is_some());
}

#[test]
fn the_queue_is_bounded_and_an_empty_one_refuses_at_once() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(0, Priority::Normal)), "a free place needs no queue");
    assert!(matches!(gate.enter(0, Priority::Normal), Entry::QueueFull));
    let _first = waiter(gate.enter(1, Priority::Normal));
    assert!(matches!(gate.enter(1, Priority::Normal), Entry::QueueFull));
}

#[test]
fn who_gives_up_leaves_the_queue_and_a_place_called_too_late_goes_to_the_next() {
    let gate = open(1);
    assert!(is_inside(&gate.enter(10, Priority::Normal)));
    let (given_up, late, mut next) = (
        waiter(gate.enter(10, Priority::Normal)),
        waiter(gate.enter(10, Priority::Normal)),
        waiter(gate.enter(10, Priority::Normal)),
    );
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
    assert!(is_inside(&gate.enter(10, Priority::Normal)));
    let mut waiting: Vec<_> = (0..3).map(|_| waiter(gate.enter(10, Priority::Normal))).collect();
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
        let gate = Gate::new(2, Clock::manual());
        let (mut places, mut is_open, mut inside) = (2usize, false, 0usize);
        let mut waiters: Vec<Waiter<'_>> = Vec::new();
        for step in steps {
            let before = inside;
            match step {
                Step::Enter => match gate.enter(QUEUE, Priority::Normal) {
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
                    Entry::LessImportant => prop_assert!(false, "all are alike"),
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
            let called: Vec<bool> = waiters.iter_mut().map(|w| w.called().now_or_never() == Some(Call::In)).collect();
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
                    match gate.enter(100, Priority::Normal) {
                        Entry::Inside => {}
                        Entry::Wait(mut waiter) => {
                            let called = waiter.called().now_or_never();
                            let called = called.unwrap_or_else(|| block_on(waiter.called()));
                            assert_eq!(called, Call::In);
                        }
                        Entry::QueueFull | Entry::LessImportant => panic!("the queue has room for all"),
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

fn block_on(future: impl Future<Output = Call>) -> Call {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn the_more_important_go_first_and_of_those_alike_who_came_first() {
    use Priority::{Critical, Low, Normal};
    let gate = open(1);
    assert!(is_inside(&gate.enter(10, Low)));
    let classes = [Low, Normal, Critical, Normal, Critical];
    let mut waiters: Vec<_> = classes.map(|class| waiter(gate.enter(10, class))).into_iter().collect();
    let mut order = Vec::new();
    for _ in &classes {
        gate.leave();
        let called = waiters.iter_mut().position(|w| !w.heard && w.called().now_or_never().is_some());
        order.push(called.unwrap());
    }
    assert_eq!(order, [2, 4, 1, 3, 0]);
}

#[test]
fn a_full_queue_sends_the_least_important_away_for_a_more_important_one() {
    use Priority::{High, Low, Normal};
    let gate = open(1);
    assert!(is_inside(&gate.enter(0, Low)));
    let mut first = waiter(gate.enter(3, Low));
    let mut last = waiter(gate.enter(3, Low));
    let mut normal = waiter(gate.enter(3, Normal));
    assert!(matches!(gate.enter(3, Low), Entry::QueueFull), "nobody goes for one alike");
    let mut high = waiter(gate.enter(3, High));
    assert_eq!(last.called().now_or_never(), Some(Call::Away));
    assert_eq!((first.called().now_or_never(), gate.waiting()), (None, 3));
    let second = waiter(gate.enter(3, Normal));
    // Sent away and never noticed: it has no place to give back.
    drop(first);
    assert_eq!((gate.inside(), gate.waiting()), (1, 3));
    gate.leave();
    assert_eq!(high.called().now_or_never(), Some(Call::In));
    drop(second);
    gate.leave();
    assert_eq!(normal.called().now_or_never(), Some(Call::In));
    gate.leave();
    drop(last);
    assert_eq!((gate.inside(), gate.waiting()), (0, 0));
}

#[test]
fn while_the_important_ones_wait_for_long_the_others_are_refused_at_once() {
    use Priority::{High, Low};
    use std::time::Duration;
    let clock = Clock::manual();
    let gate = Gate::new(1, clock.clone());
    gate.set_open(|| true);
    assert!(is_inside(&gate.enter(100, High)));
    let mut line: VecDeque<_> = (0..20).map(|_| waiter(gate.enter(100, High))).collect();
    for _ in 0..12 {
        clock.advance(Duration::from_millis(30));
        gate.leave();
        assert_eq!(line.pop_front().unwrap().called().now_or_never(), Some(Call::In));
        line.push_back(waiter(gate.enter(100, High)));
    }
    assert!(matches!(gate.enter(100, Low), Entry::LessImportant));
    gate.set_open(|| false);
    assert!(matches!(gate.enter(100, Low), Entry::Wait(_)), "without an instance all wait");
}
