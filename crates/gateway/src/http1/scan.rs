//! Finds where a head ends while it comes in, looks at each byte once, and refuses early what can only be hostile.

use memchr::memchr;

/// How large a head may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of the first line.
    pub line: usize,
    /// Bytes of all fields together.
    pub fields: usize,
    /// Number of fields.
    pub count: usize,
}

/// What is wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the first line is longer than allowed")]
    LineTooLong,
    #[error("the header fields are larger than allowed")]
    FieldsTooLarge,
    #[error("there are more header fields than allowed")]
    TooManyFields,
    #[error("the HTTP version is not 1.0 or 1.1")]
    Version,
    #[error("the transfer coding is none but chunked")]
    Coding,
    #[error("the expectation is none but 100-continue")]
    Expectation,
    #[error("the method is not one that a gateway carries")]
    Method,
    /// Anything else, in a few words.
    #[error("{0}")]
    Syntax(&'static str),
}

/// How far a head was looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scan {
    at: usize,
    line_start: usize,
    first_line: usize,
    lines: usize,
}

impl Scan {
    /// Looks at what has come in since the last call, `input` being all of it from the first byte on. Returns the
    /// length of the head, with its last line, once it is there.
    ///
    /// # Errors
    /// It is over the bounds already, or a line ends without a carriage return.
    pub fn find_end(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<usize>, Malformed> {
        while let Some(found) = input.get(self.at..).and_then(|rest| memchr(b'\n', rest)) {
            let newline = self.at + found;
            if newline == 0 || input[newline - 1] != b'\r' {
                return Err(Malformed::Syntax("a line ends without a carriage return"));
            }
            let length = newline - 1 - self.line_start;
            self.at = newline + 1;
            self.line_start = self.at;
            if self.lines == 0 {
                if length == 0 {
                    return Err(Malformed::Syntax("the first line is empty"));
                }
                if length > bounds.line {
                    return Err(Malformed::LineTooLong);
                }
                self.first_line = self.at;
            } else if length == 0 {
                return self.within(self.at, bounds).map(|()| Some(self.at));
            } else if self.lines > bounds.count {
                return Err(Malformed::TooManyFields);
            }
            self.lines += 1;
        }
        self.at = input.len();
        if self.lines == 0 && input.len() > bounds.line + 2 {
            return Err(Malformed::LineTooLong);
        }
        self.within(input.len(), bounds).map(|()| None)
    }

    fn within(&self, end: usize, bounds: &Bounds) -> Result<(), Malformed> {
        let fits = self.lines == 0 || end - self.first_line <= bounds.fields.saturating_add(2);
        if fits { Ok(()) } else { Err(Malformed::FieldsTooLarge) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds { line: 32, fields: 64, count: 4 };

    fn find(input: &[u8]) -> Result<Option<usize>, Malformed> {
        Scan::default().find_end(input, &BOUNDS)
    }

    #[test]
    fn the_end_is_after_the_empty_line() {
        assert_eq!(find(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody"), Ok(Some(27)));
        assert_eq!(find(b"GET / HTTP/1.1\r\nHost: a\r\n"), Ok(None));
        assert_eq!(find(b"GET / HTTP/1.1\r\n\r\n"), Ok(Some(18)));
        assert_eq!(find(b""), Ok(None));
    }

    #[test]
    fn too_much_is_refused_before_its_end_is_there() {
        assert_eq!(find(&[b'a'; 35]), Err(Malformed::LineTooLong));
        assert_eq!(find(&[b"a\r\n".as_slice(), &[b'b'; 67]].concat()), Err(Malformed::FieldsTooLarge));
        assert_eq!(find(b"a\r\nb:\r\nb:\r\nb:\r\nb:\r\nb:\r\n"), Err(Malformed::TooManyFields));
    }

    #[test]
    fn a_bare_line_feed_is_refused_wherever_it_is() {
        for bad in ["\n", "GET / HTTP/1.1\n", "a\r\nb: c\n\r\n", "a\r\nb: c\r\n\n"] {
            assert!(find(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_it_comes_in_do_not_matter(text in "[ab:\r\n]{0,80}", cuts in proptest::collection::vec(0usize..80, 0..5)) {
            let whole = find(text.as_bytes());
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|c| *c < text.len()).collect();
            cuts.sort_unstable();
            cuts.push(text.len());
            let mut scan = Scan::default();
            let mut result = Ok(None);
            for cut in cuts {
                result = scan.find_end(&text.as_bytes()[..cut], &BOUNDS);
                if !matches!(result, Ok(None)) {
                    break;
                }
            }
            prop_assert_eq!(result.is_ok(), whole.is_ok());
            if let (Ok(a), Ok(b)) = (result, whole) {
                prop_assert_eq!(a, b);
            }
        }
    }
}
