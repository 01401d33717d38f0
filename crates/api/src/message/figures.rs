//! How figures over time, the T-Map and transactions are asked for.

use std::net::IpAddr;
use std::time::Duration;

use naru_model::name::{ClientName, FunctionName, ServiceName};
use naru_model::series::{Filter, MapQuery, Period, Search, Subject};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::traces::trace_id;
use crate::error::Error;

/// The most points of a series in one answer.
pub const MAX_POINTS: u32 = 5_000;
/// The most cells of a T-Map across, and up.
pub const MAX_CELLS: u32 = 1_000;
/// The most transactions of a T-Map that come as dots.
pub const MAX_DOTS: u32 = 20_000;
/// The most transactions in one answer.
pub const MAX_FOUND: u32 = 1_000;
/// What is looked at when `from` is not given, in seconds.
const DEFAULT_PERIOD: u32 = 3_600;
/// The longest stretch of time that may be asked for, in seconds: 400 days.
const MAX_PERIOD: u32 = 400 * 86_400;
/// The longest response time that may be asked for, in seconds: a day.
const MAX_RESPONSE: f64 = 86_400.0;

/// Figures of one subject over time, as telemetry is asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesQuery {
    pub subject: Subject,
    pub period: Period,
    /// At most so many points: each is as long as that needs, and as the store still holds.
    pub points: u32,
}

/// The query of `GET /v1/series`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesParams {
    /// `all`, `host`, `service:NAME`, `revision:SERVICE/NUMBER`, `function:NAME`, `instance:ID` or `route:MATCH`.
    #[serde(default = "all")]
    #[param(value_type = String, required = false, default = "all", example = "service:portal")]
    pub subject: Subject,
    /// In seconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u32>,
    /// In seconds since 1970, not included. Default: now.
    #[serde(default)]
    pub to: Option<u32>,
    /// How many at most.
    #[serde(default = "default_points")]
    #[param(required = false, minimum = 1, maximum = 5000, default = 300)]
    pub points: u32,
}

/// The query of `GET /v1/map`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MapParams {
    /// `all`, `service:NAME`, `revision:SERVICE/NUMBER`, `function:NAME`, `instance:ID` or `route:MATCH`.
    #[serde(default = "all")]
    #[param(value_type = String, required = false, default = "all", example = "function:approval")]
    pub subject: Subject,
    /// In seconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u32>,
    /// In seconds since 1970, not included. Default: now.
    #[serde(default)]
    pub to: Option<u32>,
    /// Cells across.
    #[serde(default = "default_columns")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 200)]
    pub columns: u32,
    /// Cells up.
    #[serde(default = "default_rows")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub rows: u32,
    /// The response time at the upper edge, in seconds, at most 86400. Default: chosen from the data.
    #[serde(default)]
    #[param(example = 2.5)]
    pub top: Option<f64>,
    /// Up to so many transactions come as dots, more as cells.
    #[serde(default = "default_dots")]
    #[param(required = false, minimum = 0, maximum = 20000, default = 5000)]
    pub dots: u32,
}

/// The query of `GET /v1/transactions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionsParams {
    /// `all`, `service:NAME`, `revision:SERVICE/NUMBER`, `function:NAME`, `instance:ID` or `route:MATCH`.
    #[serde(default = "all")]
    #[param(value_type = String, required = false, default = "all", example = "service:portal")]
    pub subject: Subject,
    /// When they ended, in microseconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u64>,
    /// When they ended, in microseconds since 1970, not included. Default: now. Give the last one's `end` for the next page.
    #[serde(default)]
    pub to: Option<u64>,
    /// The shortest response time, in seconds, included.
    #[serde(default)]
    #[param(required = false, default = 0, example = 1.5)]
    pub at_least: f64,
    /// The longest response time, in seconds, included. Default: any.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Only those that failed by the service's or the platform's fault.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub errors: bool,
    /// Of this service.
    #[serde(default)]
    pub service: Option<ServiceName>,
    /// Of this business function.
    #[serde(default)]
    pub function: Option<FunctionName>,
    /// Of this route: what it matches, as written in the file.
    #[serde(default)]
    pub route: Option<String>,
    /// Of this registered client.
    #[serde(default)]
    pub caller: Option<ClientName>,
    /// From this address.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Ipv4)]
    pub client: Option<IpAddr>,
    /// `404`, `5xx` for a class, or `0`: the client was gone before there was one.
    #[serde(default)]
    #[param(example = "5xx", pattern = "^(0|[1-5][0-9][0-9]|[1-5]xx)$")]
    pub status: Option<String>,
    /// What the path contains, upper and lower case alike.
    #[serde(default)]
    pub text: Option<String>,
    /// Of this trace: 32 hexadecimal digits.
    #[serde(default)]
    #[param(pattern = "^[0-9a-fA-F]{32}$")]
    pub trace: Option<String>,
    /// How many at most.
    #[serde(default = "default_found")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
}

fn all() -> Subject {
    Subject::All
}

fn default_points() -> u32 {
    300
}

fn default_columns() -> u32 {
    200
}

fn default_rows() -> u32 {
    100
}

fn default_dots() -> u32 {
    5_000
}

