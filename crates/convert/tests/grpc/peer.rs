//! A gRPC service for tests of conversions: reads what it is sent and answers as it is told, by the descriptors of `tests/grpc`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naru_model::message::{Answering, Converted, Flow, Headers, Refusal, Request, Response, Shape};
use naru_model::policy::{Conversion, Grpc, Policy};
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::Value;

pub(crate) fn descriptors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grpc/library.binpb")
}

pub(crate) fn pool() -> DescriptorPool {
    DescriptorPool::decode(std::fs::read(descriptors()).unwrap().as_slice()).unwrap()
}

pub(crate) fn shape(conversion: Conversion) -> Arc<dyn Shape> {
    naru_convert::shape(&Policy { convert: vec![conversion], ..Policy::default() }).unwrap().unwrap()
}

/// The services offered as REST; none named: those that say so themselves.
pub(crate) fn rest(services: &[&str]) -> Arc<dyn Shape> {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    shape(Conversion::Grpc(Grpc { descriptors: descriptors(), services }))
}

pub(crate) fn headers(fields: &[(&str, &str)]) -> Headers {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn request(
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers(fields),
        body: body.into(),
        ..Request::default()
    }
}

/// What has reached the service, and who takes its answer.
pub(crate) struct Call {
    pub(crate) method: MethodDescriptor,
    pub(crate) sent: Request,
    pub(crate) answering: Box<dyn Answering>,
}

/// Sends a request that is to reach the service.
pub(crate) fn call(shape: &dyn Shape, request: Request) -> Call {
    let (method, target) = (request.method.clone(), request.path.clone());
    match shape.request(request) {
        Ok(Converted::Send(sent, answering)) => Call { method: named(&sent.path), sent, answering },
        Ok(Converted::Answer(answer)) => panic!("{method} {target}: {}", text(&answer.body)),
        Err(refusal) => panic!("{method} {target}: {refusal}"),
    }
}

/// Sends a request that is to be refused.
pub(crate) fn refused(shape: &dyn Shape, request: Request) -> Refusal {
    let (method, target) = (request.method.clone(), request.path.clone());
    match shape.request(request) {
        Ok(Converted::Answer(answer)) => Refusal { status: answer.status, detail: text(&answer.body) },
        Ok(Converted::Send(..)) => panic!("{method} {target}: not refused"),
        Err(refusal) => refusal,
    }
}

fn named(path: &str) -> MethodDescriptor {
    let (service, method) = path[1..].split_once('/').unwrap();
    let service = pool().get_service_by_name(service).unwrap();
    service.methods().find(|there| there.name() == method).unwrap()
}

impl Call {
    /// The one message that was sent.
    pub(crate) fn message(&self) -> Value {
        let (head, message) = self.sent.body.split_at(5);
        assert_eq!(head[0], 0);
        assert_eq!(u32::from_be_bytes(head[1..].try_into().unwrap()) as usize, message.len());
        let message = DynamicMessage::decode(self.method.input(), message).unwrap();
        serde_json::to_value(&message).unwrap()
    }

    /// A message of the answer in its frame.
    pub(crate) fn frame(&self, message: &Value) -> Vec<u8> {
        let message = DynamicMessage::deserialize(self.method.output(), message).unwrap();
        framed(&message.encode_to_vec())
    }

    /// Answers with these bytes as the body, whole.
    pub(crate) fn answer(&mut self, body: Vec<u8>, trailers: &[(&str, &str)]) -> Result<Response, Refusal> {
        let head = Response { status: 200, headers: native(), ..Response::default() };
        match self.answering.head(&head)? {
            Flow::Whole => self.answering.whole(Response { body, trailers: headers(trailers), ..head }),
            Flow::Stream(mut told) => {
                // In pieces as small as can be.
                for piece in body.chunks(1) {
                    self.answering.data(piece, &mut told.body)?;
                }
                self.answering.end(&headers(trailers), &mut told.body)?;
                Ok(told)
            }
            Flow::Pass => Ok(Response { body, trailers: headers(trailers), ..head }),
        }
    }

    /// Answers with a status alone: a head and nothing else.
    pub(crate) fn end(&mut self, fields: &[(&str, &str)]) -> Result<Response, Refusal> {
        let mut head = Response { status: 200, headers: native(), ..Response::default() };
        head.headers.extend(headers(fields));
        match self.answering.head(&head)? {
            Flow::Whole => self.answering.whole(head),
            Flow::Stream(mut told) => {
                self.answering.end(&Headers::new(), &mut told.body)?;
                Ok(told)
            }
            Flow::Pass => Ok(head),
        }
    }
}

pub(crate) fn native() -> Headers {
    headers(&[("content-type", "application/grpc"), ("x-served-by", "library")])
}

pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat()
}

pub(crate) fn text(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}

pub(crate) fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{}: {error}", text(&response.body)))
}
