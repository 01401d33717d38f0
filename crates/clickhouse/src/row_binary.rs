//! RowBinary: rows one after another, values in the order of their columns, little-endian, texts behind their length.
//! Source: ClickHouse, "Formats: RowBinary".

use crate::error::Error;

/// Rows being written.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// FixedString: as many bytes as its column has.
    pub(crate) fn fixed(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.length(value.len());
        self.0.extend_from_slice(value.as_bytes());
    }

    pub(crate) fn texts(&mut self, values: &[String]) {
        self.length(values.len());
        values.iter().for_each(|value| self.text(value));
    }

    /// LEB128, unsigned.
    fn length(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.0.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.0.push(length as u8);
    }
}

/// Rows being read. Whatever the bytes are, nothing is taken from beyond their end.
#[derive(Debug)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn of(bytes: &'b [u8]) -> Reader<'b> {
        Reader(bytes)
    }

    /// Reads rows to the end.
    pub(crate) fn rows<T>(mut self, row: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        while !self.0.is_empty() {
            let before = self.0.len();
            rows.push(row(&mut self)?);
            if self.0.len() == before {
                return Err(Error::Answer);
            }
        }
        Ok(rows)
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::Answer)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| Error::Answer)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| Error::Answer)
    }

    pub(crate) fn texts(&mut self) -> Result<Vec<String>, Error> {
        let count = self.length()?;
        // Each takes a byte at least: a count that lies ends with the bytes.
        (0..count).map(|_| self.text()).collect()
    }

    fn length(&mut self) -> Result<usize, Error> {
        let mut length = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.u8()?;
            length |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(length).map_err(|_| Error::Answer);
            }
        }
        Err(Error::Answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in proptest::collection::vec((any::<u64>(), any::<u16>(), ".*", proptest::collection::vec(".{0,200}", 0..5)), 0..9),
        ) {
            let mut writer = Writer::default();
            for (large, small, text, texts) in &rows {
                writer.u64(*large);
                writer.u16(*small);
                writer.text(text);
                writer.texts(texts);
            }
            let bytes = writer.bytes();
            let read = Reader::of(&bytes).rows(|row| Ok((row.u64()?, row.u16()?, row.text()?, row.texts()?)));
            prop_assert_eq!(read.unwrap(), rows);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader::of(&bytes).rows(|row| Ok((row.text()?, row.texts()?, row.u32()?, row.array::<16>()?)));
        }
    }

    #[test]
    fn a_row_of_nothing_ends() {
        assert!(Reader::of(b"x").rows(|_| Ok(())).is_err());
    }
}
