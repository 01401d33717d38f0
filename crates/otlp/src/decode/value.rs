//! Values of attributes, and the JSON text that those without a field of their own are kept as.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use naru_model::span::MAX_LONG_TEXT;

use super::protobuf::{Fields, Malformed, Wire, each, text};

/// A longer text within attributes is cut here, at a character's end, in bytes; a stack trace at four times as much.
const MAX_VALUE: usize = 4096;
/// Deeper lists and maps are written as `null`.
const MAX_DEPTH: u8 = 8;

/// OTLP's AnyValue.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Any<'a> {
    #[default]
    None,
    Text(&'a str),
    Flag(bool),
    Whole(i64),
    Number(f64),
    Bytes(&'a [u8]),
    /// ArrayValue, not read yet.
    List(&'a [u8]),
    /// KeyValueList, not read yet.
    Map(&'a [u8]),
}

/// Reads a KeyValue.
pub(crate) fn pair(message: &[u8]) -> Result<(&str, Any<'_>), Malformed> {
    let (mut key, mut value) = ("", Any::None);
    for field in Fields(message) {
        match field? {
            (1, Wire::Bytes(bytes)) => key = text(bytes)?,
            (2, Wire::Bytes(bytes)) => value = Any::read(bytes)?,
            _ => {}
        }
    }
    Ok((key, value))
}

impl<'a> Any<'a> {
    pub(crate) fn read(message: &'a [u8]) -> Result<Any<'a>, Malformed> {
        let mut value = Any::None;
        for field in Fields(message) {
            value = match field? {
                (1, Wire::Bytes(bytes)) => Any::Text(text(bytes)?),
                (2, Wire::Number(number)) => Any::Flag(number != 0),
                (3, Wire::Number(number)) => Any::Whole(number as i64),
                (4, Wire::Fixed64(bits)) => Any::Number(f64::from_bits(bits)),
                (5, Wire::Bytes(bytes)) => Any::List(bytes),
                (6, Wire::Bytes(bytes)) => Any::Map(bytes),
                (7, Wire::Bytes(bytes)) => Any::Bytes(bytes),
                _ => value,
            };
        }
        Ok(value)
    }

    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Any::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number, also one that came as text.
    pub(crate) fn whole(self) -> Option<i64> {
        match self {
            Any::Whole(number) => Some(number),
            Any::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Appends it as people read it: a text as it is, everything else as JSON.
    pub(crate) fn show(self, out: &mut String) -> Result<(), Malformed> {
        match self {
            Any::None => Ok(()),
            Any::Text(text) => {
                out.push_str(text);
                Ok(())
            }
            other => other.write(out, MAX_VALUE, out.len() + MAX_LONG_TEXT, 0),
        }
    }

    /// Appends JSON; texts are cut at `longest`, and what would come after `out` has `full` bytes is left out.
    fn write(self, out: &mut String, longest: usize, full: usize, depth: u8) -> Result<(), Malformed> {
        match self {
            Any::None => out.push_str("null"),
            Any::Text(text) => quote(&text[..text.floor_char_boundary(longest)], out),
            Any::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
            // Writing to a String can't fail.
            Any::Whole(number) => {
                let _ = write!(out, "{number}");
            }
            Any::Number(number) if number.is_finite() => {
                let _ = write!(out, "{number:?}");
            }
            Any::Number(number) => {
                let _ = write!(out, "\"{number}\"");
            }
            Any::Bytes(bytes) => {
                out.push('"');
                STANDARD.encode_string(&bytes[..bytes.len().min(longest)], out);
                out.push('"');
            }
            Any::List(_) | Any::Map(_) if depth >= MAX_DEPTH => out.push_str("null"),
            Any::List(message) => {
                out.push('[');
                for (at, value) in each(message, 1).enumerate() {
                    let value = Any::read(value?)?;
                    if out.len() < full {
                        comma(at, out);
                        value.write(out, longest, full, depth + 1)?;
                    }
                }
                out.push(']');
            }
            Any::Map(message) => {
                out.push('{');
                for (at, value) in each(message, 1).enumerate() {
                    let (key, value) = pair(value?)?;
                    if out.len() < full {
                        comma(at, out);
                        quote(&key[..key.floor_char_boundary(longest)], out);
                        out.push(':');
                        value.write(out, longest, full, depth + 1)?;
                    }
                }
                out.push('}');
            }
        }
        Ok(())
    }
}

fn comma(at: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
}

/// Appends a text as JSON has it (RFC 8259 §7).
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[clean..at]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        clean = at + 1;
    }
    out.push_str(&text[clean..]);
    out.push('"');
}

/// Writes attributes as a JSON object at the end of a text: nothing when there are none, and never more than `most` bytes,
/// the attributes that come first.
pub(crate) struct Object<'o> {
    out: &'o mut String,
    began: usize,
    most: usize,
}

impl<'o> Object<'o> {
    pub(crate) fn begin(out: &'o mut String, most: usize) -> Object<'o> {
        let began = out.len();
        Object { out, began, most }
    }

    pub(crate) fn put(&mut self, key: &str, value: Any<'_>) -> Result<(), Malformed> {
        let before = self.out.len();
        let full = self.began + self.most;
        if before + key.len() + 4 > full {
            return Ok(());
        }
        self.out.push(if before == self.began { '{' } else { ',' });
        quote(key, self.out);
        self.out.push(':');
        let longest = if key == "exception.stacktrace" { 4 * MAX_VALUE } else { MAX_VALUE };
        value.write(self.out, longest, full, 0)?;
        // One byte is kept for the end.
        if self.out.len() >= full {
            self.out.truncate(before);
        }
        Ok(())
    }

    /// Puts a KeyValue.
    pub(crate) fn put_pair(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let (key, value) = pair(message)?;
        self.put(key, value)
    }

    pub(crate) fn end(self) {
        if self.out.len() > self.began {
            self.out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quoted_text_reads_back_as_json(text: String) {
            let mut out = String::new();
            quote(&text, &mut out);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn an_object_is_whole_and_within_its_bound(
            pairs in proptest::collection::vec(("[a-z\"]{0,9}", "\\PC{0,60}"), 0..12), most in 0usize..300,
        ) {
            let mut out = String::from("before");
            let mut object = Object::begin(&mut out, most);
            for (key, value) in &pairs {
                object.put(key, Any::Text(value)).unwrap();
            }
            object.end();
            let object = &out["before".len()..];
            prop_assert!(object.len() <= most);
            prop_assert!(object.is_empty() || serde_json::from_str::<serde_json::Value>(object).is_ok(), "{}", object);
        }
    }

    #[test]
    fn long_texts_are_cut_and_odd_numbers_are_texts() {
        let long = "가".repeat(2000);
        let mut out = String::new();
        let mut object = Object::begin(&mut out, 32 << 10);
        object.put("a", Any::Text(&long)).unwrap();
        object.put("b", Any::Number(f64::NAN)).unwrap();
        object.put("c", Any::Number(0.5)).unwrap();
        object.put("d", Any::Bytes(b"hi")).unwrap();
        object.end();
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(read["a"].as_str().unwrap().len(), 4095);
        assert_eq!((&read["b"], &read["c"], &read["d"]), (&"NaN".into(), &0.5.into(), &"aGk=".into()));
    }

    #[test]
    fn nesting_ends_somewhere() {
        // Each level is a list in an AnyValue in a list.
        let mut message = Vec::new();
        for _ in 0..2000 {
            let mut outer = vec![0x0a];
            prost::encoding::encode_varint(
                message.len() as u64 + 1 + prost::encoding::encoded_len_varint(message.len() as u64) as u64,
                &mut outer,
            );
            outer.push(0x2a);
            prost::encoding::encode_varint(message.len() as u64, &mut outer);
            outer.extend_from_slice(&message);
            message = outer;
        }
        let mut out = String::new();
        Any::List(&message).show(&mut out).unwrap();
        assert_eq!(out, "[[[[[[[[null]]]]]]]]");
    }
}
