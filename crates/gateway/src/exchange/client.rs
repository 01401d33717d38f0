//! What the phases ask of a client, whichever protocol it speaks.

use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use crate::body::{Error, Sink, Source};
use crate::forwarded::node_text;
use crate::head::{Lines, RequestHead, ResponseHead};
use crate::policy::access::{Peer, PeerCertificate, Recent};
use crate::policy::limit::Handles;

/// Where a connection comes from; the same for all its requests.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) peer: IpAddr,
    /// The address that it came to.
    pub(crate) local: SocketAddr,
    /// What the gateway says of the peer when nobody else may, all but the host.
    pub(crate) lines: Lines,
    /// As [`Origin::lines`] for `Forwarded`: it ends before the host.
    pub(crate) forwarded: String,
    pub(crate) proto: &'static str,
    /// Whose authority was checked when the connection began; `None`: the client has shown none.
    pub(crate) certificate: Option<Box<PeerCertificate>>,
    /// The keys and the tokens that were shown on it last.
    pub(crate) recent: [Recent; 2],
    /// What its requests were counted by last.
    pub(crate) handles: Handles,
}

impl Origin {
    pub(crate) fn new(peer: IpAddr, local: SocketAddr, tls: bool) -> Self {
        let peer = peer.to_canonical();
        let proto = if tls { "https" } else { "http" };
        let mut lines = Lines::default();
        lines.push("x-forwarded-for", &[peer.to_string().as_bytes()]);
        lines.push("x-forwarded-proto", &[proto.as_bytes()]);
        let forwarded = format!("for={};proto={proto}", node_text(peer));
        Origin {
            peer,
            local,
            lines,
            forwarded,
            proto,
            certificate: None,
            recent: Default::default(),
            handles: Handles::default(),
        }
    }

    /// What is known of who calls before a request is read.
    pub(super) fn caller(&self) -> Peer<'_> {
        Peer { certificate: self.certificate.as_deref(), recent: Some(&self.recent) }
    }
}

/// The client's side of one request: its body comes from there, the answer's body goes there.
pub(crate) trait Client: Source + Sink {
    fn origin(&self) -> &Origin;

    /// 10, 11 or 20.
    fn protocol(&self) -> u8;

    /// Lets no more than this many bytes of the request's body come in from now on.
    fn bound(&mut self, most: u64);

    /// Ready when nobody is there any more to be answered.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Passes on a 1xx head.
    fn interim(&mut self, request: &RequestHead, head: &ResponseHead);

    /// Begins the answer: its body follows as to any [`Sink`]. `draining`: it should be the connection's last.
    fn respond(&mut self, request: &RequestHead, head: &ResponseHead, draining: bool) -> Result<(), Error>;

    /// The answer will not come to its end, and the client must see that.
    fn abort(&mut self);

    /// Turns the connection over to another protocol: from now on both bodies are its bytes. `false`: there is no such
    /// thing in this protocol.
    fn become_tunnel(&mut self) -> bool;

    /// Says that nothing more comes from this side. For tunnels.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
