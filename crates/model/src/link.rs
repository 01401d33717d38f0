//! What the server and a gateway say to each other over their local socket.
//!
//! A frame is a big-endian `u32` length of what follows, one byte that tells its kind, and a payload: JSON for
//! messages, so that neighbouring versions understand each other during an upgrade, and [`crate::record`]'s own bytes
//! for request records, because there are many. The gateway connects; the server listens.

use serde::{Deserialize, Serialize};

use crate::instance::InstanceId;
use crate::observed::Health;
use crate::snapshot::{Callers, Endpoints, RouteId, Routing, ServiceId};

/// The first byte of a frame's body: a [`ToGateway`] or [`ToServer`] as JSON.
const KIND_MESSAGE: u8 = b'm';
/// Gateway to server only: a batch of records, see [`crate::record`].
const KIND_RECORDS: u8 = b'r';
/// The longest frame, in bytes, kind included. 2,000 endpoints and 1,000 routes are below 1 MiB.
pub const MAX_FRAME: usize = 16 << 20;

/// One frame of a stream, its payload still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'b> {
    /// A [`ToGateway`] or [`ToServer`] as JSON.
    Message(&'b [u8]),
    /// A batch of [`crate::record`]s.
    Records(&'b [u8]),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {0} bytes; at most {MAX_FRAME} are allowed")]
    TooLong(usize),
    #[error("a frame without a kind")]
    Empty,
    #[error("a frame of unknown kind {0:#04x}")]
    UnknownKind(u8),
}

impl<'b> Frame<'b> {
    /// Appends the frame's bytes.
    ///
    /// # Errors
    /// [`FrameError::TooLong`]; nothing is appended then.
    pub fn encode(&self, stream: &mut Vec<u8>) -> Result<(), FrameError> {
        let (kind, payload) = match self {
            Frame::Message(payload) => (KIND_MESSAGE, payload),
            Frame::Records(payload) => (KIND_RECORDS, payload),
        };
        let len = payload.len() + 1;
        if len > MAX_FRAME {
            return Err(FrameError::TooLong(len));
        }
        stream.extend_from_slice(&(len as u32).to_be_bytes());
        stream.push(kind);
        stream.extend_from_slice(payload);
        Ok(())
    }

    /// Takes the first frame off what was received; `None`: it is not whole yet.
    ///
    /// # Errors
    /// The other side does not speak this protocol; the stream is of no further use.
    pub fn decode(received: &mut &'b [u8]) -> Result<Option<Frame<'b>>, FrameError> {
        let Some((len, rest)) = received.split_first_chunk::<4>() else { return Ok(None) };
        let len = u32::from_be_bytes(*len) as usize;
        if len > MAX_FRAME {
            return Err(FrameError::TooLong(len));
        }
        if len == 0 {
            return Err(FrameError::Empty);
        }
        // The kind is looked at as soon as it is there, so that a stranger is found out before the rest has come.
        if let Some(kind) = rest.first().filter(|kind| !matches!(**kind, KIND_MESSAGE | KIND_RECORDS)) {
            return Err(FrameError::UnknownKind(*kind));
        }
        let Some((body, rest)) = rest.split_at_checked(len) else { return Ok(None) };
        *received = rest;
        let (kind, payload) = (body[0], &body[1..]);
        Ok(Some(if kind == KIND_MESSAGE { Frame::Message(payload) } else { Frame::Records(payload) }))
    }
}

/// Versions count up over the life of the platform, over both kinds of change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToGateway {
    Routing {
        version: u64,
        routing: Box<Routing>,
    },
    Endpoints {
        version: u64,
        endpoints: Endpoints,
    },
    /// Said first, after the routing, and again at each change of clients, keys and revoked tokens.
    Callers {
        version: u64,
        callers: Box<Callers>,
    },
    /// Said once to a gateway that begins: what quotas have used up so far.
    Used {
        used: Vec<Used>,
    },
    /// Accept no more, end what is under way (GOAWAY, `Connection: close`), and exit; at the latest after this long.
    Drain {
        within_ms: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToServer {
    /// Said first. The frame carries the listening sockets as ancillary data (SCM_RIGHTS), in this order.
    Hello { pid: u32, build: String, version: u64, listeners: Vec<Listener> },
    /// Every thread routes by this version.
    Ack { version: u64 },
    /// Said of every endpoint after the hello, and then at each change.
    Health { instance: InstanceId, health: Health },
    /// Said every 250 ms, and at once when a draining endpoint has nothing left in flight.
    Load(Load),
    /// What quotas have used since it was last said; at most every 250 ms.
    Used { used: Vec<Used> },
    /// A token was shown that is signed with a key this outside issuer is not known to have; at most every ten seconds for each.
    UnknownKey { issuer: String },
}

/// What was counted of a quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Names the limit and what it is counted by; the gateway makes it and nobody else reads it.
    pub key: String,
    /// The period it belongs to: `2026-11-21` or `2026-11`.
    pub period: String,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    pub address: std::net::SocketAddr,
    pub tls: bool,
}

/// What is under way in the gateway at this moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Open client connections.
    pub connections: u64,
    pub endpoints: Vec<EndpointLoad>,
    pub services: Vec<ServiceLoad>,
    #[serde(default)]
    pub routes: Vec<RouteLoad>,
    /// Records dropped so far because the channel or the server was behind.
    pub records_dropped: u64,
}

/// An endpoint that has left the table is told of until nothing is in flight to it, once with 0 to end with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointLoad {
    pub instance: InstanceId,
    pub in_flight: u32,
    /// Left out by passive ejection.
    pub ejected: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLoad {
    pub service: ServiceId,
    pub in_flight: u32,
    /// Requests that wait for a place or for a ready instance.
    pub waiting: u32,
    /// Requests that came since the gateway started, those included that were refused.
    #[serde(default)]
    pub begun: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteLoad {
    pub route: RouteId,
    /// Requests begun and not ended, waiting ones included. A route without any may be left out.
    pub in_flight: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strangers_are_found_out_at_once() {
        let decode = |bytes: &[u8]| Frame::decode(&mut &*bytes).map(|f| f.is_some());
        assert_eq!(decode(b"GET / HTTP/1.1"), Err(FrameError::TooLong(0x4745_5420)));
        assert_eq!(decode(&[0, 0, 0, 0]), Err(FrameError::Empty));
        assert_eq!(decode(&[0, 0, 0, 9, b'x']), Err(FrameError::UnknownKind(b'x')));
        assert_eq!(decode(&[0, 0, 0, 9, b'm', b'{']), Ok(false));
    }

    #[test]
    fn a_frame_over_the_limit_is_not_written() {
        let mut stream = Vec::new();
        let long = vec![0; MAX_FRAME];
        assert_eq!(Frame::Records(&long).encode(&mut stream), Err(FrameError::TooLong(MAX_FRAME + 1)));
        assert!(stream.is_empty());
    }

    proptest! {
        #[test]
        fn frames_read_back_however_the_stream_is_cut(
            payloads in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..50)), 0..8),
            step in 1usize..40,
        ) {
            let mut stream = Vec::new();
            for (message, payload) in &payloads {
                let frame = if *message { Frame::Message(payload) } else { Frame::Records(payload) };
                frame.encode(&mut stream).unwrap();
            }
            let (mut received, mut decoded) = (Vec::new(), Vec::new());
            for part in stream.chunks(step) {
                received.extend_from_slice(part);
                let mut rest = received.as_slice();
                while let Some(frame) = Frame::decode(&mut rest).unwrap() {
                    decoded.push(match frame {
                        Frame::Message(payload) => (true, payload.to_vec()),
                        Frame::Records(payload) => (false, payload.to_vec()),
                    });
                }
                received = rest.to_vec();
            }
            prop_assert!(received.is_empty());
            prop_assert_eq!(decoded, payloads);
        }
    }
}
