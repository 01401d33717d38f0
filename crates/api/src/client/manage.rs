//! The operations on clients, jobs and APIs as methods of the client.

use naru_model::job::{Figures, OpenedLetter};
use naru_model::name::ClientName;

use super::query::{Query, escaped};
use super::{Client, Error};
use crate::message::{
    Api, BlockClient, ClientTerms, KeyKind, Letters, LettersQuery, ListedClient, MadeKey, MakeKey,
    RegisterClient,
};

impl Client {
    /// All clients, by name.
    pub async fn clients(&self) -> Result<Vec<ListedClient>, Error> {
        self.get_json("/v1/clients").await
    }

    pub async fn client(&self, name: &ClientName) -> Result<ListedClient, Error> {
        self.get_json(&format!("/v1/clients/{name}")).await
    }

    pub async fn register_client(&self, request: &RegisterClient) -> Result<ListedClient, Error> {
        self.post_json("/v1/clients", request).await
    }

    /// Gives all of what a client is anew, but its keys, its secrets and whether it is blocked.
    pub async fn change_client(&self, name: &ClientName, terms: &ClientTerms) -> Result<ListedClient, Error> {
        self.put_json(&format!("/v1/clients/{name}"), terms).await
    }

    pub async fn block_client(&self, name: &ClientName, blocked: bool) -> Result<ListedClient, Error> {
        self.post_json(&format!("/v1/clients/{name}/block"), &BlockClient { blocked }).await
    }

    pub async fn remove_client(&self, name: &ClientName) -> Result<(), Error> {
        self.delete(&format!("/v1/clients/{name}")).await
    }

    /// Makes a key or a secret; its text is in the answer and nowhere else.
    pub async fn make_key(&self, name: &ClientName, request: &MakeKey) -> Result<MadeKey, Error> {
        self.post_json(&format!("/v1/clients/{name}/keys"), request).await
    }

    /// Ends the key or secret whose SHA-256 begins with `sha256`.
    pub async fn end_key(&self, name: &ClientName, kind: KeyKind, sha256: &str) -> Result<(), Error> {
        let path = format!("/v1/clients/{name}/keys/{}", escaped(sha256));
        self.delete(&Query::of(path).with("kind", kind.as_str()).path()).await
    }

    /// How the jobs of each route stand.
    pub async fn jobs(&self) -> Result<Vec<Figures>, Error> {
        self.get_json("/v1/jobs").await
    }

    /// Dead letters, the newest first.
    pub async fn dead_letters(&self, query: &LettersQuery) -> Result<Letters, Error> {
        let path = Query::of("/v1/dead-letters").with("limit", query.limit);
        let path = path.with_some("route", query.route.as_ref()).with_some("after", query.after.as_ref());
        self.get_json(&path.path()).await
    }

    pub async fn dead_letter(&self, id: &str) -> Result<OpenedLetter, Error> {
        self.get_json(&format!("/v1/dead-letters/{}", escaped(id))).await
    }

    pub async fn replay(&self, id: &str) -> Result<(), Error> {
        self.post(&format!("/v1/dead-letters/{}/replay", escaped(id))).await
    }

    pub async fn discard(&self, id: &str) -> Result<(), Error> {
        self.delete(&format!("/v1/dead-letters/{}", escaped(id))).await
    }

    pub async fn apis(&self) -> Result<Vec<Api>, Error> {
        self.get_json("/v1/apis").await
    }
}
