//! From an [`Element`] to a document: whatever the tree is like, what is written is well-formed, or nothing is.

use std::fmt::Write;
use std::sync::Arc;

use super::character::{is_char, is_name};
use super::{Element, Name, Node, Scope, XML, XMLNS};

/// What a tree holds that XML can't.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error("`{0}` can't be the name of an element or attribute in XML")]
    Name(String),
    #[error("character U+{code:04X} in `{place}` can't stand in XML")]
    Character { code: u32, place: String },
    #[error("attribute `{0}` is there twice")]
    Duplicate(String),
    #[error("namespace `{0}` can't be declared")]
    Namespace(String),
}

/// Writes a whole document with an XML declaration, in UTF-8, nothing put between elements.
///
/// Namespaces are declared where they are first needed, with the prefixes that names wish for.
///
/// # Errors
/// A name or a character that XML does not have.
pub fn write(root: &Element) -> Result<String, WriteError> {
    let mut out = Out { text: String::new(), bindings: Vec::new() };
    out.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    out.element(root, None)?;
    Ok(out.text)
}

struct Out {
    text: String,
    /// Prefixes and namespaces in force, the nearest last.
    bindings: Vec<(Arc<str>, Arc<str>)>,
}

impl Out {
    /// Goes as deep as the tree, which is as deep as what was read.
    fn element(&mut self, element: &Element, round: Option<&Arc<Scope>>) -> Result<(), WriteError> {
        let mark = self.bindings.len();
        self.keep_scope(element, round);
        let name = self.named(&element.name, mark, false)?;
        let mut attributes = Vec::with_capacity(element.attributes.len());
        for (at, attribute) in element.attributes.iter().enumerate() {
            if element.attributes[..at].iter().any(|before| before.name == attribute.name) {
                return Err(WriteError::Duplicate(attribute.name.local.to_string()));
            }
            attributes.push((self.named(&attribute.name, mark, true)?, attribute));
        }
        self.text.push('<');
        self.name(name.as_deref(), &element.name);
        for at in mark..self.bindings.len() {
            let (prefix, namespace) = self.bindings[at].clone();
            if !prefix.is_empty() && !is_name(&prefix) {
                return Err(WriteError::Name(prefix.to_string()));
            }
            if &*namespace == XMLNS || &*prefix == "xmlns" || (namespace.is_empty() && !prefix.is_empty()) {
                return Err(WriteError::Namespace(namespace.to_string()));
            }
            let colon = if prefix.is_empty() { "" } else { ":" };
            // Writing to a string can't fail.
            let _ = write!(self.text, " xmlns{colon}{prefix}=\"");
            self.escaped(&namespace, true, "xmlns")?;
            self.text.push('"');
        }
        for (name, attribute) in attributes {
            self.text.push(' ');
            self.name(name.as_deref(), &attribute.name);
            self.text.push_str("=\"");
            self.escaped(&attribute.value, true, &attribute.name.local)?;
            self.text.push('"');
        }
        if element.children.is_empty() {
            self.text.push_str("/>");
        } else {
            self.text.push('>');
            for child in &element.children {
                match child {
                    Node::Element(child) => self.element(child, element.scope.as_ref().or(round))?,
                    Node::Text(text) => self.escaped(text, false, &element.name.local)?,
                }
            }
            self.text.push_str("</");
            self.name(name.as_deref(), &element.name);
            self.text.push('>');
        }
        self.bindings.truncate(mark);
        Ok(())
    }

