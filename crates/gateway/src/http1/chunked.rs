//! Reads the chunked transfer coding (RFC 9112 §7.1), in whatever pieces it comes, and leaves the data where it is.
//!
//! Strict: lines end with CRLF, sizes are plain hexadecimal without blanks, extensions are ignored but bounded (a chunk
//! of one byte with a long extension makes a body cheap to send and dear to read), trailers are bounded and well-formed.

use super::scan::{Bounds, Malformed, Scan};
use crate::head::{Fields, Known};

/// Bytes of extensions over the whole body.
const MAX_EXTENSIONS: usize = 4 << 10;
/// Trailers: the first one counts as a head's first line.
const TRAILERS: Bounds = Bounds { line: 8 << 10, fields: 16 << 10, count: 63 };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before or within a chunk's size; how many digits of it have been read.
    Size(u32),
    /// Within an extension.
    Extension,
    /// After the carriage return of the size's line.
    SizeEnd,
    /// This many bytes of data are left in the chunk.
    Data,
    /// After the data.
    DataEnd,
    /// After the carriage return that follows the data.
    DataLineEnd,
    /// After the last chunk.
    Trailers,
    Done,
}

/// What is next in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// All input was used, and more is needed.
    Input,
    /// This many bytes of data stand in front of the input. Tell [`Decoder::took`] how many of them were used.
    Data(usize),
    /// The body is over. [`Decoder::trailers`] has what came after it.
    End,
}

/// Where in a chunked body the input stands.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    left: u64,
    extensions: usize,
    trailer_bytes: Vec<u8>,
    scan: Scan,
    trailers: Fields,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder {
            state: State::Size(0),
            left: 0,
            extensions: 0,
            trailer_bytes: Vec::new(),
            scan: Scan::default(),
            trailers: Fields::default(),
        }
    }
}

impl Decoder {
    /// Reads framing off `input` up to the next data or the end. Returns how many bytes of it were framing, to be
    /// thrown away, and what comes after them.
    ///
    /// # Errors
    /// The coding is broken; nothing that follows can be trusted.
    pub fn next(&mut self, input: &[u8]) -> Result<(usize, Next), Malformed> {
        let mut at = 0;
        loop {
            match self.state {
                State::Data if self.left > 0 => {
                    let here = (input.len() - at).min(usize::try_from(self.left).unwrap_or(usize::MAX));
                    return Ok((at, if here == 0 { Next::Input } else { Next::Data(here) }));
                }
                State::Data => self.state = State::DataEnd,
                State::Done => return Ok((at, Next::End)),
                State::Trailers => match self.read_trailers(&input[at..])? {
                    Some(used) => {
                        at += used;
                        self.state = State::Done;
                    }
                    None => return Ok((input.len(), Next::Input)),
                },
                _ => {
                    let Some(byte) = input.get(at) else { return Ok((at, Next::Input)) };
                    self.state = self.step(*byte)?;
                    at += 1;
                }
            }
        }
    }

    /// How many of the `here` bytes in front of the input are data.
    pub fn available(&self, here: usize) -> usize {
        if self.state == State::Data { here.min(usize::try_from(self.left).unwrap_or(usize::MAX)) } else { 0 }
    }

