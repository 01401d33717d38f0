//! Who asks for a token: `client_secret_basic` or `private_key_jwt`, and no other way.
//!
//! `client_secret_post` is not taken: RFC 6749 §2.3.1 does not recommend secrets in bodies, which end up in logs, and
//! limits them to clients that can't send a header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use naru_model::client::Client;
use naru_model::name::ClientName;
use naru_model::snapshot::Caller;
use naru_model::units::Timestamp;

use crate::assertion;
use crate::authority::Authority;
use crate::error::Error;
use crate::form::Asked;
use crate::jwk::KeySet;
use crate::jws::Jws;
use crate::secret;

/// What a client shows to prove itself.
enum Shown<'a> {
    Secret(String),
    Assertion(Box<Jws<'a>>),
}

impl Authority {
    /// Finds the client that asks.
    ///
    /// # Errors
    /// [`Error::InvalidClient`]; [`Error::InvalidRequest`] when it shows two things; [`Error::TooMany`] after failures.
    pub(crate) async fn authenticate(&self, asked: &Asked, now: Timestamp) -> Result<Caller, Error> {
        let (name, shown) = shown(asked)?;
        let caller = name.as_ref().and_then(|name| self.caller(name));
        let who = (caller.as_ref().map(|caller| caller.name.clone()), asked.address);
        if let Some(after) = self.failures.wait(&who, now) {
            return Err(Error::TooMany {
                why: "too many wrong secrets or assertions came".to_owned(),
                after,
            });
        }
        match self.prove(shown, caller, asked, now).await {
            Err(error @ Error::InvalidClient(_)) => {
                self.failures.count(who, now);
                Err(error)
            }
            outcome => outcome,
        }
    }

    async fn prove(
        &self,
        shown: Shown<'_>,
        caller: Option<Caller>,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<Caller, Error> {
        let unknown = || Error::InvalidClient("unknown client, or a wrong secret".to_owned());
        let caller = caller.ok_or_else(unknown)?;
        match shown {
            Shown::Secret(text) if has_secret(&caller.client, &text, now) => {}
            Shown::Secret(_) => return Err(unknown()),
            Shown::Assertion(jws) => self.check_assertion(*jws, &caller, now).await?,
        }
        // Only who has proved to be the client is told more.
        if caller.client.blocked {
            return Err(Error::InvalidClient(format!(
                "the client {} is blocked; ask its operator",
                caller.name
            )));
        }
        let networks = &caller.client.networks;
        let elsewhere = |address| !networks.iter().any(|network| network.contains(&address));
        if !networks.is_empty() && asked.address.is_none_or(elsewhere) {
            return Err(Error::InvalidClient(format!("the client {} may not call from here", caller.name)));
        }
        Ok(caller)
    }

    async fn check_assertion(&self, jws: Jws<'_>, caller: &Caller, now: Timestamp) -> Result<(), Error> {
        let keys = caller.client.jwks.as_deref().and_then(|jwks| KeySet::read(jwks).ok()).unwrap_or_default();
        let held = assertion::verify(jws, &caller.name, &keys, &self.tokens, now);
        let used = held.map_err(Error::InvalidClient)?;
        if !self.store.use_assertion(caller.name.clone(), used.hash, used.ends_at, now).await? {
            return Err(Error::InvalidClient("this assertion was used before; make a new one".to_owned()));
        }
        Ok(())
    }
}

/// What is shown, and who it says it is from; a name that nobody can have is `None`.
fn shown(asked: &Asked) -> Result<(Option<ClientName>, Shown<'_>), Error> {
    let (form, id) = (&asked.form, asked.form.get("client_id"));
    let (name, shown) = match (&asked.authorization, form.get("client_assertion")) {
        (Some(_), Some(_)) => {
            return Err(Error::InvalidRequest("a secret and an assertion came; show one of them".to_owned()));
        }
        (Some(authorization), None) => {
            let (id, secret) = basic(authorization).ok_or_else(|| {
                Error::InvalidClient(
                    "the Authorization header is no HTTP Basic with client id and secret".to_owned(),
                )
            })?;
            (id.parse().ok(), Shown::Secret(secret))
        }
        (None, Some(text)) => {
            if form.get("client_assertion_type") != Some(assertion::TYPE) {
                let what = format!("client_assertion_type must be {}", assertion::TYPE);
                return Err(Error::InvalidRequest(what));
            }
            let jws = Jws::read(text).ok_or_else(|| {
                let what = "client_assertion is no JWT signed by a public key algorithm";
                Error::InvalidClient(what.to_owned())
            })?;
            (assertion::claimed(&jws), Shown::Assertion(Box::new(jws)))
        }
        (None, None) if form.get("client_secret").is_some() => {
            let what = "client_secret in the body is not taken; send id and secret by HTTP Basic (client_secret_basic)";
            return Err(Error::InvalidClient(what.to_owned()));
        }
        (None, None) => {
            let what =
                "show who you are by HTTP Basic (client_secret_basic) or by an assertion (private_key_jwt)";
            return Err(Error::InvalidClient(what.to_owned()));
        }
    };
    if id.is_some_and(|id| name.as_ref().is_none_or(|name: &ClientName| name.as_str() != id)) {
        return Err(Error::InvalidRequest("client_id is not that of what was shown".to_owned()));
    }
    Ok((name, shown))
}

/// Id and secret of HTTP Basic, each form-encoded before (RFC 6749 §2.3.1).
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

/// Takes the form encoding off one value: as a name without a value it can't be cut at `=`.
fn form_decode(text: &str) -> String {
    let escaped = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn has_secret(client: &Client, text: &str, now: Timestamp) -> bool {
    let hash = secret::hex(&secret::hash(text));
    let good = |kept: &&naru_model::client::Secret| kept.is_good(now);
    client.secrets.iter().filter(good).any(|kept| secret::same(kept.sha256.as_bytes(), hash.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_decoded_as_the_rfc_encodes_it() {
        let header = |text: &str| basic(&format!("Basic {}", STANDARD.encode(text)));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(header("mobile:ns_mobile_a-b_c"), pair("mobile", "ns_mobile_a-b_c"));
        assert_eq!(header("mobile:a%3Ab+c%26=&d"), pair("mobile", "a:b c&=&d"));
        assert_eq!(header("mobile:"), pair("mobile", ""));
        assert_eq!(header("mobile"), None);
        assert_eq!(basic("basic bW9iaWxlOng="), pair("mobile", "x"));
        for wrong in ["", "Basic", "Basic %", "Bearer bW9iaWxlOng=", "Basic /w=="] {
            assert_eq!(basic(wrong), None, "{wrong}");
        }
    }
}
