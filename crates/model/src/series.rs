//! Figures over time: what is asked of telemetry's store, and what it answers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::apdex::Apdex;
use crate::instance::InstanceId;
use crate::name::{ClientName, FunctionName, ServiceName};
use crate::record::{Fault, Method};
use crate::units::Timestamp;

/// What is asked about. Written `all`, `host`, `service:portal`, `revision:portal/3`, `function:approval`,
/// `instance:portal-3-1`, `caller:mobile-app` or `route:` and what it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    All,
    Service(ServiceName),
    Revision(ServiceName, u32),
    /// By what it matches, as written in the file.
    Route(String),
    Function(FunctionName),
    Instance(InstanceId),
    /// A registered client.
    Caller(ClientName),
    /// The machine that the server runs on: processor, memory, network and disk only.
    Host,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is nothing that has figures; write all, host, service:NAME, revision:SERVICE/NUMBER, function:NAME, \
     instance:SERVICE-REVISION-NUMBER, caller:CLIENT or route:MATCH"
)]
pub struct SubjectError(pub String);

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let parse = || match text.split_once(':') {
            None if text == "all" => Some(Subject::All),
            None if text == "host" => Some(Subject::Host),
            Some(("service", name)) => name.parse().ok().map(Subject::Service),
            Some(("revision", name)) => {
                let (service, number) = name.split_once('/')?;
                Some(Subject::Revision(service.parse().ok()?, number.parse().ok()?))
            }
            Some(("function", name)) => name.parse().ok().map(Subject::Function),
            Some(("instance", id)) => id.parse().ok().map(Subject::Instance),
            Some(("caller", name)) => name.parse().ok().map(Subject::Caller),
            Some(("route", matches)) if !matches.is_empty() => Some(Subject::Route(matches.to_owned())),
            _ => None,
        };
        parse().ok_or_else(|| SubjectError(text.to_owned()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::All => f.write_str("all"),
            Subject::Host => f.write_str("host"),
            Subject::Service(name) => write!(f, "service:{name}"),
            Subject::Revision(service, number) => write!(f, "revision:{service}/{number}"),
            Subject::Route(matches) => write!(f, "route:{matches}"),
            Subject::Function(name) => write!(f, "function:{name}"),
            Subject::Instance(id) => write!(f, "instance:{id}"),
            Subject::Caller(name) => write!(f, "caller:{name}"),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(text: String) -> Result<Self, SubjectError> {
        text.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.to_string()
    }
}

/// From `from` on and before `to`, in whole seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: u32,
    pub to: u32,
}

/// One stretch of a subject's life. What was not measured is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// When it begins, in seconds since 1970.
    pub at: u32,
    /// How long it is, in seconds.
    pub seconds: u32,
    pub requests: u64,
    /// Failed by the client's fault.
    pub client_errors: u64,
    /// Failed by the service's fault.
    pub service_errors: u64,
    /// Failed by naru's or the machine's fault.
    pub platform_errors: u64,
    /// Of the response times, in seconds; 0 without requests.
    pub mean_seconds: f64,
    pub p50_seconds: f64,
    pub p95_seconds: f64,
    pub p99_seconds: f64,
    pub apdex: Apdex,
    /// Distinct users over the five minutes that end with it, within 5 %. Not of revisions and instances.
    pub active_users: Option<u64>,
    /// Mean over the stretch.
    pub in_flight: Option<f64>,
    /// Mean over the stretch. Of services and all only.
    pub waiting: Option<f64>,
    /// Ready instances at its end. Of services and all only.
    pub instances: Option<u32>,
    /// Cores used, mean over the stretch. Of services (all of its instances together), instances and the host.
    pub cpu_cores: Option<f64>,
    /// At its end.
    pub memory_bytes: Option<u64>,
    /// Bytes per second: body bytes through the gateway, of the host those of its network interfaces.
    pub received_bytes: f64,
    pub sent_bytes: f64,
    /// Bytes per second. Of services, instances and the host.
    pub disk_read_bytes: Option<f64>,
    pub disk_written_bytes: Option<f64>,
}

/// What the T-Map is drawn of: every transaction by the time it ended and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapQuery {
    pub subject: Subject,
    pub period: Period,
    /// Cells across and up, 1 to 1,000 each.
    pub columns: u32,
    pub rows: u32,
    /// The response time at the upper edge; what took longer is in the row above. `None`: chosen from the data.
    pub top: Option<Duration>,
    /// Up to so many transactions come as dots, more as cells. At most 20,000.
    pub dots: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Map {
    /// Seconds since 1970.
    pub from: u32,
    pub to: u32,
    /// The response time at the upper edge, in seconds.
    pub top_seconds: f64,
    pub transactions: u64,
    pub errors: u64,
    /// When there are few: the end in seconds after `from`, the response time in seconds, and 1 for an error or 0.
    pub dots: Option<Vec<(f64, f32, u8)>>,
    /// When there are many.
    pub cells: Option<Cells>,
}

/// Cells in use only, in any order: column from the left, row from the bottom (`rows` for what is above the top), transactions
/// in it, errors among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cells {
    pub columns: u32,
    pub rows: u32,
    pub used: Vec<(u32, u32, u32, u32)>,
}

/// A rectangle of the T-Map, or any other choice of transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub subject: Subject,
    /// When they ended, from and before, in microseconds since 1970.
    pub from: Timestamp,
    pub to: Timestamp,
    /// The response time, both included.
    pub at_least: Duration,
    pub at_most: Option<Duration>,
    /// Only those that failed by the service's or the platform's fault.
    pub errors: bool,
    pub filter: Filter,
    /// 1 to 1,000.
    pub limit: u32,
}

