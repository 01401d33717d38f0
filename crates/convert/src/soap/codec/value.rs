//! Simple values: JSON's into the text that a simple type takes, and back.

use serde_json::{Number, Value};

use crate::soap::schema::builtin::Kind;
use crate::soap::schema::{Builtin, Counted, Form, Schema, Simple, TypeId, Variety};

/// Decimal digits that every `f64` keeps.
const KEPT_DIGITS: usize = 15;

/// What the JSON of a type must be; for messages and for OpenAPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::soap) enum Wanted {
    Text(Builtin),
    Boolean,
    Integer(Option<i128>, Option<i128>),
    Number(Builtin),
    List(TypeId),
    Union(Vec<TypeId>),
}

pub(in crate::soap) fn wanted(simple: &Simple) -> Wanted {
    match &simple.variety {
        Variety::List(item) => Wanted::List(*item),
        Variety::Union(members) => Wanted::Union(members.clone()),
        Variety::Atomic(builtin) => match builtin.kind() {
            Kind::Text => Wanted::Text(*builtin),
            Kind::Boolean => Wanted::Boolean,
            Kind::Integer(min, max) => Wanted::Integer(min, max),
            Kind::Decimal | Kind::Float => Wanted::Number(*builtin),
        },
    }
}

/// The text of a simple type for a JSON value.
///
/// # Errors
/// What is expected instead.
pub(super) fn to_text(schema: &Schema, id: TypeId, value: &Value) -> Result<String, String> {
    let Form::Simple(simple) = &schema.get(id).form else { return Err("a simple value".to_owned()) };
    match &simple.variety {
        Variety::Atomic(builtin) => {
            let text = atomic(*builtin, value)?;
            check(simple, *builtin, &text)?;
            Ok(text)
        }
        Variety::List(item) => {
            let texts: Vec<String> = match value {
                Value::Array(items) => {
                    items.iter().map(|value| to_text(schema, *item, value)).collect::<Result<_, _>>()?
                }
                // As a query parameter has it.
                Value::String(text) => text
                    .split_ascii_whitespace()
                    .map(|text| to_text(schema, *item, &Value::String(text.to_owned())))
                    .collect::<Result<_, _>>()?,
                _ => return Err("a list".to_owned()),
            };
            let text = texts.join(" ");
            simple.facets.check(&text, Counted::Items(texts.len()), false)?;
            Ok(text)
        }
        Variety::Union(members) => {
            let mut expected = Vec::new();
            for member in members {
                match to_text(schema, *member, value) {
                    Ok(text) => {
                        let counted = Counted::Characters(text.chars().count());
                        return simple.facets.check(&text, counted, false).map(|()| text);
                    }
                    Err(what) => expected.push(what),
                }
            }
            Err(expected.join(", or "))
        }
    }
}

/// The JSON value for the text of a simple type.
///
/// # Errors
/// What is expected instead.
pub(super) fn from_text(schema: &Schema, id: TypeId, text: &str) -> Result<Value, String> {
    let Form::Simple(simple) = &schema.get(id).form else { return Err("a simple value".to_owned()) };
    match &simple.variety {
        Variety::Atomic(builtin) => {
            let spaces = builtin.keeps_spaces() && !simple.facets.collapse;
            let text = if spaces { text } else { text.trim_matches(crate::xml::is_space) };
            let value = told(*builtin, text)?;
            check(simple, *builtin, text)?;
            Ok(value)
        }
        Variety::List(item) => {
            let items: Vec<Value> = text
                .split_ascii_whitespace()
                .map(|text| from_text(schema, *item, text))
                .collect::<Result<_, _>>()?;
            simple.facets.check(text.trim(), Counted::Items(items.len()), false)?;
            Ok(Value::Array(items))
        }
        Variety::Union(members) => {
            let mut expected = Vec::new();
            for member in members {
                match from_text(schema, *member, text) {
                    Ok(value) => return Ok(value),
                    Err(what) => expected.push(what),
                }
            }
            Err(expected.join(", or "))
        }
    }
}

