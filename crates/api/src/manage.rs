//! What the API asks of the server about who calls and which calls were given up: the other half of
//! [`Control`](crate::control::Control).

use naru_model::client::Client;
use naru_model::job::{DeadLetter, DeadSearch, Figures, OpenedLetter};
use naru_model::name::ClientName;
use naru_model::platform::Platform;

use crate::control::Answer;
use crate::message::{KeyKind, ListedClient, MadeKey, MakeKey};

/// Clients, jobs and APIs of a running platform. `actor` is who asks, as in [`Control`](crate::control::Control).
///
/// # Caveats
/// It answers while the control loop is busy, and nothing here waits for it.
///
/// # Errors
/// [`NotFound`](crate::error::Error::NotFound) for a client that does not exist, [`Conflict`](crate::error::Error::Conflict)
/// for one that naru.yaml holds or whose name is taken, [`Invalid`](crate::error::Error::Invalid) for one that can't be.
pub trait Manage: Send + Sync + 'static {
    /// All clients by name, with whole hashes; one that is registered and in naru.yaml comes twice.
    fn clients(&self) -> Answer<'_, Vec<ListedClient>>;

    fn register_client(&self, name: ClientName, client: Client, actor: String) -> Answer<'_, ()>;

    /// Changes what a client is; its keys, its secrets and whether it is blocked stay.
    fn change_client(&self, name: ClientName, client: Client, actor: String) -> Answer<'_, ()>;

    fn block_client(&self, name: ClientName, blocked: bool, actor: String) -> Answer<'_, ()>;

    fn remove_client(&self, name: ClientName) -> Answer<'_, ()>;

    /// Makes a key or a secret; with an overlap those there are end after it.
    fn make_key(&self, name: ClientName, request: MakeKey, actor: String) -> Answer<'_, MadeKey>;

    /// Ends the key or secret at once whose SHA-256 begins with `sha256`.
    fn end_key(&self, name: ClientName, kind: KeyKind, sha256: String, actor: String) -> Answer<'_, ()>;

    /// How the jobs of each route stand; empty when there never were any.
    fn jobs(&self) -> Answer<'_, Vec<Figures>>;

    /// Dead letters, the newest first.
    fn dead_letters(&self, search: DeadSearch) -> Answer<'_, Vec<DeadLetter>>;

    /// One with what it carries; `None`: there is no such one.
    fn dead_letter(&self, id: String) -> Answer<'_, Option<OpenedLetter>>;

    /// Gives one all its attempts anew; `false`: there is no such one.
    fn replay(&self, id: String) -> Answer<'_, bool>;

    /// Drops one for good; `false`: there is no such one.
    fn discard(&self, id: String) -> Answer<'_, bool>;

    /// What is applied; `None` before the first file is.
    fn platform(&self) -> Answer<'_, Option<Platform>>;
}
