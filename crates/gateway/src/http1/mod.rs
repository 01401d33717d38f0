//! HTTP/1.0 and HTTP/1.1, read as strictly as two sides that must agree on where a message ends need it read.
//!
//! The parsers are pure and public so that fuzzers reach them: [`request::parse`] and [`response::parse`] take a whole
//! head that [`scan::Scan`] has found the end of, [`chunked::Decoder`] takes a chunked body in whatever pieces it comes.
//! `wire` ties them to a connection, of a client (`serve`) or of an endpoint (`link`).

pub mod chunked;
pub mod request;
pub mod response;
pub mod scan;
pub(crate) mod serve;
pub(crate) mod upstream;
pub(crate) mod wire;
