//! Clients and their keys.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use naru_model::name::ClientName;

use super::{Answered, Server};
use crate::access::Caller;
use crate::error::Error;
use crate::extract::{Asked, Client, Given, Key, Query};
use crate::message::{
    BlockClient, ClientTerms, KeyParams, ListedClient, MadeKey, MakeKey, RegisterClient, check_digits,
    shown_digits,
};
use crate::router::Api;

/// All clients
///
/// Those of naru.yaml and those that were registered, by name. One that is both comes twice, the registered one as `hidden`.
#[utoipa::path(
    get, path = "/v1/clients", tag = "clients", security(("token" = ["viewer"])),
    responses((status = 200, description = "The clients", body = Vec<ListedClient>))
)]
pub(crate) async fn clients(State(api): Server) -> Answered<Vec<ListedClient>> {
    let clients = api.control.clients().await?;
    Ok(Json(clients.into_iter().map(ListedClient::shown).collect()))
}

/// Register a client
///
/// It counts at once, here and at the gateway. Keys are made by `POST /v1/clients/{name}/keys`.
#[utoipa::path(
    post, path = "/v1/clients", tag = "clients", security(("token" = ["admin"])),
    request_body = RegisterClient,
    responses(
        (status = 201, description = "The client", body = ListedClient),
        (status = 400, description = "the body can't be read"),
        (status = 409, description = "the name is taken, by a registered client or by naru.yaml"),
        (status = 422, description = "something of it can't be"),
    )
)]
pub(crate) async fn register_client(
    State(api): Server,
    Extension(caller): Extension<Caller>,
    Given(RegisterClient { name, client }): Given<RegisterClient>,
) -> Result<(StatusCode, Json<ListedClient>), Error> {
    api.control.register_client(name.clone(), client.client(), caller.name).await?;
    Ok((StatusCode::CREATED, Json(find(&api, &name).await?.shown())))
}

/// One client
#[utoipa::path(
    get, path = "/v1/clients/{name}", tag = "clients", security(("token" = ["viewer"])),
    params(("name" = ClientName, Path, description = "The client's name", example = "mobile")),
    responses(
        (status = 200, description = "The client that counts", body = ListedClient),
        (status = 404, description = "there is no such client"),
    )
)]
pub(crate) async fn client(State(api): Server, Client(name): Client) -> Answered<ListedClient> {
    Ok(Json(find(&api, &name).await?.shown()))
}

/// Change what a client is
///
/// All of it is given anew; what is left out is empty afterwards. Its keys, its secrets and whether it is blocked stay.
#[utoipa::path(
    put, path = "/v1/clients/{name}", tag = "clients", security(("token" = ["admin"])),
    params(("name" = ClientName, Path, description = "The client's name", example = "mobile")),
    request_body = ClientTerms,
    responses(
        (status = 200, description = "The client as it is now", body = ListedClient),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "there is no such client"),
        (status = 409, description = "naru.yaml holds this client; change it there"),
        (status = 422, description = "something of it can't be"),
    )
)]
pub(crate) async fn change_client(
    State(api): Server,
    Client(name): Client,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    Given(terms): Given<ClientTerms>,
) -> Answered<ListedClient> {
    let before = find(&api, &name).await?;
    asked.tell(&terms.difference(&before.client));
    if terms.blocked.is_some_and(|blocked| blocked != before.client.blocked) {
        let how = format!(
            "a client is blocked and let in again by POST /v1/clients/{name}/block, not by changing what it is"
        );
        return Err(Error::Invalid(how));
    }
    api.control.change_client(name.clone(), terms.client(), caller.name).await?;
    Ok(Json(find(&api, &name).await?.shown()))
}

