//! Series of metrics.

use naru_model::metric::{MetricName, MetricQuery, MetricSeries, Owner};

use crate::control::Answer;

/// What services, their JVMs and the machine measure of themselves.
///
/// # Errors
/// None of its own: what is not there is an empty list.
pub trait Metrics: Send + Sync + 'static {
    /// What came in the last hour: of one owner or of all, with a name that has `name` in it.
    fn metric_names(&self, owner: Option<Owner>, name: String) -> Answer<'_, Vec<MetricName>>;

    fn metric_series(&self, query: MetricQuery) -> Answer<'_, Vec<MetricSeries>>;
}
