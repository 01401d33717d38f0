//! One method of one path: what its requests and its answers must be.

use std::borrow::Cow;

use jsonschema::Validator;
use naru_model::message::{Refusal, Request, Response};
use serde_json::Value;

use super::check::{TOLD, faults};
use super::document::{At, Document};
use super::parameter::{Kinds, Parameter};
use super::schema::Schemas;
use crate::body::{is_bodiless, is_json, media_type, refused};
use crate::json;

#[derive(Debug)]
pub(super) struct Operation {
    parameters: Vec<Parameter>,
    body: Option<Body>,
    /// Status (`200`, `2XX` or `default`) and bodies.
    responses: Vec<(String, Vec<Media>)>,
}

#[derive(Debug)]
struct Body {
    required: bool,
    content: Vec<Media>,
}

/// A media type or a range of them, and the schema of its bodies.
#[derive(Debug)]
struct Media {
    range: String,
    kinds: Kinds,
    schema: Option<Validator>,
}

/// How the schemas of a document are compiled, for requests and for responses.
pub(super) struct Compilers<'d> {
    pub(super) document: &'d Document,
    pub(super) requests: Schemas,
    pub(super) responses: Schemas,
}

impl Compilers<'_> {
    /// The schema of something optional.
    fn one(&self, schemas: &Schemas, pointer: Option<String>) -> Result<Option<Validator>, String> {
        match pointer {
            Some(pointer) => Ok(schemas.compiled(&[pointer])?.pop()),
            None => Ok(None),
        }
    }

    fn content(&self, schemas: &Schemas, holder: &At<'_>) -> Result<Vec<Media>, String> {
        let content = holder.get("content").map(|content| content.members()).unwrap_or_default();
        let media = content.into_iter().map(|(range, media)| {
            let range = range.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            let schema = media.get("schema");
            let kinds = schema.as_ref().map(|schema| Kinds::of(self.document, schema)).unwrap_or_default();
            let schema = self.one(schemas, schema.map(|schema| schema.pointer))?;
            Ok(Media { range, kinds, schema })
        });
        media.collect()
    }

    /// Parameters of the path hold where the operation has none of the same name.
    pub(super) fn operation(&self, item: &At<'_>, operation: &At<'_>) -> Result<Operation, String> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for holder in [operation, item] {
            for at in holder.get("parameters").map(|all| all.items()).unwrap_or_default() {
                let read = Parameter::read(self.document, &self.document.resolved(at)?)?;
                let Some((parameter, pointer)) = read else { continue };
                if !parameters.iter().any(|other| other.is_same(&parameter)) {
                    parameters.push(parameter.checked_by(self.one(&self.requests, pointer)?));
                }
            }
        }
        let body = match operation.get("requestBody") {
            None => None,
            Some(at) => {
                let at = self.document.resolved(at)?;
                Some(Body { required: at.is_true("required"), content: self.content(&self.requests, &at)? })
            }
        };
        let mut responses = Vec::new();
        for (status, at) in operation.get("responses").map(|all| all.members()).unwrap_or_default() {
            let at = self.document.resolved(at)?;
            responses.push((status.to_ascii_uppercase(), self.content(&self.responses, &at)?));
        }
        Ok(Operation { parameters, body, responses })
    }
}

impl Operation {
    pub(super) fn check_request(&self, request: &Request, path: &[(&str, String)]) -> Result<(), Refusal> {
        let query: Vec<(String, String)> = form_urlencoded::parse(request.query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let mut wrong = Vec::new();
        for parameter in &self.parameters {
            parameter.check(request, path, &query, &mut wrong);
        }
        if let Some(body) = &self.body {
            body.check(request, &mut wrong)?;
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(refused(400, told(wrong))),
        }
    }

    /// Errors that the document does not have are let through: they are no worse for being undocumented.
    pub(super) fn check_response(&self, method: &str, response: &Response) -> Result<(), Refusal> {
        let status = response.status;
        let class = format!("{}XX", status / 100);
        let by_name = |name: &str| self.responses.iter().find(|(there, _)| there == name);
        let found = by_name(&status.to_string()).or_else(|| by_name(&class)).or_else(|| by_name("DEFAULT"));
        let answered = "the service's answer does not fit its description";
        let Some((_, content)) = found else {
            let known = status >= 400 || self.responses.is_empty();
            let refusal = || refused(502, format!("{answered}: status {status} is not in it"));
            return if known { Ok(()) } else { Err(refusal()) };
        };
        if content.is_empty() || response.body.is_empty() || is_bodiless(method, status) {
            return Ok(());
        }
        let media = media_type(&response.headers);
        let Some(fitting) = fitting(content, &media) else {
            return Err(refused(502, format!("{answered}: content type `{media}` is not in it")));
        };
        let mut wrong = Vec::new();
        fitting.check(&media, &response.body, &mut wrong);
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(refused(502, format!("{answered}: {}", told(wrong)))),
        }
    }
}

impl Body {
    fn check(&self, request: &Request, wrong: &mut Vec<String>) -> Result<(), Refusal> {
        if request.body.is_empty() {
            if self.required {
                wrong.push("a body is missing".to_owned());
            }
            return Ok(());
        }
        let media = media_type(&request.headers);
        let Some(fitting) = fitting(&self.content, &media) else {
            let takes: Vec<&str> = self.content.iter().map(|media| media.range.as_str()).collect();
            let sent = if media.is_empty() { "no content type".to_owned() } else { format!("`{media}`") };
            return Err(refused(415, format!("{sent} is not taken here; send {}", takes.join(" or "))));
        };
        fitting.check(&media, &request.body, wrong);
        Ok(())
    }
}

/// The most specific that the media type is of. Source: OpenAPI 3.1, Request Body Object, `content`.
fn fitting<'m>(content: &'m [Media], media: &str) -> Option<&'m Media> {
    let by_range = |range: &str| content.iter().find(|media| media.range == range);
    let class = media.split('/').next().unwrap_or("");
    by_range(media).or_else(|| by_range(&format!("{class}/*"))).or_else(|| by_range("*/*"))
}

impl Media {
    /// Bodies of JSON, forms and text are checked; others are only of the right type.
    fn check(&self, media: &str, body: &[u8], wrong: &mut Vec<String>) {
        let value = if is_json(media) {
            match json::read(body) {
                Ok(value) => value.to_serde(),
                Err(error) => return wrong.push(format!("body: no JSON: {error}")),
            }
        } else if media == "application/x-www-form-urlencoded" {
            let members =
                form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned()));
            self.kinds.object(&members.collect::<Vec<_>>())
        } else if media == "text/plain" {
            Value::String(match String::from_utf8_lossy(body) {
                Cow::Borrowed(text) => text.to_owned(),
                Cow::Owned(text) => text,
            })
        } else {
            return;
        };
        if let Some(schema) = &self.schema {
            faults(schema, &value, "body", wrong);
        }
    }
}

fn told(mut wrong: Vec<String>) -> String {
    wrong.truncate(TOLD);
    wrong.join("; ")
}
