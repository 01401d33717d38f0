//! Names and records for tests.

use naru_model::instance::InstanceId;
use naru_model::record::RequestRecord;
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use naru_testkit::record::answered;

use crate::names::Names;

pub(crate) const START: Timestamp = Timestamp(1_795_250_000_000_000);

/// Three services, routes and functions.
pub(crate) fn names() -> Names {
    Names {
        services: (1..4).map(|n| (ServiceId(n), format!("service-{n}").parse().unwrap())).collect(),
        routes: (1..4).map(|n| (RouteId(n), format!("example.kr/{n}/**"))).collect(),
        functions: (1..4).map(|n| (FunctionId(n), format!("function-{n}").parse().unwrap())).collect(),
        callers: (1..4).map(|n| (CallerId(n), format!("client-{n}").parse().unwrap())).collect(),
        ..Names::default()
    }
}

pub(crate) fn instance(service: u32, revision: u32, ordinal: u32) -> InstanceId {
    InstanceId { service: format!("service-{service}").parse().unwrap(), revision, ordinal }
}

/// A good request that took a millisecond and ended a millisecond after [`START`].
pub(crate) fn record(service: u32, revision: u32, ordinal: u32) -> RequestRecord<'static> {
    RequestRecord {
        start: START,
        route: RouteId(service),
        function: FunctionId(service),
        service: ServiceId(service),
        revision,
        ordinal,
        bytes_out: 1500,
        waiting_us: 1,
        upstream_us: 900,
        whole_us: 1000,
        trace_id: [0xab; 16],
        target: "/rooms?page=2",
        ..answered()
    }
}
