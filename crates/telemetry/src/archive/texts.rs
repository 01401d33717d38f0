//! Looks for texts in a column of a Parquet file: in its dictionary first, so that each different text is looked at once.
//!
//! Parquet's own reader makes a value of each row. Here a row is a number of the dictionary, and costs a nanosecond. Source:
//! Apache Parquet, "Encodings": RLE_DICTIONARY, and the RLE / bit-packing hybrid within it.

use std::sync::Arc;

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::data_type::ByteArrayType;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::cursor::Cursor;
use super::source::Source;

/// Rows that are read at once where there is no dictionary.
const AT_ONCE: usize = 8192;

/// For each row of a row group whether its text is wanted; the column is one of texts of which none is null.
pub(crate) fn matching(
    source: &Arc<Source>,
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<Vec<bool>, ParquetError> {
    let rows = usize::try_from(metadata.row_group(group).num_rows()).unwrap_or(0);
    let chunk = metadata.row_group(group).column(column);
    let mut pages = SerializedPageReader::new(source.clone(), chunk, rows, None)?;
    let (mut found, mut known) = (Vec::with_capacity(rows), Vec::new());
    while let Some(page) = pages.get_next_page()? {
        let (values, encoding, count) = match &page {
            Page::DictionaryPage { buf, num_values, .. } => {
                known = dictionary(buf, *num_values as usize, &wanted)?;
                continue;
            }
            Page::DataPage { buf, encoding, num_values, .. } => (&buf[..], *encoding, *num_values),
            Page::DataPageV2 {
                buf, encoding, num_values, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let levels = *def_levels_byte_len as usize + *rep_levels_byte_len as usize;
                (buf.get(levels..).ok_or_else(damaged)?, *encoding, *num_values)
            }
        };
        let in_dictionary = encoding == Encoding::RLE_DICTIONARY;
        if !in_dictionary {
            // The dictionary was full: the rest of the column has none.
            break;
        }
        if found.len() + count as usize > rows {
            return Err(damaged());
        }
        if known.contains(&true) {
            numbers(values, count as usize, |number| {
                found.push(*known.get(number as usize).unwrap_or(&false));
            })?;
        } else {
            found.resize(found.len() + count as usize, false);
        }
    }
    let mut rest = Cursor::<ByteArrayType>::new(source, metadata, group, column)?;
    let mut texts = Vec::new();
    while found.len() < rows {
        let end = (found.len() + AT_ONCE).min(rows);
        rest.read(found.len()..end, &mut texts)?;
        found.extend(texts.iter().map(|text| wanted(text.data())));
    }
    Ok(found)
}

/// Whether a text contains another, upper and lower case alike. `lower` is in lower case.
pub(crate) fn contains(text: &str, lower: &str) -> bool {
    if lower.is_empty() {
        return true;
    }
    if text.is_ascii() {
        let (text, lower) = (text.as_bytes(), lower.as_bytes());
        return text.windows(lower.len()).any(|window| window.eq_ignore_ascii_case(lower));
    }
    text.to_lowercase().contains(lower)
}

/// Each value behind its length of four bytes.
fn dictionary(
    mut page: &[u8],
    count: usize,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<Vec<bool>, ParquetError> {
    let mut known = Vec::new();
    for _ in 0..count {
        let (len, rest) = page.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or_else(damaged)?;
        known.push(wanted(value));
        page = rest;
    }
    Ok(known)
}

/// Gives so many numbers of a hybrid of runs and packed bits, behind the byte that tells how wide each is.
fn numbers(page: &[u8], count: usize, mut each: impl FnMut(u32)) -> Result<(), ParquetError> {
    let (width, mut rest) = page.split_first().ok_or_else(damaged)?;
    let width = usize::from(*width);
    if width > 32 {
        return Err(damaged());
    }
    let mut left = count;
    while left > 0 {
        let header = varint(&mut rest)?;
        let times = usize::try_from(header >> 1).map_err(|_| damaged())?;
        if times == 0 {
            return Err(damaged());
        }
        if header & 1 == 0 {
            let (value, behind) = rest.split_at_checked(width.div_ceil(8)).ok_or_else(damaged)?;
            let value = value.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            (0..times.min(left)).for_each(|_| each(value));
            left -= times.min(left);
            rest = behind;
            continue;
        }
        let bytes = times.checked_mul(width).ok_or_else(damaged)?;
        // The last group of eight may be cut short.
        let (packed, behind) = rest.split_at(bytes.min(rest.len()));
        let values = times.saturating_mul(8).min(left);
        if packed.len() * 8 < values.saturating_mul(width) {
            return Err(damaged());
        }
        unpack(packed, width, values, &mut each);
        left -= values;
        rest = behind;
    }
    Ok(())
}

fn unpack(packed: &[u8], width: usize, count: usize, each: &mut impl FnMut(u32)) {
    let mask = (1u64 << width) - 1;
    let (mut bits, mut filled) = (0u64, 0);
    let mut bytes = packed.iter();
    for _ in 0..count {
        while filled < width {
            bits |= u64::from(bytes.next().copied().unwrap_or(0)) << filled;
            filled += 8;
        }
        each((bits & mask) as u32);
        bits >>= width;
        filled -= width;
    }
}

fn varint(rest: &mut &[u8]) -> Result<u64, ParquetError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or_else(damaged)?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(damaged())
}

fn damaged() -> ParquetError {
    ParquetError::General("a page of texts is damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(page: &[u8], count: usize) -> Option<Vec<u32>> {
        let mut read = Vec::new();
        numbers(page, count, |number| read.push(number)).ok().map(|()| read)
    }

    #[test]
    fn runs_and_packed_bits_are_read() {
        // The example of Parquet's "Encodings": 0 to 7 in three bits each, 1000 1000 1100 0110 1111 1010 backwards.
        let packed = [3, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(read(&packed, 8), Some((0..8).collect()));
        assert_eq!(read(&[3, 10, 6], 5), Some(vec![6; 5]));
        assert_eq!(read(&[0, 6], 3), Some(vec![0; 3]));
        assert_eq!(read(&[9, 4, 0x34, 0x01], 2), Some(vec![0x134; 2]));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(page in proptest::collection::vec(any::<u8>(), 0..40), count in 0usize..500) {
            if let Some(read) = read(&page, count) {
                prop_assert_eq!(read.len(), count);
            }
            let _ = dictionary(&page, count, |_| true);
        }
    }
}
