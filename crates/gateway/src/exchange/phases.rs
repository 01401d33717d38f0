//! The phases of a request on a route that has policies, in their order (`docs/guides/request-life.md`).
//!
//! Everything here is apart from [`Exchange::serve`], whose frame stays as small as it is for the routes without.

use std::sync::Arc;

use bytes::Bytes;
use naru_model::message::Answering;
use naru_model::policy::{Job, Pattern, Priority};
use naru_model::record::Method;

use super::cached::{self, Cached};
use super::identify::end_hop;
use super::problem_form::Form;
use super::through::Stages;
use super::{Client, Exchange, Scratch};
use crate::error::Error;
use crate::head::{Body, Known, Lines, RequestHead, Span};
use crate::policy::access::{Identity, is_same};
use crate::policy::limit::{Counted, Direction, Flow, Limits, Taken};
use crate::policy::{Cors, Policies, Refused, path_change};
use crate::service::Service;

/// What the phases know of one request.
pub(super) struct Phases {
    pub(super) policies: Arc<Policies>,
    /// Fields of whatever answer is given, also when it is a refusal.
    pub(super) lines: Lines,
    limits: Option<Arc<Limits>>,
    /// What the request has taken of them; given back when it has ended.
    taken: Taken,
    pub(super) priority: Priority,
    /// Groups of the client that calls.
    pub(super) groups: Vec<String>,
    /// The head as the client sent it, as far as phases change it.
    asked: Asked,
    /// In which form the client wants to hear of problems; noted where a phase may change what it has said of that.
    pub(super) form: Option<Form>,
    /// All of the request's body, when a phase had to read it; sent in the place of what comes from the client.
    pub(super) body: Option<Bytes>,
    /// Bytes of body that the client sent for it.
    pub(super) bytes_in: Option<u64>,
    /// Takes the answer to a converted request.
    pub(super) answering: Option<Box<dyn Answering>>,
    /// The client has shown who it is: its answer may be its own.
    pub(super) authorized: bool,
    /// What its answer is kept under; empty where nothing is kept.
    pub(super) key: Arc<str>,
    pub(super) cached: Option<Cached>,
    /// What the answer says of how the cache was used.
    pub(super) cache_status: String,
    /// What is done to the answer's body.
    pub(super) stages: Stages,
}

/// Everything a change of a request's head may touch beside its fields. Its spans stay good, as no head's buffer shrinks.
#[derive(Debug, Clone, Copy)]
struct Asked {
    method: Method,
    method_name: Span,
    path: Span,
    query: Option<Span>,
    authority: Span,
    takes_trailers: bool,
}

impl Asked {
    fn of(head: &RequestHead) -> Self {
        Asked {
            method: head.method,
            method_name: head.method_name,
            path: head.path,
            query: head.query,
            authority: head.authority,
            takes_trailers: head.takes_trailers,
        }
    }
}

impl Phases {
    /// Takes the memory for its lines from `scratch`, where they go back to in the end.
    pub(super) fn new(
        policies: Arc<Policies>,
        limits: Option<Arc<Limits>>,
        scratch: &mut Scratch,
    ) -> Box<Self> {
        let mut lines = std::mem::take(&mut scratch.said);
        lines.clear();
        let head = &scratch.request;
        let changes = !policies.request.is_empty() || policies.shape.is_some();
        let keeps = policies.cache.is_some() || !policies.invalidates.is_empty();
        let shows = |name| head.fields.get(name).is_some();
        Box::new(Phases {
            authorized: keeps && (shows("authorization") || shows("x-api-key")),
            key: if keeps { cached::key(head) } else { Arc::default() },
            cached: None,
            cache_status: String::new(),
            policies,
            lines,
            limits,
            taken: Taken::default(),
            priority: Priority::default(),
            groups: Vec::new(),
            asked: Asked::of(head),
            form: changes.then(|| Form::wanted(&head.fields)),
            body: None,
            bytes_in: None,
            answering: None,
            stages: Stages::default(),
        })
    }
}

