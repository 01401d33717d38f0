//! What end-to-end tests share: a real naru in a folder of its own, clients that send exact bytes, traffic that goes on
//! beside the test, and an upstream that misbehaves on purpose. Never part of the product.
//!
//! It stands around the loop: [`naru`] is all of it and [`gateway`] one station, [`client`] and [`traffic`] come in at its
//! front, [`upstream`] and [`addresses`] are behind it. [`token`] makes what callers show,
//! [`record`] what the gateway tells of a request.

#![allow(clippy::unwrap_used, reason = "all of it runs in tests, where a panic is the report")]

pub mod addresses;
mod asked;
pub mod client;
pub mod gateway;
pub mod mail;
pub mod naru;
pub mod processes;
pub mod record;
pub mod token;
pub mod traffic;
pub mod upstream;
