//! Judges by replaying: what scaling would do over a trace of requests, with the very decisions that run in production.

pub mod simulate;
