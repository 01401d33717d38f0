//! The wire format of protobuf, as far as OTLP needs it.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>. Groups, which proto3 does not have, are refused.

/// The bytes are no protobuf of the message that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) &'static str);

const CUT: Malformed = Malformed("it ends in the middle of a field");

/// A field's value as it lies on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire<'a> {
    Number(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a message, one after another; ends after the first that is malformed.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u32, Wire<'a>), Malformed> {
        let tag = varint(&mut self.0)?;
        let number = u32::try_from(tag >> 3).map_err(|_| Malformed("a field has no valid number"))?;
        if number == 0 {
            return Err(Malformed("a field has the number 0"));
        }
        let value = match tag & 7 {
            0 => Wire::Number(varint(&mut self.0)?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.take()?)),
            2 => {
                let len = varint(&mut self.0)?;
                let len = usize::try_from(len).map_err(|_| CUT)?;
                let (bytes, rest) = self.0.split_at_checked(len).ok_or(CUT)?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(self.take()?)),
            _ => return Err(Malformed("a field is of a kind that protobuf does not have any more")),
        };
        Ok((number, value))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.0.split_first_chunk::<N>().ok_or(CUT)?;
        self.0 = rest;
        Ok(*bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Takes a number of one to ten bytes; as other readers do, what is above 64 bits is dropped.
#[inline]
pub(crate) fn varint(input: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for (at, byte) in input.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at as u32);
        if *byte < 0x80 {
            *input = &input[at + 1..];
            return Ok(number);
        }
    }
    Err(if input.len() < 10 { CUT } else { Malformed("a number is longer than 64 bits") })
}

/// A text, which protobuf wants to be UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
}

/// The submessages of one field.
pub(crate) fn each(message: &[u8], field: u32) -> impl Iterator<Item = Result<&[u8], Malformed>> {
    Fields(message).filter_map(move |found| match found {
        Ok((number, Wire::Bytes(bytes))) if number == field => Some(Ok(bytes)),
        Ok(_) => None,
        Err(malformed) => Some(Err(malformed)),
    })
}

/// The last submessage of one field; empty when there is none.
pub(crate) fn last(message: &[u8], field: u32) -> Result<&[u8], Malformed> {
    each(message, field).try_fold([].as_slice(), |_, found| found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_in_their_order() {
        let message = [0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x1d, 1, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0, 0, 0];
        let fields: Result<Vec<_>, _> = Fields(&message).collect();
        let wanted = vec![
            (1, Wire::Number(150)),
            (2, Wire::Bytes(b"hi".as_slice())),
            (3, Wire::Fixed32(1)),
            (4, Wire::Fixed64(2)),
        ];
        assert_eq!(fields, Ok(wanted));
    }

    #[test]
    fn what_is_cut_short_or_no_field_is_malformed() {
        let long = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        let endless = [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        for bad in
            [[0x08].as_slice(), &[0x12, 3, 1, 2], &[0x00, 1], &[0x0b], &[0x0c], &[0x09, 1], &long, &endless]
        {
            assert!(Fields(bad).any(|field| field.is_err()), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back(number: u64) {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(number, &mut bytes);
            let mut input = bytes.as_slice();
            prop_assert_eq!(varint(&mut input), Ok(number));
            prop_assert!(input.is_empty());
        }

        #[test]
        fn no_bytes_make_it_panic_or_run_on(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(Fields(&bytes).count() <= bytes.len());
        }
    }
}
