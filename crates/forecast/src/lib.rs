//! What is about to happen, and what is not as it was: two judges of any series of numbers, fed one point at a time.
//!
//! [`anomaly`] says whether a point is as this series usually is, without a threshold that a person would have to set.
//! [`crossing`] says when a series will reach a level that a person did set, if its course goes on.
//!
//! Telemetry feeds both behind the figures that it publishes. They are pure: the time is passed in, they do no I/O, keep
//! a bounded state that serde can write, and continue from it as if nothing had happened. The methods were chosen by
//! measurement (`bench/forecast`, decision 12).

pub mod anomaly;
#[cfg(test)]
mod chance;
pub mod crossing;
