//! Requests in, records out; `prost`, which others wrote, writes what is read here.

use std::collections::BTreeMap;
use std::sync::Arc;

use naru_model::metric::{MetricPoint, MetricValue, Owner};
use naru_model::span::{LogRecord, SpanKind, SpanRecord, Work};
use naru_model::units::Timestamp;
use proptest::prelude::*;
use prost::Message;

use crate::counters::{Count, Counters};
use crate::fixture::{Kept, logs, portal, said, span, traces};
use crate::intake::{Encoding, Intake, Refusal, Signal, Taken};
use crate::message::{
    self, AnyValue, Data, Event, ExportMetrics, HistogramPoint, Histograms, Metric, NumberPoint, Quantile,
    Resource, ResourceMetrics, ScopeMetrics, Span, Status, Summaries, SummaryPoint,
};

const NOW: Timestamp = Timestamp(99);

struct Try {
    kept: Arc<Kept>,
    intake: Intake,
    counters: Arc<Counters>,
}

impl Try {
    fn new(kept: Kept) -> Try {
        let (kept, counters) = (Arc::new(kept), Arc::<Counters>::default());
        Try { intake: Intake::new(kept.clone(), counters.clone()), kept, counters }
    }

    fn take(&mut self, signal: Signal, body: &[u8]) -> Result<Taken, Refusal> {
        self.intake.take(signal, Encoding::Protobuf, false, body, NOW)
    }

    fn json(&mut self, signal: Signal, body: &str) -> Result<Taken, Refusal> {
        self.intake.take(signal, Encoding::Json, false, body.as_bytes(), NOW)
    }

