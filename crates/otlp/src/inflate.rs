//! gzip, bounded: a few bytes that would become gigabytes are not let.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

/// Why bytes were not inflated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("what is said to be gzip is not")]
    NoGzip(#[source] io::Error),
    #[error("it is larger than {0} bytes when it is unpacked")]
    TooLarge(usize),
}

/// Unpacks gzip into `into`, which is emptied first and never holds more than one byte over `most`.
///
/// # Errors
/// It is no gzip, or larger than `most` bytes.
pub fn inflate(packed: &[u8], most: usize, into: &mut Vec<u8>) -> Result<(), Error> {
    into.clear();
    let mut decoder = MultiGzDecoder::new(packed).take(most as u64 + 1);
    decoder.read_to_end(into).map_err(Error::NoGzip)?;
    if into.len() > most { Err(Error::TooLarge(most)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let mut into = vec![9];
        inflate(&packed(b"spans"), 5, &mut into).unwrap();
        assert_eq!(into, b"spans");
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_the_memory() {
        let bomb = packed(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        let mut into = Vec::new();
        assert!(matches!(inflate(&bomb, 1 << 20, &mut into), Err(Error::TooLarge(_))));
        assert!(into.capacity() <= 4 << 20, "{}", into.capacity());
    }

    #[test]
    fn what_is_no_gzip_or_cut_short_is_refused() {
        let whole = packed(b"spans and spans and spans");
        for bad in [b"".as_slice(), b"{}", &whole[..whole.len() - 1], &whole[..9]] {
            assert!(matches!(inflate(bad, 100, &mut Vec::new()), Err(Error::NoGzip(_))));
        }
    }
}
