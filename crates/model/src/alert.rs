//! What is watched, what was found, and whom it was told.
//!
//! `telemetry ─Reading→ alert ─Alert→ notify, console`

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::metric::Owner;
use crate::service_level::ReportRef;
use crate::units::Timestamp;

/// The figures that naru knows of everything it runs, with what they are of; every other name is that of a metric. Shares are
/// 0 to 1, times are in seconds.
pub const FIGURES: &[(&str, &[OwnerKind])] = {
    use OwnerKind::{Function, Host, Instance, Link, Platform, Service};
    &[
        ("apdex", &[Function, Service, Platform]),
        ("error_ratio", &[Function, Service, Instance, Link, Platform]),
        ("requests", &[Function, Service, Instance, Link, Platform]),
        ("mean", &[Function, Service, Instance, Link, Platform]),
        ("p95", &[Function, Service, Link, Platform]),
        ("p99", &[Function, Service, Link, Platform]),
        ("active_users", &[Function, Service, Platform]),
        // Transactions under way, those that wait for a place, and of the service's places the share taken.
        ("in_flight", &[Function, Service, Instance, Link, Platform]),
        ("waiting", &[Service, Link, Platform]),
        ("workers", &[Service]),
        ("traffic", &[Host]),
        ("ready", &[Service]),
        ("restarts", &[Service]),
        // Of what an instance reserved, of the machine's otherwise.
        ("cpu", &[Service, Instance, Host]),
        ("memory", &[Service, Instance, Host]),
        ("swap", &[Host]),
        ("disk", &[Host]),
        ("network_errors", &[Host]),
        ("down", &[Link]),
        // Inside a JVM: of what is the most it may take; of the time; and of its database.
        ("heap", &[Service, Instance]),
        ("metaspace", &[Service, Instance]),
        ("gc", &[Service, Instance]),
        ("threads", &[Service, Instance]),
        ("db_time", &[Service, Instance]),
        ("db_pool", &[Service, Instance]),
    ]
};

/// What kind of thing a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    Host,
    Platform,
    Service,
    Instance,
    Function,
    Link,
    Outside,
}

/// Which series an item watches. Written `service:*`, or as an [`Owner`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watched {
    /// Each one of them by itself.
    Each(OwnerKind),
    One(Owner),
}

/// One thing that is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Lower case with dashes; those that naru comes with begin with `naru-`.
    pub name: String,
    pub of: Watched,
    pub when: Condition,
    pub severity: Severity,
    /// Channels of `notices`; empty: all.
    pub notify: Vec<String>,
}

/// As a person writes it: `p95 > 500ms for 2m`, `memory will reach 90% within 15m`, `requests anomalous`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// One of [`FIGURES`], or the name of a metric.
    pub figure: String,
    pub test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// It is beyond, and has been for so long. Over again only when it is back by a tenth of the threshold.
    Level { side: Side, threshold: f64, lasts: Duration },
    /// If its course goes on it will be beyond, likely enough to act on.
    Ahead { side: Side, threshold: f64, within: Duration },
    /// It is not as it was, without a threshold.
    Anomalous,
}

/// Which side of a threshold is the wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Above,
    Below,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertSeverity)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Warning,
    Critical,
}

/// One thing found, from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Counts up over the platform's whole life.
    pub id: u64,
    pub item: String,
    pub owner: Owner,
    /// The item's condition, as written.
    pub when: String,
    pub figure: String,
    pub severity: Severity,
    pub since: Timestamp,
    /// `null`: it lasts.
    pub resolved: Option<Timestamp>,
    /// Why it is over.
    #[serde(default)]
    pub ending: Option<Ending>,
    /// When somebody said that they see to it, and who.
    pub acknowledged: Option<(Timestamp, String)>,
    /// When its function's owner was told, because nobody had acknowledged it.
    #[serde(default)]
    pub escalated: Option<Timestamp>,
    /// Nobody is told: a silence or maintenance.
    pub silenced: bool,
    pub value: f64,
    /// The worst since it began.
    pub worst: f64,
    pub threshold: Option<f64>,
    /// Of a condition about what will be.
    pub ahead: Option<Ahead>,
    pub explanation: Explanation,
}

/// Why an alert is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The figure is as it should be.
    Back,
    /// What it was about is no longer there.
    Gone,
    /// Nobody measures the figure any more.
    Unmeasured,
    /// The item is no longer watched, or was changed.
    Unwatched,
}

