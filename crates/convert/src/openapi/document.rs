//! An OpenAPI document: read, and its references within itself followed.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::yaml;
use crate::{Error, json};

/// References of references; more go round in a circle.
const HOPS: usize = 32;
/// The largest description of an API that is read.
const LARGEST: u64 = 32 << 20;

/// OpenAPI 3.0 or 3.1.
#[derive(Debug, Clone)]
pub struct Document {
    pub value: Value,
    /// Schemas are of OpenAPI's own kind; from 3.1 on they are JSON Schema.
    pub is_3_0: bool,
}

/// A value of a document, and where it stands.
#[derive(Debug, Clone)]
pub struct At<'d> {
    pub value: &'d Value,
    /// JSON pointer (RFC 6901).
    pub pointer: String,
}

impl Document {
    /// # Errors
    /// The file can't be read, or as [`Document::parse`].
    pub fn load(path: &Path) -> Result<Document, Error> {
        let unreadable = |source| Error::Read { path: path.to_owned(), source };
        if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
            return Err(Error::Document {
                path: path.to_owned(),
                what: "the file has more than 32 MiB".to_owned(),
            });
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        Document::parse(&text).map_err(|what| Error::Document { path: path.to_owned(), what })
    }

    /// Reads JSON or YAML.
    ///
    /// # Errors
    /// It is neither, is no OpenAPI 3.0 or 3.1, or refers to other documents.
    pub fn parse(text: &str) -> Result<Document, String> {
        let value = if text.trim_start().starts_with('{') && !text.contains("\n---") {
            json::read(text.as_bytes()).map_err(|error| format!("no JSON: {error}"))?.to_serde()
        } else {
            yaml::read(text)?
        };
        let version = match (&value["openapi"], &value["swagger"]) {
            (Value::String(version), _) => version.clone(),
            (Value::Number(version), _) => version.to_string(),
            (_, Value::Null) => return Err("no OpenAPI document: `openapi: 3.1.0` is missing".to_owned()),
            (_, version) => return Err(format!("Swagger {version} is not read; convert it to OpenAPI 3")),
        };
        if !version.starts_with("3.0") && !version.starts_with("3.1") {
            return Err(format!("OpenAPI {version} is not read; only 3.0 and 3.1 are"));
        }
        refers_to_itself_alone(&value, "")?;
        Ok(Document { is_3_0: version.starts_with("3.0"), value })
    }

    pub fn root(&self) -> At<'_> {
        At { value: &self.value, pointer: String::new() }
    }

    /// Follows references until there is none.
    ///
    /// # Errors
    /// One leads nowhere or round in a circle.
    pub fn resolved<'d>(&'d self, at: At<'d>) -> Result<At<'d>, String> {
        let start = at.pointer.clone();
        let mut at = at;
        for _ in 0..HOPS {
            let Some(reference) = at.value.get("$ref").and_then(Value::as_str) else { return Ok(at) };
            let pointer = unescaped_fragment(reference);
            let value = self.value.pointer(&pointer);
            let value = value.ok_or_else(|| format!("{start}: reference {reference} leads nowhere"))?;
            at = At { value, pointer };
        }
        Err(format!("{start}: references go round in a circle"))
    }
}

impl<'d> At<'d> {
    pub fn get(&self, name: &str) -> Option<At<'d>> {
        let value = self.value.get(name)?;
        Some(At {
            value,
            pointer: format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1")),
        })
    }

    pub fn text(&self, name: &str) -> Option<&'d str> {
        self.value.get(name)?.as_str()
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.value.get(name) == Some(&Value::Bool(true))
    }

    /// Members of an object, in order.
    pub fn members(&self) -> Vec<(&'d str, At<'d>)> {
        let members = self.value.as_object().into_iter().flatten();
        members.filter_map(|(name, _)| Some((name.as_str(), self.get(name)?))).collect()
    }

    /// Items of a list.
    pub fn items(&self) -> Vec<At<'d>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(at, value)| At { value, pointer: format!("{}/{at}", self.pointer) }).collect()
    }
}

/// The pointer in `#/a/b`; in a URI it is percent-encoded.
fn unescaped_fragment(reference: &str) -> String {
    let fragment = reference.strip_prefix('#').unwrap_or(reference);
    percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned()
}

/// Goes as deep as the document.
fn refers_to_itself_alone(value: &Value, pointer: &str) -> Result<(), String> {
    match value {
        Value::Object(members) => {
            if let Some(reference) =
                members.get("$ref").and_then(Value::as_str).filter(|to| !to.starts_with('#'))
            {
                return Err(format!("{pointer}: {reference} is another document; bundle them into one"));
            }
            let mut members =
                members.iter().filter(|(name, _)| !matches!(name.as_str(), "example" | "examples"));
            members.try_for_each(|(name, value)| refers_to_itself_alone(value, &format!("{pointer}/{name}")))
        }
        Value::Array(items) => items.iter().try_for_each(|item| refers_to_itself_alone(item, pointer)),
        _ => Ok(()),
    }
}
