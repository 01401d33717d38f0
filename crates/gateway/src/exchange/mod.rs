//! The life of one request, written once for every pair of protocols.
//!
//! ```text
//!  client                                                                                      endpoint
//!    │  read head          http1::serve, http2::serve   a whole head, or a timeout                │
//!    │  refuse hostile     http1::request, http2::head  what could be read in two ways            │
//!    ├─ identify           who the client is, which trace and request this is                     │
//!    ├─ route              Table::route                                                           │
//!    ├─ admit              Service::admit               a place, and an endpoint to be there      │
//!    ├─ attempt ┬ pick     Permit::pick                                                           │
//!    │    ▲     ├ connect  upstream::connect            a pooled connection or a new one          │
//!    │    │     ├ send     head and body ─────────────────────────────────────────────────────────▶
//!    │    │     └ first byte ◀───────────────────────── the head of the answer                    │
//!    │    └──────── again, when nothing was sent or it may be sent twice                          │
//!    ◀─ answer             head, body, trailers; or a tunnel after 101 ◀──────────────────────────┤
//!    └─ record             RequestRecord
//! ```
//!
//! A route with policies goes through more phases; see [`phases`].
//!
//! Both bodies flow at the same time, in one task; nothing is handed from one task to another. An error in any phase
//! ends in [`problem`], or, when the answer has begun, in a cut that the client can see.

mod answer;
mod attempt;
mod auth;
mod cached;
mod client;
mod deliver;
mod identify;
mod phases;
mod problem;
mod problem_form;
mod record;
mod shaped;
mod through;
mod tunnel;

pub(crate) use client::{Client, Origin};
pub(crate) use problem_form::weighed;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use naru_model::policy::Priority;
use tokio::time::Instant;

use crate::error::Error;
use crate::flight::UnderWay;
use crate::head::{Lines, RequestHead, ResponseHead};
use crate::route::Route;
use crate::service::{Permit, Service};
use crate::thread::{Current, Thread};
use crate::timer::{Timer, after};
use phases::Phases;
use record::Story;

/// Memory for one request's heads, used again by the thread's next one.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) request: RequestHead,
    pub(crate) response: ResponseHead,
    added: Lines,
    /// What the phases of a route with policies add to the answer.
    said: Lines,
    /// `Referer` and `User-Agent` as they came, when records carry them.
    agent: [Vec<u8>; 2],
}

/// One request under way.
struct Exchange<'a, C> {
    thread: &'a Thread,
    table: Rc<Current>,
    client: &'a mut C,
    scratch: &'a mut Scratch,
    timer: &'a mut Timer,
    began: Instant,
    /// When the route's timeout ends; `None`: never.
    until: Option<Instant>,
    story: Story,
    /// Counts it on its route; `None` while it has none.
    under_way: Option<UnderWay>,
    /// `None` on a route without policies, as most are.
    phases: Option<Box<Phases>>,
}

/// Serves a request whose head has been read to `scratch`; returns when it had ended.
pub(crate) async fn run<C: Client>(
    thread: &Thread,
    client: &mut C,
    scratch: &mut Scratch,
    timer: &mut Timer,
    began: Instant,
) -> Instant {
    let mut exchange = Exchange::begin(thread, client, scratch, timer, began);
    if let Err(error) = exchange.serve().await {
        exchange.be_as_asked();
        exchange.fail(&error).await;
    }
    exchange.record()
}

/// Answers a request whose head could not be read, or was refused.
pub(crate) async fn refuse<C: Client>(
    thread: &Thread,
    client: &mut C,
    scratch: &mut Scratch,
    timer: &mut Timer,
    began: Instant,
    error: &Error,
) {
    scratch.request.clear();
    let mut exchange = Exchange::begin(thread, client, scratch, timer, began);
    exchange.identify();
    exchange.fail(error).await;
    exchange.record();
}

impl<'a, C: Client> Exchange<'a, C> {
    fn begin(
        thread: &'a Thread,
        client: &'a mut C,
        scratch: &'a mut Scratch,
        timer: &'a mut Timer,
        began: Instant,
    ) -> Self {
        Exchange {
            thread,
            table: thread.table(),
            client,
            scratch,
            timer,
            began,
            until: None,
            story: Story::begin(thread, began),
            under_way: None,
            phases: None,
        }
    }

    async fn serve(&mut self) -> Result<(), Error> {
        self.identify();
        let table = self.table.clone();
        let route = self.route(&table)?;
        let mut service = route.choose().clone();
        self.story.service = service.id;
        match route.policies.as_ref().or(table.unwritten.as_ref()) {
            None => self.recognise(route)?,
            Some(policies) => {
                self.phases = Some(Phases::new(policies.clone(), route.limits.clone(), self.scratch));
                if !policies.go_straight {
                    // Apart in memory, so that what most requests need stays small.
                    return Box::pin(self.serve_with(service, policies.clone())).await;
                }
                service = self.go_straight(service, policies)?;
            }
        }
        let permit = self.admit(&service).await?;
        let answered = self.attempt(&service, permit).await?;
        if self.phases.is_some() {
            self.come_back();
        }
        self.answer(&service, answered).await
    }

    fn route<'t>(&mut self, table: &'t Current) -> Result<&'t Arc<Route>, Error> {
        let local = self.client.origin().local;
        let route = table.route_from(local, &self.scratch.request).ok_or(Error::NoRoute)?;
        self.until = route.timeout.map(|timeout| after(self.began, timeout));
        self.story.route = route.id;
        self.story.function = route.function;
        self.under_way = Some(route.flight.begin(self.thread.number));
        Ok(route)
    }

    async fn admit(&mut self, service: &Arc<Service>) -> Result<Permit, Error> {
        let priority = self.phases.as_ref().map_or(Priority::default(), |phases| phases.priority);
        let permit = self.meanwhile(None, service.admit(priority)).await??;
        self.story.waiting = permit.waited();
        Ok(permit)
    }

    /// Waits for `future` while the client is there and the route's time, or until `deadline`, has not run out.
    async fn meanwhile<T>(
        &mut self,
        deadline: Option<Instant>,
        future: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            if self.client.poll_gone(cx).is_ready() {
                return Poll::Ready(Err(Error::ClientGone));
            }
            if deadline.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
                return Poll::Ready(Err(Error::ConnectTimedOut));
            }
            if self.until.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
                return Poll::Ready(Err(Error::TooLong));
            }
            Poll::Pending
        })
        .await
    }
}

impl From<crate::service::Refusal> for Error {
    fn from(refusal: crate::service::Refusal) -> Self {
        Error::NotAdmitted(refusal)
    }
}
