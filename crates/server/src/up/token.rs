//! The operator's token for the API over TCP: given, found, or made at the first start.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use naru_api::auth::{Token, random_token};

/// Returns the token that operators must show. One that is made is printed once and kept in `STATE/token`, which only
/// its owner may read.
pub(crate) fn find_or_make(state_dir: &Path, given: Option<&str>) -> Result<Token> {
    let path = state_dir.join("token");
    if let Some(token) = given {
        return Ok(Token::new(token)?);
    }
    match std::fs::read_to_string(&path) {
        Ok(token) => return Ok(Token::new(token.trim())?),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("can't read {}", path.display()));
        }
        Err(_) => {}
    }
    let token = random_token().context("the kernel gives no random bytes for the API's token")?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("can't write {}", path.display()))?;
    writeln!(file, "{token}")?;
    eprintln!("naru: the API's token is {token} (kept in {})", path.display());
    Ok(Token::new(&token)?)
}
