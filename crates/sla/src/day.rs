//! Everything that is kept of one day, as its file has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use naru_model::alert::Text;
use naru_model::apdex::Apdex;
use naru_model::metric::Owner;
use naru_model::name::ServiceName;
use naru_model::scaling::By;
use naru_model::series::Subject;
use naru_model::service_level::{Bucket, Change, Goal};
use naru_model::units::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Of the file's form. One that is not known is not read.
pub const VERSION: u32 = 1;
/// Changes, alerts and scalings of one day that are kept, each; of more the number.
pub const MOST_CHANGES: usize = 1_000;

/// One day of one platform. Times are seconds since 1970 unless they are a [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    pub version: u32,
    pub platform: String,
    /// `2026-11-20`
    pub date: String,
    /// By IANA name.
    pub zone: String,
    pub from: u32,
    pub to: u32,
    /// How far the data go; `to` when the day was over.
    pub until: u32,
    pub made: Timestamp,
    pub seen: Vec<Seen>,
    /// Alerts that lasted within the day, as they were when it was made.
    pub alarms: Vec<Alarm>,
    pub changes: Vec<Change>,
    pub scaled: Vec<ScaledOnce>,
    /// Alarms, changes and scalings that there was no room for.
    pub more: u32,
}

/// What was seen of one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub subject: Subject,
    pub title: Text,
    /// Of a function: where its routes lead.
    pub services: Vec<ServiceName>,
    /// What was promised at that time.
    pub goal: Goal,
    pub requests: u64,
    pub client_errors: u64,
    pub service_errors: u64,
    pub platform_errors: u64,
    pub latency_us: u64,
    pub apdex: Apdex,
    pub received_bytes: u64,
    pub sent_bytes: u64,
    /// Distinct users; `None`: not known of all of the day.
    pub users: Option<Users>,
    /// When the first stretch began in which anything was known of it; `None`: nothing was.
    pub first: Option<u32>,
    /// Seconds in which somebody looked.
    pub observed: u32,
    /// The longest stretch, in seconds.
    pub stretch: u32,
    pub down_minutes: u32,
    pub outages: Vec<Outage>,
    pub hours: Vec<Hour>,
    pub instances_least: Option<u32>,
    pub instances_most: Option<u32>,
    /// Instances times seconds, and cores times seconds; `None`: nobody counted.
    pub instance_seconds: Option<f64>,
    pub core_seconds: Option<f64>,
    /// The share of places taken times the seconds of which it is known, those seconds, and the share of the fullest minute.
    pub places: Option<(f64, f64, f64)>,
}

/// A set of users, as telemetry packs it: only telemetry can count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users(pub Vec<u8>);

/// One hour, from the day's begin on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    pub at: u32,
    pub requests: u64,
    pub failed: u64,
    pub latency_us: u64,
    pub latencies: Vec<Bucket>,
    pub instances: Option<u32>,
}

/// Down minutes that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    pub from: u32,
    pub to: u32,
    pub requests: u64,
    pub failed: u64,
}

/// An alert, as far as a report tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    pub id: u64,
    pub owner: Owner,
    pub figure: String,
    pub critical: bool,
    pub since: u32,
    /// `None`: it lasted.
    pub resolved: Option<u32>,
    pub value: f64,
    pub threshold: Option<f64>,
    /// The likeliest.
    pub cause: Option<Text>,
}

/// One change of a service's number of instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaledOnce {
    pub at: Timestamp,
    pub service: ServiceName,
    pub from: u32,
    pub to: u32,
    /// Who wished it; `None`: a bound alone.
    pub by: Option<By>,
}

impl Day {
    pub fn of(&self, subject: &Subject) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.subject == *subject)
    }

    /// Whether anything was seen at all: else there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.seen.iter().all(|seen| seen.first.is_none())
    }

    /// Whether its data go to its end.
    pub fn is_whole(&self) -> bool {
        self.until >= self.to
    }
}

impl Serialize for Users {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Users {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Users, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Users).map_err(serde::de::Error::custom)
    }
}
