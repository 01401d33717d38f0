//! Service levels: what was promised, what was seen of it, and the reports that say so each day, week and month.
//!
//! `telemetry ─Course→ sla ─Summary→ API, console, report`

mod course;
mod goal;
mod listing;
mod summary;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use course::{Bucket, Course, Stretch};
pub use goal::{Availability, AvailabilityError, Goal, Minutes, MinutesError, Reports};
pub use listing::{Listed, Listing, ReportFile, ReportFormat, ReportRef, Sent, Wanted};
pub use summary::{
    Change, ChangeKind, Check, Figures, Incident, Outcome, Piece, Scaled, SubjectSummary, Summary, Target,
};

/// How long a report's period is. Weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportKind)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Daily,
    Weekly,
    Monthly,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Daily, Kind::Weekly, Kind::Monthly];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Daily => "daily",
            Kind::Weekly => "weekly",
            Kind::Monthly => "monthly",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of report; write daily, weekly or monthly")]
pub struct KindError(pub String);

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Kind, KindError> {
        let found = Kind::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| KindError(text.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
