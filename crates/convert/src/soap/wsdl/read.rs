//! Reads one port of a WSDL: from its service by its binding to the operations and their messages.

use std::path::Path;
use std::sync::Arc;

use super::definitions::{Definitions, Item, Kind};
use super::{Body, Operation, Port, SOAP11, SOAP12, WSDL, Wsdl};
use crate::soap::envelope::Version;
use crate::soap::error::Error;
use crate::soap::schema::{
    Complex, Content, Element, Form, Order, Particle, Place, QName, Schema, Term, Type, TypeId, arranged,
};
use crate::xml;

/// Reads a WSDL with all that it imports.
///
/// # Errors
/// It can't be read, has no such service or port, or asks for what is not supported: encoded messages, attachments, header
/// fields that are required.
pub(in crate::soap) fn read(path: &Path, service: Option<&str>, port: Option<&str>) -> Result<Wsdl, Error> {
    let definitions = Definitions::read(path)?;
    let mut reading = Reading { schema: definitions.sources.build()?, definitions: &definitions };
    let missing = |detail: String| Error::Missing { path: path.to_owned(), detail };
    let service = chosen_service(&definitions, service).map_err(&missing)?;
    let (version, port) = chosen_port(service, port).map_err(&missing)?;
    let binding = definitions.referred(Kind::Binding, service, &port, "binding")?;
    let operations = reading.operations(binding, version)?;
    let address = port.child(version.binding(), "address");
    let location = address.and_then(|at| at.attribute("", "location")).unwrap_or_default();
    let port = Port {
        service: service.at.attribute("", "name").unwrap_or_default().to_owned(),
        documentation: documentation(&service.at),
        version,
        path: path_of(location),
        operations,
    };
    Ok(Wsdl { schema: reading.schema, port })
}

impl Version {
    /// The namespace of the WSDL elements that bind to it.
    pub(in crate::soap) fn binding(self) -> &'static str {
        match self {
            Version::V11 => SOAP11,
            Version::V12 => SOAP12,
        }
    }
}

fn named(at: &xml::Element) -> &str {
    at.attribute("", "name").unwrap_or_default()
}

fn chosen_service<'d>(definitions: &'d Definitions, name: Option<&str>) -> Result<&'d Item, String> {
    let names: Vec<&str> = definitions.services.iter().map(|service| named(&service.at)).collect();
    match (name, definitions.services.as_slice()) {
        (Some(name), services) => services
            .iter()
            .find(|service| named(&service.at) == name)
            .ok_or_else(|| format!("it has no service {name:?}; it has {}", names.join(", "))),
        (None, [only]) => Ok(only),
        (None, []) => Err("it has no service".to_owned()),
        (None, _) => Err(format!("it has several services; say which by `service`: {}", names.join(", "))),
    }
}

/// The port of that name, else the first that speaks SOAP.
fn chosen_port(service: &Item, name: Option<&str>) -> Result<(Version, xml::Element), String> {
    let ports = service.at.elements().filter(|at| at.name.is(WSDL, "port"));
    let soap: Vec<(Version, &xml::Element)> = ports
        .filter_map(|port| {
            let version = [Version::V11, Version::V12]
                .into_iter()
                .find(|version| port.child(version.binding(), "address").is_some())?;
            Some((version, port))
        })
        .collect();
    let found = match name {
        Some(name) => soap.iter().find(|(_, port)| named(port) == name),
        None => soap.first(),
    };
    let names: Vec<&str> = soap.iter().map(|(_, port)| named(port)).collect();
    found.map(|(version, port)| (*version, (*port).clone())).ok_or_else(|| match (name, names.as_slice()) {
        (_, []) => format!("service {:?} has no port that speaks SOAP over HTTP", named(&service.at)),
        (name, names) => {
            format!("there is no SOAP port {:?}; it has {}", name.unwrap_or_default(), names.join(", "))
        }
    })
}

