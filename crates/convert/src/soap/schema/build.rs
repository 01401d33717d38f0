//! Builds types: who derives from whom, attributes, and which content a complex type has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::read::{Found, Kind, Sources};
use super::{
    Attribute, Builtin, Complex, Content, Element, Form, Group, Order, Particle, QName, Schema, Term, Type,
    TypeId, XML, XSD, arranged,
};
use crate::soap::error::Error;
use crate::xml;

/// How deep derivations, groups within groups and substitutions may go.
const DEEPEST: usize = 64;

pub(super) struct Builder<'s> {
    pub(super) sources: &'s Sources,
    pub(super) schema: Schema,
    /// Named, but not built yet.
    waiting: Vec<TypeId>,
    declared: HashMap<TypeId, Found>,
    under_way: HashSet<TypeId>,
    pub(super) depth: usize,
    /// All places in all content models: groups and bases are written out where they are used.
    pub(super) places: usize,
}

impl<'s> Builder<'s> {
    pub(super) fn new(sources: &'s Sources) -> Builder<'s> {
        Builder {
            sources,
            schema: Schema::new(),
            waiting: Vec::new(),
            declared: HashMap::new(),
            under_way: HashSet::new(),
            depth: 0,
            places: 0,
        }
    }

    /// Builds what was named, and arranges the content models.
    pub(super) fn finish(mut self) -> Result<Schema, Error> {
        while let Some(id) = self.waiting.pop() {
            self.built(id)?;
        }
        for found in &mut self.schema.types {
            if let Form::Complex(Complex { content: Content::Elements(particle), .. }) = &mut found.form {
                let raw = std::mem::replace(particle, Particle::nothing());
                *particle = arranged(raw);
            }
        }
        self.schema.call();
        Ok(self.schema)
    }

    /// Goes one step deeper into what could be endless.
    pub(super) fn deeper<T>(
        &mut self,
        found: &Found,
        at: &xml::Element,
        step: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(found.wrong(at, "types or groups go round in a circle"));
        }
        let result = step(self);
        self.depth -= 1;
        result
    }

    /// The number of a type by its name; it is built later.
    pub(super) fn type_named(
        &mut self,
        name: &QName,
        from: &Found,
        at: &xml::Element,
    ) -> Result<TypeId, Error> {
        if let Some(id) = self.schema.named(name) {
            return Ok(id);
        }
        let Some(found) = self.sources.found.get(&(Kind::Type, name.clone())) else {
            return Err(from.wrong(at, format!("type {name} is defined nowhere; is an import missing?")));
        };
        Ok(self.later(found.clone(), Some(name.clone())))
    }

    /// The number of a type without a name; it is built later.
    pub(super) fn anonymous(&mut self, from: &Found, at: &xml::Element) -> TypeId {
        self.later(from.inner(at), None)
    }

    fn later(&mut self, found: Found, name: Option<QName>) -> TypeId {
        let is_abstract = found.at.attribute("", "abstract").is_some_and(is_true);
        let id = self.schema.add(Type { name, base: None, is_abstract, form: Form::Anything });
        self.declared.insert(id, found);
        self.waiting.push(id);
        id
    }

    /// Builds a type now, unless it is.
    pub(super) fn built(&mut self, id: TypeId) -> Result<(), Error> {
        let Some(found) = self.declared.get(&id).cloned() else { return Ok(()) };
        if !self.under_way.insert(id) {
            return Err(found.wrong(&found.at, "the type derives from itself"));
        }
        let at = Arc::clone(&found.at);
        let (form, base) = self.deeper(&found, &at, |builder| match &*at.name.local {
            "simpleType" => builder.simple_type(&found, &at),
            _ => builder.complex_type(&found, &at),
        })?;
        self.schema.set(id, form, Some(base));
        self.under_way.remove(&id);
        self.declared.remove(&id);
        Ok(())
    }

