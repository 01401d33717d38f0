//! The phase `auth`: who calls, and whether they may.
//!
//! ```text
//! X-API-Key, Authorization, client certificate ─ identify ─▶ Identity ─ authorize ─▶ the request goes on
//!                                                    │                      │
//!                                                   401                 401 or 403
//! ```
//!
//! Who is registered comes from the server ([`callers`]), what a route asks for from its policy ([`rules`]). Nothing here
//! waits for anything: keys are hashes, tokens are verified with keys that the server fetched before.

pub(crate) mod callers;
mod certificate;
mod challenge;
mod credentials;
pub(crate) mod explain;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod gate;
mod hash;
mod identity;
mod kinds;
mod recent;
mod rules;
mod times;
mod token;
mod verified;

pub(crate) use callers::{Callers, Directory};
pub(crate) use certificate::PeerCertificate;
pub(crate) use hash::is_same;
pub(crate) use identity::Identity;
pub(crate) use recent::Recent;
pub(crate) use rules::Rules;

use std::net::IpAddr;

use naru_model::units::Timestamp;

use crate::head::{Lines, RequestHead};
use credentials::Shown;
use rules::Call;

/// A caller that may not. Becomes a problem document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied {
    /// 401: somebody else could, or with something else shown. 403: this one may not.
    pub(crate) status: u16,
    /// What it could show; for every 401.
    pub(crate) www_authenticate: Option<String>,
    /// What kind of refusal, stable for programs.
    pub(crate) word: &'static str,
    /// What happened; says nothing of secrets.
    pub(crate) detail: String,
}

impl Denied {
    fn unauthorized(word: &'static str, detail: String, challenge: String) -> Denied {
        Denied { status: 401, www_authenticate: Some(challenge), word, detail }
    }

    fn forbidden(word: &'static str, detail: String) -> Denied {
        Denied { status: 403, www_authenticate: None, word, detail }
    }
}

/// The connection that a request came on, as far as it says who calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peer<'c> {
    pub(crate) certificate: Option<&'c PeerCertificate>,
    /// What keys and what tokens were shown on it last; `None`: nobody remembers.
    pub(crate) recent: Option<&'c [Recent; 2]>,
}

/// Finds out who calls, by what the route looks at. On a route without `auth` whatever holds is taken, and what does not is
/// left to the service unless naru itself has given it out.
///
/// # Errors
/// Something that is looked at is bad: 401, whether or not the route asks for it.
pub(crate) fn identify(
    callers: &Callers,
    rules: &Rules,
    request: &RequestHead,
    peer: Peer<'_>,
    now: Timestamp,
) -> Result<Identity, Denied> {
    let look = rules.look(request.method_name());
    if callers.directory().is_empty() && !look.strictly {
        return Ok(callers.anonymous());
    }
    Shown::read(&request.fields).identify(callers, look, peer, now)
}

/// Decides whether the caller may.
///
/// # Errors
/// It may not: 401 when nothing that counts was shown, else 403.
pub(crate) fn authorize(
    rules: &Rules,
    callers: &Callers,
    identity: &Identity,
    request: &RequestHead,
    address: IpAddr,
    now: Timestamp,
) -> Result<(), Denied> {
    let call = Call { who: identity, method: request.method_name(), address, now };
    rules.judge(callers.directory().default_deny, call, &mut ())
}

/// Tells the service who calls, and keeps naru's API keys from it. What the client itself said in `naru-*` is dropped
/// already when a request comes in.
pub(crate) fn introduce(identity: &Identity, request: &mut RequestHead, added: &mut Lines) {
    if identity.proof.is_some() {
        credentials::keep_back(&mut request.fields);
        added.append(&identity.lines);
    }
}

#[cfg(test)]
mod tests;