    /// Bytes of data left in the chunk that was begun, whether they are there or not.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Counts bytes of data as used.
    pub fn took(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes as u64);
    }

    /// What came after the last chunk, without fields that have no business there; empty before the end.
    pub fn trailers(&self) -> &Fields {
        &self.trailers
    }

    fn step(&mut self, byte: u8) -> Result<State, Malformed> {
        let bad = |what| Err(Malformed::Syntax(what));
        match (self.state, byte) {
            (State::Size(digits), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                // 15 digits never overflow, and are more than any disk holds.
                if digits == 15 {
                    return bad("a chunk's size is too long");
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                self.left = if digits == 0 { 0 } else { self.left << 4 } | u64::from(digit);
                Ok(State::Size(digits + 1))
            }
            (State::Size(0), _) => bad("a chunk has no size"),
            (State::Size(_), b';') => Ok(State::Extension),
            (State::Size(_) | State::Extension, b'\r') => Ok(State::SizeEnd),
            (State::Extension, b'\t' | b' '..=b'~' | 0x80..) => {
                self.extensions += 1;
                if self.extensions > MAX_EXTENSIONS {
                    return bad("chunk extensions are too long");
                }
                Ok(State::Extension)
            }
            (State::SizeEnd, b'\n') if self.left == 0 => Ok(State::Trailers),
            (State::SizeEnd, b'\n') => Ok(State::Data),
            (State::DataEnd, b'\r') => Ok(State::DataLineEnd),
            (State::DataLineEnd, b'\n') => Ok(State::Size(0)),
            (State::DataEnd | State::DataLineEnd, _) => bad("a chunk is longer than its size"),
            _ => bad("a chunk's size is not well-formed"),
        }
    }

    /// Returns how many bytes of `input` ended the trailers; `None` when they go on.
    fn read_trailers(&mut self, input: &[u8]) -> Result<Option<usize>, Malformed> {
        if self.trailer_bytes.is_empty() {
            if input.starts_with(b"\r\n") {
                return Ok(Some(2));
            }
            if input.is_empty() {
                return Ok(None);
            }
        }
        let before = self.trailer_bytes.len();
        self.trailer_bytes.extend_from_slice(input);
        // An end of trailers that was cut between the two bytes of its line.
        let end = if self.trailer_bytes.starts_with(b"\r\n") {
            Some(2)
        } else if self.trailer_bytes == b"\r" {
            None
        } else {
            self.scan.find_end(&self.trailer_bytes, &TRAILERS)?
        };
        let Some(end) = end else { return Ok(None) };
        self.trailer_bytes.truncate(end);
        if end > 2 {
            self.take_trailers()?;
        }
        Ok(Some(end - before))
    }

    fn take_trailers(&mut self) -> Result<(), Malformed> {
        let mut slots = [httparse::EMPTY_HEADER; TRAILERS.count + 1];
        match httparse::parse_headers(&self.trailer_bytes, &mut slots) {
            Ok(httparse::Status::Complete((length, found))) if length == self.trailer_bytes.len() => {
                self.trailers.start_with(&self.trailer_bytes);
                super::request::add_fields(&self.trailer_bytes, found, &mut self.trailers);
            }
            _ => return Err(Malformed::Syntax("the trailers are not well-formed")),
        }
        self.trailers.drop_where(|known, _| forbidden_trailer(known));
        Ok(())
    }
}

