//! The built-in simple types: their names, what text each takes, and which of JSON's kinds tells them.
//!
//! Source: XML Schema Part 2: Datatypes, Second Edition.

/// A built-in type that is not a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::soap) enum Builtin {
    AnySimple,
    String,
    NormalizedString,
    Token,
    Language,
    Name,
    NcName,
    NmToken,
    Id,
    IdRef,
    Entity,
    Boolean,
    Decimal,
    Integer,
    NonPositiveInteger,
    NegativeInteger,
    NonNegativeInteger,
    PositiveInteger,
    Long,
    Int,
    Short,
    Byte,
    UnsignedLong,
    UnsignedInt,
    UnsignedShort,
    UnsignedByte,
    Float,
    Double,
    Date,
    Time,
    DateTime,
    Duration,
    Year,
    YearMonth,
    Month,
    MonthDay,
    Day,
    Base64,
    Hex,
    AnyUri,
    QName,
    Notation,
    /// Text of JSON: what JSON Schema describes and XML Schema can't. Written `xs:string`.
    Json,
}

/// How JSON tells a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::soap) enum Kind {
    Text,
    Boolean,
    /// A number without fraction; both ends, where there are any.
    Integer(Option<i128>, Option<i128>),
    Decimal,
    Float,
}

impl Builtin {
    pub(in crate::soap) const ALL: &'static [Builtin] = &[
        Builtin::AnySimple,
        Builtin::String,
        Builtin::NormalizedString,
        Builtin::Token,
        Builtin::Language,
        Builtin::Name,
        Builtin::NcName,
        Builtin::NmToken,
        Builtin::Id,
        Builtin::IdRef,
        Builtin::Entity,
        Builtin::Boolean,
        Builtin::Decimal,
        Builtin::Integer,
        Builtin::NonPositiveInteger,
        Builtin::NegativeInteger,
        Builtin::NonNegativeInteger,
        Builtin::PositiveInteger,
        Builtin::Long,
        Builtin::Int,
        Builtin::Short,
        Builtin::Byte,
        Builtin::UnsignedLong,
        Builtin::UnsignedInt,
        Builtin::UnsignedShort,
        Builtin::UnsignedByte,
        Builtin::Float,
        Builtin::Double,
        Builtin::Date,
        Builtin::Time,
        Builtin::DateTime,
        Builtin::Duration,
        Builtin::Year,
        Builtin::YearMonth,
        Builtin::Month,
        Builtin::MonthDay,
        Builtin::Day,
        Builtin::Base64,
        Builtin::Hex,
        Builtin::AnyUri,
        Builtin::QName,
        Builtin::Notation,
    ];

    /// Its local name in the namespace of XML Schema.
    pub(in crate::soap) fn name(self) -> &'static str {
        match self {
            Builtin::AnySimple => "anySimpleType",
            Builtin::String => "string",
            Builtin::NormalizedString => "normalizedString",
            Builtin::Token => "token",
            Builtin::Language => "language",
            Builtin::Name => "Name",
            Builtin::NcName => "NCName",
            Builtin::NmToken => "NMTOKEN",
            Builtin::Id => "ID",
            Builtin::IdRef => "IDREF",
            Builtin::Entity => "ENTITY",
            Builtin::Boolean => "boolean",
            Builtin::Decimal => "decimal",
            Builtin::Integer => "integer",
            Builtin::NonPositiveInteger => "nonPositiveInteger",
            Builtin::NegativeInteger => "negativeInteger",
            Builtin::NonNegativeInteger => "nonNegativeInteger",
            Builtin::PositiveInteger => "positiveInteger",
            Builtin::Long => "long",
            Builtin::Int => "int",
            Builtin::Short => "short",
            Builtin::Byte => "byte",
            Builtin::UnsignedLong => "unsignedLong",
            Builtin::UnsignedInt => "unsignedInt",
            Builtin::UnsignedShort => "unsignedShort",
            Builtin::UnsignedByte => "unsignedByte",
            Builtin::Float => "float",
            Builtin::Double => "double",
            Builtin::Date => "date",
            Builtin::Time => "time",
            Builtin::DateTime => "dateTime",
            Builtin::Duration => "duration",
            Builtin::Year => "gYear",
            Builtin::YearMonth => "gYearMonth",
            Builtin::Month => "gMonth",
            Builtin::MonthDay => "gMonthDay",
            Builtin::Day => "gDay",
            Builtin::Base64 => "base64Binary",
            Builtin::Hex => "hexBinary",
            Builtin::AnyUri => "anyURI",
            Builtin::QName => "QName",
            Builtin::Notation => "NOTATION",
            Builtin::Json => "string",
        }
    }

    pub(in crate::soap) fn kind(self) -> Kind {
        let signed = |bits: u32| Kind::Integer(Some(-(1i128 << (bits - 1))), Some((1i128 << (bits - 1)) - 1));
        let unsigned = |bits: u32| Kind::Integer(Some(0), Some((1i128 << bits) - 1));
        match self {
            Builtin::Boolean => Kind::Boolean,
            Builtin::Decimal => Kind::Decimal,
            Builtin::Float | Builtin::Double => Kind::Float,
            Builtin::Integer => Kind::Integer(None, None),
            Builtin::NonPositiveInteger => Kind::Integer(None, Some(0)),
            Builtin::NegativeInteger => Kind::Integer(None, Some(-1)),
            Builtin::NonNegativeInteger => Kind::Integer(Some(0), None),
            Builtin::PositiveInteger => Kind::Integer(Some(1), None),
            Builtin::Long => signed(64),
            Builtin::Int => signed(32),
            Builtin::Short => signed(16),
            Builtin::Byte => signed(8),
            Builtin::UnsignedLong => unsigned(64),
            Builtin::UnsignedInt => unsigned(32),
            Builtin::UnsignedShort => unsigned(16),
            Builtin::UnsignedByte => unsigned(8),
            _ => Kind::Text,
        }
    }

    /// Whether spaces at its ends mean something.
    pub(in crate::soap) fn keeps_spaces(self) -> bool {
        matches!(self, Builtin::String | Builtin::NormalizedString | Builtin::AnySimple)
    }

    /// Whether `text`, its spaces collapsed, is one of a type that JSON tells as text.
    pub(in crate::soap) fn takes(self, text: &str) -> bool {
        match self {
            Builtin::Date => date(text).is_some_and(is_zone),
            Builtin::Time => time(text).is_some_and(is_zone),
            Builtin::DateTime => {
                date(text).and_then(|rest| rest.strip_prefix('T')).and_then(time).is_some_and(is_zone)
            }
            Builtin::Duration => is_duration(text),
            Builtin::Year => year(text).is_some_and(is_zone),
            Builtin::YearMonth => year(text).and_then(|rest| month(rest, "-")).is_some_and(is_zone),
            Builtin::Month => month(text, "--").is_some_and(is_zone),
            Builtin::MonthDay => month(text, "--").and_then(day).is_some_and(is_zone),
            Builtin::Day => text.strip_prefix("--").and_then(day).is_some_and(is_zone),
            Builtin::Base64 => is_base64(text),
            Builtin::Hex => text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit()),
            Builtin::NmToken
            | Builtin::Id
            | Builtin::IdRef
            | Builtin::NcName
            | Builtin::Name
            | Builtin::Language => !text.is_empty() && !text.contains(char::is_whitespace),
            _ => true,
        }
    }

    /// What messages say of it.
    pub(in crate::soap) fn expected(self) -> &'static str {
        match self {
            Builtin::Boolean => "true or false",
            Builtin::Date => "a date (2026-03-01)",
            Builtin::Time => "a time (09:30:00)",
            Builtin::DateTime => "a date and time (2026-03-01T09:30:00+09:00)",
            Builtin::Duration => "a duration (P1DT2H)",
            Builtin::Year => "a year (2026)",
            Builtin::YearMonth => "a month of a year (2026-03)",
            Builtin::Month => "a month (--03)",
            Builtin::MonthDay => "a day of a year (--03-01)",
            Builtin::Day => "a day of a month (---01)",
            Builtin::Base64 => "base64 text",
            Builtin::Hex => "hexadecimal text of even length",
            Builtin::Decimal => "a decimal number",
            Builtin::Json => "JSON text",
            Builtin::Float | Builtin::Double => "a number, \"INF\", \"-INF\" or \"NaN\"",
            Builtin::Name | Builtin::NcName | Builtin::NmToken | Builtin::Id | Builtin::IdRef => {
                "a name without spaces"
            }
            _ => "a string",
        }
    }
}

