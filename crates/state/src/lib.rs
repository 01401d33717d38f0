//! What must outlive the server: what is wanted, the revisions, where each instance stands, what happened,
//! who may ask and what they changed, which clients are registered and what they were given, what was found wrong and who was
//! told.
//!
//! One SQLite file, `naru.db` in the state folder, written by one server at a time. It stands beside the loop: the
//! server reads all of it at its start, and writes each plan of the controller in one transaction before it carries it
//! out, so that a SIGKILL at any moment leaves either all of a decision or nothing of it.
//!
//! Write-ahead logging (<https://sqlite.org/wal.html>) with two degrees of care. What a person asked for
//! ([`State::commit`]) is on the disk before it is answered. A plan ([`State::apply`]) survives the death of any
//! process, which is all it needs: a power cut ends every instance it speaks of as well.

mod access;
mod alerts;
mod audit;
mod backup;
mod clients;
mod error;
mod events;
mod grants;
mod lock;
mod names;
mod notices;
mod plan;
mod quota;
mod revisions;
mod schema;
mod services;
mod store;

pub use error::Error;
pub use names::Kind;
pub use plan::Instance;
pub use services::{Changes, Service};
pub use store::State;

#[cfg(test)]
mod tests;
