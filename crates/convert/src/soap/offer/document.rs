//! Reads an OpenAPI 3 document: its operations, what each takes and what it answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use naru_model::policy::OfferSoap;
use serde_json::{Map, Value, json};

use super::types::{self, Types, free, xml_name};
use super::{Api, BODY, Operation, Parameter, Place, RESULT};
use crate::soap::error::Error;
use crate::soap::schema::{Element, Particle, QName, ToldAs};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];
/// Operations of one document.
const MOST_OPERATIONS: usize = 2_000;

pub(super) fn read(policy: &OfferSoap, document: &Value) -> Result<Api, Error> {
    let missing = |detail: String| Error::Missing { path: policy.openapi.clone(), detail };
    let mut reading = Reading {
        types: Types::new(document, &policy.namespace),
        namespace: &policy.namespace,
        names: BTreeSet::new(),
        operations: Vec::new(),
        left_out: Vec::new(),
    };
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let (item, _) = reading.types.resolve(item).map_err(|error| missing(error.to_string()))?;
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            if reading.operations.len() >= MOST_OPERATIONS {
                return Err(Error::TooMany {
                    path: policy.openapi.clone(),
                    most: MOST_OPERATIONS,
                    of: "operations",
                });
            }
            reading
                .operation(path, method, item, operation)
                .map_err(|error| missing(format!("{method} {path}: {error}")))?;
        }
    }
    if reading.operations.is_empty() {
        return Err(missing("it has no operation that SOAP can offer".to_owned()));
    }
    let Reading { types, operations, left_out, .. } = reading;
    Ok(Api {
        name: xml_name(&policy.name),
        namespace: policy.namespace.clone(),
        schema: types.finish().map_err(|error| missing(error.to_string()))?,
        base: base(document),
        operations,
        left_out,
    })
}

/// The path of the first server, without a slash at its end.
fn base(document: &Value) -> String {
    let url = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
        None if url.starts_with('/') => url,
        None => "",
    };
    path.trim_end_matches('/').to_owned()
}

struct Reading<'d> {
    types: Types<'d>,
    namespace: &'d str,
    names: BTreeSet<String>,
    operations: Vec<Operation>,
    left_out: Vec<(String, String)>,
}

