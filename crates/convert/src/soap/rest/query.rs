//! Query parameters in the place of a JSON object, for operations whose input is flat: simple values side by side.

use serde_json::{Map, Value};

use crate::soap::codec::attribute_key;
use crate::soap::schema::{Content, Form, Particle, Schema, Term, TypeId};
use crate::soap::wsdl::Body;

/// Parameters looked at; those after it are as good as unknown.
const MOST: usize = 1_000;

/// Whether an operation can be called with a query.
pub(super) fn is_flat(schema: &Schema, input: &Body) -> bool {
    let Some(id) = type_of(input) else { return true };
    match &schema.get(id).form {
        Form::Complex(complex) => match &complex.content {
            Content::Empty => true,
            Content::Elements(particle) => is_flat_model(schema, particle),
            Content::Simple(_) | Content::Mixed => false,
        },
        Form::Simple(_) | Form::Anything => false,
    }
}

fn type_of(input: &Body) -> Option<TypeId> {
    match input {
        Body::Nothing => None,
        Body::Element(element) => Some(element.type_id),
        Body::Parts(id) => Some(*id),
    }
}

fn is_flat_model(schema: &Schema, particle: &Particle) -> bool {
    match &particle.term {
        Term::Element(place) => schema.is_simple(place.element.type_id),
        Term::Any => false,
        Term::Group(group) => {
            group.items.is_none() && group.particles.iter().all(|particle| is_flat_model(schema, particle))
        }
    }
}

/// The object that a query tells: a parameter for each member, repeated for the items of a list.
pub(super) fn object(schema: &Schema, input: &Body, query: &str) -> Value {
    let mut lists = Vec::new();
    if let Some(id) = type_of(input)
        && let Form::Complex(complex) = &schema.get(id).form
    {
        if let Content::Elements(particle) = &complex.content {
            collect_lists(particle, &mut lists);
        }
        lists.retain(|key| complex.attributes.iter().all(|attribute| attribute_key(attribute) != *key));
    }
    let mut object = Map::new();
    for (name, value) in pairs(query).take(MOST) {
        let value = Value::String(value);
        if !lists.contains(&name.as_str()) {
            object.insert(name, value);
            continue;
        }
        match object.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(items) => items.push(value),
            other => *other = value,
        }
    }
    Value::Object(object)
}

fn collect_lists<'p>(particle: &'p Particle, lists: &mut Vec<&'p str>) {
    match &particle.term {
        Term::Element(place) if place.list => lists.push(&place.key),
        Term::Element(_) | Term::Any => {}
        Term::Group(group) => group.particles.iter().for_each(|particle| collect_lists(particle, lists)),
    }
}

/// Names and values, decoded. Source: WHATWG URL Standard, 5.1.
pub(in crate::soap) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
    })
}

/// Takes percent-encoding away; what is no UTF-8 then is replaced.
pub(in crate::soap) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, _, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
