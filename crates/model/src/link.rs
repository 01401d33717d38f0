//! What the server and a gateway say to each other over their local socket.
//!
//! A frame is a big-endian `u32` length of what follows, one byte that tells its kind, and a payload: JSON for
//! messages, so that neighbouring versions understand each other during an upgrade, and [`crate::record`]'s own bytes
//! for request records, because there are many. The gateway connects; the server listens.

use serde::{Deserialize, Serialize};

use crate::instance::InstanceId;
use crate::observed::Health;
use crate::snapshot::{Endpoints, Routing, ServiceId};

/// The first byte of a frame's body: a [`ToGateway`] or [`ToServer`] as JSON.
pub const KIND_MESSAGE: u8 = b'm';
/// Gateway to server only: a batch of records, see [`crate::record`].
pub const KIND_RECORDS: u8 = b'r';
/// The longest frame, in bytes, kind included. 2,000 endpoints and 1,000 routes are below 1 MiB.
pub const MAX_FRAME: usize = 16 << 20;

/// Versions count up over the life of the platform, over both kinds of change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToGateway {
    Routing {
        version: u64,
        routing: Routing,
    },
    Endpoints {
        version: u64,
        endpoints: Endpoints,
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
}
