//! Everything that can wake the control loop, in one queue: so that deployments, scalings and failures that come
//! together are taken one after the other, and none is lost.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use naru_model::instance::InstanceId;
use naru_model::name::{LinkName, ServiceName};
use naru_model::platform::Platform;
use naru_model::snapshot::Callers;
use naru_runtime::{Running, RuntimeEvent};
use tokio::sync::oneshot;

use super::link::LinkEvent;

#[derive(Debug)]
pub(crate) enum Input {
    Link(LinkEvent),
    Runtime(RuntimeEvent),
    Started {
        id: InstanceId,
        result: Result<Running, naru_runtime::Error>,
    },
    GatewayEnded {
        pid: u32,
    },
    /// What a link's name stands for now, or why that can't be told.
    Resolved {
        link: LinkName,
        found: Result<Vec<SocketAddr>, String>,
    },
    /// Who may call has changed.
    Callers(Box<Callers>),
    Ask {
        request: Request,
        reply: oneshot::Sender<Result<Done, Refused>>,
    },
    /// The file changed and can't be used; `what` is the report.
    FileRefused {
        what: String,
    },
}

/// What somebody wants changed.
#[derive(Debug)]
pub(crate) enum Request {
    Apply {
        platform: Box<Platform>,
        actor: String,
    },
    Deploy {
        service: ServiceName,
        env: BTreeMap<String, String>,
        actor: String,
    },
    Rollback {
        service: ServiceName,
        to: Option<u32>,
        actor: String,
    },
    /// `None`: as the policies or the minimum have it.
    Scale {
        service: ServiceName,
        count: Option<u32>,
        actor: String,
    },
    Stop {
        actor: String,
    },
    Upgrade {
        binary: PathBuf,
        actor: String,
    },
}

/// What was accepted. It is carried out from then on; events tell how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// The revision that the service is on or going to; 0 where there is none.
    pub(crate) revision: u32,
    /// Instances wanted; 0 where there are none.
    pub(crate) count: u32,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("there is no service {name}; the file has {known}")]
    NoService { name: ServiceName, known: String },
    #[error("{service} has no revision {revision}; `naru revisions {service}` lists them")]
    NoRevision { service: ServiceName, revision: u32 },
    #[error(
        "{0} has no earlier revision that proved itself; name one with --to, `naru revisions {0}` lists them"
    )]
    NothingToGoBackTo(ServiceName),
    #[error("{service} can have {min} to {max} instances (scale.min and scale.max in the file), not {count}")]
    OutOfRange { service: ServiceName, count: u32, min: u32, max: u32 },
    #[error("the platform is stopping")]
    Stopping,
    #[error("{0}")]
    Failed(String),
}
