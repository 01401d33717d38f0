//! The end of a request that its service did not answer: a small document for whoever sees it (RFC 9457).

use std::future::poll_fn;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use naru_model::record::{Fault, Method};
use tokio::time::Instant;

use super::identify::id_of;
use super::problem_form::Form;
use super::{Client, Exchange};
use crate::error::Error;
use crate::head::{Body, Fields, ResponseHead};
use crate::policy::Refused;

/// How long a client is waited for that does not take even this.
const PATIENCE: Duration = Duration::from_secs(5);
/// Until when to come back, in seconds, when there was no place or no instance.
const RETRY_AFTER: &str = "1";

impl<C: Client> Exchange<'_, C> {
    /// Tells the client of `error` if it has got nothing yet, else cuts the answer off.
    pub(super) async fn fail(&mut self, error: &Error) {
        self.story.fault = error.fault();
        let status = error.status();
        if self.story.status != 0 || status == 0 {
            self.client.abort();
            return;
        }
        let id = id_of(&self.scratch.request.fields, self.story.trace_id);
        let form = self.form();
        let document = form.document(error, status, &id);
        compose(&mut self.scratch.response, error, form, document.len());
        if let Some(phases) = &self.phases {
            self.scratch.response.fields.append(&phases.lines);
        }
        if self.scratch.request.method == Method::Head {
            self.scratch.response.body = Body::Empty;
        }
        if self.send(&document).await.is_none() {
            self.client.abort();
        }
    }

    /// Makes a problem document of an error that the service has answered in its own way, for a client that is to see
    /// nothing else; the head is made to fit. `None`: it is no error, or a problem document already.
    pub(super) fn problem_of_service(&mut self) -> Option<Bytes> {
        let form = self.form();
        let response = &mut self.scratch.response;
        let is_problem = response.fields.get("content-type").is_some_and(|content_type| {
            content_type.get(..19).is_some_and(|start| start.eq_ignore_ascii_case(b"application/problem"))
        });
        if response.status < 400 || is_problem {
            return None;
        }
        let status = response.status;
        let error =
            Error::from(Refused::new(status, "service-error", "the service has answered with an error"));
        let id = id_of(&self.scratch.request.fields, self.story.trace_id);
        // Of the head stays what speaks of the error, and goes what speaks of the body.
        response.fields.drop_where(|_, name| {
            let name = name.to_ascii_lowercase();
            name.starts_with(b"content-")
                || matches!(&name[..], b"etag" | b"last-modified" | b"accept-ranges")
        });
        response.fields.push(b"content-type", form.media_type());
        response.content_length = None;
        if status >= 500 {
            self.story.fault = Fault::Service;
        }
        Some(Bytes::from(form.document(&error, status, &id)))
    }

    /// In which form the client wants to hear of problems.
    fn form(&self) -> Form {
        let noted = self.phases.as_ref().and_then(|phases| phases.form);
        noted.unwrap_or_else(|| Form::wanted(&self.scratch.request.fields))
    }

    /// Returns `None` when the client does not take it.
    async fn send(&mut self, document: &str) -> Option<()> {
        let draining = self.thread.is_draining();
        self.client.respond(&self.scratch.request, &self.scratch.response, draining).ok()?;
        self.story.status = self.scratch.response.status;
        let mut rest = match self.scratch.response.body {
            Body::Empty => &[],
            _ => document.as_bytes(),
        };
        let until = Instant::now() + PATIENCE;
        let sent = poll_fn(|cx| {
            while !rest.is_empty() {
                match self.client.poll_send(cx, rest, true) {
                    Poll::Ready(Ok(taken)) => rest = &rest[taken..],
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return self.timer.poll(cx, until).map(|()| Ok(false)),
                }
            }
            self.client.finish(&Fields::default())?;
            let flushed = self.client.poll_flush(cx);
            if flushed.is_pending() {
                ready!(self.timer.poll(cx, until));
                return Poll::Ready(Ok(false));
            }
            flushed.map(|result| result.map(|()| true))
        });
        let sent = sent.await.ok()?;
        self.story.bytes_out = (document.len() - rest.len()) as u64;
        sent.then_some(())
    }
}

fn compose(head: &mut ResponseHead, error: &Error, form: Form, length: usize) {
    let status = error.status();
    head.clear();
    head.status = status;
    head.reason = head.fields.keep(reason(status).as_bytes());
    head.fields.push(b"content-type", form.media_type());
    head.fields.push(b"content-length", length.to_string().as_bytes());
    head.fields.push(b"cache-control", b"no-store");
    for (name, value) in error.fields() {
        head.fields.push(name.as_bytes(), value.as_bytes());
    }
    if status == 503 && !error.fields().iter().any(|(name, _)| *name == "retry-after") {
        head.fields.push(b"retry-after", RETRY_AFTER.as_bytes());
    }
    head.content_length = Some(length as u64);
    head.body = Body::Sized(length as u64);
}

/// Also of what is no error: shapes answer with any status.
pub(super) fn reason(status: u16) -> &'static str {
    let canonical = || http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    if status >= 400 { naru_model::problem::phrase(status) } else { canonical().unwrap_or("") }
}
