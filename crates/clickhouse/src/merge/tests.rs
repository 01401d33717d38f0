use super::*;

fn line(at: u64, body: &str) -> LogLine {
    let text = String::new;
    LogLine {
        at: Timestamp(at),
        severity: 9,
        service: text(),
        instance: text(),
        trace_id: text(),
        span_id: text(),
        scope: text(),
        body: body.to_owned(),
        attributes: serde_json::Value::Null,
    }
}

fn found(times: &[u64], more: bool) -> FoundLogs {
    FoundLogs { lines: times.iter().map(|at| line(*at, "x")).collect(), more, missing: None }
}

fn times(found: &FoundLogs) -> Vec<u64> {
    found.lines.iter().map(|line| line.at.0).collect()
}

#[test]
fn two_parts_are_one_answer_in_order() {
    let merged = logs(found(&[9, 7, 4], false), found(&[5, 3], false), 10);
    assert_eq!((times(&merged), merged.more), (vec![9, 7, 5, 4, 3], false));
    let merged = logs(found(&[9, 7, 4], false), found(&[5, 3], false), 3);
    assert_eq!((times(&merged), merged.more), (vec![9, 7, 5], true));
}

#[test]
fn nothing_is_left_out_where_a_part_ends_early() {
    // There may be more at 6 to 4 of the first part: what the second has below 6 waits for the next page.
    let merged = logs(found(&[9, 6], true), found(&[8, 5, 3], false), 10);
    assert_eq!((times(&merged), merged.more), (vec![9, 8, 6], true));
    let merged = logs(found(&[9, 2], false), found(&[8, 5], true), 10);
    assert_eq!((times(&merged), merged.more), (vec![9, 8, 5], true));
}

fn summary(id: &str, start: u64, seconds: f64, services: &[&str]) -> TraceSummary {
    TraceSummary {
        trace_id: id.to_owned(),
        start: Timestamp(start),
        seconds,
        service: services[0].to_owned(),
        name: "GET".to_owned(),
        spans: 2,
        errors: 1,
        services: services.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn a_trace_in_both_parts_is_one() {
    let here =
        FoundTraces { traces: vec![summary("a", 5_000_000, 2.5, &["shop"])], more: false, missing: None };
    let there = FoundTraces {
        traces: vec![
            summary("b", 4_500_000, 0.1, &["shop"]),
            summary("a", 4_000_000, 1.5, &["portal", "shop"]),
        ],
        more: false,
        missing: None,
    };
    let merged = traces(here, there, 10);
    let ids: Vec<&str> = merged.traces.iter().map(|trace| trace.trace_id.as_str()).collect();
    assert_eq!((ids, merged.more), (vec!["b", "a"], false));
    let whole = TraceSummary { spans: 4, errors: 2, ..summary("a", 4_000_000, 3.5, &["portal", "shop"]) };
    assert_eq!(merged.traces[1], whole);
}

#[test]
fn parts_of_one_trace_are_put_together() {
    let part = |lines: &[u64]| Trace {
        trace_id: "a".to_owned(),
        logs: lines.iter().map(|at| line(*at, "x")).collect(),
        ..Trace::default()
    };
    assert_eq!(trace(None, part(&[])), None);
    let whole = trace(Some(part(&[5])), part(&[3])).unwrap();
    assert_eq!((whole.logs.len(), whole.logs[0].at, whole.cut), (2, Timestamp(3), false));
    let many = trace(Some(part(&[5])), part(&(0..1000).collect::<Vec<_>>())).unwrap();
    assert_eq!((many.logs.len(), many.cut), (1000, true));
}
