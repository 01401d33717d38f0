//! What an answer tells of the limits that its request counted for: `RateLimit` and `RateLimit-Policy`.
//!
//! Source: draft-ietf-httpapi-ratelimit-headers-09 (18 March 2025) §3 and §4; both are lists of RFC 9651.

use std::time::Duration;

use super::rate::Left;
use super::rule::{Rule, integer};
use crate::head::{Lines, decimal};

const POLICY: &str = "ratelimit-policy";
const LIMIT: &str = "ratelimit";

/// Adds both fields, with the limits in their order and what is left of each; nothing when nothing is to be told.
pub(super) fn say<'r>(told: impl Iterator<Item = (&'r Rule, Left)> + Clone, lines: &mut Lines) {
    let told = told.filter(|(rule, _)| !rule.policy.is_empty());
    if told.clone().next().is_none() {
        return;
    }
    lines.push_with(POLICY, |text| {
        for (i, (rule, _)) in told.clone().enumerate() {
            separate(i, text);
            text.extend_from_slice(rule.policy.as_bytes());
        }
    });
    lines.push_with(LIMIT, |text| {
        for (i, (rule, left)) in told.enumerate() {
            separate(i, text);
            text.extend_from_slice(rule.left.as_bytes());
            decimal(text, integer(left.amount));
            if !left.until_whole.is_zero() {
                text.extend_from_slice(b";t=");
                decimal(text, seconds(left.until_whole));
            }
        }
    });
}

fn separate(number: usize, text: &mut Vec<u8>) {
    if number > 0 {
        text.extend_from_slice(b", ");
    }
}

/// Both fields of an answer that says: nothing is left of this one for so long.
pub(super) fn refusal(rule: &Rule, wait: Duration) -> Vec<(&'static str, String)> {
    if rule.policy.is_empty() {
        return Vec::new();
    }
    vec![(POLICY, rule.policy.clone()), (LIMIT, format!("{}0;t={}", rule.left, seconds(wait)))]
}

/// Whole seconds, no less than it takes.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
