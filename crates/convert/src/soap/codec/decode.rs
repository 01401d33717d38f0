//! Elements into JSON: typed by the schema, lists where it lets an element come more than once.

use serde_json::{Map, Value, json};

use super::value::from_text;
use super::{At, INNER, Mismatch, TEXT, TYPE, attribute_key, fragment, inner, q_name};
use crate::soap::schema::{
    ANY, Builtin, Complex, Content, ENTRY, Element, Form, Group, ITEM, KEY, Order, Particle, Place, QName,
    Schema, Simple, Term, ToldAs, TypeId, VALUE, Variety, XSI,
};
use crate::xml;

#[derive(Debug, Clone, Copy)]
pub(in crate::soap) struct Decoder<'s> {
    pub(in crate::soap) schema: &'s Schema,
    /// What does not fit is a mistake; otherwise it is told as well as it goes: text that is no number as a string, elements
    /// that nobody expects under `#any`.
    pub(in crate::soap) strict: bool,
}

type Result<T> = std::result::Result<T, Mismatch>;

/// The child elements of one element, and how many of them have their place.
struct Input<'x> {
    children: Vec<(QName, &'x xml::Element)>,
    at: usize,
}

impl<'x> Input<'x> {
    fn next(&self) -> Option<&(QName, &'x xml::Element)> {
        self.children.get(self.at)
    }
}

