//! What travels: requests, queries and answers that are not model types already. Their JSON is a promise to scripts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};

/// The most events that one answer holds.
pub const MAX_EVENTS: u32 = 1000;
/// The most log lines that one answer holds, or that a stream begins with.
pub const MAX_LINES: usize = 10_000;

/// `POST /v1/services/{service}/deploy`. `{}`: the file as it stands; the same again is a rolling restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployRequest {
    /// Variables that this revision has on top of the file's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

/// `POST /v1/services/{service}/rollback`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The revision to go to. Default: the last one that proved itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u32>,
}

/// `POST /v1/services/{service}/scale`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleRequest {
    /// Instances wanted, within the file's `scale.min` and `scale.max`.
    pub instances: u32,
}

/// A rollout has begun; `naru status` and the events tell how it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub service: ServiceName,
    /// The revision it goes to.
    pub revision: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaled {
    pub service: ServiceName,
    /// Instances wanted from now on.
    pub desired: u32,
}

/// The query of `GET /v1/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Only events with a greater id. Default: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceName>,
    /// Default 100, at most [`MAX_EVENTS`].
    #[serde(default = "hundred")]
    pub limit: u32,
    /// Goes on with every event to come, as server-sent events.
    #[serde(default)]
    pub follow: bool,
}

impl Default for EventsQuery {
    fn default() -> Self {
        EventsQuery { after: None, service: None, limit: hundred(), follow: false }
    }
}

/// The query of `GET /v1/services/{service}/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogsQuery {
    /// Default: all instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// Default 100, at most [`MAX_LINES`].
    #[serde(default = "hundred_lines")]
    pub lines: usize,
    /// Goes on with every line to come, as server-sent events.
    #[serde(default)]
    pub follow: bool,
}

impl Default for LogsQuery {
    fn default() -> Self {
        LogsQuery { instance: None, lines: hundred_lines(), follow: false }
    }
}

fn hundred() -> u32 {
    100
}

fn hundred_lines() -> usize {
    100
}

/// One line that an instance wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was read, in microseconds since 1970.
    pub time: Timestamp,
    pub instance: InstanceId,
    pub stream: LogStream,
    /// Without the line's end; bytes that are no UTF-8 are replaced by U+FFFD.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    /// naru's own word about the log, such as how many lines a full disk has cost.
    Naru,
}

/// `POST /v1/check`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// The text of a naru.yaml.
    pub text: String,
    /// The file's path, absolute: relative paths in it start from its folder, and messages name it.
    pub path: PathBuf,
}

/// What is wrong with a file, or what it would change. At least one of both lists is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// As `naru check` prints them: file, line, column, key, and what would be right. Empty: the file is good.
    pub faults: Vec<String>,
    /// In the order in which they would be done. Empty: nothing would change.
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it happens to: `service booking`, `routes`, `gateway.limits`.
    pub subject: String,
    /// What changes and what follows from it, in one sentence.
    pub message: String,
}

/// The server drains, ends every instance and exits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// The server's process: gone once all is done.
    pub pid: u32,
}

/// `POST /v1/upgrade`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpgradeRequest {
    /// The new `naru`: an absolute path on the server's machine.
    pub binary: PathBuf,
}

/// The upgrade has begun; `status` shows the new version when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrading {
    pub from_version: String,
    pub to_version: String,
}

/// `GET /healthz`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Every service has its minimum ready.
    pub ready: bool,
    /// What is missing, one clause each; empty when ready.
    pub reasons: Vec<String>,
}
