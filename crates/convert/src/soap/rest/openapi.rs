//! An OpenAPI 3.1 document of a SOAP service offered as REST.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::query;
use crate::soap::codec::{INNER, TEXT, TYPE, Wanted, attribute_key, wanted};
use crate::soap::schema::{
    ANY, Builtin, Complex, Content, Element, Form, Group, Order, Particle, Place, Schema, Simple, Term,
    ToldAs, TypeId,
};
use crate::soap::wsdl::{Body, Operation, Wsdl};

/// The document. Its one server is the place that it was fetched from.
pub(super) fn document(wsdl: &Wsdl) -> Value {
    let mut writing =
        Writing { schema: &wsdl.schema, names: BTreeMap::new(), used: BTreeSet::new(), todo: Vec::new() };
    let paths: Map<String, Value> = wsdl
        .port
        .operations
        .iter()
        .map(|operation| (format!("/{}", operation.name), writing.path(operation)))
        .collect();
    let mut schemas = Map::from_iter([("Problem".to_owned(), problem())]);
    while let Some(id) = writing.todo.pop() {
        let name = writing.names[&id].clone();
        let schema = writing.component(id);
        schemas.insert(name, schema);
    }
    let mut info = json!({ "title": wsdl.port.service, "version": "1" });
    if let Some(text) = &wsdl.port.documentation {
        info["description"] = json!(text);
    }
    json!({
        "openapi": "3.1.0",
        "info": info,
        "servers": [{ "url": "." }],
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457; `fault` tells the SOAP fault",
        "properties": {
            "type": { "type": "string" },
            "status": { "type": "integer" },
            "title": { "type": "string" },
            "detail": { "type": "string" },
            "fault": {
                "type": "object",
                "properties": { "code": { "type": "string" }, "detail": { "type": "object" } },
            },
        },
    })
}

struct Writing<'s> {
    schema: &'s Schema,
    /// Of components that were referred to.
    names: BTreeMap<TypeId, String>,
    used: BTreeSet<String>,
    todo: Vec<TypeId>,
}