/// When something will be. In seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Ahead {
    pub at: i64,
    /// Earlier one time in ten.
    pub from: i64,
    /// Later one time in ten; `null`: that is further than is looked.
    pub until: Option<i64>,
    /// 0 to 1.
    pub probability: f32,
}

/// What a figure means and why it is as it is, made from the data by rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    pub means: Text,
    pub now: Option<f64>,
    pub hour_ago: Option<f64>,
    pub day_ago: Option<f64>,
    pub week_ago: Option<f64>,
    /// The likeliest first.
    pub causes: Vec<Cause>,
    pub what_to_do: Vec<Text>,
}

/// In both languages of the console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Text {
    pub ko: String,
    pub en: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cause {
    /// What moved, with its numbers.
    pub text: Text,
    /// Where to look: a subject, route, link or revision as the API writes it, or `trace:ID`.
    pub subject: String,
    /// How well the data support it, 0 to 1.
    pub support: f32,
    /// When it moved, in seconds since 1970.
    pub moved_at: Option<u32>,
}

/// Nobody is told of what it covers while it lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Silence {
    pub id: u64,
    /// `null`: of everything.
    pub owner: Option<Owner>,
    /// `null`: of every item.
    pub item: Option<String>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub why: String,
    pub by: String,
}

/// One message, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    pub id: u64,
    pub at: Timestamp,
    pub channel: String,
    pub reason: Reason,
    /// The alerts it tells of.
    pub alerts: Vec<u64>,
    /// The report it brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportRef>,
    pub subject: String,
    pub text: String,
    pub state: NoticeState,
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    First,
    Worse,
    Resolved,
    /// Nobody acknowledged it in time: its function's owner is told.
    Escalated,
    /// Somebody tried the channel out.
    Trial,
    /// It brings a report.
    Report,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    Waiting,
    Sent,
    /// Given up after its last attempt.
    Failed,
}

/// Where notices go. A channel has one way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    pub name: String,
    pub way: Way,
    /// The least that is told here. Default warning.
    pub severity: Severity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Way {
    /// By [`Notices::smtp`].
    Email {
        to: Vec<String>,
    },
    Webhook {
        url: String,
        shape: Shape,
    },
    /// An SMS gateway by HTTP: `{text}` and `{to}` in URL and body are filled in, once per number.
    Sms {
        url: String,
        method: String,
        headers: Vec<(String, String)>,
        body: String,
        to: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// naru's own: the notice and its alerts as JSON.
    Json,
    Slack,
    Teams,
    Mattermost,
}

/// `alerts` of naru.yaml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// The items that naru comes with. Default true.
    pub defaults: bool,
    pub items: Vec<Item>,
    /// Times in which nobody is told.
    pub maintenance: Vec<Maintenance>,
}

impl Default for Alerts {
    fn default() -> Self {
        Alerts { defaults: true, items: Vec::new(), maintenance: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Five fields of crontab, in the machine's time zone.
    pub at: String,
    pub lasts: Duration,
    /// `None`: everything.
    pub of: Option<Owner>,
}

/// `notices` of naru.yaml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    pub channels: Vec<Channel>,
    pub smtp: Option<Smtp>,
    /// How long causes are gathered into one message. Default 30s.
    pub gather: Duration,
    /// After how long without an acknowledgement of a critical alert the function's owner is told by e-mail; `None`: never.
    /// Default 15m.
    pub escalate_after: Option<Duration>,
    /// The same of a warning that lasts. Default never: most warnings wait until morning.
    #[serde(default)]
    pub escalate_warnings_after: Option<Duration>,
    /// Of the texts, `ko` or `en`. Default ko.
    pub language: String,
}

impl Default for Notices {
    fn default() -> Self {
        Notices {
            channels: Vec::new(),
            smtp: None,
            gather: Duration::from_secs(30),
            escalate_after: Some(Duration::from_secs(900)),
            escalate_warnings_after: None,
            language: "ko".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub from: String,
    /// Default: TLS by STARTTLS when the server offers it.
    pub tls: SmtpTls,
    pub user: Option<String>,
    /// Name of the environment variable that has the password.
    pub password_env: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    #[default]
    Offered,
    /// STARTTLS or nothing.
    Required,
    /// From the first byte (port 465).
    Always,
    Never,
}
