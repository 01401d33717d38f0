//! SOAP to REST and back: [`rest`] offers a SOAP service as REST by its WSDL, [`offer`] a REST service as SOAP by its OpenAPI
//! document.
//!
//! Both work on one model of XML Schema ([`schema`]) and one mapping between JSON and XML by it ([`codec`]): `rest` reads the
//! model from a WSDL, `offer` makes it of JSON Schemas and writes the WSDL of it. Faults and problem documents become each
//! other; between the two, a problem keeps its status by being in the fault's detail as RFC 9457 writes it in XML.

mod codec;
mod envelope;
mod error;
mod files;
mod offer;
mod rest;
mod schema;
mod wsdl;

use std::sync::Arc;

use naru_model::message::Shape;
use naru_model::policy::{OfferSoap, Soap};

pub use error::Error;

use crate::openapi::Document;

/// Of problem documents in XML. Source: RFC 9457, appendix B.
const PROBLEM: &str = "urn:ietf:rfc:7807";

/// A SOAP service offered as REST.
///
/// # Errors
/// Its WSDL can't be read, or asks for what is not supported.
pub(crate) fn as_rest(policy: &Soap) -> Result<Arc<dyn Shape>, Error> {
    Ok(Arc::new(rest::RestFace::read(policy)?))
}

/// A REST service offered as SOAP.
///
/// # Errors
/// Its OpenAPI document can't be read, or has nothing that SOAP can offer.
pub(crate) fn as_soap(policy: &OfferSoap) -> Result<Arc<dyn Shape>, crate::Error> {
    let document = Document::load(&policy.openapi)?;
    Ok(Arc::new(offer::SoapFace::new(policy, &document.value)?))
}
