//! What is wrong with a value by a schema, in words for who sent it.

use std::fmt::Write;

use jsonschema::Validator;
use serde_json::Value;

/// More than these are not told of one message.
pub(super) const TOLD: usize = 5;
/// What one of them may take, in bytes.
const LENGTH: usize = 300;

/// Appends up to [`TOLD`] faults, each with where it is (a JSON pointer). What was sent is not shown: it may be anybody's data.
pub(super) fn faults(schema: &Validator, value: &Value, what: &str, wrong: &mut Vec<String>) {
    for error in schema.iter_errors(value).take(TOLD) {
        let mut told = what.to_owned();
        let pointer = error.instance_path().as_str();
        if !pointer.is_empty() {
            // Writing to a string can't fail.
            let _ = write!(told, " at {pointer}");
        }
        let _ = write!(told, ": {}", error.masked_with("the value"));
        if told.len() > LENGTH {
            let end = (0..=LENGTH).rev().find(|&at| told.is_char_boundary(at)).unwrap_or(0);
            told.truncate(end);
            told.push_str("...");
        }
        wrong.push(told);
    }
}
