//! How traces, log lines and the map of services are asked for.

use naru_model::instance::InstanceId;
use naru_model::series::Period;
use naru_model::span::Work;
use naru_model::trace::{LogSearch, TraceSearch};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::figures::{MAX_FOUND, default_found, micros, response_time, within};
use crate::error::Error;

/// The query of `GET /v1/traces`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TracesParams {
    /// When a span of it began, in microseconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u64>,
    /// In microseconds since 1970, not included. Default: now. Give the last one's `start` for the next page.
    #[serde(default)]
    pub to: Option<u64>,
    /// The service of such a span: its name in naru.yaml, or what it calls itself.
    #[serde(default)]
    #[param(example = "portal")]
    pub service: Option<String>,
    /// What its name or detail (a statement, a route, a destination) contains, upper and lower case alike.
    #[serde(default)]
    #[param(example = "select")]
    pub text: Option<String>,
    /// An attribute of it or of its source, as `KEY=VALUE`.
    #[serde(default)]
    #[param(example = "user.id=7", pattern = "^[^=]+=.*$")]
    pub attribute: Option<String>,
    /// What it was for.
    #[serde(default)]
    #[param(inline)]
    pub work: Option<Work>,
    /// Only with one that failed.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub errors: bool,
    /// The least that the whole trace took, in seconds.
    #[serde(default)]
    #[param(required = false, default = 0, example = 1.5)]
    pub at_least: f64,
    /// How many at most.
    #[serde(default = "default_found")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
}

/// The query of `GET /v1/log-lines`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogLinesParams {
    /// In microseconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u64>,
    /// In microseconds since 1970, not included. Default: now. Give the last one's `at` for the next page.
    #[serde(default)]
    pub to: Option<u64>,
    /// Its name in naru.yaml, or what it calls itself.
    #[serde(default)]
    #[param(example = "portal")]
    pub service: Option<String>,
    /// `SERVICE-REVISION-NUMBER`.
    #[serde(default)]
    #[param(example = "portal-3-1")]
    pub instance: Option<InstanceId>,
    /// 32 hexadecimal digits.
    #[serde(default)]
    #[param(pattern = "^[0-9a-fA-F]{32}$")]
    pub trace: Option<String>,
    /// The least: 1 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal; 0 any.
    #[serde(default)]
    #[param(required = false, minimum = 0, maximum = 24, default = 0)]
    pub severity: u8,
    /// What the line contains, upper and lower case alike.
    #[serde(default)]
    pub text: Option<String>,
    /// How many at most.
    #[serde(default = "default_found")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
}

/// The query of `GET /v1/service-map`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ServiceMapParams {
    /// In microseconds since 1970; the whole minute counts. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u64>,
    /// In microseconds since 1970; the whole minute counts. Default: now.
    #[serde(default)]
    pub to: Option<u64>,
}

/// The latest of the last hour.
impl Default for TracesParams {
    fn default() -> Self {
        TracesParams {
            from: None,
            to: None,
            service: None,
            text: None,
            attribute: None,
            work: None,
            errors: false,
            at_least: 0.0,
            limit: default_found(),
        }
    }
}

/// The latest of the last hour.
impl Default for LogLinesParams {
    fn default() -> Self {
        LogLinesParams {
            from: None,
            to: None,
            service: None,
            instance: None,
            trace: None,
            severity: 0,
            text: None,
            limit: default_found(),
        }
    }
}

impl TracesParams {
    pub(crate) fn search(self, now: Timestamp) -> Result<TraceSearch, Error> {
        within("limit", self.limit, 1, MAX_FOUND)?;
        let (from, to) = micros(self.from, self.to, now)?;
        let attribute = self.attribute.map(|text| match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(Error::Invalid(format!("attribute={text} is no attribute; write KEY=VALUE"))),
        });
        Ok(TraceSearch {
            from,
            to,
            service: self.service,
            text: self.text.filter(|text| !text.is_empty()),
            attribute: attribute.transpose()?,
            work: self.work,
            errors: self.errors,
            at_least_us: response_time("at_least", self.at_least)?.as_micros() as u64,
            limit: self.limit,
        })
    }
}

impl LogLinesParams {
    pub(crate) fn search(self, now: Timestamp) -> Result<LogSearch, Error> {
        within("limit", self.limit, 1, MAX_FOUND)?;
        within("severity", self.severity.into(), 0, 24)?;
        let (from, to) = micros(self.from, self.to, now)?;
        if let Some(trace) = &self.trace {
            trace_id(trace)?;
        }
        Ok(LogSearch {
            from,
            to,
            service: self.service,
            instance: self.instance.map(|instance| instance.to_string()),
            trace_id: self.trace,
            severity: self.severity,
            text: self.text.filter(|text| !text.is_empty()),
            limit: self.limit,
        })
    }
}

impl ServiceMapParams {
    pub(crate) fn period(self, now: Timestamp) -> Result<Period, Error> {
        let (from, to) = micros(self.from, self.to, now)?;
        let second = |at: u64| u32::try_from(at / 1_000_000).unwrap_or(u32::MAX);
        super::figures::period(Some(second(from.0)), Some(second(to.0 + 999_999)), now)
    }
}

/// Reads 32 hexadecimal digits.
pub(crate) fn trace_id(text: &str) -> Result<[u8; 16], Error> {
    let is_one = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let read = is_one.then(|| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)).flatten();
    read.ok_or_else(|| Error::Invalid(format!("{text:?} is no trace id: 32 hexadecimal digits")))
}
