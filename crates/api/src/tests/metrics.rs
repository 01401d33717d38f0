//! Series of metrics.

use naru_model::metric::{MetricName, MetricQuery, MetricSample, MetricSeries, Owner};

use super::Served;
use super::fake::Fake;
use crate::control::Answer;
use crate::message::{MetricNamesParams, MetricSeriesParams};
use crate::seam::metrics::Metrics;

impl Metrics for Fake {
    fn metric_names(&self, owner: Option<Owner>, name: String) -> Answer<'_, Vec<MetricName>> {
        let owner = owner.unwrap_or(Owner::Host);
        let last = naru_model::units::Timestamp(7);
        self.done(Ok(vec![MetricName { owner, name, unit: "By".to_owned(), series: 2, last }]))
    }

    fn metric_series(&self, query: MetricQuery) -> Answer<'_, Vec<MetricSeries>> {
        let point = MetricSample {
            at: query.period.from,
            seconds: query.period.to - query.period.from,
            mean: f64::from(query.points),
            min: 1.0,
            max: 2.0,
        };
        self.done(Ok(vec![MetricSeries {
            owner: query.owner.unwrap_or(Owner::Host),
            name: query.name,
            unit: "By".to_owned(),
            labels: query.labels,
            rate: false,
            points: vec![point],
        }]))
    }
}

#[tokio::test]
async fn names_and_series_are_asked_for_by_owner_name_and_label() {
    let served = Served::start().await;
    let client = served.local();
    let owner: Option<Owner> = "instance:booking-3-1".parse().ok();
    let named = MetricNamesParams { owner: owner.clone(), name: "jvm.".to_owned() };
    let names = client.metric_names(&named).await.unwrap();
    assert_eq!(
        (names[0].owner.to_string().as_str(), names[0].name.as_str()),
        ("instance:booking-3-1", "jvm.")
    );
    let wanted = MetricSeriesParams {
        owner,
        name: "jvm.memory.used".to_owned(),
        label: "jvm.memory.type=heap,pool=G1 Old Gen".to_owned(),
        from: Some(100),
        to: Some(700),
        points: 60,
    };
    let series = client.metric_series(&wanted).await.unwrap();
    let labels: Vec<(&str, &str)> =
        series[0].labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("jvm.memory.type", "heap"), ("pool", "G1 Old Gen")]);
    assert_eq!(
        (series[0].points[0].at, series[0].points[0].seconds, series[0].points[0].mean),
        (100, 600, 60.0)
    );
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_with_what_would_be_right() {
    let served = Served::start().await;
    for (query, status, word) in [
        ("name=x&points=2001", 422, "from 1 to 2000"),
        ("name=x&label=pool", 422, "NAME=VALUE"),
        ("name=", 422, "/v1/metric-names"),
        ("", 400, "name"),
        ("name=x&owner=portal", 400, "owns no series"),
    ] {
        let answer = served.get(&format!("/v1/metrics/series?{query}")).await;
        let (found, detail) = answer.problem();
        assert_eq!(found, status, "{query}: {detail}");
        assert!(detail.contains(word), "{query}: {detail}");
    }
}
