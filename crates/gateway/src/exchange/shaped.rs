//! Requests and answers in another shape: read whole where they must be, converted, and sent on.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use naru_model::message::{Converted, Flow, Headers, Refusal, Request, Response, Shape};
use naru_model::record::{Fault, Method};
use tokio::time::Instant;

use super::answer::Ended;
use super::attempt::{Answered, client_error};
use super::problem::reason;
use super::through::headers;
use super::{Client, Exchange};
use crate::body::{Piece, Source};
use crate::error::Error;
use crate::head::{Body, Fields, Known, ResponseHead, is_field_name, is_field_value};
use crate::policy::{Policies, Refused};
use crate::service::Service;
use crate::timer::after;

/// A request's body that has to be read whole, where the route does not say how large it may be.
const LARGEST_REQUEST: u64 = 1 << 20;
/// An answer that has to be read whole.
const LARGEST_ANSWER: usize = 8 << 20;

impl<C: Client> Exchange<'_, C> {
    /// Reads the request and puts the converted one in its place; `Some`: that is the answer, and nobody need be asked.
    pub(super) async fn shape_request(
        &mut self,
        shape: &dyn Shape,
        policies: &Policies,
    ) -> Result<Option<Response>, Error> {
        let head = &self.scratch.request;
        let mut headers = headers(&head.fields);
        headers.retain(|(name, _)| !matches!(&**name, "content-length" | "expect"));
        let Some(phases) = &self.phases else { return Ok(None) };
        let mut request = Request {
            method: head.method_name().to_owned(),
            path: head.path().to_owned(),
            query: head.query().unwrap_or_default().to_owned(),
            headers,
            body: Vec::new(),
            groups: phases.groups.clone(),
            left: self.until.map(|until| until.saturating_duration_since(Instant::now())),
        };
        if shape.passes(&request) {
            return Ok(None);
        }
        let largest = policies.policy.body.map_or(LARGEST_REQUEST, |most| most.0);
        request.body = self.read_request(largest).await?;
        let Some(phases) = &mut self.phases else { return Ok(None) };
        phases.bytes_in = Some(request.body.len() as u64);
        match shape.request(request)? {
            Converted::Answer(response) => Ok(Some(response)),
            Converted::Send(request, answering) => {
                phases.answering = Some(answering);
                self.send_instead(request)?;
                Ok(None)
            }
        }
    }

    async fn read_request(&mut self, largest: u64) -> Result<Vec<u8>, Error> {
        if matches!(self.scratch.request.body, Body::Sized(length) if length > largest) {
            return Err(Error::BodyTooLarge);
        }
        self.client.bound(largest);
        if self.scratch.request.expects_continue {
            let mut interim = ResponseHead { status: 100, ..ResponseHead::default() };
            interim.reason = interim.fields.keep(b"Continue");
            self.client.interim(&self.scratch.request, &interim);
            self.scratch.request.expects_continue = false;
        }
        let mut body = Vec::new();
        let mut moved_at = Instant::now();
        poll_fn(|cx| {
            if let Poll::Ready(Err(_)) = self.client.poll_flush(cx) {
                return Poll::Ready(Err(Error::ClientGone));
            }
            loop {
                match self.client.poll_piece(cx) {
                    Poll::Ready(Ok(Piece::Data { .. })) => {
                        let data = self.client.data();
                        let length = data.len();
                        if body.len() as u64 + length as u64 > largest {
                            return Poll::Ready(Err(Error::BodyTooLarge));
                        }
                        body.extend_from_slice(data);
                        self.client.consume(length);
                        moved_at = Instant::now();
                    }
                    Poll::Ready(Ok(Piece::End)) => return Poll::Ready(Ok(())),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(client_error(error))),
                    Poll::Pending => break,
                }
            }
            if self.until.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
                return Poll::Ready(Err(Error::TooLong));
            }
            let until = after(moved_at, self.table.limits.body_idle);
            self.timer.poll(cx, until).map(|()| Err(Error::BodyTimedOut))
        })
        .await?;
        Ok(body)
    }

    /// Puts a converted request where the client's was.
    fn send_instead(&mut self, request: Request) -> Result<(), Error> {
        let head = &mut self.scratch.request;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        let fit = is_field_name(request.method.as_bytes())
            && request.path.starts_with('/')
            && plain(&request.path)
            && plain(&request.query);
        if !fit {
            return Err(unfit("a method or target that HTTP can't carry"));
        }
        head.method = Method::from_name(request.method.as_bytes());
        head.method_name = head.fields.keep(request.method.as_bytes());
        let query = (!request.query.is_empty()).then_some(request.query.as_bytes());
        head.set_target(request.path.as_bytes(), query);
        head.fields.drop_where(|known, _| known != Known::Host);
        head.takes_trailers = request.headers.iter().any(|(name, _)| name == "te");
        push_all(&mut head.fields, &request.headers)?;
        let length = request.body.len() as u64;
        head.body = if length == 0 { Body::Empty } else { Body::Sized(length) };
        if length > 0 {
            head.fields.push(b"content-length", length.to_string().as_bytes());
        }
        if let Some(phases) = &mut self.phases {
            phases.body = Some(Bytes::from(request.body));
        }
        Ok(())
    }

    /// Answers with what a conversion has made.
    pub(super) async fn answer_shaped(&mut self, response: Response) -> Result<(), Error> {
        self.dictate(&response)?;
        if self.scratch.response.status >= 500 {
            self.story.fault = Fault::Service;
        }
        if let Some(phases) = &self.phases {
            phases.policies.response.apply(&mut self.scratch.response.fields);
        }
        self.keep_answer();
        self.deliver(Bytes::from(response.body)).await
    }

    /// Has a converted request's answer converted back. `Ok(None)`: it is answered; else it goes on like any other.
    pub(super) async fn shape_answer(
        &mut self,
        service: &Arc<Service>,
        mut answered: Answered,
    ) -> Result<Option<Answered>, Error> {
        let Some(mut answering) = self.phases.as_mut().and_then(|phases| phases.answering.take()) else {
            return Ok(Some(answered));
        };
        let response = &mut self.scratch.response;
        let mut seen =
            Response { status: response.status, headers: headers(&response.fields), ..Response::default() };
        seen.headers.retain(|(name, _)| name != "content-length");
        match answering.head(&seen)? {
            Flow::Pass => Ok(Some(answered)),
            Flow::Stream(head) => {
                self.dictate(&head)?;
                self.scratch.response.body = Body::Streamed;
                if let Some(phases) = &mut self.phases {
                    phases.stages.answering = Some(answering);
                }
                Ok(Some(answered))
            }
            Flow::Whole => {
                let ended = self.read_answer(service, &mut answered, &mut seen).await?;
                self.give_back(answered, ended);
                let response = answering.whole(seen)?;
                self.answer_shaped(response).await?;
                Ok(None)
            }
        }
    }

    async fn read_answer(
        &mut self,
        service: &Service,
        answered: &mut Answered,
        response: &mut Response,
    ) -> Result<Ended, Error> {
        let mut moved_at = Instant::now();
        let connection = &mut answered.connection;
        let read = poll_fn(|cx| {
            loop {
                match connection.poll_piece(cx) {
                    Poll::Ready(Ok(Piece::Data { .. })) => {
                        let data = connection.data();
                        if response.body.len() + data.len() > LARGEST_ANSWER {
                            let detail = "the service's answer is too large to be converted";
                            return Poll::Ready(Err(Refused::new(502, "answer-too-large", detail).into()));
                        }
                        response.body.extend_from_slice(data);
                        let length = data.len();
                        connection.consume(length);
                        moved_at = Instant::now();
                    }
                    Poll::Ready(Ok(Piece::End)) => return Poll::Ready(Ok(Instant::now())),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(Error::Cut(error))),
                    Poll::Pending => break,
                }
            }
            if self.client.poll_gone(cx).is_ready() {
                return Poll::Ready(Err(Error::ClientGone));
            }
            if self.until.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
                return Poll::Ready(Err(Error::TooLong));
            }
            let until = after(moved_at, service.traffic.idle_timeout);
            self.timer.poll(cx, until).map(|()| Err(Error::Stalled))
        })
        .await;
        if let Err(error) = &read
            && let Some(failure) = error.failure()
        {
            answered.lease.failed(failure);
        }
        response.trailers = headers(answered.connection.trailers());
        Ok(Ended { at: read?, seconds: self.scratch.response.keep_alive_seconds })
    }

    /// Puts a conversion's head in the place of the endpoint's.
    fn dictate(&mut self, response: &Response) -> Result<(), Error> {
        if !(200..=599).contains(&response.status) {
            return Err(unfit("a status that is none"));
        }
        let head = &mut self.scratch.response;
        // For the pool, which is told how long the endpoint keeps the connection.
        let (keep_alive, seconds) = (head.keep_alive, head.keep_alive_seconds);
        head.clear();
        (head.keep_alive, head.keep_alive_seconds) = (keep_alive, seconds);
        head.status = response.status;
        head.reason = head.fields.keep(reason(response.status).as_bytes());
        push_all(&mut head.fields, &response.headers)
    }
}

/// Appends what a conversion says, but for what is the gateway's own to say.
fn push_all(fields: &mut Fields, headers: &Headers) -> Result<(), Error> {
    for (name, value) in headers {
        let known = Known::of(name.as_bytes());
        if known.is_for_this_hop() || matches!(known, Known::Host | Known::ContentLength) {
            continue;
        }
        if !is_field_name(name.as_bytes()) || !is_field_value(value.as_bytes()) {
            return Err(unfit("a header field that HTTP can't carry"));
        }
        fields.push(name.as_bytes(), value.as_bytes());
    }
    Ok(())
}

fn unfit(what: &str) -> Error {
    Refused::new(502, "unconvertible", format!("the conversion of this route made {what}")).into()
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        // Whatever it says, nothing but an error comes of a refusal.
        let status = if (400..=599).contains(&refusal.status) { refusal.status } else { 502 };
        let word = if status < 500 { "unfit-request" } else { "unfit-answer" };
        Refused::new(status, word, refusal.detail).into()
    }
}
