//! Answers out of a route's cache, and into it (RFC 9111); each says how it came by `Cache-Status` (RFC 9211).

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use naru_model::record::Method;
use naru_model::snapshot::CallerId;
use naru_model::units::Timestamp;
use tokio::time::Instant;

use super::answer::Ended;
use super::attempt::Answered;
use super::problem::reason;
use super::{Client, Exchange};
use crate::error::Error;
use crate::head::Fields;
use crate::policy::Refused;
use crate::policy::cache::{Cache, Conditions, Control, Entry, Lead, Life, Turn, life};

/// How long a request waits for another's answer to the same before it goes itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one request has to do with its route's cache.
pub(super) struct Cached {
    cache: Arc<Cache>,
    key: Arc<str>,
    /// The fields of the request that answers may depend on, as they were when it came here.
    request: Fields,
    authorized: bool,
    /// The one that goes for it, while others may wait.
    lead: Option<Lead>,
    /// What there is, and is too old to be given without asking.
    stale: Option<Arc<Entry>>,
    /// What the client has, taken out of a request that asks about what is here.
    conditions: Conditions,
    /// The service is asked whether `stale` still holds.
    asks: bool,
}

/// An answer on its way into the cache; whole or not at all.
pub(super) struct Filling {
    cache: Arc<Cache>,
    key: Arc<str>,
    request: Fields,
    groups: Vec<String>,
    entry: Entry,
    copy: Vec<u8>,
    /// Held until the answer is there for those who wait.
    _lead: Option<Lead>,
}

impl Filling {
    /// Takes a copy of more of the body; `false`: it has become too large.
    pub(super) fn take(&mut self, data: &[u8]) -> bool {
        self.copy.extend_from_slice(data);
        self.copy.len() as u64 <= self.cache.policy.largest.0
    }

    pub(super) fn finish(mut self) {
        self.entry.body = Bytes::from(std::mem::take(&mut self.copy));
        self.cache.put(&self.key, self.entry, &self.request, &self.groups);
    }
}

