//! Makes points of a page.
//!
//! A counter keeps the name it has on the page (`http_requests_total`), a histogram has its family's, a summary's sum and count
//! are totals and its quantiles gauges. What is no number (NaN, infinite) is left out: a summary without values says so.

use std::collections::{BTreeMap, HashMap};

use naru_model::metric::{MetricPoint, MetricValue, Owner, SeriesKey};
use naru_model::units::Timestamp;

use crate::page::{Family, Kind, Page, Sample};

/// The points of a page, as of `now` where it says no time itself.
pub fn points(page: &Page, owner: &Owner, now: Timestamp) -> Vec<MetricPoint> {
    let mut points = Vec::new();
    let mut histograms: HashMap<(String, Labels), Buckets> = HashMap::new();
    let mut created: HashMap<(String, Labels), Timestamp> = HashMap::new();
    let mut counted: Vec<(String, MetricPoint)> = Vec::new();
    for sample in &page.samples {
        let (family, of, part) = family_of(page, &sample.name);
        if part == Part::Created {
            created.insert((family.to_owned(), labels(sample, None)), since(sample.value));
            continue;
        }
        let kind = of.map_or(Kind::Unknown, |of| of.kind);
        if kind == Kind::Histogram && part != Part::Whole {
            let key = (family.to_owned(), labels(sample, Some("le")));
            histograms.entry(key).or_insert_with(|| Buckets::new(now)).take(part, sample);
            continue;
        }
        if !sample.value.is_finite() || kind == Kind::Info {
            continue;
        }
        let key = SeriesKey { owner: owner.clone(), name: sample.name.clone(), labels: labels(sample, None) };
        let (unit, at) = (unit(family, of, part), sample.at.unwrap_or(now));
        let is_total = kind == Kind::Counter || (kind == Kind::Summary && part != Part::Whole);
        if is_total {
            let value = MetricValue::Total { since: Timestamp(0), value: sample.value, monotonic: true };
            counted.push((family.to_owned(), MetricPoint { key, unit, at, value }));
        } else {
            points.push(MetricPoint { key, unit, at, value: MetricValue::Gauge(sample.value) });
        }
    }
    for (family, mut point) in counted {
        if let MetricValue::Total { since, .. } = &mut point.value {
            let told = created.get(&(family, point.key.labels.clone()));
            *since = told.copied().unwrap_or_default();
        }
        points.push(point);
    }
    for ((family, labels), buckets) in histograms {
        let since = created.get(&(family.clone(), labels.clone())).copied().unwrap_or_default();
        let of = page.families.get(&family);
        let unit = unit(&family, of, Part::Sum);
        let at = buckets.at;
        let key = SeriesKey { owner: owner.clone(), name: family, labels };
        points.extend(buckets.into_value(since).map(|value| MetricPoint { key, unit, at, value }));
    }
    points
}

type Labels = BTreeMap<String, String>;

fn labels(sample: &Sample, but: Option<&str>) -> Labels {
    sample.labels.iter().filter(|(name, _)| Some(name.as_str()) != but).cloned().collect()
}

/// What a sample is of its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Bucket,
    Sum,
    Count,
    Created,
}

/// The family that a sample belongs to, by its name: its own, or what it is without its ending.
fn family_of<'p>(page: &'p Page, name: &'p str) -> (&'p str, Option<&'p Family>, Part) {
    if let Some(family) = page.families.get(name) {
        return (name, Some(family), Part::Whole);
    }
    let endings = [
        ("_total", Part::Whole),
        ("_bucket", Part::Bucket),
        ("_sum", Part::Sum),
        ("_count", Part::Count),
        ("_created", Part::Created),
    ];
    for (ending, part) in endings {
        let Some(family) = name.strip_suffix(ending) else { continue };
        // Text has the whole name where OpenMetrics has it without its ending.
        let total = format!("{family}_total");
        if let Some(of) = page.families.get(family) {
            return (family, Some(of), part);
        }
        if part == Part::Created
            && let Some((total, of)) = page.families.get_key_value(&total)
        {
            return (total, Some(of), part);
        }
    }
    (name, None, Part::Whole)
}

