//! A real worker thread on loopback, between clients and endpoints that the tests play themselves.

mod access;
mod caches;
mod drains;
mod failures;
mod harness;
mod hostile;
mod http1;
mod http2;
mod identity;
mod limits;
mod phases;
mod shapes;
mod tls;
