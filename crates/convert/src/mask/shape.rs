//! Masks the bodies of responses, each as what it is, so that JSON stays JSON and XML stays XML.

use std::borrow::Cow;
use std::sync::Arc;

use naru_model::message::{
    Answering, Converted, Flow, Headers, Refusal, Request, Response, Shape, set_header,
};

use super::Masks;
use crate::body::{charset, is_json, is_xml, media_type, refused};
use crate::json::{self, Value};
use crate::xml::{self, Element, Node};

/// What a stream's line may take; a longer one is no line that anybody reads.
const LONGEST_LINE: usize = 1 << 20;

#[derive(Debug)]
pub(crate) struct MaskShape(Arc<Masks>);

impl MaskShape {
    pub(crate) fn new(masks: Masks) -> MaskShape {
        MaskShape(Arc::new(masks))
    }
}

impl Shape for MaskShape {
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        // Of a piece of a body, what stands before it is not known.
        request.headers.retain(|(name, _)| name != "range");
        let masking = Masking { masks: Arc::clone(&self.0), line: Vec::new() };
        Ok(Converted::Send(request, Box::new(masking)))
    }
}

struct Masking {
    masks: Arc<Masks>,
    /// The beginning of a stream's line, the rest of which has not come yet.
    line: Vec<u8>,
}

impl Answering for Masking {
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        let media = media_type(&head.headers);
        if is_lines(&media) {
            return Ok(Flow::Stream(head.clone()));
        }
        let text = media.starts_with("text/") || is_json(&media) || is_xml(&media);
        Ok(if text { Flow::Whole } else { Flow::Pass })
    }

    fn whole(&mut self, mut response: Response) -> Result<Response, Refusal> {
        let masked = self.masks.body(&response.headers, &response.body);
        if let Cow::Owned(masked) = masked {
            response.body = masked;
            let media = media_type(&response.headers);
            if is_xml(&media) && charset(&response.headers).is_some() {
                // What was in another charset has been written anew.
                set_header(&mut response.headers, "content-type", format!("{media}; charset=utf-8"));
            }
            // What they say was of the body as it was.
            const DIGESTS: [&str; 4] = ["content-md5", "digest", "content-digest", "repr-digest"];
            response.headers.retain(|(name, _)| !DIGESTS.contains(&name.as_str()));
        }
        Ok(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        for piece in data.split_inclusive(|&byte| byte == b'\n') {
            if self.line.len() + piece.len() > LONGEST_LINE {
                return Err(refused(
                    502,
                    "the service sent a line of more than 1 MiB, which can't be masked",
                ));
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                out.extend_from_slice(&self.masks.line(&self.line));
                self.line.clear();
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend_from_slice(&self.masks.line(&self.line));
        self.line.clear();
        Ok(())
    }
}

/// Bodies that come line by line for as long as they like.
fn is_lines(media: &str) -> bool {
    matches!(media, "text/event-stream" | "application/x-ndjson" | "application/ndjson" | "application/jsonl")
}

impl Masks {
    /// A whole body that came with these header fields; borrowed when there was nothing to mask.
    pub(super) fn body<'b>(&self, headers: &Headers, body: &'b [u8]) -> Cow<'b, [u8]> {
        let media = media_type(headers);
        let masked = match () {
            () if is_json(&media) => self.json(body),
            () if is_xml(&media) => self.xml(headers, body),
            () => None,
        };
        masked.unwrap_or_else(|| self.bytes(body))
    }

    /// A line of a stream: JSON, `data:` with JSON, or text.
    pub(super) fn line<'b>(&self, line: &'b [u8]) -> Cow<'b, [u8]> {
        let value = line.strip_prefix(b"data:").unwrap_or(line);
        let content = value.trim_ascii();
        if !content.starts_with(b"{") && !content.starts_with(b"[") && !content.starts_with(b"\"") {
            return self.bytes(line);
        }
        match self.json(content) {
            None => self.bytes(line),
            Some(Cow::Borrowed(_)) => Cow::Borrowed(line),
            Some(Cow::Owned(masked)) => {
                let mut out = line[..line.len() - value.len()].to_vec();
                out.extend_from_slice(&value[..value.len() - value.trim_ascii_start().len()]);
                out.extend_from_slice(&masked);
                out.extend_from_slice(&value[value.trim_ascii_end().len()..]);
                Cow::Owned(out)
            }
        }
    }

    /// None when it is no JSON.
    fn json<'b>(&self, body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
        let mut value = json::read(body).ok()?;
        let changed = self.strings(&mut value);
        Some(if changed { Cow::Owned(value.write().into_bytes()) } else { Cow::Borrowed(body) })
    }

    /// Goes as deep as the value. Tells whether anything was masked.
    fn strings(&self, value: &mut Value<'_>) -> bool {
        match value {
            Value::String(text) => self.masked(text.as_ref()).map(|new| *text = Cow::Owned(new)).is_some(),
            Value::List(items) => items.iter_mut().fold(false, |changed, item| self.strings(item) | changed),
            Value::Object(members) => {
                members.iter_mut().fold(false, |changed, (_, value)| self.strings(value) | changed)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// None when it is no XML that is read here.
    fn xml<'b>(&self, headers: &Headers, body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
        let mut root = xml::read_said(body, charset(headers).as_deref()).ok()?;
        if !self.texts(&mut root) {
            return Some(Cow::Borrowed(body));
        }
        Some(Cow::Owned(xml::write(&root).ok()?.into_bytes()))
    }

    /// Goes as deep as the element. Tells whether anything was masked.
    fn texts(&self, element: &mut Element) -> bool {
        let mut changed = false;
        for attribute in &mut element.attributes {
            if let Some(masked) = self.masked(&attribute.value) {
                attribute.value = masked;
                changed = true;
            }
        }
        for child in &mut element.children {
            match child {
                Node::Element(child) => changed |= self.texts(child),
                Node::Text(text) => {
                    if let Some(masked) = self.masked(text) {
                        *text = masked;
                        changed = true;
                    }
                }
            }
        }
        changed
    }

    fn masked(&self, text: &str) -> Option<String> {
        match self.text(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        }
    }
}