/// Remove a client
///
/// It is unknown from now on, with all its keys, secrets and tokens.
#[utoipa::path(
    delete, path = "/v1/clients/{name}", tag = "clients", security(("token" = ["admin"])),
    params(("name" = ClientName, Path, description = "The client's name", example = "mobile")),
    responses(
        (status = 204, description = "It is removed"),
        (status = 404, description = "there is no such client"),
        (status = 409, description = "naru.yaml holds this client; take it out there"),
    )
)]
pub(crate) async fn remove_client(State(api): Server, Client(name): Client) -> Result<StatusCode, Error> {
    api.control.remove_client(name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Block a client, or let it in again
///
/// It is refused everywhere within a second, whatever it shows.
#[utoipa::path(
    post, path = "/v1/clients/{name}/block", tag = "clients", security(("token" = ["operator"])),
    params(("name" = ClientName, Path, description = "The client's name", example = "mobile")),
    request_body = BlockClient,
    responses(
        (status = 200, description = "The client as it is now", body = ListedClient),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "there is no such client"),
        (status = 409, description = "naru.yaml holds this client; set blocked there"),
    )
)]
pub(crate) async fn block_client(
    State(api): Server,
    Client(name): Client,
    Extension(caller): Extension<Caller>,
    Given(BlockClient { blocked }): Given<BlockClient>,
) -> Answered<ListedClient> {
    api.control.block_client(name.clone(), blocked, caller.name).await?;
    Ok(Json(find(&api, &name).await?.shown()))
}

/// Make a key or a secret
///
/// The text is in the answer, and nobody can get it again. With `overlap` it takes the place of those there are, which stay
/// good for so long.
#[utoipa::path(
    post, path = "/v1/clients/{name}/keys", tag = "clients", security(("token" = ["admin"])),
    params(("name" = ClientName, Path, description = "The client's name", example = "mobile")),
    request_body = MakeKey,
    responses(
        (status = 201, description = "The key", body = MadeKey),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "there is no such client"),
        (status = 409, description = "naru.yaml holds this client; add the key's hash there"),
        (status = 422, description = "a time that can't be, or too many keys"),
    )
)]
pub(crate) async fn make_key(
    State(api): Server,
    Client(name): Client,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    Given(request): Given<MakeKey>,
) -> Result<(StatusCode, Json<MadeKey>), Error> {
    request.check(api.control.now())?;
    let made = api.control.make_key(name, request, caller.name).await?;
    let made = MadeKey { sha256: shown_digits(&made.sha256), ..made };
    asked.tell(&made.sha256);
    Ok((StatusCode::CREATED, Json(made)))
}

/// End a key or a secret
///
/// It is refused within a second.
#[utoipa::path(
    delete, path = "/v1/clients/{name}/keys/{sha256}", tag = "clients", security(("token" = ["admin"])),
    params(
        ("name" = ClientName, Path, description = "The client's name", example = "mobile"),
        ("sha256" = String, Path, description = "The first digits of its SHA-256, 8 at least", pattern = "^[0-9a-f]{8,64}$"),
        KeyParams,
    ),
    responses(
        (status = 204, description = "It is ended"),
        (status = 400, description = "the query can't be read"),
        (status = 404, description = "there is no such client, or it has no such key"),
        (status = 409, description = "naru.yaml holds this client; take the hash out there"),
        (status = 422, description = "no digits that could name a key"),
    )
)]
pub(crate) async fn end_key(
    State(api): Server,
    Key { client, sha256 }: Key,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    Query(KeyParams { kind }): Query<KeyParams>,
) -> Result<StatusCode, Error> {
    check_digits(&sha256)?;
    asked.tell(&format!("{} {}", kind.as_str(), shown_digits(&sha256)));
    api.control.end_key(client, kind, sha256, caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The client that counts: naru.yaml's, where it is in both.
async fn find(api: &Api, name: &ClientName) -> Result<ListedClient, Error> {
    let found = api.control.clients().await?.into_iter().filter(|one| one.name == *name);
    found.min_by_key(|one| one.hidden).ok_or_else(|| {
        Error::NotFound(format!(
            "there is no client {name}; GET /v1/clients and `naru client list` tell which there are"
        ))
    })
}
