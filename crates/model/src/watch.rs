//! What the API shows and takes of what is watched, and what of a message must outlive the server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::alert::{Ahead, Alert, Notice, Severity};
use crate::metric::Owner;
use crate::units::Timestamp;

/// Where an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ItemOrigin)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// One of those that naru comes with.
    Naru,
    /// naru.yaml.
    File,
    /// Made by API or console.
    Registered,
}

/// An item as people write it: `of` and `when` as in naru.yaml.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// Lower case with dashes. One that begins with `naru-` takes the place of naru's own.
    pub name: String,
    /// `service:*`, `function:approval`, `host`.
    pub of: String,
    /// `p95 > 500ms for 2m`, `memory will reach 90% within 15m`, `requests anomalous`.
    pub when: String,
    #[serde(default = "warning")]
    pub severity: Severity,
    /// Channels; empty: all.
    #[serde(default)]
    pub notify: Vec<String>,
}

fn warning() -> Severity {
    Severity::Warning
}

/// An item that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ItemStatus {
    pub name: String,
    pub of: String,
    pub when: String,
    pub severity: Severity,
    pub notify: Vec<String>,
    pub origin: Origin,
    /// Why it is not watched.
    pub problem: Option<String>,
}

/// Nobody is to be told of what it covers, from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSilence {
    /// Left out: of everything.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// Left out: of every item.
    #[serde(default)]
    pub item: Option<String>,
    /// How long, in seconds; at most a year.
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub seconds: u32,
    pub why: String,
}

/// A channel without its secrets: of a URL there is the host alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelStatus {
    pub name: String,
    /// `email`, `webhook` or `sms`.
    pub way: String,
    pub to: String,
    /// The least that is told here.
    pub severity: Severity,
}

/// How a watched figure goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Forecast {
    pub owner: Owner,
    pub figure: String,
    /// As last read.
    pub value: f64,
    /// Of the item that asks; `null`: nobody asks when it will be crossed.
    pub threshold: Option<f64>,
    pub item: Option<String>,
    /// `null`: it is not likely enough to be said.
    pub ahead: Option<Ahead>,
    /// How much rarer than usual its last point is, in decimal digits, 0 to 12; above 2.2 is anomalous.
    pub surprise: f32,
}

/// A message on its way out, as the state keeps it until it is sent or given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    pub notice: Notice,
    /// Not before.
    pub due: Timestamp,
    /// E-mail addresses in place of the channel's: of an escalation.
    pub to: Vec<String>,
    /// The worst of what it tells of, at most ten.
    pub worst: Vec<Alert>,
}