    /// Binds what the element's content may use and the elements round it have not bound.
    fn keep_scope(&mut self, element: &Element, round: Option<&Arc<Scope>>) {
        let mark = self.bindings.len();
        let mut scope = element.scope.as_ref();
        while let Some(here) = scope {
            if round.is_some_and(|round| Arc::ptr_eq(round, here)) {
                break;
            }
            for (prefix, namespace) in here.declared.iter().rev() {
                let nearer = self.bindings[mark..].iter().any(|(bound, _)| bound == prefix);
                let wanted = element.name.namespace.as_deref().unwrap_or("");
                // The element's own name says what the default namespace is when it has no prefix.
                let clash = prefix.is_empty() && element.name.prefix.is_none() && **namespace != *wanted;
                let bound = self.bound(prefix).unwrap_or("");
                if !nearer && !clash && &**prefix != "xml" && bound != &**namespace {
                    self.bindings.push((Arc::clone(prefix), Arc::clone(namespace)));
                }
            }
            scope = here.parent.as_ref();
        }
    }

    fn bound(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML);
        }
        self.bindings.iter().rev().find(|(bound, _)| &**bound == prefix).map(|(_, namespace)| &**namespace)
    }

    fn name(&mut self, prefix: Option<&str>, name: &Name) {
        if let Some(prefix) = prefix {
            self.text.push_str(prefix);
            self.text.push(':');
        }
        self.text.push_str(&name.local);
    }

    /// The prefix that the name has here, its namespace bound from `mark` on if nobody has.
    fn named(&mut self, name: &Name, mark: usize, attribute: bool) -> Result<Option<Arc<str>>, WriteError> {
        // An attribute of that name would be a declaration.
        if !is_name(&name.local) || (attribute && name.is("", "xmlns")) {
            return Err(WriteError::Name(name.local.to_string()));
        }
        let prefix = match name.namespace.as_ref().filter(|namespace| !namespace.is_empty()) {
            Some(namespace) => self.prefix(namespace, name.prefix.as_ref(), mark, attribute),
            None => {
                if !attribute && self.bound("").is_some_and(|default| !default.is_empty()) {
                    self.bindings.push((Arc::from(""), Arc::from("")));
                }
                return Ok(None);
            }
        };
        Ok(Some(prefix).filter(|prefix| !prefix.is_empty()))
    }

    fn prefix(
        &mut self,
        namespace: &Arc<str>,
        wish: Option<&Arc<str>>,
        mark: usize,
        attribute: bool,
    ) -> Arc<str> {
        if &**namespace == XML {
            return Arc::from("xml");
        }
        let wish = wish.cloned().unwrap_or_else(|| Arc::from(""));
        let possible = !(attribute && wish.is_empty()) && &*wish != "xml";
        if possible && self.bound(&wish) == Some(namespace) {
            return wish;
        }
        let taken = |prefix: &str| self.bindings[mark..].iter().any(|(bound, _)| &**bound == prefix);
        let new = if possible && !taken(&wish) {
            wish
        } else {
            let other = self.bindings.iter().rev().find(|(prefix, bound)| {
                bound == namespace && !prefix.is_empty() && self.bound(prefix) == Some(namespace)
            });
            if let Some((prefix, _)) = other {
                return Arc::clone(prefix);
            }
            let mut count = 1;
            while self.bound(&format!("ns{count}")).is_some() {
                count += 1;
            }
            Arc::from(format!("ns{count}"))
        };
        self.bindings.push((Arc::clone(&new), Arc::clone(namespace)));
        new
    }

    fn escaped(&mut self, text: &str, attribute: bool, place: &str) -> Result<(), WriteError> {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            let Some(c) = special.chars().next() else { break };
            rest = &special[c.len_utf8()..];
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' if attribute => self.text.push_str("&quot;"),
                // A reader would make these a line end or a blank.
                '\r' => self.text.push_str("&#13;"),
                '\n' if attribute => self.text.push_str("&#10;"),
                '\t' if attribute => self.text.push_str("&#9;"),
                c if is_char(c) => self.text.push(c),
                c => {
                    let place = place.to_owned();
                    return Err(WriteError::Character { code: u32::from(c), place });
                }
            }
        }
        self.text.push_str(rest);
        Ok(())
    }
}

/// Tells of ASCII that stands for itself wherever it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"')
}