    fn complex_type(&mut self, found: &Found, at: &xml::Element) -> Result<(Form, TypeId), Error> {
        let mixed = at.attribute("", "mixed").is_some_and(is_true);
        let (inner, simple) = match (at.child(XSD, "complexContent"), at.child(XSD, "simpleContent")) {
            (Some(inner), _) => (inner, false),
            (None, Some(inner)) => (inner, true),
            (None, None) => {
                let content = self.content(found, at, mixed)?;
                let attributes = self.attributes(found, at)?;
                let complex = Complex { attributes, content, ..Complex::default() };
                return Ok((Form::Complex(complex), self.schema.any_type()));
            }
        };
        let mixed = mixed || inner.attribute("", "mixed").is_some_and(is_true);
        let extends = inner.child(XSD, "extension");
        let derived = extends.or_else(|| inner.child(XSD, "restriction"));
        let derived =
            derived.ok_or_else(|| found.wrong(inner, "an extension or restriction was expected"))?;
        let base_name = derived.attribute("", "base");
        let base_name =
            base_name.ok_or_else(|| found.wrong(derived, "it does not say of which `base` it is"))?;
        let name = found.name(derived, base_name)?;
        let base = self.type_named(&name, found, derived)?;
        self.built(base)?;
        let complex = if simple {
            self.simple_content(found, derived, base, extends.is_some())?
        } else {
            self.complex_content(found, derived, base, extends.is_some(), mixed)?
        };
        Ok((Form::Complex(complex), base))
    }

    fn complex_content(
        &mut self,
        found: &Found,
        at: &xml::Element,
        base: TypeId,
        extends: bool,
        mixed: bool,
    ) -> Result<Complex, Error> {
        let own = self.content(found, at, mixed)?;
        let mut attributes = self.attributes(found, at)?;
        let inherited = match &self.schema.get(base).form {
            Form::Complex(complex) => complex.clone(),
            Form::Anything => Complex::default(),
            Form::Simple(_) => {
                return Err(found.wrong(at, "complexContent can't derive from a simple type"));
            }
        };
        inherit(&mut attributes, inherited.attributes, at);
        let content = match (inherited.content, own) {
            (_, own) if !extends => own,
            (Content::Mixed, _) | (_, Content::Mixed) => Content::Mixed,
            (Content::Elements(first), Content::Elements(then)) => {
                self.count(found, at, first.size())?;
                Content::Elements(Particle::group(Order::Sequence, vec![first, then]))
            }
            (inherited, Content::Empty) => inherited,
            (_, own) => own,
        };
        Ok(Complex { attributes, content, ..Complex::default() })
    }

    fn simple_content(
        &mut self,
        found: &Found,
        at: &xml::Element,
        base: TypeId,
        extends: bool,
    ) -> Result<Complex, Error> {
        let mut attributes = self.attributes(found, at)?;
        let text = match self.schema.get(base).form.clone() {
            Form::Simple(_) => base,
            Form::Complex(Complex { content: Content::Simple(text), attributes: inherited, .. }) => {
                inherit(&mut attributes, inherited, at);
                text
            }
            Form::Complex(Complex { attributes: inherited, .. }) => {
                inherit(&mut attributes, inherited, at);
                self.schema.builtin(Builtin::String)
            }
            Form::Anything => self.schema.builtin(Builtin::String),
        };
        let text = if extends {
            text
        } else {
            let simple = self.restricted(found, at, text)?;
            let form = Form::Simple(simple);
            self.schema.add(Type { name: None, base: Some(text), is_abstract: false, form })
        };
        Ok(Complex { attributes, content: Content::Simple(text), ..Complex::default() })
    }

    fn attributes(&mut self, found: &Found, at: &xml::Element) -> Result<Vec<Attribute>, Error> {
        let mut all = Vec::new();
        for child in at.elements().filter(|child| child.name.namespace.as_deref() == Some(XSD)) {
            match &*child.name.local {
                "attribute" => all.extend(self.attribute(found, child)?),
                "attributeGroup" => {
                    let name = found.name(child, child.attribute("", "ref").unwrap_or_default())?;
                    let group = self.sources.found.get(&(Kind::AttributeGroup, name.clone()));
                    let group = group.ok_or_else(|| {
                        found.wrong(child, format!("attribute group {name} is defined nowhere"))
                    })?;
                    let more = self.deeper(found, child, |builder| builder.attributes(group, &group.at))?;
                    all.extend(more);
                }
                _ => {}
            }
        }
        Ok(all)
    }

