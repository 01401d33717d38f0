//! Messages as JSON and back, by the JSON mapping of proto3.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use naru_model::message::Refusal;
use prost_reflect::prost::Message;
use prost_reflect::prost_types::Any;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage,
    SerializeOptions, Value,
};
use serde_json::{Value as Json, json};

use crate::body::refused;
use crate::json;

/// Messages in messages, those in an `Any` with them. As deep as JSON is read, so that what comes out can be read back.
const DEPTH: usize = 100;
const ANY: &str = "google.protobuf.Any";

/// Reads a message from a JSON body.
///
/// # Errors
/// 400: it is no JSON, or could be read in two ways; 422: it is not what the message is.
pub(super) fn read(descriptor: &MessageDescriptor, body: &[u8]) -> Result<DynamicMessage, Refusal> {
    json::read(body).map_err(|error| refused(400, format!("the body is no JSON: {error}")))?;
    let mut reader = serde_json::Deserializer::from_slice(body);
    DynamicMessage::deserialize(descriptor.clone(), &mut reader)
        .map_err(|error| refused(422, format!("the body is no {}: {error}", descriptor.full_name())))
}

/// Reads one field of a message from a JSON body.
///
/// # Errors
/// As [`read`].
pub(super) fn read_field(
    descriptor: &MessageDescriptor,
    field: &FieldDescriptor,
    body: &[u8],
) -> Result<DynamicMessage, Refusal> {
    // Only what is one JSON text can't close the object round it.
    json::read(body).map_err(|error| refused(400, format!("the body is no JSON: {error}")))?;
    let name = Json::String(field.json_name().to_owned()).to_string();
    let around = [b"{", name.as_bytes(), b":", body, b"}"].concat();
    let mut reader = serde_json::Deserializer::from_slice(&around);
    DynamicMessage::deserialize(descriptor.clone(), &mut reader)
        .map_err(|error| refused(422, format!("the body is no {}: {error}", field.full_name())))
}

/// Appends a message as JSON; of `field` of it only, if there is one. `checks`: it may hold an `Any`.
///
/// # Errors
/// The service sent what JSON can't tell: an `Any` of a type that the descriptors do not have, a time out of bounds.
pub(super) fn write(
    message: &DynamicMessage,
    field: Option<&FieldDescriptor>,
    checks: bool,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let untold = |what: &dyn std::fmt::Display| {
        let name = message.descriptor().full_name().to_owned();
        refused(502, format!("the service's {name} can't be told in JSON: {what}"))
    };
    if checks && !is_shallow(message, DEPTH) {
        return Err(untold(&"messages lie too deep in one another"));
    }
    match field {
        None => {
            let mut writer = serde_json::Serializer::new(out);
            message
                .serialize_with_options(&mut writer, &SerializeOptions::new())
                .map_err(|error| untold(&error))
        }
        Some(field) => {
            let mut alone = DynamicMessage::new(message.descriptor());
            alone.set_field(field, message.get_field(field).into_owned());
            let options = SerializeOptions::new().skip_default_fields(false);
            let mut tree = alone
                .serialize_with_options(serde_json::value::Serializer, &options)
                .map_err(|error| untold(&error))?;
            let value = tree.get_mut(field.json_name()).map(Json::take).unwrap_or_default();
            out.extend_from_slice(value.to_string().as_bytes());
            Ok(())
        }
    }
}

/// A message of any type as JSON: by its type where the descriptors have it, else `@type` and the bytes in base64.
pub(super) fn of_any(pool: &DescriptorPool, any: &Any) -> Json {
    let unknown = || json!({ "@type": any.type_url, "value": STANDARD.encode(&any.value) });
    let Some(message) = decoded(pool, any).filter(|message| is_shallow(message, DEPTH)) else {
        return unknown();
    };
    let options = SerializeOptions::new();
    let Ok(told) = message.serialize_with_options(serde_json::value::Serializer, &options) else {
        return unknown();
    };
    let mut members = json!({ "@type": any.type_url });
    match told {
        Json::Object(fields) if !fields.contains_key("@type") => {
            for (name, value) in fields {
                members[name] = value;
            }
        }
        // What has a form of its own in JSON (a time, a number) stands beside its type.
        other => members["value"] = other,
    }
    members
}

fn decoded(pool: &DescriptorPool, any: &Any) -> Option<DynamicMessage> {
    let (_, name) = any.type_url.rsplit_once('/')?;
    DynamicMessage::decode(pool.get_message_by_name(name)?, any.value.as_slice()).ok()
}

/// Tells whether no message lies deeper than `left` levels, nor in an `Any`, each of which is read anew.
fn is_shallow(message: &DynamicMessage, left: usize) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    let descriptor = message.descriptor();
    if descriptor.full_name() == ANY {
        let any: Result<Any, _> = message.transcode_to();
        let inner = any.ok().and_then(|any| decoded(descriptor.parent_pool(), &any));
        // What can't be read is not gone into either.
        return inner.is_none_or(|inner| is_shallow(&inner, left));
    }
    message.fields().all(|(_, value)| match value {
        Value::Message(inner) => is_shallow(inner, left),
        Value::List(items) => items.iter().filter_map(Value::as_message).all(|inner| is_shallow(inner, left)),
        Value::Map(entries) => {
            entries.values().filter_map(Value::as_message).all(|inner| is_shallow(inner, left))
        }
        _ => true,
    })
}

/// Tells whether a message of this type may hold an `Any`; asked once, when the descriptors are read.
pub(super) fn may_hold_any(descriptor: &MessageDescriptor) -> bool {
    let mut seen = HashSet::new();
    let mut left = vec![descriptor.clone()];
    while let Some(next) = left.pop() {
        if next.full_name() == ANY {
            return true;
        }
        if seen.insert(next.full_name().to_owned()) {
            left.extend(next.fields().filter_map(|field| match field.kind() {
                Kind::Message(inner) => Some(inner),
                _ => None,
            }));
        }
    }
    false
}

/// Reads a message from its bytes, at most 100 levels deep.
///
/// # Errors
/// They are not what the service's descriptors say.
pub(super) fn of_bytes(descriptor: &MessageDescriptor, bytes: &[u8]) -> Result<DynamicMessage, Refusal> {
    DynamicMessage::decode(descriptor.clone(), bytes).map_err(|error| {
        refused(502, format!("the service sent what is no {}: {error}", descriptor.full_name()))
    })
}

pub(super) fn bytes(message: &DynamicMessage) -> Vec<u8> {
    message.encode_to_vec()
}