    /// The one span that was kept.
    fn span<T>(&self, look: impl FnOnce(SpanRecord<'_>) -> T) -> T {
        let batch = self.kept.spans.lock().unwrap();
        let mut rest = batch.as_slice();
        let span = SpanRecord::decode(&mut rest).unwrap();
        assert!(rest.is_empty());
        look(span)
    }

    fn points(&self) -> Vec<MetricPoint> {
        std::mem::take(&mut self.kept.points.lock().unwrap())
    }
}

fn took(count: u64) -> Taken {
    Taken { count, refused: 0, why: "" }
}

#[test]
fn a_span_of_an_instance_is_read_whole() {
    let mut of = Try::new(Kept::default());
    let sent = Span {
        parent_span_id: vec![9; 8],
        attributes: vec![
            said("http.route", "/a/{id}"),
            said("http.request.method", "GET"),
            said("my.own", "\"x\""),
        ],
        events: vec![Event {
            time_unix_nano: 2_000_000,
            name: "exception".to_owned(),
            attributes: vec![said("exception.type", "Broken"), said("exception.message", "no luck")],
        }],
        status: Some(Status { code: 2, message: String::new() }),
        ..span("GET /a/{id}")
    };
    assert_eq!(of.take(Signal::Traces, &traces(vec![sent]).encode_to_vec()).unwrap(), took(1));
    of.span(|span| {
        assert_eq!((span.source.service, span.source.revision, span.source.ordinal), ("portal", 3, 1));
        assert_eq!(span.source.resource, r#"{"telemetry.sdk.language":"java"}"#);
        assert_eq!((span.trace_id, span.span_id, span.parent_id), ([7; 16], [8; 8], [9; 8]));
        assert_eq!((span.start, span.duration_us, span.kind), (Timestamp(1000), 2500, SpanKind::Server));
        assert_eq!((span.name, span.scope, span.detail), ("GET /a/{id}", "tomcat", "/a/{id}"));
        assert_eq!((span.error, span.work, span.message), (true, Work::Http, "Broken: no luck"));
        assert_eq!(span.attributes, r#"{"my.own":"\"x\"","http.request.method":"GET"}"#);
        let event = r#"[{"at":2000,"name":"exception","attributes":{"exception.type":"Broken","exception.message":"no luck"}}]"#;
        assert_eq!(span.events, event);
    });
    assert_eq!(of.counters.get(Signal::Traces, Count::Taken), 1);
}

#[test]
fn an_id_of_no_service_of_ours_is_not_believed() {
    let mut of = Try::new(Kept::default());
    let mut request = traces(vec![span("x")]);
    let resource = Resource {
        attributes: vec![said("service.name", "legacy"), said("service.instance.id", "other-1-1")],
    };
    request.resource_spans[0].resource = Some(resource);
    of.take(Signal::Traces, &request.encode_to_vec()).unwrap();
    of.span(|span| {
        assert_eq!((span.source.service, span.source.revision), ("legacy", 0));
        assert_eq!(span.source.resource, r#"{"service.instance.id":"other-1-1"}"#);
    });
}

#[test]
fn fields_may_come_in_any_order() {
    // The resource after its spans, as protobuf allows.
    let whole = &traces(vec![span("late")]).resource_spans[0];
    let resource = message::ResourceSpans { resource: whole.resource.clone(), scope_spans: Vec::new() };
    let spans = message::ResourceSpans { resource: None, scope_spans: whole.scope_spans.clone() };
    let mut body = vec![0x0a];
    let (resource, spans) = (resource.encode_to_vec(), spans.encode_to_vec());
    prost::encoding::encode_varint((resource.len() + spans.len()) as u64, &mut body);
    body.extend([spans, resource].concat());
    let mut of = Try::new(Kept::default());
    of.take(Signal::Traces, &body).unwrap();
    of.span(|span| assert_eq!((span.source.service, span.source.ordinal), ("portal", 1)));
}

#[test]
fn what_has_no_valid_id_or_time_is_refused_by_itself() {
    let mut of = Try::new(Kept::default());
    let bad = [
        Span { trace_id: vec![0; 16], ..span("zero") },
        Span { trace_id: vec![7; 15], ..span("short") },
        Span { span_id: Vec::new(), ..span("none") },
        Span { start_time_unix_nano: 0, ..span("timeless") },
    ];
    let spans = bad.into_iter().chain([span("good")]).collect();
    let taken = of.take(Signal::Traces, &traces(spans).encode_to_vec()).unwrap();
    assert_eq!(taken, Taken { count: 1, refused: 4, why: "a span has no valid trace id" });
    of.span(|span| assert_eq!(span.name, "good"));
}

#[test]
fn json_means_what_protobuf_means() {
    let body = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"legacy"}}]},
        "scopeSpans":[{"scope":{"name":"s","version":"1"},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
        "spanId":"EEE19B7EC3C1B174","parentSpanId":"","name":"I","kind":3,"startTimeUnixNano":"1544712660000000000",
        "endTimeUnixNano":1544712661000000000,"unknown":{"is":"ignored"},"attributes":[{"key":"n","value":{"intValue":"7"}},
        {"key":"d","value":{"doubleValue":0.5}},{"key":"l","value":{"arrayValue":{"values":[{"boolValue":true}]}}},
        {"key":"b","value":{"bytesValue":"aGk="}}],"status":{"code":2,"message":"bad"}}]}]}]}"#;
    let mut of = Try::new(Kept::default());
    assert_eq!(of.json(Signal::Traces, body).unwrap(), took(1));
    of.span(|span| {
        assert_eq!((span.trace_id[0], span.span_id[7], span.parent_id), (0x5b, 0x74, [0; 8]));
        assert_eq!((span.start.0, span.duration_us), (1_544_712_660_000_000, 1_000_000));
        assert_eq!((span.kind, span.error, span.message), (SpanKind::Client, true, "bad"));
        assert_eq!(span.attributes, r#"{"n":7,"d":0.5,"l":[true],"b":"aGk="}"#);
    });
    for bad in [
        "",
        "7",
        "{",
        r#"{"resourceSpans":7}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}"#,
    ] {
        assert!(matches!(of.json(Signal::Traces, bad), Err(Refusal::Json(..))), "{bad}");
    }
    let nested = r#"{"arrayValue":{"values":["#.repeat(10_000);
    let deep = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{nested}"#);
    assert!(matches!(of.json(Signal::Logs, &deep), Err(Refusal::Json(..))));
    let many = format!(r#"{{"resourceSpans":[{}]}}"#, vec!["{}"; 300_000].join(","));
    assert!(matches!(of.json(Signal::Traces, &many), Err(Refusal::Json(..))));
}

#[test]
fn log_lines_keep_their_trace_and_their_level() {
    let mut of = Try::new(Kept::default());
    let text = |text: &str| Some(AnyValue { string_value: Some(text.to_owned()), ..AnyValue::default() });
    let list = message::ArrayValue { values: vec![AnyValue { int_value: Some(1), ..AnyValue::default() }] };
    let lines = vec![
        message::LogRecord {
            time_unix_nano: 5000,
            severity_number: 17,
            body: text("broken"),
            trace_id: vec![7; 16],
            span_id: vec![8; 8],
            attributes: vec![said("thread.name", "main")],
            ..Default::default()
        },
        message::LogRecord {
            observed_time_unix_nano: 6000,
            severity_text: "WARN".to_owned(),
            body: Some(AnyValue { array_value: Some(list), ..AnyValue::default() }),
            event_name: "e".to_owned(),
            ..Default::default()
        },
        message::LogRecord { severity_number: 99, trace_id: vec![1; 3], ..Default::default() },
    ];
    assert_eq!(of.take(Signal::Logs, &logs(lines).encode_to_vec()).unwrap(), took(3));
    let batch = of.kept.logs.lock().unwrap();
    let mut rest = batch.as_slice();
    let mut next = || LogRecord::decode(&mut rest).unwrap();
    let line = next();
    assert_eq!(
        (line.source.service, line.at, line.severity, line.body),
        ("portal", Timestamp(5), 17, "broken")
    );
    assert_eq!(
        (line.trace_id, line.span_id, line.attributes),
        ([7; 16], [8; 8], r#"{"thread.name":"main"}"#)
    );
    let line = next();
    assert_eq!(
        (line.at, line.severity, line.body, line.attributes),
        (Timestamp(6), 13, "[1]", r#"{"event.name":"e"}"#)
    );
    let line = next();
    assert_eq!((line.at, line.severity, line.trace_id), (NOW, 0, [0; 16]));
}

fn metrics(resource: Resource, metrics: Vec<Metric>) -> Vec<u8> {
    let scope_metrics = vec![ScopeMetrics { metrics }];
    ExportMetrics { resource_metrics: vec![ResourceMetrics { resource: Some(resource), scope_metrics }] }
        .encode_to_vec()
}

fn metric(name: &str) -> Metric {
    Metric { name: name.to_owned(), unit: "By".to_owned(), ..Metric::default() }
}

fn number(value: f64) -> NumberPoint {
    let attributes = vec![said("jvm.memory.type", "heap")];
    NumberPoint {
        start_time_unix_nano: 1000,
        time_unix_nano: 2000,
        as_double: Some(value),
        attributes,
        ..Default::default()
    }
}

#[test]
fn numbers_become_gauges_totals_and_changes() {
    let mut of = Try::new(Kept::default());
    let data = |aggregation_temporality, is_monotonic| {
        Some(Data { data_points: vec![number(5.0)], aggregation_temporality, is_monotonic })
    };
    let whole = NumberPoint { as_int: Some(-3), as_double: None, ..number(0.0) };
    let nothing = NumberPoint { flags: 1, ..number(0.0) };
    let bad = NumberPoint { as_double: Some(f64::NAN), ..number(0.0) };
    let gauge = Data { data_points: vec![whole, nothing, bad], ..Data::default() };
    let body = metrics(
        portal(),
        vec![
            Metric { gauge: Some(gauge), ..metric("jvm.memory.used") },
            Metric { sum: data(2, true), ..metric("a") },
            Metric { sum: data(2, false), ..metric("b") },
            Metric { sum: data(1, true), ..metric("c") },
        ],
    );
    let taken = of.take(Signal::Metrics, &body).unwrap();
    assert_eq!(taken, Taken { count: 4, refused: 1, why: "a point has no finite number" });
    let points = of.points();
    let owner = Owner::Instance("portal-3-1".parse().unwrap());
    let labels = BTreeMap::from([("jvm.memory.type".to_owned(), "heap".to_owned())]);
    assert!(
        points
            .iter()
            .all(|point| point.key.owner == owner && point.key.labels == labels && point.unit == "By")
    );
    assert!(points.iter().all(|point| point.at == Timestamp(2)));
    let since = Timestamp(1);
    let values: Vec<MetricValue> = points.into_iter().map(|point| point.value).collect();
    let wanted = [
        MetricValue::Gauge(-3.0),
        MetricValue::Total { since, value: 5.0, monotonic: true },
        MetricValue::Total { since, value: 5.0, monotonic: false },
        MetricValue::Change(5.0),
    ];
    assert_eq!(values, wanted);
}

#[test]
fn histograms_and_summaries_keep_what_they_say() {
    let mut of = Try::new(Kept::default());
    let point = |counts: &[u64], bounds: &[f64]| HistogramPoint {
        count: 3,
        sum: Some(2.5),
        bucket_counts: counts.to_vec(),
        explicit_bounds: bounds.to_vec(),
        ..Default::default()
    };
    let points =
        vec![point(&[1, 2], &[0.5]), point(&[], &[]), point(&[1, 2], &[]), point(&[1, 1, 1], &[2.0, 1.0])];
    let histogram = Histograms { data_points: points, aggregation_temporality: 2 };
    let quantile = Quantile { quantile: 0.5, value: 7.0 };
    let summary = SummaryPoint { count: 3, sum: 9.0, quantile_values: vec![quantile], ..Default::default() };
    let stranger =
        Resource { attributes: vec![said("service.name", "legacy"), said("service.instance.id", "x")] };
    let body = metrics(
        stranger,
        vec![
            Metric { histogram: Some(histogram), ..metric("h") },
            Metric { summary: Some(Summaries { data_points: vec![summary] }), ..metric("s") },
        ],
    );
    let taken = of.take(Signal::Metrics, &body).unwrap();
    assert_eq!((taken.count, taken.refused), (3, 2));
    let points = of.points();
    let has = |bounds: &[f64], counts: &[u64], sum: f64| MetricValue::Histogram {
        since: Timestamp(0),
        cumulative: true,
        count: 3,
        sum,
        bounds: bounds.to_vec(),
        counts: counts.to_vec(),
    };
    let values: Vec<&MetricValue> = points.iter().map(|point| &point.value).collect();
    let wanted =
        [&has(&[0.5], &[1, 2], 2.5), &has(&[], &[3], 2.5), &MetricValue::Gauge(7.0), &has(&[], &[3], 9.0)];
    assert_eq!(values, wanted);
    assert!(points.iter().all(|point| point.key.owner == Owner::Outside("legacy".to_owned())));
    assert!(points.iter().all(|point| point.key.labels["service.instance.id"] == "x"));
    assert_eq!(points[2].key.labels["quantile"], "0.5");
}

#[test]
fn what_is_too_much_at_once_is_handed_on_in_pieces() {
    let spans = || (0..1000).map(|_| Span { name: "n".repeat(1000), ..span("") }).collect::<Vec<_>>();
    let body = traces(spans()).encode_to_vec();
    let mut of = Try::new(Kept::default());
    assert_eq!(of.take(Signal::Traces, &body).unwrap(), took(1000));
    assert!(of.kept.spans.lock().unwrap().len() > 1_000_000);

    let mut full = Try::new(Kept::with_room(1));
    let taken = full.take(Signal::Traces, &body).unwrap();
    assert!(taken.count > 0 && taken.refused > 0 && taken.count + taken.refused == 1000, "{taken:?}");
    assert!(matches!(full.take(Signal::Traces, &body), Err(Refusal::Busy)));
    assert_eq!(full.counters.get(Signal::Traces, Count::Busy), 1);
}

#[test]
fn a_request_for_which_there_is_no_room_is_sent_again_whole() {
    let one = |name: &str, spans: usize| {
        let mut request = traces((0..spans).map(|_| span(name)).collect());
        request.resource_spans[0]
            .resource
            .as_mut()
            .unwrap()
            .attributes
            .push(said("host.name", &"h".repeat(900)));
        request.encode_to_vec()
    };
    let (small, large) = (one("a", 10), one("b", 1000));
    let mut of = Try::new(Kept::with_most(10 * large.len()));
    // Nothing tells yet that each span grows by its resource.
    assert_eq!(of.take(Signal::Traces, &small).unwrap(), took(10));
    let before = of.kept.spans.lock().unwrap().len();
    assert!(before > 5 * small.len(), "{before} of {}", small.len());
    let mut narrow = Try::new(Kept::with_most(4 * large.len()));
    assert!(matches!(narrow.take(Signal::Traces, &large), Err(Refusal::Busy)));
    assert!(narrow.kept.spans.lock().unwrap().is_empty());
    // From now on more room is asked for.
    let mut ten = Try::new(Kept::with_most(10 * large.len()));
    assert_eq!(ten.take(Signal::Traces, &large).unwrap(), took(1000));
    assert!(matches!(ten.take(Signal::Traces, &large), Err(Refusal::Busy)));
}

#[test]
fn a_large_resource_and_large_attributes_are_bounded() {
    let mut request = traces(vec![Span {
        attributes: vec![said("a", &"\u{1}".repeat(100_000)), said("b", "kept")],
        ..span("x")
    }]);
    let resource =
        Resource { attributes: (0..1000).map(|at| said(&format!("k{at}"), &"v".repeat(100))).collect() };
    request.resource_spans[0].resource = Some(resource);
    let mut of = Try::new(Kept::default());
    of.take(Signal::Traces, &request.encode_to_vec()).unwrap();
    of.span(|span| {
        assert!(span.source.resource.len() <= 8 << 10);
        for json in [span.source.resource, span.attributes] {
            let read: serde_json::Value = serde_json::from_str(json).unwrap();
            assert!(read.is_object());
        }
        assert!(span.attributes.ends_with(r#""b":"kept"}"#));
    });
}

proptest! {
    #[test]
    fn garbage_is_refused_or_says_little(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut of = Try::new(Kept::default());
        for signal in crate::SIGNALS {
            let _ = of.take(signal, &bytes);
            let _ = of.intake.take(signal, Encoding::Json, false, &bytes, NOW);
            let _ = of.intake.take(signal, Encoding::Protobuf, true, &bytes, NOW);
        }
    }

    #[test]
    fn a_request_with_a_broken_byte_never_panics(at in 0usize..400, byte: u8) {
        let mut body = traces(vec![Span { attributes: vec![said("http.route", "/a")], ..span("x") }]).encode_to_vec();
        let at = at % body.len();
        body[at] = byte;
        let mut of = Try::new(Kept::default());
        let _ = of.take(Signal::Traces, &body);
        // What was handed on is whole.
        let batch = of.kept.spans.lock().unwrap();
        let mut rest = batch.as_slice();
        while !rest.is_empty() {
            prop_assert!(SpanRecord::decode(&mut rest).is_ok());
        }
    }
}
