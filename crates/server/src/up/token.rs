//! The first token: without it nobody could show one to the API over TCP.

use anyhow::{Context, Result};
use naru_api::auth::{Token, hash_of, random_token};
use naru_model::access::{NewToken, Role};
use naru_model::units::Timestamp;
use naru_state::State;

/// Returns the token that the server was started with, or one that nobody knows. When there is no other way in either, an
/// admin's token is made, printed this once, and kept as its hash.
pub(crate) async fn of_this_start(state: &State, given: Option<&str>, now: Timestamp) -> Result<Token> {
    if let Some(given) = given {
        return Ok(Token::new(given)?);
    }
    let random = || random_token().context("the kernel gives no random bytes for the API's token");
    if state.tokens().await?.iter().all(|token| token.role != Role::Admin) {
        let first = random()?;
        let new = NewToken {
            name: "first".to_owned(),
            role: Role::Admin,
            hash: hash_of(first.as_bytes()),
            made_at: now,
            made_by: "naru".to_owned(),
            expires_at: None,
        };
        state.put_token(new).await?;
        eprintln!(
            "naru: the console's first token is {first} (role admin); it is shown this once, `naru token create` makes others"
        );
    }
    Ok(Token::new(&random()?)?)
}
