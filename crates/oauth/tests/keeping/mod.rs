//! A store that keeps everything in memory, for tests: naru's own is `naru_state::State`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use naru_model::access::Hash;
use naru_model::name::ClientName;
use naru_model::oauth::{Grant, Registered, Revoked, SigningKey};
use naru_model::units::Timestamp;
use naru_oauth::{Answer, Store};

#[derive(Default)]
pub(crate) struct Memory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    registered: BTreeMap<ClientName, Registered>,
    numbers: Vec<ClientName>,
    keys: Vec<SigningKey>,
    grants: BTreeMap<String, Grant>,
    revoked: BTreeMap<String, Revoked>,
    used: BTreeSet<Hash>,
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for Memory {
    fn registered(&self) -> Answer<'_, Vec<Registered>> {
        answer(self.kept().registered.values().cloned().collect())
    }

    fn put_registered(&self, registered: Registered) -> Answer<'_, ()> {
        self.kept().registered.insert(registered.name.clone(), registered);
        answer(())
    }

    fn remove_registered(&self, name: ClientName) -> Answer<'_, bool> {
        let mut kept = self.kept();
        kept.grants.retain(|_, grant| grant.client != name);
        answer(kept.registered.remove(&name).is_some())
    }

    fn number_of(&self, name: ClientName) -> Answer<'_, u32> {
        let mut kept = self.kept();
        let place = kept.numbers.iter().position(|known| *known == name).unwrap_or_else(|| {
            kept.numbers.push(name);
            kept.numbers.len() - 1
        });
        answer(place as u32 + 1)
    }

    fn signing_keys(&self) -> Answer<'_, Vec<SigningKey>> {
        let mut keys = self.kept().keys.clone();
        keys.sort_by_key(|key| key.from);
        answer(keys)
    }

    fn put_signing_key(&self, key: SigningKey) -> Answer<'_, ()> {
        let mut kept = self.kept();
        kept.keys.retain(|kept| kept.kid != key.kid);
        kept.keys.push(key);
        answer(())
    }

    fn remove_signing_key(&self, kid: String) -> Answer<'_, ()> {
        self.kept().keys.retain(|kept| kept.kid != kid);
        answer(())
    }

    fn grant(&self, family: String, now: Timestamp) -> Answer<'_, Option<Grant>> {
        answer(self.kept().grants.get(&family).filter(|grant| now < grant.ends_at).cloned())
    }

    fn put_grant(&self, grant: Grant, _now: Timestamp) -> Answer<'_, ()> {
        self.kept().grants.insert(grant.family.clone(), grant);
        answer(())
    }

    fn renew_grant(&self, used: Hash, grant: Grant) -> Answer<'_, bool> {
        let mut kept = self.kept();
        let held = kept.grants.get_mut(&grant.family).filter(|held| held.current == used);
        answer(held.map(|held| *held = grant).is_some())
    }

    fn end_grant(&self, family: String, now: Timestamp) -> Answer<'_, ()> {
        let mut kept = self.kept();
        if let Some(grant) = kept.grants.remove(&family) {
            for (jti, ends_at) in grant.access.into_iter().filter(|(_, ends_at)| now < *ends_at) {
                let client = grant.client.clone();
                kept.revoked.insert(jti.clone(), Revoked { jti, client, ends_at });
            }
        }
        answer(())
    }

    fn revoke(&self, revoked: Revoked, _now: Timestamp) -> Answer<'_, bool> {
        self.kept().revoked.insert(revoked.jti.clone(), revoked);
        answer(true)
    }

    fn revoked(&self, now: Timestamp) -> Answer<'_, Vec<(String, Timestamp)>> {
        let kept = self.kept();
        let live = kept.revoked.values().filter(|revoked| now < revoked.ends_at);
        answer(live.map(|revoked| (revoked.jti.clone(), revoked.ends_at)).collect())
    }

    fn use_assertion(
        &self,
        _client: ClientName,
        hash: Hash,
        _ends_at: Timestamp,
        _now: Timestamp,
    ) -> Answer<'_, bool> {
        answer(self.kept().used.insert(hash))
    }

    fn drop_ended(&self, now: Timestamp) -> Answer<'_, ()> {
        let mut kept = self.kept();
        kept.grants.retain(|_, grant| now < grant.ends_at);
        kept.revoked.retain(|_, revoked| now < revoked.ends_at);
        answer(())
    }
}