/// Takes two digits between `low` and `high`.
fn two(text: &str, low: u8, high: u8) -> Option<&str> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number: u8 = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
    (low..=high).contains(&number).then_some(rest)
}

fn year(text: &str) -> Option<&str> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits >= 4).then(|| &text[digits..])
}

fn month<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    two(text.strip_prefix(before)?, 1, 12)
}

fn day(text: &str) -> Option<&str> {
    two(text.strip_prefix('-')?, 1, 31)
}

fn date(text: &str) -> Option<&str> {
    year(text).and_then(|rest| month(rest, "-")).and_then(day)
}

fn time(text: &str) -> Option<&str> {
    let rest = two(text, 0, 24)?.strip_prefix(':')?;
    let rest = two(rest, 0, 59)?.strip_prefix(':')?;
    let rest = two(rest, 0, 59)?;
    let Some(fraction) = rest.strip_prefix('.') else { return Some(rest) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| &fraction[digits..])
}

fn is_zone(text: &str) -> bool {
    if text.is_empty() || text == "Z" {
        return true;
    }
    let hours = text.strip_prefix(['+', '-']).and_then(|rest| two(rest, 0, 14));
    hours.and_then(|rest| rest.strip_prefix(':')).and_then(|rest| two(rest, 0, 59)) == Some("")
}