impl Decoder<'_> {
    /// The JSON value of an element.
    ///
    /// # Errors
    /// It does not fit, and we are strict.
    pub(in crate::soap) fn element(
        &self,
        element: &Element,
        from: &xml::Element,
        at: &At<'_>,
    ) -> Result<Value> {
        if from.attribute(XSI, "nil").is_some_and(|nil| matches!(nil.trim(), "true" | "1")) {
            return Ok(Value::Null);
        }
        let default = element.default.as_ref().filter(|_| from.children.is_empty());
        if let Some(default) = default.filter(|_| self.schema.is_simple(element.type_id)) {
            return self.text(element.type_id, default, from, at);
        }
        self.typed(element.type_id, from, at)
    }

    /// The JSON value of what stands in an element of this type.
    pub(in crate::soap) fn typed(&self, declared: TypeId, from: &xml::Element, at: &At<'_>) -> Result<Value> {
        let id = self.derived(declared, from, at)?;
        let kind = &self.schema.get(id);
        if self.strict && kind.is_abstract {
            let names = self.schema.concrete(id).join(", ");
            return Err(at.mismatch(format!("xsi:type must say which of {names} it is")));
        }
        let value = match &kind.form {
            Form::Simple(_) => self.own_text(id, from, at)?,
            Form::Complex(complex) => self.complex(complex, from, at)?,
            Form::Anything => anything(from),
        };
        if id == declared {
            return Ok(value);
        }
        // Of simple types only where the declared one leaves it open: others send xsi:type everywhere.
        let simple = self.schema.is_simple(id) && self.schema.is_simple(declared);
        if simple && declared != self.schema.builtin(Builtin::AnySimple) {
            return Ok(value);
        }
        let mut object = Map::from_iter([(TYPE.to_owned(), json!(self.schema.type_name(id)))]);
        match value {
            Value::Object(members) => object.extend(members),
            value => {
                object.insert(TEXT.to_owned(), value);
            }
        }
        Ok(Value::Object(object))
    }

    /// The type that `xsi:type` names, if it may stand here.
    fn derived(&self, declared: TypeId, from: &xml::Element, at: &At<'_>) -> Result<TypeId> {
        let Some(text) = from.attribute(XSI, "type") else { return Ok(declared) };
        let name = from.name_in_content(text).map(|name| q_name(&name));
        let id = name.and_then(|name| self.schema.named(&name));
        match id.filter(|id| self.schema.derives(*id, declared)) {
            Some(id) => Ok(id),
            None if self.strict => {
                let names = self.schema.concrete(declared).join(", ");
                Err(at.mismatch(format!("xsi:type {text:?} can't stand here; possible are {names}")))
            }
            None => Ok(declared),
        }
    }

    /// The JSON value of an element that is all text.
    fn own_text(&self, id: TypeId, from: &xml::Element, at: &At<'_>) -> Result<Value> {
        if self.strict && from.elements().next().is_some() {
            return Err(at.mismatch("text was expected, not elements"));
        }
        self.text(id, &from.text(), from, at)
    }

    /// The JSON value of text in an element, by the prefixes that are bound there.
    fn text(&self, id: TypeId, text: &str, from: &xml::Element, at: &At<'_>) -> Result<Value> {
        if let Form::Simple(Simple { variety: Variety::Atomic(Builtin::QName), .. }) =
            self.schema.get(id).form
            && let Some(name) = from.name_in_content(text)
        {
            return Ok(json!(q_name(&name).to_string()));
        }
        match from_text(self.schema, id, text) {
            Ok(value) => Ok(value),
            Err(expected) if self.strict => {
                Err(at.mismatch(format!("{expected} was expected, not {:?}", shortened(text))))
            }
            Err(_) => Ok(json!(text)),
        }
    }

    fn complex(&self, complex: &Complex, from: &xml::Element, at: &At<'_>) -> Result<Value> {
        let mut object = Map::new();
        for attribute in &complex.attributes {
            let key = attribute_key(attribute);
            let given = from.attribute(&attribute.name.namespace, &attribute.name.local);
            let at = At::Member(at, &key);
            match given.or(attribute.default.as_deref()) {
                Some(text) => {
                    let value = self.text(attribute.type_id, text, from, &at)?;
                    object.insert(key, value);
                }
                None if attribute.required && self.strict => {
                    return Err(at.mismatch("it is required (an attribute)"));
                }
                None => {}
            }
        }
        match &complex.content {
            Content::Empty => self.extra(from.elements(), &mut object, at)?,
            Content::Simple(id) => {
                let value = self.own_text(*id, from, at)?;
                object.insert(TEXT.to_owned(), value);
            }
            Content::Mixed => {
                object.insert(INNER.to_owned(), json!(inner(from)));
            }
            Content::Elements(particle) => self.children(particle, from, &mut object, at)?,
        }
        Ok(told(complex.told_as, object))
    }

    fn children(
        &self,
        particle: &Particle,
        from: &xml::Element,
        object: &mut Map<String, Value>,
        at: &At<'_>,
    ) -> Result<()> {
        let children = from.elements().map(|child| (q_name(&child.name), child)).collect();
        let mut input = Input { children, at: 0 };
        self.particle(particle, &mut input, object, at)?;
        let left = &input.children[input.at..];
        if self.strict {
            return self.extra(left.iter().map(|(_, child)| *child), object, at);
        }
        for (name, child) in left {
            match place_of(particle, name) {
                Some((place, items)) => {
                    let value = self.element(&place.element, child, &At::Member(at, &place.key))?;
                    match items {
                        Some(key) => {
                            let mut once = Map::new();
                            put(&mut once, place, value);
                            push(object, key, Value::Object(once));
                        }
                        None => put(object, place, value),
                    }
                }
                None => self.extra([*child], object, at)?,
            }
        }
        Ok(())
    }

    /// Elements that the schema does not know here.
    fn extra<'x>(
        &self,
        children: impl IntoIterator<Item = &'x xml::Element>,
        object: &mut Map<String, Value>,
        at: &At<'_>,
    ) -> Result<()> {
        for child in children {
            if self.strict {
                return Err(At::Member(at, &child.name.local).mismatch("the schema does not expect it here"));
            }
            push(object, ANY, json!(fragment(child)));
        }
        Ok(())
    }

    fn particle(
        &self,
        particle: &Particle,
        input: &mut Input<'_>,
        object: &mut Map<String, Value>,
        at: &At<'_>,
    ) -> Result<()> {
        let max = particle.max.unwrap_or(u32::MAX);
        let mut count = 0;
        match &particle.term {
            Term::Element(place) => {
                if place.list && place.empty {
                    object.entry(place.key.as_str()).or_insert_with(|| json!([]));
                }
                while count < max
                    && let Some((name, child)) = input.next()
                    && *name == place.element.name
                {
                    let value = self.element(&place.element, child, &At::Member(at, &place.key))?;
                    put(object, place, value);
                    input.at += 1;
                    count += 1;
                }
                self.enough(count, particle.min, input, &At::Member(at, &place.key))
            }
            Term::Any => {
                while count < max
                    && let Some((_, child)) = input.next()
                {
                    push(object, ANY, json!(fragment(child)));
                    input.at += 1;
                    count += 1;
                }
                self.enough(count, particle.min, input, &At::Member(at, ANY))
            }
            Term::Group(group) => {
                while count < max {
                    let starts = input.next().is_some_and(|(name, _)| group.starts_with(name));
                    // What is required is looked for even so, for the message.
                    if !starts && (count >= particle.min || group.may_be_empty() || !self.strict) {
                        break;
                    }
                    let before = input.at;
                    match &group.items {
                        Some(key) => {
                            let mut once = Map::new();
                            self.group(group, input, &mut once, at)?;
                            push(object, key, Value::Object(once));
                        }
                        None => self.group(group, input, object, at)?,
                    }
                    count += 1;
                    if input.at == before {
                        break;
                    }
                }
                if count == 0 {
                    empty_lists(&particle.term, object);
                }
                Ok(())
            }
        }
    }

    fn enough(&self, count: u32, min: u32, input: &Input<'_>, at: &At<'_>) -> Result<()> {
        if count >= min || !self.strict {
            return Ok(());
        }
        let instead = match input.next() {
            Some((name, _)) => format!("; found was {}", name.local),
            None => String::new(),
        };
        Err(at.mismatch(format!("it is required{instead}")))
    }

    fn group(
        &self,
        group: &Group,
        input: &mut Input<'_>,
        object: &mut Map<String, Value>,
        at: &At<'_>,
    ) -> Result<()> {
        let starts = |particle: &Particle, input: &Input<'_>| {
            input.next().is_some_and(|(name, _)| particle.starts_with(name))
        };
        match group.order {
            Order::Sequence => {
                for particle in &group.particles {
                    self.particle(particle, input, object, at)?;
                }
                Ok(())
            }
            Order::Choice => match group.particles.iter().find(|particle| starts(particle, input)) {
                Some(particle) => self.particle(particle, input, object, at),
                None if group.may_be_empty() || !self.strict => Ok(()),
                None => {
                    let names: Vec<&str> = group.particles.iter().flat_map(Particle::members).collect();
                    Err(at.mismatch(format!("one of {} is required", names.join(", "))))
                }
            },
            Order::All => {
                let mut left: Vec<&Particle> = group.particles.iter().collect();
                while let Some(index) = left.iter().position(|particle| starts(particle, input)) {
                    self.particle(left.remove(index), input, object, at)?;
                }
                // Of what did not come: whether it had to.
                for particle in left {
                    self.particle(particle, input, object, at)?;
                }
                Ok(())
            }
        }
    }
}