fn documentation(at: &xml::Element) -> Option<String> {
    let text = at.child(WSDL, "documentation")?.text();
    let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The path of an address; `/` when it has none.
fn path_of(location: &str) -> String {
    let rest = location.split_once("://").map_or(location, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
    path.split(['?', '#']).next().unwrap_or("/").to_owned()
}

struct Reading<'d> {
    schema: Schema,
    definitions: &'d Definitions,
}

impl Reading<'_> {
    fn operations(&mut self, binding: &Item, version: Version) -> Result<Vec<Operation>, Error> {
        let port_type = self.definitions.referred(Kind::PortType, binding, &binding.at, "type")?;
        let soap = binding.at.child(version.binding(), "binding");
        let soap =
            soap.ok_or_else(|| binding.wrong(&binding.at, "the binding is not the SOAP of its port"))?;
        let style = soap.attribute("", "style").unwrap_or("document");
        let mut operations: Vec<Operation> = Vec::new();
        for bound in binding.at.elements().filter(|at| at.name.is(WSDL, "operation")) {
            let name = named(bound);
            if operations.iter().any(|other| other.name == name) {
                let detail = format!("operation {name:?} is there twice; overloading is not supported");
                return Err(binding.wrong(bound, detail));
            }
            let mut all = port_type.at.elements().filter(|at| at.name.is(WSDL, "operation"));
            let declared = all.find(|at| named(at) == name);
            let declared = declared
                .ok_or_else(|| binding.wrong(bound, format!("its port type has no operation {name:?}")))?;
            let soap = bound.child(version.binding(), "operation");
            let attribute = |name: &str| soap.and_then(|at| at.attribute("", name));
            let side = Side {
                binding,
                bound,
                port_type,
                declared,
                version,
                style: attribute("style").unwrap_or(style),
            };
            operations.push(Operation {
                name: name.to_owned(),
                documentation: documentation(declared),
                action: attribute("soapAction").unwrap_or_default().to_owned(),
                input: self.body(&side, "input", name)?.unwrap_or(Body::Nothing),
                output: self.body(&side, "output", &format!("{name}Response"))?,
                faults: self.faults(&side)?,
            });
        }
        Ok(operations)
    }

    /// What one message of an operation is made of; `None` when it has no such message.
    fn body(&mut self, side: &Side<'_>, which: &str, wrapper: &str) -> Result<Option<Body>, Error> {
        let Some(declared) = side.declared.child(WSDL, which) else { return Ok(None) };
        let message = self.definitions.referred(Kind::Message, side.port_type, declared, "message")?;
        let bound = side.bound.child(WSDL, which);
        let soap = match bound {
            Some(bound) => side.literal(bound)?,
            None => None,
        };
        let wanted = |part: &&xml::Element| match soap.and_then(|body| body.attribute("", "parts")) {
            Some(parts) => parts.split_ascii_whitespace().any(|name| name == named(part)),
            None => !bound.is_some_and(|bound| side.is_header(bound, message, named(part))),
        };
        let parts = message.at.elements().filter(|at| at.name.is(WSDL, "part")).filter(wanted);
        let parts: Vec<&xml::Element> = parts.collect();
        let places = parts.iter().map(|part| self.part(message, part)).collect::<Result<Vec<_>, _>>()?;
        if side.style == "rpc" {
            let namespace = soap.and_then(|body| body.attribute("", "namespace")).unwrap_or_default();
            return Ok(Some(Body::Element(Arc::new(Element {
                name: QName::new(namespace, wrapper),
                type_id: self.sequence(places),
                nillable: false,
                is_abstract: false,
                default: None,
            }))));
        }
        Ok(Some(match places.as_slice() {
            [] => Body::Nothing,
            [only] if self.is_object(only) => Body::Element(Arc::clone(only)),
            _ => Body::Parts(self.sequence(places)),
        }))
    }

    /// The element that a part is: declared in the schema, or named as the part and in no namespace.
    fn part(&self, message: &Item, part: &xml::Element) -> Result<Arc<Element>, Error> {
        if part.attribute("", "element").is_some() {
            let name = message.name(part, "element")?;
            let element = self.schema.elements.get(&name);
            return element
                .cloned()
                .ok_or_else(|| message.wrong(part, format!("element {name} is declared in no schema")));
        }
        let name = message.name(part, "type")?;
        let type_id = self.schema.named(&name).ok_or_else(|| {
            message.wrong(
                part,
                format!("type {name} is defined in no schema; encoded messages are not supported"),
            )
        })?;
        Ok(Arc::new(Element {
            name: QName::new("", named(part)),
            type_id,
            nillable: false,
            is_abstract: false,
            default: None,
        }))
    }

    fn sequence(&mut self, elements: Vec<Arc<Element>>) -> TypeId {
        let places = elements.into_iter().map(|element| Particle {
            min: 1,
            max: Some(1),
            term: Term::Element(Place { element, key: String::new(), list: false, empty: true }),
        });
        let particle = arranged(Particle::group(Order::Sequence, places.collect()));
        let complex = Complex { content: Content::Elements(particle), ..Complex::default() };
        self.schema.add(Type { name: None, base: None, is_abstract: false, form: Form::Complex(complex) })
    }

    /// Whether its JSON is an object, as a body of JSON should be.
    fn is_object(&self, element: &Element) -> bool {
        match &self.schema.get(element.type_id).form {
            Form::Complex(complex) => !matches!(complex.content, Content::Simple(_)) && !element.nillable,
            Form::Simple(_) | Form::Anything => false,
        }
    }

    fn faults(&self, side: &Side<'_>) -> Result<Vec<Arc<Element>>, Error> {
        let mut all = Vec::new();
        for fault in side.declared.elements().filter(|at| at.name.is(WSDL, "fault")) {
            let message = self.definitions.referred(Kind::Message, side.port_type, fault, "message")?;
            for part in message.at.elements().filter(|at| at.name.is(WSDL, "part")) {
                all.push(self.part(message, part)?);
            }
        }
        Ok(all)
    }
}

