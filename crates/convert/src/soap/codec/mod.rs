//! Between JSON and XML by a schema: [`Encoder`] makes elements of JSON, [`Decoder`] makes JSON of elements.
//!
//! Both come in two tempers. What a client sends must fit: its mistakes are named with their place. What a service answers is
//! taken as well as it goes: a service that adds an element or leaves one out must not stop its clients.
//!
//! | XML | JSON |
//! | --- | --- |
//! | element with elements or attributes | object |
//! | attribute `a` | member `@a` |
//! | text beside attributes | member `#text` |
//! | element that may come more than once | list |
//! | repeated sequence or choice of several | member `#items`, a list of objects |
//! | `xs:any` | member `#any`, a list of XML texts |
//! | text and elements mixed | member `#xml`, XML text |
//! | `xsi:nil` | `null` |
//! | `xsi:type` | member `@xsi:type` |

mod decode;
mod encode;
mod members;
mod value;

use std::fmt;

pub(super) use decode::Decoder;
pub(super) use encode::Encoder;
pub(super) use value::{Wanted, wanted};

use super::schema::{Attribute, QName, XML as XML_NAMESPACE};
use crate::xml::{self, Element, Name, Node};

/// Text of an element that has attributes too.
pub(super) const TEXT: &str = "#text";
/// Content where text and elements stand among each other.
pub(super) const INNER: &str = "#xml";
/// A derived type in the place of the declared one.
pub(super) const TYPE: &str = "@xsi:type";

/// What does not fit the schema, and where: a JSON pointer, or the names of elements with slashes between.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {detail}")]
pub(super) struct Mismatch {
    pub(super) at: String,
    pub(super) detail: String,
}

/// Where in a message something stands; written as a JSON pointer (RFC 6901).
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'a> {
    Root,
    Member(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl At<'_> {
    fn mismatch(&self, detail: impl Into<String>) -> Mismatch {
        let at = match self {
            At::Root => "the body".to_owned(),
            at => at.to_string(),
        };
        Mismatch { at, detail: detail.into() }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Member(around, name) => {
                write!(f, "{around}/{}", name.replace('~', "~0").replace('/', "~1"))
            }
            At::Item(around, index) => write!(f, "{around}/{index}"),
        }
    }
}

/// The member that stands for an attribute.
pub(super) fn attribute_key(attribute: &Attribute) -> String {
    match attribute.name.namespace.as_str() {
        XML_NAMESPACE => format!("@xml:{}", attribute.name.local),
        _ => format!("@{}", attribute.name.local),
    }
}

/// A name as trees have it.
pub(super) fn xml_name(name: &QName) -> Name {
    match name.namespace.as_str() {
        "" => Name::local(name.local.as_str()),
        namespace => Name::new(namespace, "n", name.local.as_str()),
    }
}

pub(super) fn q_name(name: &Name) -> QName {
    QName::new(name.namespace.as_deref().unwrap_or_default(), &*name.local)
}

/// An element as XML text that means the same wherever it is put.
pub(super) fn fragment(element: &Element) -> Option<String> {
    let text = xml::write(element).ok()?;
    Some(match text.split_once("?>") {
        Some((declaration, rest)) if declaration.starts_with("<?xml") => rest.trim_start().to_owned(),
        _ => text,
    })
}

/// What stands within an element, as XML text.
fn inner(element: &Element) -> Option<String> {
    let mut text = String::new();
    for child in &element.children {
        match child {
            Node::Element(child) => text.push_str(&fragment(child)?),
            Node::Text(plain) => {
                for c in plain.chars() {
                    match c {
                        '&' => text.push_str("&amp;"),
                        '<' => text.push_str("&lt;"),
                        '>' => text.push_str("&gt;"),
                        c => text.push(c),
                    }
                }
            }
        }
    }
    Some(text)
}

/// Reads XML text that stands within an element.
fn parse_inner(text: &str) -> Result<Vec<Node>, xml::Error> {
    Ok(xml::read(format!("<x>{text}</x>").as_bytes())?.children)
}
