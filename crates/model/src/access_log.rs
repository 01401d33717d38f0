//! What naru.yaml says of the access log: how a line of it is written, and which requests get one.
//!
//! `config` makes it, `telemetry` follows it; the gateway only has to know whether records carry what a line needs.

use serde::{Deserialize, Serialize};

/// How a line of the access log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// An object of JSON with everything that is known of the request.
    #[default]
    Json,
    /// As NCSA httpd and Apache write it; records then carry `Referer` and `User-Agent`.
    Combined,
}

/// What is logged of a route that is called much. Figures and transactions stay complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// One of so many requests, at least 1; what failed by anybody's fault or got 5xx always.
    pub one_in: u32,
}
