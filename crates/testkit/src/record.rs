//! A record as a gateway writes it, for tests to change what they are about.

use std::net::Ipv4Addr;

use naru_model::record::{Fault, Method, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;

/// A good request of no function, which instance 1 of revision 1 of service 1 answered in no time with nothing.
pub fn answered() -> RequestRecord<'static> {
    RequestRecord {
        start: Timestamp(1),
        route: RouteId(1),
        function: FunctionId(0),
        service: ServiceId(1),
        revision: 1,
        ordinal: 1,
        client: Ipv4Addr::LOCALHOST.into(),
        user: 0,
        caller: CallerId::default(),
        method: Method::Get,
        protocol: 11,
        status: 200,
        fault: Fault::None,
        attempts: 1,
        bytes_in: 0,
        bytes_out: 0,
        waiting_us: 0,
        connecting_us: 0,
        upstream_us: 0,
        whole_us: 0,
        trace_id: [0; 16],
        target: "",
    }
}
