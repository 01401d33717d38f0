//! Calls that naru carries out behind the caller's back, as operators see them: figures and dead letters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::units::Timestamp;

/// How the jobs of one route, or of what a consumer gave up, stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// The route's name; `consumer BROKER/QUEUE` for messages of a broker.
    pub route: String,
    /// Accepted and not under way, those included that wait for their next attempt.
    pub queued: u64,
    pub running: u64,
    pub dead: u64,
    /// Kept results: the service's answer was below 400, or not.
    pub done: u64,
    pub failed: u64,
    /// When the oldest of those queued or running was accepted.
    pub oldest: Option<Timestamp>,
}

/// Which dead letters; the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadSearch {
    /// Default: of all routes.
    pub route: Option<String>,
    /// Goes on behind this letter, from an earlier answer. Default: from the newest.
    pub after: Option<String>,
    /// At most so many. Default and largest 1,000.
    pub limit: Option<u32>,
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    pub id: String,
    pub route: String,
    /// Who had sent it; `None`: nobody who was recognised.
    pub caller: Option<String>,
    /// Of a message: broker, queue and the message's number there.
    pub origin: Option<String>,
    pub method: String,
    pub host: String,
    /// With its query.
    pub path: String,
    pub submitted: Timestamp,
    pub died: Timestamp,
    pub attempts: u32,
    /// What the last attempt ended with.
    pub why: String,
    /// Of the body, in bytes.
    pub size: u64,
}

/// A dead letter opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenedLetter {
    pub letter: DeadLetter,
    pub headers: Vec<(String, String)>,
    /// The first 64 KiB of the body; bytes that are no UTF-8 are shown as U+FFFD.
    pub body: String,
    pub truncated: bool,
}

impl DeadSearch {
    pub const LIMIT: u32 = 1000;
}
