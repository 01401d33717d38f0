//! Calls that outlive their callers: jobs answered 202 at once, callers that wait for an asynchronous service, and
//! messages to and from a broker.
//!
//! It stands behind the gateway, in the server's process: the gateway sends requests of routes with a pattern here as to
//! any other service, and whatever is called from here goes back through the gateway. Jobs and dead letters are in
//! `jobs.sqlite`; nothing is acknowledged that is not there, or with the broker.
//!
//! `client → gateway → jobs (kept, 202) → gateway → service`; the result is fetched, or posted to a callback.

mod attempt;
mod awaiting;
mod backoff;
mod broker;
mod callback;
mod core;
mod dispatch;
mod error;
mod fields;
mod jobs;
mod lookup;
mod prefer;
mod problem;
mod publish;
mod random;
mod router;
mod schedule;
mod store;
mod submit;
mod table;
mod through;
mod verdict;
mod waiting;

pub use self::core::{Clock, Log};
pub use error::Error;
pub use jobs::{Jobs, Settings};
pub use router::{AWAIT, JOBS};
pub use table::{Route, Table};