/// In UCUM: as the page says, or as names end by convention.
/// Source: Prometheus, "Metric and label naming", "Base units".
fn unit(family: &str, of: Option<&Family>, part: Part) -> String {
    if part == Part::Count {
        return "1".to_owned();
    }
    let said = of.map_or("", |of| of.unit.as_str());
    let name = family.strip_suffix("_total").unwrap_or(family);
    let word = if said.is_empty() { name.rsplit('_').next().unwrap_or_default() } else { said };
    match word {
        "seconds" => "s",
        "bytes" => "By",
        "ratio" => "1",
        "percent" => "%",
        "celsius" => "Cel",
        "meters" => "m",
        "volts" => "V",
        "amperes" => "A",
        "joules" => "J",
        "grams" => "g",
        _ => said,
    }
    .to_owned()
}

fn since(seconds: f64) -> Timestamp {
    if (0.0..1e12).contains(&seconds) { Timestamp((seconds * 1e6) as u64) } else { Timestamp(0) }
}

/// A histogram as it comes: each bucket holds those below it as well.
struct Buckets {
    at: Timestamp,
    /// Upper bounds and counts.
    buckets: Vec<(f64, f64)>,
    sum: f64,
    count: Option<f64>,
}

impl Buckets {
    fn new(now: Timestamp) -> Buckets {
        Buckets { at: now, buckets: Vec::new(), sum: 0.0, count: None }
    }

    fn take(&mut self, part: Part, sample: &Sample) {
        self.at = sample.at.unwrap_or(self.at);
        match part {
            Part::Bucket => {
                let bound = sample.labels.iter().find(|(name, _)| name == "le");
                let bound = bound.and_then(|(_, bound)| bound.parse::<f64>().ok());
                self.buckets.extend(bound.map(|bound| (bound, sample.value)));
            }
            Part::Sum => self.sum = sample.value,
            Part::Count => self.count = Some(sample.value),
            Part::Whole | Part::Created => {}
        }
    }

