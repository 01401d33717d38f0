//! The token endpoint: gives access tokens, and what they are renewed with.
//!
//! RFC 6749 §4.4 (client credentials), §6 (refresh); rotation and what follows when a refresh token is shown twice: RFC 9700
//! §4.14.2.

use naru_model::oauth::Grant;
use naru_model::snapshot::Caller;
use naru_model::units::Timestamp;
use serde_json::{Value, json};

use crate::access_token;
use crate::authority::Authority;
use crate::error::Error;
use crate::form::{Asked, Form};
use crate::scope;
use crate::secret;

/// Access tokens of one grant that have not ended: all of them are taken back with it.
const MAX_ACCESS: usize = 32;

/// An access token that was just made.
struct Given {
    token: String,
    jti: String,
    ends_at: Timestamp,
}

impl Authority {
    /// Answers the token endpoint.
    pub(crate) async fn token(&self, asked: &Asked, now: Timestamp) -> Result<Value, Error> {
        let caller = self.authenticate(asked, now).await?;
        match asked.form.required("grant_type")? {
            "client_credentials" => self.client_credentials(&caller, &asked.form, now).await,
            "refresh_token" if !self.tokens.refresh_life.is_zero() => {
                self.refresh(&caller, &asked.form, now).await
            }
            _ => Err(Error::UnsupportedGrantType("see grant_types_supported in the metadata".to_owned())),
        }
    }

    async fn client_credentials(&self, caller: &Caller, form: &Form, now: Timestamp) -> Result<Value, Error> {
        let scopes = scope::choose(form.get("scope"), &caller.client.scopes)?;
        let given = self.give(caller, &scopes, now)?;
        let mut answer = self.answer(&given, &scopes);
        if !self.tokens.refresh_life.is_zero() {
            let family = secret::id()?;
            let refresh = secret::refresh(&family)?;
            let grant = Grant {
                family,
                client: caller.name.clone(),
                scopes,
                current: secret::hash(&refresh),
                made_at: now,
                ends_at: now + self.tokens.refresh_life,
                access: vec![(given.jti, given.ends_at)],
            };
            self.store.put_grant(grant, now).await?;
            answer["refresh_token"] = refresh.into();
        }
        Ok(answer)
    }

    async fn refresh(&self, caller: &Caller, form: &Form, now: Timestamp) -> Result<Value, Error> {
        let unknown =
            || Error::InvalidGrant("this refresh token is unknown, has ended or was taken back".to_owned());
        let shown = form.required("refresh_token")?;
        let family = secret::family_of(shown).ok_or_else(unknown)?;
        let mut grant = self.store.grant(family.to_owned(), now).await?.ok_or_else(unknown)?;
        // Another client's is as unknown as none.
        if grant.client != caller.name {
            return Err(unknown());
        }
        let used = secret::hash(shown);
        if !secret::same(&used, &grant.current) {
            return self.end_reused(&grant, now).await;
        }
        // What the client may be given has possibly become less since.
        grant.scopes.retain(|scope| caller.client.scopes.contains(scope));
        let scopes = scope::choose(form.get("scope"), &grant.scopes)?;
        grant.access.retain(|(_, ends_at)| now < *ends_at);
        if let Some((_, ends_at)) = grant.access.first().filter(|_| grant.access.len() >= MAX_ACCESS) {
            let why = format!("{MAX_ACCESS} access tokens of this grant have not ended yet");
            return Err(Error::TooMany { why, after: ends_at.since(now) });
        }
        let given = self.give(caller, &scopes, now)?;
        let refresh = secret::refresh(&grant.family)?;
        let mut answer = self.answer(&given, &scopes);
        grant.access.push((given.jti, given.ends_at));
        grant.current = secret::hash(&refresh);
        grant.ends_at = now + self.tokens.refresh_life;
        if !self.store.renew_grant(used, grant.clone()).await? {
            return self.end_reused(&grant, now).await;
        }
        answer["refresh_token"] = refresh.into();
        Ok(answer)
    }

    /// Somebody shows a refresh token that was used before: it has been stolen, by this one or by the one before. Which of
    /// the two is the thief can't be told, so both lose what they have.
    async fn end_reused(&self, grant: &Grant, now: Timestamp) -> Result<Value, Error> {
        self.store.end_grant(grant.family.clone(), now).await?;
        self.publish_revoked(now).await?;
        (self.log)(&format!(
            "oauth: a refresh token of client {} was used twice; its grant has ended, and its access tokens are taken back",
            grant.client
        ));
        let what = "this refresh token was used before; the grant has ended: ask for a token by client_credentials again";
        Err(Error::InvalidGrant(what.to_owned()))
    }

    fn give(&self, caller: &Caller, scopes: &[String], now: Timestamp) -> Result<Given, Error> {
        let jti = secret::id()?;
        let claims = access_token::claims(&self.tokens, caller, scopes, &jti, now);
        let token = self.sign(&claims, now)?;
        Ok(Given { token, jti, ends_at: now + self.tokens.life })
    }

    fn answer(&self, given: &Given, scopes: &[String]) -> Value {
        let mut answer = json!({
            "access_token": given.token,
            "token_type": "Bearer",
            "expires_in": self.tokens.life.as_secs(),
        });
        if !scopes.is_empty() {
            answer["scope"] = scopes.join(" ").into();
        }
        answer
    }
}
