use futures_util::FutureExt;
use naru_model::record::{FIXED_LEN, RequestRecord};
use naru_model::snapshot::RouteId;
use naru_testkit::record::answered;

use super::*;

fn record(number: u32) -> RequestRecord<'static> {
    RequestRecord { route: RouteId(number), ..answered() }
}

#[test]
fn what_a_thread_records_is_fetched_once_and_in_order() {
    let records = Records::new(2);
    let reporter = records.reporter(1);
    (0..3).for_each(|i| reporter.record(&record(i), None));
    let mut batch = Vec::new();
    records.fetch(0, &mut batch);
    assert!(batch.is_empty());
    records.fetch(1, &mut batch);
    let mut rest = batch.as_slice();
    let routes: Vec<_> = (0..3).map(|_| RequestRecord::decode(&mut rest).unwrap().route.0).collect();
    assert_eq!((routes, rest.len()), (vec![0, 1, 2], 0));
    records.fetch(1, &mut batch);
    assert!(batch.is_empty());
}

#[test]
fn a_full_batch_calls_for_the_fetcher_once() {
    let records = Records::new(1);
    let reporter = records.reporter(0);
    let per_batch = BATCH.div_ceil(FIXED_LEN);
    (1..per_batch).for_each(|_| reporter.record(&record(0), None));
    assert!(records.full.notified().now_or_never().is_none());
    (0..10).for_each(|_| reporter.record(&record(0), None));
    assert!(records.full.notified().now_or_never().is_some());
    assert!(records.full.notified().now_or_never().is_none());
}

#[test]
fn without_a_fetcher_memory_is_bounded_and_the_rest_counted() {
    let records = Records::new(2);
    let reporter = records.reporter(0);
    let fit = MAX_BUFFERED / 2 / FIXED_LEN;
    (0..fit + 1000).for_each(|_| reporter.record(&record(0), None));
    assert_eq!(records.dropped(), 1000);
    let mut batch = Vec::new();
    records.fetch(0, &mut batch);
    assert_eq!(batch.len(), fit * FIXED_LEN);
    reporter.record(&record(0), None);
    assert_eq!(records.dropped(), 1000, "there is room again");
}
