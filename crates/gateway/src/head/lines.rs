//! Fields that the gateway adds to a head, ready to be written.

/// Lines of `name: value` and CRLF, names in lower case as HTTP/2 wants them.
#[derive(Debug, Clone, Default)]
pub struct Lines(Vec<u8>);

impl Lines {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends a field whose value comes in parts. Nothing is escaped: the parts must make a valid value.
    pub fn push(&mut self, name: &str, value: &[&[u8]]) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        for part in value {
            self.0.extend_from_slice(part);
        }
        self.0.extend_from_slice(b"\r\n");
    }

    /// Appends a field whose value `write` appends to what it is given; nothing is escaped either.
    pub fn push_with(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        write(&mut self.0);
        self.0.extend_from_slice(b"\r\n");
    }

    /// Appends all of `other`.
    pub fn append(&mut self, other: &Lines) {
        self.0.extend_from_slice(&other.0);
    }

    /// Removes the fields that `unwanted` says so of.
    pub fn drop_where(&mut self, unwanted: impl Fn(&[u8]) -> bool) {
        let mut kept = Vec::with_capacity(self.0.len());
        for (name, value) in self.iter().filter(|(name, _)| !unwanted(name)) {
            kept.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
        }
        self.0 = kept;
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let end = memchr::memchr(b'\n', rest)?;
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            let line = line.strip_suffix(b"\r\n")?;
            let colon = memchr::memchr(b':', line)?;
            Some((&line[..colon], line.get(colon + 2..)?))
        })
    }
}

/// Appends a number in decimal digits.
pub(crate) fn decimal(text: &mut Vec<u8>, mut number: u64) {
    // As many as the largest has.
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[first..]);
}

/// Tells whether a field may be called so (RFC 9110 §5.6.2).
pub fn is_field_name(name: &[u8]) -> bool {
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    !name.is_empty() && name.iter().all(is_token)
}

/// Tells whether a field may have this value (RFC 9110 §5.5): nothing in it ends a line.
pub fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|b| *b == b'\t' || (*b >= b' ' && *b != 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back_as_names_and_values() {
        let mut lines = Lines::default();
        lines.push("a", &[b"1", b"2"]);
        lines.push("b", &[b"x: y"]);
        lines.push("c", &[]);
        let read: Vec<_> = lines.iter().collect();
        let wanted: [(&[u8], &[u8]); 3] = [(b"a", b"12"), (b"b", b"x: y"), (b"c", b"")];
        assert_eq!(read, wanted);
        lines.drop_where(|name| name == b"b");
        assert_eq!(lines.as_bytes(), b"a: 12\r\nc: \r\n");
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for number in [0, 7, 10, 909, u64::MAX] {
            let mut text = Vec::new();
            decimal(&mut text, number);
            assert_eq!(String::from_utf8(text).unwrap(), number.to_string());
        }
    }

    #[test]
    fn what_would_end_a_line_is_no_part_of_a_field() {
        assert!(
            is_field_name(b"x-a_b")
                && !is_field_name(b"")
                && !is_field_name(b"a:b")
                && !is_field_name(b"a\r\n")
        );
        assert!(is_field_value("가 b\t".as_bytes()) && !is_field_value(b"a\nb") && !is_field_value(b"\0"));
    }
}
