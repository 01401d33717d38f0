//! JSON for one side, XML for the other: `docs/guides/conversion.md` states the mapping.
//!
//! Which of them a body is, its content type says; what is neither passes as it is. Who asks for the other's format by
//! `Accept` gets it as it comes.

mod names;
mod to_json;
mod to_xml;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use naru_model::message::{Converted, Headers, Refusal, Request, Response, Shape, header, set_header};
use naru_model::policy::{Speaker, Xml};
use naru_model::problem::{prefers_json, prefers_xml};

use crate::Error;
use crate::body::{
    Asked, Untouched, Whole, charset, is_bodiless, is_json, is_xml, media_type, refused, replaced,
    unread_charset, varies_by_accept,
};
use crate::{json, problems, xml};
use names::Names;

/// The mapping, as a policy sets it.
#[derive(Debug)]
pub struct Mapping {
    names: Names,
    /// The element round a body that has no single name of its own.
    root: String,
    lists: Vec<Vec<String>>,
}

/// A body that has no counterpart in the other format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("the body is no JSON: {0}")]
    Json(#[from] json::Error),
    #[error("the body is no XML: {0}")]
    Xml(#[from] xml::Error),
    #[error("the body can't be told in XML: {0}")]
    Write(#[from] xml::WriteError),
    #[error(
        "the body can't be told in XML: prefix `{prefix}` of `{path}` is not one of the route's namespaces"
    )]
    Prefix { prefix: String, path: String },
    #[error(
        "the body can't be told in XML: `{path}` is an attribute and must be a string, a number or true or false"
    )]
    Attribute { path: String },
    #[error("the body can't be told in XML: `{path}` must be a string, a number, true, false or null")]
    Text { path: String },
    #[error("the body can't be told in JSON: two attributes of `{element}` would be `{name}`")]
    Twice { element: String, name: String },
}

impl Mapping {
    /// # Errors
    /// A name or a prefix is none, or a namespace can't be bound.
    pub fn new(policy: &Xml) -> Result<Mapping, Error> {
        if !xml::is_name(&policy.root) {
            return Err(Error::Name { name: policy.root.clone() });
        }
        let lists = policy.lists.iter().map(|path| path.split('.').map(str::to_owned).collect());
        Ok(Mapping {
            names: Names::new(&policy.namespaces)?,
            root: policy.root.clone(),
            lists: lists.collect(),
        })
    }

    /// # Errors
    /// The body is no JSON, or holds what XML can't.
    pub fn to_xml(&self, body: &[u8]) -> Result<String, MapError> {
        Ok(xml::write(&to_xml::element(self, &json::read(body)?)?)?)
    }

    /// # Errors
    /// The body is no XML, or what it says has no counterpart.
    pub fn to_json(&self, body: &[u8]) -> Result<String, MapError> {
        self.said_to_json(body, None)
    }

    /// As [`Mapping::to_json`], of a body whose content type says this charset.
    fn said_to_json(&self, body: &[u8], charset: Option<&str>) -> Result<String, MapError> {
        Ok(to_json::value(self, &xml::read_said(body, charset)?)?.write())
    }
}

/// Between a client and a service that speak one each.
#[derive(Debug)]
pub(crate) struct MappedShape {
    mapping: Arc<Mapping>,
    /// Of the service.
    xml: bool,
}

impl MappedShape {
    pub(crate) fn new(policy: &Xml) -> Result<MappedShape, Error> {
        let mapping = Arc::new(Mapping::new(policy)?);
        Ok(MappedShape { mapping, xml: policy.spoken_by == Speaker::Service })
    }
}

impl Shape for MappedShape {
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        let asked = Asked::of(&request);
        let converts = if self.xml { is_json } else { is_xml };
        if !request.body.is_empty() && converts(&media_type(&request.headers)) {
            if let Some(charset) = unread_charset(&request.headers, !self.xml) {
                return Err(refused(415, format!("charset {charset} is not read; send UTF-8")));
            }
            let told = tell(&self.mapping, self.xml, &request.headers, &request.body);
            request.body =
                told.map_err(|error| refused(refusal_status(&error), error.to_string()))?.into_bytes();
            replaced(&mut request.headers, media_of(self.xml));
        }
        let accept = asked.accept.as_deref();
        if if self.xml { prefers_xml(accept) } else { prefers_json(accept) } {
            return Ok(Converted::Send(request, Box::new(Untouched)));
        }
        // A piece of a body can't be read.
        request.headers.retain(|(name, _)| name != "range");
        if header(&request.headers, "accept").is_some() {
            set_header(&mut request.headers, "accept", media_of(self.xml));
        }
        let (mapping, to_xml) = (Arc::clone(&self.mapping), !self.xml);
        let wanted = move |head: &Response| {
            let media = media_type(&head.headers);
            if to_xml { is_json(&media) } else { is_xml(&media) }
        };
        let change = move |answer: Response| back(&mapping, to_xml, &asked.method, answer);
        Ok(Converted::Send(request, Box::new(Whole { wanted, change })))
    }
}

fn back(mapping: &Mapping, to_xml: bool, method: &str, mut answer: Response) -> Result<Response, Refusal> {
    if !answer.body.is_empty() {
        if let Some(charset) = unread_charset(&answer.headers, !to_xml) {
            return Err(refused(
                502,
                format!("the service answered in charset {charset}, which is not read; UTF-8 is"),
            ));
        }
        let told = || tell(mapping, to_xml, &answer.headers, &answer.body);
        let told = problem(&answer, to_xml).map_or_else(told, Ok);
        let told = told.map_err(|error| refused(502, format!("the service's answer: {error}")))?;
        answer.body = told.into_bytes();
    } else if !is_bodiless(method, answer.status) {
        return Ok(answer);
    }
    replace_media(&mut answer.headers, to_xml);
    varies_by_accept(&mut answer.headers);
    Ok(answer)
}

fn tell(mapping: &Mapping, to_xml: bool, headers: &Headers, body: &[u8]) -> Result<String, MapError> {
    if to_xml { mapping.to_xml(body) } else { mapping.said_to_json(body, charset(headers).as_deref()) }
}

/// What can't be read is the client's mistake; what can be read and not told is one of content.
fn refusal_status(error: &MapError) -> u16 {
    match error {
        MapError::Xml(error) if matches!(error.fault, xml::Fault::TooLarge(_)) => 413,
        MapError::Json(_) | MapError::Xml(_) => 400,
        _ => 422,
    }
}

fn media_of(xml: bool) -> &'static str {
    if xml { "application/xml" } else { "application/json" }
}

/// A problem document has a form of its own in XML (RFC 9457, appendix B), which is told instead of what the mapping makes.
fn problem(answer: &Response, to_xml: bool) -> Option<String> {
    match (media_type(&answer.headers).as_str(), to_xml) {
        (problems::JSON, true) => Some(problems::of_json(answer)?.xml()),
        (problems::XML, false) => Some(problems::of_xml(answer)?.json()),
        _ => None,
    }
}

fn replace_media(headers: &mut Headers, xml: bool) {
    let problem = media_type(headers).starts_with("application/problem+");
    let media = match (problem, xml) {
        (true, true) => problems::XML,
        (true, false) => problems::JSON,
        (false, xml) => media_of(xml),
    };
    replaced(headers, media);
}
