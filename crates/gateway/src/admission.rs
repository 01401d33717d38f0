//! The door of a service: so many requests inside at once, and a bounded queue before it, in which the more important go
//! first and of those alike who came first. When the queue is full, the least important one goes for a more important one.
//!
//! It is open while the service has an endpoint that can be tried. Passing an open door with a free place is one
//! compare-and-swap; the lock is for those who have to wait and for who lets them in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};

use naru_model::policy::Priority;
use naru_model::units::Timestamp;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::patience::Patience;

/// One word, so that every step is one compare-and-swap: inside (32 bits), waiting (31 bits), open (1 bit).
const INSIDE: u64 = 1;
const INSIDE_MASK: u64 = u32::MAX as u64;
const WAITING: u64 = 1 << 32;
const WAITING_MASK: u64 = (OPEN - 1) & !INSIDE_MASK;
const OPEN: u64 = 1 << 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State(u64);

impl State {
    fn inside(self) -> usize {
        (self.0 & INSIDE_MASK) as usize
    }

    fn waiting(self) -> usize {
        ((self.0 & WAITING_MASK) / WAITING) as usize
    }

    fn is_open(self) -> bool {
        self.0 & OPEN != 0
    }
}

#[derive(Debug)]
pub(crate) struct Gate {
    state: AtomicU64,
    /// Places inside; at least 1.
    places: AtomicUsize,
    queue: Mutex<Queue>,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Queue {
    /// Counts who ever waited.
    next_ticket: u64,
    /// The first one is next, the last one the least important.
    waiting: BTreeMap<Ticket, Waiting>,
    patience: Patience,
}

type Ticket = (Priority, u64);

#[derive(Debug)]
struct Waiting {
    since: Timestamp,
    call: oneshot::Sender<Call>,
}

/// What one who waits is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The place inside is the caller's, who calls [`Gate::leave`].
    In,
    /// Somebody more important has taken the place in the queue.
    Away,
}

/// What one who asked to be let in gets.
#[derive(Debug)]
pub(crate) enum Entry<'g> {
    Inside,
    Wait(Waiter<'g>),
    QueueFull,
    /// Waiting has become long for the more important ones already.
    LessImportant,
}

/// A place in the queue; dropping it leaves the queue, or gives back the place inside that came too late.
#[derive(Debug)]
pub(crate) struct Waiter<'g> {
    gate: &'g Gate,
    ticket: Ticket,
    called: oneshot::Receiver<Call>,
    /// It has heard what it was called for, and the place is its own affair now.
    heard: bool,
}

impl Gate {
    /// A closed door.
    pub(crate) fn new(places: usize, clock: Clock) -> Self {
        let places = AtomicUsize::new(places.max(1));
        Gate { state: AtomicU64::new(0), places, queue: Mutex::default(), clock }
    }