impl<C: Client> Exchange<'_, C> {
    /// As [`Exchange::serve`] from there on.
    pub(super) async fn serve_with(
        &mut self,
        service: Arc<Service>,
        policies: Arc<Policies>,
    ) -> Result<(), Error> {
        let result = self.go_through(service, &policies).await;
        self.be_as_asked();
        if let Err(error) = &result
            && self.story.status == 0
            && error.is_for_want_of_service()
            && let Some(entry) = self.last_resort()
        {
            self.story.fault = error.fault();
            return self.answer_stale(&entry, error.status()).await;
        }
        match (result, &policies.policy.fallback) {
            (Err(error), Some(fallback)) if self.story.status == 0 && error.is_for_want_of_service() => {
                self.story.fault = error.fault();
                self.fall_back(fallback).await
            }
            (result, _) => result,
        }
    }

    async fn go_through(&mut self, service: Arc<Service>, policies: &Arc<Policies>) -> Result<(), Error> {
        if policies.broken {
            let detail =
                "this route is not set up as it should be; its operators find out why in the gateway's log";
            return Err(Refused::new(503, "route-broken", detail).with("retry-after", "60").into());
        }
        let own = self.is_own_call();
        if !own {
            if let Some(cors) = &policies.cors
                && self.cross_origin(cors)?
            {
                return self.answer_preflight().await;
            }
            self.let_in(policies)?;
        }
        self.prepare(policies)?;
        if let Some(cache) = &policies.cache
            && self.look_up(cache).await?
        {
            return Ok(());
        }
        if let Some(shape) = &policies.shape
            && let Some(response) = self.shape_request(shape.as_ref(), policies).await?
        {
            return self.answer_shaped(response).await;
        }
        let service = if own { service } else { self.by_pattern(service, policies)? };
        let permit = self.admit(&service).await?;
        let answered = self.attempt(&service, permit).await?;
        self.be_as_asked();
        self.answer_with(&service, answered).await
    }

    /// All phases before admission, on a route where none of them waits for anything ([`Policies::go_straight`]).
    pub(super) fn go_straight(
        &mut self,
        service: Arc<Service>,
        policies: &Policies,
    ) -> Result<Arc<Service>, Error> {
        let own = self.is_own_call();
        if !own {
            self.let_in(policies)?;
        }
        self.prepare(policies)?;
        if own { Ok(service) } else { self.by_pattern(service, policies) }
    }

    /// What follows such phases when the head of the answer is there.
    pub(super) fn come_back(&mut self) {
        self.be_as_asked();
        let Some(phases) = &self.phases else { return };
        let (response, change) = (&mut self.scratch.response, &phases.policies.response);
        if !change.is_empty() && response.status != 101 {
            end_hop(&mut response.fields);
            change.apply(&mut response.fields);
        }
    }

    /// Finds out who calls, whether it may, and whether it may so often. The server's own calls have come through here once, as
    /// somebody's.
    fn let_in(&mut self, policies: &Policies) -> Result<(), Error> {
        let identity = self.authenticate(&policies.access)?;
        if let Some(phases) = self.phases.as_mut().filter(|phases| phases.policies.shape.is_some()) {
            phases.groups.clone_from(&identity.groups);
        }
        self.take_limits(&identity)
    }

    fn prepare(&mut self, policies: &Policies) -> Result<(), Error> {
        self.announce_sunset()?;
        self.bound_body(policies)?;
        self.change_request(policies)
    }

    /// Counts the request for all that limits it, and finds out how important it is.
    pub(super) fn take_limits(&mut self, identity: &Identity) -> Result<(), Error> {
        let Some(phases) = self.phases.as_deref_mut() else { return Ok(()) };
        let Some(limits) = &phases.limits else { return Ok(()) };
        let story = &self.story;
        let who = Counted {
            caller: story.caller,
            address: story.client,
            route: story.route,
            service: story.service,
        };
        let client = identity.client.as_ref().map(|client| &client.limits);
        phases.priority = limits.priority(client);
        let (handles, now) = (&self.client.origin().handles, self.thread.timestamp(self.began));
        let taken = limits.take(&who, client, handles, &mut phases.lines, now);
        phases.taken = taken.map_err(Refused::from)?;
        Ok(())
    }

    /// What slows and counts a body of this request.
    pub(super) fn flow(&self, direction: Direction) -> Option<Box<Flow>> {
        self.phases.as_ref()?.taken.flow(direction)
    }

    /// Tells whether the server itself calls, and not somebody who says so.
    pub(super) fn is_own_call(&self) -> bool {
        let secret = self.table.own_secret.as_bytes();
        // What clients say in `naru-*` was dropped when the request was identified; here it is looked at once more.
        let mut said = self.scratch.request.fields.all_values(Known::NaruOwn);
        !secret.is_empty() && said.next().is_some_and(|said| is_same(said, secret))
    }

    /// Returns whether the request is a preflight, which is answered here.
    fn cross_origin(&mut self, cors: &Cors) -> Result<bool, Error> {
        let Some(phases) = &mut self.phases else { return Ok(false) };
        let fields = &self.scratch.request.fields;
        let preflight = self.scratch.request.method == Method::Options
            && fields.get("origin").is_some()
            && fields.get("access-control-request-method").is_some();
        if preflight {
            cors.preflight(fields, &mut phases.lines)?;
        } else if cors.allow(fields, &mut phases.lines) {
            cors.expose(&mut phases.lines);
        }
        Ok(preflight)
    }

    async fn answer_preflight(&mut self) -> Result<(), Error> {
        self.scratch.response.clear();
        self.scratch.response.status = 204;
        self.deliver(Bytes::new()).await
    }

    fn announce_sunset(&mut self) -> Result<(), Error> {
        let Some(phases) = &mut self.phases else { return Ok(()) };
        let Some(sunset) = &phases.policies.sunset else { return Ok(()) };
        phases.lines.append(sunset.lines());
        Ok(sunset.check(self.thread.timestamp(self.began))?)
    }

    fn bound_body(&mut self, policies: &Policies) -> Result<(), Error> {
        let Some(most) = policies.policy.body else { return Ok(()) };
        if matches!(self.scratch.request.body, Body::Sized(length) if length > most.0) {
            return Err(Error::BodyTooLarge);
        }
        self.client.bound(most.0);
        Ok(())
    }

    fn change_request(&mut self, policies: &Policies) -> Result<(), Error> {
        let request = &mut self.scratch.request;
        if let Some(change) = &policies.path {
            if path_change::wanders(request.path()) {
                let detail = "the path has . or .. as a segment, which is not resolved here";
                return Err(Refused::new(400, "ambiguous-path", detail).into());
            }
            if let Some(path) = change.apply(request.path()) {
                let query = request.query().map(str::to_owned);
                request.set_target(path.as_bytes(), query.as_deref().map(str::as_bytes));
            }
        }
        if !policies.request.is_empty() {
            if policies.request.changes_query() {
                let path = request.path().to_owned();
                let query = policies.request.query(request.query());
                request.set_target(path.as_bytes(), query.as_deref().map(str::as_bytes));
            }
            policies.request.apply(&mut request.fields);
            if let Some(host) = policies.request.host() {
                request.set_authority(host.as_bytes());
            }
        }
        if let Some(host) = &policies.link {
            request.set_authority(host.as_bytes());
            // Who asked is nobody's business outside.
            self.scratch.added.drop_where(|name| name == b"forwarded" || name.starts_with(b"x-forwarded-"));
        }
        Ok(())
    }

    /// The service that the request goes to: its own, or naru's where a pattern has to be kept.
    fn by_pattern(&mut self, service: Arc<Service>, policies: &Policies) -> Result<Arc<Service>, Error> {
        let Some(pattern) = &policies.policy.pattern else { return Ok(service) };
        if matches!(pattern, Pattern::Job(Job { on_request: true, .. })) && !self.wants_to_be_told_later() {
            return Ok(service);
        }
        let Some(own) = &self.table.own else {
            let detail = "the server that keeps such requests is not there";
            return Err(Refused::new(503, "no-own-service", detail).with("retry-after", "5").into());
        };
        let added = &mut self.scratch.added;
        added.push("naru-own", &[self.table.own_secret.as_bytes()]);
        added.push("naru-route", &[policies.name.as_bytes()]);
        if let Some(caller) = self.table.name_of(self.story.caller) {
            added.push("naru-caller", &[caller.as_str().as_bytes()]);
        }
        self.story.service = own.id;
        Ok(own.clone())
    }

    /// Source: RFC 7240 §4.1.
    fn wants_to_be_told_later(&self) -> bool {
        let fields = &self.scratch.request.fields;
        let prefers = fields.iter().filter(|(_, name, _)| name.eq_ignore_ascii_case(b"prefer"));
        let mut preferences = prefers.flat_map(|(_, _, value)| crate::http1::request::list(value));
        preferences.any(|preference| {
            let word = preference.split(|b| matches!(b, b';' | b'=')).next().unwrap_or_default();
            word.trim_ascii().eq_ignore_ascii_case(b"respond-async")
        })
    }

    /// Gives the request's head back what its client said, for the answer and the record.
    pub(super) fn be_as_asked(&mut self) {
        let Some(phases) = &self.phases else { return };
        let request = &mut self.scratch.request;
        let Asked { method, method_name, path, query, authority, takes_trailers } = phases.asked;
        (request.method, request.method_name) = (method, method_name);
        (request.path, request.query, request.authority) = (path, query, authority);
        request.takes_trailers = takes_trailers;
        if let Some(bytes) = phases.bytes_in {
            self.story.bytes_in = bytes;
        }
    }
}
