//! Sends pieces of files, each row once, however often it is tried.
//!
//! Before rows are sent, those that are there already are asked for: the last try may have got through and its answer not
//! back, or ClickHouse may have ended in the middle. While a try is still under way, its id keeps another from being taken.

use std::collections::HashSet;

use naru_model::stored::{File, Piece, Rows};

use crate::client::Client;
use crate::error::Error;
use crate::older::id_of;
use crate::row_binary::{Reader, Writer};
use crate::rows::Head;
use crate::sql::Where;
use crate::{rows, tables};

const DAY_US: u64 = 86_400_000_000;

impl Client {
    /// Has the rows of a piece there, and returns how many had to be sent. `store` tells this naru's files from others'.
    ///
    /// # Errors
    /// ClickHouse can't be reached, refuses them, or does not answer in time. What of them is there then is not known; the next
    /// try finds it out.
    pub async fn put(&self, store: &str, file: &File, piece: &Piece) -> Result<u64, Error> {
        let id = id_of(store, &file.name);
        let there = self.there(&id, file, piece).await?;
        let head = Head {
            platform: &self.settings.platform,
            file: &id,
            day: u16::try_from(piece.written.0 / DAY_US).unwrap_or(u16::MAX),
        };
        let mut writer = Writer::default();
        let missing = (piece.first..).take(piece.rows.len()).zip(0..).filter(|(row, _)| !there.contains(row));
        let mut sent = 0;
        for (row, at) in missing {
            head.write(&mut writer, row);
            match &piece.rows {
                Rows::Transactions(rows) => rows::transaction(&mut writer, &rows[at]),
                Rows::Spans(rows) => rows::span(&mut writer, &rows[at]),
                Rows::Logs(rows) => rows::line(&mut writer, &rows[at]),
            }
            sent += 1;
        }
        if sent > 0 {
            let (table, columns) = (file.kind.as_str(), tables::columns(file.kind));
            let sql = format!("INSERT INTO {table} ({columns}) FORMAT RowBinary");
            self.send(&sql, writer.bytes(), &format!("naru {id} {}", piece.first)).await?;
        }
        Ok(sent)
    }

    /// The numbers of a piece's rows that are there.
    async fn there(&self, id: &str, file: &File, piece: &Piece) -> Result<HashSet<u32>, Error> {
        let mut conditions = Where::platform(&self.settings.platform);
        let (from, to) = (file.first.0, file.last.0.saturating_add(1));
        conditions.within(tables::time(file.kind), (from, to));
        if file.kind == naru_model::stored::Kind::Spans {
            conditions.within("hour", rows::hours((from, to)));
        }
        conditions.is("file", id);
        let first = u64::from(piece.first);
        conditions.within("row", (first, first + piece.rows.len() as u64));
        let table = file.kind.as_str();
        let answer = self.ask(format!("SELECT row FROM {table} WHERE {conditions} FORMAT RowBinary")).await?;
        Ok(Reader::of(&answer).rows(Reader::u32)?.into_iter().collect())
    }
}
