//! What a request shows: API key, token, and on TLS a client certificate.
//!
//! What is shown and looked at must be good, all of it: a bad token beside a good key is refused, and so are two good ones of
//! different clients. Of several the token says who calls, else the key, else the certificate.

use naru_model::policy::Proof;
use naru_model::units::Timestamp;

use super::callers::{Callers, key_parts};
use super::certificate::PeerCertificate;
use super::challenge::Challenge;
use super::identity::Identity;
use super::rules::Look;
use super::{Denied, Peer};
use crate::head::Fields;

/// What the header fields of a request show.
#[derive(Debug, Default)]
pub(super) struct Shown<'f> {
    key: Option<&'f [u8]>,
    token: Option<&'f [u8]>,
    /// One of them more than once: what counts could be read in two ways.
    twice: Option<Proof>,
}

impl<'f> Shown<'f> {
    pub(super) fn read(fields: &'f Fields) -> Shown<'f> {
        let mut shown = Shown::default();
        let mut fields_of_authorization = 0;
        for (_, name, value) in fields.iter() {
            if name.len() == 9 && name.eq_ignore_ascii_case(b"x-api-key") {
                shown.note(Proof::ApiKey, value);
            } else if name.len() == 13 && name.eq_ignore_ascii_case(b"authorization") {
                fields_of_authorization += 1;
                if let Some((proof, value)) = authorization(value) {
                    shown.note(proof, value);
                }
                if fields_of_authorization > 1 {
                    shown.twice = Some(Proof::Jwt);
                }
            }
        }
        shown
    }

    fn note(&mut self, proof: Proof, value: &'f [u8]) {
        let place = if proof == Proof::Jwt { &mut self.token } else { &mut self.key };
        if place.replace(value).is_some() {
            self.twice = Some(proof);
        }
    }

    fn is_nothing(&self) -> bool {
        self.key.is_none() && self.token.is_none() && self.twice.is_none()
    }

    /// Finds out who calls.
    ///
    /// # Errors
    /// Something that is looked at is bad.
    pub(super) fn identify(
        &self,
        callers: &Callers,
        look: Look,
        peer: Peer<'_>,
        now: Timestamp,
    ) -> Result<Identity, Denied> {
        if self.is_nothing() && peer.certificate.is_none() {
            return Ok(callers.anonymous());
        }
        if let Some(proof) = self.twice.filter(|proof| look.strictly && look.kinds.has(*proof)) {
            return Err(bad(proof, "credentials-twice", "the same kind of credentials was shown twice"));
        }
        let token = self.token.filter(|_| look.kinds.has(Proof::Jwt) && self.twice.is_none());
        let key = self.key.filter(|_| look.kinds.has(Proof::ApiKey) && self.twice.is_none());
        let by_token = match token {
            Some(token) => identify_by_token(callers, look, token, peer, now)?,
            None => None,
        };
        let by_key = match key {
            Some(key) => identify_by_key(callers, look, key, peer, now)?,
            None => None,
        };
        if let (Some(one), Some(other)) = (&by_token, &by_key)
            && !one.is_same_client(other)
        {
            return Err(bad(
                Proof::Jwt,
                "credentials-disagree",
                "the token and the API key are of two clients",
            ));
        }
        if let Some(identity) = by_token.or(by_key) {
            return Ok(identity);
        }
        match peer.certificate.filter(|_| look.kinds.has(Proof::Mtls)) {
            Some(peer) => identify_by_certificate(callers, look, peer, now),
            None => Ok(callers.anonymous()),
        }
    }
}

/// Drops what proves something to naru alone: its API keys. A token is for whoever is called, and goes on.
pub(super) fn keep_back(fields: &mut Fields) {
    let is_key = |value: &[u8]| key_parts(value).is_some();
    let (mut by_field, mut by_authorization) = (false, false);
    for (_, name, value) in fields.iter() {
        if name.len() == 9 && name.eq_ignore_ascii_case(b"x-api-key") {
            by_field |= is_key(value);
        } else if name.len() == 13 && name.eq_ignore_ascii_case(b"authorization") {
            by_authorization |= matches!(authorization(value), Some((Proof::ApiKey, key)) if is_key(key));
        }
    }
    if by_field || by_authorization {
        fields.drop_where(|_, name| {
            (by_field && name.eq_ignore_ascii_case(b"x-api-key"))
                || (by_authorization && name.eq_ignore_ascii_case(b"authorization"))
        });
    }
}

/// The kinds of `Authorization` that are looked at; others are the service's own affair.
fn authorization(value: &[u8]) -> Option<(Proof, &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(space);
    let proof = if scheme.eq_ignore_ascii_case(b"bearer") {
        Proof::Jwt
    } else if scheme.eq_ignore_ascii_case(b"apikey") {
        Proof::ApiKey
    } else {
        return None;
    };
    Some((proof, rest.trim_ascii()))
}

fn bad(proof: Proof, word: &'static str, why: &'static str) -> Denied {
    Denied::unauthorized(word, why.to_owned(), Challenge::bad(proof, why))
}

fn identify_by_token(
    callers: &Callers,
    look: Look,
    token: &[u8],
    peer: Peer<'_>,
    now: Timestamp,
) -> Result<Option<Identity>, Denied> {
    match callers.by_token(token, peer, now) {
        Ok(identity) => Ok(Some(identity)),
        Err(refused) if refused.foreign && !look.strictly => Ok(None),
        Err(refused) => Err(bad(Proof::Jwt, "invalid-token", refused.why)),
    }
}

fn identify_by_key(
    callers: &Callers,
    look: Look,
    key: &[u8],
    peer: Peer<'_>,
    now: Timestamp,
) -> Result<Option<Identity>, Denied> {
    match callers.by_key(key, peer, now) {
        Some(identity) => Ok(Some(identity)),
        None if key_parts(key).is_none() && !look.strictly => Ok(None),
        None => {
            Err(bad(Proof::ApiKey, "invalid-api-key", "the API key is of no client, or not good any more"))
        }
    }
}

/// One that is nobody's is only refused where one is asked for: browsers and meshes show theirs unasked.
fn identify_by_certificate(
    callers: &Callers,
    look: Look,
    peer: &PeerCertificate,
    now: Timestamp,
) -> Result<Identity, Denied> {
    let identity = callers.by_certificate(peer).filter(|_| peer.is_valid(now));
    match identity {
        Some(identity) => Ok(identity),
        None if look.asks_for_certificate() => {
            let why = "the client certificate is of no client, or not valid any more";
            Err(bad(Proof::Mtls, "invalid-certificate", why))
        }
        None => Ok(callers.anonymous()),
    }
}
