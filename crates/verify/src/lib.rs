//! Proof on the running product: a sample application, a load driver that does not lie, and the scenarios of
//! `naru verify` that put them around a real `naru up`.
//!
//! It stands beside the loop, at both of its ends: [`load`] is the client, [`app`] is the service, and [`scenario`]
//! breaks what is between them and counts what the client noticed.

pub mod acceptance;
pub mod app;
pub mod load;
mod random;
pub mod scenario;