/// One operation, as it is bound and as it is declared.
struct Side<'d> {
    binding: &'d Item,
    bound: &'d xml::Element,
    port_type: &'d Item,
    declared: &'d xml::Element,
    version: Version,
    style: &'d str,
}

impl Side<'_> {
    /// The `soap:body` of a bound message, if what goes with it can be done.
    fn literal<'x>(&self, bound: &'x xml::Element) -> Result<Option<&'x xml::Element>, Error> {
        let name = named(self.bound);
        let wrong =
            |at: &xml::Element, what: &str| self.binding.wrong(at, format!("operation {name:?} {what}"));
        if let Some(mime) = bound.elements().find(|at| &*at.name.local == "multipartRelated") {
            return Err(wrong(mime, "has attachments (MIME), which are not supported"));
        }
        let soap = |local| bound.elements().filter(move |at| at.name.is(self.version.binding(), local));
        for header in soap("header") {
            if header.attribute(WSDL, "required").is_some_and(|required| matches!(required, "true" | "1")) {
                return Err(wrong(
                    header,
                    "requires a SOAP header, which is not supported; leave wsdl:required out if it can do without",
                ));
            }
        }
        let body = soap("body").next();
        if let Some(body) = body.filter(|body| body.attribute("", "use") == Some("encoded")) {
            return Err(wrong(body, "is encoded (use=\"encoded\"), which is not supported; only literal is"));
        }
        Ok(body)
    }

    /// Whether a part of the message goes into a header.
    fn is_header(&self, bound: &xml::Element, message: &Item, part: &str) -> bool {
        bound.elements().any(|at| {
            at.name.is(self.version.binding(), "header")
                && at.attribute("", "part") == Some(part)
                && self.binding.name(at, "message").is_ok_and(|name| name.local == named(&message.at))
        })
    }
}