/// What transactions must be beside what a [`Search`] says. Default: anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub service: Option<ServiceName>,
    pub function: Option<FunctionName>,
    /// By what it matches, as written in the file.
    pub route: Option<String>,
    /// A registered client.
    pub caller: Option<ClientName>,
    /// The address that called.
    pub client: Option<IpAddr>,
    pub status: Option<StatusIs>,
    /// What the path contains, upper and lower case alike.
    pub text: Option<String>,
    pub trace: Option<[u8; 16]>,
}

/// Written `404`, or `5xx` for all of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusIs {
    /// 100 to 599; 0: the client was gone before there was one.
    Code(u16),
    /// 1 to 5.
    Class(u16),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no status; write 404, or 5xx for a class, or 0 for none because the client was gone")]
pub struct StatusError(pub String);

impl FromStr for StatusIs {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        let class = text.strip_suffix("xx").and_then(|class| class.parse().ok());
        let class = class.filter(|class| (1..=5).contains(class)).map(StatusIs::Class);
        let code =
            || text.parse().ok().filter(|code| *code == 0 || (100..600).contains(code)).map(StatusIs::Code);
        class.or_else(code).ok_or_else(|| StatusError(text.to_owned()))
    }
}

impl StatusIs {
    /// Whether a status is of it.
    pub fn has(self, status: u16) -> bool {
        match self {
            StatusIs::Code(code) => status == code,
            StatusIs::Class(class) => status / 100 == class,
        }
    }
}

/// Transactions that were found, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    pub transactions: Vec<Transaction>,
    /// There are more, that ended before the last one given here.
    pub more: bool,
    /// Why there may be more that is older: the larger store could not be asked. In words; not there when nothing is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// One request from its first byte to its last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// When it ended, in microseconds since 1970.
    pub end: Timestamp,
    pub response_seconds: f64,
    /// Of that, waiting for a place or a ready instance.
    pub waiting_seconds: f64,
    /// Of that, from the request sent to the head of the response.
    pub upstream_seconds: f64,
    /// What it matched; empty when nothing did.
    pub route: String,
    pub function: Option<FunctionName>,
    pub service: Option<ServiceName>,
    /// That answered, or was tried last.
    pub instance: Option<InstanceId>,
    /// The registered client that called, if one was recognised.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub caller: Option<ClientName>,
    #[schema(value_type = String)]
    pub client: IpAddr,
    pub method: Method,
    /// 0: the client was gone before there was one.
    pub status: u16,
    pub fault: Fault,
    pub attempts: u8,
    pub received_bytes: u64,
    pub sent_bytes: u64,
    /// Without the query.
    pub path: String,
    /// 32 hexadecimal digits; kept of errors and of what took over 4 T, empty otherwise.
    pub trace_id: String,
}

/// By what calls are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The registered client; empty for calls of nobody known.
    Caller,
    /// The address that called.
    Address,
    Service,
    Function,
    Route,
    Method,
    Status,
    /// Of the day, 0 to 23, in UTC.
    Hour,
}

/// Who calls what, and with what result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyQuery {
    pub subject: Subject,
    pub period: Period,
    /// One to three; calls alike in all of them are added up.
    pub by: Vec<By>,
    pub order: Order,
    /// 1 to 1,000.
    pub limit: u32,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Calls,
    /// By the service's or the platform's fault.
    Errors,
    /// By the client's fault, refusals among them.
    Refusals,
    /// The mean response time.
    Slowest,
    Bytes,
}

/// Calls that were added up, in the order asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    pub rows: Vec<TallyRow>,
    /// How many rows there are in all.
    pub found: u64,
    /// Calls that are in none of them, because there were too many different ones to be told apart.
    pub beyond: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TallyRow {
    /// In the order of `by`.
    pub key: Vec<String>,
    pub calls: u64,
    pub client_errors: u64,
    pub service_errors: u64,
    pub platform_errors: u64,
    pub mean_seconds: f64,
    /// Within 5 %.
    pub p95_seconds: f64,
    pub slowest_seconds: f64,
    pub received_bytes: u64,
    pub sent_bytes: u64,
    /// When the first and the last of them ended.
    pub first: Timestamp,
    pub last: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_class() {
        let has = |text: &str, status| text.parse::<StatusIs>().unwrap().has(status);
        assert!(has("404", 404) && !has("404", 400) && has("4xx", 404) && !has("5xx", 404) && has("0", 0));
        for bad in ["", "40", "6xx", "0xx", "xx", "1000", "-5"] {
            assert!(bad.parse::<StatusIs>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_subject_reads_back_as_it_is_written() {
        for text in [
            "all",
            "host",
            "service:portal",
            "revision:portal/3",
            "function:approval",
            "instance:portal-3-1",
            "caller:mobile-app",
            "route:www.example.go.kr/a:b/**",
        ] {
            assert_eq!(text.parse::<Subject>().map(|subject| subject.to_string()).as_deref(), Ok(text));
        }
        for bad in [
            "",
            "portal",
            "service:",
            "service:Portal",
            "revision:portal",
            "instance:portal",
            "route:",
            "all:x",
        ] {
            assert!(bad.parse::<Subject>().is_err(), "{bad}");
        }
    }
}
