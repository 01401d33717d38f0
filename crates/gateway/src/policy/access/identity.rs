//! Who calls, as far as it was proved.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use naru_model::policy::Proof;
use naru_model::snapshot::CallerId;
use serde_json::{Map, Value};

use super::callers::Registered;
use super::certificate::PeerCertificate;
use super::hash::{Sha256, same};
use super::token::base64url;
use crate::head::Lines;

/// The longest name of a client that is not registered, in bytes.
const LONGEST_NAME: usize = 256;

/// Who calls; cheap to clone within its thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity(Rc<Who>);

/// What is known of a caller.
#[derive(Debug, Default)]
pub(crate) struct Who {
    /// 0: nobody registered.
    pub(crate) caller: CallerId,
    /// `None`: nobody. Fit for a header field; of an outside issuer's client that is not registered, what its token says.
    pub(crate) name: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) scopes: Vec<String>,
    /// Of the token; empty without one.
    pub(crate) claims: Map<String, Value>,
    /// `None`: nobody has proved anything.
    pub(crate) proof: Option<Proof>,
    /// The client, when it is registered.
    pub(crate) client: Option<Arc<Registered>>,
    /// What the service is told of the caller: `naru-client` and `naru-scopes`.
    pub(super) lines: Lines,
}

impl Identity {
    pub(super) fn new(who: Who) -> Identity {
        Identity(Rc::new(who))
    }

    /// Tells whether both are the same client.
    pub(super) fn is_same_client(&self, other: &Identity) -> bool {
        self.caller == other.caller && self.name == other.name
    }
}

impl Deref for Identity {
    type Target = Who;

    fn deref(&self) -> &Who {
        &self.0
    }
}

impl Who {
    pub(super) fn registered(client: &Arc<Registered>, proof: Proof, scopes: Vec<String>) -> Who {
        let lines = lines(client.name.as_str(), &scopes);
        Who {
            caller: client.id,
            name: Some(client.name.to_string()),
            groups: client.groups.clone(),
            scopes,
            claims: Map::new(),
            proof: Some(proof),
            client: Some(client.clone()),
            lines,
        }
    }

    /// An outside issuer's client. `None`: its name is fit for no header field.
    pub(super) fn unknown(name: &str, scopes: Vec<String>) -> Option<Who> {
        let is_fit =
            !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(|b| b.is_ascii_graphic());
        is_fit.then(|| Who {
            name: Some(name.to_owned()),
            lines: lines(name, &scopes),
            scopes,
            proof: Some(Proof::Jwt),
            ..Who::default()
        })
    }
}

fn lines(name: &str, scopes: &[String]) -> Lines {
    let mut lines = Lines::default();
    lines.push("naru-client", &[name.as_bytes()]);
    let fit: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| is_scope(scope)).collect();
    if !fit.is_empty() {
        lines.push("naru-scopes", &[fit.join(" ").as_bytes()]);
    }
    lines
}

/// Source: RFC 6749 §3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// What a token must be shown together with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// Whoever has it may use it.
    Bearer,
    /// The connection's client certificate must be this one (RFC 8705 §3.1).
    Certificate(Sha256),
}

impl Binding {
    /// # Errors
    /// It is bound to something that is not checked here, such as a DPoP key (RFC 9449), so that it is no bearer token.
    pub(super) fn of(claims: &Map<String, Value>) -> Result<Binding, &'static str> {
        let Some(confirmation) = claims.get("cnf") else { return Ok(Binding::Bearer) };
        let refused = "the token is bound to something that is not checked here";
        let members = confirmation.as_object().filter(|members| members.len() == 1).ok_or(refused)?;
        let thumbprint = members.get("x5t#S256").and_then(Value::as_str).ok_or(refused)?;
        let bytes = base64url(thumbprint.as_bytes()).ok_or(refused)?;
        bytes.try_into().map(Binding::Certificate).map_err(|_| refused)
    }

    pub(super) fn holds(&self, peer: Option<&PeerCertificate>) -> bool {
        match self {
            Binding::Bearer => true,
            Binding::Certificate(wanted) => peer.is_some_and(|peer| same(&peer.fingerprint, wanted)),
        }
    }
}
