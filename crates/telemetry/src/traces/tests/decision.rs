//! What is decided on traces: kept whole or not at all, whatever the order in which their spans come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use naru_model::span::{LogRecord, SpanKind, SpanRecord};
use naru_model::units::Timestamp;
use proptest::prelude::*;

use super::START;
use crate::trace_ids::TraceIds;
use crate::traces::collector::{Collector, Limits};

fn collector(limits: Limits) -> (Collector, Arc<TraceIds>) {
    let ids = Arc::new(TraceIds::default());
    ids.begin();
    (Collector::new(limits, ids.clone(), START), ids)
}

/// Nothing is in the fair sample but one of 4,096.
fn poor() -> Limits {
    Limits { traces_per_day: 0, logs_per_day: 0, ..Limits::default() }
}

/// So many seconds after the start.
fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn span(trace: u16, number: u16, error: bool) -> Vec<u8> {
    let mut trace_id = [7; 16];
    trace_id[..2].copy_from_slice(&trace.to_le_bytes());
    let mut span_id = [1; 8];
    span_id[..2].copy_from_slice(&number.to_le_bytes());
    let mut batch = Vec::new();
    let kind = SpanKind::Internal;
    SpanRecord { trace_id, span_id, parent_id: [3; 8], error, kind, start: START, ..SpanRecord::default() }
        .encode(&mut batch);
    batch
}

fn kept(collector: &Collector, trace: u16) -> usize {
    let mut trace_id = [7; 16];
    trace_id[..2].copy_from_slice(&trace.to_le_bytes());
    collector.held.trace(&trace_id).count()
}

proptest! {
    /// Spans of traces come in any order, mixed, with failures anywhere: of each trace all spans are kept, or none; and all of
    /// those that have a failure.
    #[test]
    fn a_trace_is_kept_whole_or_not_at_all(
        spans in proptest::collection::vec((0u16..40, proptest::bool::weighted(0.05)), 1..400),
        waiting in 1usize..20_000,
    ) {
        // What waits is bounded so that many are decided on before they are complete.
        let (mut collector, _) = collector(Limits { waiting, ..poor() });
        let early = waiting > 10_000;
        let mut sent: BTreeMap<u16, (usize, bool)> = BTreeMap::new();
        for (number, (trace, error)) in spans.iter().enumerate() {
            let now = Timestamp(after(1_001).0 + number as u64 * 20_000);
            collector.take_spans(&span(*trace, number as u16, *error), now);
            let (count, failed) = sent.entry(*trace).or_default();
            *count += 1;
            *failed |= *error;
            if early && number % 7 == 0 {
                collector.decide(now);
            }
        }
        collector.decide(after(2_000));
        for (trace, (count, failed)) in sent {
            let found = kept(&collector, trace);
            prop_assert!(found == 0 || found == count, "{found} of {count} spans of trace {trace} are kept");
            // What was let go before it failed is gone.
            prop_assert!(!failed || early || found == count, "trace {trace} failed and {found} of {count} are kept");
        }
    }

    #[test]
    fn garbage_never_panics(batch in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (mut collector, _) = collector(Limits::default());
        collector.take_spans(&batch, START);
        collector.take_lines(&batch, START);
        collector.decide(after(60));
    }
}

#[test]
fn what_the_gateway_marked_is_kept_and_what_comes_late_follows() {
    let (mut collector, ids) = collector(poor());
    let ordinary = (1..2_000).find(|trace| {
        collector.take_spans(&span(*trace, 1, false), after(1_001));
        let decided = collector.decide(after(1_100));
        !decided.iter().any(|decided| decided.kept)
    });
    let ordinary = ordinary.unwrap();
    assert_eq!(kept(&collector, ordinary), 0);
    // Late, and failed: but what it belongs to is gone, and half a trace is none.
    collector.take_spans(&span(ordinary, 2, false), after(1_101));
    collector.decide(after(1_200));
    assert_eq!(kept(&collector, ordinary), 0);

    let mut marked = [7; 16];
    marked[..2].copy_from_slice(&3_000u16.to_le_bytes());
    ids.mark(&marked);
    collector.take_spans(&span(3_000, 1, false), after(1_201));
    collector.decide(after(1_300));
    collector.take_spans(&span(3_000, 2, false), after(1_301));
    collector.decide(after(1_400));
    assert_eq!(kept(&collector, 3_000), 2);
    assert!(ids.is_kept(&marked));
}

#[test]
fn a_trace_that_does_not_end_is_decided_on_and_goes_on() {
    let (mut collector, _) = collector(Limits::default());
    for second in 0..300u16 {
        collector.take_spans(&span(1, second, second == 0), after(second.into()));
        collector.decide(after(second.into()));
    }
    assert!(kept(&collector, 1) > 100, "{}", kept(&collector, 1));
    collector.decide(after(400));
    assert_eq!((kept(&collector, 1), collector.waiting_size()), (300, 0));
    assert_eq!((collector.counts.traces_kept, collector.counts.spans_kept), (1, 300));
}

#[test]
fn lines_that_warn_are_kept_at_once_and_others_go_with_their_trace() {
    let (mut collector, _) = collector(poor());
    let line = |trace_id: [u8; 16], severity| {
        let mut batch = Vec::new();
        LogRecord { trace_id, severity, body: "x", at: START, ..LogRecord::default() }.encode(&mut batch);
        batch
    };
    let mut failed = [7; 16];
    failed[..2].copy_from_slice(&4_000u16.to_le_bytes());
    let now = after(1_001);
    collector.take_lines(&line([9; 16], 13), now);
    assert_eq!(collector.held.lines().count(), 1);
    collector.take_lines(&line([9; 16], 9), now);
    collector.take_lines(&line([0; 16], 9), now);
    collector.take_lines(&line(failed, 9), now);
    collector.take_spans(&span(4_000, 1, true), now);
    collector.decide(after(1_100));
    assert_eq!(collector.held.lines().count(), 2);
    assert_eq!((collector.counts.lines_kept, collector.counts.lines_sampled_out), (2, 2));
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let (mut collector, _) = collector(Limits { waiting: 100_000, ..poor() });
    for trace in 0..5_000 {
        collector.take_spans(&span(trace, 1, false), START);
        collector.decide(START);
        assert!(collector.waiting_size() <= 100_000 + 1_000);
    }
}
