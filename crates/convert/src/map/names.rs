//! Members' names and the names of elements and attributes: prefixes are those of the policy, whatever a document uses.

use std::sync::Arc;

use crate::Error;
use crate::xml::{self, Element, Name, XML, XMLNS, XSI};

#[derive(Debug)]
pub(super) struct Names {
    /// Prefix, namespace; those of the policy, then `xsi` and `xml`.
    known: Vec<(Arc<str>, Arc<str>)>,
    own: usize,
}

impl Names {
    pub(super) fn new(namespaces: &[(String, String)]) -> Result<Names, Error> {
        let mut known: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (prefix, namespace) in namespaces {
            let reserved = matches!(prefix.as_str(), "xml" | "xmlns")
                || namespace.is_empty()
                || namespace == XML
                || namespace == XMLNS
                || known.iter().any(|(there, _)| **there == **prefix);
            if reserved || !(prefix.is_empty() || xml::is_name(prefix)) {
                return Err(Error::Namespace { prefix: prefix.clone(), namespace: namespace.clone() });
            }
            known.push((Arc::from(prefix.as_str()), Arc::from(namespace.as_str())));
        }
        let own = known.len();
        if !known.iter().any(|(prefix, _)| &**prefix == "xsi") {
            known.push((Arc::from("xsi"), Arc::from(XSI)));
        }
        known.push((Arc::from("xml"), Arc::from(XML)));
        Ok(Names { known, own })
    }

    /// Binds the policy's prefixes for a whole document, so that values may use them too.
    pub(super) fn declare(&self, root: &mut Element) {
        for (prefix, namespace) in self.known[..self.own].iter().rev() {
            root.declare(Arc::clone(prefix), Arc::clone(namespace));
        }
    }

    /// The name of an element or attribute that a member's name means; the prefix when it is not known.
    pub(super) fn expanded<'n>(&self, name: &'n str, attribute: bool) -> Result<Name, &'n str> {
        let (prefix, local) = match name.split_once(':') {
            // No name at all, which writing will say.
            Some(("", _)) => return Ok(Name::local(name)),
            Some(both) => both,
            None if attribute => return Ok(Name::local(name)),
            None => ("", name),
        };
        match self.known.iter().find(|(known, _)| &**known == prefix) {
            Some((known, namespace)) => {
                let prefix = (!prefix.is_empty()).then(|| Arc::clone(known));
                Ok(Name { namespace: Some(Arc::clone(namespace)), local: Arc::from(local), prefix })
            }
            None if prefix.is_empty() => Ok(Name::local(local)),
            None => Err(prefix),
        }
    }

    /// The member's name for an element or attribute; of a namespace that is not known, the local name alone.
    pub(super) fn shortened(&self, name: &Name, attribute: bool) -> String {
        let mut out = String::from(if attribute { "@" } else { "" });
        let known = name.namespace.as_ref().and_then(|namespace| {
            // An attribute without a prefix is in no namespace, so that the empty prefix is none for it.
            self.known.iter().find(|(prefix, known)| known == namespace && !(attribute && prefix.is_empty()))
        });
        if let Some((prefix, _)) = known.filter(|(prefix, _)| !prefix.is_empty()) {
            out.push_str(prefix);
            out.push(':');
        }
        out.push_str(&name.local);
        out
    }
}
