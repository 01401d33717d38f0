//! The API of operators: what the command line, scripts and the console ask of a running platform.
//!
//! It stands beside the loop: it shows what the loop sees and hands in what people want of it. [`control::Control`] is
//! what it needs of the server; [`listen`] answers on a Unix socket (whoever may open the file is admin) and on TCP
//! (whoever shows a token may do what its role may), and serves the console's files; [`client`] is the other end, for the
//! command line. What it answers is described by its OpenAPI document, which is made from the handlers themselves.

mod access;
pub mod alerts;
pub mod auth;
pub mod client;
pub mod console;
pub mod control;
pub mod error;
mod extract;
mod failures;
mod follow;
mod gate;
mod handlers;
pub mod listen;
pub mod manage;
pub mod message;
pub mod openapi;
mod peer;
pub mod problem;
mod router;
pub mod seam;
mod shape;
pub mod socket;
pub mod tls;

/// Names the version of naru that answered, in every response.
pub const VERSION_HEADER: &str = "naru-version";
/// A request that shows a cookie and changes something needs this header, or the `Origin` of the page that naru serves:
/// no other site's page can send either.
pub const CONSOLE_HEADER: &str = "x-naru-console";

#[cfg(test)]
mod tests;
