//! A REST service offered as SOAP: its OpenAPI document becomes a WSDL, SOAP requests become calls, answers envelopes.
//!
//! Each operation of the document is one of the WSDL (document/literal, wrapped; SOAP 1.1 and 1.2): its parameters and its body
//! are the elements of the request, what it answers is the element `result` of the response. `GET ?wsdl` answers the WSDL.

mod answer;
mod call;
mod document;
mod types;
mod wsdl;

use std::sync::Arc;

use naru_model::message::{Converted, Refusal, Request, Response, Shape, header};
use naru_model::policy::OfferSoap;
use naru_model::problem::Problem;
use serde_json::Value;

use super::codec::{At, Decoder};
use super::envelope::{self, Envelope, Fault, Version, Whose, name_of};
use super::error::Error;
use super::schema::{Element, QName, Schema};
use answer::Answer;

/// The element of a request that is the body of the call.
const BODY: &str = "body";
/// The element of a response that is what was answered.
const RESULT: &str = "result";

/// What an OpenAPI document says, in the words of SOAP.
#[derive(Debug)]
struct Api {
    name: String,
    namespace: String,
    schema: Schema,
    /// What stands before all paths; without a slash at its end.
    base: String,
    operations: Vec<Operation>,
    /// Operations that SOAP can't offer, and why.
    left_out: Vec<(String, String)>,
}

#[derive(Debug)]
struct Operation {
    name: String,
    documentation: Option<String>,
    method: String,
    /// With parameters in braces.
    path: String,
    parameters: Vec<Parameter>,
    /// The member of the request that is the body.
    body: Option<String>,
    input: Arc<Element>,
    output: Arc<Element>,
    /// Whether the response has a [`RESULT`].
    result: bool,
}

#[derive(Debug)]
struct Parameter {
    /// Its member of the request.
    key: String,
    /// What the service calls it.
    name: String,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

/// The REST service as SOAP.
#[derive(Debug)]
pub(super) struct SoapFace {
    api: Arc<Api>,
    /// With [`wsdl::ADDRESS`] in the place of where it is.
    wsdl: String,
}

impl SoapFace {
    /// # Errors
    /// The OpenAPI document refers to what it does not have, or has no operation that SOAP can offer.
    pub(super) fn new(policy: &OfferSoap, document: &Value) -> Result<SoapFace, Error> {
        let api = document::read(policy, document)?;
        let missing = |detail: String| Error::Missing { path: policy.openapi.clone(), detail };
        let wsdl = wsdl::written(&api).map_err(|error| missing(error.to_string()))?;
        Ok(SoapFace { api: Arc::new(api), wsdl })
    }

    /// The WSDL, for who asks by this request.
    fn described(&self, request: &Request) -> Response {
        let scheme = match header(&request.headers, "x-forwarded-proto") {
            Some("https") => "https",
            _ => "http",
        };
        let host = header(&request.headers, "host").unwrap_or("localhost");
        // Whatever a client says is its host is written into XML.
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:[]/~%".contains(c);
        let address: String = format!("{host}{}", request.path).chars().filter(|c| plain(*c)).collect();
        let body = self.wsdl.replace(wsdl::ADDRESS, &format!("{scheme}://{address}"));
        let headers = vec![("content-type".to_owned(), "text/xml; charset=utf-8".to_owned())];
        Response { status: 200, headers, body: body.into_bytes(), trailers: Vec::new() }
    }

    fn call(&self, envelope: &Envelope, request: Request) -> Result<Converted, Fault> {
        let mut elements = envelope.body.elements();
        let Some(element) = elements.next() else { return Err(sender("the Body is empty".to_owned())) };
        let name = name_of(element);
        let index = self.api.operations.iter().position(|operation| operation.input.name == name);
        let Some(index) = index else {
            let expected = QName::new(self.api.namespace.clone(), "…");
            let detail = format!(
                "there is no operation {name}; its element is one of {expected} as the WSDL has them"
            );
            return Err(sender(detail));
        };
        let operation = &self.api.operations[index];
        let decoder = Decoder { schema: &self.api.schema, strict: true };
        let at = At::Member(&At::Root, &operation.name);
        let value =
            decoder.element(&operation.input, element, &at).map_err(|error| sender(error.to_string()))?;
        let sent = call::request(&self.api.base, operation, value, request);
        let answering = Answer { api: Arc::clone(&self.api), operation: index, version: envelope.version };
        Ok(Converted::Send(sent, Box::new(answering)))
    }
}

/// The client's mistake.
fn sender(reason: String) -> Fault {
    let problem = Problem::new(400, reason.clone());
    Fault { whose: Whose::Sender, code: String::new(), reason, detail: vec![answer::problem(&problem, None)] }
}

impl Shape for SoapFace {
    fn request(&self, request: Request) -> Result<Converted, Refusal> {
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            let asks = request
                .query
                .split('&')
                .any(|pair| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("wsdl")));
            if asks {
                return Ok(Converted::Answer(self.described(&request)));
            }
        }
        if request.method != "POST" {
            let detail = "SOAP is sent by POST; GET ?wsdl answers the WSDL";
            let mut response = Problem::new(405, detail).response(None);
            response.headers.push(("allow".to_owned(), "GET, POST".to_owned()));
            return Ok(Converted::Answer(response));
        }
        let media_type = header(&request.headers, "content-type").unwrap_or_default();
        let said = match media_type.trim_start().starts_with("application/soap+xml") {
            true => Version::V12,
            false => Version::V11,
        };
        let envelope = match envelope::read(&request.headers, &request.body) {
            Ok(envelope) => envelope,
            Err(error) => return faulty(unread(&error), said),
        };
        let version = envelope.version;
        self.call(&envelope, request).or_else(|fault| faulty(fault, version))
    }
}

fn unread(error: &envelope::Error) -> Fault {
    let whose = match error {
        envelope::Error::MustUnderstand(_) => Whose::MustUnderstand,
        envelope::Error::Version(_) => Whose::VersionMismatch,
        _ => Whose::Sender,
    };
    Fault { whose, ..sender(error.to_string()) }
}

fn faulty(fault: Fault, version: Version) -> Result<Converted, Refusal> {
    Ok(Converted::Answer(answer::fault(fault, version)?))
}
