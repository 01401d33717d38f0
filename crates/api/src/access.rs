//! Who asks: finds the person behind a connection, a token or a cookie, and tells whether they still are who they were.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use naru_model::access::{Hash, Operator, Role};
use tokio::time::Instant;

use crate::auth::{self, Token};
use crate::control::Control;
use crate::error::Error;
use crate::failures::Failures;
use crate::peer;

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A user of this machine, who could open the Unix socket.
    Local(String),
    Remote(IpAddr),
}

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// As events and the audit name them.
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) credential: Credential,
}

/// What a caller has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The Unix socket's permission has decided.
    Socket,
    Token(Hash),
    /// A cookie, which browsers send by themselves.
    Session(Hash),
}

/// What one listener admits people by.
pub(crate) struct Access {
    control: Arc<dyn Control>,
    /// Of the TCP listener: the token that the server was started with.
    start: Option<Token>,
    failures: Failures,
}

impl Access {
    pub(crate) fn new(control: Arc<dyn Control>, start: Option<Token>) -> Access {
        Access { control, start, failures: Failures::default() }
    }

    /// Finds who makes a request.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::TooMany`].
    pub(crate) async fn caller(&self, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Error> {
        let address = match peer {
            Peer::Local(name) => {
                let (name, credential) = (name.clone(), Credential::Socket);
                return Ok(Caller { name, role: Role::Admin, credential });
            }
            Peer::Remote(address) => *address,
        };
        if let Some(secret) = auth::bearer(headers) {
            return self.sign_in(address, secret).await;
        }
        let session = auth::cookie(headers).map(|cookie| Credential::Session(auth::hash_of(cookie)));
        let found = match session {
            Some(credential) => self.holder(credential, address).await?,
            None => None,
        };
        found.ok_or_else(|| {
            Error::Unauthorized(
                "show a token: Authorization: Bearer TOKEN (on the server's machine: naru token create NAME --role viewer)"
                    .to_owned(),
            )
        })
    }

    /// Finds who holds a token. Each failure counts against the address, and from the tenth on nothing is looked at.
    pub(crate) async fn sign_in(&self, address: IpAddr, secret: &[u8]) -> Result<Caller, Error> {
        if let Some(retry_after) = self.failures.wait(address, Instant::now()) {
            let seconds = retry_after.as_secs().max(1);
            let detail = format!("too many wrong tokens came from {address}; try again in {seconds} seconds");
            return Err(Error::TooMany { detail, retry_after });
        }
        let found = self.holder(Credential::Token(auth::hash_of(secret)), address).await?;
        found.ok_or_else(|| {
            self.failures.count(address, Instant::now());
            Error::Unauthorized(
                "this token is unknown, revoked or expired; ask an admin for another".to_owned(),
            )
        })
    }

    /// Tells whether what a caller has shown still holds: a stream outlives the request that it began with.
    pub(crate) async fn still_holds(&self, caller: &Caller, address: IpAddr) -> bool {
        match self.holder(caller.credential, address).await {
            Ok(found) => found.is_some_and(|now| now.role >= caller.role),
            // The state can't be read: that says nothing about the token.
            Err(_) => true,
        }
    }

    async fn holder(&self, credential: Credential, address: IpAddr) -> Result<Option<Caller>, Error> {
        let token = match credential {
            Credential::Socket => return Ok(None),
            Credential::Token(hash) => hash,
            Credential::Session(hash) => match self.control.session(hash).await? {
                Some(token) => token,
                None => return Ok(None),
            },
        };
        if self.start.as_ref().is_some_and(|start| start.is(&token)) {
            return Ok(Some(Caller { name: peer::remote(address), role: Role::Admin, credential }));
        }
        let operator = self.control.authenticate(token).await?;
        Ok(operator.map(|Operator { name, role }| Caller { name, role, credential }))
    }
}
