//! Finished files of telemetry's store, and what is in them: what is shipped on to a larger store.
//!
//! `telemetry ─File, Piece→ server → clickhouse`
//!
//! A finished file never changes. Its name and the number of a row in it tell that row from every other, however often it is
//! read.

use serde::{Deserialize, Serialize};

use crate::series::Transaction;
use crate::trace::{LogLine, Span};
use crate::units::Timestamp;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Transactions,
    Spans,
    Logs,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Transactions, Kind::Spans, Kind::Logs];

    /// As files begin and tables are called: `transactions`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Transactions => "transactions",
            Kind::Spans => "spans",
            Kind::Logs => "logs",
        }
    }
}

/// A file that nothing is added to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub kind: Kind,
    /// `transactions-20261121T093000Z-16.parquet`
    pub name: String,
    /// The first and the last time in it: when transactions ended, spans began, lines were written.
    pub first: Timestamp,
    pub last: Timestamp,
    pub rows: u64,
}

/// Rows of a file that stand one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// When the file was written.
    pub written: Timestamp,
    /// The number of the first row, counted from 0.
    pub first: u32,
    pub rows: Rows,
    /// There are more rows behind these.
    pub more: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    Transactions(Vec<Transaction>),
    Spans(Vec<TracedSpan>),
    Logs(Vec<LogLine>),
}

impl Rows {
    pub fn len(&self) -> usize {
        match self {
            Rows::Transactions(rows) => rows.len(),
            Rows::Spans(rows) => rows.len(),
            Rows::Logs(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn kind(&self) -> Kind {
        match self {
            Rows::Transactions(_) => Kind::Transactions,
            Rows::Spans(_) => Kind::Spans,
            Rows::Logs(_) => Kind::Logs,
        }
    }
}

/// A span with the trace it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedSpan {
    pub trace_id: [u8; 16],
    /// No span of the trace that is in the same file stands above it.
    pub root: bool,
    pub span: Span,
}