fn check(simple: &Simple, builtin: Builtin, text: &str) -> Result<(), String> {
    let counted = match builtin {
        Builtin::Hex => Counted::Bytes(text.len() / 2),
        Builtin::Base64 => {
            let digits = text.bytes().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
            Counted::Bytes(digits.count() * 3 / 4)
        }
        _ => Counted::Characters(text.chars().count()),
    };
    let is_number = matches!(builtin.kind(), Kind::Integer(..) | Kind::Decimal | Kind::Float);
    simple.facets.check(text, counted, is_number)
}

/// The text of a built-in type for a JSON value.
fn atomic(builtin: Builtin, value: &Value) -> Result<String, String> {
    let expected = || expected(builtin);
    if builtin == Builtin::Json {
        return Ok(value.to_string());
    }
    let text = match (builtin.kind(), value) {
        (Kind::Boolean, Value::Bool(value)) => return Ok(value.to_string()),
        (Kind::Integer(..), Value::Number(number)) => integral(number).ok_or_else(expected)?,
        (Kind::Decimal | Kind::Float, Value::Number(number)) => plain(number),
        (Kind::Text, Value::Number(number)) if builtin == Builtin::AnySimple => plain(number),
        (Kind::Text, Value::Bool(value)) if builtin == Builtin::AnySimple => value.to_string(),
        (Kind::Text, Value::String(text)) if builtin.keeps_spaces() => text.clone(),
        (_, Value::String(text)) => text.trim().to_owned(),
        _ => return Err(expected()),
    };
    told(builtin, &text)?;
    Ok(text)
}

/// The JSON value for the text of a built-in type.
fn told(builtin: Builtin, text: &str) -> Result<Value, String> {
    let expected = || expected(builtin);
    match builtin.kind() {
        Kind::Boolean => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(expected()),
        },
        Kind::Integer(min, max) => integer(text, min, max).ok_or_else(expected),
        Kind::Decimal => decimal(text).ok_or_else(expected),
        Kind::Float => match text {
            "INF" | "+INF" | "-INF" | "NaN" => Ok(Value::String(text.to_owned())),
            _ => float(text).ok_or_else(expected),
        },
        Kind::Text if builtin == Builtin::Json => serde_json::from_str(text).map_err(|_| expected()),
        Kind::Text if builtin.takes(text) => Ok(Value::String(text.to_owned())),
        Kind::Text => Err(expected()),
    }
}

fn expected(builtin: Builtin) -> String {
    match builtin.kind() {
        Kind::Integer(Some(min), Some(max)) => format!("an integer from {min} to {max}"),
        Kind::Integer(Some(min), None) => format!("an integer of at least {min}"),
        Kind::Integer(None, Some(max)) => format!("an integer of at most {max}"),
        Kind::Integer(None, None) => "an integer".to_owned(),
        _ => builtin.expected().to_owned(),
    }
}

/// Digits with an optional sign.
fn is_digits(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A number where JSON has one for it, else its text.
fn integer(text: &str, min: Option<i128>, max: Option<i128>) -> Option<Value> {
    if !is_digits(text) {
        return None;
    }
    let Ok(number) = text.parse::<i128>() else {
        // Past what we count with: within a bound only if that end is open.
        let open = if text.starts_with('-') { min.is_none() } else { max.is_none() };
        return open.then(|| Value::String(text.to_owned()));
    };
    if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
        return None;
    }
    let small = i64::try_from(number).map(Number::from).or_else(|_| u64::try_from(number).map(Number::from));
    Some(small.map_or_else(|_| Value::String(text.to_owned()), Value::Number))
}

fn decimal(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let significant = digits().skip_while(|b| *b == b'0').count();
    if !unsigned.contains('.') && is_digits(text) {
        return integer(text, None, None);
    }
    if significant > KEPT_DIGITS {
        return Some(Value::String(text.to_owned()));
    }
    Some(Value::Number(Number::from_f64(text.parse().ok()?)?))
}

