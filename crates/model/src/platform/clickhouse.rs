//! The larger store that telemetry goes on to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A ClickHouse that is sent every transaction, kept span and kept log line, and asked for what is kept here no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickHouse {
    /// Of its HTTP interface.
    pub url: String,
    /// Default `naru`.
    pub database: String,
    /// Default `default`.
    pub user: String,
    /// The variable of naru's environment that has the password. Default none: the user has no password.
    pub password_env: Option<String>,
    /// After how long at most what was seen becomes a file, which is then sent. 1s to 1h. Default 10m.
    pub every: Duration,
}

impl ClickHouse {
    pub const DATABASE: &str = "naru";
    /// The one that ClickHouse comes with.
    pub const USER: &str = "default";
    pub const EVERY: Duration = Duration::from_secs(600);
    pub const SOONEST: Duration = Duration::from_secs(1);
    /// When files are made whether or not they are waited for.
    pub const LATEST: Duration = Duration::from_secs(3600);
}
