//! A JSON text as an element.

use super::{MapError, Mapping};
use crate::json::Value;
use crate::xml::{Element, Name, XSI};

/// The name of elements for items that have none: of a list that is the whole body, or an item of another list.
const ITEM: &str = "item";

/// Where in the body something is: written down only for who is told of a mistake there.
#[derive(Clone, Copy)]
struct Place<'p> {
    name: &'p str,
    round: Option<&'p Place<'p>>,
}

impl<'p> Place<'p> {
    /// The whole body.
    const ROOT: Place<'static> = Place { name: "", round: None };

    fn below(&'p self, name: &'p str) -> Place<'p> {
        Place { name, round: Some(self) }
    }

    fn path(&self) -> String {
        let round = self.round.map(Place::path).unwrap_or_default();
        if round.is_empty() { self.name.to_owned() } else { format!("{round}.{}", self.name) }
    }
}

pub(super) fn element(mapping: &Mapping, body: &Value<'_>) -> Result<Element, MapError> {
    let mut root = match single(mapping, body) {
        Some((name, value)) => named(mapping, name, value, &Place::ROOT.below(name))?,
        None => {
            let name = expanded(mapping, &mapping.root, &Place::ROOT.below(&mapping.root))?;
            let mut root = Element::new(name);
            fill(mapping, &mut root, body, &Place::ROOT)?;
            root
        }
    };
    mapping.names.declare(&mut root);
    Ok(root)
}

/// The one member that can be the root element itself.
fn single<'v>(mapping: &Mapping, body: &'v Value<'_>) -> Option<(&'v str, &'v Value<'v>)> {
    let Value::Object(members) = body else { return None };
    let [(name, value)] = members.as_slice() else { return None };
    let own = !matches!(value, Value::List(_)) && !name.starts_with(['@', '#']) && **name != *mapping.root;
    own.then_some((&**name, value))
}

fn expanded(mapping: &Mapping, name: &str, place: &Place<'_>) -> Result<Name, MapError> {
    let unknown = |prefix: &str| MapError::Prefix { prefix: prefix.to_owned(), path: place.path() };
    mapping.names.expanded(name, false).map_err(unknown)
}

fn named(mapping: &Mapping, name: &str, value: &Value<'_>, place: &Place<'_>) -> Result<Element, MapError> {
    let mut element = Element::new(expanded(mapping, name, place)?);
    fill(mapping, &mut element, value, place)?;
    Ok(element)
}

/// Goes as deep as the value.
fn fill(
    mapping: &Mapping,
    element: &mut Element,
    value: &Value<'_>,
    place: &Place<'_>,
) -> Result<(), MapError> {
    match value {
        Value::Null => element.set_attribute(Name::new(XSI, "xsi", "nil"), "true"),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            element.push_text(scalar(value).unwrap_or(""))
        }
        Value::List(items) => {
            for item in items {
                element.push(named(mapping, ITEM, item, &place.below(ITEM))?);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                member(mapping, element, name, value, place)?;
            }
        }
    }
    Ok(())
}

fn member(
    mapping: &Mapping,
    element: &mut Element,
    name: &str,
    value: &Value<'_>,
    round: &Place<'_>,
) -> Result<(), MapError> {
    let place = round.below(name);
    if let Some(attribute) = name.strip_prefix('@') {
        let unknown = |prefix: &str| MapError::Prefix { prefix: prefix.to_owned(), path: place.path() };
        let attribute = mapping.names.expanded(attribute, true).map_err(unknown)?;
        let value = scalar(value).ok_or_else(|| MapError::Attribute { path: place.path() })?;
        element.attributes.push(crate::xml::Attribute { name: attribute, value: value.to_owned() });
        return Ok(());
    }
    if name == "#text" {
        return match value {
            Value::List(_) | Value::Object(_) => Err(MapError::Text { path: place.path() }),
            value => fill(mapping, element, value, round),
        };
    }
    match value {
        Value::List(items) => {
            for item in items {
                element.push(named(mapping, name, item, &place)?);
            }
        }
        value => element.push(named(mapping, name, value, &place)?),
    }
    Ok(())
}

fn scalar<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Number(text) | Value::String(text) => Some(text),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}
