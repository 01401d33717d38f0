//! The phases of a request on a route that has policies, in their order (`docs/guides/request-life.md`).
//!
//! Everything here is apart from [`Exchange::serve`], whose frame stays as small as it is for the routes without.

use std::sync::Arc;

use naru_model::policy::Priority;

use super::Exchange;
use crate::error::Error;
use crate::exchange::Client;
use crate::head::{Known, Lines};
use crate::policy::limit::{Counted, Direction, Flow, Limits, Taken};
use crate::policy::{Policies, Refused};
use crate::service::Service;

/// What the phases know of one request.
#[derive(Debug)]
pub(super) struct Phases {
    pub(super) policies: Arc<Policies>,
    /// Fields of whatever answer is given, also when it is a refusal.
    pub(super) lines: Lines,
    limits: Option<Arc<Limits>>,
    /// What the request has taken of them; given back when it has ended.
    taken: Taken,
    pub(super) priority: Priority,
}

impl Phases {
    pub(super) fn new(policies: Arc<Policies>, limits: Option<Arc<Limits>>) -> Self {
        let (taken, priority) = (Taken::default(), Priority::default());
        Phases { policies, lines: Lines::default(), limits, taken, priority }
    }
}

impl<C: Client> Exchange<'_, C> {
    /// As [`Exchange::serve`] from there on.
    pub(super) async fn serve_with(
        &mut self,
        service: Arc<Service>,
        policies: Arc<Policies>,
    ) -> Result<(), Error> {
        if policies.broken {
            let detail =
                "this route is not set up as it should be; its operators find out why in the gateway's log";
            return Err(Refused::new(503, "route-broken", detail).with("retry-after", "60").into());
        }
        // The server's own calls have come through here once, as somebody's.
        if !self.is_own_call() {
            // cors
            // auth: `policy::access`, identify and authorize; it sets `story.caller`
            self.take_limits()?;
        }
        self.announce_sunset()?;
        let permit = self.admit(&service).await?;
        let answered = self.attempt(&service, permit).await?;
        self.answer(&service, answered).await
    }

    /// Counts the request for all that limits it, and finds out how important it is.
    fn take_limits(&mut self) -> Result<(), Error> {
        let Some(phases) = &mut self.phases else { return Ok(()) };
        let Some(limits) = &phases.limits else { return Ok(()) };
        let story = &self.story;
        let who = Counted {
            caller: story.caller,
            address: story.client,
            route: story.route,
            service: story.service,
        };
        phases.priority = limits.priority(story.caller);
        phases.taken = limits.take(&who, self.thread.timestamp(self.began)).map_err(Refused::from)?;
        phases.taken.say(&mut phases.lines);
        Ok(())
    }

    /// What slows and counts a body of this request.
    pub(super) fn flow(&self, direction: Direction) -> Option<Box<Flow>> {
        self.phases.as_ref()?.taken.flow(direction)
    }

    fn announce_sunset(&mut self) -> Result<(), Error> {
        let Some(phases) = &mut self.phases else { return Ok(()) };
        let Some(sunset) = &phases.policies.sunset else { return Ok(()) };
        phases.lines.append(sunset.lines());
        Ok(sunset.check(self.thread.timestamp(self.began))?)
    }

    /// Tells whether the server itself calls, and not somebody who says so.
    fn is_own_call(&self) -> bool {
        let secret = self.table.own_secret.as_bytes();
        // What clients say in `naru-*` was dropped when the request was identified; here it is looked at once more.
        let mut said = self.scratch.request.fields.all_values(Known::NaruOwn);
        !secret.is_empty() && said.next().is_some_and(|said| is_same(said, secret))
    }
}

/// Compares in a time that depends on the lengths alone.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
