//! gRPC services offered as REST and as gRPC-Web, against a service that answers as it is told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod peer;
mod rest;
mod web;
