//! Who calls, as [`crate::policy::access`] finds it out, and whether they may.

use std::time::{SystemTime, UNIX_EPOCH};

use naru_model::units::Timestamp;

use super::phases::Phases;
use super::{Client, Exchange};
use crate::error::Error;
use crate::policy::Refused;
use crate::policy::access::{Denied, Identity, Rules, authorize, identify, introduce};
use crate::route::Route;

impl<C: Client> Exchange<'_, C> {
    /// Finds out who calls, lets in whom the rules let in, and tells the service of it.
    pub(super) fn authenticate(&mut self, rules: &Rules) -> Result<Identity, Error> {
        let (callers, request) = (self.table.callers(), &self.scratch.request);
        let now = wall();
        let identity = identify(callers, rules, request, self.client.origin().caller(), now)?;
        self.story.caller = identity.caller;
        authorize(rules, callers, &identity, request, self.story.client, now)?;
        introduce(&identity, &mut self.scratch.request, &mut self.scratch.added);
        Ok(identity)
    }

    /// As [`Exchange::authenticate`] on a route without policies: who is shut out is so there too, who is known is
    /// recorded, and its own limits hold. Costs nothing where nobody is registered.
    pub(super) fn recognise(&mut self, route: &Route) -> Result<(), Error> {
        if self.table.callers.is_empty() || self.is_own_call() {
            return Ok(());
        }
        let identity = self.authenticate(&Rules::default())?;
        if let Some(client) = &identity.client
            && !client.limits.are_none()
            && let Some(policies) = self.table.bare.clone()
        {
            self.phases = Some(Phases::new(policies, route.limits.clone(), self.scratch));
            self.take_limits(&identity)?;
        }
        Ok(())
    }
}

/// The wall clock itself, unlike the thread's: that one stands still while a machine is suspended and does not follow when
/// the clock is set, and what has expired meanwhile must not hold.
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| since.as_micros() as u64))
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        let refused = Refused::new(denied.status, denied.word, denied.detail);
        match denied.www_authenticate {
            Some(challenge) => refused.with("www-authenticate", challenge).into(),
            None => refused.into(),
        }
    }
}
