//! The trace a request belongs to. Source: W3C Trace Context, level 1 (<https://www.w3.org/TR/trace-context/>).

/// Reads the trace id out of a `traceparent`; `None` when it is not a valid one, which is then to be replaced.
pub fn trace_id(traceparent: &[u8]) -> Option<[u8; 16]> {
    let version = traceparent.get(..2)?;
    let well_placed = traceparent.len() >= 55
        && [2, 35, 52].iter().all(|dash| traceparent[*dash] == b'-')
        && (traceparent.len() == 55 || (version != b"00" && traceparent[55] == b'-'));
    if !well_placed || version == b"ff" {
        return None;
    }
    let _version: [u8; 1] = hex(version)?;
    let id: [u8; 16] = hex(&traceparent[3..35])?;
    let parent: [u8; 8] = hex(&traceparent[36..52])?;
    let _flags: [u8; 1] = hex(&traceparent[53..55])?;
    (id != [0; 16] && parent != [0; 8]).then_some(id)
}

/// Reads lower-case hexadecimal digits, exactly as many as fill `N` bytes.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if digits.len() != N * 2 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

/// Both digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Writes 16 digits of hexadecimal.
pub fn digits(number: u64) -> [u8; 16] {
    let mut text = [0; 16];
    for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_one_gives_its_trace_id() {
        let id = trace_id(VALID.as_bytes()).unwrap();
        assert_eq!((id[0], id[15]), (0x0a, 0x9c));
        let later = VALID.replacen("00", "cc", 1) + "-what-the-future-brings";
        assert_eq!(trace_id(later.as_bytes()), Some(id));
    }

    #[test]
    fn anything_else_gives_none() {
        for bad in [
            "".to_owned(),
            VALID.to_uppercase(),
            VALID.replacen("00", "ff", 1),
            VALID.replacen("00", "0g", 1),
            format!("{VALID}-more"),
            format!("{VALID}x").replacen("00", "01", 1),
            VALID.replace("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
            VALID.replace("b7ad6b7169203331", "0000000000000000"),
            VALID.replace('-', "_"),
            VALID[..54].to_owned(),
        ] {
            assert_eq!(trace_id(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn digits_read_back(high: u64, low in 1u64..) {
            let id = [digits(high), digits(low)].concat();
            let text = [b"00-", id.as_slice(), b"-", &digits(low), b"-01"].concat();
            let wanted = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
            prop_assert_eq!(trace_id(&text), Some(wanted));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            trace_id(&bytes);
        }
    }
}
