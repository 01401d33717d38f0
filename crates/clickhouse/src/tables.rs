//! The tables: one for each kind of file, made if they are not there.
//!
//! A partition is the day on which the file was written, so that what is sent together is one part: all of it is there or
//! nothing. `DROP PARTITION` lets a day go. Rows of the same file and number are one, once ClickHouse has merged them.

use naru_model::stored::Kind;

use crate::client::Client;
use crate::error::Error;

/// A column: its name and type, and how it is made of others when it is not sent.
struct Column(&'static str, &'static str);

/// What every table begins with; these are sent.
const HEAD: [Column; 4] =
    [Column("platform", "String"), Column("file", "String"), Column("row", "UInt32"), Column("day", "Date")];

const TRANSACTIONS: [Column; 19] = [
    Column("end_us", "UInt64"),
    Column("response_us", "UInt32"),
    Column("waiting_us", "UInt32"),
    Column("upstream_us", "UInt32"),
    Column("service", "String"),
    Column("revision", "UInt32"),
    Column("ordinal", "UInt32"),
    Column("function", "String"),
    Column("route", "String"),
    Column("caller", "String"),
    Column("client", "String"),
    Column("method", "String"),
    Column("status", "UInt16"),
    Column("fault", "Enum8('none' = 0, 'client' = 1, 'service' = 2, 'platform' = 3)"),
    Column("attempts", "UInt8"),
    Column("received_bytes", "UInt64"),
    Column("sent_bytes", "UInt64"),
    Column("path", "String"),
    Column("trace_id", "FixedString(16)"),
];

const SPANS: [Column; 21] = [
    Column("trace_id", "FixedString(16)"),
    Column("root", "UInt8"),
    Column("span_id", "FixedString(8)"),
    Column("parent_id", "FixedString(8)"),
    Column("start_us", "UInt64"),
    Column("duration_us", "UInt64"),
    Column("service", "String"),
    Column("instance", "String"),
    Column("name", "String"),
    Column("kind", "String"),
    Column("work", "String"),
    Column("status", "UInt16"),
    Column("error", "UInt8"),
    Column("scope", "String"),
    Column("system", "String"),
    Column("peer", "String"),
    Column("detail", "String"),
    Column("message", "String"),
    Column("attributes", "String"),
    Column("resource", "String"),
    Column("events", "String"),
];

const LOGS: [Column; 9] = [
    Column("at_us", "UInt64"),
    Column("severity", "UInt8"),
    Column("service", "String"),
    Column("instance", "String"),
    Column("trace_id", "FixedString(16)"),
    Column("span_id", "FixedString(8)"),
    Column("scope", "String"),
    Column("body", "String"),
    Column("attributes", "String"),
];

/// Of spans: `key=value` of their own attributes and of their resource's, to search by. The last that is sent.
const PAIRS: Column = Column("pairs", "Array(String)");

fn sent(kind: Kind) -> Vec<&'static Column> {
    let own: &[Column] = match kind {
        Kind::Transactions => &TRANSACTIONS,
        Kind::Spans => &SPANS,
        Kind::Logs => &LOGS,
    };
    let pairs = (kind == Kind::Spans).then_some(&PAIRS);
    HEAD.iter().chain(own).chain(pairs).collect()
}

/// The column of times that a table is searched by.
pub(crate) fn time(kind: Kind) -> &'static str {
    match kind {
        Kind::Transactions => "end_us",
        Kind::Spans => "start_us",
        Kind::Logs => "at_us",
    }
}

/// The columns that are sent, in the order in which they are.
pub(crate) fn columns(kind: Kind) -> String {
    sent(kind).iter().map(|column| column.0).collect::<Vec<_>>().join(", ")
}

/// Made there of what is sent, and what the rows are sorted by.
fn made(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Transactions => {
            ("end DateTime('UTC') DEFAULT toDateTime(intDiv(end_us, 1000000), 'UTC')", "end_us, file, row")
        }
        // A trace is found by its id within each hour, and hours by the time.
        Kind::Spans => (
            "start DateTime('UTC') DEFAULT toDateTime(intDiv(start_us, 1000000), 'UTC'), \
             hour UInt32 DEFAULT toUInt32(intDiv(start_us, 3600000000))",
            "hour, trace_id, start_us, file, row",
        ),
        Kind::Logs => {
            ("at DateTime('UTC') DEFAULT toDateTime(intDiv(at_us, 1000000), 'UTC')", "at_us, file, row")
        }
    }
}

fn definition(database: &str, kind: Kind) -> String {
    let columns: Vec<String> = sent(kind).iter().map(|Column(name, of)| format!("`{name}` {of}")).collect();
    let (made, order) = made(kind);
    format!(
        "CREATE TABLE IF NOT EXISTS `{database}`.`{}` ({}, {made}) \
         ENGINE = ReplacingMergeTree PARTITION BY day ORDER BY (platform, {order})",
        kind.as_str(),
        columns.join(", ")
    )
}

impl Client {
    /// Makes the database and the tables that are not there.
    ///
    /// # Errors
    /// ClickHouse can't be reached, or does not let this user.
    pub async fn prepare(&self) -> Result<(), Error> {
        let database = &self.settings.database;
        for kind in Kind::ALL {
            let definition = definition(database, kind);
            if let Err(Error::Refused { .. }) = self.order(definition.clone()).await {
                // A user that may not make databases may have one all the same.
                self.order(format!("CREATE DATABASE IF NOT EXISTS `{database}`")).await?;
                self.order(definition).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the guide shows.
    #[test]
    fn the_guide_says_how_the_tables_are_made() {
        let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/clickhouse.md");
        let guide = std::fs::read_to_string(guide).unwrap();
        let said: String = guide.split_whitespace().collect::<Vec<_>>().join(" ");
        for kind in Kind::ALL {
            for column in sent(kind) {
                assert!(said.contains(&format!("`{}`", column.0)), "{} {}", kind.as_str(), column.0);
            }
            assert!(said.contains(made(kind).1), "{}", kind.as_str());
        }
    }
}
