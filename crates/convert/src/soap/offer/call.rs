//! A SOAP request's values as an HTTP request: path, query, header fields and JSON body.

use std::fmt::Write;

use naru_model::message::{Request, set_header};
use serde_json::{Map, Value};

use super::{Operation, Place};

/// What the service is sent.
pub(super) fn request(base: &str, operation: &Operation, value: Value, request: Request) -> Request {
    let mut object = match value {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    let mut path = operation.path.clone();
    let mut query = String::new();
    let mut headers = request.headers;
    headers.retain(|(name, _)| {
        !matches!(
            name.as_str(),
            "soapaction" | "content-type" | "accept-encoding" | "content-encoding" | "expect"
        )
    });
    set_header(&mut headers, "accept", "application/json, application/problem+json");
    for parameter in &operation.parameters {
        let Some(value) = object.remove(&parameter.key) else { continue };
        let texts = texts(&value);
        match parameter.place {
            Place::Path => {
                let encoded: Vec<String> = texts.iter().map(|text| encoded(text)).collect();
                path = path.replace(&format!("{{{}}}", parameter.name), &encoded.join(","));
            }
            Place::Query => {
                for text in texts {
                    let and = if query.is_empty() { "" } else { "&" };
                    // Writing to a string can't fail.
                    let _ = write!(query, "{and}{}={}", encoded(&parameter.name), encoded(&text));
                }
            }
            Place::Header => {
                let text = texts.join(",");
                let plain = text.chars().filter(|c| !c.is_control()).collect::<String>();
                set_header(&mut headers, &parameter.name.to_ascii_lowercase(), plain);
            }
        }
    }
    let body = operation.body.as_ref().and_then(|key| object.remove(key));
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    if !body.is_empty() {
        set_header(&mut headers, "content-type", "application/json");
    }
    Request {
        method: operation.method.clone(),
        path: format!("{base}{path}"),
        query,
        headers,
        body,
        groups: request.groups,
        left: request.left,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        value => vec![value.to_string()],
    }
}

/// Percent-encodes everything but unreserved characters. Source: RFC 3986, 2.3.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    // A segment of dots alone would be taken for a step up.
    match out.as_str() {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => out,
    }
}
