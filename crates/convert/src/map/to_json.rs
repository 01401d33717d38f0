//! An element as a JSON text.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{MapError, Mapping};
use crate::json::Value;
use crate::xml::{Element, Node, XSI, is_space};

type Members = Vec<(Cow<'static, str>, Value<'static>)>;

pub(super) fn value(mapping: &Mapping, root: &Element) -> Result<Value<'static>, MapError> {
    let name = mapping.names.shortened(&root.name, false);
    let mut path = Vec::new();
    if name == mapping.root {
        // An empty body's members are none, where an empty element's text is.
        let empty = root.attributes.is_empty() && root.children.is_empty();
        return if empty { Ok(Value::Object(Vec::new())) } else { content(mapping, root, &mut path) };
    }
    path.push(name);
    let value = content(mapping, root, &mut path)?;
    let name = path.pop().unwrap_or_default();
    Ok(Value::Object(vec![(Cow::Owned(name), value)]))
}

/// Goes as deep as the element. `path` leads to it.
fn content(mapping: &Mapping, element: &Element, path: &mut Vec<String>) -> Result<Value<'static>, MapError> {
    let nil = element.attribute(XSI, "nil").is_some_and(|nil| matches!(nil.trim(), "true" | "1"));
    let mut members = attributes(mapping, element)?;
    let text = element.text();
    if element.elements().next().is_none() {
        let text = if nil && text.is_empty() { Value::Null } else { Value::string(text) };
        if members.is_empty() {
            return Ok(text);
        }
        if !matches!(&text, Value::String(text) if text.is_empty()) {
            members.push((Cow::Borrowed("#text"), text));
        }
        return Ok(Value::Object(members));
    }
    // White space between elements is only there to be looked at.
    if !text.trim_matches(is_space).is_empty() {
        members.push((Cow::Borrowed("#text"), Value::string(text)));
    }
    children(mapping, element, path, &mut members)?;
    Ok(Value::Object(members))
}

/// All but the one that says that there is no value.
fn attributes(mapping: &Mapping, element: &Element) -> Result<Members, MapError> {
    let mut members = Members::new();
    for attribute in element.attributes.iter().filter(|attribute| !attribute.name.is(XSI, "nil")) {
        let name = mapping.names.shortened(&attribute.name, true);
        if members.iter().any(|(there, _)| *there == name) {
            return Err(MapError::Twice { element: element.name.local.to_string(), name });
        }
        members.push((Cow::Owned(name), Value::string(attribute.value.clone())));
    }
    Ok(members)
}

/// Elements of one name become one member where the first stands: a list when there are several, or always has to be.
fn children(
    mapping: &Mapping,
    element: &Element,
    path: &mut Vec<String>,
    members: &mut Members,
) -> Result<(), MapError> {
    let mut places: HashMap<String, usize> = HashMap::new();
    for child in &element.children {
        let Node::Element(child) = child else { continue };
        path.push(mapping.names.shortened(&child.name, false));
        let value = content(mapping, child, path)?;
        let list = mapping.lists.contains(path);
        let name = path.pop().unwrap_or_default();
        match places.get(&name) {
            None => {
                places.insert(name.clone(), members.len());
                let value = if list { Value::List(vec![value]) } else { value };
                members.push((Cow::Owned(name), value));
            }
            Some(&place) => match &mut members[place].1 {
                // A value of an element is never a list, so that this is one of several.
                Value::List(items) => items.push(value),
                first => {
                    let before = std::mem::replace(first, Value::Null);
                    *first = Value::List(vec![before, value]);
                }
            },
        }
    }
    Ok(())
}
