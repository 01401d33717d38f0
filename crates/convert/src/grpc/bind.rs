//! A request's path, query and body as one message.

use naru_model::message::{Refusal, Request, header};
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};

use super::descriptors::{Binding, Taken};
use super::{document, field};
use crate::body::{is_json, media_type, refused, unread_charset};

/// What a body of no form of its own is in a message. Source: `google/api/httpbody.proto`.
const RAW: &str = "google.api.HttpBody";

/// # Errors
/// 400, 415 or 422: something in it is not what the method takes.
pub(super) fn message(
    binding: &Binding,
    values: &[String],
    request: &Request,
) -> Result<DynamicMessage, Refusal> {
    let mut message = body(binding, request)?;
    for (path, text) in binding.variables.iter().zip(values) {
        field::put(&mut message, path, text)?;
    }
    let mut seen: Vec<Vec<u32>> = Vec::new();
    for (name, text) in form_urlencoded::parse(request.query.as_bytes()) {
        let path = parameter(binding, &name)?;
        let single = path.last().is_some_and(|field| !field.is_list());
        let numbers: Vec<u32> = path.iter().map(FieldDescriptor::number).collect();
        if single && seen.contains(&numbers) {
            return Err(refused(422, format!("query parameter {name:?} is there twice, and is no list")));
        }
        field::put(&mut message, &path, &text)?;
        if single {
            seen.push(numbers);
        }
    }
    Ok(message)
}

/// The field that a query parameter is: one that neither the path nor the body is.
fn parameter(binding: &Binding, name: &str) -> Result<Vec<FieldDescriptor>, Refusal> {
    let wrong = |what: &str| refused(422, format!("query parameter {name:?}: {what}"));
    let taken = match &binding.body {
        Taken::All => return Err(wrong("all of the message is in the body")),
        Taken::Field(field) => Some(field),
        Taken::Nothing => None,
    };
    let path = field::find(&binding.call.input, name).map_err(|what| wrong(&what))?;
    if taken.is_some() && path.first() == taken {
        return Err(wrong("this field is the body"));
    }
    if binding.variables.contains(&path) {
        return Err(wrong("this field is in the path"));
    }
    Ok(path)
}

fn body(binding: &Binding, request: &Request) -> Result<DynamicMessage, Refusal> {
    let input = &binding.call.input;
    let empty = request.body.iter().all(u8::is_ascii_whitespace);
    match &binding.body {
        Taken::Nothing if !request.body.is_empty() => {
            Err(refused(400, "this method takes no body; say it in the path and query"))
        }
        Taken::All if input.full_name() == RAW => Ok(raw(input, request)),
        Taken::Field(field) if is_raw(field) => {
            let mut message = DynamicMessage::new(input.clone());
            if let Some(of) = field.kind().as_message() {
                message.set_field(field, Value::Message(raw(of, request)));
            }
            Ok(message)
        }
        _ if empty => Ok(DynamicMessage::new(input.clone())),
        taken => {
            is_readable(request)?;
            match taken {
                Taken::Field(field) => document::read_field(input, field, &request.body),
                _ => document::read(input, &request.body),
            }
        }
    }
}

/// Tells whether a field is a body of no form of its own.
pub(super) fn is_raw(field: &FieldDescriptor) -> bool {
    !field.is_list() && field.kind().as_message().is_some_and(|of| of.full_name() == RAW)
}

/// Tells whether a message is a body of no form of its own.
pub(super) fn is_raw_message(descriptor: &MessageDescriptor) -> bool {
    descriptor.full_name() == RAW
}

fn raw(of: &MessageDescriptor, request: &Request) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    let media = header(&request.headers, "content-type").unwrap_or_default().to_owned();
    let data = Value::Bytes(request.body.clone().into());
    for (name, value) in [("content_type", Value::String(media)), ("data", data)] {
        // Descriptors that have another message of this name get what of it fits.
        let _ = message.try_set_field_by_name(name, value);
    }
    message
}

/// A body without a content type is taken for JSON.
fn is_readable(request: &Request) -> Result<(), Refusal> {
    let media = media_type(&request.headers);
    if !media.is_empty() && !is_json(&media) {
        return Err(refused(415, format!("the body is {media}; JSON (application/json) is expected")));
    }
    if let Some(charset) = unread_charset(&request.headers, false) {
        return Err(refused(415, format!("the body is in {charset}; JSON is in UTF-8")));
    }
    Ok(())
}
