//! SOAP envelopes of both versions, and the faults in them.
//!
//! Sources: SOAP 1.1 (W3C Note of 8 May 2000), SOAP 1.2 Part 1 (Second Edition), RFC 3902 (`application/soap+xml`).

use naru_model::message::{Headers, header};

use super::schema::{QName, XML};
use crate::body::charset;
use crate::xml::{self, Element, Name, Node};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V11,
    V12,
}

impl Version {
    /// Of the envelope.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Version::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Version::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Version::V11 => "text/xml; charset=utf-8",
            Version::V12 => "application/soap+xml; charset=utf-8",
        }
    }

    fn name(self, local: &str) -> Name {
        Name::new(self.namespace(), "soap", local)
    }
}

/// Why something is no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("the body is multipart (MTOM or attachments), which is not supported; send the envelope alone")]
    Multipart,
    #[error("the body is compressed ({0}), which is not supported here")]
    Compressed(String),
    #[error("the body is no XML: {0}")]
    Xml(#[from] xml::Error),
    #[error("the body is no SOAP envelope: {0}")]
    Shape(String),
    #[error("the header {0} must be understood and is not")]
    MustUnderstand(String),
    #[error("the envelope's namespace {0} is neither that of SOAP 1.1 nor of SOAP 1.2")]
    Version(String),
}

/// What was sent.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) version: Version,
    /// `soap:Body`.
    pub(super) body: Element,
}

/// A fault of either version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) whose: Whose,
    /// The code's local name as it was sent; with that of subcodes after it, dots between.
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) detail: Vec<Element>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Sender,
    Receiver,
    VersionMismatch,
    MustUnderstand,
}

/// Puts elements in an envelope.
///
/// # Errors
/// A text holds a character that XML has not.
pub(super) fn written(version: Version, body: Vec<Element>) -> Result<Vec<u8>, xml::WriteError> {
    let mut envelope = Element::new(version.name("Envelope"));
    let mut holder = Element::new(version.name("Body"));
    holder.children.extend(body.into_iter().map(Node::Element));
    envelope.push(holder);
    Ok(xml::write(&envelope)?.into_bytes())
}

/// Reads an envelope.
///
/// # Errors
/// It is none, or is told in a way that we do not read.
pub(super) fn read(headers: &Headers, body: &[u8]) -> Result<Envelope, Error> {
    let media_type = header(headers, "content-type").unwrap_or_default().trim_start();
    if media_type.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/")) {
        return Err(Error::Multipart);
    }
    if let Some(coding) = header(headers, "content-encoding").filter(|coding| *coding != "identity") {
        return Err(Error::Compressed(coding.to_owned()));
    }
    let mut root = xml::read_said(body, charset(headers).as_deref())?;
    let namespace = root.name.namespace.as_deref().unwrap_or_default();
    if &*root.name.local != "Envelope" {
        return Err(Error::Shape(format!("it begins with {}", root.name.local)));
    }
    let version = [Version::V11, Version::V12].into_iter().find(|version| version.namespace() == namespace);
    let version = version.ok_or_else(|| Error::Version(namespace.to_owned()))?;
    if let Some(name) =
        root.child(version.namespace(), "Header").and_then(|header| must_understand(header, version))
    {
        return Err(Error::MustUnderstand(name));
    }
    let at = root.children.iter().position(
        |child| matches!(child, Node::Element(element) if element.name.is(version.namespace(), "Body")),
    );
    match at.map(|at| root.children.swap_remove(at)) {
        Some(Node::Element(body)) => Ok(Envelope { version, body }),
        _ => Err(Error::Shape("it has no Body".to_owned())),
    }
}

/// The first header that must be understood: none of them is.
fn must_understand(header: &Element, version: Version) -> Option<String> {
    let must = |block: &&Element| {
        let flag = block.attribute(version.namespace(), "mustUnderstand");
        flag.is_some_and(|flag| matches!(flag.trim(), "1" | "true"))
    };
    header.elements().find(must).map(|block| block.name.local.to_string())
}

