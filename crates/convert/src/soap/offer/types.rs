//! JSON Schemas of an OpenAPI document as types of XML Schema.
//!
//! Objects are sequences, lists repeated elements, what can be any of several objects is JSON text in a string. Messages are
//! told by the same model that a WSDL is read into, so that one mapping does both.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::soap::schema::{
    Builtin, Complex, Content, ENTRY, Edge, Element, Facets, Form, ITEM, KEY, Order, Particle, Place, QName,
    Schema, Simple, Term, ToldAs, Type, TypeId, VALUE, Variety,
};
use crate::xml;

/// How many references may lead to one another, and schemas stand in `allOf` of each other.
const DEEPEST: usize = 32;
/// Places in all types together.
const MOST_PLACES: usize = 100_000;

/// A circle of references, or far too much.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0} refers to nothing in the document")]
    Reference(String),
    #[error("schemas refer to each other without end")]
    Circle,
    #[error("more than {MOST_PLACES} properties")]
    TooMany,
}

pub(super) struct Types<'d> {
    document: &'d Value,
    namespace: &'d str,
    pub(super) schema: Schema,
    referred: HashMap<String, TypeId>,
    names: BTreeSet<String>,
    /// Types that have a number already.
    waiting: Vec<(TypeId, Map<String, Value>)>,
    places: usize,
    /// How deep the schema being told stands in others.
    depth: usize,
}

/// What an element is, by a JSON Schema.
struct Told {
    type_id: TypeId,
    nillable: bool,
    list: bool,
}

/// A schema without reference, and by which reference it was found.
struct Resolved {
    schema: Map<String, Value>,
    reference: Option<String>,
    nullable: bool,
}

