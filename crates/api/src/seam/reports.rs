//! Reports on service levels.

use naru_model::alert::Notice;
use naru_model::service_level::{Kind, Listing, ReportFile, Wanted};

use crate::control::Answer;

/// What each day, week and month came to, and to whom that went.
///
/// # Errors
/// [`NotFound`](crate::error::Error::NotFound) for a function, service or channel that is not there,
/// [`Invalid`](crate::error::Error::Invalid) for a date that is none or is yet to come.
pub trait Reports: Send + Sync + 'static {
    /// The periods of which there is anything, the newest first.
    fn reports(&self) -> Answer<'_, Listing>;

    /// A report as a file.
    fn report(&self, wanted: Wanted) -> Answer<'_, ReportFile>;

    /// Sends a report to a channel, or to the owners of functions: the messages, which are on their way.
    fn send_report(&self, kind: Kind, date: String, to: String) -> Answer<'_, Vec<Notice>>;
}
