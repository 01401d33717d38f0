//! Who may ask what of a running platform, and the record of what they changed.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::units::Timestamp;

/// What somebody may do; each may all that the one before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Deploys, rolls back, scales, checks files.
    Operator,
    /// Stops and upgrades naru, makes and revokes tokens, reads the audit.
    Admin,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Somebody who has shown a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operator {
    /// The token's name.
    pub name: String,
    pub role: Role,
}

/// What is known of a token. The token itself is shown once, when it is made, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Counts up from 1 and is never given again.
    pub id: u64,
    /// Of the person or the machine that uses it: the actor of what it asks.
    pub name: String,
    pub role: Role,
    pub made_at: Timestamp,
    pub made_by: String,
    /// From then on it is refused; `null`: never.
    pub expires_at: Option<Timestamp>,
    /// Within a minute; `null`: not yet.
    pub last_used_at: Option<Timestamp>,
}

/// The SHA-256 of a token or of a session's cookie.
pub type Hash = [u8; 32];

/// A token to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    pub name: String,
    pub role: Role,
    pub hash: Hash,
    pub made_at: Timestamp,
    pub made_by: String,
    pub expires_at: Option<Timestamp>,
}

/// A browser that has shown a token and holds a cookie instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Of the cookie.
    pub hash: Hash,
    /// Of the token; the session ends with it.
    pub token: Hash,
    pub expires_at: Timestamp,
}

/// One request that changed something, or was refused to by role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// Counts up from 1; 0 until the state has given it one.
    #[serde(default)]
    pub id: u64,
    pub at: Timestamp,
    /// The user on this machine, the token's name, or `api ADDRESS` for the token that the server was started with.
    pub actor: String,
    pub role: Role,
    /// An IP address; `socket` for the Unix socket.
    pub source: String,
    /// The operation's id in the OpenAPI document: `scale`, `deploy`, `make_token`.
    pub action: String,
    /// The service or the id that it was about; empty when it is about the whole.
    pub subject: String,
    /// The status that was answered.
    pub outcome: u16,
    /// What was asked, without secrets.
    pub detail: String,
}

/// Which entries of the audit are wanted: the newest, unless `after` is given; always in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Those with a greater id, the first ones.
    pub after: Option<u64>,
    /// Those with a smaller id, the last ones.
    pub before: Option<u64>,
    pub limit: u32,
}
