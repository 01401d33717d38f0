//! Conversions, as the file says them.

use naru_model::policy::{Conversion, FieldChange, Fields, Speaker, Xml};
use serde_json::{Value, json};

use super::policy::pairs;
use super::some;

pub(super) fn conversion(of: &Conversion) -> Value {
    match of {
        Conversion::Fields(of) => json!({ "fields": fields(of) }),
        Conversion::Xml(of) => json!({ "xml": xml(of) }),
        Conversion::Soap(of) => {
            json!({ "soap": { "wsdl": of.wsdl, "service": of.service, "port": of.port } })
        }
        Conversion::OfferSoap(of) => {
            json!({ "offer_soap": { "openapi": of.openapi, "namespace": of.namespace, "name": of.name } })
        }
        Conversion::Grpc(of) => {
            json!({ "grpc": { "descriptors": of.descriptors, "services": some(&of.services) } })
        }
        Conversion::GrpcWeb => json!("grpc_web"),
    }
}

fn fields(of: &Fields) -> Value {
    json!({ "request": change(&of.request), "response": change(&of.response), "groups": some(&of.groups) })
}

fn change(of: &FieldChange) -> Value {
    if *of == FieldChange::default() {
        return Value::Null;
    }
    json!({
        "select": some(&of.select),
        "remove": some(&of.remove),
        "rename": pairs(&of.rename),
        "mask": some(&of.mask),
    })
}

fn xml(of: &Xml) -> Value {
    json!({
        "spoken_by": match of.spoken_by { Speaker::Client => "client", Speaker::Service => "service" },
        "root": of.root,
        "lists": some(&of.lists),
        "namespaces": pairs(&of.namespaces),
    })
}
