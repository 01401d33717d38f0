//! The keys below `convert` of a route: one item for each conversion.

use naru_model::policy::Xml;
use serde_json::json;

use super::{list, names, one_or_more, text};
use crate::format;
use crate::shape::{Default, Key, Kind};

/// A list, each item one conversion: a group with one key, or a word alone.
pub(super) fn kind() -> Kind {
    let keys = vec![
        Key::new(
            "fields",
            Kind::Keys(fields()),
            "as they are",
            "Chooses, renames and masks fields of JSON bodies.",
        ),
        Key::new("xml", Kind::Keys(xml()), "no XML", "One of the two speaks XML and the other JSON."),
        Key::new("soap", Kind::Keys(soap()), "no SOAP", "Offers a SOAP service as REST with JSON."),
        Key::new(
            "offer_soap",
            Kind::Keys(offer_soap()),
            "no SOAP",
            "Offers a REST service as SOAP, with a WSDL at `?wsdl`.",
        ),
        Key::new("grpc", Kind::Keys(grpc()), "no gRPC", "Offers a gRPC service as REST with JSON."),
    ];
    list(0, Kind::Either(Box::new(Kind::Choice(&["grpc_web"])), Box::new(Kind::Keys(keys))))
}

fn fields() -> Vec<Key> {
    let change = || {
        vec![
            Key::new(
                "select",
                one_or_more(text(format::FIELD_PATH)),
                "all",
                "Fields that stay; all others go.",
            ),
            Key::new("remove", one_or_more(text(format::FIELD_PATH)), "none", "Fields that go."),
            Key::new(
                "rename",
                names(format::FIELD_PATH, text(format::FIELD_NAME)),
                "none",
                "Fields, and their new names.",
            ),
            Key::new(
                "mask",
                one_or_more(text(format::FIELD_PATH)),
                "none",
                "Fields whose strings and numbers become `***`.",
            ),
        ]
    };
    vec![
        Key::new(
            "request",
            Kind::Keys(change()),
            "as it came",
            "What the service gets. Fields are named by names with dots between; in a list all its items are meant.",
        ),
        Key::new("response", Kind::Keys(change()), "as it came", "What the client gets."),
        Key::new("groups", one_or_more(text(format::GROUP)), "for all", "Only for clients of these groups."),
    ]
}

fn xml() -> Vec<Key> {
    vec![
        Key::new(
            "spoken_by",
            Kind::Choice(&["client", "service"]),
            Default::Required,
            "Who speaks XML; the other speaks JSON.",
        ),
        Key::new(
            "root",
            text(format::ELEMENT),
            json!(Xml::ROOT),
            "The element round a body that has no single name of its own.",
        ),
        Key::new(
            "lists",
            one_or_more(text(format::FIELD_PATH)),
            "none",
            "Elements that are lists even when there is one of them, by path.",
        ),
        Key::new(
            "namespaces",
            names(format::PREFIX, text(format::NAMESPACE)),
            "none",
            "Prefixes, and the namespaces they stand for.",
        ),
    ]
}

fn soap() -> Vec<Key> {
    vec![
        Key::new(
            "wsdl",
            text(format::WSDL),
            Default::Required,
            "The service's WSDL, from the folder of naru.yaml; what it imports lies beside it.",
        ),
        Key::new("service", text(format::WORD), "the only one", "Which of its services."),
        Key::new("port", text(format::WORD), "the only one", "Which of its ports."),
    ]
}

fn offer_soap() -> Vec<Key> {
    vec![
        Key::new(
            "openapi",
            text(format::OPENAPI),
            Default::Required,
            "The OpenAPI 3 document of the service, from the folder of naru.yaml.",
        ),
        Key::new("namespace", text(format::NAMESPACE), Default::Required, "The namespace of its messages."),
        Key::new("name", text(format::ELEMENT), Default::Required, "What the service is called in the WSDL."),
    ]
}

fn grpc() -> Vec<Key> {
    vec![
        Key::new(
            "descriptors",
            text(format::DESCRIPTORS),
            Default::Required,
            "A FileDescriptorSet (`protoc --include_imports --descriptor_set_out=FILE`), from the folder of naru.yaml.",
        ),
        Key::new(
            "services",
            one_or_more(text(format::GRPC_SERVICE)),
            "all that have `google.api.http`",
            "Full names of the services that are offered.",
        ),
    ]
}
