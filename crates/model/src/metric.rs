//! What services, their JVMs and the machine measure of themselves: one value of one series at one time.
//!
//! `service ─OTLP, Prometheus→ otlp, scrape ─MetricPoint→ telemetry` keeps them, `─Reading→ alert` judges them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::instance::InstanceId;
use crate::name::{FunctionName, LinkName, ServiceName};
use crate::series::Period;
use crate::units::Timestamp;

/// Whose a series is. Written `host`, `platform`, `service:portal`, `instance:portal-3-1`, `function:approval`,
/// `link:registry`, `outside:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Owner {
    /// The machine that the server runs on.
    Host,
    /// Everything together.
    Platform,
    Service(ServiceName),
    Instance(InstanceId),
    Function(FunctionName),
    Link(LinkName),
    /// A program that naru does not run, by its `service.name`.
    Outside(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} owns no series; write host, platform, service:NAME, instance:SERVICE-REVISION-NUMBER, function:NAME, \
     link:NAME or outside:NAME"
)]
pub struct OwnerError(pub String);

/// What an owner looks like, as text.
const OWNER_PATTERN: &str = "^(host|platform|(service|function|link):(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*|instance:(?=.{1,40}-[0-9]{1,9}-[0-9]{1,9}$)[a-z][a-z0-9]*(-[a-z0-9]+)*-[0-9]{1,9}-[0-9]{1,9}|outside:.+)$";

/// It travels as text.
impl PartialSchema for Owner {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(OWNER_PATTERN));
        text.description(Some("Whose a figure is: `host`, `service:portal`, `instance:portal-3-1`.")).into()
    }
}

impl ToSchema for Owner {}

impl FromStr for Owner {
    type Err = OwnerError;

    fn from_str(text: &str) -> Result<Self, OwnerError> {
        let parse = || match text.split_once(':') {
            None if text == "host" => Some(Owner::Host),
            None if text == "platform" => Some(Owner::Platform),
            Some(("service", name)) => name.parse().ok().map(Owner::Service),
            Some(("instance", id)) => id.parse().ok().map(Owner::Instance),
            Some(("function", name)) => name.parse().ok().map(Owner::Function),
            Some(("link", name)) => name.parse().ok().map(Owner::Link),
            Some(("outside", name)) if !name.is_empty() => Some(Owner::Outside(name.to_owned())),
            _ => None,
        };
        parse().ok_or_else(|| OwnerError(text.to_owned()))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Host => f.write_str("host"),
            Owner::Platform => f.write_str("platform"),
            Owner::Service(name) => write!(f, "service:{name}"),
            Owner::Instance(id) => write!(f, "instance:{id}"),
            Owner::Function(name) => write!(f, "function:{name}"),
            Owner::Link(name) => write!(f, "link:{name}"),
            Owner::Outside(name) => write!(f, "outside:{name}"),
        }
    }
}

impl TryFrom<String> for Owner {
    type Error = OwnerError;

    fn try_from(text: String) -> Result<Self, OwnerError> {
        text.parse()
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> String {
        owner.to_string()
    }
}

/// Which series: whose, its name as OpenTelemetry's or Prometheus' convention has it, and what tells it from others of that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesKey {
    pub owner: Owner,
    /// `jvm.memory.used`, `hikaricp_connections_active`, `host.swap.used`.
    pub name: String,
    pub labels: BTreeMap<String, String>,
}

/// A series' value at one time, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPoint {
    pub key: SeriesKey,
    /// In UCUM (`By`, `s`, `1`); empty: not said.
    pub unit: String,
    pub at: Timestamp,
    pub value: MetricValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// As it is now.
    Gauge(f64),
    /// Counted since `since`; begins anew with its process. Only grows when `monotonic`.
    Total { since: Timestamp, value: f64, monotonic: bool },
    /// Counted since the point before.
    Change(f64),
    /// How often values fell between bounds: `counts` has one more than `bounds`, each count is of its own bucket alone.
    /// Counted since `since` when `cumulative`, since the point before otherwise.
    Histogram { since: Timestamp, cumulative: bool, count: u64, sum: f64, bounds: Vec<f64>, counts: Vec<u64> },
}

/// Which series are wanted over which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    pub owner: Option<Owner>,
    /// Exactly; `*` at its end: what begins so.
    pub name: String,
    /// All must be there with this value.
    pub labels: BTreeMap<String, String>,
    pub period: Period,
    /// 1 to 2,000 over the period.
    pub points: u32,
}

/// One series over time. Of totals the rate per second is given, of histograms their mean and quantiles as series of their
/// own, named with `.mean`, `.p50`, `.p95`, `.p99` and `.rate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricSeries {
    pub owner: Owner,
    pub name: String,
    pub unit: String,
    pub labels: BTreeMap<String, String>,
    /// Whether the values are rates per second of a total.
    pub rate: bool,
    pub points: Vec<MetricSample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricSample {
    /// When its stretch begins, in seconds since 1970.
    pub at: u32,
    pub seconds: u32,
    pub mean: f64,
    pub min: f64,
    pub max: f64,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricName {
    pub owner: Owner,
    pub name: String,
    pub unit: String,
    pub series: u32,
    /// Of the last point.
    pub last: Timestamp,
}

/// What a watched figure was just now: what alerts are judged by, each ten seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub owner: Owner,
    /// One of those that [`crate::alert::FIGURES`] lists, or the name of a metric.
    pub figure: String,
    pub value: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_reads_back_as_it_is_written() {
        for text in [
            "host",
            "platform",
            "service:portal",
            "instance:portal-3-1",
            "function:approval",
            "link:registry",
            "outside:Legacy App",
        ] {
            assert_eq!(text.parse::<Owner>().map(|owner| owner.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "portal", "service:", "service:Portal", "instance:portal", "outside:", "host:x"] {
            assert!(bad.parse::<Owner>().is_err(), "{bad}");
        }
    }
}
