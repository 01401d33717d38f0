//! Builds content models and simple types: groups, wildcards, substitutions; restrictions, lists and unions.

use std::collections::HashSet;
use std::sync::Arc;

use super::build::Builder;
use super::facets::Edge;
use super::pattern::Pattern;
use super::read::{Found, Kind};
use super::{
    Builtin, Content, Element, Facets, Form, Group, Order, Particle, Place, QName, Simple, Term, TypeId,
    Variety, XSD,
};
use crate::soap::error::Error;
use crate::xml;

/// Places in all content models together, groups written out where they are used.
const MOST_PLACES: usize = 200_000;

impl Builder<'_> {
    /// The content model that stands directly in a type, an extension or a restriction.
    pub(super) fn content(
        &mut self,
        found: &Found,
        at: &xml::Element,
        mixed: bool,
    ) -> Result<Content, Error> {
        if mixed {
            return Ok(Content::Mixed);
        }
        let model = at.elements().find(|child| {
            ["sequence", "choice", "all", "group"].iter().any(|local| child.name.is(XSD, local))
        });
        let Some(model) = model else { return Ok(Content::Empty) };
        Ok(self.particle(found, model)?.map_or(Content::Empty, Content::Elements))
    }

    pub(super) fn count(&mut self, found: &Found, at: &xml::Element, more: usize) -> Result<(), Error> {
        self.places += more;
        if self.places > MOST_PLACES {
            return Err(found.wrong(at, format!("more than {MOST_PLACES} elements, groups written out")));
        }
        Ok(())
    }

    /// `None` when it may not come at all.
    fn particle(&mut self, found: &Found, at: &xml::Element) -> Result<Option<Particle>, Error> {
        self.count(found, at, 1)?;
        let (min, max) = occurrences(found, at)?;
        if max == Some(0) {
            return Ok(None);
        }
        let term = match &*at.name.local {
            "element" => self.element_term(found, at)?,
            "any" => Term::Any,
            "group" => {
                let name = found.name(at, at.attribute("", "ref").unwrap_or_default())?;
                let group = self.sources.found.get(&(Kind::Group, name.clone()));
                let group =
                    group.ok_or_else(|| found.wrong(at, format!("group {name} is defined nowhere")))?;
                let content = self.deeper(found, at, |builder| builder.content(group, &group.at, false))?;
                match content {
                    Content::Elements(inner) => return Ok(Some(repeated(inner, min, max))),
                    _ => return Ok(None),
                }
            }
            local => {
                let order = match local {
                    "sequence" => Order::Sequence,
                    "choice" => Order::Choice,
                    "all" => Order::All,
                    other => return Err(found.wrong(at, format!("xs:{other} is not expected here"))),
                };
                let mut particles = Vec::new();
                for child in at.elements() {
                    let of_schema = child.name.namespace.as_deref() == Some(XSD);
                    if of_schema && &*child.name.local != "annotation" {
                        particles.extend(self.particle(found, child)?);
                    }
                }
                Term::Group(Group { order, particles, items: None })
            }
        };
        Ok(Some(Particle { min, max, term }))
    }

    fn element_term(&mut self, found: &Found, at: &xml::Element) -> Result<Term, Error> {
        let Some(reference) = at.attribute("", "ref") else {
            let local = at.attribute("", "name").ok_or_else(|| found.wrong(at, "an element has no name"))?;
            let qualified = match at.attribute("", "form") {
                Some(form) => form == "qualified",
                None => found.document.elements_qualified,
            };
            let namespace = if qualified { found.document.target.as_str() } else { "" };
            let element = self.element(found, at, QName::new(namespace, local))?;
            return Ok(place(Arc::new(element)));
        };
        let name = found.name(at, reference)?;
        let head = self.global_element(&name, found, at)?;
        let mut alternatives = Vec::new();
        if !head.is_abstract {
            alternatives.push(Particle { min: 1, max: Some(1), term: place(Arc::clone(&head)) });
        }
        for name in self.substitutes(&name) {
            self.count(found, at, 1)?;
            let element = self.global_element(&name, found, at)?;
            if !element.is_abstract {
                alternatives.push(Particle { min: 1, max: Some(1), term: place(element) });
            }
        }
        Ok(match alternatives.len() {
            0 | 1 if !head.is_abstract => place(head),
            _ => Term::Group(Group { order: Order::Choice, particles: alternatives, items: None }),
        })
    }

    /// All that can stand in the place of an element, directly or not.
    fn substitutes(&self, head: &QName) -> Vec<QName> {
        let (mut all, mut seen) = (Vec::new(), HashSet::from([head.clone()]));
        let mut heads = vec![head.clone()];
        while let Some(head) = heads.pop() {
            for name in self.sources.substitutes.get(&head).into_iter().flatten() {
                if seen.insert(name.clone()) {
                    all.push(name.clone());
                    heads.push(name.clone());
                }
            }
        }
        all
    }

    pub(super) fn simple_type(&mut self, found: &Found, at: &xml::Element) -> Result<(Form, TypeId), Error> {
        let any = self.schema.builtin(Builtin::AnySimple);
        if let Some(list) = at.child(XSD, "list") {
            let item = self.simple_named(found, list, "itemType")?.pop();
            let item = item.ok_or_else(|| found.wrong(list, "a list says of what by `itemType`"))?;
            let simple = Simple { variety: Variety::List(item), facets: Facets::default() };
            return Ok((Form::Simple(simple), any));
        }
        if let Some(union) = at.child(XSD, "union") {
            let members = self.simple_named(found, union, "memberTypes")?;
            let simple = Simple { variety: Variety::Union(members), facets: Facets::default() };
            return Ok((Form::Simple(simple), any));
        }
        let restriction = at.child(XSD, "restriction");
        let restriction =
            restriction.ok_or_else(|| found.wrong(at, "a restriction, list or union was expected"))?;
        let base = self.simple_named(found, restriction, "base")?.into_iter().next();
        let base = base.ok_or_else(|| found.wrong(restriction, "it does not say of which `base` it is"))?;
        Ok((Form::Simple(self.restricted(found, restriction, base)?), base))
    }

    /// The types that an attribute names, and those written inside.
    fn simple_named(
        &mut self,
        found: &Found,
        at: &xml::Element,
        attribute: &str,
    ) -> Result<Vec<TypeId>, Error> {
        let mut all = Vec::new();
        for text in at.attribute("", attribute).unwrap_or_default().split_ascii_whitespace() {
            let name = found.name(at, text)?;
            all.push(self.type_named(&name, found, at)?);
        }
        for inner in at.elements().filter(|child| child.name.is(XSD, "simpleType")) {
            all.push(self.anonymous(found, inner));
        }
        for id in &all {
            // At once, so that a type made of itself is found now and not by what it reads.
            self.built(*id)?;
        }
        Ok(all)
    }

    /// A simple type with the facets of a restriction on top of what it restricts.
    pub(super) fn restricted(
        &mut self,
        found: &Found,
        at: &xml::Element,
        base: TypeId,
    ) -> Result<Simple, Error> {
        let mut simple = match &self.schema.get(base).form {
            Form::Simple(simple) => simple.clone(),
            Form::Anything => {
                Simple { variety: Variety::Atomic(Builtin::AnySimple), facets: Facets::default() }
            }
            Form::Complex(_) => {
                return Err(found.wrong(at, "a simple type can't restrict one with elements"));
            }
        };
        let (mut values, mut patterns) = (Vec::new(), Vec::new());
        for child in at.elements().filter(|child| child.name.namespace.as_deref() == Some(XSD)) {
            let Some(value) = child.attribute("", "value") else { continue };
            let number = || -> Result<Option<usize>, Error> {
                let number = value.trim().parse();
                number.map(Some).map_err(|_| found.wrong(child, format!("{value:?} is no number")))
            };
            let edge = |inclusive| Some(Edge { value: value.trim().to_owned(), inclusive });
            let facets = &mut simple.facets;
            match &*child.name.local {
                "enumeration" => values.push(value.to_owned()),
                "pattern" => patterns.push(value.to_owned()),
                "length" => facets.length = number()?,
                "minLength" => facets.min_length = number()?,
                "maxLength" => facets.max_length = number()?,
                "totalDigits" => facets.total_digits = number()?,
                "fractionDigits" => facets.fraction_digits = number()?,
                "minInclusive" => facets.min = edge(true),
                "minExclusive" => facets.min = edge(false),
                "maxInclusive" => facets.max = edge(true),
                "maxExclusive" => facets.max = edge(false),
                "whiteSpace" => facets.collapse = value == "collapse",
                _ => {}
            }
        }
        if !values.is_empty() {
            simple.facets.enumeration = values;
        }
        if !patterns.is_empty() {
            simple.facets.patterns.push(Pattern::any_of(&patterns));
        }
        Ok(simple)
    }
}

fn place(element: Arc<Element>) -> Term {
    Term::Element(Place { element, key: String::new(), list: false, empty: true })
}

/// A group that is referred to says at both places how often it comes.
fn repeated(inner: Particle, min: u32, max: Option<u32>) -> Particle {
    if (min, max) == (1, Some(1)) {
        return inner;
    }
    if (inner.min, inner.max) == (1, Some(1)) {
        return Particle { min, max, ..inner };
    }
    let group = Group { order: Order::Sequence, particles: vec![inner], items: None };
    Particle { min, max, term: Term::Group(group) }
}

fn occurrences(found: &Found, at: &xml::Element) -> Result<(u32, Option<u32>), Error> {
    let number = |name: &str, text: &str| {
        let number = text.trim().parse::<u32>();
        number.map_err(|_| found.wrong(at, format!("{name} {text:?} is no number of times")))
    };
    let min = at.attribute("", "minOccurs").map_or(Ok(1), |text| number("minOccurs", text))?;
    let max = match at.attribute("", "maxOccurs") {
        None => Some(1),
        Some("unbounded") => None,
        Some(text) => Some(number("maxOccurs", text)?),
    };
    Ok((min, max))
}
