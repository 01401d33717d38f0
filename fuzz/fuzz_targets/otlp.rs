//! OTLP of each signal, as protobuf, JSON and gzip: whatever comes, there is no panic, and what is handed on is whole records.

#![no_main]

use std::cell::RefCell;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use naru_model::metric::{MetricPoint, MetricValue};
use naru_model::span::{LogRecord, SpanRecord};
use naru_model::units::Timestamp;
use naru_otlp::{Busy, Encoding, Intake, SIGNALS, Sink};

struct Checked;

impl Sink for Checked {
    fn has_service(&self, name: &str) -> bool {
        name.len() < 4
    }

    fn spans(&self, mut batch: &[u8]) -> Result<(), Busy> {
        while !batch.is_empty() {
            let span = SpanRecord::decode(&mut batch).expect("a whole span");
            assert!(span.trace_id != [0; 16] && span.span_id != [0; 8]);
            for json in [span.source.resource, span.attributes, span.events] {
                assert!(
                    json.is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok(),
                    "{json}"
                );
            }
        }
        Ok(())
    }

    fn logs(&self, mut batch: &[u8]) -> Result<(), Busy> {
        while !batch.is_empty() {
            LogRecord::decode(&mut batch).expect("a whole log line");
        }
        Ok(())
    }

    fn metrics(&self, points: Vec<MetricPoint>) -> Result<(), Busy> {
        for point in points {
            if let MetricValue::Histogram { bounds, counts, .. } = point.value {
                assert_eq!(counts.len(), bounds.len() + 1);
            }
        }
        Ok(())
    }
}

thread_local! {
    static INTAKE: RefCell<Intake> = RefCell::new(Intake::new(Arc::new(Checked), Arc::default()));
}

fuzz_target!(|input: &[u8]| {
    INTAKE.with_borrow_mut(|intake| {
        for signal in SIGNALS {
            for (encoding, packed) in
                [(Encoding::Protobuf, false), (Encoding::Protobuf, true), (Encoding::Json, false)]
            {
                // It may well be refused.
                let _ = intake.take(signal, encoding, packed, input, Timestamp(1));
            }
        }
    });
});