impl<'d> Types<'d> {
    pub(super) fn new(document: &'d Value, namespace: &'d str) -> Types<'d> {
        Types {
            document,
            namespace,
            schema: Schema::new(),
            referred: HashMap::new(),
            names: BTreeSet::new(),
            waiting: Vec::new(),
            places: 0,
            depth: 0,
        }
    }

    /// Builds what was only named so far.
    pub(super) fn finish(mut self) -> Result<Schema, Error> {
        while let Some((id, schema)) = self.waiting.pop() {
            let form = self.object(&schema)?;
            let any = self.schema.any_type();
            self.schema.set(id, form, Some(any));
        }
        self.schema.call();
        Ok(self.schema)
    }

    /// What a reference within the document leads to.
    pub(super) fn resolve<'v>(&self, mut value: &'v Value) -> Result<(&'v Value, Option<String>), Error>
    where
        'd: 'v,
    {
        let mut last = None;
        for _ in 0..DEEPEST {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok((value, last)) };
            let found = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            value = found.ok_or_else(|| Error::Reference(reference.to_owned()))?;
            last = Some(reference.to_owned());
        }
        Err(Error::Circle)
    }

    /// An element of an object: its name in XML, its member, and whether it has to be there.
    pub(super) fn place(
        &mut self,
        name: String,
        key: &str,
        value: &Value,
        required: bool,
    ) -> Result<Particle, Error> {
        self.places += 1;
        if self.places > MOST_PLACES {
            return Err(Error::TooMany);
        }
        if self.depth > DEEPEST {
            return Err(Error::Circle);
        }
        self.depth += 1;
        let told = self.told(value)?;
        self.depth -= 1;
        let element = Element {
            name: QName::new(self.namespace, name),
            type_id: told.type_id,
            nillable: told.nillable,
            is_abstract: false,
            default: None,
        };
        let place =
            Place { element: Arc::new(element), key: key.to_owned(), list: told.list, empty: required };
        let min = u32::from(required && !told.list);
        let max = (!told.list).then_some(1);
        Ok(Particle { min, max, term: Term::Element(place) })
    }

    pub(super) fn sequence(&mut self, places: Vec<Particle>, told_as: ToldAs) -> TypeId {
        let content = Content::Elements(Particle::group(Order::Sequence, places));
        self.anonymous(Form::Complex(Complex { content, told_as, attributes: Vec::new() }))
    }

    fn anonymous(&mut self, form: Form) -> TypeId {
        let base = Some(self.schema.any_type());
        self.schema.add(Type { name: None, base, is_abstract: false, form })
    }

    fn told(&mut self, value: &Value) -> Result<Told, Error> {
        let resolved = self.merged(value, 0)?;
        let nillable = resolved.nullable;
        if kind(&resolved.schema) == Some("array") {
            let items = resolved.schema.get("items").cloned().unwrap_or_else(|| json!({}));
            let item = self.told_once(&items)?;
            return Ok(Told { list: true, ..item });
        }
        Ok(Told { type_id: self.type_of(resolved)?, nillable, list: false })
    }

    /// As one element, a list within.
    fn told_once(&mut self, value: &Value) -> Result<Told, Error> {
        let resolved = self.merged(value, 0)?;
        let nillable = resolved.nullable;
        if kind(&resolved.schema) != Some("array") {
            return Ok(Told { type_id: self.type_of(resolved)?, nillable, list: false });
        }
        let items = resolved.schema.get("items").cloned().unwrap_or_else(|| json!({}));
        self.places += 1;
        if self.places > MOST_PLACES {
            return Err(Error::TooMany);
        }
        if let Some(id) = resolved.reference.as_ref().and_then(|reference| self.referred.get(reference)) {
            return Ok(Told { type_id: *id, nillable, list: false });
        }
        // A list that has itself for items comes back here and finds its number.
        let id = self.anonymous(Form::Anything);
        if let Some(reference) = resolved.reference {
            let name = self.free_name(&reference);
            self.schema.name(id, QName::new(self.namespace, name));
            self.referred.insert(reference, id);
        }
        let place = self.place(ITEM.to_owned(), ITEM, &json!({ "type": "array", "items": items }), true)?;
        let content = Content::Elements(Particle::group(Order::Sequence, vec![place]));
        let complex = Complex { content, told_as: ToldAs::List, attributes: Vec::new() };
        self.schema.set(id, Form::Complex(complex), None);
        Ok(Told { type_id: id, nillable, list: false })
    }

    fn type_of(&mut self, resolved: Resolved) -> Result<TypeId, Error> {
        if kind(&resolved.schema) != Some("object") {
            let form = self.simple(&resolved.schema);
            return Ok(self.anonymous(form));
        }
        let Some(reference) = resolved.reference else {
            let form = self.object(&resolved.schema)?;
            return Ok(self.anonymous(form));
        };
        if let Some(id) = self.referred.get(&reference) {
            return Ok(*id);
        }
        let id = self.anonymous(Form::Anything);
        let name = self.free_name(&reference);
        self.schema.name(id, QName::new(self.namespace, name));
        self.referred.insert(reference, id);
        self.waiting.push((id, resolved.schema));
        Ok(id)
    }

    /// A type's name that nobody else has.
    fn free_name(&mut self, reference: &str) -> String {
        let wish = xml_name(reference.rsplit('/').next().unwrap_or_default());
        free(&mut self.names, wish)
    }

    fn object(&mut self, schema: &Map<String, Value>) -> Result<Form, Error> {
        let any = json!({});
        let properties = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let Some(properties) = properties else {
            let values = schema.get("additionalProperties").filter(|values| values.is_object());
            let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
            let key = self.place(KEY.to_owned(), KEY, &json!({ "type": "string" }), true)?;
            let value = self.place(VALUE.to_owned(), VALUE, values.unwrap_or(&any), false)?;
            let places = vec![key, value];
            if closed {
                return Ok(Form::Complex(Complex::default()));
            }
            let type_id = self.sequence(places, ToldAs::Object);
            let element = Element {
                name: QName::new(self.namespace, ENTRY),
                type_id,
                nillable: false,
                is_abstract: false,
                default: None,
            };
            let place = Place { element: Arc::new(element), key: ENTRY.to_owned(), list: true, empty: true };
            let entries = Particle { min: 0, max: None, term: Term::Element(place) };
            let content = Content::Elements(Particle::group(Order::Sequence, vec![entries]));
            return Ok(Form::Complex(Complex { content, told_as: ToldAs::Map, attributes: Vec::new() }));
        };
        let required = |name: &str, property: &Value| {
            let listed = schema.get("required").and_then(Value::as_array);
            listed.is_some_and(|names| names.iter().any(|required| required == name))
                && property.get("readOnly") != Some(&Value::Bool(true))
        };
        let mut names = BTreeSet::new();
        let mut places = Vec::new();
        for (key, property) in properties {
            let name = free(&mut names, xml_name(key));
            places.push(self.place(name, key, property, required(key, property))?);
        }
        let content = Content::Elements(Particle::group(Order::Sequence, places));
        Ok(Form::Complex(Complex { content, ..Complex::default() }))
    }

    fn simple(&self, schema: &Map<String, Value>) -> Form {
        let text = |name: &str| schema.get(name).and_then(Value::as_str);
        let builtin = match (kind(schema), text("format")) {
            (Some("string"), Some("date")) => Builtin::Date,
            (Some("string"), Some("date-time")) => Builtin::DateTime,
            (Some("string"), Some("byte")) => Builtin::Base64,
            (Some("string"), _) => Builtin::String,
            (Some("integer"), Some("int32")) => Builtin::Int,
            (Some("integer"), Some("int64")) => Builtin::Long,
            (Some("integer"), _) => Builtin::Integer,
            (Some("number"), Some("float")) => Builtin::Float,
            (Some("number"), _) => Builtin::Double,
            (Some("boolean"), _) => Builtin::Boolean,
            _ => Builtin::Json,
        };
        let mut facets = Facets::default();
        let number =
            |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        if builtin == Builtin::String {
            let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            facets.enumeration = values.filter_map(|value| value.as_str().map(str::to_owned)).collect();
            facets.min_length = number("minLength");
            facets.max_length = number("maxLength");
        }
        let edge = |name: &str, inclusive| {
            let value = schema.get(name).filter(|value| value.is_number())?;
            Some(Edge { value: value.to_string(), inclusive })
        };
        if matches!(
            builtin,
            Builtin::Int | Builtin::Long | Builtin::Integer | Builtin::Double | Builtin::Float
        ) {
            facets.min = edge("minimum", true).or_else(|| edge("exclusiveMinimum", false));
            facets.max = edge("maximum", true).or_else(|| edge("exclusiveMaximum", false));
        }
        Form::Simple(Simple { variety: Variety::Atomic(builtin), facets })
    }

    /// Follows references, puts what stands in `allOf` together, and takes `null` away.
    fn merged(&self, value: &Value, depth: usize) -> Result<Resolved, Error> {
        if depth > DEEPEST {
            return Err(Error::Circle);
        }
        let (found, reference) = self.resolve(value)?;
        let mut schema = found.as_object().cloned().unwrap_or_default();
        let mut nullable = schema.get("nullable") == Some(&Value::Bool(true))
            || schema
                .get("type")
                .and_then(Value::as_array)
                .is_some_and(|kinds| kinds.iter().any(|k| k == "null"));
        for name in ["oneOf", "anyOf"] {
            let Some(all) = schema.get(name).and_then(Value::as_array) else { continue };
            let others: Vec<&Value> =
                all.iter().filter(|one| one.get("type").is_none_or(|kind| kind != "null")).collect();
            if others.len() < all.len() {
                nullable = true;
            }
            if let [only] = others.as_slice() {
                let inner = self.merged(only, depth + 1)?;
                return Ok(Resolved { nullable: nullable || inner.nullable, ..inner });
            }
        }
        if let Some(all) = schema.remove("allOf").as_ref().and_then(Value::as_array) {
            if let ([only], true) = (all.as_slice(), !schema.contains_key("properties")) {
                let inner = self.merged(only, depth + 1)?;
                return Ok(Resolved { nullable: nullable || inner.nullable, ..inner });
            }
            for part in all {
                merge(&mut schema, self.merged(part, depth + 1)?.schema);
            }
        }
        Ok(Resolved { schema, reference, nullable })
    }
}

