//! Decides what to do, from what is wanted and what is seen. Pure: no clock, no I/O, no memory but what it is given.

pub mod rollout;

use naru_model::observed::Observed;
use naru_model::plan::{Desired, Plan};
use naru_model::units::Timestamp;

/// Decides what to do now.
pub fn decide(desired: &Desired, observed: &Observed, now: Timestamp) -> Plan {
    let _ = (desired, observed, now);
    Plan::default()
}
