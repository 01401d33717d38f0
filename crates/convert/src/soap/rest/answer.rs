//! What the SOAP service answers, as JSON: its output typed by the schema, its faults as problem documents.

use std::sync::Arc;

use naru_model::message::{Answering, Flow, Headers, Refusal, Response, header, set_header};
use naru_model::problem::{Problem, phrase};
use serde_json::{Map, Value, json};

use crate::soap::PROBLEM;
use crate::soap::codec::{At, Decoder, fragment};
use crate::soap::envelope::{self, Fault, Whose, name_of};
use crate::soap::wsdl::{Body, Operation, Wsdl};
use crate::xml;

pub(super) struct Answer {
    wsdl: Arc<Wsdl>,
    operation: String,
    output: Option<Body>,
}

impl Answer {
    pub(super) fn new(wsdl: Arc<Wsdl>, operation: &Operation) -> Answer {
        Answer { wsdl, operation: operation.name.clone(), output: operation.output.clone() }
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder { schema: &self.wsdl.schema, strict: false }
    }

    fn output(&self, body: &xml::Element) -> Result<Value, Refusal> {
        let refused = |detail: String| Refusal {
            status: 502,
            detail: format!("the answer of {}: {detail}", self.operation),
        };
        let told = match &self.output {
            None | Some(Body::Nothing) => return Ok(json!({})),
            Some(Body::Element(element)) => match body.elements().next() {
                Some(child) => self.decoder().element(element, child, &At::Root),
                None => return Err(refused("its Body is empty".to_owned())),
            },
            Some(Body::Parts(id)) => self.decoder().typed(*id, body, &At::Root),
        };
        told.map_err(|mismatch| refused(mismatch.to_string()))
    }

    /// A fault as a problem document (RFC 9457); the fault's code and typed detail are its member `fault`.
    fn problem(&self, fault: &Fault) -> Response {
        let told = fault.detail.iter().find(|detail| detail.name.is(PROBLEM, "problem"));
        let member = |name: &str| told.and_then(|told| told.child(PROBLEM, name)).map(xml::Element::text);
        let status = member("status").and_then(|text| text.trim().parse::<u16>().ok());
        let status = status.filter(|status| (400..600).contains(status)).unwrap_or(match fault.whose {
            Whose::Sender => 400,
            Whose::Receiver | Whose::VersionMismatch | Whose::MustUnderstand => 502,
        });
        let mut problem = Map::new();
        if let Some(kind) = member("type").filter(|kind| !kind.is_empty()) {
            problem.insert("type".to_owned(), json!(kind));
        }
        problem.insert("status".to_owned(), json!(status));
        problem
            .insert("title".to_owned(), json!(member("title").unwrap_or_else(|| phrase(status).to_owned())));
        problem.insert("detail".to_owned(), json!(member("detail").unwrap_or_else(|| fault.reason.clone())));
        if let Some(instance) = member("instance") {
            problem.insert("instance".to_owned(), json!(instance));
        }
        let more = member("members").and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok());
        for (name, value) in more.into_iter().flatten() {
            problem.entry(name).or_insert(value);
        }
        let mut detail = Map::new();
        let mut unknown = Vec::new();
        for element in fault.detail.iter().filter(|detail| !detail.name.is(PROBLEM, "problem")) {
            let declared = self.wsdl.schema.elements.get(&name_of(element));
            let typed =
                declared.and_then(|declared| self.decoder().element(declared, element, &At::Root).ok());
            match typed {
                Some(value) => {
                    detail.insert(element.name.local.to_string(), value);
                }
                None => unknown.push(json!(fragment(element))),
            }
        }
        if !unknown.is_empty() {
            detail.insert("#any".to_owned(), Value::Array(unknown));
        }
        let mut member = Map::from_iter([("code".to_owned(), json!(fault.code))]);
        if !detail.is_empty() {
            member.insert("detail".to_owned(), Value::Object(detail));
        }
        problem.insert("fault".to_owned(), Value::Object(member));
        let headers = vec![("content-type".to_owned(), "application/problem+json".to_owned())];
        let body = Value::Object(problem).to_string().into_bytes();
        Response { status, headers, body, trailers: Vec::new() }
    }

    /// What is no envelope.
    fn other(&self, response: Response, error: &envelope::Error) -> Response {
        let media_type = header(&response.headers, "content-type").unwrap_or_default();
        if response.status >= 400 && media_type.starts_with("application/problem+json") {
            return response;
        }
        // Of what others than the SOAP service say by HTTP alone, some concerns the client.
        let status = match response.status {
            status @ (401 | 403 | 429 | 503 | 504) => status,
            _ => 502,
        };
        let status_told = response.status;
        let detail = match error {
            envelope::Error::Multipart => {
                "the service answered with multipart (MTOM or attachments), which is not supported".to_owned()
            }
            error => format!("the service answered {status_told} to {}: {error}", self.operation),
        };
        let mut problem = Problem::new(status, detail).response(None);
        for name in ["retry-after", "www-authenticate"] {
            if let Some(value) = header(&response.headers, name) {
                problem.headers.push((name.to_owned(), value.to_owned()));
            }
        }
        problem
    }
}

impl Answering for Answer {
    fn head(&mut self, _: &Response) -> Result<Flow, Refusal> {
        Ok(Flow::Whole)
    }

    fn whole(&mut self, mut response: Response) -> Result<Response, Refusal> {
        let nothing = matches!(self.output, None | Some(Body::Nothing));
        if response.status < 300 && response.body.is_empty() && nothing {
            response.headers.retain(|(name, _)| name != "content-type");
            response.status = if response.status == 202 { 202 } else { 204 };
            return Ok(response);
        }
        let envelope = match envelope::read(&response.headers, &response.body) {
            Ok(envelope) => envelope,
            Err(error) => return Ok(self.other(response, &error)),
        };
        if let Some(fault) = envelope.fault() {
            return Ok(self.problem(&fault));
        }
        let value = self.output(&envelope.body)?;
        response.body = value.to_string().into_bytes();
        response.status = 200;
        // They are about the envelope.
        response.headers.retain(|(name, _)| !matches!(name.as_str(), "etag" | "digest" | "content-encoding"));
        set_header(&mut response.headers, "content-type", "application/json");
        Ok(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend_from_slice(data);
        Ok(())
    }

    fn end(&mut self, _: &Headers, _: &mut Vec<u8>) -> Result<(), Refusal> {
        Ok(())
    }
}
