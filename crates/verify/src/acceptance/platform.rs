//! The running platform as acceptance sees it: what it asks of the API. The command line answers it with the API's own client;
//! this crate knows no more of it than this.

use std::path::Path;
use std::time::Duration;

use naru_model::name::{FunctionName, ServiceName};
use naru_model::revision::Revision;
use naru_model::status::Status;
use naru_model::units::Timestamp;

use super::file::FileEdit;

/// The API did not do what it was asked for; in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A platform that runs. Each call blocks until it is answered.
///
/// # Errors
/// When the API can't be reached or says no.
pub trait Platform: Send + Sync {
    fn status(&self) -> Result<Status, Refused>;
    /// In the order of naru.yaml, without links.
    fn routes(&self) -> Result<Vec<Route>, Refused>;
    /// All of them, oldest first.
    fn revisions(&self, service: &ServiceName) -> Result<Vec<Revision>, Refused>;
    /// The schedules among a service's policies, as they stand at `at`.
    fn schedules(&self, policies: &[String], at: Timestamp) -> Result<Vec<Planned>, Refused>;
    /// What naru.yaml has to become for a schedule of one instance more, once, from a full minute on and for so long. Nothing is
    /// written.
    fn schedule(&self, service: &ServiceName, from: Timestamp, lasts: Duration) -> Result<FileEdit, Refused>;
    /// Begins to roll out what a revision is as a new one, and tells its number.
    fn deploy(&self, running: &Revision) -> Result<u32, Refused>;
    /// Begins to go to this revision, and tells its number.
    fn rollback(&self, service: &ServiceName, to: u32) -> Result<u32, Refused>;
    /// Begins to replace naru by this binary.
    fn upgrade(&self, binary: &Path) -> Result<(), Refused>;
    /// Tells nobody of alerts for so long; the silence's id.
    fn silence(&self, lasts: Duration, why: &str) -> Result<u64, Refused>;
    fn end_silence(&self, id: u64) -> Result<(), Refused>;
    /// Makes a token of the role viewer; its id and its secret.
    fn make_viewer(&self, name: &str) -> Result<(u64, String), Refused>;
    fn revoke(&self, id: u64) -> Result<(), Refused>;
}

/// What a route of naru.yaml says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub name: String,
    pub host: Option<String>,
    /// With its wildcards.
    pub path: Option<String>,
    /// Empty: any.
    pub methods: Vec<String>,
    pub services: Vec<ServiceName>,
    pub function: Option<FunctionName>,
    /// Anybody may call, and a call is answered by a service there and then.
    pub open: bool,
    /// `rate 50/s per client`, as naru.yaml has them.
    pub limits: Vec<String>,
}

/// One schedule, at a certain time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// As the policies have it: `0 20 * * * for 2h: 2 more`.
    pub text: String,
    /// Instances that it adds now; 0 outside its time.
    pub adds: u32,
    /// When that changes next, as people read it.
    pub next: Option<String>,
}