impl<C: Client> Exchange<'_, C> {
    fn now(&self) -> Timestamp {
        self.thread.timestamp(Instant::now())
    }

    /// Answers a request out of the cache, or prepares for what the service will say. Returns whether it is answered.
    pub(super) async fn look_up(&mut self, cache: &Arc<Cache>) -> Result<bool, Error> {
        if !matches!(self.scratch.request.method, Method::Get | Method::Head) {
            return Ok(false);
        }
        let fields = &self.scratch.request.fields;
        let control = Control::of(fields);
        if control.no_store || fields.get("range").is_some() {
            self.say("fwd=bypass");
            return Ok(false);
        }
        let Some(phases) = &self.phases else { return Ok(false) };
        let (key, groups) = (phases.key.clone(), phases.groups.clone());
        let until = Instant::now() + PATIENCE;
        let mut waited = false;
        let (found, lead) = loop {
            let found = cache.find(&key, &self.scratch.request.fields, &groups);
            let left = found.as_ref().and_then(|entry| entry.left(&control, self.now()));
            if let (Some(entry), Some(left)) = (&found, left) {
                let status = match waited {
                    true => format!("fwd=uri-miss; collapsed; ttl={}", left.as_secs()),
                    false => format!("hit; ttl={}", left.as_secs()),
                };
                let conditions = Conditions::of(&self.scratch.request.fields);
                self.say(&status);
                self.answer_kept(entry, &conditions).await?;
                return Ok(true);
            }
            if control.only_if_cached {
                let detail = "the request takes only what is kept here, and nothing is";
                return Err(Refused::new(504, "not-cached", detail).into());
            }
            // One that brings back no whole answer is no use to those who wait.
            let partial = found.is_none() && !Conditions::of(&self.scratch.request.fields).are_none();
            if self.scratch.request.method == Method::Head || partial {
                break (found, None);
            }
            match cache.turn(&key, self.now()) {
                Turn::Lead(lead) => break (found, Some(lead)),
                Turn::Alone => break (found, None),
                Turn::Wait(flight) => match self.meanwhile(Some(until), flight.ended()).await {
                    Ok(()) if Instant::now() < until => waited = true,
                    Ok(()) | Err(Error::ConnectTimedOut) => break (found, None),
                    Err(error) => return Err(error),
                },
            }
        };
        self.go_and_ask(cache, found, lead);
        Ok(false)
    }

    /// Prepares for the service's answer.
    fn go_and_ask(&mut self, cache: &Arc<Cache>, stale: Option<Arc<Entry>>, lead: Option<Lead>) {
        self.say(if stale.is_some() { "fwd=stale" } else { "fwd=uri-miss" });
        let request = &mut self.scratch.request;
        let before = request.fields.clone();
        let mut conditions = Conditions::default();
        let validators: Vec<_> = stale
            .iter()
            .flat_map(|entry| entry.validators().map(|(name, value)| (name, value.to_vec())))
            .collect();
        if !validators.is_empty() && request.method == Method::Get {
            conditions = Conditions::of(&request.fields);
            request.fields.drop_where(|_, name| {
                name.eq_ignore_ascii_case(b"if-none-match") || name.eq_ignore_ascii_case(b"if-modified-since")
            });
            validators.iter().for_each(|(name, value)| request.fields.push(name.as_bytes(), value));
        }
        let asks = !validators.is_empty() && request.method == Method::Get;
        let Some(phases) = &mut self.phases else { return };
        phases.cached = Some(Cached {
            cache: cache.clone(),
            key: phases.key.clone(),
            // Whatever proof it was by: the service is told who calls, and may answer that client alone.
            authorized: phases.authorized || self.story.caller != CallerId::default(),
            request: before,
            lead,
            stale,
            conditions,
            asks,
        });
    }

    /// Takes an answer to a question about what is kept here. `Ok(None)`: the client is answered with that.
    pub(super) async fn settle_stale(&mut self, answered: Answered) -> Result<Option<Answered>, Error> {
        let status = self.scratch.response.status;
        let now = self.now();
        let Some(cached) = self.phases.as_mut().and_then(|phases| phases.cached.as_mut()) else {
            return Ok(Some(answered));
        };
        if status == 304 && cached.asks {
            let Some(entry) = cached.stale.take() else { return Ok(Some(answered)) };
            let seconds = self.scratch.response.keep_alive_seconds;
            self.give_back(answered, Ended { at: Instant::now(), seconds });
            let entry = self.freshen(&entry, now);
            self.say("fwd-status=304");
            let conditions = self.take_conditions();
            self.answer_kept(&entry, &conditions).await?;
            return Ok(None);
        }
        if matches!(status, 500 | 502..=504)
            && let Some(entry) = cached.stale.clone().filter(|entry| entry.may_serve_stale(now))
        {
            drop(answered);
            self.answer_stale(&entry, status).await?;
            return Ok(None);
        }
        Ok(Some(answered))
    }

    /// What may be given in the place of an answer that does not come.
    pub(super) fn last_resort(&self) -> Option<Arc<Entry>> {
        let stale = self.phases.as_ref()?.cached.as_ref()?.stale.clone()?;
        stale.may_serve_stale(self.now()).then_some(stale)
    }

    pub(super) async fn answer_stale(&mut self, entry: &Arc<Entry>, status: u16) -> Result<(), Error> {
        self.say(&format!("fwd-status={status}; detail=\"stale-if-error\""));
        let conditions = self.take_conditions();
        self.answer_kept(entry, &conditions).await
    }

    fn take_conditions(&mut self) -> Conditions {
        let cached = self.phases.as_mut().and_then(|phases| phases.cached.as_mut());
        cached.map(|cached| std::mem::take(&mut cached.conditions)).unwrap_or_default()
    }

    fn freshen(&mut self, entry: &Arc<Entry>, now: Timestamp) -> Arc<Entry> {
        let Some(phases) = &mut self.phases else { return entry.clone() };
        let Some(cached) = &mut phases.cached else { return entry.clone() };
        let policy = &cached.cache.policy;
        // What the answer says now goes before what it said then; the rest still holds.
        let mut head = crate::head::ResponseHead { status: entry.status, ..Default::default() };
        let said = &self.scratch.response;
        for (_, name, value) in said.fields.iter() {
            head.fields.push(name, value);
        }
        for (_, name, value) in entry.fields.iter() {
            let repeated = said.fields.iter().any(|(_, n, _)| n.eq_ignore_ascii_case(name));
            if !repeated && !name.eq_ignore_ascii_case(b"age") {
                head.fields.push(name, value);
            }
        }
        let Some(life) = life(&head, cached.authorized, policy.ttl, policy.stale_if_error, now) else {
            cached.cache.invalidate(&cached.key);
            return entry.clone();
        };
        let fresh = || entry.freshened(said, life, now);
        cached.cache.put(&cached.key, fresh(), &cached.request, &phases.groups);
        cached.lead = None;
        Arc::new(fresh())
    }

    /// Answers with what is kept, or that the client has it.
    async fn answer_kept(&mut self, entry: &Arc<Entry>, conditions: &Conditions) -> Result<(), Error> {
        let known = entry.status == 200 && entry.is_known_to(conditions);
        let age = entry.age(self.now()).as_secs();
        let response = &mut self.scratch.response;
        response.clear();
        response.fields.clone_from(&entry.fields);
        response.status = if known { 304 } else { entry.status };
        response.reason = response.fields.keep(reason(response.status).as_bytes());
        response.fields.push(b"age", age.to_string().as_bytes());
        if known {
            response.fields.drop_where(|_, name| {
                name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"))
                    && !name.eq_ignore_ascii_case(b"content-location")
            });
        }
        let body = if known { Bytes::new() } else { entry.body.clone() };
        self.deliver(body).await
    }

    /// Decides whether the answer in `scratch.response` is kept, and has its body copied on its way if so. To be called
    /// when nothing but what is the client's own is still to be done to it.
    pub(super) fn keep_answer(&mut self) {
        let now = self.now();
        let response = &mut self.scratch.response;
        let Some(phases) = &mut self.phases else { return };
        let Some(cached) = phases.cached.take() else { return };
        let policy = &cached.cache.policy;
        let life = life(response, cached.authorized, policy.ttl, policy.stale_if_error, now)
            .filter(|_| self.scratch.request.method == Method::Get)
            .filter(|_| response.content_length.is_none_or(|length| length <= policy.largest.0));
        let Some(life) = life else {
            if let Some(lead) = cached.lead {
                lead.give_up(now);
            }
            return;
        };
        phases.stages.filling = Some(filling(cached, response, life, phases.groups.clone(), now));
        self.say("stored");
    }

    /// After a request that may have changed something: what is kept of it elsewhere holds no more.
    pub(super) fn invalidate(&self) {
        let safe = matches!(
            self.scratch.request.method,
            Method::Get | Method::Head | Method::Options | Method::Trace
        );
        let Some(phases) = self.phases.as_ref().filter(|_| !safe) else { return };
        if (200..400).contains(&self.scratch.response.status) {
            phases.policies.invalidates.iter().for_each(|cache| cache.invalidate(&phases.key));
        }
    }

    /// Adds to what the answer says of how the cache was used.
    fn say(&mut self, what: &str) {
        let Some(phases) = &mut self.phases else { return };
        match phases.cache_status.is_empty() {
            true => phases.cache_status.push_str("naru; "),
            false => phases.cache_status.push_str("; "),
        }
        // Writing to a string can't fail.
        let _ = write!(phases.cache_status, "{what}");
    }
}

fn filling(
    cached: Cached,
    response: &crate::head::ResponseHead,
    life: Life,
    groups: Vec<String>,
    now: Timestamp,
) -> Filling {
    Filling {
        entry: Entry::new(response, life, &cached.request, &groups, now),
        cache: cached.cache,
        key: cached.key,
        request: cached.request,
        groups,
        copy: Vec::new(),
        _lead: cached.lead,
    }
}

/// What an answer is kept under: the host and the target as the client asked for them, so that it is the same for all
/// routes that lead there.
pub(super) fn key(head: &crate::head::RequestHead) -> Arc<str> {
    Arc::from([head.host(), head.target()].concat())
}
