//! What the numbers in records stand for.

use std::collections::BTreeMap;

use naru_model::instance::InstanceId;
use naru_model::name::{FunctionName, ServiceName};
use naru_model::snapshot::{FunctionId, RouteId, ServiceId};

/// By the ids that the server has given out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub services: BTreeMap<ServiceId, ServiceName>,
    /// What each route matches, as written in the file.
    pub routes: BTreeMap<RouteId, String>,
    pub functions: BTreeMap<FunctionId, FunctionName>,
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
