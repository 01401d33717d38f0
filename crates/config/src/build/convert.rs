//! From one shape to another: what stands below `convert` of a route.

use std::path::Path;

use naru_model::policy::{Conversion, FieldChange, Fields, Grpc, OfferSoap, Soap, Speaker, Xml};

use super::absolute;
use crate::item::{Item, Section};

pub(super) fn conversions(at: Section<'_>, folder: &Path) -> Vec<Conversion> {
    at.items().iter().filter_map(|item| conversion(item, folder)).collect()
}

fn conversion(item: &Item, folder: &Path) -> Option<Conversion> {
    if item.text().is_some() {
        return Some(Conversion::GrpcWeb);
    }
    let entry = item.section().entries().first()?;
    let at = Section(entry.item.as_ref());
    Some(match entry.name.as_str() {
        "fields" => Conversion::Fields(fields(at)),
        "xml" => Conversion::Xml(xml(at)),
        "soap" => Conversion::Soap(soap(at, folder)),
        "offer_soap" => Conversion::OfferSoap(offer_soap(at, folder)),
        _ => Conversion::Grpc(grpc(at, folder)),
    })
}

fn fields(at: Section<'_>) -> Fields {
    Fields {
        request: change(at.section("request")),
        response: change(at.section("response")),
        groups: at.texts("groups"),
    }
}

fn change(at: Section<'_>) -> FieldChange {
    FieldChange {
        select: at.texts("select"),
        remove: at.texts("remove"),
        rename: at.pairs("rename"),
        mask: at.texts("mask"),
    }
}

fn xml(at: Section<'_>) -> Xml {
    let by_client = at.get::<String>("spoken_by").is_some_and(|word| word == "client");
    Xml {
        spoken_by: if by_client { Speaker::Client } else { Speaker::Service },
        root: at.get("root").unwrap_or_else(|| Xml::ROOT.to_owned()),
        lists: at.texts("lists"),
        namespaces: at.pairs("namespaces"),
    }
}

fn soap(at: Section<'_>, folder: &Path) -> Soap {
    let wsdl: String = at.get("wsdl").unwrap_or_default();
    Soap { wsdl: absolute(folder, &wsdl), service: at.get("service"), port: at.get("port") }
}

fn offer_soap(at: Section<'_>, folder: &Path) -> OfferSoap {
    let openapi: String = at.get("openapi").unwrap_or_default();
    OfferSoap {
        openapi: absolute(folder, &openapi),
        namespace: at.get("namespace").unwrap_or_default(),
        name: at.get("name").unwrap_or_default(),
    }
}

fn grpc(at: Section<'_>, folder: &Path) -> Grpc {
    let descriptors: String = at.get("descriptors").unwrap_or_default();
    Grpc { descriptors: absolute(folder, &descriptors), services: at.texts("services") }
}
