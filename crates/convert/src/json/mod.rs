//! JSON as a tree that keeps what was written: members in order, numbers digit by digit.
//!
//! `serde_json` makes a number of 20 digits a float and keeps the last of two members of one name; a gateway that passes on
//! bodies may do neither. What two readers could read differently (RFC 8259, 4 and 8.2: a name twice, half a surrogate pair)
//! is refused, so that what was checked here is what the service reads.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::borrow::Cow;

pub use read::{Error, read};

/// Borrows from the body it was read from, wherever nothing was escaped.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'b> {
    Null,
    Bool(bool),
    /// As written.
    Number(Cow<'b, str>),
    String(Cow<'b, str>),
    List(Vec<Value<'b>>),
    /// No name twice.
    Object(Vec<(Cow<'b, str>, Value<'b>)>),
}

impl<'b> Value<'b> {
    pub fn string(text: impl Into<Cow<'b, str>>) -> Value<'b> {
        Value::String(text.into())
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Value<'b>> {
        match self {
            Value::Object(members) => members.iter().find(|(there, _)| there == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// For those who calculate: a number becomes what Rust can hold of it.
    pub fn to_serde(&self) -> serde_json::Value {
        use serde_json::Value as Other;
        match self {
            Value::Null => Other::Null,
            Value::Bool(value) => Other::Bool(*value),
            // Past what a double can hold there is no number to check.
            Value::Number(text) => text.parse().map_or(Other::Null, Other::Number),
            Value::String(text) => Other::String(text.to_string()),
            Value::List(items) => Other::Array(items.iter().map(Value::to_serde).collect()),
            Value::Object(members) => Other::Object(
                members.iter().map(|(name, value)| (name.to_string(), value.to_serde())).collect(),
            ),
        }
    }
}
