//! The data plane: takes requests from clients, finds their service, waits for a place and a ready instance there,
//! sends them, and tells what became of each.
//!
//! `client → listener → route → admission → endpoint`; out of it come request records, health and load.
//!
//! It is a process of its own with one thread per core that share nothing but atomics, so that the server may die or be
//! replaced while requests go on. It decides nothing about instances: it follows the snapshots the server sends.

mod adaptive;
mod admission;
mod balance;
mod body;
mod bounds;
mod budget;
mod buffers;
mod clock;
mod context;
mod eject;
mod endpoint;
mod error;
mod exchange;
#[cfg(test)]
mod fixture;
mod flight;
pub mod forwarded;
pub mod head;
mod health;
pub mod http1;
mod http2;
mod inherit;
mod io;
mod latency;
mod lease;
mod link;
pub mod listen;
mod log;
mod patience;
mod policy;
mod process;
mod random;
mod registry;
mod report;
mod route;
mod service;
mod table;
mod thread;
mod timer;
mod tls;
pub mod trace;
mod upstream;
mod user;
mod window;
mod worker;

pub use policy::MakeShape;
pub use policy::access::explain::{Explanation, Question, Step, explain};
pub use policy::access::gate::Gate;
pub use process::{Error, Options};

/// Runs the gateway process until it is told to drain and has done so. Blocks. To be called once, early in the
/// process: it owns the descriptors in `options` from then on. `make_shape` makes the conversions that policies ask for.
///
/// # Errors
/// A socket can't be taken over, or a thread can't be started or has failed.
pub fn run(options: &Options, make_shape: MakeShape) -> Result<(), Error> {
    process::run(options, make_shape, worker::run)
}