/// Tells of a field that must stand in the head, where it decides framing, routing or who the client is; behind a body
/// nobody would look at it who should. Source: RFC 9110 §6.5.1.
pub(crate) fn forbidden_trailer(known: Known) -> bool {
    known != Known::Other
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes a body that comes in pieces of the given sizes; returns data, bytes left over, and whether it ended.
    fn decode(input: &[u8], pieces: &[usize]) -> Result<(Vec<u8>, Vec<u8>, bool, Decoder), Malformed> {
        let mut decoder = Decoder::default();
        let (mut data, mut buffer, mut rest) = (Vec::new(), Vec::new(), input);
        let mut sizes = pieces.iter().copied().chain(std::iter::repeat(usize::MAX));
        loop {
            let (framing, next) = decoder.next(&buffer)?;
            buffer.drain(..framing);
            match next {
                Next::Data(n) => {
                    data.extend(buffer.drain(..n));
                    decoder.took(n);
                }
                Next::End => {
                    buffer.extend_from_slice(rest);
                    return Ok((data, buffer, true, decoder));
                }
                Next::Input if rest.is_empty() => return Ok((data, buffer, false, decoder)),
                Next::Input => {
                    let n = sizes.next().unwrap_or(1).clamp(1, rest.len());
                    buffer.extend_from_slice(&rest[..n]);
                    rest = &rest[n..];
                }
            }
        }
    }

    #[test]
    fn a_body_with_trailers_reads_to_its_end_and_no_further() {
        let body = b"4;a=b\r\nWiki\r\n0A\r\n0123456789\r\n0\r\nGrpc-Status: 0\r\nHost: evil\r\n\r\nGET";
        let (data, rest, ended, decoder) = decode(body, &[]).unwrap();
        assert_eq!(data, b"Wiki0123456789");
        assert_eq!(rest, b"GET");
        assert!(ended);
        assert_eq!(decoder.trailers().get("grpc-status"), Some(b"0".as_slice()));
        assert_eq!(decoder.trailers().get("host"), None);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for bad in [
            "4\nWiki\r\n0\r\n\r\n",
            "4 \r\nWiki\r\n0\r\n\r\n",
            " 4\r\nWiki\r\n0\r\n\r\n",
            "4\r\r\nWiki\r\n0\r\n\r\n",
            "+4\r\nWiki\r\n0\r\n\r\n",
            "0x4\r\nWiki\r\n0\r\n\r\n",
            "-1\r\n",
            "\r\n",
            "g\r\n",
            ";a\r\n",
            "4\r\nWikiX\r\n0\r\n\r\n",
            "4\r\nWiki\n0\r\n\r\n",
            "4;a\nb\r\nWiki\r\n0\r\n\r\n",
            "4;\x00\r\nWiki\r\n0\r\n\r\n",
            "fffffffffffffffff\r\n",
            "0000000000000004\r\nWiki\r\n0\r\n\r\n",
            "0\r\nA : b\r\n\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\nA: b\r\n c\r\n\r\n",
            "0\r\n\n",
            "0\r\n\rA\r\n\r\n",
        ] {
            assert!(decode(bad.as_bytes(), &[]).is_err(), "{bad:?}");
            assert!(decode(bad.as_bytes(), &[1; 64]).is_err(), "{bad:?} by bytes");
        }
    }

    #[test]
    fn extensions_are_bounded_over_the_whole_body() {
        let chunk = format!("1;{}\r\na\r\n", "x".repeat(100));
        assert!(decode(chunk.repeat(40).as_bytes(), &[]).is_ok());
        assert!(decode(chunk.repeat(42).as_bytes(), &[]).is_err());
    }

    #[test]
    fn trailers_are_bounded() {
        let trailers = format!("0\r\n{}\r\n", "a: b\r\n".repeat(65));
        assert!(decode(trailers.as_bytes(), &[]).is_err());
        let endless = format!("0\r\na: {}", "b".repeat(20 << 10));
        assert!(decode(endless.as_bytes(), &[]).is_err());
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_body_is_cut(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6),
            trailer in proptest::bool::ANY,
            pieces in proptest::collection::vec(1usize..20, 0..40),
        ) {
            let mut body = Vec::new();
            for chunk in &chunks {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(if trailer { b"0\r\na: b\r\n\r\nnext" } else { b"0\r\n\r\nnext" });
            let (data, rest, ended, decoder) = decode(&body, &pieces).unwrap();
            prop_assert_eq!(data, chunks.concat());
            prop_assert_eq!(rest, b"next");
            prop_assert!(ended);
            prop_assert_eq!(!decoder.trailers().is_empty(), trailer);
        }

        #[test]
        fn no_bytes_make_it_panic_or_differ_by_how_they_are_cut(
            bytes in "[0-3a;\r\n x:]{0,60}",
            pieces in proptest::collection::vec(1usize..9, 0..40),
        ) {
            let whole = decode(bytes.as_bytes(), &[]);
            let cut = decode(bytes.as_bytes(), &pieces);
            prop_assert_eq!(whole.is_ok(), cut.is_ok());
            if let (Ok(a), Ok(b)) = (whole, cut) {
                prop_assert_eq!(a.0, b.0);
                prop_assert_eq!(a.2, b.2);
            }
        }
    }
}
