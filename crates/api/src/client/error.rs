//! Why the server could not be asked, or would not: what happened, where, and what to do.

use std::io;
use std::path::PathBuf;

use super::Place;
use crate::problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no server answers on {}; start one with `naru up`, or point --state or --server to where it runs",
        path.display()
    )]
    NoSocket { path: PathBuf },
    #[error(
        "nobody answers on {}: the server that made it has ended; start it again with `naru up`, and what still runs is found again",
        path.display()
    )]
    DeadSocket { path: PathBuf },
    #[error(
        "{} may not be opened by this user; run the command as the user that runs naru, or use --server with its token",
        path.display()
    )]
    Forbidden { path: PathBuf },
    #[error(
        "no server answers at {place}: {source}; check the address, and that `naru up` listens there (--console)"
    )]
    Unreachable {
        place: Place,
        #[source]
        source: io::Error,
    },
    #[error(
        "the TLS connection to {place} failed: {source}; check the certificate, or SSL_CERT_FILE if its issuer is your own"
    )]
    Tls {
        place: Place,
        #[source]
        source: io::Error,
    },
    #[error("{}", wrong_token(place, *shown))]
    Token {
        place: Place,
        /// Whether one was shown.
        shown: bool,
    },
    /// The server understood and would not; its own words.
    #[error("{}", .0.detail)]
    Refused(Problem),
    #[error(
        "the server at {place} runs naru {server} and this is naru {ours}; use the same version, or `naru upgrade` the server"
    )]
    OtherVersion { place: Place, server: String, ours: &'static str },
    #[error("what answers at {place} is no naru API (it sent {what}); check --server")]
    NotNaru { place: Place, what: String },
    #[error("the connection to {place} broke: {source}; see `naru status`, the server may be restarting")]
    Broken {
        place: Place,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{place} has not answered within {seconds} seconds; see the server's log")]
    TimedOut { place: Place, seconds: u64 },
    #[error("{0:?} is no address of a server; write http://HOST:PORT or https://HOST:PORT")]
    BadUrl(String),
    #[error("the token holds characters that no header can carry; see --token and NARU_TOKEN")]
    BadToken,
    #[error("{0:?} is no path")]
    BadPath(String),
    #[error("could not write the request: {0}")]
    Unwritable(#[source] serde_json::Error),
}

fn wrong_token(place: &Place, shown: bool) -> String {
    let what = if shown { "does not know this token" } else { "asks for a token" };
    format!(
        "the server at {place} {what}; pass one with --token or in NARU_TOKEN; an admin of the server makes them"
    )
}
