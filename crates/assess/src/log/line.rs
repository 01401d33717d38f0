//! One request as its line tells it: parts of the line itself, so that reading one allocates nothing.

use super::findings::BrokenReason;
use super::pattern::near;

/// The unit of a response time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// As `--unit` takes it and findings name it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "s",
            Unit::Millis => "ms",
            Unit::Micros => "us",
            Unit::Nanos => "ns",
        }
    }

    fn nanos(self) -> u64 {
        match self {
            Unit::Seconds => 1_000_000_000,
            Unit::Millis => 1_000_000,
            Unit::Micros => 1000,
            Unit::Nanos => 1,
        }
    }
}

impl std::str::FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Unit, String> {
        [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos]
            .into_iter()
            .find(|unit| unit.name() == text)
            .ok_or_else(|| format!("{text:?} is no unit of response times; write s, ms, us or ns"))
    }
}

/// A request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// Of the client, as logged; the first of `X-Forwarded-For` where the log has it.
    pub address: &'a [u8],
    /// Empty when nobody had logged in.
    pub user: &'a [u8],
    /// Seconds since 1970, UTC.
    pub at: i64,
    pub method: &'a [u8],
    pub target: &'a [u8],
    /// 100 to 599.
    pub status: u16,
    pub bytes: u64,
    pub agent: &'a [u8],
    /// The response time in microseconds.
    pub micros: Option<u64>,
}

impl<'a> Line<'a> {
    /// Takes method and target from a request line: `GET /a HTTP/1.1`, or without a version.
    ///
    /// # Errors
    /// [`BrokenReason::Request`] when it is none.
    #[inline]
    pub(super) fn request(&mut self, text: &'a [u8]) -> Result<(), BrokenReason> {
        let method = near(b' ', &text[..text.len().min(24)]).ok_or(BrokenReason::Request)?;
        self.method(&text[..method])?;
        let rest = &text[method + 1..];
        let version = match rest.len().checked_sub(9) {
            Some(at) if rest[at..].starts_with(b" HTTP/") => at,
            _ => match memchr::memrchr(b' ', rest) {
                Some(at) if rest[at..].starts_with(b" HTTP/") => at,
                _ => rest.len(),
            },
        };
        self.target = &rest[..version];
        if self.target.is_empty() { Err(BrokenReason::Request) } else { Ok(()) }
    }

    /// # Errors
    /// [`BrokenReason::Request`] when it is no method.
    #[inline]
    pub(super) fn method(&mut self, text: &'a [u8]) -> Result<(), BrokenReason> {
        let is_common = matches!(text, b"GET" | b"POST");
        if !is_common
            && (text.is_empty()
                || text.len() > 20
                || !text.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-' || *b == b'_')
                || text == b"-")
        {
            return Err(BrokenReason::Request);
        }
        self.method = text;
        Ok(())
    }

    /// # Errors
    /// [`BrokenReason::Status`] when it is no number from 100 to 599.
    #[inline]
    pub(super) fn status(&mut self, text: &[u8]) -> Result<(), BrokenReason> {
        // IIS and some JSON write a sub-status behind a point.
        let text = match text {
            [whole @ .., b'.', digit] if whole.len() == 3 && digit.is_ascii_digit() => whole,
            _ => text,
        };
        let [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] = text else {
            return Err(BrokenReason::Status);
        };
        self.status = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
        Ok(())
    }

    /// Takes the client from `X-Forwarded-For`: its first address, when there is one.
    #[inline]
    pub(super) fn forwarded(&mut self, text: &'a [u8]) {
        let first = text.split(|b| *b == b',').next().unwrap_or_default().trim_ascii();
        if !matches!(first, b"" | b"-" | b"unknown") {
            self.address = without_port(first);
        }
    }

    #[inline]
    pub(super) fn user(&mut self, text: &'a [u8]) {
        if !matches!(text, b"-" | b"\"\"") {
            self.user = text;
        }
    }
}

/// A client's address without the port that some servers write behind it: each connection would be a client of its own.
pub(super) fn without_port(address: &[u8]) -> &[u8] {
    if let Some(inside) = address.strip_prefix(b"[") {
        return memchr::memchr(b']', inside).map_or(address, |end| &inside[..end]);
    }
    match memchr::memchr(b':', address) {
        Some(at) if at > 0 && address[at + 1..].iter().all(u8::is_ascii_digit) => &address[..at],
        _ => address,
    }
}

/// Reads a number of bytes; 0 for `-`.
#[inline]
pub(super) fn bytes(text: &[u8]) -> u64 {
    let digits = text.iter().take(18).take_while(|b| b.is_ascii_digit());
    digits.fold(0, |n, b| n * 10 + u64::from(b - b'0'))
}

/// Reads a response time: a decimal number, the first where several upstreams have one each; a unit behind it wins over `unit`.
/// In microseconds.
#[inline]
pub(super) fn micros(text: &[u8], unit: Unit) -> Option<u64> {
    let mut nanos_per_digit = unit.nanos();
    let whole = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if whole == 0 || whole > 15 {
        return None;
    }
    let mut rest = &text[whole..];
    let mut fraction: &[u8] = &[];
    if let Some((b'.', after)) = rest.split_first() {
        let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
        fraction = &after[..digits.min(9)];
        rest = &after[digits..];
    }
    match rest.trim_ascii() {
        [] | [b',' | b':' | b' ' | b';', ..] => {}
        b"s" => nanos_per_digit = Unit::Seconds.nanos(),
        b"ms" => nanos_per_digit = Unit::Millis.nanos(),
        b"us" | b"\xc2\xb5s" => nanos_per_digit = Unit::Micros.nanos(),
        b"ns" => nanos_per_digit = Unit::Nanos.nanos(),
        _ => return None,
    }
    let digits = |part: &[u8]| part.iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0'));
    let behind =
        u128::from(digits(fraction)) * u128::from(nanos_per_digit) / 10_u128.pow(fraction.len() as u32);
    let nanos = u128::from(digits(&text[..whole])) * u128::from(nanos_per_digit) + behind;
    u64::try_from(nanos / 1000).ok()
}