impl Writing<'_> {
    fn path(&mut self, operation: &Operation) -> Value {
        let mut responses = Map::new();
        match &operation.output {
            None => responses.insert("202".to_owned(), json!({ "description": "accepted" })),
            Some(body) => {
                let schema = self.body(body);
                let content = json!({ "application/json": { "schema": schema } });
                responses.insert("200".to_owned(), json!({ "description": "answered", "content": content }))
            }
        };
        let schema = self.problem(operation);
        let content = json!({ "application/problem+json": { "schema": schema } });
        let refused = json!({ "description": "refused, or a SOAP fault", "content": content });
        responses.insert("default".to_owned(), refused);
        let schema = self.body(&operation.input);
        let mut post = json!({
            "operationId": operation.name,
            "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
            "responses": responses,
        });
        let mut item = Map::new();
        if let Some(text) = &operation.documentation {
            post["summary"] = json!(text);
        }
        if query::is_flat(self.schema, &operation.input) {
            let mut get = json!({
                "operationId": format!("{}.get", operation.name),
                "parameters": self.parameters(&operation.input),
                "responses": post["responses"],
            });
            if let Some(text) = &operation.documentation {
                get["summary"] = json!(text);
            }
            item.insert("get".to_owned(), get);
        }
        item.insert("post".to_owned(), post);
        Value::Object(item)
    }

    /// A problem document, with what the operation's faults may have in their detail.
    fn problem(&mut self, operation: &Operation) -> Value {
        let problem = json!({ "$ref": "#/components/schemas/Problem" });
        if operation.faults.is_empty() {
            return problem;
        }
        let details: Map<String, Value> = operation
            .faults
            .iter()
            .map(|element| (element.name.local.clone(), self.element(element)))
            .collect();
        let detail = json!({ "properties": { "detail": { "properties": details } } });
        json!({ "allOf": [problem, { "properties": { "fault": detail } }] })
    }

    /// One for each member, for a body that is flat.
    fn parameters(&mut self, body: &Body) -> Vec<Value> {
        let schema = match body {
            Body::Nothing => return Vec::new(),
            Body::Element(element) => self.component(element.type_id),
            Body::Parts(id) => self.component(*id),
        };
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
        };
        let members = schema["properties"].as_object().into_iter().flatten();
        let members = members.filter(|(name, _)| name.as_str() != TYPE);
        members
            .map(|(name, schema)| json!({ "name": name, "in": "query", "required": required(name), "schema": schema }))
            .collect()
    }

    fn body(&mut self, body: &Body) -> Value {
        match body {
            Body::Nothing => json!({ "type": "object", "additionalProperties": false }),
            Body::Element(element) => self.referred(element.type_id, &element.name.local),
            Body::Parts(id) => self.component(*id),
        }
    }

    fn element(&mut self, element: &Element) -> Value {
        let schema = self.of(element.type_id, &element.name.local);
        match element.nillable {
            true => json!({ "anyOf": [schema, { "type": "null" }] }),
            false => schema,
        }
    }

    /// A type where it is used: one that others derive from may be any of them.
    fn of(&mut self, id: TypeId, hint: &str) -> Value {
        let schema = self.schema;
        match &schema.get(id).form {
            Form::Anything => json!({}),
            Form::Simple(simple) => self.simple(simple),
            Form::Complex(_) => {
                let ids = schema.types().map(|(other, _)| other);
                let derived = ids.filter(|other| {
                    let named = schema.get(*other).name.is_some();
                    (*other == id || named) && schema.derives(*other, id) && !schema.get(*other).is_abstract
                });
                let all: Vec<TypeId> = derived.collect();
                match all.as_slice() {
                    [] => json!({ "type": "object" }),
                    [only] => self.referred(*only, hint),
                    several => {
                        let refs: Vec<Value> = several.iter().map(|id| self.referred(*id, hint)).collect();
                        json!({ "anyOf": refs })
                    }
                }
            }
        }
    }

    fn referred(&mut self, id: TypeId, hint: &str) -> Value {
        if !self.names.contains_key(&id) {
            let name = match self.schema.get(id).name {
                Some(_) => self.schema.type_name(id).to_owned(),
                None => hint.to_owned(),
            };
            // Component names are made of few characters (OpenAPI 3.1, 4.8.7).
            let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
            let name: String = name.chars().map(plain).collect();
            let free = (1..).map(|count| match count {
                1 => name.clone(),
                count => format!("{name}{count}"),
            });
            let name = free.into_iter().find(|name| name != "Problem" && !self.used.contains(name));
            let name = name.unwrap_or_default();
            self.used.insert(name.clone());
            self.names.insert(id, name);
            self.todo.push(id);
        }
        json!({ "$ref": format!("#/components/schemas/{}", self.names[&id]) })
    }

    fn component(&mut self, id: TypeId) -> Value {
        let schema = self.schema;
        match &schema.get(id).form {
            Form::Complex(complex) => self.complex(id, complex),
            Form::Simple(simple) => self.simple(simple),
            Form::Anything => json!({}),
        }
    }

    fn complex(&mut self, id: TypeId, complex: &Complex) -> Value {
        let mut object = Object::default();
        let base = self.schema.get(id).base;
        let derived = base.is_some_and(|base| base != self.schema.any_type());
        if derived && self.schema.get(id).name.is_some() {
            let name = self.schema.type_name(id);
            object.properties.insert(TYPE.to_owned(), json!({ "type": "string", "const": name }));
        }
        for attribute in &complex.attributes {
            let key = attribute_key(attribute);
            let schema = self.of(attribute.type_id, "");
            object.add(key, schema, attribute.required && attribute.default.is_none());
        }
        match &complex.content {
            Content::Empty => {}
            Content::Simple(id) => {
                let schema = self.of(*id, "");
                object.add(TEXT.to_owned(), schema, true);
            }
            Content::Mixed => object.add(INNER.to_owned(), json!({ "type": "string" }), false),
            Content::Elements(particle) => {
                if complex.told_as == ToldAs::Object {
                    self.particle(particle, true, &mut object);
                }
            }
        }
        object.schema()
    }

    fn particle(&mut self, particle: &Particle, required: bool, object: &mut Object) {
        let required = required && particle.min > 0;
        match &particle.term {
            Term::Element(place) => self.place(place, particle, required, object),
            Term::Any => {
                let schema = json!({ "type": "array", "items": { "type": "string" } });
                object.add(ANY.to_owned(), schema, required);
            }
            Term::Group(group) => match &group.items {
                Some(key) => {
                    let mut once = Object::default();
                    self.group(group, true, &mut once);
                    let mut schema = json!({ "type": "array", "items": once.schema() });
                    bounds(particle, &mut schema);
                    object.add(key.clone(), schema, required && !group.may_be_empty());
                }
                None => self.group(group, required, object),
            },
        }
    }

    fn group(&mut self, group: &Group, required: bool, object: &mut Object) {
        let choice = group.order == Order::Choice && group.particles.len() > 1;
        for particle in &group.particles {
            self.particle(particle, required && !choice, object);
        }
        let single = |particle: &Particle| match &particle.term {
            Term::Element(place) if particle.min > 0 => Some(json!({ "required": [place.key] })),
            _ => None,
        };
        if choice && required {
            let branches: Option<Vec<Value>> = group.particles.iter().map(single).collect();
            object.choices.extend(branches);
        }
    }

    fn place(&mut self, place: &Place, particle: &Particle, required: bool, object: &mut Object) {
        let item = self.element(&place.element);
        if !place.list {
            let schema = item;
            object.add(place.key.clone(), schema, required && place.element.default.is_none());
            return;
        }
        let mut schema = json!({ "type": "array", "items": item });
        bounds(particle, &mut schema);
        object.add(place.key.clone(), schema, required);
    }

    fn simple(&mut self, simple: &Simple) -> Value {
        let facets = &simple.facets;
        let mut schema = match wanted(simple) {
            Wanted::Boolean => json!({ "type": "boolean" }),
            Wanted::Integer(min, max) => integer(min, max),
            // Those with more digits than a number keeps are text.
            Wanted::Number(_) => json!({ "type": ["number", "string"] }),
            Wanted::List(item) => json!({ "type": "array", "items": self.of(item, "") }),
            Wanted::Union(members) => {
                let members: Vec<Value> = members.into_iter().map(|id| self.of(id, "")).collect();
                json!({ "anyOf": members })
            }
            Wanted::Text(builtin) => match format(builtin) {
                Some(format) => json!({ "type": "string", "format": format }),
                None => json!({ "type": "string" }),
            },
        };
        if !facets.enumeration.is_empty() && matches!(wanted(simple), Wanted::Text(_)) {
            schema["enum"] = json!(facets.enumeration);
        }
        if matches!(wanted(simple), Wanted::Text(_)) {
            for (name, value) in [
                ("minLength", facets.length.or(facets.min_length)),
                ("maxLength", facets.length.or(facets.max_length)),
            ] {
                if let Some(value) = value {
                    schema[name] = json!(value);
                }
            }
        }
        schema
    }
}

