//! A port of a WSDL 1.1 document: which operations it has, what their messages are made of, and where it is.
//!
//! Source: WSDL 1.1 (W3C Note of 15 March 2001) and its SOAP 1.2 binding; what WS-I Basic Profile 1.1 lets stand of them.

mod definitions;
mod read;

use std::sync::Arc;

pub(super) use read::read;

use super::envelope::Version;
use super::schema::{Element, Schema, TypeId};

/// Of WSDL 1.1 itself.
pub(super) const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// Of its binding to SOAP 1.1.
pub(super) const SOAP11: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
/// Of its binding to SOAP 1.2.
pub(super) const SOAP12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
/// What a binding says that is carried by HTTP.
pub(super) const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

#[derive(Debug)]
pub(super) struct Wsdl {
    pub(super) schema: Schema,
    pub(super) port: Port,
}

#[derive(Debug)]
pub(super) struct Port {
    pub(super) service: String,
    pub(super) documentation: Option<String>,
    pub(super) version: Version,
    /// Of its address; begins with a slash.
    pub(super) path: String,
    pub(super) operations: Vec<Operation>,
}

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) documentation: Option<String>,
    /// `SOAPAction`; often empty.
    pub(super) action: String,
    pub(super) input: Body,
    /// `None`: nothing is answered.
    pub(super) output: Option<Body>,
    /// What stands in the detail of the faults it declares.
    pub(super) faults: Vec<Arc<Element>>,
}

/// What stands in `soap:Body`.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Nothing,
    /// One element; JSON tells its content. That of document style, and the one that RPC style puts round its parts.
    Element(Arc<Element>),
    /// The elements of this type beside each other: text alone, or several.
    Parts(TypeId),
}

impl Wsdl {
    pub(super) fn operation(&self, name: &str) -> Option<&Operation> {
        self.port.operations.iter().find(|operation| operation.name == name)
    }
}
