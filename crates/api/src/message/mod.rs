//! What travels: requests, queries and answers that are not model types already. Their JSON is a promise to scripts.

mod access;
mod apis;
mod calls;
mod changes;
mod clients;
pub(crate) mod csv;
mod events;
mod figures;
mod jobs;
mod logs;
mod tally;

pub use access::{AuditQuery, MAX_AUDITS, MadeToken, MakeToken, SignIn};
pub(crate) use apis::apis;
pub use apis::{Api, ApiAuth, limit_text};
pub use calls::CallsParams;
pub use changes::{
    Accepted, Change, CheckReport, CheckRequest, DeployRequest, Health, RollbackRequest, ScaleRequest,
    Scaled, Scaling, Stopping, UpgradeRequest, Upgrading,
};
pub use clients::{
    BlockClient, ClientTerms, KeyKind, KeyParams, ListedClient, MadeKey, MakeKey, Origin, RegisterClient,
    SHOWN_DIGITS,
};
pub(crate) use clients::{check_digits, shown_digits};
pub(crate) use events::kinds_text;
pub use events::{EventsQuery, MAX_EVENTS, StatusQuery};
pub use figures::{
    MAX_CELLS, MAX_DOTS, MAX_FOUND, MAX_POINTS, MapParams, SeriesParams, SeriesQuery, TransactionsParams,
};
pub use jobs::{Letters, LettersQuery, MAX_LETTERS};
pub use logs::{LogLine, LogStream, LogsQuery, MAX_LINES};
pub use tally::{Format, MAX_TALLY, TallyParams};

/// The body of a request that changes something: what of it the audit keeps.
pub(crate) trait Told {
    /// What was asked for, in a few words and without secrets.
    fn told(&self) -> String;

    /// What it is about, where the path does not say so.
    fn subject(&self) -> Option<String> {
        None
    }
}