fn integer(min: Option<i128>, max: Option<i128>) -> Value {
    let mut schema = json!({ "type": "integer" });
    // Past 53 bits a bound says nothing that JSON readers can keep.
    for (name, bound) in [("minimum", min), ("maximum", max)] {
        if let Some(bound) = bound.and_then(|bound| i64::try_from(bound).ok()).filter(|b| b.abs() <= 1 << 53)
        {
            schema[name] = json!(bound);
        }
    }
    schema
}

fn format(builtin: Builtin) -> Option<&'static str> {
    match builtin {
        Builtin::Date => Some("date"),
        Builtin::AnyUri => Some("uri-reference"),
        Builtin::Duration => Some("duration"),
        _ => None,
    }
}

fn bounds(particle: &Particle, schema: &mut Value) {
    if let Some(max) = particle.max.filter(|max| *max > 1) {
        schema["maxItems"] = json!(max);
    }
}

/// An object's schema while it is made.
#[derive(Default)]
struct Object {
    properties: Map<String, Value>,
    required: Vec<String>,
    /// One of each must hold.
    choices: Vec<Vec<Value>>,
}

impl Object {
    fn add(&mut self, key: String, schema: Value, required: bool) {
        if required && !self.required.contains(&key) {
            self.required.push(key.clone());
        }
        self.properties.insert(key, schema);
    }

    fn schema(self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            schema["required"] = json!(self.required);
        }
        if !self.choices.is_empty() {
            let all: Vec<Value> =
                self.choices.into_iter().map(|branches| json!({ "oneOf": branches })).collect();
            schema["allOf"] = json!(all);
        }
        schema
    }
}
