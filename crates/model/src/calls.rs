//! What is worth knowing of a stretch's calls: what is asked, and what is told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::series::Period;
use crate::units::Timestamp;

/// Which calls are looked at. Stretches are made of whole ten minutes: it begins with the ten minutes that `from` lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallsQuery {
    pub period: Period,
    /// The routes there are, as written in the file: those that nobody called are told.
    pub routes: Vec<String>,
}

/// What stands out. Lists are the most telling first, and cut at ten but for routes that nobody called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Calls {
    /// Seconds since 1970, included: what was asked for, from whole ten minutes on.
    pub from: u32,
    /// Not included; at most the time of the answer.
    pub to: u32,
    /// When the stretch began that `before` counts: a week earlier if calls are kept from then, else a day, else the one just
    /// before. `null`: nothing is kept from then, and there are no movers.
    pub before_from: Option<u32>,
    /// When the first call ended that is kept; `null`: none is.
    pub kept_from: Option<Timestamp>,
    /// Clients and routes whose calls changed the most.
    pub movers: Vec<Mover>,
    /// Registered clients whose first call that is kept is in the stretch, the latest first.
    pub new_callers: Vec<NewCaller>,
    /// Routes that nobody called, by name.
    pub unused_routes: Vec<UnusedRoute>,
    /// Where most calls failed by the service's or the platform's fault.
    pub error_spots: Vec<ErrorSpot>,
    /// Routes by the response time of the slowest twentieth of their calls; those with at least 20.
    pub slowest: Vec<SlowRoute>,
    /// Registered clients that call unlike they did at the same time of the days before.
    pub unusual: Vec<Unusual>,
    /// Calls that are in no list, because there were too many different ones to be told apart.
    pub beyond: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    Caller,
    Route,
}

/// Told when its calls changed by at least 20, by a fifth of those before, and by more than four times what chance alone does
/// to two counts (the square root of their sum).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mover {
    pub kind: Moved,
    pub name: String,
    pub requests: u64,
    /// In the stretch it is compared with.
    pub before: u64,
    pub change: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewCaller {
    pub caller: String,
    /// When its first call ended.
    pub first_at: Timestamp,
    pub requests: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnusedRoute {
    pub route: String,
    /// When the last call ended that is kept.
    pub last_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorSpot {
    /// Empty: no route matched.
    pub route: String,
    /// `null`: nobody known.
    pub caller: Option<String>,
    pub requests: u64,
    pub errors: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SlowRoute {
    pub route: String,
    pub requests: u64,
    /// Within 5 %.
    pub p95_seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// Calls in the stretch.
    Calls,
    /// The share of calls that failed or were refused, 0 to 1.
    Errors,
    /// Addresses that it called from: `usual` are those known, `now` are new ones.
    Addresses,
    /// Calls in an hour of the day in which it never called.
    Hours,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Unusual {
    pub caller: String,
    pub what: Habit,
    /// The median of its days before.
    pub usual: f64,
    pub now: f64,
    /// In words.
    pub why: String,
}
