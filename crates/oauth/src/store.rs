//! What must outlive the process: the one seam between this crate and the server's state.

use std::error::Error;
use std::pin::Pin;

use naru_model::access::Hash;
use naru_model::name::ClientName;
use naru_model::oauth::{Grant, Registered, Revoked, SigningKey};
use naru_model::units::Timestamp;

/// An answer that may take a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the state of clients and tokens failed: {0}")]
pub struct StoreError(#[source] pub Box<dyn Error + Send + Sync>);

/// Keeps clients, keys and tokens. `naru_state::State` has a function of the same name for each.
pub trait Store: Send + Sync + 'static {
    /// All registered clients.
    fn registered(&self) -> Answer<'_, Vec<Registered>>;

    /// Keeps a client in place of what was kept under its name.
    fn put_registered(&self, registered: Registered) -> Answer<'_, ()>;

    /// Forgets a client and all its grants. Returns whether there was one.
    fn remove_registered(&self, name: ClientName) -> Answer<'_, bool>;

    /// The number that stands for a client in records, from 1; never another's, removed ones included.
    fn number_of(&self, name: ClientName) -> Answer<'_, u32>;

    /// All keys, in the order in which they sign.
    fn signing_keys(&self) -> Answer<'_, Vec<SigningKey>>;

    fn put_signing_key(&self, key: SigningKey) -> Answer<'_, ()>;

    fn remove_signing_key(&self, kid: String) -> Answer<'_, ()>;

    /// The grant of a family, unless it has ended by `now`.
    fn grant(&self, family: String, now: Timestamp) -> Answer<'_, Option<Grant>>;

    fn put_grant(&self, grant: Grant, now: Timestamp) -> Answer<'_, ()>;

    /// Puts the grant's next refresh token in the place of `used`; `false`: `used` was not the good one any more.
    fn renew_grant(&self, used: Hash, grant: Grant) -> Answer<'_, bool>;

    /// Ends a grant, and takes back the access tokens that it gave.
    fn end_grant(&self, family: String, now: Timestamp) -> Answer<'_, ()>;

    /// Takes an access token back; `false`: there is no room for more.
    fn revoke(&self, revoked: Revoked, now: Timestamp) -> Answer<'_, bool>;

    /// The access tokens taken back that would not have ended by `now`.
    fn revoked(&self, now: Timestamp) -> Answer<'_, Vec<(String, Timestamp)>>;

    /// Remembers an assertion; `false`: it was used before.
    fn use_assertion(
        &self,
        client: ClientName,
        hash: Hash,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Answer<'_, bool>;

    /// Lets go of what has ended.
    fn drop_ended(&self, now: Timestamp) -> Answer<'_, ()>;
}