impl Reading<'_> {
    fn operation(
        &mut self,
        path: &str,
        method: &str,
        item: &Value,
        operation: &Value,
    ) -> Result<(), types::Error> {
        let text = |name: &str| operation.get(name).and_then(Value::as_str);
        let name = text("operationId").map_or_else(|| named_by(method, path), xml_name);
        // An element of one must not be the response of another.
        let name = free(&mut self.names, name);
        self.names.insert(format!("{name}Response"));
        let (body, answered) = match (self.request_body(operation)?, self.answered(operation)?) {
            (Some(body), Some(answered)) => (body, answered),
            (None, _) => {
                self.left_out.push((name, "it takes no JSON body".to_owned()));
                return Ok(());
            }
            (_, None) => {
                self.left_out.push((name, "it answers neither JSON nor text".to_owned()));
                return Ok(());
            }
        };
        let mut keys = BTreeSet::new();
        let mut places = Vec::new();
        let parameters = self.parameters(item, operation, &mut keys, &mut places)?;
        let body = match body {
            Some((schema, required)) => {
                let key = free(&mut keys, BODY.to_owned());
                places.push(self.types.place(key.clone(), &key, &schema, required)?);
                Some(key)
            }
            None => None,
        };
        let input = self.wrapper(name.clone(), places);
        let result = answered.is_some();
        let places = match answered {
            Some(schema) => vec![self.types.place(RESULT.to_owned(), RESULT, &schema, false)?],
            None => Vec::new(),
        };
        let output = self.wrapper(format!("{name}Response"), places);
        self.operations.push(Operation {
            documentation: text("summary").or(text("description")).map(str::to_owned),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            name,
            parameters,
            body,
            input,
            output,
            result,
        });
        Ok(())
    }

    fn wrapper(&mut self, name: String, places: Vec<Particle>) -> Arc<Element> {
        let type_id = self.types.sequence(places, ToldAs::Object);
        let name = QName::new(self.namespace, name);
        Arc::new(Element { name, type_id, nillable: false, is_abstract: false, default: None })
    }

    /// Those of its path, as the operation changes them, and its own.
    fn parameters(
        &mut self,
        item: &Value,
        operation: &Value,
        keys: &mut BTreeSet<String>,
        places: &mut Vec<Particle>,
    ) -> Result<Vec<Parameter>, types::Error> {
        let mut all: Vec<(String, String, Map<String, Value>)> = Vec::new();
        for holder in [item, operation] {
            for value in holder.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                let (value, _) = self.types.resolve(value)?;
                let text =
                    |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let (name, place) = (text("name"), text("in"));
                let value = value.as_object().cloned().unwrap_or_default();
                match all.iter_mut().find(|known| known.0 == name && known.1 == place) {
                    Some(known) => known.2 = value,
                    None => all.push((name, place, value)),
                }
            }
        }
        let mut parameters = Vec::new();
        for (name, place, value) in all {
            let place = match place.as_str() {
                "path" => Place::Path,
                "query" => Place::Query,
                "header" => Place::Header,
                _ => continue,
            };
            let key = free(keys, xml_name(&name));
            let required = place == Place::Path || value.get("required") == Some(&Value::Bool(true));
            let schema = value.get("schema").cloned().unwrap_or_else(|| json!({ "type": "string" }));
            places.push(self.types.place(key.clone(), &key, &schema, required)?);
            parameters.push(Parameter { key, name, place });
        }
        Ok(parameters)
    }

    /// The schema of the body and whether it is required. Outer `None`: SOAP can't tell it; inner: there is none.
    #[expect(clippy::option_option, reason = "the two are told apart where it is called")]
    fn request_body(&self, operation: &Value) -> Result<Option<Option<(Value, bool)>>, types::Error> {
        let Some(body) = operation.get("requestBody") else { return Ok(Some(None)) };
        let (body, _) = self.types.resolve(body)?;
        let required = body.get("required") == Some(&Value::Bool(true));
        let content = body.get("content").and_then(Value::as_object);
        Ok(match content.and_then(json_schema) {
            Some(schema) => Some(Some((schema, required))),
            None if required => None,
            None => Some(None),
        })
    }

    /// The schema of what is answered when all is well. Outer `None`: SOAP can't tell it; inner: nothing is.
    #[expect(clippy::option_option, reason = "the two are told apart where it is called")]
    fn answered(&self, operation: &Value) -> Result<Option<Option<Value>>, types::Error> {
        let responses = operation.get("responses").and_then(Value::as_object);
        let good = |code: &str| code.starts_with('2');
        let chosen = responses.and_then(|all| {
            let well = all.iter().find(|(code, _)| good(code));
            well.or_else(|| all.iter().find(|(code, _)| *code == "default"))
        });
        let Some((_, response)) = chosen else { return Ok(Some(None)) };
        let (response, _) = self.types.resolve(response)?;
        let Some(content) = response.get("content").and_then(Value::as_object).filter(|c| !c.is_empty())
        else {
            return Ok(Some(None));
        };
        if let Some(schema) = json_schema(content) {
            return Ok(Some(Some(schema)));
        }
        let text = content.keys().any(|media_type| media_type.starts_with("text/"));
        Ok(text.then(|| Some(json!({ "type": "string" }))))
    }
}

/// The schema of the first media type that is JSON.
fn json_schema(content: &Map<String, Value>) -> Option<Value> {
    let json = content.iter().find(|(media_type, _)| {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        essence == "application/json" || essence.ends_with("+json") || essence == "*/*"
    });
    json.map(|(_, media)| media.get("schema").cloned().unwrap_or_else(|| json!({})))
}

/// What an operation without `operationId` is called: `get_orders_id`.
fn named_by(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = std::iter::once(method).chain(words).collect();
    xml_name(&words.join("_"))
}
