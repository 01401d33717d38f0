//! A real worker thread on loopback, between clients and endpoints that the tests play themselves.

mod harness;
mod http1;
