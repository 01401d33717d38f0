//! Rows as they are sent, column by column in the order of [`crate::tables`].

use std::time::Duration;

use naru_model::series::Transaction;
use naru_model::stored::TracedSpan;
use naru_model::trace::LogLine;
use serde_json::Value;

use crate::row_binary::Writer;

const HOUR_US: u64 = 3_600_000_000;

/// What every row begins with.
pub(crate) struct Head<'h> {
    pub(crate) platform: &'h str,
    pub(crate) file: &'h str,
    /// Since 1970.
    pub(crate) day: u16,
}

impl Head<'_> {
    pub(crate) fn write(&self, to: &mut Writer, row: u32) {
        to.text(self.platform);
        to.text(self.file);
        to.u32(row);
        to.u16(self.day);
    }
}

/// The hours since 1970 that a period is in, from and before.
pub(crate) fn hours((from, to): (u64, u64)) -> (u64, u64) {
    (from / HOUR_US, to / HOUR_US + 1)
}

/// Seconds as the store made them of whole microseconds.
fn micros(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1e6).round() as u64
}

fn small_micros(seconds: f64) -> u32 {
    u32::try_from(micros(seconds)).unwrap_or(u32::MAX)
}

/// An id of hexadecimal digits as its bytes; zeros for none.
fn id<const N: usize>(digits: &str) -> [u8; N] {
    let mut bytes = [0; N];
    if digits.len() == 2 * N && digits.is_ascii() {
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap_or(0);
        }
    }
    bytes
}

/// Bytes as hexadecimal digits; none for zeros.
pub(crate) fn digits(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) {
        return String::new();
    }
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|d| char::from_digit(d.into(), 16))
        .collect()
}

/// Empty for nothing.
fn json(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

/// What can't be read is shown as the text that it is.
pub(crate) fn value(text: String) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

pub(crate) fn transaction(to: &mut Writer, of: &Transaction) {
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    to.u64(of.end.0);
    to.u32(small_micros(of.response_seconds));
    to.u32(small_micros(of.waiting_seconds));
    to.u32(small_micros(of.upstream_seconds));
    to.text(&name(of.service.as_ref().map(|name| name.as_str())));
    to.u32(of.instance.as_ref().map_or(0, |instance| instance.revision));
    to.u32(of.instance.as_ref().map_or(0, |instance| instance.ordinal));
    to.text(&name(of.function.as_ref().map(|name| name.as_str())));
    to.text(&of.route);
    to.text(&name(of.caller.as_ref().map(|name| name.as_str())));
    to.text(&of.client.to_string());
    to.text(of.method.as_str());
    to.u16(of.status);
    to.u8(of.fault as u8);
    to.u8(of.attempts);
    to.u64(of.received_bytes);
    to.u64(of.sent_bytes);
    to.text(&of.path);
    to.fixed(&id::<16>(&of.trace_id));
}

pub(crate) fn span(to: &mut Writer, of: &TracedSpan) {
    let TracedSpan { trace_id, root, span } = of;
    to.fixed(trace_id);
    to.u8(u8::from(*root));
    to.fixed(&id::<8>(&span.span_id));
    to.fixed(&id::<8>(&span.parent_id));
    to.u64(span.start.0);
    to.u64(micros(span.seconds));
    to.text(&span.service);
    to.text(&span.instance);
    to.text(&span.name);
    to.text(span.kind.as_str());
    to.text(span.work.as_str());
    to.u16(span.status);
    to.u8(u8::from(span.error));
    to.text(&span.scope);
    to.text(&span.system);
    to.text(&span.peer);
    to.text(&span.detail);
    to.text(&span.message);
    to.text(&json(&span.attributes));
    to.text(&json(&span.resource));
    to.text(&events(of));
    to.texts(&pairs(&[&span.attributes, &span.resource]));
}

fn events(of: &TracedSpan) -> String {
    if of.span.events.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&of.span.events).unwrap_or_default()
    }
}

/// `key=value` of each field, values as searches write them: a text as it is, anything else as JSON. Who asks for `key=value`
/// ends the key at the first `=`, so that a key with one can't be asked for.
fn pairs(of: &[&Value]) -> Vec<String> {
    let fields = of.iter().filter_map(|value| value.as_object()).flatten();
    let mut pairs: Vec<String> = fields
        .filter(|(key, _)| !key.contains('='))
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        })
        .collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

pub(crate) fn line(to: &mut Writer, of: &LogLine) {
    to.u64(of.at.0);
    to.u8(of.severity);
    to.text(&of.service);
    to.text(&of.instance);
    to.fixed(&id::<16>(&of.trace_id));
    to.fixed(&id::<8>(&of.span_id));
    to.text(&of.scope);
    to.text(&of.body);
    to.text(&json(&of.attributes));
}

pub(crate) fn seconds(micros: u32) -> f64 {
    Duration::from_micros(micros.into()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_stay_what_they_were() {
        for us in [0, 1, 999, 1_000_001, 123_456_789, u32::MAX - 1, u32::MAX] {
            assert_eq!(small_micros(seconds(us)), us);
            assert_eq!(micros(f64::from(us) / 1e6), u64::from(us));
        }
        assert_eq!((micros(-1.0), micros(f64::NAN), small_micros(1e30)), (0, 0, u32::MAX));
    }

    #[test]
    fn ids_are_bytes_and_zeros_are_none() {
        assert_eq!(id::<4>("00ff10aB"), [0, 255, 16, 171]);
        assert_eq!((id::<2>(""), id::<2>("가나"), id::<2>("zzzz")), ([0; 2], [0; 2], [0; 2]));
        assert_eq!((digits(&[0, 255]), digits(&[0, 0])), ("00ff".to_owned(), String::new()));
    }

    #[test]
    fn pairs_are_as_they_are_asked_for() {
        let own = json!({ "user.id": "7", "amount": 10, "a=b": "c", "tags": ["x"] });
        let resource = json!({ "host.name": "web", "amount": 10 });
        assert_eq!(pairs(&[&own, &resource]), ["amount=10", "host.name=web", "tags=[\"x\"]", "user.id=7"]);
        assert_eq!(pairs(&[&Value::Null]), Vec::<String>::new());
    }
}
