//! What is asked about alerts, items and silences.

use naru_model::metric::Owner;
use naru_model::watch::{NewItem, NewSilence};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::Told;
use super::figures::within;
use crate::error::Error;

/// The most alerts or notices of one answer.
pub const MAX_ALERTS: u32 = 5_000;
/// The longest name of a figure or metric.
const MAX_FIGURE: usize = 200;
/// Characters of why something is silenced.
const MAX_WHY: usize = 500;
/// A year.
const LONGEST_SILENCE: u32 = 31_536_000;

/// The query of `GET /v1/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertsQuery {
    /// Only those that last (`true`) or are over (`false`).
    #[serde(default)]
    pub open: Option<bool>,
    /// Only those of one owner, as alerts have it.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// How many at most.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 1, maximum = 5000, default = 100)]
    pub limit: u32,
}

/// The query of `GET /v1/notices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticesQuery {
    /// How many at most.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 1, maximum = 5000, default = 100)]
    pub limit: u32,
}

/// The query of `GET /v1/explanation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplanationQuery {
    /// Whose figure it is.
    pub owner: Owner,
    /// One of those that alerts are about, or the name of a metric.
    #[param(min_length = 1, max_length = 200)]
    pub figure: String,
}

/// The query of `GET /v1/forecasts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForecastsQuery {
    /// Only those of one owner.
    #[serde(default)]
    pub owner: Option<Owner>,
}

fn hundred() -> u32 {
    100
}

impl Default for AlertsQuery {
    fn default() -> Self {
        AlertsQuery { open: None, owner: None, limit: hundred() }
    }
}

impl Default for NoticesQuery {
    fn default() -> Self {
        NoticesQuery { limit: hundred() }
    }
}

impl AlertsQuery {
    pub(crate) fn check(self) -> Result<AlertsQuery, Error> {
        within("limit", self.limit, 1, MAX_ALERTS)?;
        Ok(self)
    }
}

impl NoticesQuery {
    pub(crate) fn check(self) -> Result<NoticesQuery, Error> {
        within("limit", self.limit, 1, MAX_ALERTS)?;
        Ok(self)
    }
}

impl ExplanationQuery {
    pub(crate) fn check(self) -> Result<ExplanationQuery, Error> {
        if self.figure.is_empty() || self.figure.len() > MAX_FIGURE {
            return Err(Error::Invalid(format!("a figure's name has 1 to {MAX_FIGURE} bytes")));
        }
        Ok(self)
    }
}

/// Refuses a silence that can't be.
pub(crate) fn check_silence(silence: &NewSilence) -> Result<(), Error> {
    within("seconds", silence.seconds, 1, LONGEST_SILENCE)?;
    if silence.why.trim().is_empty() || silence.why.chars().count() > MAX_WHY {
        return Err(Error::Invalid(format!(
            "why: say in 1 to {MAX_WHY} characters why nobody is to be told"
        )));
    }
    Ok(())
}

impl Told for NewItem {
    fn told(&self) -> String {
        format!("{} of {}", self.when, self.of)
    }

    fn subject(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

impl Told for NewSilence {
    fn told(&self) -> String {
        let item = self.item.as_ref().map(|item| format!(", {item}")).unwrap_or_default();
        format!("for {} s{item}: {}", self.seconds, self.why)
    }

    fn subject(&self) -> Option<String> {
        self.owner.as_ref().map(ToString::to_string)
    }
}
