//! Elements, attributes and text, with their namespaces resolved.

use std::sync::Arc;

/// A name in its namespace. Two are the same when namespace and local name are; the prefix is a wish for writing.
#[derive(Debug, Clone, Eq)]
pub struct Name {
    pub namespace: Option<Arc<str>>,
    pub local: Arc<str>,
    pub prefix: Option<Arc<str>>,
}

impl Name {
    /// In no namespace.
    pub fn local(local: impl Into<Arc<str>>) -> Name {
        Name { namespace: None, local: local.into(), prefix: None }
    }

    /// Written with this prefix where nothing speaks against it; an empty one means none.
    pub fn new(namespace: impl Into<Arc<str>>, prefix: &str, local: impl Into<Arc<str>>) -> Name {
        let prefix = (!prefix.is_empty()).then(|| Arc::from(prefix));
        Name { namespace: Some(namespace.into()), local: local.into(), prefix }
    }

    /// An empty namespace means none.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        &*self.local == local && self.namespace.as_deref().unwrap_or("") == namespace
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.local == other.local && self.namespace == other.namespace
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: Name,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    /// Text and CDATA that stand together are one; comments and processing instructions are not kept.
    Text(String),
}

/// Attributes and children are in the order of the document. Declarations of namespaces are no attributes.
#[derive(Debug, Clone)]
pub struct Element {
    pub name: Name,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Node>,
    /// The prefixes that its content may use (`xsi:type="p:t"`); writing keeps them bound.
    pub scope: Option<Arc<Scope>>,
    /// Of the document it was read from; 0 when it was made.
    pub line: u32,
}

impl PartialEq for Element {
    /// By what it says: not by prefixes, nor by where it was read.
    fn eq(&self, other: &Element) -> bool {
        self.name == other.name && self.attributes == other.attributes && self.children == other.children
    }
}

impl Eq for Element {}

impl Element {
    pub fn new(name: Name) -> Element {
        Element { name, attributes: Vec::new(), children: Vec::new(), scope: None, line: 0 }
    }

    /// With text alone; no child when it is empty.
    pub fn with_text(name: Name, text: impl Into<String>) -> Element {
        let mut element = Element::new(name);
        element.push_text(text);
        element
    }

    pub fn push(&mut self, child: Element) {
        self.children.push(Node::Element(child));
    }

    pub fn push_text(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.children.push(Node::Text(text));
        }
    }

    /// Puts the attribute in the place of one of its name.
    pub fn set_attribute(&mut self, name: Name, value: impl Into<String>) {
        self.attributes.retain(|attribute| attribute.name != name);
        self.attributes.push(Attribute { name, value: value.into() });
    }

    /// An empty namespace means none, as unprefixed attributes have.
    pub fn attribute(&self, namespace: &str, local: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.name.is(namespace, local))?;
        Some(&found.value)
    }

    /// Child elements, in order.
    pub fn elements(&self) -> impl DoubleEndedIterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child element of this name. An empty namespace means none.
    pub fn child(&self, namespace: &str, local: &str) -> Option<&Element> {
        self.elements().find(|element| element.name.is(namespace, local))
    }

    /// Its own text, without that of child elements.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for child in &self.children {
            if let Node::Text(text) = child {
                all.push_str(text);
            }
        }
        all
    }

    /// Binds a prefix for the element's content; an empty one is the default namespace.
    pub fn declare(&mut self, prefix: impl Into<Arc<str>>, namespace: impl Into<Arc<str>>) {
        let declared = vec![(prefix.into(), namespace.into())];
        self.scope = Some(Arc::new(Scope { declared, parent: self.scope.take() }));
    }

    /// The namespace that a prefix stands for here; of an empty one, the default namespace if there is one.
    pub fn namespace_of(&self, prefix: &str) -> Option<Arc<str>> {
        if prefix == "xml" {
            return Some(Arc::from(super::XML));
        }
        self.scope.as_ref()?.namespace_of(prefix)
    }

    /// Reads a name in content, such as `xsd:string`, by the prefixes bound here. None when its prefix is not bound.
    pub fn name_in_content(&self, text: &str) -> Option<Name> {
        let text = text.trim_matches(super::is_space);
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        if !super::is_name(local) {
            return None;
        }
        match self.namespace_of(prefix) {
            Some(namespace) => Some(Name::new(namespace, prefix, local)),
            None if prefix.is_empty() => Some(Name::local(local)),
            None => None,
        }
    }
}

/// Prefixes bound by an element, on top of those bound round it.
#[derive(Debug)]
pub struct Scope {
    /// Prefix, namespace; an empty prefix is the default namespace, an empty namespace takes it back.
    pub(super) declared: Vec<(Arc<str>, Arc<str>)>,
    pub(super) parent: Option<Arc<Scope>>,
}

impl Scope {
    fn namespace_of(&self, prefix: &str) -> Option<Arc<str>> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some((_, namespace)) = here.declared.iter().rev().find(|(bound, _)| &**bound == prefix) {
                return (!namespace.is_empty()).then(|| Arc::clone(namespace));
            }
            scope = here.parent.as_deref();
        }
        None
    }
}
