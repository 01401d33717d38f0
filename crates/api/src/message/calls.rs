//! How a summary of calls is asked for.

use naru_model::series::Period;
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::Format;
use super::figures::period;
use crate::error::Error;

/// The query of `GET /v1/calls`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CallsParams {
    /// Seconds since 1970, included; the ten minutes in which it lies are counted whole. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u32>,
    /// Seconds since 1970, not included; as `from`. Default: now.
    #[serde(default)]
    pub to: Option<u32>,
    /// As JSON, or as one table for a spreadsheet.
    #[serde(default)]
    #[param(required = false, inline)]
    pub format: Format,
}

impl CallsParams {
    pub(crate) fn period(&self, now: Timestamp) -> Result<Period, Error> {
        period(self.from, self.to, now)
    }
}
