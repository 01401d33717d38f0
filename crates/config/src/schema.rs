//! The JSON Schema of naru.yaml, that editors complete and check from.

use serde_json::{Map, Value, json};

use crate::keys;
use crate::shape::{Default, Effect, Key, Kind, Text};

/// Returns the schema (JSON Schema 2020-12). It says what it can say: what holds between keys is for `naru check`.
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "naru.yaml",
        "description": "Everything that naru runs, and how.",
    });
    merge(&mut schema, of_kind(&Kind::Keys(keys::all())));
    schema
}

fn of_key(key: &Key, inherited: Option<Effect>) -> Value {
    let effect = key.effect.or(inherited);
    let mut description = key.doc.to_owned();
    if let Default::Words(words) = key.default {
        description += &format!(" Default: {words}.");
    }
    if let (Some(effect), true) = (effect, key.kind.keys().is_empty()) {
        description += &format!(" When it changes: {}.", effect.words());
    }
    let mut schema = json!({ "description": description });
    merge(&mut schema, with_effect(&key.kind, effect));
    if let Default::Value(value) = &key.default {
        schema["default"] = value.clone();
    }
    schema
}

fn of_kind(kind: &Kind) -> Value {
    with_effect(kind, None)
}

fn with_effect(kind: &Kind, effect: Option<Effect>) -> Value {
    match kind {
        Kind::Text(text) => of_text(text),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Duration { .. } => {
            json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$", "examples": ["2s", "500ms", "1m30s"] })
        }
        Kind::Cpu => json!({
            "type": ["string", "number"],
            "pattern": r"^[0-9]+(m|\.[0-9]{1,3})?$",
            "exclusiveMinimum": 0,
            "examples": ["500m", 2]
        }),
        Kind::Bytes { .. } => json!({
            "type": ["string", "integer"],
            "pattern": r"^[0-9]+(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti)?$",
            "examples": ["512Mi", "8Ki"]
        }),
        Kind::Percent { .. } => {
            json!({ "type": "string", "pattern": r"^(100|[0-9]{1,2}(\.[0-9]{1,3})?)%$", "examples": ["25%"] })
        }
        Kind::Rate { .. } => {
            json!({ "type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,3})?/(s|m|h)$", "examples": ["100/s", "30/m"] })
        }
        Kind::Apdex => json!({
            "type": ["number", "string"],
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 1,
            "pattern": r"^0\.[0-9]{1,3}$",
            "examples": [0.94]
        }),
        Kind::Time => json!({
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,}(Z|[+-][0-9]{2}:[0-9]{2})?)?$",
            "examples": ["2026-12-31", "2026-12-31T18:00:00+09:00"]
        }),
        Kind::Quota => {
            json!({ "type": "string", "pattern": "^[0-9]+/(day|month)$", "examples": ["10000/day"] })
        }
        Kind::Volume => json!({
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti)?/(day|month)$",
            "examples": ["1Gi/day"]
        }),
        Kind::Bandwidth => json!({
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti)?/s$",
            "examples": ["1Mi/s"]
        }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Condition => json!({ "type": ["string", "number", "boolean"], "not": { "const": false } }),
        Kind::Keys(keys) => of_keys(keys, effect),
        Kind::Names { name, least, of } => {
            let mut names = Map::new();
            if let Some(pattern) = name.pattern {
                names.insert("pattern".to_owned(), json!(pattern));
            }
            json!({
                "type": "object",
                "propertyNames": names,
                "minProperties": least,
                "additionalProperties": with_effect(of, effect),
            })
        }
        Kind::List { least, of } => {
            json!({ "type": "array", "minItems": least, "items": with_effect(of, effect) })
        }
        Kind::OneOrMore { least, of } => {
            let one = with_effect(of, effect);
            json!({ "anyOf": [one.clone(), { "type": "array", "minItems": least, "items": one }] })
        }
        Kind::Either(one, other) => {
            json!({ "anyOf": [with_effect(one, effect), with_effect(other, effect)] })
        }
    }
}

/// A plain number or `true` is taken for the text it is written as.
fn of_text(text: &Text) -> Value {
    match text.pattern {
        Some(pattern) => json!({ "type": "string", "pattern": pattern, "examples": [text.example] }),
        None => json!({ "type": ["string", "number", "boolean"], "examples": [text.example] }),
    }
}

fn of_keys(keys: &[Key], effect: Option<Effect>) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), of_key(key, effect))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.is_required()).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