    /// [`None`]: it contradicts itself.
    fn into_value(mut self, since: Timestamp) -> Option<MetricValue> {
        self.buckets.retain(|(bound, count)| !bound.is_nan() && *count >= 0.0);
        self.buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        self.buckets.dedup_by(|(a, _), (b, _)| a == b);
        let all = self.count.or(self.buckets.last().map(|(_, count)| *count))?;
        let finite: Vec<(f64, f64)> =
            self.buckets.into_iter().filter(|(bound, _)| bound.is_finite()).collect();
        let mut below = 0.0;
        let mut counts: Vec<u64> = Vec::with_capacity(finite.len() + 1);
        for (_, count) in &finite {
            counts.push((count - below).max(0.0) as u64);
            below = count.max(below);
        }
        counts.push((all - below).max(0.0) as u64);
        let bounds = finite.into_iter().map(|(bound, _)| bound).collect();
        (all >= 0.0 && self.sum.is_finite()).then_some(MetricValue::Histogram {
            since,
            cumulative: true,
            count: all as u64,
            sum: self.sum,
            bounds,
            counts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Format, read};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

    fn of(text: &str, format: Format) -> Vec<MetricPoint> {
        let mut points = points(&read(text, format).unwrap(), &Owner::Host, NOW);
        points.sort_by(|a, b| a.key.cmp(&b.key));
        points
    }

    #[test]
    fn micrometers_page_becomes_points_of_each_kind() {
        let text = "# TYPE jvm_memory_used_bytes gauge\n\
            jvm_memory_used_bytes{area=\"heap\",id=\"G1 Old Gen\",} 1.2E7\n\
            # TYPE jvm_gc_pause_seconds summary\n\
            jvm_gc_pause_seconds_count{action=\"end of minor GC\",} 3.0\n\
            jvm_gc_pause_seconds_sum{action=\"end of minor GC\",} 0.021\n\
            jvm_gc_pause_seconds{quantile=\"0.5\",} NaN\n\
            # TYPE http_requests_total counter\n\
            http_requests_total 8\n\
            untold 3\n";
        let points = of(text, Format::Text);
        let told: Vec<(&str, &str)> =
            points.iter().map(|point| (point.key.name.as_str(), point.unit.as_str())).collect();
        assert_eq!(
            told,
            [
                ("http_requests_total", ""),
                ("jvm_gc_pause_seconds_count", "1"),
                ("jvm_gc_pause_seconds_sum", "s"),
                ("jvm_memory_used_bytes", "By"),
                ("untold", ""),
            ]
        );
        let since = Timestamp(0);
        assert_eq!(points[0].value, MetricValue::Total { since, value: 8.0, monotonic: true });
        assert_eq!(points[2].value, MetricValue::Total { since, value: 0.021, monotonic: true });
        assert_eq!((&points[3].value, points[3].at), (&MetricValue::Gauge(1.2e7), NOW));
    }

    #[test]
    fn what_was_created_says_since_when_it_is_counted() {
        let text = "# TYPE jobs counter\njobs_total{kind=\"a\"} 5\njobs_created{kind=\"a\"} 1789999999.5\njobs_total{kind=\"b\"} 6\n# EOF\n";
        let points = of(text, Format::OpenMetrics);
        let since = |point: &MetricPoint| match point.value {
            MetricValue::Total { since, .. } => since.0,
            _ => 1,
        };
        assert_eq!(points.iter().map(since).collect::<Vec<_>>(), [1_789_999_999_500_000, 0]);
        // prometheus_client writes text so: the family with its ending, and created as a gauge of its own.
        let text =
            "# TYPE jobs_total counter\njobs_total 5\n# TYPE jobs_created gauge\njobs_created 1789999999.5\n";
        assert_eq!(of(text, Format::Text).len(), 2);
    }

    #[test]
    fn a_histograms_buckets_are_taken_apart() {
        let text = "# TYPE t_seconds histogram\nt_seconds_bucket{le=\"0.1\",p=\"x\"} 2\nt_seconds_bucket{le=\"+Inf\",p=\"x\"} 9\n\
            t_seconds_bucket{le=\"1\",p=\"x\"} 7\nt_seconds_sum{p=\"x\"} 4.5\nt_seconds_count{p=\"x\"} 9\n";
        let points = of(text, Format::Text);
        assert_eq!(points.len(), 1);
        assert_eq!(
            (points[0].key.name.as_str(), points[0].key.labels["p"].as_str(), points[0].unit.as_str()),
            ("t_seconds", "x", "s")
        );
        let expected = MetricValue::Histogram {
            since: Timestamp(0),
            cumulative: true,
            count: 9,
            sum: 4.5,
            bounds: vec![0.1, 1.0],
            counts: vec![2, 5, 2],
        };
        assert_eq!(points[0].value, expected);
    }

    proptest! {
        #[test]
        fn a_histogram_has_a_count_more_than_bounds_and_they_add_up(
            buckets in proptest::collection::vec((any::<f64>(), 0u32..1000), 0..30),
        ) {
            let mut text = "# TYPE t histogram\n".to_owned();
            let mut all = 0;
            for (bound, count) in &buckets {
                all += count;
                text.push_str(&format!("t_bucket{{le=\"{bound}\"}} {count}\n"));
            }
            text.push_str(&format!("t_count {all}\nt_sum 1\n"));
            for point in points(&read(&text, Format::Text).unwrap(), &Owner::Host, NOW) {
                let MetricValue::Histogram { count, bounds, counts, .. } = point.value else { continue };
                prop_assert_eq!(counts.len(), bounds.len() + 1);
                prop_assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert_eq!(count, u64::from(all));
            }
        }
    }
}
