//! The data plane: takes requests from clients, finds their service, waits for a place and a ready instance there,
//! sends them, and tells what became of each.
//!
//! `client → listener → route → admission → endpoint`; out of it come request records, health and load.
//!
//! It is a process of its own with one thread per core that share nothing but atomics, so that the server may die or be
//! replaced while requests go on. It decides nothing about instances: it follows the snapshots the server sends.

mod admission;
mod balance;
mod budget;
mod clock;
mod context;
mod eject;
mod endpoint;
mod health;
mod inherit;
mod latency;
mod lease;
mod link;
pub mod listen;
mod log;
mod process;
mod random;
mod registry;
mod report;
mod route;
mod service;
mod table;
mod window;
