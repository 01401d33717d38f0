//! Segments as finished files, read piece by piece.

use naru_model::stored::{File, Kind, Piece, Rows};
use naru_model::units::Timestamp;

use super::Archive;
use crate::finished::{name, written};

/// Rows of a piece: some 10 MB in memory.
const ROWS: usize = 32 << 10;

impl Archive {
    pub(crate) fn finished(&self) -> Vec<File> {
        let view = self.shelf.view();
        let readable = view.segments().iter().filter(|segment| !segment.is_broken());
        let file = readable.filter_map(|segment| {
            Some(File {
                kind: Kind::Transactions,
                name: name(&segment.path)?.to_owned(),
                first: Timestamp(segment.first),
                last: Timestamp(segment.last),
                rows: segment.rows,
            })
        });
        file.collect()
    }

    pub(crate) fn piece(&self, file: &str, first: u32) -> Option<Piece> {
        let view = self.shelf.view();
        let segment = view.segments().iter().find(|segment| name(&segment.path) == Some(file))?;
        let written = written(&segment.path)?;
        let mut piece = None;
        self.shelf.reading(segment, |opened| {
            let (start, rows) = (first as usize, opened.rows());
            let end = rows.min(start.saturating_add(ROWS));
            if start < end {
                let rows_read = Rows::Transactions(opened.range(start..end)?);
                piece = Some(Piece { written, first, rows: rows_read, more: end < rows });
            }
            Ok(())
        });
        piece
    }
}
