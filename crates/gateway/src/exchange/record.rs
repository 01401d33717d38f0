//! What is to be told of a request when it has ended.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use naru_model::record::{Agent, Fault, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use tokio::time::Instant;

use super::{Client, Exchange};
use crate::thread::Thread;

/// A record as far as it is known.
#[derive(Debug)]
pub(super) struct Story {
    start: Timestamp,
    pub(super) route: RouteId,
    pub(super) function: FunctionId,
    pub(super) service: ServiceId,
    pub(super) revision: u32,
    pub(super) ordinal: u32,
    pub(super) client: IpAddr,
    pub(super) user: u64,
    pub(super) caller: CallerId,
    /// 0 until a head was sent.
    pub(super) status: u16,
    pub(super) fault: Fault,
    pub(super) attempts: u8,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) waiting: Duration,
    pub(super) connecting: Duration,
    pub(super) upstream: Duration,
    pub(super) trace_id: [u8; 16],
}

impl Story {
    pub(super) fn begin(thread: &Thread, began: Instant) -> Self {
        Story {
            start: thread.timestamp(began),
            route: RouteId::default(),
            function: FunctionId::default(),
            service: ServiceId::default(),
            revision: 0,
            ordinal: 0,
            client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            user: 0,
            caller: CallerId::default(),
            status: 0,
            fault: Fault::None,
            attempts: 0,
            bytes_in: 0,
            bytes_out: 0,
            waiting: Duration::ZERO,
            connecting: Duration::ZERO,
            upstream: Duration::ZERO,
            trace_id: [0; 16],
        }
    }
}

impl<C: Client> Exchange<'_, C> {
    /// Returns when the request had ended.
    pub(super) fn record(mut self) -> Instant {
        let end = Instant::now();
        if let Some(phases) = &mut self.phases {
            std::mem::swap(&mut phases.lines, &mut self.scratch.said);
        }
        if self.table.silent {
            return end;
        }
        let (story, request) = (&self.story, &self.scratch.request);
        let record = RequestRecord {
            start: story.start,
            route: story.route,
            function: story.function,
            service: story.service,
            revision: story.revision,
            ordinal: story.ordinal,
            client: story.client,
            user: story.user,
            caller: story.caller,
            method: request.method,
            protocol: self.client.protocol(),
            status: story.status,
            fault: story.fault,
            attempts: story.attempts,
            bytes_in: story.bytes_in,
            bytes_out: story.bytes_out,
            waiting_us: micros(story.waiting),
            connecting_us: micros(story.connecting),
            upstream_us: micros(story.upstream),
            whole_us: micros(end.duration_since(self.began)),
            trace_id: story.trace_id,
            target: request.target(),
        };
        let [referer, user_agent] = &self.scratch.agent;
        let agent = self.table.agents.then_some(Agent { referer, user_agent });
        self.thread.reporter.record(&record, agent);
        end
    }
}

/// An hour and ten minutes at most, which is what the field holds.
fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}
