//! ExportMetricsServiceRequest into points.
//!
//! Field numbers are those of opentelemetry/proto/metrics/v1/metrics.proto. Exemplars, minima and maxima are not kept.

use std::collections::BTreeMap;

use naru_model::metric::{MetricPoint, MetricValue, Owner, SeriesKey};
use naru_model::units::Timestamp;

use super::points::{self, Kind, Summary};
use super::protobuf::{Fields, Malformed, Wire, each, last, text};
use super::resource::{Resource, each_record};
use super::value::{Any, pair};
use super::{Refused, micros};
use crate::sink::Sink;

/// More labels of one series are left out.
const MAX_LABELS: usize = 32;
/// Longer names and values of labels are cut here, in bytes.
const MAX_LABEL: usize = 256;
/// A longer name of a metric is refused.
const MAX_NAME: usize = 255;

/// Reads requests of metrics.
#[derive(Default)]
pub(crate) struct Metrics {
    resource: Resource,
}

/// What a metric's points share.
struct Metric<'a> {
    name: &'a str,
    unit: &'a str,
    owner: &'a Owner,
    /// What tells this process from others of the same owner.
    stranger: Option<&'a str>,
    now: Timestamp,
}

impl Metrics {
    /// Reads a request at `now`; `done` is told after each data point and may take what there is.
    pub(crate) fn read(
        &mut self,
        request: &[u8],
        sink: &dyn Sink,
        now: Timestamp,
        into: &mut Vec<MetricPoint>,
        mut done: impl FnMut(&mut Vec<MetricPoint>, u64),
    ) -> Result<Refused, Malformed> {
        let mut refused = Refused::default();
        each_record(request, &mut self.resource, sink, |resource, _, message| {
            let (name, unit) = (text(last(message, 1)?)?, text(last(message, 3)?)?);
            let (owner, stranger) = (resource.owner(sink), resource.stranger());
            let metric = Metric { name, unit, owner: &owner, stranger, now };
            metric.read(message, into, &mut refused, &mut done)
        })?;
        Ok(refused)
    }
}

impl Metric<'_> {
    fn read(
        &self,
        message: &[u8],
        into: &mut Vec<MetricPoint>,
        refused: &mut Refused,
        done: &mut impl FnMut(&mut Vec<MetricPoint>, u64),
    ) -> Result<(), Malformed> {
        for field in Fields(message) {
            let (number, Wire::Bytes(data)) = field? else { continue };
            let Some(kind) = Kind::of(number, data)? else { continue };
            for point in each(data, 1) {
                let point = point?;
                if self.name.is_empty() || self.name.len() > MAX_NAME {
                    refused.add(1, "a metric has no name, or one of more than 255 bytes");
                    continue;
                }
                if points::says_nothing(point, kind)? {
                    continue;
                }
                match self.point(point, kind, into)? {
                    Ok(()) => done(into, 1),
                    Err(why) => refused.add(1, why),
                }
            }
        }
        Ok(())
    }

    fn point(
        &self,
        message: &[u8],
        kind: Kind,
        into: &mut Vec<MetricPoint>,
    ) -> Result<Result<(), &'static str>, Malformed> {
        let (mut at, mut since) = (0, 0);
        // Start and time have the same numbers in all kinds of points.
        for field in Fields(message) {
            match field? {
                (2, Wire::Fixed64(nanos)) => since = nanos,
                (3, Wire::Fixed64(nanos)) => at = nanos,
                _ => {}
            }
        }
        let at = if at == 0 { self.now } else { micros(at) };
        let since = micros(since);
        let mut labels = BTreeMap::new();
        if let Some(stranger) = self.stranger {
            labels.insert("service.instance.id".to_owned(), stranger.to_owned());
        }
        for attribute in each(message, kind.attributes()) {
            let (key, value) = pair(attribute?)?;
            if labels.len() < MAX_LABELS {
                labels.insert(cut(key).to_owned(), label(value)?);
            }
        }
        let key = SeriesKey { owner: self.owner.clone(), name: self.name.to_owned(), labels };
        let mut put = |key: SeriesKey, value| {
            into.push(MetricPoint { key, unit: cut(self.unit).to_owned(), at, value });
        };
        if let Kind::Summary = kind {
            let Summary { count, sum, quantiles } = points::summary(message)?;
            for (quantile, value) in quantiles {
                let mut key = key.clone();
                key.labels.insert("quantile".to_owned(), quantile.to_string());
                put(key, MetricValue::Gauge(value));
            }
            let (bounds, counts) = (Vec::new(), vec![count]);
            put(key, MetricValue::Histogram { since, cumulative: true, count, sum, bounds, counts });
            return Ok(Ok(()));
        }
        match points::value(message, kind, since)? {
            Ok(value) => put(key, value),
            Err(why) => return Ok(Err(why)),
        }
        Ok(Ok(()))
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_LABEL)]
}

fn label(value: Any<'_>) -> Result<String, Malformed> {
    let mut label = String::new();
    match value {
        Any::Text(text) => label.push_str(cut(text)),
        other => other.show(&mut label)?,
    }
    label.truncate(label.floor_char_boundary(MAX_LABEL));
    Ok(label)
}
