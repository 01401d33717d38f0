//! How series of metrics are asked for.

use std::collections::BTreeMap;

use naru_model::metric::{MetricQuery, Owner};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::figures::{period, within};
use crate::error::Error;

/// The most points of a series of metrics in one answer.
pub const MAX_METRIC_POINTS: u32 = 2_000;

/// The query of `GET /v1/metric-names`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MetricNamesParams {
    /// `host`, `service:NAME`, `instance:ID`, `function:NAME`, `link:NAME`, `outside:NAME` or `platform`. Default: any.
    #[serde(default)]
    #[param(example = "instance:portal-3-1")]
    pub owner: Option<Owner>,
    /// What names have in them. Default: any.
    #[serde(default)]
    #[param(required = false, example = "jvm.memory")]
    pub name: String,
}

/// The query of `GET /v1/metrics/series`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MetricSeriesParams {
    /// As for `/v1/metric-names`.
    #[serde(default)]
    #[param(example = "instance:portal-3-1")]
    pub owner: Option<Owner>,
    /// The whole name, or the beginning of one before `*`; of a histogram without the last part: all of its series.
    #[param(example = "jvm.memory.used")]
    pub name: String,
    /// What its labels have to say: `NAME=VALUE`, several with commas between them.
    #[serde(default)]
    #[param(required = false, example = "jvm.memory.pool.name=G1 Old Gen")]
    pub label: String,
    /// In seconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u32>,
    /// In seconds since 1970, not included. Default: now.
    #[serde(default)]
    pub to: Option<u32>,
    /// How many of each series at most.
    #[serde(default = "default_points")]
    #[param(required = false, minimum = 1, maximum = 2000, default = 300)]
    pub points: u32,
}

fn default_points() -> u32 {
    300
}

/// The last hour of everything.
impl Default for MetricSeriesParams {
    fn default() -> Self {
        MetricSeriesParams {
            owner: None,
            name: "*".to_owned(),
            label: String::new(),
            from: None,
            to: None,
            points: default_points(),
        }
    }
}

impl MetricSeriesParams {
    pub(crate) fn query(self, now: Timestamp) -> Result<MetricQuery, Error> {
        within("points", self.points, 1, MAX_METRIC_POINTS)?;
        if self.name.is_empty() {
            return Err(Error::Invalid("name is empty; /v1/metric-names lists them, * is any".to_owned()));
        }
        let period = period(self.from, self.to, now)?;
        Ok(MetricQuery {
            owner: self.owner,
            name: self.name,
            labels: labels(&self.label)?,
            period,
            points: self.points,
        })
    }
}

fn labels(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let pairs = text.split(',').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Error::Invalid(format!("label={text} has no =; write NAME=VALUE"))),
    };
    pairs.map(pair).collect()
}
