//! How reports are asked for and sent.

use naru_model::language::Language;
use naru_model::name::{FunctionName, ServiceName};
use naru_model::series::Subject;
use naru_model::service_level::{Kind, ReportFormat, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Told;
use crate::error::Error;

/// The query of `GET /v1/reports/{kind}/{date}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// As figures, for a terminal, as a page or as a document.
    #[serde(default)]
    #[param(required = false, inline)]
    pub format: ReportFormat,
    /// `ko` or `en`. Default: as naru.yaml says.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(ko|en)$")]
    pub language: Option<Language>,
    /// Of this function alone.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length = 40)]
    pub function: Option<FunctionName>,
    /// Of this service alone.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length = 40)]
    pub service: Option<ServiceName>,
}

impl ReportParams {
    pub(crate) fn wanted(self, kind: &str, date: String) -> Result<Wanted, Error> {
        let subject = match (self.function, self.service) {
            (Some(_), Some(_)) => {
                let what = "a report is of one function or of one service; leave one of them out";
                return Err(Error::Invalid(what.to_owned()));
            }
            (Some(function), None) => Some(Subject::Function(function)),
            (None, service) => service.map(Subject::Service),
        };
        let date = Some(date).filter(|date| date != LATEST);
        Ok(Wanted { kind: kind_of(kind)?, date, subject, language: self.language, format: self.format })
    }
}

/// In the place of a date: the latest period that is over.
pub(crate) const LATEST: &str = "latest";

/// The kind that a path names.
pub(crate) fn kind_of(kind: &str) -> Result<Kind, Error> {
    let kind: String = kind.chars().take(40).collect();
    kind.parse().map_err(|why: naru_model::service_level::KindError| Error::NotFound(why.to_string()))
}

/// The body of `POST /v1/reports/{kind}/{date}/send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendReport {
    /// A channel of naru.yaml with e-mail or webhook, or `owners`: each function's owner gets that of the function.
    pub to: String,
}

impl Told for SendReport {
    fn told(&self) -> String {
        format!("to {}", self.to)
    }
}
