//! The operations on metrics as methods of the client.

use naru_model::metric::{MetricName, MetricSeries};

use super::query::Query;
use super::{Client, Error};
use crate::message::{MetricNamesParams, MetricSeriesParams};

impl Client {
    /// What is measured, by owner and name.
    pub async fn metric_names(&self, wanted: &MetricNamesParams) -> Result<Vec<MetricName>, Error> {
        let query = Query::of("/v1/metric-names").with_some("owner", wanted.owner.as_ref());
        self.get_json(&query.with("name", &wanted.name).path()).await
    }

    /// Series over time, by owner and name.
    pub async fn metric_series(&self, wanted: &MetricSeriesParams) -> Result<Vec<MetricSeries>, Error> {
        let query = Query::of("/v1/metrics/series").with_some("owner", wanted.owner.as_ref());
        let query = query.with("name", &wanted.name).with("label", &wanted.label);
        let query = query.with_some("from", wanted.from).with_some("to", wanted.to);
        self.get_json(&query.with("points", wanted.points).path()).await
    }
}
