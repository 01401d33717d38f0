//! How many instances there are to be by themselves: what the file says of it, what is seen, what was decided and why.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::units::{Percent, Rate, Timestamp, format_duration};

/// A figure of a service and a value of it: a target to keep it at, or a threshold of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Processor used, of what the instances reserve; of one core each when they reserve nothing.
    Cpu(Percent),
    /// Requests in flight per instance, those that wait for one included.
    Concurrency(u32),
    /// Requests per instance.
    Rate(Rate),
    /// The response time that 95 % of requests do not exceed.
    P95(Duration),
    /// Apdex, 0 to 1 in thousandths.
    Apdex(Percent),
    /// Requests that failed by the service's or the platform's fault, of all. Rules only.
    Errors(Percent),
    /// Requests that wait for a place or a ready instance. Rules only.
    Waiting(u32),
}

/// `cpu > 50% for 5m`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub level: Level,
    /// Above the level; below it when false.
    pub above: bool,
    /// How long without a break, over all of which there must be figures.
    pub lasts: Duration,
}

/// A condition and what it does, once each time it has held so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub when: Condition,
    /// Instances to add; to remove when negative. Never 0.
    pub add: i32,
}

/// More instances at certain times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Minute, hour, day of month, month, day of week, as in crontab(5).
    pub at: String,
    /// An IANA name (`Asia/Seoul`). Default: the machine's own.
    pub zone: Option<String>,
    /// How long each time. At least a minute.
    pub lasts: Duration,
    /// Instances on top of what there would be otherwise.
    pub add: u32,
}

/// A schedule's time that has come, put together by the controller's calendar from the file and the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Which of the service's schedules.
    pub index: usize,
    pub from: Timestamp,
    pub to: Timestamp,
    pub add: u32,
}

/// One whole second of a service, as the controller is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Second {
    /// When it began, in seconds since 1970.
    pub at: u32,
    /// Requests that came, also those that have no answer yet. `None`: the gateway has not said.
    pub arrived: Option<u32>,
    /// Requests that ended.
    pub ended: u32,
    /// Of those, failed by the service's fault.
    pub service_errors: u32,
    /// Of those, failed by the platform's fault: no place or no instance in time.
    pub platform_errors: u32,
    /// The sum of the response times of those that ended, in seconds.
    pub response_seconds: f64,
    /// The response time that 95 % did not exceed over the ten seconds that end with this one; `None` without requests.
    pub p95_seconds: Option<f64>,
    pub apdex: crate::apdex::Apdex,
    /// Requests in flight to instances, and those that wait, at the end of the second. `None`: the gateway has not said.
    pub in_flight: Option<u32>,
    pub waiting: Option<u32>,
    /// Ready instances at its end.
    pub ready: u32,
    /// Cores used by the ready instances that are warm, and how many those are. `None`: not measured.
    pub cpu: Option<CpuUse>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuUse {
    pub cores: f64,
    pub instances: u32,
}

/// What one instance was seen to carry with acceptable response times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Capacity {
    /// Requests per second.
    pub rate: f64,
    /// Of which revision.
    pub revision: u32,
    /// When it was last seen so, in microseconds since 1970.
    pub at: Timestamp,
    /// Whether more was seen to be too much. Until then it is the most that came, and one instance may carry more.
    #[serde(default)]
    pub full: bool,
}

/// Why so many: what each policy saw and wanted, and what bounded it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    pub from: u32,
    pub to: u32,
    /// In the order of the file; the largest wins.
    pub wishes: Vec<Wish>,
    /// What changed the largest wish into `to`, in the order in which it did.
    pub bounds: Vec<Bound>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Wish {
    pub by: By,
    /// The figure that was seen, in the unit of `level`; `null`: there was none.
    pub seen: Option<f64>,
    /// The target or threshold: a share from 0 to 1, requests, requests per second, or seconds.
    pub level: Option<f64>,
    /// Instances wanted; `null`: it has no say at this moment.
    pub wants: Option<u32>,
}

/// Who wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Cpu,
    Concurrency,
    Rate,
    P95,
    Apdex,
    /// What has come, over what one instance was seen to carry.
    Capacity,
    /// Requests that wait while instances start.
    Waiting,
    Rule,
    Schedule,
    /// `naru scale`.
    Person,
}

/// What bounds a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Minimum,
    Maximum,
    /// Not more than so many at once.
    Step,
    /// It shrinks only after a while without need.
    ShrinkSlowly,
    /// A figure is missing, so it does not shrink.
    MissingFigures,
    /// A rollout is under way, so it does not shrink.
    Rollout,
    /// New instances are starting or warming up, so their effect is awaited.
    Awaiting,
}

impl Level {
    /// The key in the file.
    pub fn name(self) -> &'static str {
        match self {
            Level::Cpu(_) => "cpu",
            Level::Concurrency(_) => "concurrency",
            Level::Rate(_) => "rate",
            Level::P95(_) => "p95",
            Level::Apdex(_) => "apdex",
            Level::Errors(_) => "errors",
            Level::Waiting(_) => "waiting",
        }
    }

    /// A share from 0 to 1, requests, requests per second, or seconds.
    pub fn value(self) -> f64 {
        match self {
            Level::Cpu(p) | Level::Apdex(p) | Level::Errors(p) => p.ratio(),
            Level::Concurrency(n) | Level::Waiting(n) => f64::from(n),
            Level::Rate(rate) => rate.per_second(),
            Level::P95(time) => time.as_secs_f64(),
        }
    }
}

/// As the file has it: `cpu 60%`, `apdex 0.94`.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Level::Cpu(p) | Level::Errors(p) => write!(f, "{name} {p}"),
            Level::Apdex(p) => write!(f, "{name} {}", p.ratio()),
            Level::Concurrency(n) | Level::Waiting(n) => write!(f, "{name} {n}"),
            Level::Rate(rate) => write!(f, "{name} {rate}"),
            Level::P95(time) => write!(f, "{name} {}", format_duration(*time)),
        }
    }
}
