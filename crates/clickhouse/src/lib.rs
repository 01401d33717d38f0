//! The larger store: a ClickHouse that is sent what telemetry's files hold, and asked for what is kept here no longer.
//!
//! `telemetry ─Piece→ server → clickhouse ─RowBinary over HTTP→ ClickHouse`, and searches the other way
//!
//! Values travel as RowBinary, which needs no escaping; those of searches stand in SQL as literals that [`sql`] alone makes.
//! Each row has the file and the number that it had there, so that what is sent twice is found to be there. Everything here
//! runs on ClickHouse 18.16, which Debian 12 has, and on what came later.
//! Source: ClickHouse, "HTTP Interface", "Formats: RowBinary", "MergeTree".

mod client;
mod error;
mod logs;
pub mod merge;
mod older;
mod put;
mod row_binary;
mod rows;
mod spans;
mod sql;
mod stretches;
mod tables;
mod trace;
mod transactions;

pub use client::{Client, Settings};
pub use error::Error;
pub use older::{Older, id_of};
pub use trace::OlderParts;
