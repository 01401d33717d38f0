//! Schemas of an OpenAPI document as JSON Schema 2020-12, as they hold for requests or for responses.

use jsonschema::{Draft, PatternOptions, Registry, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::document::Document;

const URI: &str = "urn:naru:openapi";
/// All that may not stand in a fragment, and some that may. Source: RFC 3986, 3.5.
const FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'_').remove(b'.');
/// What one pattern may take in memory, compiled.
const PATTERN: usize = 1 << 20;

/// Which way a body goes: what is `readOnly` need not be in requests, what is `writeOnly` not in responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

/// Makes validators of the schemas of one document.
pub(super) struct Schemas {
    document: Value,
}

impl Schemas {
    pub(super) fn new(document: &Document, direction: Direction) -> Schemas {
        let mut changed = document.value.clone();
        let walk = Walk { document, direction };
        walk.change(&mut changed, false);
        Schemas { document: changed }
    }

    /// For the schemas at these JSON pointers.
    ///
    /// # Errors
    /// One of them is no schema, or a pattern of it is none.
    pub(super) fn compiled(&self, pointers: &[String]) -> Result<Vec<Validator>, String> {
        let registry = Registry::new().draft(Draft::Draft202012).add(URI, &self.document);
        let registry = registry.and_then(|registry| registry.prepare()).map_err(|error| error.to_string())?;
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .with_registry(&registry)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            // No backtracking, so that no text makes matching slow.
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN));
        let compiled = pointers.iter().map(|pointer| {
            let reference = format!("{URI}#{}", utf8_percent_encode(pointer, FRAGMENT));
            options.build(&json!({ "$ref": reference })).map_err(|error| format!("{pointer}: {error}"))
        });
        compiled.collect()
    }
}

/// Through a document, changing what JSON Schema has otherwise.
struct Walk<'d> {
    document: &'d Document,
    direction: Direction,
}

impl Walk<'_> {
    /// Goes as deep as the document. `names`: members are not keywords but names that somebody gave.
    fn change(&self, value: &mut Value, names: bool) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.change(item, false)),
            Value::Object(members) => {
                if !names {
                    if self.document.is_3_0 {
                        modern(members);
                    }
                    self.require(members);
                }
                for (name, value) in members.iter_mut() {
                    let data = matches!(name.as_str(), "example" | "examples" | "default" | "enum" | "const");
                    let gives_names =
                        matches!(name.as_str(), "properties" | "patternProperties" | "$defs" | "schemas");
                    if names || !data {
                        self.change(value, gives_names && !names);
                    }
                }
            }
            _ => {}
        }
    }

    /// Takes from `required` what need not be there in this direction. Source: OpenAPI 3.0.4, Schema Object, `readOnly`.
    fn require(&self, schema: &mut Map<String, Value>) {
        let Some(Value::Object(properties)) = schema.get("properties") else { return };
        let keyword = if self.direction == Direction::Request { "readOnly" } else { "writeOnly" };
        let says = |value: &Value| value.get(keyword) == Some(&Value::Bool(true));
        let optional: Vec<String> = properties
            .iter()
            .filter(|(_, property)| {
                let reference = property.get("$ref").and_then(Value::as_str);
                let target = reference.and_then(|to| self.document.value.pointer(to.trim_start_matches('#')));
                says(property) || target.is_some_and(says)
            })
            .map(|(name, _)| name.clone())
            .collect();
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required
                .retain(|name| !name.as_str().is_some_and(|name| optional.iter().any(|other| other == name)));
        }
    }
}

/// A schema of OpenAPI 3.0 in the words of JSON Schema 2020-12.
///
/// Source: OpenAPI 3.0.4, Schema Object, and JSON Schema Validation 2020-12, 6.
fn modern(schema: &mut Map<String, Value>) {
    // Nothing beside a reference counts in 3.0.
    if schema.get("$ref").is_some_and(Value::is_string) {
        schema.retain(|name, _| name == "$ref");
        return;
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(Value::Bool(is_exclusive)) = schema.get(exclusive) else { continue };
        let value = if *is_exclusive { schema.remove(bound) } else { None };
        match value {
            Some(value) => schema.insert(exclusive.to_owned(), value),
            None => schema.remove(exclusive),
        };
    }
    if schema.get("nullable") != Some(&Value::Bool(true)) {
        return;
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    if let Some(Value::String(kind)) = schema.get("type") {
        let kinds = json!([kind, "null"]);
        schema.insert("type".to_owned(), kinds);
    }
    for combined in ["allOf", "anyOf", "oneOf"] {
        if let Some(parts) = schema.remove(combined) {
            let or_null = json!([{ "type": "null" }, { combined: parts }]);
            // Beside another of them, each in a group of its own.
            match schema.get_mut("allOf") {
                Some(Value::Array(all)) => all.push(json!({ "anyOf": or_null })),
                _ => drop(schema.insert("allOf".to_owned(), json!([{ "anyOf": or_null }]))),
            }
        }
    }
}
