//! What the service answered to one message: one message, or why not.

use std::sync::Arc;

use naru_model::message::{Answering, Flow, Headers, Refusal, Response, header, set_header};
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use super::descriptors::Call;
use super::frame::Frames;
use super::status::Status;
use super::{bind, document, is_native, metadata};
use crate::body::{Untouched, media_type, refused};

/// Takes the one message of a unary call.
pub(super) struct Unary {
    pub(super) call: Arc<Call>,
    /// The field of it that is told alone.
    pub(super) field: Option<FieldDescriptor>,
    /// Of the client.
    pub(super) accept: Option<String>,
}

impl Answering for Unary {
    /// Its status comes last, and what it is decides the first line of the answer.
    fn head(&mut self, _: &Response) -> Result<Flow, Refusal> {
        Ok(Flow::Whole)
    }

    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        if let Some(answer) = error(&self.call, self.accept.as_deref(), &response)? {
            return Ok(answer);
        }
        let mut message: Option<DynamicMessage> = None;
        let mut frames = Frames::default();
        frames.push(&response.body, |bytes| match message {
            Some(_) => Err(refused(502, "the service sent a second message where one was to come")),
            None => {
                message = Some(document::of_bytes(&self.call.output, bytes)?);
                Ok(())
            }
        })?;
        let message = message.filter(|_| frames.are_complete());
        let message = message.ok_or_else(|| refused(502, "the service's answer has no whole message"))?;
        let mut headers = metadata::to_client(response.headers, &response.trailers);
        let (media, body) = self.body(&message)?;
        set_header(&mut headers, "content-type", media);
        Ok(Response { status: 200, headers, body, trailers: Vec::new() })
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        Untouched.data(data, out)
    }

    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        Untouched.end(trailers, out)
    }
}

impl Unary {
    /// With its media type.
    fn body(&self, message: &DynamicMessage) -> Result<(String, Vec<u8>), Refusal> {
        let raw = match &self.field {
            None => bind::is_raw_message(&self.call.output).then(|| message.clone()),
            Some(field) if bind::is_raw(field) => message.get_field(field).as_message().cloned(),
            Some(_) => None,
        };
        if let Some(raw) = raw {
            return Ok(as_it_is(&raw));
        }
        let mut body = Vec::new();
        document::write(message, self.field.as_ref(), self.call.holds_any, &mut body)?;
        Ok(("application/json".to_owned(), body))
    }
}

/// A body of no form of its own.
fn as_it_is(raw: &DynamicMessage) -> (String, Vec<u8>) {
    let media = raw.get_field_by_name("content_type");
    let media = media.as_deref().and_then(Value::as_str).filter(|media| !media.is_empty());
    let data = raw.get_field_by_name("data");
    let data = data.as_deref().and_then(Value::as_bytes).map(|data| data.to_vec());
    (media.unwrap_or("application/octet-stream").to_owned(), data.unwrap_or_default())
}

/// What a call that has ended with an error is answered; `None`: it has not.
pub(super) fn error(
    call: &Call,
    accept: Option<&str>,
    response: &Response,
) -> Result<Option<Response>, Refusal> {
    let Some(status) = Status::of(&response.trailers).or_else(|| Status::of(&response.headers)) else {
        return Err(statusless(response));
    };
    if status.is_ok() {
        return Ok(None);
    }
    let mut answer = status.answer(call.output.parent_pool(), accept);
    let mut headers = metadata::to_client(response.headers.clone(), &response.trailers);
    headers.append(&mut answer.headers);
    Ok(Some(Response { headers, ..answer }))
}

/// An answer without a status is none of gRPC's. What something before the service says of load is passed on.
///
/// Source: `doc/http-grpc-status-mapping.md` of github.com/grpc/grpc, where 429, 502, 503 and 504 are UNAVAILABLE.
pub(super) fn statusless(response: &Response) -> Refusal {
    let media = media_type(&response.headers);
    if response.status == 200 && is_native(&media) {
        return refused(502, "the service ended its answer without a gRPC status");
    }
    let status = if matches!(response.status, 429 | 502..=504) { 503 } else { 502 };
    let said = header(&response.headers, "content-type").unwrap_or("no content type");
    refused(status, format!("the service answered {} with {said}, and not in gRPC", response.status))
}