/// Adds another schema of `allOf`: properties of both, required by either.
fn merge(into: &mut Map<String, Value>, other: Map<String, Value>) {
    for (name, value) in other {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) if name == "properties" => {
                for (key, value) in theirs {
                    mine.entry(key).or_insert(value);
                }
            }
            (Some(Value::Array(mine)), Value::Array(theirs)) if name == "required" => mine.extend(theirs),
            (Some(_), _) => {}
            (None, value) => {
                into.insert(name, value);
            }
        }
    }
}

/// `None`: anything, or one of several.
fn kind(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => return Some(kind),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            return match (kinds.next(), kinds.next()) {
                (only, None) => only,
                _ => None,
            };
        }
        _ => {}
    }
    let has = |name: &str| schema.contains_key(name);
    let strings = |values: &Vec<Value>| values.iter().all(Value::is_string);
    match () {
        () if has("oneOf") || has("anyOf") => None,
        () if has("properties") => Some("object"),
        () if has("items") => Some("array"),
        () if schema.get("enum").and_then(Value::as_array).is_some_and(strings) => Some("string"),
        () => None,
    }
}

/// A name that XML takes, as near to the wish as can be.
pub(super) fn xml_name(wish: &str) -> String {
    let mut name: String =
        wish.chars().map(|c| if xml::is_name(&format!("_{c}")) { c } else { '_' }).collect();
    if !xml::is_name(&name) {
        name.insert(0, '_');
    }
    name
}

/// The wish, or the wish with a number that makes it the only one.
pub(super) fn free(taken: &mut BTreeSet<String>, wish: String) -> String {
    let mut name = wish.clone();
    let mut count = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wish}{count}");
        count += 1;
    }
    name
}
