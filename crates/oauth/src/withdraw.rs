//! Taking tokens back, and telling whether one is good.
//!
//! RFC 7009 (revocation), RFC 7662 (introspection).

use std::time::Duration;

use naru_model::name::ClientName;
use naru_model::oauth::Revoked;
use naru_model::units::Timestamp;
use serde_json::{Value, json};

use crate::access_token::{self, AccessToken};
use crate::authority::Authority;
use crate::error::Error;
use crate::form::Asked;
use crate::secret;

/// After how long a client whose revocation found no room may come again.
const AGAIN: Duration = Duration::from_secs(60);

impl Authority {
    /// Answers the revocation endpoint. A token that is none, or has ended, is as good as taken back (RFC 7009 §2.2).
    /// Which kind it is shows in the token itself; the hint is not needed.
    pub(crate) async fn revoke(&self, asked: &Asked, now: Timestamp) -> Result<(), Error> {
        let caller = self.authenticate(asked, now).await?;
        let token = asked.form.required("token")?;
        let others = || Error::UnauthorizedClient("this token was given to another client".to_owned());
        if let Some(family) = secret::family_of(token) {
            let Some(grant) = self.store.grant(family.to_owned(), now).await? else { return Ok(()) };
            if grant.client != caller.name {
                return Err(others());
            }
            // A used one too: whoever takes back any of a family wants none of it.
            self.store.end_grant(grant.family, now).await?;
        } else {
            let Some(access) = self.read_access(token, now) else { return Ok(()) };
            if access.client != caller.name.as_str() {
                return Err(others());
            }
            let revoked = Revoked { jti: access.jti, client: caller.name, ends_at: access.ends_at };
            if !self.store.revoke(revoked, now).await? {
                let why = "this client has thousands of tokens taken back that have not ended".to_owned();
                return Err(Error::TooMany { why, after: AGAIN });
            }
        }
        self.publish_revoked(now).await
    }

    /// Answers the introspection endpoint: of a token that is not good, nothing is told but that.
    pub(crate) async fn introspect(&self, asked: &Asked, now: Timestamp) -> Result<Value, Error> {
        let caller = self.authenticate(asked, now).await?;
        let token = asked.form.required("token")?;
        let told = match secret::family_of(token) {
            Some(family) => self.introspect_refresh(family, token, &caller.name, now).await?,
            None => self.read_access(token, now).and_then(|access| self.introspect_access(access)),
        };
        Ok(told.unwrap_or_else(|| json!({ "active": false })))
    }

    fn introspect_access(&self, access: AccessToken) -> Option<Value> {
        if self.is_revoked(&access.jti) {
            return None;
        }
        let client = self.caller(&access.client.parse().ok()?)?.client;
        if client.blocked {
            return None;
        }
        let mut told = access.claims;
        told.insert("active".to_owned(), true.into());
        told.insert("token_type".to_owned(), "Bearer".into());
        Some(Value::Object(told))
    }

    /// Only its own client is told of a refresh token: nobody else has any business with it.
    async fn introspect_refresh(
        &self,
        family: &str,
        token: &str,
        client: &ClientName,
        now: Timestamp,
    ) -> Result<Option<Value>, Error> {
        let grant = self.store.grant(family.to_owned(), now).await?;
        let good = grant
            .filter(|grant| grant.client == *client && secret::same(&secret::hash(token), &grant.current));
        Ok(good.map(|grant| {
            json!({
                "active": true,
                "client_id": grant.client,
                "sub": grant.client,
                "scope": grant.scopes.join(" "),
                "iss": self.tokens.issuer,
                "iat": grant.made_at.0 / 1_000_000,
                "exp": grant.ends_at.0 / 1_000_000,
            })
        }))
    }

    fn read_access(&self, token: &str, now: Timestamp) -> Option<AccessToken> {
        access_token::read(token, &self.tokens.issuer, &self.ring().public, now)
    }
}
