//! What is kept of a job, as it goes in and comes out.

use http::{HeaderMap, StatusCode};
use naru_model::units::Timestamp;

use crate::schedule::Seq;
use crate::store::body::Kept;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Running,
    /// The service's answer is below 400.
    Done,
    /// The service's answer is 400 or above, and no reason to try again.
    Failed,
    /// Given up.
    Dead,
    /// Its caller wants it no more.
    Cancelled,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Dead => "dead",
            State::Cancelled => "cancelled",
        }
    }

    /// Reads back [`State::word`]; a word that nobody wrote is a dead one, which a person looks at.
    pub(crate) fn of(word: &str) -> State {
        match word {
            "queued" => State::Queued,
            "running" => State::Running,
            "done" => State::Done,
            "failed" => State::Failed,
            "cancelled" => State::Cancelled,
            _ => State::Dead,
        }
    }

    /// Whether nothing more will come by itself.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, State::Queued | State::Running)
    }
}

/// What the service is asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) host: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Kept,
}

/// A job that is accepted, or a message that is given up at once.
#[derive(Debug)]
pub(crate) struct New {
    pub(crate) id: String,
    pub(crate) route: String,
    pub(crate) caller: Option<String>,
    /// The key, and what a repetition must agree in.
    pub(crate) idempotency: Option<(String, [u8; 32])>,
    pub(crate) origin: Option<String>,
    pub(crate) request: Request,
    pub(crate) submitted: Timestamp,
    pub(crate) deadline: Timestamp,
    pub(crate) callback: Option<String>,
    /// Of a message that goes to the dead letters: deliveries, and why.
    pub(crate) given_up: Option<(u32, String)>,
}

/// What the service answered.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Kept,
}

/// A job's standing.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    pub(crate) route: String,
    pub(crate) caller: Option<String>,
    pub(crate) state: State,
    pub(crate) attempts: u32,
    pub(crate) submitted: Timestamp,
    pub(crate) deadline: Timestamp,
    pub(crate) due: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) why: Option<String>,
    pub(crate) callback: Option<Callback>,
}

/// Who is told of the result.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) url: String,
    /// `None` until the job has ended; then waiting, delivered or failed.
    pub(crate) state: Option<String>,
    pub(crate) tries: u32,
    pub(crate) why: Option<String>,
}

/// A job that is to be run, as much as the schedule needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToDo {
    pub(crate) seq: Seq,
    pub(crate) route: String,
    pub(crate) submitted: Timestamp,
    pub(crate) due: Timestamp,
}