fn is_duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('-').unwrap_or(text).strip_prefix('P') else { return false };
    match text.split_once('T') {
        Some((days, time)) => (days.is_empty() || is_amounts(days, "YMD")) && is_amounts(time, "HMS"),
        None => is_amounts(text, "YMD"),
    }
}

/// Numbers, each with one of these units, in their order.
fn is_amounts(text: &str, units: &str) -> bool {
    let (mut rest, mut units) = (text, units.chars());
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let Some(unit) = rest[digits..].chars().next() else { return false };
        if digits == 0 || !units.any(|u| u == unit) {
            return false;
        }
        rest = &rest[digits + 1..];
    }
    !text.is_empty()
}

fn is_base64(text: &str) -> bool {
    let bytes = text.bytes().filter(|b| !b.is_ascii_whitespace());
    let (mut count, mut padding) = (0usize, 0usize);
    for byte in bytes {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {}
            _ => return false,
        }
        count += 1;
    }
    count % 4 == 0 && padding <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_what_only_looks_like_it() {
        for (builtin, good, bad) in [
            (
                Builtin::Date,
                &["2026-03-01", "-0044-03-15", "12026-12-31Z", "2026-03-01+09:00"][..],
                &[
                    "2026-3-1",
                    "2026-13-01",
                    "2026-00-01",
                    "26-03-01",
                    "2026-03-01+9",
                    "2026-03-32",
                    "2026-03-01T",
                ][..],
            ),
            (
                Builtin::DateTime,
                &["2026-03-01T09:30:00", "2026-03-01T09:30:00.125Z", "2026-03-01T24:00:00-14:00"],
                &[
                    "2026-03-01",
                    "2026-03-01T9:30:00",
                    "2026-03-01T09:60:00",
                    "2026-03-01T09:30:00.",
                    "T09:30:00",
                ],
            ),
            (Builtin::Time, &["09:30:00", "23:59:59.9+09:00"], &["09:30", "25:00:00", "09:30:00 "]),
            (
                Builtin::Duration,
                &["P1Y", "-P1DT2H", "PT0.5S", "P1Y2M3DT4H5M6.7S", "P1M", "PT1M"],
                &["P", "PT", "1Y", "P1H", "P1D1Y", "PT1D", "P1YT", "P1S", "P가"],
            ),
            (Builtin::Year, &["2026", "2026Z"], &["26", "2026-01"]),
            (Builtin::YearMonth, &["2026-03"], &["2026", "2026-13"]),
            (Builtin::Month, &["--03"], &["03", "--13"]),
            (Builtin::MonthDay, &["--03-01"], &["--03-32", "-03-01"]),
            (Builtin::Day, &["---31"], &["--31", "---32"]),
            (
                Builtin::Base64,
                &["", "QQ==", "QUI=", "QUJD", "QU JD"],
                &["Q", "QQ=", "====", "Q===", "가나다라"],
            ),
            (Builtin::Hex, &["", "0aFF"], &["0", "0g"]),
            (Builtin::NmToken, &["a.b"], &["", "a b"]),
        ] {
            for text in good {
                assert!(builtin.takes(text), "{builtin:?} {text:?}");
            }
            for text in bad {
                assert!(!builtin.takes(text), "{builtin:?} {text:?}");
            }
        }
    }
}
