//! OpenTelemetry in: takes what services send of their spans, log lines and metrics, by OTLP, and hands it on as naru's own.
//!
//! `service ─OTLP/gRPC, OTLP/HTTP→ otlp ─SpanRecord, LogRecord, MetricPoint→ telemetry`
//!
//! What comes is untrusted: `receive` bounds how much, `decode` reads it where it lies, without a copy of the message
//! taken apart, and `convention` makes one of the names that several versions of OpenTelemetry gave the same thing.
//! Source: OTLP 1.8 (<https://opentelemetry.io/docs/specs/otlp/>), semantic conventions 1.37 and those before 1.23.

mod convention;
mod counters;
mod decode;
#[cfg(test)]
mod fixture;
mod inflate;
mod intake;
pub mod message;
mod receive;
mod sink;

pub use counters::{Count, Counters, SIGNALS};
pub use inflate::inflate;
pub use intake::{Encoding, Intake, MAX_MESSAGE, Refusal, Signal, Taken};
pub use receive::{Clock, Doors, Limits, Log, Receiver, Setup};
pub use sink::{Busy, Sink};
