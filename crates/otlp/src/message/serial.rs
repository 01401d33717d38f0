//! How JSON has what protobuf has: numbers of 64 bits as text or number, ids as hexadecimal digits, bytes as base64.
//!
//! Source: ProtoJSON (<https://protobuf.dev/programming-guides/json/>), and OTLP's "JSON Protobuf Encoding", which has ids in
//! hexadecimal instead.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A number or the text of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said<'a> {
    Whole(u64),
    Signed(i64),
    Number(f64),
    #[serde(borrow)]
    Text(std::borrow::Cow<'a, str>),
}

impl Said<'_> {
    fn whole<E: Error>(self) -> Result<u64, E> {
        let number = match &self {
            Said::Whole(number) => Some(*number),
            Said::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| E::custom("expected a whole number that is not negative"))
    }

    fn signed<E: Error>(self) -> Result<i64, E> {
        let number = match &self {
            Said::Whole(number) => i64::try_from(*number).ok(),
            Said::Signed(number) => Some(*number),
            Said::Text(text) => text.parse().ok(),
            Said::Number(_) => None,
        };
        number.ok_or_else(|| E::custom("expected a whole number"))
    }

    fn number<E: Error>(self) -> Result<f64, E> {
        let number = match &self {
            Said::Whole(number) => Some(*number as f64),
            Said::Signed(number) => Some(*number as f64),
            Said::Number(number) => Some(*number),
            // `NaN`, `Infinity` and `-Infinity` among them.
            Said::Text(text) => text.parse().ok(),
        };
        number.ok_or_else(|| E::custom("expected a number"))
    }
}

pub(super) fn whole<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    Said::deserialize(input)?.whole()
}

pub(super) fn number<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    Said::deserialize(input)?.number()
}

pub(super) fn some_signed<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i64>, D::Error> {
    Option::<Said<'_>>::deserialize(input)?.map(Said::signed).transpose()
}

pub(super) fn some_number<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    Option::<Said<'_>>::deserialize(input)?.map(Said::number).transpose()
}

pub(super) fn wholes<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u64>, D::Error> {
    Vec::<Said<'_>>::deserialize(input)?.into_iter().map(Said::whole).collect()
}

pub(super) fn numbers<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<f64>, D::Error> {
    Vec::<Said<'_>>::deserialize(input)?.into_iter().map(Said::number).collect()
}

/// An id; `null` is none.
pub(super) fn hex<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<std::borrow::Cow<'_, str>>::deserialize(input)?.unwrap_or_default();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let byte = |pair: &[u8; 2]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    let bytes = pairs.iter().map(byte).collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty());
    bytes.ok_or_else(|| D::Error::custom("expected an id in hexadecimal digits"))
}

pub(super) fn some_base64<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<u8>>, D::Error> {
    let Some(text) = Option::<std::borrow::Cow<'_, str>>::deserialize(input)? else { return Ok(None) };
    let bytes = STANDARD.decode(text.as_bytes()).or_else(|_| URL_SAFE.decode(text.as_bytes()));
    bytes.map(Some).map_err(|_| D::Error::custom("expected bytes in base64"))
}
