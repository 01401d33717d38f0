//! What the connections of one worker thread share. Nothing here is locked: no other thread ever sees it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use naru_model::units::Timestamp;
use tokio::time::Instant;

use crate::buffers::Buffers;
use crate::clock::Clock;
use crate::exchange::Scratch;
use crate::policy::access::Callers;
use crate::report::Reporter;
use crate::table::Table;
use crate::upstream::{Pool, Trust};

/// How long a connection without a request stays open once the thread drains: long enough for a request that is on its
/// way to arrive and be told that it was the last one.
const LAST_CALL: Duration = Duration::from_secs(1);
/// Heads kept for reuse.
const KEPT_SCRATCH: usize = 256;

/// A table as a thread holds it: counted by the thread alone, because a count that all threads write to at each request
/// would cost more than routing it.
#[derive(Debug)]
pub(crate) struct Current {
    table: Arc<Table>,
    /// Who is registered, with those that this thread has recognised.
    callers: Rc<Callers>,
}

impl Deref for Current {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.table
    }
}

impl Current {
    pub(crate) fn callers(&self) -> &Callers {
        &self.callers
    }
}

#[derive(Debug)]
pub(crate) struct Thread {
    /// From 0.
    pub(crate) number: usize,
    table: RefCell<Rc<Current>>,
    pub(crate) pool: Pool,
    pub(crate) buffers: Buffers,
    pub(crate) trust: Trust,
    pub(crate) reporter: Reporter,
    /// A moment, and what the wall clock said then.
    epoch: (Instant, Timestamp),
    #[expect(clippy::vec_box, reason = "lent and given back as boxes, so that no head is ever moved")]
    scratch: RefCell<Vec<Box<Scratch>>>,
    /// Since when the thread drains, and by when it must have ended.
    draining: Cell<Option<(Instant, Instant)>>,
    /// The tasks of open connections, to be told that the thread drains.
    open: RefCell<HashMap<u64, Waker>>,
    last_open: Cell<u64>,
}

impl Thread {
    pub(crate) fn new(number: usize, table: Arc<Table>, reporter: Reporter, clock: &Clock) -> Self {
        Thread {
            number,
            table: RefCell::new(Rc::new(Current {
                callers: Rc::new(Callers::new(table.callers.clone())),
                table,
            })),
            pool: Pool::default(),
            buffers: Buffers::default(),
            trust: Trust::default(),
            reporter,
            epoch: (Instant::now(), clock.now()),
            scratch: RefCell::default(),
            draining: Cell::new(None),
            open: RefCell::default(),
            last_open: Cell::new(0),
        }
    }

    /// The table that holds now. A request keeps the one it began with.
    pub(crate) fn table(&self) -> Rc<Current> {
        self.table.borrow().clone()
    }

    /// Routes by `table` from now on, and lets go of endpoints that have left.
    pub(crate) fn adopt(&self, table: Arc<Table>) {
        let before = self.table();
        if !Arc::ptr_eq(&before.table, &table) {
            // Whom it has recognised stays so for as long as nobody's registration changes.
            let callers = if Arc::ptr_eq(before.callers.directory(), &table.callers) {
                before.callers.clone()
            } else {
                Rc::new(Callers::new(table.callers.clone()))
            };
            self.table.replace(Rc::new(Current { table, callers }));
        }
        self.pool.follow();
    }

    /// The wall clock's time at `moment`.
    pub(crate) fn timestamp(&self, moment: Instant) -> Timestamp {
        self.epoch.1 + moment.duration_since(self.epoch.0)
    }

    /// Lends memory for a request's heads.
    pub(crate) fn scratch(&self) -> Box<Scratch> {
        self.scratch.borrow_mut().pop().unwrap_or_default()
    }

    pub(crate) fn put_scratch(&self, scratch: Box<Scratch>) {
        let mut kept = self.scratch.borrow_mut();
        if kept.len() < KEPT_SCRATCH {
            kept.push(scratch);
        }
    }

    /// Begins to drain: answers say that they are the last ones on their connections.
    pub(crate) fn drain(&self, deadline: Instant) {
        self.draining.set(Some((Instant::now(), deadline)));
        for waker in self.open.borrow().values() {
            waker.wake_by_ref();
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get().is_some()
    }

    /// By when everything must have ended; `None` while the thread does not drain.
    pub(crate) fn drain_deadline(&self) -> Option<Instant> {
        self.draining.get().map(|(_, deadline)| deadline)
    }

    /// Until when a connection without a request stays open that would stay till `until`.
    pub(crate) fn idle_until(&self, until: Instant) -> Instant {
        match self.draining.get() {
            Some((since, deadline)) => until.min(since + LAST_CALL).min(deadline),
            None => until,
        }
    }

    /// Has the current task woken when the thread begins to drain, until the result is dropped.
    pub(crate) async fn open(self: &Rc<Self>) -> Open {
        let id = self.last_open.get() + 1;
        self.last_open.set(id);
        poll_fn(|cx| {
            self.open.borrow_mut().insert(id, cx.waker().clone());
            Poll::Ready(())
        })
        .await;
        Open { thread: self.clone(), id }
    }

    /// Number of connections that are open.
    pub(crate) fn open_count(&self) -> usize {
        self.open.borrow().len()
    }
}

/// A connection that is open on its thread.
#[derive(Debug)]
pub(crate) struct Open {
    thread: Rc<Thread>,
    id: u64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.thread.open.borrow_mut().remove(&self.id);
    }
}
