//! Judges from evidence whether a system is worth moving and what it should become: what people answer, what its own access log says of
//! it, and, by replaying, what scaling would do over a trace of requests, with the very decisions that run in production.

pub mod effect;
pub mod factors;
pub mod log;
pub mod maturity;
pub mod portfolio;
pub mod priority;
pub mod questionnaire;
pub mod simulate;
pub mod suits;
pub mod target;
pub mod tender;
pub mod verdict;
