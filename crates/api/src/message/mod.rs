//! What travels: requests, queries and answers that are not model types already. Their JSON is a promise to scripts.

mod access;
mod changes;
pub(crate) mod csv;
mod events;
mod figures;
mod logs;
mod tally;

pub use access::{AuditQuery, MAX_AUDITS, MadeToken, MakeToken, SignIn};
pub use changes::{
    Accepted, Change, CheckReport, CheckRequest, DeployRequest, Health, RollbackRequest, ScaleRequest,
    Scaled, Scaling, Stopping, UpgradeRequest, Upgrading,
};
pub(crate) use events::kinds_text;
pub use events::{EventsQuery, MAX_EVENTS, StatusQuery};
pub use figures::{
    MAX_CELLS, MAX_DOTS, MAX_FOUND, MAX_POINTS, MapParams, SeriesParams, SeriesQuery, TransactionsParams,
};
pub use logs::{LogLine, LogStream, LogsQuery, MAX_LINES};
pub use tally::{Format, MAX_TALLY, TallyParams};

/// The body of a request that changes something: what of it the audit keeps.
pub(crate) trait Told {
    /// What was asked for, in a few words and without secrets.
    fn told(&self) -> String;
}
