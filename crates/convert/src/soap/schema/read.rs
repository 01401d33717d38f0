//! Reads XML Schema documents: first collects what is declared in all of them, then builds the types that it makes up.
//!
//! Types refer to each other in circles, so a type is given its number when it is first named and built later, from a list of
//! those still to do. Only what it derives from is built at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{QName, Schema, XML, XSD};
use crate::soap::error::Error;
use crate::soap::files::{Files, beside};
use crate::xml;

use super::build::Builder;

/// Declarations in all schemas together.
const MOST_DECLARATIONS: usize = 50_000;

/// A schema document, for what is declared in it.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) target: String,
    /// It has no namespace of its own and takes that of who includes it; its names without prefix do too.
    chameleon: bool,
    pub(super) elements_qualified: bool,
    pub(super) attributes_qualified: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Element,
    Type,
    Group,
    AttributeGroup,
    Attribute,
}

/// A part of a schema document.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) at: Arc<xml::Element>,
    pub(super) document: Arc<Document>,
}

impl Found {
    pub(super) fn inner(&self, at: &xml::Element) -> Found {
        Found { at: Arc::new(at.clone()), document: Arc::clone(&self.document) }
    }

    pub(super) fn wrong(&self, at: &xml::Element, detail: impl Into<String>) -> Error {
        Error::Wrong { path: self.document.path.clone(), line: at.line, detail: detail.into() }
    }

    /// What a name such as `tns:order` in the document means.
    pub(super) fn name(&self, at: &xml::Element, text: &str) -> Result<QName, Error> {
        let name = at
            .name_in_content(text)
            .ok_or_else(|| self.wrong(at, format!("{text:?} is no name with a prefix bound here")))?;
        Ok(match &name.namespace {
            Some(namespace) => QName::new(&**namespace, &*name.local),
            None if self.document.chameleon => QName::new(self.document.target.clone(), &*name.local),
            None => QName::new("", &*name.local),
        })
    }
}

/// Everything declared in a set of schemas.
#[derive(Debug, Default)]
pub(in crate::soap) struct Sources {
    pub(super) found: HashMap<(Kind, QName), Found>,
    /// In the order of the documents, so that what is built is always the same.
    order: Vec<(Kind, QName)>,
    /// Head of a substitution group, and who can stand in its place.
    pub(super) substitutes: HashMap<QName, Vec<QName>>,
    loaded: HashSet<(PathBuf, String)>,
}

impl Sources {
    /// Takes a schema document, or one within a WSDL, and all that it imports and includes.
    ///
    /// # Errors
    /// One of them can't be read, or holds what is not supported.
    pub(in crate::soap) fn add(
        &mut self,
        files: &mut Files,
        schema: &xml::Element,
        path: &Path,
    ) -> Result<(), Error> {
        let mut waiting = VecDeque::from([(schema.clone(), path.to_owned(), None)]);
        while let Some((schema, path, namespace)) = waiting.pop_front() {
            for (path, namespace) in self.declare(&schema, &path, namespace)? {
                let key = (path.clone(), namespace.clone().unwrap_or_default());
                if self.loaded.insert(key) {
                    waiting.push_back((files.read(&path)?, path, namespace));
                }
            }
        }
        Ok(())
    }

    /// Takes one document's declarations, and says which others it needs, with the namespace those take that have none.
    fn declare(
        &mut self,
        schema: &xml::Element,
        path: &Path,
        includer: Option<String>,
    ) -> Result<Vec<(PathBuf, Option<String>)>, Error> {
        let wrong =
            |at: &xml::Element, detail: String| Error::Wrong { path: path.to_owned(), line: at.line, detail };
        if !schema.name.is(XSD, "schema") {
            return Err(wrong(schema, format!("an XML Schema was expected, not {}", schema.name.local)));
        }
        let own = schema.attribute("", "targetNamespace");
        let document = Arc::new(Document {
            path: path.to_owned(),
            target: own.map(str::to_owned).or_else(|| includer.clone()).unwrap_or_default(),
            chameleon: own.is_none() && includer.is_some(),
            elements_qualified: schema.attribute("", "elementFormDefault") == Some("qualified"),
            attributes_qualified: schema.attribute("", "attributeFormDefault") == Some("qualified"),
        });
        let mut others = Vec::new();
        for at in schema.elements().filter(|at| at.name.namespace.as_deref() == Some(XSD)) {
            let kind = match &*at.name.local {
                "element" => Kind::Element,
                "simpleType" | "complexType" => Kind::Type,
                "group" => Kind::Group,
                "attributeGroup" => Kind::AttributeGroup,
                "attribute" => Kind::Attribute,
                "include" => {
                    let location = at.attribute("", "schemaLocation").unwrap_or_default();
                    others.push((beside(path, location), Some(document.target.clone())));
                    continue;
                }
                "import" => {
                    // Without a location it is about another schema of the same WSDL.
                    let known = at.attribute("", "namespace") == Some(XML);
                    if let Some(location) = at.attribute("", "schemaLocation").filter(|_| !known) {
                        others.push((beside(path, location), None));
                    }
                    continue;
                }
                "redefine" => {
                    return Err(wrong(at, "xs:redefine is not supported; write the types out".to_owned()));
                }
                _ => continue,
            };
            self.keep(kind, at, &document)?;
        }
        Ok(others)
    }

    fn keep(&mut self, kind: Kind, at: &xml::Element, document: &Arc<Document>) -> Result<(), Error> {
        let found = Found { at: Arc::new(at.clone()), document: Arc::clone(document) };
        let local = at.attribute("", "name").ok_or_else(|| found.wrong(at, "it has no name"))?;
        let name = QName::new(document.target.clone(), local);
        if self.order.len() >= MOST_DECLARATIONS {
            let path = document.path.clone();
            return Err(Error::TooMany { path, most: MOST_DECLARATIONS, of: "declarations" });
        }
        if let Some(head) = at.attribute("", "substitutionGroup").filter(|_| kind == Kind::Element) {
            self.substitutes.entry(found.name(at, head)?).or_default().push(name.clone());
        }
        // The same document may have come twice, by two names.
        if self.found.insert((kind, name.clone()), found).is_none() {
            self.order.push((kind, name));
        }
        Ok(())
    }

    /// Builds everything that is declared.
    ///
    /// # Errors
    /// A name is declared nowhere, a type derives from itself, or something is not supported.
    pub(in crate::soap) fn build(&self) -> Result<Schema, Error> {
        let mut builder = Builder::new(self);
        for (kind, name) in &self.order {
            let found = &self.found[&(*kind, name.clone())];
            match kind {
                Kind::Element => {
                    builder.global_element(name, found, &found.at)?;
                }
                Kind::Type => {
                    builder.type_named(name, found, &found.at)?;
                }
                Kind::Group | Kind::AttributeGroup | Kind::Attribute => {}
            }
        }
        builder.finish()
    }
}
