//! Requests to give to a telemetry that knows their names.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::{Names, Telemetry};
use naru_model::record::{Fault, Method, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;

pub(super) const START: Timestamp = Timestamp(1_790_000_000_000_000);
pub(super) const UPSTREAM_MS: f64 = 3.0;

/// The moment so many seconds after the start.
pub(super) fn second(number: u64) -> Timestamp {
    START + Duration::from_secs(number)
}

/// Also returns the folder of its access log, which goes when it is dropped.
pub(super) fn telemetry() -> (Telemetry, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let telemetry = Telemetry::open(folder.path(), Default::default(), START, Arc::new(|_| {})).unwrap();
    telemetry.set_names(Names {
        services: BTreeMap::from([(ServiceId(1), "booking".parse().unwrap())]),
        routes: BTreeMap::from([
            (RouteId(1), "/booking/**".to_owned()),
            (RouteId(2), "/other/**".to_owned()),
            (RouteId(3), "odd \"name\" with \\ and\nline".to_owned()),
        ]),
        functions: BTreeMap::from([(FunctionId(1), "booking-apply".parse().unwrap())]),
        callers: BTreeMap::new(),
        apdex_t: BTreeMap::from([(FunctionId(1), Duration::from_millis(100))]),
    });
    (telemetry, folder)
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) end: Timestamp,
    pub(super) millis: u32,
    pub(super) route: u32,
    pub(super) function: u32,
    pub(super) service: u32,
    pub(super) revision: u32,
    pub(super) ordinal: u32,
    pub(super) status: u16,
    pub(super) fault: Fault,
    pub(super) bytes: u64,
    pub(super) user: u64,
}

impl Default for Request {
    fn default() -> Self {
        Request {
            end: START,
            millis: 10,
            route: 1,
            function: 1,
            service: 1,
            revision: 1,
            ordinal: 1,
            status: 200,
            fault: Fault::None,
            bytes: 0,
            user: 0,
        }
    }
}

impl Request {
    pub(super) fn batch(&self) -> Vec<u8> {
        let whole_us = self.millis * 1000;
        let record = RequestRecord {
            start: Timestamp(self.end.0 - u64::from(whole_us)),
            route: RouteId(self.route),
            function: FunctionId(self.function),
            service: ServiceId(self.service),
            revision: self.revision,
            ordinal: self.ordinal,
            client: Ipv4Addr::LOCALHOST.into(),
            user: self.user,
            caller: CallerId::default(),
            method: Method::Get,
            protocol: 11,
            status: self.status,
            fault: self.fault,
            attempts: 1,
            bytes_in: 0,
            bytes_out: self.bytes,
            waiting_us: 0,
            connecting_us: 0,
            upstream_us: (UPSTREAM_MS * 1000.0) as u32,
            whole_us,
            trace_id: [1; 16],
            target: "/booking/1",
        };
        let mut batch = Vec::new();
        record.encode(&mut batch);
        batch
    }
}