pub(super) fn default_found() -> u32 {
    100
}

/// The last hour of everything.
impl Default for SeriesParams {
    fn default() -> Self {
        SeriesParams { subject: all(), from: None, to: None, points: default_points() }
    }
}

/// The last hour of everything.
impl Default for MapParams {
    fn default() -> Self {
        MapParams {
            subject: all(),
            from: None,
            to: None,
            columns: default_columns(),
            rows: default_rows(),
            top: None,
            dots: default_dots(),
        }
    }
}

/// The latest of the last hour.
impl Default for TransactionsParams {
    fn default() -> Self {
        TransactionsParams {
            subject: all(),
            from: None,
            to: None,
            at_least: 0.0,
            at_most: None,
            errors: false,
            service: None,
            function: None,
            route: None,
            caller: None,
            client: None,
            status: None,
            text: None,
            trace: None,
            limit: default_found(),
        }
    }
}

impl SeriesParams {
    pub(crate) fn query(self, now: Timestamp) -> Result<SeriesQuery, Error> {
        within("points", self.points, 1, MAX_POINTS)?;
        Ok(SeriesQuery {
            subject: self.subject,
            period: period(self.from, self.to, now)?,
            points: self.points,
        })
    }
}

impl MapParams {
    pub(crate) fn query(self, now: Timestamp) -> Result<MapQuery, Error> {
        within("columns", self.columns, 1, MAX_CELLS)?;
        within("rows", self.rows, 1, MAX_CELLS)?;
        within("dots", self.dots, 0, MAX_DOTS)?;
        let top = self.top.map(|top| response_time("top", top)).transpose()?;
        if top.is_some_and(|top| top.is_zero()) {
            return Err(Error::Invalid("top=0 leaves no room; give more, or nothing".to_owned()));
        }
        Ok(MapQuery {
            subject: transactional(self.subject)?,
            period: period(self.from, self.to, now)?,
            columns: self.columns,
            rows: self.rows,
            top,
            dots: self.dots,
        })
    }
}

impl TransactionsParams {
    pub(crate) fn search(self, now: Timestamp) -> Result<Search, Error> {
        within("limit", self.limit, 1, MAX_FOUND)?;
        let (from, to) = micros(self.from, self.to, now)?;
        let at_least = response_time("at_least", self.at_least)?;
        let at_most = self.at_most.map(|most| response_time("at_most", most)).transpose()?;
        if at_most.is_some_and(|most| most < at_least) {
            return Err(Error::Invalid("at_most is less than at_least".to_owned()));
        }
        let refused = |why: naru_model::series::StatusError| Error::Invalid(why.to_string());
        let status = self.status.map(|text| text.parse().map_err(refused));
        Ok(Search {
            subject: transactional(self.subject)?,
            from,
            to,
            at_least,
            at_most,
            errors: self.errors,
            filter: Filter {
                service: self.service,
                function: self.function,
                route: self.route,
                caller: self.caller,
                client: self.client,
                status: status.transpose()?,
                text: self.text.filter(|text| !text.is_empty()),
                trace: self.trace.as_deref().map(trace_id).transpose()?,
            },
            limit: self.limit,
        })
    }
}

pub(super) fn within(name: &str, value: u32, least: u32, most: u32) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::Invalid(format!("{name}={value} is not from {least} to {most}")))
}

/// A stretch of time in microseconds since 1970: the last hour unless given.
pub(super) fn micros(
    from: Option<u64>,
    to: Option<u64>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Error> {
    let to = to.unwrap_or(now.0);
    let from = from.unwrap_or(to.saturating_sub(u64::from(DEFAULT_PERIOD) * 1_000_000));
    if from >= to {
        return Err(Error::Invalid(format!("from={from} is not before to={to}")));
    }
    if to > i64::MAX as u64 {
        return Err(Error::Invalid(format!("to={to} is no time; give microseconds since 1970")));
    }
    Ok((Timestamp(from), Timestamp(to)))
}

pub(super) fn period(from: Option<u32>, to: Option<u32>, now: Timestamp) -> Result<Period, Error> {
    // The second that is under way belongs to it.
    let to = to.unwrap_or_else(|| u32::try_from(now.0 / 1_000_000 + 1).unwrap_or(u32::MAX));
    let from = from.unwrap_or(to.saturating_sub(DEFAULT_PERIOD));
    if from >= to {
        return Err(Error::Invalid(format!(
            "from={from} is not before to={to}; both are seconds since 1970"
        )));
    }
    if to - from > MAX_PERIOD {
        return Err(Error::Invalid(format!(
            "{} days are asked for; at most 400 are kept",
            (to - from) / 86_400
        )));
    }
    Ok(Period { from, to })
}

pub(super) fn response_time(name: &str, seconds: f64) -> Result<Duration, Error> {
    if (0.0..=MAX_RESPONSE).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(Error::Invalid(format!("{name}={seconds} is not from 0 to {MAX_RESPONSE} seconds")))
}

pub(super) fn transactional(subject: Subject) -> Result<Subject, Error> {
    match subject {
        Subject::Host => Err(Error::Invalid("the host has no transactions; ask for all".to_owned())),
        subject => Ok(subject),
    }
}