fn float(text: &str) -> Option<Value> {
    // `parse` knows words such as "inf" and "nan", which XML Schema does not have.
    let shaped = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let number: f64 = text.parse().ok().filter(|_| shaped)?;
    if is_digits(text)
        && let Ok(whole) = text.parse::<i64>()
        && whole.unsigned_abs() <= 1 << 53
    {
        return Some(Value::Number(whole.into()));
    }
    Some(Number::from_f64(number).map_or_else(|| Value::String(text.to_owned()), Value::Number))
}

/// An integer's text; also of `1.0`, which is one.
fn integral(number: &Number) -> Option<String> {
    if number.is_f64() {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)?;
        return Some(format!("{float}"));
    }
    Some(number.to_string())
}

/// A number without exponent, as decimals are written.
fn plain(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => format!("{float}"),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers_as_long_as_nothing_is_lost() {
        let schema = Schema::new();
        for (builtin, text, value) in [
            (Builtin::Int, " 7 ", json!(7)),
            (Builtin::Int, "+7", json!(7)),
            (Builtin::UnsignedLong, "18446744073709551615", json!(u64::MAX)),
            (Builtin::Integer, "18446744073709551616", json!("18446744073709551616")),
            (
                Builtin::NegativeInteger,
                "-99999999999999999999999999999999999999999",
                json!("-99999999999999999999999999999999999999999"),
            ),
            (Builtin::Decimal, "12.50", json!(12.5)),
            (Builtin::Decimal, "-0.1", json!(-0.1)),
            (Builtin::Decimal, "12", json!(12)),
            (Builtin::Decimal, "0.1234567890123456789", json!("0.1234567890123456789")),
            (Builtin::Double, "1e3", json!(1000.0)),
            (Builtin::Double, "-INF", json!("-INF")),
            (Builtin::Double, "1e999", json!("1e999")),
            (Builtin::Boolean, "1", json!(true)),
            (Builtin::String, " a ", json!(" a ")),
            (Builtin::Token, " a ", json!("a")),
        ] {
            assert_eq!(from_text(&schema, schema.builtin(builtin), text), Ok(value), "{builtin:?} {text:?}");
        }
    }

    #[test]
    fn what_json_says_becomes_text_that_the_type_takes() {
        let schema = Schema::new();
        for (builtin, value, text) in [
            (Builtin::Decimal, json!(1e21), "1000000000000000000000"),
            (Builtin::Decimal, json!(1e-7), "0.0000001"),
            (Builtin::Decimal, json!("12.50"), "12.50"),
            (Builtin::Int, json!(2.0), "2"),
            (Builtin::Int, json!("2"), "2"),
            (Builtin::Boolean, json!("true"), "true"),
            (Builtin::AnySimple, json!(1.5), "1.5"),
        ] {
            assert_eq!(to_text(&schema, schema.builtin(builtin), &value).as_deref(), Ok(text), "{builtin:?}");
        }
        for (builtin, value) in [
            (Builtin::Int, json!(1.5)),
            (Builtin::Int, json!(1e300)),
            (Builtin::Byte, json!(128)),
            (Builtin::UnsignedInt, json!(-1)),
            (Builtin::PositiveInteger, json!("-99999999999999999999999999999999999999999")),
            (Builtin::Decimal, json!("1e3")),
            (Builtin::Decimal, json!("INF")),
            (Builtin::Double, json!("inf")),
            (Builtin::Double, json!("nan")),
            (Builtin::Boolean, json!(1)),
            (Builtin::String, json!(1)),
            (Builtin::String, json!(null)),
            (Builtin::Date, json!("yesterday")),
            (Builtin::Int, json!([])),
        ] {
            assert!(to_text(&schema, schema.builtin(builtin), &value).is_err(), "{builtin:?} {value}");
        }
    }
}
