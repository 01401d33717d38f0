//! Collects what a WSDL and those that it imports define, by name.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::WSDL;
use crate::soap::error::Error;
use crate::soap::files::{Files, beside};
use crate::soap::schema::read::Sources;
use crate::soap::schema::{QName, XSD};
use crate::xml::Element;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Message,
    PortType,
    Binding,
}

/// A part of a WSDL document.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) at: Arc<Element>,
    pub(super) path: Arc<Path>,
    pub(super) target: String,
}

impl Item {
    pub(super) fn wrong(&self, at: &Element, detail: impl Into<String>) -> Error {
        Error::Wrong { path: self.path.to_path_buf(), line: at.line, detail: detail.into() }
    }

    /// What a name such as `tns:order` means here.
    pub(super) fn name(&self, at: &Element, attribute: &str) -> Result<QName, Error> {
        let text = at
            .attribute("", attribute)
            .ok_or_else(|| self.wrong(at, format!("{} has no {attribute:?}", at.name.local)))?;
        let name = at
            .name_in_content(text)
            .ok_or_else(|| self.wrong(at, format!("{text:?} is no name with a prefix bound here")))?;
        // Some leave the prefix out and mean their own.
        let namespace = name.namespace.as_deref().unwrap_or(&self.target);
        Ok(QName::new(namespace, &*name.local))
    }
}

#[derive(Debug, Default)]
pub(super) struct Definitions {
    found: HashMap<(Kind, QName), Item>,
    pub(super) services: Vec<Item>,
    pub(super) sources: Sources,
}

impl Definitions {
    pub(super) fn read(path: &Path) -> Result<Definitions, Error> {
        let mut all = Definitions::default();
        let mut files = Files::default();
        let mut loaded = HashSet::from([path.to_owned()]);
        let mut waiting = VecDeque::from([path.to_owned()]);
        while let Some(path) = waiting.pop_front() {
            let root = files.read(&path)?;
            if root.name.is(XSD, "schema") && loaded.len() > 1 {
                all.sources.add(&mut files, &root, &path)?;
                continue;
            }
            for import in all.define(&mut files, &root, &path)? {
                if loaded.insert(import.clone()) {
                    waiting.push_back(import);
                }
            }
        }
        Ok(all)
    }

    /// Takes one document's definitions, and says which others it imports.
    fn define(&mut self, files: &mut Files, root: &Element, path: &Path) -> Result<Vec<PathBuf>, Error> {
        let target = root.attribute("", "targetNamespace").unwrap_or_default().to_owned();
        let path: Arc<Path> = Arc::from(path);
        let item =
            |at: &Element| Item { at: Arc::new(at.clone()), path: Arc::clone(&path), target: target.clone() };
        if !root.name.is(WSDL, "definitions") {
            let what = match root.name.namespace.as_deref() {
                Some("http://www.w3.org/ns/wsdl") => "WSDL 2.0".to_owned(),
                _ => format!("an element {:?}", root.name.local),
            };
            let detail = format!("this is {what}; a WSDL 1.1 document is expected");
            return Err(item(root).wrong(root, detail));
        }
        let mut imports = Vec::new();
        for at in root.elements().filter(|at| at.name.namespace.as_deref() == Some(WSDL)) {
            let kind = match &*at.name.local {
                "message" => Kind::Message,
                "portType" => Kind::PortType,
                "binding" => Kind::Binding,
                "service" => {
                    self.services.push(item(at));
                    continue;
                }
                "import" => {
                    if let Some(location) = at.attribute("", "location") {
                        imports.push(beside(&path, location));
                    }
                    continue;
                }
                "types" => {
                    for schema in at.elements().filter(|schema| schema.name.is(XSD, "schema")) {
                        self.sources.add(files, schema, &path)?;
                    }
                    continue;
                }
                _ => continue,
            };
            let local = at.attribute("", "name").unwrap_or_default();
            self.found.insert((kind, QName::new(target.clone(), local)), item(at));
        }
        Ok(imports)
    }

    /// What an attribute refers to.
    pub(super) fn referred(
        &self,
        kind: Kind,
        from: &Item,
        at: &Element,
        attribute: &str,
    ) -> Result<&Item, Error> {
        let name = from.name(at, attribute)?;
        self.found.get(&(kind, name.clone())).ok_or_else(|| {
            from.wrong(at, format!("{attribute} {name} is defined nowhere; is an import missing?"))
        })
    }
}
