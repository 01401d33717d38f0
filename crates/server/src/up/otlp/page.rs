//! What was received and refused, for Prometheus. Source: "Exposition formats", text format 0.0.4.

use std::fmt::Write;

use naru_otlp::{Count, Counters, SIGNALS};

/// A family of counters with the counts that it is made of, each with its further label.
type Family = (&'static str, &'static str, &'static [(Count, &'static str)]);

const FAMILIES: [Family; 4] = [
    (
        "naru_otlp_requests_total",
        "OTLP requests that were taken, in whole or in part.",
        &[(Count::Requests, "")],
    ),
    ("naru_otlp_taken_total", "Spans, data points and log lines that were taken.", &[(Count::Taken, "")]),
    (
        "naru_otlp_refused_total",
        "Spans, data points and log lines that were refused: without a valid id, time or number, or too many at once.",
        &[(Count::Refused, "")],
    ),
    (
        "naru_otlp_requests_refused_total",
        "OTLP requests that were refused, by reason.",
        &[
            (Count::Malformed, ",why=\"malformed\""),
            (Count::TooLarge, ",why=\"too_large\""),
            (Count::Busy, ",why=\"busy\""),
        ],
    ),
];

pub(crate) fn page(counters: &Counters) -> String {
    let mut page = String::new();
    // Writing to a String can't fail.
    for (name, help, counts) in FAMILIES {
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} counter");
        for (signal, (count, label)) in
            SIGNALS.iter().flat_map(|signal| counts.iter().map(move |of| (signal, of)))
        {
            let (what, value) = (signal.name(), counters.get(*signal, *count));
            let _ = writeln!(page, "{name}{{signal=\"{what}\"{label}}} {value}");
        }
    }
    let _ = writeln!(
        page,
        "# HELP naru_otlp_connections Open connections that OTLP comes in by.\n# TYPE naru_otlp_connections gauge\n\
         naru_otlp_connections {}",
        counters.connections()
    );
    page
}
