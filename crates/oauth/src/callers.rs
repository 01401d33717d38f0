//! Who may call, as the gateway is told it: clients, issuers, tokens taken back.

use naru_model::client::{Access, Client};
use naru_model::snapshot::{Caller, Callers, TrustedIssuer};

use crate::authority::Published;
use crate::clients::Directory;

/// Puts together what the gateway needs, and no more: what is only for the token endpoint stays here.
pub fn callers(
    access: &Access,
    clients: &Directory,
    own: Option<&Published>,
    outside: &[TrustedIssuer],
) -> Callers {
    let for_gateway = |caller: &Caller| {
        let client = Client { secrets: Vec::new(), jwks: None, ..caller.client.clone() };
        Caller { client, ..caller.clone() }
    };
    Callers {
        default_deny: access.default_deny,
        clients: clients.callers().map(for_gateway).collect(),
        issuers: own.map(|own| own.issuer.clone()).into_iter().chain(outside.iter().cloned()).collect(),
        revoked: own.map(|own| own.revoked.clone()).unwrap_or_default(),
        client_ca: access.client_ca.clone(),
    }
}
