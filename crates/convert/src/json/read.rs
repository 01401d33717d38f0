//! RFC 8259, strictly.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Value;

/// As deep as other readers go by default.
const DEPTH: usize = 128;
/// Objects with more members are checked for double names by hash.
const FEW: usize = 16;

/// Line and column count from 1; columns are characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct Error {
    pub line: usize,
    pub column: usize,
    pub what: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("not in UTF-8")]
    NotUtf8,
    #[error("the body ends in the middle of a value")]
    End,
    #[error("something follows the value")]
    More,
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("a control character stands in a string; write it as an escape")]
    Control,
    #[error("no such escape in a string")]
    Escape,
    #[error("half of a surrogate pair")]
    Surrogate,
    #[error("the member is there twice")]
    Twice,
    #[error("more than 128 levels deep")]
    TooDeep,
}

/// # Errors
/// The body is no JSON text, has a member twice in one object, or is more than 128 levels deep.
pub fn read(body: &[u8]) -> Result<Value<'_>, Error> {
    let located = |at: usize, what| {
        let before = String::from_utf8_lossy(&body[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Error { line, column, what }
    };
    let text = str::from_utf8(body).map_err(|error| located(error.valid_up_to(), Fault::NotUtf8))?;
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0).and_then(|value| {
        reader.space();
        if reader.at == text.len() { Ok(value) } else { Err(Fault::More) }
    });
    value.map_err(|what| located(reader.at, what))
}

struct Reader<'b> {
    text: &'b str,
    at: usize,
}

impl<'b> Reader<'b> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, name: &'static str) -> Result<(), Fault> {
        match self.peek() {
            Some(there) if there == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(Fault::Expected(name)),
            None => Err(Fault::End),
        }
    }

    /// Calls itself at most [`DEPTH`] times.
    fn value(&mut self, depth: usize) -> Result<Value<'b>, Fault> {
        self.space();
        match self.peek().ok_or(Fault::End)? {
            b'{' | b'[' if depth == DEPTH => Err(Fault::TooDeep),
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => Ok(Value::String(self.string()?)),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => Err(Fault::Expected("a value")),
        }
    }

    fn word(&mut self, word: &str, value: Value<'b>) -> Result<Value<'b>, Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(Fault::Expected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Value<'b>, Fault> {
        self.at += 1;
        let mut members: Vec<(Cow<'b, str>, Value<'b>)> = Vec::new();
        let mut names = HashSet::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek().ok_or(Fault::End)? != b'"' {
                return Err(Fault::Expected("a member's name in quotes"));
            }
            let name = self.string()?;
            if members.len() == FEW {
                names.extend(members.iter().map(|(name, _)| name.clone()));
            }
            let twice = match members.len() < FEW {
                true => members.iter().any(|(there, _)| *there == name),
                false => !names.insert(name.clone()),
            };
            if twice {
                self.at = start;
                return Err(Fault::Twice);
            }
            self.space();
            self.expect(b':', "`:`")?;
            members.push((name, self.value(depth + 1)?));
            self.space();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Value::Object(members));
            }
            self.expect(b',', "`,` or `}`")?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value<'b>, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Value::List(items));
            }
            self.expect(b',', "`,` or `]`")?;
        }
    }

    fn number(&mut self) -> Result<Value<'b>, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Value::Number(Cow::Borrowed(&self.text[start..self.at])))
    }

    /// One at least.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false if self.at == self.text.len() => Err(Fault::End),
            false => Err(Fault::Expected("a digit")),
        }
    }

    fn string(&mut self) -> Result<Cow<'b, str>, Fault> {
        self.at += 1;
        let mut owned = String::new();
        let mut start = self.at;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            self.at += plain.unwrap_or(rest.len());
            match self.peek().ok_or(Fault::End)? {
                b'"' => {
                    let last = &self.text[start..self.at];
                    self.at += 1;
                    if owned.is_empty() {
                        return Ok(Cow::Borrowed(last));
                    }
                    owned.push_str(last);
                    return Ok(Cow::Owned(owned));
                }
                b'\\' => {
                    owned.push_str(&self.text[start..self.at]);
                    self.at += 1;
                    owned.push(self.escape()?);
                    start = self.at;
                }
                _ => return Err(Fault::Control),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let c = match self.peek().ok_or(Fault::End)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.code();
            }
            _ => return Err(Fault::Escape),
        };
        self.at += 1;
        Ok(c)
    }

    /// What follows `\u`; of a pair of surrogates, both.
    fn code(&mut self) -> Result<char, Fault> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or(Fault::Surrogate);
        }
        if !self.text[self.at..].starts_with("\\u") {
            return Err(Fault::Surrogate);
        }
        self.at += 2;
        let second = self.hex()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(Fault::Surrogate);
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(Fault::Surrogate)
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(Fault::End)?;
        let mut code = 0;
        for &digit in digits {
            code = code * 16 + char::from(digit).to_digit(16).ok_or(Fault::Escape)?;
        }
        self.at += 4;
        Ok(code)
    }
}
