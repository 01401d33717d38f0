//! Dead letters, as they are asked for and listed.

use naru_model::job::{DeadLetter, DeadSearch};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::figures::within;
use crate::error::Error;

/// The most dead letters of one answer.
pub const MAX_LETTERS: u32 = 500;

/// The query of `GET /v1/dead-letters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LettersQuery {
    /// Only those of one route, by its name; of a consumer: `consumer BROKER/QUEUE`.
    #[serde(default)]
    pub route: Option<String>,
    /// Goes on behind this letter, by its id.
    #[serde(default)]
    pub after: Option<String>,
    /// How many at most.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 1, maximum = 500, default = 100)]
    pub limit: u32,
}

/// Dead letters, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Letters {
    pub letters: Vec<DeadLetter>,
    /// There are older ones: ask again with the last one's id as `after`.
    pub more: bool,
}

fn hundred() -> u32 {
    100
}

impl Default for LettersQuery {
    fn default() -> Self {
        LettersQuery { route: None, after: None, limit: hundred() }
    }
}

impl LettersQuery {
    /// One more than is wanted, which tells whether there are more.
    pub(crate) fn search(self) -> Result<DeadSearch, Error> {
        within("limit", self.limit, 1, MAX_LETTERS)?;
        Ok(DeadSearch { route: self.route, after: self.after, limit: Some(self.limit + 1) })
    }
}
