//! Assessing systems: each request brings all that is known, and nothing of it is kept.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use super::{Answered, Server};
use crate::error::Error;
use crate::extract::{Given, Query, Upload};
use crate::message::{
    AssessRequest, Assessed, AssessmentKind, AssessmentReportParams, LogParams, PortfolioParams,
    PortfolioRequest, Printed, Questions, QuestionsParams, RankedSystems,
};

/// What a report may do in a browser that shows it: look like itself, and nothing else.
const REPORT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox; frame-ancestors 'self'",
);

/// What is asked of a system
///
/// The questions of a questionnaire and its figures, with the words that verdicts are told in.
#[utoipa::path(
    get, path = "/v1/assessments/questions", tag = "assessments", params(QuestionsParams),
    security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The questions", body = Questions),
        (status = 400, description = "the query can't be read"),
    )
)]
pub(crate) async fn questions(
    State(api): Server,
    Query(params): Query<QuestionsParams>,
) -> Answered<Questions> {
    Ok(Json(api.control.questions(params.language).await?))
}

/// Judge a system
///
/// By its questionnaire and by what its access log shows: what `naru assess verdict` tells. It changes nothing, and nothing of it
/// is kept.
#[utoipa::path(
    post, path = "/v1/assessments/verdict", tag = "assessments", security(("token" = ["viewer"])),
    request_body = AssessRequest, extensions(("x-naru-keeps-nothing" = json!(true))),
    responses(
        (status = 200, description = "The verdict, and the questionnaire as it was read", body = Assessed),
        (status = 400, description = "the body can't be read"),
        (status = 413, description = "the body is over 4 MiB"),
        (status = 422, description = "something in it can't be; the detail says what, by line or key"),
    )
)]
pub(crate) async fn assess(State(api): Server, Given(request): Given<AssessRequest>) -> Answered<Assessed> {
    Ok(Json(api.control.assess(one_form(request)?).await?))
}

/// Print a verdict, a target model or a tender's rows
///
/// What `naru assess verdict`, `target` and `tender` write.
#[utoipa::path(
    post, path = "/v1/assessments/report", tag = "assessments", params(AssessmentReportParams),
    security(("token" = ["viewer"])),
    request_body = AssessRequest, extensions(("x-naru-keeps-nothing" = json!(true))),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/html"), (Vec<u8> = "application/pdf"), (String = "text/csv"), (String = "text/markdown"),
            (String = "text/plain"), (String = "application/yaml"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        )),
        (status = 400, description = "the query or the body can't be read"),
        (status = 413, description = "the body is over 4 MiB"),
        (status = 422, description = "something in it can't be; the detail says what, by line or key"),
    )
)]
pub(crate) async fn assessment_report(
    State(api): Server,
    Query(params): Query<AssessmentReportParams>,
    Given(request): Given<AssessRequest>,
) -> Result<Response, Error> {
    let AssessmentReportParams { kind, format } = params;
    let name = match kind {
        AssessmentKind::Verdict => "verdict",
        AssessmentKind::Target => "naru",
        AssessmentKind::Tender => "tender",
    };
    Ok(file(name, api.control.assessment_report(one_form(request)?, kind, format).await?))
}

/// Rank many systems
///
/// From a table with a system a row, which of them first: what `naru assess portfolio` tells. As a report with another `format`
/// than `json`.
#[utoipa::path(
    post, path = "/v1/assessments/portfolio", tag = "assessments", params(PortfolioParams),
    security(("token" = ["viewer"])),
    request_body = PortfolioRequest, extensions(("x-naru-keeps-nothing" = json!(true))),
    responses(
        (status = 200, description = "The ranking", content(
            (RankedSystems = "application/json"), (String = "text/html"), (Vec<u8> = "application/pdf"),
            (String = "text/csv"), (String = "text/markdown"), (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        )),
        (status = 400, description = "the query or the body can't be read"),
        (status = 413, description = "the body is over 4 MiB"),
        (status = 422, description = "the table has no system that can be read; the detail says why, by line"),
    )
)]
pub(crate) async fn portfolio(
    State(api): Server,
    Query(params): Query<PortfolioParams>,
    Given(request): Given<PortfolioRequest>,
) -> Result<Response, Error> {
    Ok(match params.format.report() {
        None => Json(api.control.portfolio(request).await?).into_response(),
        Some(format) => file("portfolio", api.control.portfolio_report(request, format).await?),
    })
}

/// Find what an access log says
///
/// What `naru assess logs --json` prints, for `findings`. At most 64 MiB, not compressed, one at a time; nothing of it is kept.
#[utoipa::path(
    post, path = "/v1/assessments/logs", tag = "assessments", params(LogParams), security(("token" = ["viewer"])),
    request_body(content = String, content_type = "application/octet-stream", description = "The log"),
    extensions(("x-naru-keeps-nothing" = json!(true))),
    responses(
        (status = 200, description = "The findings", body = serde_json::Value),
        (status = 400, description = "the query can't be read, or the body broke off"),
        (status = 409, description = "another log is being analysed"),
        (status = 413, description = "the log is over 64 MiB"),
        (status = 415, description = "it is compressed, or no application/octet-stream"),
        (status = 422, description = "it is no access log that naru can read"),
    )
)]
pub(crate) async fn analyse_log(
    State(api): Server,
    Query(params): Query<LogParams>,
    Upload(log): Upload,
) -> Answered<Value> {
    Ok(Json(api.control.analyse_log(log, params.language).await?))
}

/// A questionnaire comes as fields, as the text of its file or as a row of a table, and once.
fn one_form(request: AssessRequest) -> Result<AssessRequest, Error> {
    let forms = [request.questionnaire.is_some(), request.yaml.is_some(), request.table.is_some()];
    if forms.iter().filter(|given| **given).count() != 1 {
        return Err(Error::Invalid(
            "give the system's questionnaire once: its fields as `questionnaire`, its file as `yaml`, or one of many as `table`"
                .to_owned(),
        ));
    }
    Ok(request)
}

fn file(name: &str, printed: Printed) -> Response {
    let Printed { media_type, ending, content } = printed;
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_SECURITY_POLICY, REPORT_POLICY);
    if let Ok(named) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(CONTENT_DISPOSITION, named);
    }
    response
}
