//! What a system is and should become: reckoned from what the request brings, kept nowhere.

use bytes::Bytes;
use naru_model::language::Language;
use serde_json::Value;

use crate::control::{Answer, Feed};
use crate::error::Error;
use crate::message::{
    AssessRequest, Assessed, AssessmentFormat, AssessmentKind, PortfolioRequest, Printed, Questions,
    RankedSystems,
};

/// Assessments of systems; none of them changes anything.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong with a questionnaire, a table, findings or a log, in the request's language.
pub trait Assessments: Send + Sync + 'static {
    fn questions(&self, language: Language) -> Answer<'_, Questions>;

    fn assess(&self, request: AssessRequest) -> Answer<'_, Assessed>;

    fn assessment_report(
        &self,
        request: AssessRequest,
        kind: AssessmentKind,
        format: AssessmentFormat,
    ) -> Answer<'_, Printed>;

    fn portfolio(&self, request: PortfolioRequest) -> Answer<'_, RankedSystems>;

    fn portfolio_report(&self, request: PortfolioRequest, format: AssessmentFormat) -> Answer<'_, Printed>;

    /// What an access log says, as it is read. The log has a bound already; [`Error::Conflict`] while another one is analysed.
    fn analyse_log(&self, log: Feed<Result<Bytes, Error>>, language: Language) -> Answer<'_, Value>;
}
