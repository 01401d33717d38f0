//! One route's phase `auth` by itself, for whoever judges requests without a gateway around: benches and fuzzing.

use std::net::IpAddr;
use std::sync::Arc;

use naru_model::snapshot::{self, Route};
use naru_model::units::Timestamp;

use super::{Callers, Directory, Peer, Recent, Rules, authorize, identify};
use crate::head::RequestHead;

/// A route, who is registered, and one connection. Of one thread, as in the gateway.
#[derive(Debug)]
pub struct Gate {
    rules: Rules,
    callers: Callers,
    recent: [Recent; 2],
}

impl Gate {
    pub fn new(route: &Route, callers: &snapshot::Callers) -> Gate {
        Gate {
            rules: Rules::new(route),
            callers: Callers::new(Arc::new(Directory::new(callers))),
            recent: Default::default(),
        }
    }

    /// Returns the status of the refusal; 0: the request goes on.
    pub fn pass(&self, request: &RequestHead, address: IpAddr, now: Timestamp) -> u16 {
        let peer = Peer { certificate: None, recent: Some(&self.recent) };
        let judged = identify(&self.callers, &self.rules, request, peer, now)
            .and_then(|identity| authorize(&self.rules, &self.callers, &identity, request, address, now));
        judged.map_or_else(|denied| denied.status, |()| 0)
    }
}
