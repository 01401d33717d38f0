//! What the API asks of the server about what is measured and reported: parts of [`Control`](crate::control::Control).

pub mod assessments;
pub mod metrics;
pub mod reports;
pub mod traces;
