//! A gRPC service offered as REST with JSON: which method a request means, and the one message it makes.

use std::sync::Arc;

use naru_model::message::{Converted, Refusal, Request, Response, Shape, header, set_header};
use naru_model::policy::Grpc;
use naru_model::problem::Problem;

use super::answer::Unary;
use super::stream::Streamed;
use super::table::{Found, Table};
use super::{as_it_came, bind, descriptors, document, frame, is_native, metadata};
use crate::body::{Asked, media_type, refused};
use crate::error::Error;

#[derive(Debug)]
pub(super) struct RestFace {
    table: Table,
}

impl RestFace {
    /// # Errors
    /// As [`super::as_rest`].
    pub(super) fn read(policy: &Grpc) -> Result<RestFace, Error> {
        let wrong = |what| Error::Document { path: policy.descriptors.clone(), what };
        Ok(RestFace { table: Table::new(descriptors::read(policy)?).map_err(wrong)? })
    }

    fn is_native_call(&self, head: &Request) -> bool {
        is_native(&media_type(&head.headers)) && self.table.has(&head.path)
    }
}

impl Shape for RestFace {
    /// Who speaks gRPC itself gets the methods that are offered, and no others.
    fn passes(&self, head: &Request) -> bool {
        self.is_native_call(head)
    }

    fn request(&self, request: Request) -> Result<Converted, Refusal> {
        if self.is_native_call(&request) {
            return Ok(as_it_came(request));
        }
        let (binding, values) = match self.table.find(&request.method, &request.path)? {
            Found::Call(binding, values) => (binding, values),
            Found::OtherMethods(methods) => return Ok(Converted::Answer(not_allowed(&request, &methods))),
            Found::Nothing => {
                return Err(refused(404, "no method of the service is called by this path"));
            }
        };
        let call = &binding.call;
        if call.streams_in {
            let detail =
                format!("{} takes a stream of messages, which REST can't send; call it by gRPC", call.path);
            return Err(refused(501, detail));
        }
        let message = bind::message(binding, &values, &request)?;
        let asked = Asked::of(&request);
        let (call, field) = (Arc::clone(call), binding.answer.clone());
        let sent = Request {
            method: "POST".to_owned(),
            path: call.path.clone(),
            query: String::new(),
            body: frame::framed(&document::bytes(&message)),
            headers: metadata::to_service(request.headers.clone(), request.left),
            groups: request.groups,
            left: request.left,
        };
        Ok(match call.streams_out {
            false => Converted::Send(sent, Box::new(Unary { call, field, accept: asked.accept })),
            true => {
                let streamed = Streamed::new(call, field, &request.headers);
                Converted::Send(sent, Box::new(streamed))
            }
        })
    }
}

fn not_allowed(request: &Request, methods: &[&str]) -> Response {
    let detail = format!("this path is called by {}", methods.join(", "));
    let mut response = Problem::new(405, detail).response(header(&request.headers, "accept"));
    set_header(&mut response.headers, "allow", methods.join(", "));
    response
}
