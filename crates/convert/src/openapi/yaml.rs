//! YAML 1.2 (core schema) as a JSON value, for API descriptions that people write by hand.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Number, Value};

const DEPTH: usize = 128;
/// Aliases make small files large; no description of an API has more values.
const VALUES: usize = 1_000_000;

/// A list or map that is not complete yet, with the anchor it has.
enum Open {
    List { items: Vec<Value>, anchor: usize },
    Map { members: Map<String, Value>, key: Option<String>, anchor: usize },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Value>,
    anchors: HashMap<usize, (Value, usize)>,
    values: usize,
    documents: usize,
}

/// # Errors
/// What is wrong, and in which line.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| format!("no YAML: {error}"))?;
        let taken = builder.take(event);
        taken.map_err(|what| format!("line {}: {what}", span.start.line().max(1)))?;
    }
    builder.root.ok_or_else(|| "the file is empty".to_owned())
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                match self.documents {
                    1 => Ok(()),
                    _ => Err("a second document starts here".to_owned()),
                }
            }
            Event::Alias(anchor) => {
                let (value, size) = self.anchors.get(&anchor).cloned().ok_or("an alias of nothing")?;
                self.place(value, size, 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                if let Some(Open::Map { key: key @ None, .. }) = self.open.last_mut() {
                    *key = Some(text.into_owned());
                    return Ok(());
                }
                let value = if is_text { Value::String(text.into_owned()) } else { plain(&text) };
                self.place(value, 1, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(Open::List { items: Vec::new(), anchor }),
            Event::MappingStart(anchor, _) => {
                self.start(Open::Map { members: Map::new(), key: None, anchor })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { items, anchor }) => self.place(Value::Array(items), 1, anchor),
                Some(Open::Map { members, anchor, .. }) => self.place(Value::Object(members), 1, anchor),
                None => Ok(()),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(&mut self, open: Open) -> Result<(), String> {
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            return Err("a list or map can't be a key".to_owned());
        }
        if self.open.len() == DEPTH {
            return Err(format!("more than {DEPTH} levels stand inside each other"));
        }
        self.open.push(open);
        Ok(())
    }

    /// `size`: how many values it adds that were not counted yet.
    fn place(&mut self, value: Value, size: usize, anchor: usize) -> Result<(), String> {
        self.values += size;
        if self.values > VALUES {
            return Err(format!("more than {VALUES} values"));
        }
        if anchor > 0 {
            let size = count(&value);
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Map { members, key, .. }) => {
                let key = key.take().ok_or("an alias can't be a key")?;
                if members.contains_key(&key) {
                    return Err(format!("`{key}` is there twice"));
                }
                members.insert(key, value);
            }
        }
        Ok(())
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// What a scalar without quotes means. Source: YAML 1.2.2, 10.3.2.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix =
        digits.strip_prefix("0x").map(|hex| (hex, 16)).or(digits.strip_prefix("0o").map(|octal| (octal, 8)));
    let number = match radix {
        Some((digits, radix)) => u64::from_str_radix(digits, radix).ok().map(Number::from),
        None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => number(text),
        None => None,
    };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    let decimal =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    Number::from_f64(text.parse().ok().filter(|_| decimal)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_what_they_look_like() {
        let text = "a: 1\nb: 1.5\nc: '1'\nd: yes\ne: true\nf:\n200: {g: [0x1F, -3, .5, 1.2.3, 2026-11-21, !!str 7]}\nh: &x [1]\ni: *x\n";
        let expected = json!({"a": 1, "b": 1.5, "c": "1", "d": "yes", "e": true, "f": null,
            "200": {"g": [31, -3, 0.5, "1.2.3", "2026-11-21", "7"]}, "h": [1], "i": [1]});
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn what_is_large_or_ambiguous_is_refused() {
        assert_eq!(read("a: 1\nb: 2\na: 3\n").unwrap_err(), "line 3: `a` is there twice");
        let laughs: String = (1..12)
            .map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", ")))
            .collect();
        let error = read(&format!("a0: &a0 [lol]\n{laughs}")).unwrap_err();
        assert!(error.ends_with("more than 1000000 values"), "{error}");
        assert!(read(&"[".repeat(1_000)).is_err());
        assert_eq!(read("").unwrap_err(), "the file is empty");
    }
}
