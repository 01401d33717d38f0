//! Writes the WSDL 1.1 of a REST service: document/literal, wrapped, bound to SOAP 1.1 and 1.2.

use super::{Api, Operation};
use crate::soap::PROBLEM;
use crate::soap::envelope::Version;
use crate::soap::schema::{
    Builtin, Complex, Content, Element, Facets, Form, Order, Particle, Schema, Simple, Term, TypeId, Variety,
    XSD,
};
use crate::soap::wsdl::{HTTP, SOAP11, SOAP12, WSDL};
use crate::xml::{self, Name, WriteError};

/// Stands in the written text where the address goes.
pub(super) const ADDRESS: &str = "naru-address";
/// Of the types of the service, within the WSDL.
const OWN: &str = "tns";

/// # Errors
/// The document has a name or character that XML has not.
pub(super) fn written(api: &Api) -> Result<String, WriteError> {
    let mut root = wsdl("definitions");
    for (prefix, namespace) in [
        ("xs", XSD),
        (OWN, api.namespace.as_str()),
        ("problem", PROBLEM),
        ("soap", SOAP11),
        ("soap12", SOAP12),
    ] {
        root.declare(prefix, namespace);
    }
    set(&mut root, &[("name", &api.name), ("targetNamespace", &api.namespace)]);
    if !api.left_out.is_empty() {
        let all: Vec<String> = api.left_out.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        documented(&mut root, Some(&format!("Left out: {}", all.join(", "))));
    }
    root.push(types(api));
    for operation in &api.operations {
        let input = &operation.input.name.local;
        let output = &operation.output.name.local;
        root.push(message(&request_message(operation), &format!("{OWN}:{input}")));
        root.push(message(output, &format!("{OWN}:{output}")));
    }
    root.push(message("problem", "problem:problem"));
    root.push(port_type(api));
    for version in [Version::V11, Version::V12] {
        root.push(binding(api, version));
    }
    root.push(service(api));
    xml::write(&root)
}

fn wsdl(local: &str) -> xml::Element {
    xml::Element::new(Name::new(WSDL, "wsdl", local))
}

fn xs(local: &str) -> xml::Element {
    xml::Element::new(Name::new(XSD, "xs", local))
}

fn soap(version: Version, local: &str) -> xml::Element {
    let prefix = match version {
        Version::V11 => "soap",
        Version::V12 => "soap12",
    };
    xml::Element::new(Name::new(version.binding(), prefix, local))
}

fn set(element: &mut xml::Element, attributes: &[(&str, &str)]) {
    for (name, value) in attributes {
        element.set_attribute(Name::local(*name), *value);
    }
}

fn with(mut element: xml::Element, attributes: &[(&str, &str)]) -> xml::Element {
    set(&mut element, attributes);
    element
}

fn documented(element: &mut xml::Element, text: Option<&str>) {
    if let Some(text) = text {
        element.push(xml::Element::with_text(Name::new(WSDL, "wsdl", "documentation"), text));
    }
}

/// The response's message is named as its element, so the request's must not be.
fn request_message(operation: &Operation) -> String {
    format!("{}Request", operation.name)
}

fn message(name: &str, element: &str) -> xml::Element {
    let mut message = with(wsdl("message"), &[("name", name)]);
    message.push(with(wsdl("part"), &[("name", "parameters"), ("element", element)]));
    message
}

fn port_type(api: &Api) -> xml::Element {
    let mut port_type = with(wsdl("portType"), &[("name", &api.name)]);
    for operation in &api.operations {
        let mut element = with(wsdl("operation"), &[("name", &operation.name)]);
        documented(&mut element, operation.documentation.as_deref());
        for (local, message) in
            [("input", request_message(operation)), ("output", operation.output.name.local.clone())]
        {
            element.push(with(wsdl(local), &[("message", &format!("{OWN}:{message}"))]));
        }
        let fault = [("name", "problem"), ("message", "tns:problem")];
        element.push(with(wsdl("fault"), &fault));
        port_type.push(element);
    }
    port_type
}

fn binding_name(api: &Api, version: Version) -> String {
    match version {
        Version::V11 => format!("{}Soap11", api.name),
        Version::V12 => format!("{}Soap12", api.name),
    }
}

fn binding(api: &Api, version: Version) -> xml::Element {
    let name = binding_name(api, version);
    let mut binding = with(wsdl("binding"), &[("name", &name), ("type", &format!("{OWN}:{}", api.name))]);
    binding.push(with(soap(version, "binding"), &[("style", "document"), ("transport", HTTP)]));
    for operation in &api.operations {
        let mut element = with(wsdl("operation"), &[("name", &operation.name)]);
        let action = format!("{}#{}", api.namespace, operation.name);
        element.push(with(soap(version, "operation"), &[("soapAction", &action), ("style", "document")]));
        for local in ["input", "output"] {
            let mut side = wsdl(local);
            side.push(with(soap(version, "body"), &[("use", "literal")]));
            element.push(side);
        }
        let mut fault = with(wsdl("fault"), &[("name", "problem")]);
        fault.push(with(soap(version, "fault"), &[("name", "problem"), ("use", "literal")]));
        element.push(fault);
        binding.push(element);
    }
    binding
}

