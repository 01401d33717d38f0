//! A file of edges: who called whom, minute by minute. `durations` is the sketch that quantiles come from, naru's own.

use std::path::Path;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;

use super::spans::words;
use super::{File, Kind, Opened, PAGE_ROWS, text};
use crate::archive::error::Error;
use crate::archive::layout::{self, Field, Packing, Shape, put};
use crate::sketch::Dense;
use crate::traces::edges::{Edges, Sum};

/// In the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Minute,
    From,
    To,
    Calls,
    Errors,
    Duration,
    Durations,
}

pub(super) const FIELDS: [Field; 7] = {
    use Packing::Dictionary;
    use Shape::{Packed, Signed, Text, Time};
    [
        Field::new("minute", Time, Dictionary).with_pages(),
        Field::new("from", Text, Dictionary),
        Field::new("to", Text, Dictionary),
        Field::new("calls", Signed, Dictionary),
        Field::new("errors", Signed, Dictionary),
        Field::new("duration_us", Signed, Dictionary),
        Field::new("durations", Packed, Dictionary),
    ]
};

/// Writes all edges; `None`: there are none.
pub(in crate::traces) fn write(folder: &Path, number: u64, edges: &Edges) -> Result<Option<File>, Error> {
    let mut rows: Vec<(u32, &str, &str, &Sum)> = edges.each().collect();
    rows.sort_by_key(|(minute, from, to, _)| (*minute, *from, *to));
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
    let micros = |minute: u32| u64::from(minute) * 1_000_000;
    let ends = (micros(first.0), micros(last.0));
    let properties = layout::properties(&FIELDS, PAGE_ROWS).build();
    File::create(folder, Kind::Edges, number, ends, properties, |file| {
        let mut group = file.next_row_group()?;
        let out = &mut group;
        let large = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let column =
            |value: fn(&Sum) -> u64| rows.iter().map(|row| large(value(row.3))).collect::<Vec<i64>>();
        put::<Int64Type, _>(out, &rows.iter().map(|row| large(micros(row.0))).collect::<Vec<_>>(), None)?;
        words(out, &rows, |row| row.1)?;
        words(out, &rows, |row| row.2)?;
        put::<Int64Type, _>(out, &column(|sum| sum.calls), None)?;
        put::<Int64Type, _>(out, &column(|sum| sum.errors), None)?;
        put::<Int64Type, _>(out, &column(|sum| sum.duration_us), None)?;
        let packed = rows.iter().map(|row| {
            let mut packed = Vec::new();
            row.3.durations.pack(&mut packed);
            ByteArray::from(packed)
        });
        put::<ByteArrayType, _>(out, &packed.collect::<Vec<_>>(), None)?;
        group.close().map(drop)
    })
    .map(Some)
}

impl Opened {
    /// Gives each edge of each minute, in seconds since 1970.
    pub(in crate::traces) fn edges(
        &self,
        mut each: impl FnMut(u32, &str, &str, &Sum),
    ) -> Result<(), ParquetError> {
        for group in 0..self.groups() {
            let rows = 0..self.rows(group);
            let counts = |column: Column| self.times(group, column as usize, rows.clone());
            let minutes = counts(Column::Minute)?;
            let (calls, errors, durations_us) =
                (counts(Column::Calls)?, counts(Column::Errors)?, counts(Column::Duration)?);
            let from = self.texts(group, Column::From as usize, rows.clone())?;
            let to = self.texts(group, Column::To as usize, rows.clone())?;
            let sketches = self.texts(group, Column::Durations as usize, rows.clone())?;
            for row in rows {
                let mut durations = Dense::default();
                // A sketch that can't be read leaves a quantile out, and nothing else.
                let _ = durations.add_packed(&mut sketches[row].data());
                let (calls, errors, duration_us) = (calls[row], errors[row], durations_us[row]);
                let minute = u32::try_from(minutes[row] / 1_000_000).unwrap_or(u32::MAX);
                each(
                    minute,
                    text(&from[row]),
                    text(&to[row]),
                    &Sum { calls, errors, duration_us, durations },
                );
            }
        }
        Ok(())
    }
}