impl Envelope {
    pub(super) fn fault(&self) -> Option<Fault> {
        let namespace = self.version.namespace();
        let fault = self.body.child(namespace, "Fault")?;
        let (code, reason, detail) = match self.version {
            Version::V11 => (
                fault.child("", "faultcode").map(|code| local(&code.text())).unwrap_or_default(),
                fault.child("", "faultstring").map(Element::text),
                fault.child("", "detail"),
            ),
            Version::V12 => (
                codes(fault.child(namespace, "Code"), namespace),
                fault
                    .child(namespace, "Reason")
                    .and_then(|reason| reason.elements().next())
                    .map(Element::text),
                fault.child(namespace, "Detail"),
            ),
        };
        let whose = match code.split('.').next().unwrap_or_default() {
            "Client" | "Sender" | "DataEncodingUnknown" => Whose::Sender,
            "VersionMismatch" => Whose::VersionMismatch,
            "MustUnderstand" => Whose::MustUnderstand,
            _ => Whose::Receiver,
        };
        let reason = reason.map(|reason| reason.trim().to_owned()).unwrap_or_default();
        let detail = detail.map(|detail| detail.elements().cloned().collect()).unwrap_or_default();
        Some(Fault { whose, code, reason, detail })
    }
}

fn local(text: &str) -> String {
    let text = text.trim();
    text.rsplit(':').next().unwrap_or(text).to_owned()
}

/// The value of a code and of its subcodes. Taken in a loop: they may go as deep as the document does.
fn codes(code: Option<&Element>, namespace: &str) -> String {
    let mut all = Vec::new();
    let mut at = code;
    while let Some(code) = at {
        all.extend(code.child(namespace, "Value").map(|value| local(&value.text())));
        at = code.child(namespace, "Subcode");
    }
    all.join(".")
}

impl Fault {
    /// The HTTP status it is sent with. Source: SOAP 1.1, 6.2; SOAP 1.2 Part 2, 7.5.2.2.
    pub(super) fn status(&self, version: Version) -> u16 {
        match (version, self.whose) {
            (Version::V12, Whose::Sender) => 400,
            _ => 500,
        }
    }

    pub(super) fn element(self, version: Version) -> Element {
        let told = writable(&self.reason);
        let mut fault = Element::new(version.name("Fault"));
        let code = match (version, self.whose) {
            (Version::V11, Whose::Sender) => "Client",
            (Version::V11, Whose::Receiver) => "Server",
            (Version::V12, Whose::Sender) => "Sender",
            (Version::V12, Whose::Receiver) => "Receiver",
            (_, Whose::VersionMismatch) => "VersionMismatch",
            (_, Whose::MustUnderstand) => "MustUnderstand",
        };
        let code = format!("soap:{code}");
        fault.declare("soap", version.namespace());
        let mut detail = match version {
            Version::V11 => {
                fault.push(Element::with_text(Name::local("faultcode"), code));
                fault.push(Element::with_text(Name::local("faultstring"), told));
                Element::new(Name::local("detail"))
            }
            Version::V12 => {
                let mut holder = Element::new(version.name("Code"));
                holder.push(Element::with_text(version.name("Value"), code));
                fault.push(holder);
                let mut reason = Element::new(version.name("Reason"));
                let mut text = Element::with_text(version.name("Text"), told);
                text.set_attribute(Name::new(XML, "xml", "lang"), "en");
                reason.push(text);
                fault.push(reason);
                Element::new(version.name("Detail"))
            }
        };
        if !self.detail.is_empty() {
            detail.children.extend(self.detail.into_iter().map(Node::Element));
            fault.push(detail);
        }
        fault
    }
}

/// The name of an element, to look it up by.
pub(super) fn name_of(element: &Element) -> QName {
    QName::new(element.name.namespace.as_deref().unwrap_or_default(), &*element.name.local)
}

/// Text that tells what somebody sent, with U+FFFD for what XML can't hold. Source: XML 1.0, production 2.
pub(super) fn writable(text: &str) -> String {
    let held = |c: char| match c {
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => c,
        _ => '\u{FFFD}',
    };
    text.chars().map(held).collect()
}
