//! Parameters of an operation, taken from path, query and header fields and checked by their schemas.
//!
//! Texts become what the schema wants where they can: `7` is a number for `type: integer` and a text for `type: string`.

use jsonschema::Validator;
use naru_model::message::Request;
use serde_json::{Map, Value};

use super::check::faults;
use super::document::{At, Document};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

/// How a value of several parts is written. Source: OpenAPI 3.1, Parameter Object, `style`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Each part with the parameter's name.
    Repeated,
    /// In one text, with this between.
    Joined(char),
    /// `name[key]=value`.
    Deep,
    /// JSON in one text.
    Json,
}

#[derive(Debug)]
pub(super) struct Parameter {
    name: String,
    place: Place,
    required: bool,
    style: Style,
    kinds: Kinds,
    schema: Option<Validator>,
}

/// The types that a schema lets a value have, as far as they can be told; of lists and objects, those of their parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    own: Vec<String>,
    items: Vec<String>,
    members: Vec<(String, Vec<String>)>,
}

impl Kinds {
    pub(super) fn of(document: &Document, schema: &At<'_>) -> Kinds {
        let own = types(document, schema);
        let items =
            schema_of(document, schema, "items").map(|items| types(document, &items)).unwrap_or_default();
        let properties =
            schema_of(document, schema, "properties").map(|all| all.members()).unwrap_or_default();
        let members =
            properties.iter().map(|(name, property)| ((*name).to_owned(), types(document, property)));
        Kinds { own, items, members: members.collect() }
    }

    fn is(&self, kind: &str) -> bool {
        self.own.iter().any(|own| own == kind)
    }

    /// An object of texts, as forms and deep parameters give it: names that repeat are lists.
    pub(super) fn object(&self, members: &[(String, String)]) -> Value {
        let mut object = Map::new();
        for (name, text) in members {
            let known = self.members.iter().find(|(known, _)| known == name);
            let is_list = known.is_some_and(|(_, types)| types.iter().any(|kind| kind == "array"));
            let value = typed(text, known.map_or(&[][..], |(_, types)| types));
            match object.get_mut(name) {
                Some(Value::Array(items)) => items.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
                None => {
                    object.insert(name.clone(), if is_list { Value::Array(vec![value]) } else { value });
                }
            }
        }
        Value::Object(object)
    }
}

fn schema_of<'d>(document: &'d Document, schema: &At<'d>, name: &str) -> Option<At<'d>> {
    document.resolved(schema.clone()).ok()?.get(name)
}

