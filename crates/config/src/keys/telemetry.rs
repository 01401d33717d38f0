//! The keys below `telemetry`.

use std::time::Duration;

use naru_model::platform::{ClickHouse, Otlp, Telemetry};
use naru_model::units::{Bytes, Percent};
use serde_json::json;

use super::text;
use crate::format;
use crate::shape::{Default, Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    let d = Telemetry::default();
    let an_hour = || Kind::Duration { least: Duration::from_secs(3600) };
    let a_day = || Kind::Bytes { least: Bytes(1 << 20) };
    vec![
        Key::new(
            "transactions",
            an_hour(),
            d.transactions,
            "How long every transaction is kept, for the T-Map and for any tool that reads Parquet.",
        ),
        Key::new(
            "disk",
            Kind::Percent { least: Percent { thousandths: 10 } },
            d.disk,
            "The most of the whole disk that transactions, traces and log lines may take; the oldest go first.",
        ),
        Key::new(
            "figures",
            an_hour(),
            d.figures,
            "How long rates, times and the like are kept, at falling resolution.",
        ),
        Key::new("traces", an_hour(), d.traces, "How long traces and log lines that services send are kept."),
        Key::new(
            "traces_per_day",
            a_day(),
            d.traces_per_day,
            "What a day's traces may take on the disk. Failed and slow ones are kept whatever this says and count first; what is left, a tenth at least, is for a fair sample of the others.",
        ),
        Key::new(
            "logs_per_day",
            a_day(),
            d.logs_per_day,
            "What a day's log lines may take. Those that warn and those of kept traces are kept whatever this says.",
        ),
        Key::new(
            "metrics",
            an_hour(),
            d.metrics,
            "How long minutes are kept of what services, their JVMs and the machine measure of themselves.",
        ),
        Key::new(
            "otlp",
            Kind::Keys(otlp()),
            "as its keys say",
            "Where OpenTelemetry is taken in: spans, metrics and log lines. Who reaches these addresses may send; there is no other check.",
        ),
        Key::new(
            "java_agent",
            text(format::FILE),
            "none",
            "The OpenTelemetry Java agent (`opentelemetry-javaagent.jar`), from the folder of naru.yaml. Services that run on a JVM are started with it, by `JAVA_TOOL_OPTIONS`, and no line of them has to change.",
        ),
        Key::new(
            "clickhouse",
            Kind::Keys(clickhouse()),
            "what is kept here is all",
            "A ClickHouse that is sent every transaction, kept span and kept log line as well, and that searches ask for what is kept here no longer.",
        ),
    ]
}

fn clickhouse() -> Vec<Key> {
    vec![
        Key::new("url", text(format::CLICKHOUSE_URL), Default::Required, "Its HTTP interface."),
        Key::new(
            "database",
            text(format::DATABASE),
            json!(ClickHouse::DATABASE),
            "Where the tables are. They are made if they are not there, and so is the database.",
        ),
        Key::new("user", text(format::VALUE), json!(ClickHouse::USER), "With whose name to ask."),
        Key::new(
            "password_env",
            text(format::VARIABLE),
            "none",
            "The variable of naru's environment that has the password.",
        ),
        Key::new(
            "every",
            Kind::Duration { least: ClickHouse::SOONEST },
            ClickHouse::EVERY,
            "After how long at most what was seen is sent, an hour at most. Sooner makes more and smaller files here.",
        ),
    ]
}

fn otlp() -> Vec<Key> {
    vec![
        Key::new(
            "grpc",
            text(format::RECEIVER),
            json!(Otlp::GRPC.to_string()),
            "OTLP/gRPC. `off`: nowhere. Where the address is taken by another program, naru says so and goes on without.",
        ),
        Key::new(
            "http",
            text(format::RECEIVER),
            json!(Otlp::HTTP.to_string()),
            "OTLP/HTTP, in protobuf or JSON. `off`: nowhere.",
        ),
    ]
}