/// The place of an element somewhere in a model, and the repeated group that it is in.
fn place_of<'p>(particle: &'p Particle, name: &QName) -> Option<(&'p Place, Option<&'p str>)> {
    match &particle.term {
        Term::Element(place) => (place.element.name == *name).then_some((place, None)),
        Term::Any => None,
        Term::Group(group) => {
            let found = group.particles.iter().find_map(|particle| place_of(particle, name));
            found.map(|(place, items)| (place, group.items.as_deref().or(items)))
        }
    }
}

/// Lists of an optional part that did not come are there all the same, unless only one of several parts can come.
fn empty_lists(term: &Term, object: &mut Map<String, Value>) {
    match term {
        Term::Element(place) if place.list && place.empty => {
            object.entry(place.key.as_str()).or_insert_with(|| json!([]));
        }
        Term::Element(_) | Term::Any => {}
        Term::Group(Group { items: Some(key), .. }) => {
            object.entry(key.as_str()).or_insert_with(|| json!([]));
        }
        Term::Group(group) if group.order == Order::Choice && group.particles.len() > 1 => {}
        Term::Group(group) => {
            group.particles.iter().for_each(|particle| empty_lists(&particle.term, object));
        }
    }
}

fn put(object: &mut Map<String, Value>, place: &Place, value: Value) {
    if place.list {
        push(object, &place.key, value);
    } else {
        object.insert(place.key.clone(), value);
    }
}

fn push(object: &mut Map<String, Value>, key: &str, value: Value) {
    match object.entry(key).or_insert_with(|| json!([])) {
        Value::Array(items) => items.push(value),
        other => *other = value,
    }
}

/// Lists and maps, of the objects that their types are made for.
fn told(told_as: ToldAs, mut object: Map<String, Value>) -> Value {
    match told_as {
        ToldAs::Object => Value::Object(object),
        ToldAs::List => object.remove(ITEM).unwrap_or_else(|| json!([])),
        ToldAs::Map => {
            let Some(Value::Array(entries)) = object.remove(ENTRY) else { return json!({}) };
            let pairs = entries.into_iter().filter_map(|mut entry| {
                let key = entry.get(KEY)?.as_str()?.to_owned();
                Some((key, entry.get_mut(VALUE).map_or(Value::Null, Value::take)))
            });
            Value::Object(pairs.collect())
        }
    }
}

/// `xs:anyType`: text, or an object with attributes and XML text.
fn anything(from: &xml::Element) -> Value {
    let attributes: Vec<_> =
        from.attributes.iter().filter(|a| a.name.namespace.as_deref() != Some(XSI)).collect();
    if attributes.is_empty() && from.elements().next().is_none() {
        return json!(from.text());
    }
    let mut object = Map::new();
    for attribute in attributes {
        object.insert(format!("@{}", attribute.name.local), json!(attribute.value));
    }
    object.insert(INNER.to_owned(), json!(inner(from)));
    Value::Object(object)
}

fn shortened(text: &str) -> &str {
    const MOST: usize = 40;
    text.char_indices().nth(MOST).map_or(text, |(end, _)| &text[..end])
}
