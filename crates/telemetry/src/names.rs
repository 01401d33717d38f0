//! What the numbers in records stand for.

use std::collections::BTreeMap;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::name::{ClientName, FunctionName, ServiceName};
use naru_model::platform::Function;
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};

/// By the ids that the server has given out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub services: BTreeMap<ServiceId, ServiceName>,
    /// What each route matches, as written in the file.
    pub routes: BTreeMap<RouteId, String>,
    pub functions: BTreeMap<FunctionId, FunctionName>,
    pub callers: BTreeMap<CallerId, ClientName>,
    /// Apdex's T: the response time that still satisfies. Not in here, and without a function: 500 ms.
    pub apdex_t: BTreeMap<FunctionId, Duration>,
}

impl Names {
    pub(crate) fn service(&self, id: ServiceId) -> Option<&ServiceName> {
        self.services.get(&id)
    }

    pub(crate) fn route(&self, id: RouteId) -> Option<&str> {
        self.routes.get(&id).map(String::as_str)
    }

    pub(crate) fn function(&self, id: FunctionId) -> Option<&FunctionName> {
        self.functions.get(&id)
    }

    pub(crate) fn caller(&self, id: CallerId) -> Option<&ClientName> {
        self.callers.get(&id)
    }

    pub(crate) fn caller_id(&self, name: &ClientName) -> Option<CallerId> {
        self.callers.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    /// Apdex's T of a function; of requests without one when it is 0.
    pub(crate) fn apdex_t(&self, id: FunctionId) -> Duration {
        self.apdex_t.get(&id).copied().unwrap_or(Function::APDEX_T)
    }

    pub(crate) fn service_id(&self, name: &ServiceName) -> Option<ServiceId> {
        self.services.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    pub(crate) fn route_id(&self, name: &str) -> Option<RouteId> {
        self.routes.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    pub(crate) fn function_id(&self, name: &FunctionName) -> Option<FunctionId> {
        self.functions.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    pub(crate) fn instance(&self, service: ServiceId, revision: u32, ordinal: u32) -> Option<InstanceId> {
        let service = self.service(service)?.clone();
        (revision > 0).then_some(InstanceId { service, revision, ordinal })
    }
}