    /// `None` when it is prohibited.
    fn attribute(&mut self, found: &Found, at: &xml::Element) -> Result<Option<Attribute>, Error> {
        let usage = at.attribute("", "use").unwrap_or("optional");
        if usage == "prohibited" {
            return Ok(None);
        }
        let sources = self.sources;
        let (name, declared, declared_at) = match at.attribute("", "ref") {
            Some(reference) => {
                let name = found.name(at, reference)?;
                if name.namespace == XML {
                    let type_id = self.schema.builtin(Builtin::String);
                    return Ok(Some(Attribute {
                        name,
                        type_id,
                        required: usage == "required",
                        default: None,
                    }));
                }
                let global = sources.found.get(&(Kind::Attribute, name.clone()));
                let global =
                    global.ok_or_else(|| found.wrong(at, format!("attribute {name} is defined nowhere")))?;
                (name, global, &*global.at)
            }
            None => {
                let local =
                    at.attribute("", "name").ok_or_else(|| found.wrong(at, "an attribute has no name"))?;
                let qualified = match at.attribute("", "form") {
                    Some(form) => form == "qualified",
                    None => found.document.attributes_qualified,
                };
                let namespace = if qualified { found.document.target.as_str() } else { "" };
                (QName::new(namespace, local), found, at)
            }
        };
        let type_id = match (declared_at.attribute("", "type"), declared_at.child(XSD, "simpleType")) {
            (Some(text), _) => {
                let type_name = declared.name(declared_at, text)?;
                self.type_named(&type_name, declared, declared_at)?
            }
            (None, Some(inner)) => self.anonymous(declared, inner),
            (None, None) => self.schema.builtin(Builtin::AnySimple),
        };
        let default = [at, declared_at]
            .into_iter()
            .find_map(|at| at.attribute("", "default").or_else(|| at.attribute("", "fixed")));
        Ok(Some(Attribute {
            name,
            type_id,
            required: usage == "required",
            default: default.map(str::to_owned),
        }))
    }

    /// A global element by its name.
    pub(super) fn global_element(
        &mut self,
        name: &QName,
        from: &Found,
        at: &xml::Element,
    ) -> Result<Arc<Element>, Error> {
        if let Some(element) = self.schema.elements.get(name) {
            return Ok(Arc::clone(element));
        }
        let Some(found) = self.sources.found.get(&(Kind::Element, name.clone())).cloned() else {
            return Err(from.wrong(at, format!("element {name} is defined nowhere; is an import missing?")));
        };
        let declared = Arc::clone(&found.at);
        let element =
            self.deeper(&found, &declared, |builder| builder.element(&found, &declared, name.clone()))?;
        let element = Arc::new(element);
        self.schema.elements.insert(name.clone(), Arc::clone(&element));
        Ok(element)
    }

    /// An element as it is declared, global or not.
    pub(super) fn element(
        &mut self,
        found: &Found,
        at: &xml::Element,
        name: QName,
    ) -> Result<Element, Error> {
        let inner = at.child(XSD, "complexType").or_else(|| at.child(XSD, "simpleType"));
        let type_id = match (at.attribute("", "type"), inner, at.attribute("", "substitutionGroup")) {
            (Some(text), _, _) => {
                let type_name = found.name(at, text)?;
                self.type_named(&type_name, found, at)?
            }
            (None, Some(inner), _) => self.anonymous(found, inner),
            (None, None, Some(head)) => {
                let head = found.name(at, head)?;
                self.global_element(&head, found, at)?.type_id
            }
            (None, None, None) => self.schema.any_type(),
        };
        let default = at.attribute("", "default").or_else(|| at.attribute("", "fixed"));
        Ok(Element {
            name,
            type_id,
            nillable: at.attribute("", "nillable").is_some_and(is_true),
            is_abstract: at.attribute("", "abstract").is_some_and(is_true),
            default: default.map(str::to_owned),
        })
    }
}

/// Adds what a type inherits; what it declares itself wins, and what it prohibits stays away.
fn inherit(own: &mut Vec<Attribute>, inherited: Vec<Attribute>, at: &xml::Element) {
    let prohibited = |name: &QName| {
        at.elements().any(|child| {
            child.name.is(XSD, "attribute")
                && child.attribute("", "use") == Some("prohibited")
                && child.attribute("", "name") == Some(&name.local)
        })
    };
    let kept = inherited.into_iter().filter(|attribute| !prohibited(&attribute.name));
    let mut all: Vec<Attribute> = kept.collect();
    all.retain(|attribute| own.iter().all(|mine| mine.name != attribute.name));
    all.append(own);
    *own = all;
}

pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim(), "true" | "1")
}

impl Particle {
    pub(in crate::soap) fn group(order: Order, particles: Vec<Particle>) -> Particle {
        Particle { min: 1, max: Some(1), term: Term::Group(Group { order, particles, items: None }) }
    }

    pub(super) fn nothing() -> Particle {
        Particle::group(Order::Sequence, Vec::new())
    }

    /// How many places it has.
    pub(super) fn size(&self) -> usize {
        match &self.term {
            Term::Element(_) | Term::Any => 1,
            Term::Group(group) => 1 + group.particles.iter().map(Particle::size).sum::<usize>(),
        }
    }
}