    /// Goes in if there is a place and nobody waits, else takes a place in a queue of at most `queue`.
    pub(crate) fn enter(&self, queue: usize, priority: Priority) -> Entry<'_> {
        if self.try_enter() { Entry::Inside } else { self.line_up(queue, priority) }
    }

    fn try_enter(&self) -> bool {
        let places = self.places.load(SeqCst);
        let mut state = State(self.state.load(SeqCst));
        while state.is_open() && state.waiting() == 0 && state.inside() < places {
            match self.state.compare_exchange_weak(state.0, state.0 + INSIDE, SeqCst, SeqCst) {
                Ok(_) => return true,
                Err(newer) => state = State(newer),
            }
        }
        false
    }

    fn line_up(&self, queue: usize, priority: Priority) -> Entry<'_> {
        let now = self.clock.now();
        let mut line = self.lock();
        let mut state = State(self.state.load(SeqCst));
        let in_vain = line.is_in_vain(priority, state.is_open(), now);
        loop {
            // Under the lock nobody else lines up, is let in, opens, or changes the number of places, but those inside
            // may leave: only the swap below proves that there is no place.
            let free = state.is_open() && state.waiting() == 0 && state.inside() < self.places.load(SeqCst);
            if !free && in_vain {
                return Entry::LessImportant;
            }
            if !free && state.waiting() >= queue {
                if !line.send_away(priority) {
                    return Entry::QueueFull;
                }
                state = State(self.state.fetch_sub(WAITING, SeqCst) - WAITING);
                continue;
            }
            let next = state.0 + if free { INSIDE } else { WAITING };
            match self.state.compare_exchange_weak(state.0, next, SeqCst, SeqCst) {
                Ok(_) if free => return Entry::Inside,
                Ok(_) => break,
                Err(newer) => state = State(newer),
            }
        }
        let (call, called) = oneshot::channel();
        let ticket = (priority, line.next_ticket);
        line.next_ticket += 1;
        line.waiting.insert(ticket, Waiting { since: now, call });
        Entry::Wait(Waiter { gate: self, ticket, called, heard: false })
    }

    /// Gives back a place inside.
    pub(crate) fn leave(&self) {
        let before = State(self.state.fetch_sub(INSIDE, SeqCst));
        if before.waiting() > 0 {
            self.call_next(&mut self.lock());
        }
    }

    pub(crate) fn set_places(&self, places: usize) {
        let mut line = self.lock();
        self.places.store(places.max(1), SeqCst);
        self.call_next(&mut line);
    }

    /// Opens or closes as `open` says; it is asked under the lock, so that of two who call the last one sees it all.
    /// Returns whether the door has been opened by this.
    pub(crate) fn set_open(&self, open: impl FnOnce() -> bool) -> bool {
        let mut line = self.lock();
        if open() {
            let before = State(self.state.fetch_or(OPEN, SeqCst));
            self.call_next(&mut line);
            !before.is_open()
        } else {
            self.state.fetch_and(!OPEN, SeqCst);
            false
        }
    }

    /// Lets in as many as there are places for, in the order of their tickets.
    fn call_next(&self, line: &mut Queue) {
        let places = self.places.load(SeqCst);
        let now = self.clock.now();
        while let Some((ticket, waiting)) = line.waiting.pop_first() {
            let mut state = State(self.state.load(SeqCst));
            let admitted = loop {
                if !state.is_open() || state.inside() >= places {
                    break false;
                }
                let next = state.0 + INSIDE - WAITING;
                match self.state.compare_exchange_weak(state.0, next, SeqCst, SeqCst) {
                    Ok(_) => break true,
                    Err(newer) => state = State(newer),
                }
            };
            if !admitted {
                line.waiting.insert(ticket, waiting);
                return;
            }
            line.patience.let_in(ticket.0, now.since(waiting.since));
            // Who has gone meanwhile finds its ticket missing and gives the place back; see `Waiter::drop`.
            let _ = waiting.call.send(Call::In);
        }
        line.patience.nobody_waits();
    }

    pub(crate) fn inside(&self) -> u32 {
        State(self.state.load(SeqCst)).inside() as u32
    }

    pub(crate) fn waiting(&self) -> u32 {
        State(self.state.load(SeqCst)).waiting() as u32
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Queue {
    /// Tells whether one of this importance would wait where even the most important wait for long.
    fn is_in_vain(&mut self, priority: Priority, open: bool, now: Timestamp) -> bool {
        let first = self.waiting.first_key_value();
        let first = first.map(|((priority, _), waiting)| (*priority, now.since(waiting.since)));
        match first {
            Some(first) if open => self.patience.turn(first, now),
            // Without an instance all wait alike, however long; and an empty queue is none.
            _ => self.patience.reset(now),
        }
        self.patience.refuses(priority)
    }

    /// Sends the least important one away, if it is less important than `priority`: of several the one that came last.
    fn send_away(&mut self, priority: Priority) -> bool {
        let Some(last) = self.waiting.last_entry().filter(|last| last.key().0 > priority) else {
            return false;
        };
        // Who has gone meanwhile need not hear it.
        let _ = last.remove().call.send(Call::Away);
        true
    }
}

impl Waiter<'_> {
    /// Waits to be called in, or sent away. Cancel safe.
    pub(crate) async fn called(&mut self) -> Call {
        // An error can't happen while the gate is borrowed: its queue drops no sender it has not called.
        let call = (&mut self.called).await.unwrap_or(Call::Away);
        self.heard = true;
        call
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.heard {
            return;
        }
        let mut line = self.gate.lock();
        if line.waiting.remove(&self.ticket).is_some() {
            self.gate.state.fetch_sub(WAITING, SeqCst);
        } else {
            drop(line);
            if self.called.try_recv() == Ok(Call::In) {
                self.gate.leave();
            }
        }
    }
}

#[cfg(test)]
mod tests;
