//! Texts of paths and queries as fields of a message.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use naru_model::message::Refusal;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use crate::body::refused;

/// Fields in one another that a name may lead through. What is deeper is a message of itself, and nobody's query.
const DEPTH: usize = 32;

const PADDED_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Finds the field that a name with dots leads to, by the names of the proto file or by those of JSON.
///
/// # Errors
/// There is none, or it leads through what is no single message.
pub(super) fn find(descriptor: &MessageDescriptor, path: &str) -> Result<Vec<FieldDescriptor>, String> {
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    for name in path.split('.') {
        let within = match fields.last().map(|field| (field.kind(), field.is_list() || field.is_map())) {
            None => descriptor.clone(),
            Some((Kind::Message(message), false)) => message,
            Some(_) => return Err(format!("what stands before {name:?} in {path:?} is no message")),
        };
        let field = within.get_field_by_name(name).or_else(|| within.get_field_by_json_name(name));
        let Some(field) = field else { return Err(format!("{} has no field {name:?}", within.full_name())) };
        if fields.len() == DEPTH {
            return Err(format!("a name leads through {DEPTH} fields at most"));
        }
        fields.push(field);
    }
    Ok(fields)
}

/// Puts a value where [`find`] led to; one more, where that is a list.
///
/// # Errors
/// The text is no such value.
pub(super) fn put(message: &mut DynamicMessage, path: &[FieldDescriptor], text: &str) -> Result<(), Refusal> {
    let Some((field, before)) = path.split_last() else { return Ok(()) };
    let unfit = |what: String| refused(422, format!("{}: {what}", name(path)));
    let mut at = message;
    for outer in before {
        let Some(inner) = at.get_field_mut(outer).as_message_mut() else {
            return Err(unfit(format!("{} is no message", outer.name())));
        };
        at = inner;
    }
    if field.is_map() {
        return Err(unfit("a map can't be told in a path or query; send it in the body".to_owned()));
    }
    let value = value(&field.kind(), text).map_err(unfit)?;
    match at.get_field_mut(field) {
        Value::List(items) => items.push(value),
        single => *single = value,
    }
    Ok(())
}

/// The field as the proto file names it.
pub(super) fn name(path: &[FieldDescriptor]) -> String {
    path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
}

fn value(kind: &Kind, text: &str) -> Result<Value, String> {
    fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
        text.parse().map_err(|_| format!("{text:?} is no such number"))
    }
    match kind {
        Kind::Double => number(text).map(Value::F64),
        Kind::Float => number(text).map(Value::F32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(text).map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(text).map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => number(text).map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => number(text).map(Value::U64),
        Kind::Bool => {
            text.parse().map(Value::Bool).map_err(|_| format!("{text:?} is neither true nor false"))
        }
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bytes => bytes(text),
        Kind::Enum(of) => {
            let named = of.get_value_by_name(text).map(|value| value.number());
            let number = named.or_else(|| text.parse().ok());
            number.map(Value::EnumNumber).ok_or_else(|| format!("{text:?} is no {}", of.full_name()))
        }
        Kind::Message(of) => in_one_text(of, text).map(Value::Message),
    }
}

/// Both alphabets, as JSON's mapping has it.
fn bytes(text: &str) -> Result<Value, String> {
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let decoded = GeneralPurpose::new(alphabet, PADDED_OR_NOT).decode(text);
    decoded.map(|bytes| Value::Bytes(bytes.into())).map_err(|_| format!("{text:?} is not in base64"))
}

/// Messages that are one text in JSON: times, masks, and the wrappers of single values.
fn in_one_text(of: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let unfit = |what: &dyn std::fmt::Display| format!("{text:?} is no {}: {what}", of.full_name());
    match of.full_name().strip_prefix("google.protobuf.") {
        Some("Timestamp" | "Duration" | "FieldMask") => {
            let text = serde_json::Value::String(text.to_owned());
            DynamicMessage::deserialize(of.clone(), text).map_err(|error| unfit(&error))
        }
        Some(wrapper) if wrapper.ends_with("Value") && wrapper != "Value" && wrapper != "ListValue" => {
            let mut message = DynamicMessage::new(of.clone());
            if let Some(inner) = of.get_field_by_name("value") {
                message.set_field(&inner, value(&inner.kind(), text)?);
            }
            Ok(message)
        }
        _ => Err(unfit(&"it has fields; name one of them behind a dot")),
    }
}
