//! What the authorization server must not forget, kept by the state.

use std::sync::Arc;

use naru_model::access::Hash;
use naru_model::name::ClientName;
use naru_model::oauth::{Grant, Registered, Revoked, SigningKey};
use naru_model::units::Timestamp;
use naru_oauth::{Answer, Store, StoreError};
use naru_state::{Error, Kind, State};

pub(super) struct Kept(pub(super) Arc<State>);

fn told<'a, T: 'a>(answer: impl Future<Output = Result<T, Error>> + Send + 'a) -> Answer<'a, T> {
    Box::pin(async { answer.await.map_err(|error| StoreError(Box::new(error))) })
}

impl Store for Kept {
    fn registered(&self) -> Answer<'_, Vec<Registered>> {
        told(self.0.registered())
    }

    fn put_registered(&self, registered: Registered) -> Answer<'_, ()> {
        told(async move { self.0.put_registered(&registered).await })
    }

    fn remove_registered(&self, name: ClientName) -> Answer<'_, bool> {
        told(async move { self.0.remove_registered(&name).await })
    }

    fn number_of(&self, name: ClientName) -> Answer<'_, u32> {
        told(async move { self.0.id_of(Kind::Client, name.as_str()).await })
    }

    fn signing_keys(&self) -> Answer<'_, Vec<SigningKey>> {
        told(self.0.signing_keys())
    }

    fn put_signing_key(&self, key: SigningKey) -> Answer<'_, ()> {
        told(async move { self.0.put_signing_key(&key).await })
    }

    fn remove_signing_key(&self, kid: String) -> Answer<'_, ()> {
        told(async move { self.0.remove_signing_key(&kid).await })
    }

    fn grant(&self, family: String, now: Timestamp) -> Answer<'_, Option<Grant>> {
        told(async move { self.0.grant(&family, now).await })
    }

    fn put_grant(&self, grant: Grant, now: Timestamp) -> Answer<'_, ()> {
        told(async move { self.0.put_grant(&grant, now).await })
    }

    fn renew_grant(&self, used: Hash, grant: Grant) -> Answer<'_, bool> {
        told(async move { self.0.renew_grant(&used, &grant).await })
    }

    fn end_grant(&self, family: String, now: Timestamp) -> Answer<'_, ()> {
        told(async move { self.0.end_grant(&family, now).await })
    }

    fn revoke(&self, revoked: Revoked, now: Timestamp) -> Answer<'_, bool> {
        told(async move { self.0.revoke(&revoked, now).await })
    }

    fn revoked(&self, now: Timestamp) -> Answer<'_, Vec<(String, Timestamp)>> {
        told(self.0.revoked(now))
    }

    fn use_assertion(
        &self,
        client: ClientName,
        hash: Hash,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Answer<'_, bool> {
        told(async move { self.0.use_assertion(&client, &hash, ends_at, now).await })
    }

    fn drop_ended(&self, now: Timestamp) -> Answer<'_, ()> {
        told(self.0.drop_ended(now))
    }
}
