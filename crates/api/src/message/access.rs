//! Tokens, sessions and the audit.

use naru_model::access::{AuditSearch, Role, Token};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Told;
use crate::error::Error;

/// The most entries of the audit that one answer holds.
pub const MAX_AUDITS: u32 = 1000;
/// A token's name, in characters.
const MAX_NAME: usize = 64;
/// A minute to ten years.
const LIFE_SECONDS: std::ops::RangeInclusive<u64> = 60..=315_360_000;

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeToken {
    /// Of the person or the machine that will use it; 1 to 64 characters, taken by no other token. Events and the audit
    /// name it.
    #[schema(min_length = 1, max_length = 64, example = "kim")]
    pub name: String,
    pub role: Role,
    /// How long it is good for, in seconds. Default: until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 315360000)]
    pub expires_in_seconds: Option<u64>,
}

/// A token that was made. The secret is shown here and never again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeToken {
    /// What is to be shown: `Authorization: Bearer SECRET`.
    pub secret: String,
    pub token: Token,
}

/// A browser signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub token: String,
}

/// The query of `GET /v1/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only entries with a greater id, the first ones. Default: the newest.
    #[serde(default)]
    pub after: Option<u64>,
    /// Only entries with a smaller id.
    #[serde(default)]
    pub before: Option<u64>,
    /// How many at most.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
}

impl Default for AuditQuery {
    fn default() -> Self {
        AuditQuery { after: None, before: None, limit: hundred() }
    }
}

fn hundred() -> u32 {
    100
}

impl AuditQuery {
    pub(crate) fn search(&self) -> Result<AuditSearch, Error> {
        if self.limit == 0 || self.limit > MAX_AUDITS {
            return Err(Error::Invalid(format!("limit={} is not from 1 to {MAX_AUDITS}", self.limit)));
        }
        for id in [self.after, self.before].into_iter().flatten() {
            if i64::try_from(id).is_err() {
                return Err(Error::Invalid(format!("{id} is no entry's id; they are below 2^63")));
            }
        }
        Ok(AuditSearch { after: self.after, before: self.before, limit: self.limit })
    }
}

impl MakeToken {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let length = self.name.chars().count();
        let odd = self.name.trim() != self.name || self.name.chars().any(char::is_control);
        if length == 0 || length > MAX_NAME || odd {
            return Err(Error::Invalid(format!(
                "a token's name has 1 to {MAX_NAME} characters, no space at either end and no control character"
            )));
        }
        match self.expires_in_seconds {
            Some(seconds) if !LIFE_SECONDS.contains(&seconds) => Err(Error::Invalid(format!(
                "expires_in_seconds={seconds} is not from {} to {}",
                LIFE_SECONDS.start(),
                LIFE_SECONDS.end()
            ))),
            _ => Ok(()),
        }
    }
}

impl Told for MakeToken {
    fn told(&self) -> String {
        let ends = self.expires_in_seconds.map(|seconds| format!(", for {seconds} s")).unwrap_or_default();
        let name: String = self.name.chars().take(MAX_NAME).collect();
        format!("{name:?}, {}{ends}", self.role)
    }
}

impl Told for SignIn {
    fn told(&self) -> String {
        String::new()
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn { token: .. }")
    }
}
