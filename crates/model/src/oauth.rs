//! What naru's own authorization server must not forget: registered clients, keys, grants, what was taken back.
//!
//! Plain records between `crates/oauth`, which decides, and `crates/state`, which keeps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Hash;
use crate::client::Client;
use crate::name::ClientName;
use crate::units::Timestamp;

/// A client that was registered by API or console, not by naru.yaml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Registered {
    pub name: ClientName,
    pub client: Client,
    pub made_at: Timestamp,
    /// Who registered it, as events name people.
    pub made_by: String,
    pub changed_at: Timestamp,
    pub changed_by: String,
}

/// A key that signs access tokens (ECDSA on P-256, ES256).
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The thumbprint of its public half. Source: RFC 7638.
    pub kid: String,
    /// The private key, PKCS #8 (DER).
    pub pkcs8: Vec<u8>,
    /// It signs from then on, until the next key does.
    pub from: Timestamp,
    /// The longest life of the tokens it was used for, in microseconds: so long it is published after its last signature.
    pub longest: u64,
}

/// What a client was once given and may renew: the family of all refresh tokens that follow from one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Random; part of each of its refresh tokens.
    pub family: String,
    pub client: ClientName,
    pub scopes: Vec<String>,
    /// SHA-256 of the one refresh token that is good now.
    pub current: Hash,
    pub made_at: Timestamp,
    /// Of the refresh token that is good now.
    pub ends_at: Timestamp,
    /// Access tokens given by it that have not ended: `jti`, and when each ends. Taken back with the grant.
    pub access: Vec<(String, Timestamp)>,
}

/// An access token that was taken back before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    pub jti: String,
    pub client: ClientName,
    /// When it would have ended; it need not be remembered longer.
    pub ends_at: Timestamp,
}

/// The private key is not for logs.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("from", &self.from).finish_non_exhaustive()
    }
}
