//! What there are series of.

use naru_model::name::ServiceName;
use naru_model::series::Subject;
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};

use crate::limits;
use crate::names::Names;

/// What a series is of, by the numbers in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    All,
    Service(ServiceId),
    Revision(ServiceId, u32),
    Route(RouteId),
    Function(FunctionId),
    Instance(ServiceId, u32, u32),
    Caller(CallerId),
    /// The machine: gauges only.
    Host,
    /// Those that there was no place for.
    Other(Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    All,
    Service,
    Revision,
    Route,
    Function,
    Instance,
    Caller,
    Host,
}

impl Key {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Key::All => Kind::All,
            Key::Service(_) => Kind::Service,
            Key::Revision(..) => Kind::Revision,
            Key::Route(_) => Kind::Route,
            Key::Function(_) => Kind::Function,
            Key::Instance(..) => Kind::Instance,
            Key::Caller(_) => Kind::Caller,
            Key::Host => Kind::Host,
            Key::Other(kind) => kind,
        }
    }

    /// A name that has no id has no figures: it is asked for as an id that is never given.
    pub(crate) fn of(subject: &Subject, names: &Names) -> Key {
        let service = |name: &ServiceName| names.service_id(name).unwrap_or(ServiceId(0));
        match subject {
            Subject::All => Key::All,
            Subject::Host => Key::Host,
            Subject::Service(name) => Key::Service(service(name)),
            Subject::Revision(name, revision) => Key::Revision(service(name), *revision),
            Subject::Instance(id) => Key::Instance(service(&id.service), id.revision, id.ordinal),
            // Requests that matched none.
            Subject::Route(name) if name.is_empty() => Key::Route(RouteId(0)),
            Subject::Route(name) => names.route_id(name).map_or(Key::Other(Kind::All), Key::Route),
            Subject::Function(name) => names.function_id(name).map_or(Key::Other(Kind::All), Key::Function),
            Subject::Caller(name) => names.caller_id(name).map_or(Key::Other(Kind::All), Key::Caller),
        }
    }

    /// `None`: it has no name, and nobody can ask for it.
    pub(crate) fn subject(self, names: &Names) -> Option<Subject> {
        Some(match self {
            Key::All => Subject::All,
            Key::Host => Subject::Host,
            Key::Service(id) => Subject::Service(names.service(id)?.clone()),
            Key::Revision(id, revision) => Subject::Revision(names.service(id)?.clone(), revision),
            Key::Instance(id, revision, ordinal) => Subject::Instance(names.instance(id, revision, ordinal)?),
            Key::Route(RouteId(0)) | Key::Other(_) => return None,
            Key::Route(id) => Subject::Route(names.route(id)?.to_owned()),
            Key::Function(id) => Subject::Function(names.function(id)?.clone()),
            Key::Caller(id) => Subject::Caller(names.caller(id)?.clone()),
        })
    }
}

impl Kind {
    pub(crate) fn places(self) -> usize {
        match self {
            Kind::All | Kind::Host => 1,
            Kind::Service => limits::SERVICES,
            Kind::Revision => limits::REVISIONS,
            Kind::Route => limits::ROUTES,
            Kind::Function => limits::FUNCTIONS,
            Kind::Instance => limits::INSTANCES,
            Kind::Caller => limits::CALLERS,
        }
    }

    /// Whether distinct users are counted.
    pub(crate) fn keeps_users(self) -> bool {
        matches!(self, Kind::All | Kind::Service | Kind::Route | Kind::Function)
    }
}
