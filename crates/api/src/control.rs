//! What the API asks of the server: the one seam between them.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use naru_model::access::{Audit, AuditSearch, Hash, NewToken, Operator, Session, Token};
use naru_model::calls::Calls;
use naru_model::event::{self, Event};
use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::series::{Found, Map, MapQuery, Period, Point, Search, Tally, TallyQuery};
use naru_model::status::Status;
use naru_model::units::Timestamp;
use tokio::sync::watch;

use crate::alerts::Alerts;
use crate::error::Error;
use crate::manage::Manage;
use crate::message::{
    Accepted, CheckReport, CheckRequest, DeployRequest, Health, LogLine, Scaled, SeriesQuery, Stopping,
    UpgradeRequest, Upgrading,
};
use crate::seam::assessments::Assessments;
use crate::seam::metrics::Metrics;
use crate::seam::reports::Reports;
use crate::seam::traces::Traces;

/// An answer that may take a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Items as they come. It ends when the server stops.
pub type Feed<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// A running platform, as operators may see and change it. `actor` is who asks, for the event that records it: the
/// user's name on the Unix socket, the token's name over TCP, `api ADDRESS` with the token that the server was started
/// with.
///
/// # Caveats
/// When the caller of something that changes nothing goes away, and whenever a minute has passed, the future is dropped
/// where it waits. What must not be left half done belongs into a task of its own.
///
/// # Errors
/// [`Error::NotFound`] for a service, instance or revision that does not exist, [`Error::Invalid`] for a wish that can't
/// be, [`Error::Conflict`] for one that can't be now.
pub trait Control: Manage + Alerts + Assessments + Metrics + Reports + Traces {
    /// The server's clock.
    fn now(&self) -> Timestamp;

    /// The status, which changes each second. Whoever follows it sees the latest and no queue of old ones.
    fn follow_status(&self) -> watch::Receiver<Arc<Status>>;

    /// Makes a new revision from the file as it stands, with what `request` adds, and begins to roll it out.
    fn deploy(&self, service: ServiceName, request: DeployRequest, actor: String) -> Answer<'_, Accepted>;

    /// Begins to go back to revision `to`; to the last one that proved itself when it is `None`.
    fn rollback(&self, service: ServiceName, to: Option<u32>, actor: String) -> Answer<'_, Accepted>;

    /// Wants `instances` of the service, within the file's minimum and maximum; `None` leaves it to the policies.
    fn scale(&self, service: ServiceName, instances: Option<u32>, actor: String) -> Answer<'_, Scaled>;

    /// All revisions of a service, oldest first.
    fn revisions(&self, service: ServiceName) -> Answer<'_, Vec<Revision>>;

    /// The events that `search` asks for, in the order of their ids.
    fn events(&self, search: event::Search) -> Answer<'_, Vec<Event>>;

    /// Every event from now on. One that falls behind may skip some: the API fetches those with [`Control::events`].
    fn subscribe(&self) -> Feed<Event>;

    /// The last `lines` lines that a service's instances wrote, oldest first; of one instance if it is given.
    fn logs(
        &self,
        service: ServiceName,
        instance: Option<InstanceId>,
        lines: usize,
    ) -> Answer<'_, Vec<LogLine>>;

    /// The same, and then every line that is written from there on, by instances yet to come as well.
    fn follow_logs(
        &self,
        service: ServiceName,
        instance: Option<InstanceId>,
        lines: usize,
    ) -> Answer<'_, Feed<LogLine>>;

    /// Figures over time, oldest first.
    fn series(&self, query: SeriesQuery) -> Answer<'_, Vec<Point>>;

    fn map(&self, query: MapQuery) -> Answer<'_, Map>;

    /// Transactions, the latest first.
    fn search(&self, search: Search) -> Answer<'_, Found>;

    /// Calls added up.
    fn tally(&self, query: TallyQuery) -> Answer<'_, Tally>;

    /// What stands out in the calls of a stretch.
    fn calls(&self, period: Period) -> Answer<'_, Calls>;

    /// Checks a file, and tells what applying it to this platform would change. It changes nothing.
    fn check(&self, request: CheckRequest) -> Answer<'_, CheckReport>;

    /// Begins to stop: drain, end every instance, exit.
    fn stop(&self, actor: String) -> Answer<'_, Stopping>;

    /// Begins to replace naru itself by another binary, without a refused connection.
    fn upgrade(&self, request: UpgradeRequest, actor: String) -> Answer<'_, Upgrading>;

    /// Everything measured, in Prometheus' text format 0.0.4.
    fn metrics(&self) -> Answer<'_, String>;

    /// Whether every service has its minimum ready. It must answer at once.
    fn health(&self) -> Answer<'_, Health>;

    /// Who holds the token with this hash; `None` when it is unknown, revoked or expired.
    fn authenticate(&self, hash: Hash) -> Answer<'_, Option<Operator>>;

    /// All tokens that are not revoked, oldest first.
    fn tokens(&self) -> Answer<'_, Vec<Token>>;

    fn make_token(&self, new: NewToken) -> Answer<'_, Token>;

    /// Whether there was such a token.
    fn revoke_token(&self, id: u64) -> Answer<'_, bool>;

    fn begin_session(&self, session: Session) -> Answer<'_, ()>;

    /// The hash of the token that the session with this hash began with; `None` when it is unknown or has ended.
    fn session(&self, hash: Hash) -> Answer<'_, Option<Hash>>;

    fn end_session(&self, hash: Hash) -> Answer<'_, ()>;

    /// Keeps an entry of the audit; its `id` is 0.
    fn audit(&self, entry: Audit) -> Answer<'_, ()>;

    /// Entries of the audit, in the order of their ids.
    fn audits(&self, search: AuditSearch) -> Answer<'_, Vec<Audit>>;
}
