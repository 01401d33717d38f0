//! A JSON text as an element.

use super::{MapError, Mapping};
use crate::json::Value;
use crate::xml::{Element, Name, XSI};

/// The name of elements for items that have none: of a list that is the whole body, or an item of another list.
const ITEM: &str = "item";

pub(super) fn element(mapping: &Mapping, body: &Value<'_>) -> Result<Element, MapError> {
    let mut root = match single(mapping, body) {
        Some((name, value)) => named(mapping, name, value, name)?,
        None => {
            let mut root = Element::new(expanded(mapping, &mapping.root, &mapping.root)?);
            fill(mapping, &mut root, body, "")?;
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

fn expanded(mapping: &Mapping, name: &str, path: &str) -> Result<Name, MapError> {
    let unknown = |prefix: &str| MapError::Prefix { prefix: prefix.to_owned(), path: path.to_owned() };
    mapping.names.expanded(name, false).map_err(unknown)
}

fn named(mapping: &Mapping, name: &str, value: &Value<'_>, path: &str) -> Result<Element, MapError> {
    let mut element = Element::new(expanded(mapping, name, path)?);
    fill(mapping, &mut element, value, path)?;
    Ok(element)
}

/// Goes as deep as the value.
fn fill(mapping: &Mapping, element: &mut Element, value: &Value<'_>, path: &str) -> Result<(), MapError> {
    match value {
        Value::Null => element.set_attribute(Name::new(XSI, "xsi", "nil"), "true"),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            element.push_text(scalar(value).unwrap_or(""))
        }
        Value::List(items) => {
            for item in items {
                element.push(named(mapping, ITEM, item, &below(path, ITEM))?);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                member(mapping, element, name, value, path)?;
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
    path: &str,
) -> Result<(), MapError> {
    if let Some(attribute) = name.strip_prefix('@') {
        let unknown = |prefix: &str| MapError::Prefix { prefix: prefix.to_owned(), path: below(path, name) };
        let attribute = mapping.names.expanded(attribute, true).map_err(unknown)?;
        let value = scalar(value).ok_or_else(|| MapError::Attribute { path: below(path, name) })?;
        element.attributes.push(crate::xml::Attribute { name: attribute, value: value.to_owned() });
        return Ok(());
    }
    if name == "#text" {
        return match value {
            Value::List(_) | Value::Object(_) => Err(MapError::Text { path: below(path, name) }),
            value => fill(mapping, element, value, path),
        };
    }
    let path = below(path, name);
    match value {
        Value::List(items) => {
            for item in items {
                element.push(named(mapping, name, item, &path)?);
            }
        }
        value => element.push(named(mapping, name, value, &path)?),
    }
    Ok(())
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn scalar<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Number(text) | Value::String(text) => Some(text),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}
