//! What travels: requests, queries and answers that are not model types already. Their JSON is a promise to scripts.

mod access;
mod alerts;
mod apis;
mod assessments;
mod calls;
mod changes;
mod clients;
pub(crate) mod csv;
mod events;
mod figures;
mod jobs;
mod logs;
mod metrics;
mod reports;
mod tally;
mod traces;

pub use access::{AuditQuery, MAX_AUDITS, MadeToken, MakeToken, SignIn};
pub(crate) use alerts::check_silence;
pub use alerts::{AlertsQuery, ExplanationQuery, ForecastsQuery, MAX_ALERTS, NoticesQuery};
pub(crate) use apis::apis;
pub use apis::{Api, ApiAuth, limit_text};
pub use assessments::{
    AskedFigure, AskedQuestion, AssessRequest, Assessed, AssessmentFormat, AssessmentKind,
    AssessmentReportParams, BrokenRow, Choice, LogParams, MAX_LOG, MaturitySide, MaturityStep,
    PortfolioFormat, PortfolioParams, PortfolioRequest, Printed, QuestionGoal, Questions, QuestionsParams,
    RankedSystem, RankedSystems, Sheet, SheetAnswer, SheetFunction, SheetLink, SystemGrade, TableRow,
};
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
pub use metrics::{MAX_METRIC_POINTS, MetricNamesParams, MetricSeriesParams};
pub(crate) use reports::kind_of;
pub use reports::{ReportParams, SendReport};
pub use tally::{Format, MAX_TALLY, TallyParams};
pub(crate) use traces::trace_id;
pub use traces::{LogLinesParams, ServiceMapParams, TracesParams};

/// The body of a request that changes something: what of it the audit keeps.
pub(crate) trait Told {
    /// The longest body, in bytes. The largest is a naru.yaml to check.
    const MOST: usize = 1 << 20;

    /// What was asked for, in a few words and without secrets.
    fn told(&self) -> String;

    /// What it is about, where the path does not say so.
    fn subject(&self) -> Option<String> {
        None
    }
}
