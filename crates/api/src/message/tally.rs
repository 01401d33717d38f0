//! How sums of calls are asked for.

use naru_model::series::{By, Order, Subject, TallyQuery};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::figures::{period, transactional, within};
use crate::error::Error;

/// The most rows of one answer.
pub const MAX_TALLY: u32 = 1_000;
/// The most that calls are added up by at once.
const MAX_BY: usize = 3;

/// The query of `GET /v1/tally`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TallyParams {
    /// `all`, `service:NAME`, `revision:SERVICE/NUMBER`, `function:NAME`, `instance:ID`, `caller:CLIENT` or `route:MATCH`.
    #[serde(default = "all")]
    #[param(value_type = String, required = false, default = "all", example = "caller:mobile-app")]
    pub subject: Subject,
    /// Seconds since 1970, included. Default: an hour before `to`.
    #[serde(default)]
    pub from: Option<u32>,
    /// Seconds since 1970, not included. Default: now.
    #[serde(default)]
    pub to: Option<u32>,
    /// One to three, with commas between: `caller`, `address`, `service`, `function`, `route`, `method`, `status`, `hour`.
    #[serde(default = "default_by")]
    #[param(required = false, default = "caller,route")]
    pub by: String,
    /// What comes first.
    #[serde(default)]
    #[param(required = false, inline)]
    pub order: Order,
    /// How many rows at most.
    #[serde(default = "default_limit")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
    /// As JSON, or as a table for a spreadsheet.
    #[serde(default)]
    #[param(required = false, inline)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Csv,
}

fn all() -> Subject {
    Subject::All
}

fn default_by() -> String {
    "caller,route".to_owned()
}

fn default_limit() -> u32 {
    100
}

/// The last hour's calls by client and route.
impl Default for TallyParams {
    fn default() -> Self {
        TallyParams {
            subject: all(),
            from: None,
            to: None,
            by: default_by(),
            order: Order::default(),
            limit: default_limit(),
            format: Format::default(),
        }
    }
}

impl TallyParams {
    pub(crate) fn query(self, now: Timestamp) -> Result<TallyQuery, Error> {
        within("limit", self.limit, 1, MAX_TALLY)?;
        let by: Vec<By> = self.by.split(',').map(by).collect::<Result<_, Error>>()?;
        if by.len() > MAX_BY {
            return Err(Error::Invalid(format!("by={} is more than {MAX_BY}", self.by)));
        }
        Ok(TallyQuery {
            subject: transactional(self.subject)?,
            period: period(self.from, self.to, now)?,
            by,
            order: self.order,
            limit: self.limit,
        })
    }
}

fn by(name: &str) -> Result<By, Error> {
    Ok(match name {
        "caller" => By::Caller,
        "address" => By::Address,
        "service" => By::Service,
        "function" => By::Function,
        "route" => By::Route,
        "method" => By::Method,
        "status" => By::Status,
        "hour" => By::Hour,
        _ => {
            let known = "caller, address, service, function, route, method, status and hour";
            return Err(Error::Invalid(format!("calls can't be added up by {name:?}; there are {known}")));
        }
    })
}
