//! gRPC-Web: what browsers can speak of gRPC. Messages stay as they are; trailers go in a last frame of the body.
//!
//! Source: PROTOCOL-WEB.md of github.com/grpc/grpc.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use naru_model::message::{
    Answering, Converted, Flow, Headers, Refusal, Request, Response, Shape, header, set_header,
};
use naru_model::problem::Problem;

use super::{accepts, as_it_came, frame, is_native, metadata, wants_trailers};
use crate::body::{Untouched, media_type, refused};

const BINARY: &str = "application/grpc-web";
const TEXT: &str = "application/grpc-web-text";
/// The frame that trailers are in.
const TRAILERS: u8 = 0x80;

#[derive(Debug)]
pub(super) struct WebFace;

impl Shape for WebFace {
    fn passes(&self, head: &Request) -> bool {
        is_native(&media_type(&head.headers))
    }

    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        let media = media_type(&request.headers);
        if is_native(&media) {
            return Ok(as_it_came(request));
        }
        let Some((text, coded)) = spoken(&media) else {
            let what = if media.is_empty() { "has no content type" } else { "is no gRPC-Web" };
            return Err(refused(415, format!("the request {what}; send {BINARY} or {TEXT}")));
        };
        if request.method != "POST" {
            let detail = "gRPC-Web is called by POST";
            let mut answer = Problem::new(405, detail).response(header(&request.headers, "accept"));
            set_header(&mut answer.headers, "allow", "POST");
            return Ok(Converted::Answer(answer));
        }
        let native = format!("application/grpc{coded}");
        let answers_text = match (accepts(&request.headers, TEXT), accepts(&request.headers, BINARY)) {
            (true, false) => true,
            (false, true) => false,
            _ => text || accepts(&request.headers, "application/grpc-web-text+proto"),
        };
        if text {
            request.body = of_base64(&request.body)?;
        }
        whole_messages(&request.body)?;
        metadata::set_timeout(&mut request.headers, request.left);
        request.headers.retain(|(name, _)| {
            !matches!(name.as_str(), "accept" | "accept-encoding" | "x-grpc-web" | "content-length")
        });
        set_header(&mut request.headers, "content-type", native);
        wants_trailers(&mut request.headers);
        let answering = WebAnswer { text: answers_text, early: None };
        Ok(Converted::Send(request, Box::new(answering)))
    }
}

/// Whether it is text, and what the messages are coded in (`+proto`, or nothing).
fn spoken(media: &str) -> Option<(bool, &str)> {
    let (text, coded) = match media.strip_prefix(TEXT) {
        Some(coded) => (true, coded),
        None => (false, media.strip_prefix(BINARY)?),
    };
    (coded.is_empty() || coded.starts_with('+')).then_some((text, coded))
}

/// Base64 in one piece or in several, each with padding of its own.
fn of_base64(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut rest = text.trim_ascii();
    while !rest.is_empty() {
        let padding = rest.iter().position(|byte| *byte == b'=').unwrap_or(rest.len());
        // Past the padding, so that every piece takes something.
        let end = (padding + 1).next_multiple_of(4).min(rest.len());
        let (piece, next) = rest.split_at(end);
        STANDARD
            .decode_vec(piece, &mut out)
            .map_err(|error| refused(400, format!("the body is not in base64: {error}")))?;
        rest = next;
    }
    Ok(out)
}

/// What is cut off, or has trailers of a client's in it, does not reach the service.
fn whole_messages(mut body: &[u8]) -> Result<(), Refusal> {
    while let Some((&[flags, a, b, c, d], rest)) = body.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if flags > 1 || length > rest.len() {
            break;
        }
        body = &rest[length..];
    }
    if body.is_empty() { Ok(()) } else { Err(refused(400, "the body is no sequence of gRPC messages")) }
}

struct WebAnswer {
    text: bool,
    /// Trailers of an answer that had nothing else, from its head.
    early: Option<Headers>,
}

impl WebAnswer {
    fn append(&self, data: &[u8], out: &mut Vec<u8>) {
        match self.text {
            true if !data.is_empty() => out.extend_from_slice(STANDARD.encode(data).as_bytes()),
            true => {}
            false => out.extend_from_slice(data),
        }
    }
}

impl Answering for WebAnswer {
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        let media = media_type(&head.headers);
        if !is_native(&media) {
            // Whatever stands before the service says; clients make a status of HTTP's.
            return Ok(Flow::Pass);
        }
        let mut headers = head.headers.clone();
        if header(&headers, "grpc-status").is_some() {
            let (early, rest) = headers.into_iter().partition(|(name, _)| is_status(name));
            self.early = Some(early);
            headers = rest;
        }
        let coded = media.strip_prefix("application/grpc").filter(|coded| !coded.is_empty());
        let spoken = if self.text { TEXT } else { BINARY };
        set_header(&mut headers, "content-type", format!("{spoken}{}", coded.unwrap_or("+proto")));
        Ok(Flow::Stream(Response { status: head.status, headers, ..Response::default() }))
    }

    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        Untouched.whole(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.append(data, out);
        Ok(())
    }

    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let trailers = self.early.as_ref().unwrap_or(trailers);
        let mut told = String::new();
        for (name, value) in trailers {
            told.push_str(&format!("{name}: {value}\r\n"));
        }
        if header(trailers, "grpc-status").is_none() {
            told.push_str(
                "grpc-status: 2\r\ngrpc-message: the service ended its answer without a status\r\n",
            );
        }
        let mut last = Vec::new();
        frame::put(TRAILERS, told.as_bytes(), &mut last);
        self.append(&last, out);
        Ok(())
    }
}

fn is_status(name: &str) -> bool {
    matches!(name, "grpc-status" | "grpc-message" | "grpc-status-details-bin")
}
