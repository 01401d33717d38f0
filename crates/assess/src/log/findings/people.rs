//! Who asked: people, and robots apart.

use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};

use super::Counted;

/// People: who is told apart by address and user agent together (and by the user's name where the log has one). Without
/// robots, those that were found by their behaviour among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Users {
    /// Of the whole period.
    pub distinct: u64,
    /// Distinct users of a day: the median over the days of the period.
    pub median_day: u64,
    pub busiest_day: u64,
    /// Distinct users of the hour that has most.
    pub busiest_hour: u64,
    pub busiest_hour_at: Timestamp,
    /// Distinct users within five minutes, of the five minutes that have most: what must be served at the same time.
    pub busiest_five_minutes: u64,
    pub busiest_five_minutes_at: Timestamp,
    pub sessions: Sessions,
    /// The few addresses that most requests come from: likely load balancers or proxies, whose users can't be told apart. What
    /// is said of users falls short by them.
    #[serde(default)]
    pub through: Vec<Counted>,
}

impl Users {
    /// Users of a day, if the log can tell.
    pub fn a_day(&self) -> Option<u64> {
        (self.median_day > 0 && self.through.is_empty()).then_some(self.median_day)
    }
}

/// A session: what one user asks without a pause of more than 30 minutes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    pub count: u64,
    pub per_day: f64,
    /// Without assets.
    pub median_requests: f64,
    pub median_seconds: f64,
    /// Of those with more than one request.
    pub p95_seconds: f64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Robots {
    /// Those that say so in their user agent; exact.
    pub declared_requests: u64,
    /// By requests, at most 20.
    pub declared: Vec<Counted>,
    /// Users that behave like robots and do not say so; their requests are in all figures but [`Users`].
    pub suspected_users: u64,
    pub suspected_requests: u64,
    /// By requests, at most 20.
    pub suspected: Vec<Suspect>,
}

/// A user that behaves like a robot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Its address as logged; empty when it is not among the addresses that were kept.
    pub address: String,
    pub agent: String,
    pub requests: u64,
    /// In the busiest minute.
    pub most_per_minute: u32,
    pub signs: Vec<Sign>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Asked for robots.txt.
    #[default]
    RobotsTxt,
    /// More pages in a minute than a person reads.
    Rate,
    /// Many pages and never a picture, style or script, where other users fetch them.
    NoAssets,
    /// Came around the clock, without a night's pause.
    NoNight,
    /// Most of what it asked for is not there.
    NotFound,
    /// More requests than many people make: a program, or a proxy.
    Heavy,
}
