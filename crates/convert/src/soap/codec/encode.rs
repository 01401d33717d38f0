//! JSON into elements: in the schema's order, whatever the order of the JSON.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::members::Members;
use super::value::to_text;
use super::{At, INNER, Mismatch, TEXT, TYPE, attribute_key, parse_inner, xml_name};
use crate::soap::schema::{
    ANY, Attribute, Builtin, Complex, Content, ENTRY, Element, Form, Group, ITEM, KEY, Order, Particle,
    Place, Schema, Simple, Term, ToldAs, TypeId, VALUE, Variety, XSD, XSI,
};
use crate::xml::{self, Name};

#[derive(Debug, Clone, Copy)]
pub(in crate::soap) struct Encoder<'s> {
    pub(in crate::soap) schema: &'s Schema,
    /// Members that the schema does not know, and such as it wants and are not there, are mistakes; otherwise they are
    /// passed over.
    pub(in crate::soap) strict: bool,
}

type Result<T> = std::result::Result<T, Mismatch>;

impl Encoder<'_> {
    /// One element of a JSON value.
    ///
    /// # Errors
    /// The value does not fit.
    pub(in crate::soap) fn element(
        &self,
        element: &Element,
        value: &Value,
        at: &At<'_>,
    ) -> Result<xml::Element> {
        let mut out = xml::Element::new(xml_name(&element.name));
        if value.is_null() && element.nillable {
            out.set_attribute(Name::new(XSI, "xsi", "nil"), "true");
        } else {
            self.typed(element.type_id, value, &mut out, at)?;
        }
        Ok(out)
    }

    /// For a message that has nothing in it.
    ///
    /// # Errors
    /// The value has.
    pub(in crate::soap) fn empty(&self, value: &Value, at: &At<'_>) -> Result<()> {
        match value {
            Value::Object(object) => self.none_left(&Members::new(object), &Vec::new, at),
            _ => Ok(()),
        }
    }

    /// What stands in an element of this type.
    pub(in crate::soap) fn typed(
        &self,
        declared: TypeId,
        value: &Value,
        out: &mut xml::Element,
        at: &At<'_>,
    ) -> Result<()> {
        let id = match value.get(TYPE) {
            Some(name) => self.derived(declared, name, out, at)?,
            None => declared,
        };
        if self.schema.get(id).is_abstract {
            let names = self.schema.concrete(id).join(", ");
            return Err(at.mismatch(format!("say which of {names} it is by the member {TYPE:?}")));
        }
        match &self.schema.get(id).form {
            Form::Simple(_) => {
                let value = value.get(TEXT).unwrap_or(value);
                let text = self.text(id, value, out, at)?;
                out.push_text(text);
                Ok(())
            }
            Form::Complex(complex) => self.complex(complex, value, out, at),
            Form::Anything => anything(value, out, at),
        }
    }

    /// The type that stands in the place of the declared one; says so in the element.
    fn derived(&self, declared: TypeId, name: &Value, out: &mut xml::Element, at: &At<'_>) -> Result<TypeId> {
        let found = name.as_str().and_then(|name| self.schema.type_called(name, declared));
        let id = found.ok_or_else(|| {
            let names = self.schema.concrete(declared).join(", ");
            At::Member(at, TYPE).mismatch(format!("one of {names} was expected, not {}", shown(name)))
        })?;
        if let Some(name) = &self.schema.get(id).name {
            let (prefix, namespace) = match name.namespace.as_str() {
                XSD => ("xs", XSD),
                "" => ("", ""),
                namespace => ("t", namespace),
            };
            let colon = if prefix.is_empty() { "" } else { ":" };
            if !prefix.is_empty() {
                out.declare(prefix, namespace);
            }
            out.set_attribute(Name::new(XSI, "xsi", "type"), format!("{prefix}{colon}{}", name.local));
        }
        Ok(id)
    }

    fn text(&self, id: TypeId, value: &Value, out: &mut xml::Element, at: &At<'_>) -> Result<String> {
        let text = to_text(self.schema, id, value)
            .map_err(|expected| at.mismatch(format!("{expected} was expected, not {}", shown(value))))?;
        // A QName is told with its namespace, as prefixes mean nothing in JSON.
        if let Form::Simple(Simple { variety: Variety::Atomic(Builtin::QName), .. }) =
            self.schema.get(id).form
            && let Some((namespace, local)) = text.strip_prefix('{').and_then(|text| text.split_once('}'))
        {
            out.declare("q", namespace);
            return Ok(format!("q:{local}"));
        }
        Ok(text)
    }

    fn complex(&self, complex: &Complex, value: &Value, out: &mut xml::Element, at: &At<'_>) -> Result<()> {
        let value = untold(complex.told_as, value);
        let object = match (&*value, &complex.content) {
            (Value::Object(object), _) => Cow::Borrowed(object),
            // Text whose attributes are all left out.
            (value, Content::Simple(_)) if !value.is_null() => {
                Cow::Owned(Map::from_iter([(TEXT.to_owned(), value.clone())]))
            }
            (Value::Null, Content::Empty) => Cow::Owned(Map::new()),
            (value, _) => {
                return Err(at.mismatch(format!("an object was expected, not {}", shown(value))));
            }
        };
        let mut members = Members::new(&object);
        members.single(TYPE);
        for attribute in &complex.attributes {
            self.attribute(attribute, &mut members, out, at)?;
        }
        match &complex.content {
            Content::Empty => {}
            Content::Simple(id) => {
                let empty = json!("");
                let value = members.single(TEXT).unwrap_or(&empty);
                let text = self.text(*id, value, out, &At::Member(at, TEXT))?;
                out.push_text(text);
            }
            Content::Mixed => {
                if let Some(value) = members.single(INNER) {
                    out.children.extend(inner_nodes(value, &At::Member(at, INNER))?);
                }
            }
            Content::Elements(particle) => self.particle(particle, &mut members, out, at)?,
        }
        self.none_left(&members, &|| known(complex), at)
    }

    /// Whether all members have gone into elements.
    fn none_left(&self, members: &Members<'_>, known: &dyn Fn() -> Vec<String>, at: &At<'_>) -> Result<()> {
        let Some(key) = members.leftover().filter(|_| self.strict) else { return Ok(()) };
        let known = known();
        let detail = if known.iter().any(|name| name == key) {
            "it is there too often, or can't stand beside the other members (of a choice only one can be given)"
                .to_owned()
        } else if known.is_empty() {
            "the schema has no such member; none at all is expected".to_owned()
        } else {
            format!("the schema has no such member; expected are {}", known.join(", "))
        };
        Err(At::Member(at, key).mismatch(detail))
    }

    fn attribute(
        &self,
        attribute: &Attribute,
        members: &mut Members<'_>,
        out: &mut xml::Element,
        at: &At<'_>,
    ) -> Result<()> {
        let key = attribute_key(attribute);
        let at = At::Member(at, &key);
        let text = match (members.single(&key), &attribute.default) {
            (Some(value), _) => self.text(attribute.type_id, value, out, &at)?,
            (None, Some(default)) if attribute.required => default.clone(),
            (None, _) if attribute.required && self.strict => {
                return Err(at.mismatch("it is required (an attribute)"));
            }
            (None, _) => return Ok(()),
        };
        let name = match attribute.name.namespace.as_str() {
            "" => Name::local(attribute.name.local.as_str()),
            namespace => Name::new(namespace, "a", attribute.name.local.as_str()),
        };
        out.set_attribute(name, text);
        Ok(())
    }

    fn particle(
        &self,
        particle: &Particle,
        members: &mut Members<'_>,
        out: &mut xml::Element,
        at: &At<'_>,
    ) -> Result<()> {
        let max = particle.max.map_or(usize::MAX, |max| max as usize);
        match &particle.term {
            Term::Element(place) => self.place(particle, place, members, out, at),
            Term::Any => {
                let left = members.listed(ANY);
                let taken = left.len().min(max);
                for (index, value) in left[..taken].iter().enumerate() {
                    let at = At::Member(at, ANY);
                    out.push(parsed(value, &At::Item(&at, index))?);
                }
                members.take(ANY, left.len(), taken);
                self.enough(taken, particle.min, &At::Member(at, ANY))
            }
            Term::Group(group) => {
                if let Some(key) = &group.items {
                    return self.items(particle, group, key, members, out, at);
                }
                let mut count = 0;
                while count < max && (count < particle.min as usize || members.present(particle) > 0) {
                    let before = members.count;
                    self.group(group, members, out, at)?;
                    count += 1;
                    if members.count == before {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    fn place(
        &self,
        particle: &Particle,
        place: &Place,
        members: &mut Members<'_>,
        out: &mut xml::Element,
        around: &At<'_>,
    ) -> Result<()> {
        let left = members.left(place);
        let max = particle.max.map_or(usize::MAX, |max| max as usize);
        let taken = left.len().min(max);
        let at = At::Member(around, &place.key);
        if taken == 0
            && particle.min > 0
            && let Some(default) = &place.element.default
        {
            out.push(xml::Element::with_text(xml_name(&place.element.name), default.as_str()));
            return Ok(());
        }
        for (index, value) in left[..taken].iter().enumerate() {
            let item = At::Item(&at, index);
            let at = if place.list { &item } else { &at };
            out.push(self.element(&place.element, value, at)?);
        }
        members.take(&place.key, left.len(), taken);
        self.enough(taken, particle.min, &at)
    }

    fn enough(&self, taken: usize, min: u32, at: &At<'_>) -> Result<()> {
        match min {
            _ if taken >= min as usize || !self.strict => Ok(()),
            1 => Err(at.mismatch("it is required")),
            min => Err(at.mismatch(format!("at least {min} are required, not {taken}"))),
        }
    }

    /// A repeated group, each time of which is an object.
    fn items(
        &self,
        particle: &Particle,
        group: &Group,
        key: &str,
        members: &mut Members<'_>,
        out: &mut xml::Element,
        at: &At<'_>,
    ) -> Result<()> {
        let left = members.listed(key);
        let at = At::Member(at, key);
        if let Some(max) = particle.max.filter(|max| left.len() > *max as usize && self.strict) {
            return Err(at.mismatch(format!("at most {max} are allowed, not {}", left.len())));
        }
        for (index, value) in left.iter().enumerate() {
            let at = At::Item(&at, index);
            let Value::Object(object) = value else {
                return Err(at.mismatch(format!("an object was expected, not {}", shown(value))));
            };
            let mut inner = Members::new(object);
            self.group(group, &mut inner, out, &at)?;
            self.none_left(&inner, &|| group_members(group), &at)?;
        }
        members.take(key, left.len(), left.len());
        let min = if group.may_be_empty() { 0 } else { particle.min };
        self.enough(left.len(), min, &at)
    }

    fn group(
        &self,
        group: &Group,
        members: &mut Members<'_>,
        out: &mut xml::Element,
        at: &At<'_>,
    ) -> Result<()> {
        if group.order != Order::Choice {
            return group.particles.iter().try_for_each(|particle| self.particle(particle, members, out, at));
        }
        // Which branch is meant is told by the members that are there: the one that takes the most of them.
        let mut best: Option<(usize, &Particle)> = None;
        for particle in &group.particles {
            let present = members.present(particle);
            if present > best.map_or(0, |(most, _)| most) {
                best = Some((present, particle));
            }
        }
        match best {
            Some((_, particle)) => self.particle(particle, members, out, at),
            None if group.may_be_empty() || !self.strict => Ok(()),
            None => Err(at.mismatch(format!("one of {} is required", group_members(group).join(", ")))),
        }
    }
}

/// Names of all members that an object of this type can have.
fn known(complex: &Complex) -> Vec<String> {
    let mut all: Vec<String> = complex.attributes.iter().map(attribute_key).collect();
    match &complex.content {
        Content::Empty => {}
        Content::Simple(_) => all.push(TEXT.to_owned()),
        Content::Mixed => all.push(INNER.to_owned()),
        Content::Elements(particle) => all.extend(particle.members().into_iter().map(str::to_owned)),
    }
    all
}

fn group_members(group: &Group) -> Vec<String> {
    let mut all = Vec::new();
    for particle in &group.particles {
        all.extend(particle.members().into_iter().map(str::to_owned));
    }
    all
}

/// Lists and maps as the objects that their types are made for.
fn untold(told_as: ToldAs, value: &Value) -> Cow<'_, Value> {
    match (told_as, value) {
        (ToldAs::List, Value::Array(_)) => Cow::Owned(json!({ ITEM: value })),
        (ToldAs::Map, Value::Object(object)) => {
            let entries: Vec<Value> =
                object.iter().map(|(key, value)| json!({ KEY: key, VALUE: value })).collect();
            Cow::Owned(json!({ ENTRY: entries }))
        }
        _ => Cow::Borrowed(value),
    }
}

/// `xs:anyType`: text, or an object with attributes and XML text.
fn anything(value: &Value, out: &mut xml::Element, at: &At<'_>) -> Result<()> {
    match value {
        Value::String(text) => out.push_text(text.clone()),
        Value::Number(_) | Value::Bool(_) => out.push_text(value.to_string()),
        Value::Object(object) => {
            for (key, value) in object {
                let at = At::Member(at, key);
                match (key.as_str(), value) {
                    (TYPE, _) => {}
                    (INNER, value) => out.children.extend(inner_nodes(value, &at)?),
                    (TEXT, Value::String(text)) => out.push_text(text.clone()),
                    (name, Value::String(text)) if name.starts_with('@') => {
                        out.set_attribute(Name::local(&name[1..]), text.clone());
                    }
                    _ => {
                        return Err(
                            at.mismatch(format!("only attributes, {TEXT:?} and {INNER:?} are expected"))
                        );
                    }
                }
            }
        }
        _ => return Err(at.mismatch(format!("a string was expected, not {}", shown(value)))),
    }
    Ok(())
}

fn inner_nodes(value: &Value, at: &At<'_>) -> Result<Vec<xml::Node>> {
    let text = value.as_str().ok_or_else(|| at.mismatch("XML text was expected"))?;
    parse_inner(text).map_err(|error| at.mismatch(format!("XML text was expected: {error}")))
}

fn parsed(value: &Value, at: &At<'_>) -> Result<xml::Element> {
    let text = value.as_str().ok_or_else(|| at.mismatch("XML text was expected"))?;
    xml::read(text.as_bytes()).map_err(|error| at.mismatch(format!("XML text was expected: {error}")))
}

/// A value as messages show it: short.
fn shown(value: &Value) -> String {
    const MOST: usize = 40;
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => {
            let text = value.to_string();
            match text.char_indices().nth(MOST) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    }
}
