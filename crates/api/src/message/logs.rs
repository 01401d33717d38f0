//! What instances write.

use naru_model::instance::InstanceId;
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most log lines that one answer holds, or that a stream begins with.
pub const MAX_LINES: usize = 10_000;

/// The query of `GET /v1/services/{service}/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogsQuery {
    /// Only lines of this instance. Default: of all.
    #[serde(default)]
    #[param(example = "booking-3-1")]
    pub instance: Option<InstanceId>,
    /// The last so many lines.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 0, maximum = 10000, default = 100)]
    pub lines: usize,
    /// Goes on with every line to come, as server-sent events.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub follow: bool,
}

impl Default for LogsQuery {
    fn default() -> Self {
        LogsQuery { instance: None, lines: hundred(), follow: false }
    }
}

fn hundred() -> usize {
    100
}

/// One line that an instance wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// When it was read, in microseconds since 1970.
    pub time: Timestamp,
    pub instance: InstanceId,
    pub stream: LogStream,
    /// Without the line's end; bytes that are no UTF-8 are replaced by U+FFFD.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    /// naru's own word about the log, such as how many lines a full disk has cost.
    Naru,
}
