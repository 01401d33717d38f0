//! The words every station of the loop shares: names, units, what is wanted, what is seen, what is to be done.
//!
//! `request → gateway ─RequestRecord→ telemetry ─Signals→ controller ─Plan→ runtime ─EndpointTable→ gateway`
//!
//! Nothing here does I/O, waits or reads a clock: time is always passed in as a [`units::Timestamp`].

pub mod access;
pub mod access_log;
pub mod alert;
pub mod apdex;
pub mod calls;
pub mod client;
pub mod event;
pub mod figure;
pub mod instance;
pub mod job;
pub mod language;
pub mod link;
pub mod message;
pub mod metric;
pub mod name;
pub mod oauth;
pub mod observed;
pub mod plan;
pub mod platform;
pub mod policy;
pub mod problem;
pub mod record;
pub mod report;
pub mod revision;
pub mod scaling;
pub mod series;
pub mod service_level;
pub mod snapshot;
pub mod span;
pub mod status;
pub mod stored;
pub mod trace;
pub mod units;
pub mod watch;
pub mod wording;
