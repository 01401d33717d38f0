//! Reports on service levels: which there are, one of them, and sending it.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use naru_model::alert::Notice;
use naru_model::service_level::{Listing, ReportFile, ReportFormat, Summary};

use super::{Answered, Begun, Server, begun};
use crate::error::Error;
use crate::extract::{Given, Query};
use crate::message::{ReportParams, SendReport, kind_of};

/// Which reports there are
///
/// Days, weeks and months of which anything is kept, the newest first: what each came to, and to whom it went. The period that is
/// not over is among them.
#[utoipa::path(
    get, path = "/v1/reports", tag = "reports", security(("token" = ["viewer"])),
    responses((status = 200, description = "The periods", body = Listing))
)]
pub(crate) async fn reports(State(api): Server) -> Answered<Listing> {
    Ok(Json(api.control.reports().await?))
}

/// A report
///
/// Availability, Apdex, response times, volume, incidents, deployments, scaling and capacity of a day, week or month, beside the
/// period before and the goals; of everything, or of one function or service.
#[utoipa::path(
    get, path = "/v1/reports/{kind}/{date}", tag = "reports", security(("token" = ["viewer"])),
    params(
        ("kind" = String, Path, description = "`daily`, `weekly` or `monthly`"),
        ("date" = String, Path, description = "Any day of the period (2026-11-20), or `latest`: the latest period that is over"),
        ReportParams,
    ),
    responses(
        (status = 200, description = "The report", content(
            (Summary = "application/json"), (String = "text/plain"), (String = "text/markdown"), (String = "text/html"),
            (Vec<u8> = "application/pdf"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (String = "text/csv"),
        )),
        (status = 400, description = "the query can't be read"),
        (status = 404, description = "there is no such kind of report, or nothing of that function or service in the period"),
        (status = 422, description = "the date is none, or is yet to come"),
    )
)]
pub(crate) async fn report(
    State(api): Server,
    Path((kind, date)): Path<(String, String)>,
    Query(params): Query<ReportParams>,
) -> Result<Response, Error> {
    let format = params.format;
    let file = api.control.report(params.wanted(&kind, date)?).await?;
    Ok(as_file(file, format))
}

/// What is a document is saved under its name; a page is shown, and may do nothing but be looked at.
fn as_file(file: ReportFile, format: ReportFormat) -> Response {
    let ReportFile { name, media_type, content } = file;
    let how = match format {
        ReportFormat::Pdf | ReportFormat::Docx | ReportFormat::Csv | ReportFormat::Markdown => "attachment",
        ReportFormat::Json | ReportFormat::Text | ReportFormat::Html => "inline",
    };
    let disposition = format!("{how}; filename=\"{name}\"");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'; sandbox";
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, policy.to_owned()),
    ];
    (headers, content).into_response()
}

/// Send a report
///
/// By e-mail with the report as HTML and PDF, by webhook with a short text and where to look. The messages are on their way;
/// `GET /v1/notices` tells what became of them.
#[utoipa::path(
    post, path = "/v1/reports/{kind}/{date}/send", tag = "reports", security(("token" = ["operator"])),
    params(
        ("kind" = String, Path, description = "`daily`, `weekly` or `monthly`"),
        ("date" = String, Path, description = "Any day of the period (2026-11-20)"),
    ),
    request_body = SendReport,
    responses(
        (status = 202, description = "The messages", body = Vec<Notice>),
        (status = 404, description = "there is no such kind of report or no such channel"),
        (status = 422, description = "the date is none, or is yet to come"),
    )
)]
pub(crate) async fn send_report(
    State(api): Server,
    Path((kind, date)): Path<(String, String)>,
    Given(SendReport { to }): Given<SendReport>,
) -> Begun<Vec<Notice>> {
    begun(api.control.send_report(kind_of(&kind)?, date, to).await?)
}
