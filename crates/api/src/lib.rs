//! The API of operators: what the command line, scripts and later the console ask of a running platform.
//!
//! It stands beside the loop: it shows what the loop sees and hands in what people want of it. [`control::Control`] is
//! what it needs of the server; [`listen`] answers on a Unix socket (whoever may open the file may do all) and on TCP
//! (whoever shows the token may do all); [`client`] is the other end, for the command line.

pub mod auth;
pub mod client;
pub mod control;
pub mod error;
mod follow;
mod handlers;
pub mod listen;
pub mod message;
mod peer;
pub mod problem;
mod router;

/// Names the version of naru that answered, in every response.
pub const VERSION_HEADER: &str = "naru-version";

#[cfg(test)]
mod tests;
