//! How figures at rest are written: small numbers in few bytes. They are read back from the disk, so nothing is believed.

/// Why figures at rest can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("figures end too early")]
    Short,
    #[error("figures go on behind their end")]
    Long,
    #[error("figures hold a number that is out of its range")]
    Range,
    #[error("figures are of version {0}, which this naru does not know")]
    Version(u8),
}

/// Appends a number, seven bits a byte, the lowest first (LEB128).
pub(crate) fn pack_number(packed: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        packed.push(number as u8 | 0x80);
        number >>= 7;
    }
    packed.push(number as u8);
}

/// Takes a number off the front.
pub(crate) fn take_number(packed: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = packed.split_first().ok_or(Broken::Short)?;
        *packed = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Broken::Range)
}

/// Takes a number below `limit` off the front.
pub(crate) fn take_below(packed: &mut &[u8], limit: u64) -> Result<u64, Broken> {
    take_number(packed).and_then(|number| if number < limit { Ok(number) } else { Err(Broken::Range) })
}

pub(crate) fn take_bytes<const N: usize>(packed: &mut &[u8]) -> Result<[u8; N], Broken> {
    let (head, rest) = packed.split_first_chunk::<N>().ok_or(Broken::Short)?;
    *packed = rest;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_number_is_the_same_number() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut packed = Vec::new();
        numbers.iter().for_each(|number| pack_number(&mut packed, *number));
        let mut rest = packed.as_slice();
        assert_eq!(numbers.map(|_| take_number(&mut rest)), numbers.map(Ok));
        assert_eq!(take_number(&mut rest), Err(Broken::Short));
    }

    #[test]
    fn a_number_that_does_not_end_is_refused() {
        assert_eq!(take_number(&mut [0xff; 20].as_slice()), Err(Broken::Range));
        assert_eq!(take_number(&mut [0xff; 3].as_slice()), Err(Broken::Short));
        assert_eq!(take_below(&mut [5].as_slice(), 5), Err(Broken::Range));
    }
}
