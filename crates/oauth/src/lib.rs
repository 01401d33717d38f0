//! naru's own authorization server, the life of registered clients, and the keys of outside issuers.
//!
//! It stands beside the loop, in the server process: programs get tokens here, and the gateway, which only verifies, is
//! told of the outcome as [`naru_model::snapshot::Callers`]. OAuth 2.0 (RFC 6749) with what RFC 9700 advises today: client
//! credentials and refresh with rotation, `client_secret_basic` and `private_key_jwt` (RFC 7523), revocation (RFC 7009),
//! introspection (RFC 7662), metadata (RFC 8414), access tokens as JWTs (RFC 9068).
//!
//! | path | what |
//! | --- | --- |
//! | [`Authority`] | gives tokens and takes them back, as an axum router |
//! | [`Clients`] | registers clients, makes their keys, merges them with naru.yaml's |
//! | [`Issuers`] | fetches and keeps the keys of outside issuers |
//! | [`callers`] | puts the three together for the gateway |
//!
//! What must outlive the process goes through [`Store`], which the server implements by its state.

mod access_token;
mod assertion;
mod authenticate;
mod authority;
mod callers;
mod clients;
mod error;
mod failures;
mod form;
mod grant;
mod issuers;
mod jwk;
mod jws;
mod metadata;
mod rotation;
mod router;
mod scope;
mod secret;
mod signer;
mod store;
mod withdraw;

pub use authority::{Authority, Published, Setup};
pub use callers::callers;
pub use clients::{ClientError, Clients, Directory, Listed, Made, Origin};
pub use error::Error;
pub use issuers::Issuers;
pub use metadata::Paths;
pub use secret::Kind;
pub use store::{Answer, Store, StoreError};

use std::sync::Arc;

use naru_model::units::Timestamp;

/// The server's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Where a line for the operator goes.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;