fn types(document: &Document, schema: &At<'_>) -> Vec<String> {
    let Ok(schema) = document.resolved(schema.clone()) else { return Vec::new() };
    match schema.value.get("type") {
        Some(Value::String(kind)) => vec![kind.clone()],
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(|kind| Some(kind.as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

/// A text as the first of the types that it can be; else as itself, for the schema to refuse.
fn typed(text: &str, types: &[String]) -> Value {
    for kind in types {
        let value = match kind.as_str() {
            "integer" | "number" => serde_json::from_str(text).ok().map(Value::Number),
            "boolean" => text.parse().ok().map(Value::Bool),
            "null" if text.is_empty() => Some(Value::Null),
            "string" => Some(Value::String(text.to_owned())),
            _ => None,
        };
        if let Some(value) = value {
            return value;
        }
    }
    Value::String(text.to_owned())
}

impl Parameter {
    /// None for those that are not checked: cookies, and header fields that HTTP itself has.
    pub(super) fn read(
        document: &Document,
        at: &At<'_>,
    ) -> Result<Option<(Parameter, Option<String>)>, String> {
        let missing = |what: &str| format!("{}: `{what}` is missing", at.pointer);
        let name = at.text("name").ok_or_else(|| missing("name"))?;
        let place = match at.text("in").ok_or_else(|| missing("in"))? {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            _ => return Ok(None),
        };
        // Source: OpenAPI 3.1, Parameter Object, `name`.
        const OF_HTTP: [&str; 3] = ["accept", "content-type", "authorization"];
        if place == Place::Header && OF_HTTP.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            return Ok(None);
        }
        let content = at.get("content").and_then(|content| Some(content.members().first()?.1.clone()));
        let schema = at.get("schema").or_else(|| content.as_ref()?.get("schema"));
        let kinds = schema.as_ref().map(|schema| Kinds::of(document, schema)).unwrap_or_default();
        let style = if content.is_some() { Style::Json } else { style(at, place) };
        let name = if place == Place::Header { name.to_ascii_lowercase() } else { name.to_owned() };
        let required = at.is_true("required") || place == Place::Path;
        let pointer = schema.map(|schema| schema.pointer);
        Ok(Some((Parameter { name, place, required, style, kinds, schema: None }, pointer)))
    }

    pub(super) fn checked_by(mut self, schema: Option<Validator>) -> Parameter {
        self.schema = schema;
        self
    }

    /// Whether another is meant: those of an operation take the place of those of its path.
    pub(super) fn is_same(&self, other: &Parameter) -> bool {
        self.name == other.name && self.place == other.place
    }

    /// Appends what is wrong with it.
    pub(super) fn check(
        &self,
        request: &Request,
        path: &[(&str, String)],
        query: &[(String, String)],
        wrong: &mut Vec<String>,
    ) {
        let name = self.name.as_str();
        let of = |pairs: &[(String, String)]| -> Vec<String> {
            pairs.iter().filter(|(there, _)| there == name).map(|(_, value)| value.clone()).collect()
        };
        let texts = match self.place {
            Place::Path => {
                path.iter().filter(|(there, _)| *there == name).map(|(_, text)| text.clone()).collect()
            }
            Place::Header => of(&request.headers),
            Place::Query if self.style == Style::Deep => return self.check_deep(query, wrong),
            Place::Query => of(query),
        };
        if texts.is_empty() {
            if self.required {
                wrong.push(format!("{} `{name}` is missing", self.kind()));
            }
            return;
        }
        match self.value(&texts) {
            Some(value) => self.check_value(&value, wrong),
            None => wrong.push(format!("{} `{name}` is no JSON", self.kind())),
        }
    }

    /// None when it should be JSON and is not.
    fn value(&self, texts: &[String]) -> Option<Value> {
        let parts: Vec<&str> = match self.style {
            Style::Json => return Some(crate::json::read(texts[0].as_bytes()).ok()?.to_serde()),
            Style::Joined(between) if !self.kinds.is("string") && texts.len() == 1 => {
                texts[0].split(between).collect()
            }
            _ => texts.iter().map(String::as_str).collect(),
        };
        if self.kinds.is("array") {
            return Some(parts.into_iter().map(|part| typed(part.trim(), &self.kinds.items)).collect());
        }
        if self.kinds.is("object") {
            let pairs: Vec<(String, String)> =
                parts.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
            return Some(self.kinds.object(&pairs));
        }
        Some(typed(texts.last()?, &self.kinds.own))
    }

    fn check_deep(&self, query: &[(String, String)], wrong: &mut Vec<String>) {
        let members = query.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(self.name.as_str())?.strip_prefix('[')?.strip_suffix(']')?;
            Some((key.to_owned(), value.clone()))
        });
        let members: Vec<(String, String)> = members.collect();
        match members.is_empty() {
            true if self.required => wrong.push(format!("{} `{}` is missing", self.kind(), self.name)),
            true => {}
            false => self.check_value(&self.kinds.object(&members), wrong),
        }
    }

    fn check_value(&self, value: &Value, wrong: &mut Vec<String>) {
        if let Some(schema) = &self.schema {
            faults(schema, value, &format!("{} `{}`", self.kind(), self.name), wrong);
        }
    }

    fn kind(&self) -> &'static str {
        match self.place {
            Place::Path => "path parameter",
            Place::Query => "query parameter",
            Place::Header => "header",
        }
    }
}

fn style(at: &At<'_>, place: Place) -> Style {
    let explode = at.value.get("explode").and_then(Value::as_bool);
    match (place, at.text("style")) {
        (Place::Query, Some("deepObject")) => Style::Deep,
        (Place::Query, Some("spaceDelimited")) if explode != Some(true) => Style::Joined(' '),
        (Place::Query, Some("pipeDelimited")) if explode != Some(true) => Style::Joined('|'),
        (Place::Query, _) if explode != Some(false) => Style::Repeated,
        _ => Style::Joined(','),
    }
}
