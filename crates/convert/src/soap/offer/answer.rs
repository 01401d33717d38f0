//! What the REST service answers, as SOAP: its JSON as the response element, its errors as faults.

use std::sync::Arc;

use naru_model::message::{Answering, Flow, Headers, Refusal, Response, header, set_header};
use naru_model::problem::Problem;
use serde_json::{Map, Value, json};

use super::{Api, RESULT};
use crate::soap::PROBLEM;
use crate::soap::codec::{At, Encoder};
use crate::soap::envelope::{self, Fault, Version, Whose};
use crate::xml::{Element, Name};

/// Characters kept of an error's text.
const MOST_TEXT: usize = 500;

pub(super) struct Answer {
    pub(super) api: Arc<Api>,
    pub(super) operation: usize,
    pub(super) version: Version,
}

impl Answer {
    fn answered(&self, response: &Response) -> Result<Element, Fault> {
        let operation = &self.api.operations[self.operation];
        let mut object = Map::new();
        if operation.result && !response.body.iter().all(u8::is_ascii_whitespace) {
            object.insert(RESULT.to_owned(), told(response)?);
        }
        let encoder = Encoder { schema: &self.api.schema, strict: false };
        let at = At::Member(&At::Root, &operation.name);
        encoder.element(&operation.output, &Value::Object(object), &at).map_err(|error| {
            receiver(format!("the service's answer does not fit its OpenAPI document: {error}"))
        })
    }
}

/// The JSON of an answer; other text as a string.
fn told(response: &Response) -> Result<Value, Fault> {
    let media_type = header(&response.headers, "content-type").unwrap_or_default();
    match serde_json::from_slice(&response.body) {
        Ok(value) => Ok(value),
        Err(_) if media_type.starts_with("text/") => Ok(json!(String::from_utf8_lossy(&response.body))),
        Err(error) => Err(receiver(format!("the service's answer is no JSON: {error}"))),
    }
}

/// The service's mistake.
fn receiver(reason: String) -> Fault {
    let document = Problem::new(502, reason.clone());
    Fault { whose: Whose::Receiver, code: String::new(), reason, detail: vec![problem(&document, None)] }
}

/// An error of the service as a fault, with its problem document in the detail.
fn failed(response: &Response) -> Fault {
    let told: Option<Map<String, Value>> = serde_json::from_slice(&response.body).ok();
    let mut members = told.unwrap_or_default();
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let mut document = Problem::new(response.status, text("detail"));
    document.kind = text("type");
    document.instance = text("instance");
    let title = text("title");
    if !title.is_empty() {
        document.title = title;
    }
    members.remove("status");
    if document.detail.is_empty() && members.is_empty() {
        let text = String::from_utf8_lossy(&response.body);
        document.detail = text.chars().filter(|c| !c.is_control()).take(MOST_TEXT).collect();
    }
    let reason = if document.detail.is_empty() { document.title.clone() } else { document.detail.clone() };
    let rest = (!members.is_empty()).then(|| Value::Object(members).to_string());
    let whose = if response.status < 500 { Whose::Sender } else { Whose::Receiver };
    Fault { whose, code: String::new(), reason, detail: vec![problem(&document, rest.as_deref())] }
}

/// A problem document in XML (RFC 9457, appendix B). Members of its own kind go as JSON text into `members`.
pub(super) fn problem(problem: &Problem, members: Option<&str>) -> Element {
    let name = |local: &str| Name::new(PROBLEM, "p", local);
    let mut element = Element::new(name("problem"));
    element.push(Element::with_text(name("status"), problem.status.to_string()));
    let texts = [
        ("type", problem.kind.as_str()),
        ("title", &problem.title),
        ("detail", &problem.detail),
        ("instance", &problem.instance),
        ("members", members.unwrap_or_default()),
    ];
    for (local, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        element.push(Element::with_text(name(local), envelope::writable(text)));
    }
    element
}

/// The answer that a fault is.
///
/// # Errors
/// It holds characters that XML has not.
pub(super) fn fault(fault: Fault, version: Version) -> Result<Response, Refusal> {
    let status = fault.status(version);
    let body = envelope::written(version, vec![fault.element(version)])
        .map_err(|error| Refusal { status: 502, detail: error.to_string() })?;
    let headers = vec![("content-type".to_owned(), version.media_type().to_owned())];
    Ok(Response { status, headers, body, trailers: Vec::new() })
}

impl Answering for Answer {
    fn head(&mut self, _: &Response) -> Result<Flow, Refusal> {
        Ok(Flow::Whole)
    }

    fn whole(&mut self, mut response: Response) -> Result<Response, Refusal> {
        let coding = header(&response.headers, "content-encoding").filter(|coding| *coding != "identity");
        let element = match response.status {
            _ if coding.is_some() => {
                Err(receiver("the service's answer is compressed, which is not supported here".to_owned()))
            }
            200..300 => self.answered(&response),
            300..400 => {
                Err(receiver(format!("the service answered {}, which SOAP can't tell", response.status)))
            }
            _ => Err(failed(&response)),
        };
        let body = element.and_then(|element| {
            envelope::written(self.version, vec![element])
                .map_err(|error| receiver(format!("the service's answer can't be told in XML: {error}")))
        });
        let version = self.version;
        match body {
            Ok(body) => {
                response.status = 200;
                response.body = body;
                response.headers.retain(|(name, _)| !matches!(name.as_str(), "etag" | "digest"));
                set_header(&mut response.headers, "content-type", version.media_type());
                Ok(response)
            }
            Err(said) => {
                let mut faulty = fault(said, version)?;
                response
                    .headers
                    .retain(|(name, _)| matches!(name.as_str(), "retry-after" | "www-authenticate"));
                faulty.headers.append(&mut response.headers);
                Ok(faulty)
            }
        }
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend_from_slice(data);
        Ok(())
    }

    fn end(&mut self, _: &Headers, _: &mut Vec<u8>) -> Result<(), Refusal> {
        Ok(())
    }
}
