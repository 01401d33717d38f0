//! What an answer tells of the limits that its request counted for: `RateLimit` and `RateLimit-Policy`.
//!
//! Source: draft-ietf-httpapi-ratelimit-headers-09 (18 March 2025) §3 and §4; both are lists of RFC 9651.

use std::fmt::{self, Write};
use std::time::Duration;

use smallvec::SmallVec;

use super::rule::{Rule, integer};
use crate::head::Lines;

/// Room for the items of three limits; more take memory of their own.
type Text = SmallVec<[u8; 160]>;

/// Both fields, in the order of the limits.
#[derive(Debug, Default)]
pub(super) struct Said {
    policy: Text,
    limit: Text,
}

struct Writer<'t>(&'t mut Text);

impl Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Said {
    /// Adds a limit: so much is left of it, and so long until it is whole again.
    pub(super) fn add(&mut self, rule: &Rule, left: u64, until_whole: Option<Duration>) {
        if rule.policy.is_empty() {
            return;
        }
        for text in [&mut self.policy, &mut self.limit] {
            if !text.is_empty() {
                text.extend_from_slice(b", ");
            }
        }
        self.policy.extend_from_slice(rule.policy.as_bytes());
        let mut limit = Writer(&mut self.limit);
        // Writing to memory does not fail.
        let _ = write!(limit, "\"{}\";r={}", rule.label, integer(left));
        if let Some(until) = until_whole {
            let _ = write!(limit, ";t={}", seconds(until));
        }
    }

    /// Names and values; none when nothing is to be told.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let fields = [("ratelimit-policy", &self.policy[..]), ("ratelimit", &self.limit[..])];
        fields.into_iter().filter(|(_, value)| !value.is_empty())
    }

    pub(super) fn write(&self, lines: &mut Lines) {
        self.fields().for_each(|(name, value)| lines.push(name, &[value]));
    }
}

/// Whole seconds, no less than it takes.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
