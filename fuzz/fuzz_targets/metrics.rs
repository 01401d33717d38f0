//! A page of metrics: no panic; what is read has no more than its bounds, and every histogram one count more than bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_model::metric::{MetricValue, Owner};
use naru_model::units::Timestamp;
use naru_scrape::page::{Format, MAX_LABELS, MAX_SAMPLES, read};
use naru_scrape::points::points;

fuzz_target!(|input: &str| {
    for format in [Format::Text, Format::OpenMetrics] {
        let Ok(page) = read(input, format) else { continue };
        assert!(page.samples.len() <= MAX_SAMPLES);
        assert!(page.samples.iter().all(|sample| sample.labels.len() <= MAX_LABELS));
        for point in points(&page, &Owner::Host, Timestamp(1_790_000_000_000_000)) {
            if let MetricValue::Histogram { bounds, counts, .. } = point.value {
                assert_eq!(counts.len(), bounds.len() + 1);
                assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
});
