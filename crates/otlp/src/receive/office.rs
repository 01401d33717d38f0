//! What all connections share: the intake, the memory that requests may take while they come in, and the clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Clock, Limits, Log};
use crate::counters::Counters;
use crate::intake::{Encoding, Intake, Refusal, Signal, Taken};
use crate::sink::Sink;

/// Memory is accounted for in pieces of this many bytes.
const PIECE: usize = 1024;

pub(super) struct Office {
    pub(super) limits: Limits,
    pub(super) counters: Arc<Counters>,
    intake: Mutex<Intake>,
    memory: Arc<Semaphore>,
    clock: Clock,
    log: Log,
    /// Whether it has been said that something is lost.
    said: AtomicBool,
}

impl Office {
    pub(super) fn new(
        sink: Arc<dyn Sink>,
        counters: Arc<Counters>,
        limits: Limits,
        clock: Clock,
        log: Log,
    ) -> Office {
        Office {
            limits,
            counters: counters.clone(),
            intake: Mutex::new(Intake::new(sink, counters)),
            memory: Arc::new(Semaphore::new(limits.memory / PIECE)),
            clock,
            log,
            said: AtomicBool::new(false),
        }
    }

    /// Takes a request that has come in whole.
    pub(super) fn take(
        &self,
        signal: Signal,
        encoding: Encoding,
        packed: bool,
        body: &[u8],
    ) -> Result<Taken, Refusal> {
        // What a panic left behind is cleared when the next request is read.
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        let result = intake.take(signal, encoding, packed, body, (self.clock)());
        drop(intake);
        self.tell(signal, &result);
        result
    }

    /// Counts a request that was refused before it had come in.
    pub(super) fn refused(&self, signal: Signal, refusal: Refusal) -> Refusal {
        let result = Err(refusal);
        self.intake.lock().unwrap_or_else(PoisonError::into_inner).count(signal, &result);
        self.tell(signal, &result);
        match result {
            Err(refusal) => refusal,
            Ok(_) => Refusal::Busy,
        }
    }

    /// Says the first time that something was lost, and why.
    fn tell(&self, signal: Signal, result: &Result<Taken, Refusal>) {
        let why = match result {
            Ok(taken) if taken.refused == 0 => return,
            Ok(taken) => taken.why.to_owned(),
            Err(refusal) => refusal.to_string(),
        };
        if !self.said.swap(true, Ordering::Relaxed) {
            let what = signal.name();
            self.say(&format!(
                "otlp: {what} that a service sent were not taken: {why}; more are only counted"
            ));
        }
    }

    pub(super) fn say(&self, line: &str) {
        (self.log)(line);
    }
}

/// A request as far as it has come in.
pub(super) struct Gathered {
    pub(super) bytes: Vec<u8>,
    most: usize,
    memory: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Gathered {
    /// Of at most so many bytes.
    pub(super) fn new(office: &Office, most: usize) -> Gathered {
        Gathered { bytes: Vec::new(), most, memory: office.memory.clone(), held: None }
    }

    /// Adds what has come.
    ///
    /// # Errors
    /// It is too large, or all requests together are.
    pub(super) fn add(&mut self, more: &[u8]) -> Result<(), Refusal> {
        let len = self.bytes.len() + more.len();
        if len > self.most {
            return Err(Refusal::TooLarge);
        }
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let lacking = len.div_ceil(PIECE).saturating_sub(held);
        if lacking > 0 {
            let permit = self.memory.clone().try_acquire_many_owned(lacking as u32);
            let permit = permit.map_err(|_| Refusal::Busy)?;
            match &mut self.held {
                Some(held) => held.merge(permit),
                None => self.held = Some(permit),
            }
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }
}
