//! Series of metrics for the API.

use naru_api::control::Answer;
use naru_api::seam::metrics::Metrics;
use naru_model::metric::{MetricName, MetricQuery, MetricSeries, Owner};

use super::Door;

impl Metrics for Door {
    fn metric_names(&self, owner: Option<Owner>, name: String) -> Answer<'_, Vec<MetricName>> {
        Box::pin(self.seen(move |telemetry, _| telemetry.metric_names(owner.as_ref(), &name)))
    }

    fn metric_series(&self, query: MetricQuery) -> Answer<'_, Vec<MetricSeries>> {
        Box::pin(self.seen(move |telemetry, _| telemetry.metrics(&query)))
    }
}
