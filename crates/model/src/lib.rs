//! The words every station of the loop shares: names, units, what is wanted, what is seen, what is to be done.
//!
//! `request → gateway ─RequestRecord→ telemetry ─Signals→ controller ─Plan→ runtime ─EndpointTable→ gateway`
//!
//! Nothing here does I/O, waits or reads a clock: time is always passed in as a [`units::Timestamp`].

pub mod access;
pub mod access_log;
pub mod apdex;
pub mod calls;
pub mod client;
pub mod event;
pub mod instance;
pub mod job;
pub mod link;
pub mod message;
pub mod name;
pub mod oauth;
pub mod observed;
pub mod plan;
pub mod platform;
pub mod policy;
pub mod problem;
pub mod record;
pub mod revision;
pub mod scaling;
pub mod series;
pub mod snapshot;
pub mod status;
pub mod units;