fn service(api: &Api) -> xml::Element {
    let mut service = with(wsdl("service"), &[("name", &api.name)]);
    for version in [Version::V11, Version::V12] {
        let name = binding_name(api, version);
        let mut port = with(wsdl("port"), &[("name", &name), ("binding", &format!("{OWN}:{name}"))]);
        port.push(with(soap(version, "address"), &[("location", ADDRESS)]));
        service.push(port);
    }
    service
}

fn types(api: &Api) -> xml::Element {
    let mut types = wsdl("types");
    let qualified = |namespace: &str| {
        let attributes = [("targetNamespace", namespace), ("elementFormDefault", "qualified")];
        with(xs("schema"), &attributes)
    };
    let mut own = qualified(&api.namespace);
    for operation in &api.operations {
        own.push(element(&api.schema, &operation.input));
        own.push(element(&api.schema, &operation.output));
    }
    for (id, named) in api.schema.types() {
        if let Some(name) = named.name.as_ref().filter(|name| name.namespace == api.namespace) {
            own.push(with(written_type(&api.schema, id), &[("name", &name.local)]));
        }
    }
    types.push(own);
    let mut problem = qualified(PROBLEM);
    let mut sequence = xs("sequence");
    for (name, kind) in [
        ("status", "xs:int"),
        ("type", "xs:anyURI"),
        ("title", "xs:string"),
        ("detail", "xs:string"),
        ("instance", "xs:anyURI"),
        ("members", "xs:string"),
    ] {
        sequence.push(with(xs("element"), &[("name", name), ("type", kind), ("minOccurs", "0")]));
    }
    let mut complex = xs("complexType");
    complex.push(sequence);
    let mut root = with(xs("element"), &[("name", "problem")]);
    root.push(complex);
    problem.push(root);
    types.push(problem);
    types
}

fn element(schema: &Schema, declared: &Element) -> xml::Element {
    let mut element = with(xs("element"), &[("name", &declared.name.local)]);
    if declared.nillable {
        set(&mut element, &[("nillable", "true")]);
    }
    let found = schema.get(declared.type_id);
    match (&found.name, &found.form) {
        (Some(name), _) if name.namespace == XSD => {
            set(&mut element, &[("type", &format!("xs:{}", name.local))]);
        }
        (Some(name), _) => set(&mut element, &[("type", &format!("{OWN}:{}", name.local))]),
        (None, Form::Simple(Simple { variety: Variety::Atomic(builtin), facets })) if is_plain(facets) => {
            set(&mut element, &[("type", &format!("xs:{}", builtin.name()))]);
        }
        (None, _) => element.push(written_type(schema, declared.type_id)),
    }
    element
}

fn is_plain(facets: &Facets) -> bool {
    facets.enumeration.is_empty()
        && facets.min_length.or(facets.max_length).is_none()
        && facets.min.is_none()
        && facets.max.is_none()
}

/// Types without names never hold themselves: whatever could is referred to by name.
fn written_type(schema: &Schema, id: TypeId) -> xml::Element {
    match &schema.get(id).form {
        Form::Complex(complex) => complex_type(schema, complex),
        Form::Simple(simple) => simple_type(simple),
        Form::Anything => xs("complexType"),
    }
}

fn complex_type(schema: &Schema, complex: &Complex) -> xml::Element {
    let mut element = xs("complexType");
    if let Content::Elements(particle) = &complex.content {
        element.push(model(schema, particle));
    }
    element
}

fn model(schema: &Schema, particle: &Particle) -> xml::Element {
    let mut written = match &particle.term {
        Term::Element(place) => element(schema, &place.element),
        Term::Any => xs("any"),
        Term::Group(group) => {
            let mut written = xs(match group.order {
                Order::Sequence => "sequence",
                Order::Choice => "choice",
                Order::All => "all",
            });
            for particle in &group.particles {
                written.push(model(schema, particle));
            }
            written
        }
    };
    if particle.min != 1 {
        set(&mut written, &[("minOccurs", &particle.min.to_string())]);
    }
    match particle.max {
        Some(1) => {}
        Some(max) => set(&mut written, &[("maxOccurs", &max.to_string())]),
        None => set(&mut written, &[("maxOccurs", "unbounded")]),
    }
    written
}

fn simple_type(simple: &Simple) -> xml::Element {
    let builtin = match &simple.variety {
        Variety::Atomic(builtin) => *builtin,
        Variety::List(_) | Variety::Union(_) => Builtin::String,
    };
    let mut restriction = with(xs("restriction"), &[("base", &format!("xs:{}", builtin.name()))]);
    let facets = &simple.facets;
    let mut facet = |name: &str, value: &str| restriction.push(with(xs(name), &[("value", value)]));
    for value in &facets.enumeration {
        facet("enumeration", value);
    }
    for (name, length) in [("minLength", facets.min_length), ("maxLength", facets.max_length)] {
        if let Some(length) = length {
            facet(name, &length.to_string());
        }
    }
    if let Some(edge) = &facets.min {
        facet(if edge.inclusive { "minInclusive" } else { "minExclusive" }, &edge.value);
    }
    if let Some(edge) = &facets.max {
        facet(if edge.inclusive { "maxInclusive" } else { "maxExclusive" }, &edge.value);
    }
    let mut element = xs("simpleType");
    element.push(restriction);
    element
}
