//! What the service answers in many messages: a line of JSON for each, or an event.

use std::sync::Arc;

use naru_model::message::{Answering, Flow, Headers, Refusal, Response, header, set_header};
use prost_reflect::FieldDescriptor;
use serde_json::{Value, json};

use super::answer::{error, statusless};
use super::descriptors::Call;
use super::frame::Frames;
use super::status::{self, Status};
use super::{accepts, document, is_native, metadata};
use crate::body::{media_type, refused, varies_by_accept};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `application/x-ndjson`: a line for each message.
    Lines,
    /// `text/event-stream`: an event for each message.
    Events,
}

/// Takes the messages of a call that streams.
pub(super) struct Streamed {
    call: Arc<Call>,
    /// The field of each message that is told alone.
    field: Option<FieldDescriptor>,
    form: Form,
    /// Of the client.
    accept: Option<String>,
    frames: Frames,
    /// Why the stream can't go on; the client has been told.
    failed: Option<Refusal>,
}

impl Streamed {
    pub(super) fn new(call: Arc<Call>, field: Option<FieldDescriptor>, asked: &Headers) -> Self {
        Streamed {
            call,
            field,
            form: if accepts(asked, "text/event-stream") { Form::Events } else { Form::Lines },
            accept: header(asked, "accept").map(str::to_owned),
            frames: Frames::default(),
            failed: None,
        }
    }

    fn take(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let Streamed { call, field, form, frames, .. } = self;
        frames.push(data, |bytes| {
            let message = document::of_bytes(&call.output, bytes)?;
            let before = out.len();
            out.extend_from_slice(form.opening());
            let written = document::write(&message, field.as_ref(), call.holds_any, out);
            if written.is_err() {
                out.truncate(before);
            } else {
                out.extend_from_slice(form.closing());
            }
            written
        })
    }
}

impl Answering for Streamed {
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        if header(&head.headers, "grpc-status").is_some() {
            return Ok(Flow::Whole);
        }
        if head.status != 200 || !is_native(&media_type(&head.headers)) {
            return Err(statusless(head));
        }
        let mut headers = metadata::to_client(head.headers.clone(), &Headers::new());
        set_header(&mut headers, "content-type", self.form.media());
        varies_by_accept(&mut headers);
        if header(&headers, "cache-control").is_none() {
            set_header(&mut headers, "cache-control", "no-store");
        }
        Ok(Flow::Stream(Response { status: 200, headers, ..Response::default() }))
    }

    /// It ended before it began: with an error that can be the answer's own, or with nothing to say.
    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        if let Some(answer) = error(&self.call, self.accept.as_deref(), &response)? {
            return Ok(answer);
        }
        let mut headers = metadata::to_client(response.headers, &response.trailers);
        set_header(&mut headers, "content-type", self.form.media());
        varies_by_accept(&mut headers);
        let mut body = Vec::new();
        self.form.end(&mut body);
        Ok(Response { status: 200, headers, body, trailers: Vec::new() })
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        if let Some(refusal) = &self.failed {
            return Err(refusal.clone());
        }
        if let Err(refusal) = self.take(data, out) {
            self.form.problem(&status::of_refusal(&refusal), out);
            self.failed = Some(refusal);
        }
        Ok(())
    }

    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        if self.failed.is_some() {
            return Ok(());
        }
        match Status::of(trailers) {
            Some(status) if !status.is_ok() => {
                self.form.problem(&status.document(self.call.output.parent_pool()), out);
            }
            Some(_) if self.frames.are_complete() => self.form.end(out),
            Some(_) => {
                let refusal = refused(502, "the service's last message is not whole");
                self.form.problem(&status::of_refusal(&refusal), out);
            }
            None => {
                let refusal = refused(502, "the service ended its answer without a gRPC status");
                self.form.problem(&status::of_refusal(&refusal), out);
            }
        }
        Ok(())
    }
}

impl Form {
    fn media(self) -> &'static str {
        match self {
            Form::Lines => "application/x-ndjson",
            Form::Events => "text/event-stream",
        }
    }

    /// Before a message, which has no line end in it, as JSON has none outside of strings and escapes those in them.
    fn opening(self) -> &'static [u8] {
        match self {
            Form::Lines => b"",
            Form::Events => b"data: ",
        }
    }

    fn closing(self) -> &'static [u8] {
        match self {
            Form::Lines => b"\n",
            Form::Events => b"\n\n",
        }
    }

    /// Why no more comes. Its name is none that a field has by itself, so that a line with it can't be a message.
    fn problem(self, problem: &Value, out: &mut Vec<u8>) {
        let told = match self {
            Form::Lines => format!("{}\n", json!({ "@problem": problem })),
            Form::Events => format!("event: problem\ndata: {problem}\n\n"),
        };
        out.extend_from_slice(told.as_bytes());
    }

    /// All has come. Browsers begin an event stream anew when it ends, unless they are told that this is the end.
    fn end(self, out: &mut Vec<u8>) {
        if self == Form::Events {
            out.extend_from_slice(b"event: end\ndata: {}\n\n");
        }
    }
}
