//! A SOAP service offered as REST: `POST /<operation>` with JSON, typed by its WSDL.
//!
//! The operation is the path's last segment, so that the route may have any path before it. `GET ?openapi` answers an OpenAPI
//! document of all of it.

mod answer;
mod openapi;
mod query;

use std::sync::Arc;

use naru_model::message::{Converted, Headers, Refusal, Request, Response, Shape, header, set_header};
use naru_model::policy::Soap;
use naru_model::problem::Problem;
use serde_json::{Map, Value};

use super::codec::{At, Encoder};
use super::envelope::{self, Version};
use super::error::Error;
use super::wsdl::{self, Body, Operation, Wsdl};
use crate::xml::{self, Name, Node};

use answer::Answer;

/// The WSDL's port as REST.
#[derive(Debug)]
pub(super) struct RestFace {
    wsdl: Arc<Wsdl>,
    openapi: String,
}

impl RestFace {
    /// # Errors
    /// The WSDL can't be read, or asks for what is not supported.
    pub(super) fn read(policy: &Soap) -> Result<RestFace, Error> {
        let wsdl = wsdl::read(&policy.wsdl, policy.service.as_deref(), policy.port.as_deref())?;
        Ok(RestFace { openapi: openapi::document(&wsdl).to_string(), wsdl: Arc::new(wsdl) })
    }

    fn operation(&self, path: &str) -> Result<&Operation, Refusal> {
        let last = path.rsplit('/').next().unwrap_or_default();
        let name = query::decoded(last);
        self.wsdl.operation(&name).ok_or_else(|| {
            let names: Vec<&str> =
                self.wsdl.port.operations.iter().take(20).map(|operation| operation.name.as_str()).collect();
            let detail = format!(
                "there is no operation {name:?}; the path ends in one of {}; GET ?openapi tells all",
                names.join(", ")
            );
            Refusal { status: 404, detail }
        })
    }

    fn described(&self) -> Response {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Response { status: 200, headers, body: self.openapi.clone().into_bytes(), trailers: Vec::new() }
    }

    /// What the service is sent for an object.
    fn envelope(&self, operation: &Operation, object: Value) -> Result<Vec<u8>, Refusal> {
        let refused = |detail: String| Refusal { status: 422, detail };
        let encoder = Encoder { schema: &self.wsdl.schema, strict: true };
        let elements = encoded(&encoder, &operation.input, &object)
            .map_err(|mismatch| refused(format!("{}: {mismatch}", operation.name)))?;
        envelope::written(self.wsdl.port.version, elements).map_err(|error| refused(error.to_string()))
    }

    fn headers(&self, operation: &Operation, mut headers: Headers) -> Headers {
        let port = &self.wsdl.port;
        // What was said of the JSON is not true of the envelope, nor of what the service may answer.
        headers.retain(|(name, _)| !matches!(name.as_str(), "accept-encoding" | "soapaction" | "expect"));
        let action = &operation.action;
        match port.version {
            Version::V11 => {
                set_header(&mut headers, "soapaction", format!("\"{action}\""));
                set_header(&mut headers, "content-type", port.version.media_type());
                set_header(&mut headers, "accept", "text/xml");
            }
            Version::V12 => {
                let media_type = port.version.media_type();
                let with_action = format!("{media_type}; action=\"{action}\"");
                let media_type = if action.is_empty() { media_type.to_owned() } else { with_action };
                set_header(&mut headers, "content-type", media_type);
                set_header(&mut headers, "accept", "application/soap+xml");
            }
        }
        headers
    }
}

impl Shape for RestFace {
    fn request(&self, request: Request) -> Result<Converted, Refusal> {
        let reads = matches!(request.method.as_str(), "GET" | "HEAD");
        let operation = self.operation(&request.path);
        if reads && operation.is_err() && query::pairs(&request.query).any(|(name, _)| name == "openapi") {
            return Ok(Converted::Answer(self.described()));
        }
        let operation = operation?;
        let flat = query::is_flat(&self.wsdl.schema, &operation.input);
        let object = match request.method.as_str() {
            "POST" => json_object(&request)?,
            "GET" if flat => query::object(&self.wsdl.schema, &operation.input, &request.query),
            method => return Ok(Converted::Answer(not_allowed(operation, method, flat))),
        };
        let body = self.envelope(operation, object)?;
        let sent = Request {
            method: "POST".to_owned(),
            path: self.wsdl.port.path.clone(),
            query: String::new(),
            headers: self.headers(operation, request.headers),
            body,
            groups: request.groups,
            left: request.left,
        };
        let answering = Answer::new(Arc::clone(&self.wsdl), operation);
        Ok(Converted::Send(sent, Box::new(answering)))
    }
}

fn not_allowed(operation: &Operation, method: &str, flat: bool) -> Response {
    let (allow, hint) = match flat {
        true => ("GET, POST", "send GET with query parameters, or POST with a JSON object"),
        false => ("POST", "send POST with a JSON object"),
    };
    let detail = format!("operation {:?} does not take {method}; {hint}", operation.name);
    let mut response = Problem::new(405, detail).response(None);
    set_header(&mut response.headers, "allow", allow);
    response
}

fn json_object(request: &Request) -> Result<Value, Refusal> {
    if let Some(coding) = header(&request.headers, "content-encoding").filter(|coding| *coding != "identity")
    {
        let detail = format!("the body is compressed ({coding}), which is not supported here; send it plain");
        return Err(Refusal { status: 415, detail });
    }
    let media_type = header(&request.headers, "content-type").unwrap_or("application/json");
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !(essence == "application/json" || essence.ends_with("+json")) {
        let detail = format!("the body is {essence}; JSON (application/json) is expected");
        return Err(Refusal { status: 415, detail });
    }
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    let value: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal { status: 400, detail: format!("the body is no JSON: {error}") })?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err(Refusal { status: 422, detail: "the body must be a JSON object".to_owned() }),
    }
}

/// The elements of a body for a JSON value.
fn encoded(
    encoder: &Encoder<'_>,
    body: &Body,
    value: &Value,
) -> Result<Vec<xml::Element>, super::codec::Mismatch> {
    match body {
        Body::Element(element) => Ok(vec![encoder.element(element, value, &At::Root)?]),
        Body::Parts(type_id) => {
            let mut holder = xml::Element::new(Name::local("parts"));
            encoder.typed(*type_id, value, &mut holder, &At::Root)?;
            let elements = holder.children.into_iter().filter_map(|child| match child {
                Node::Element(element) => Some(element),
                Node::Text(_) => None,
            });
            Ok(elements.collect())
        }
        Body::Nothing => {
            encoder.empty(value, &At::Root)?;
            Ok(Vec::new())
        }
    }
}
