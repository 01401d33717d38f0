//! How the status and the events are asked for.

use naru_model::event::{Kind, Search};
use naru_model::name::ServiceName;
use naru_model::units::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::IntoParams;

use crate::error::Error;

/// The most events that one answer holds.
pub const MAX_EVENTS: u32 = 1000;

/// The query of `GET /v1/status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatusQuery {
    /// The status now and then each second, as server-sent events. A reader who is slow gets the latest.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub follow: bool,
}

/// The query of `GET /v1/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only events with a greater id, the first ones. Default: the newest. A stream takes `Last-Event-ID` before it.
    #[serde(default)]
    pub after: Option<u64>,
    /// Only events with a smaller id.
    #[serde(default)]
    pub before: Option<u64>,
    #[serde(default)]
    /// Only events of this service.
    pub service: Option<ServiceName>,
    /// Only events of these kinds, separated by commas. Default: all.
    #[serde(default, deserialize_with = "read_kinds", serialize_with = "write_kinds")]
    #[param(value_type = Option<String>, example = "scaled,rolled_back")]
    pub kind: Vec<Kind>,
    /// Only events from this second since 1970 on.
    #[serde(default)]
    pub from: Option<u32>,
    /// Only events before this second since 1970.
    #[serde(default)]
    pub to: Option<u32>,
    /// How many at most.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
    /// Goes on with every event to come, as server-sent events. `before` and `to` are not for streams.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub follow: bool,
}

impl Default for EventsQuery {
    fn default() -> Self {
        EventsQuery {
            after: None,
            before: None,
            service: None,
            kind: Vec::new(),
            from: None,
            to: None,
            limit: hundred(),
            follow: false,
        }
    }
}

impl EventsQuery {
    /// What is asked of the state.
    ///
    /// # Errors
    /// [`Error::Invalid`]: a number out of its range.
    pub(crate) fn search(&self) -> Result<Search, Error> {
        if self.limit == 0 || self.limit > MAX_EVENTS {
            return Err(Error::Invalid(format!("limit={} is not from 1 to {MAX_EVENTS}", self.limit)));
        }
        if self.follow && (self.before.is_some() || self.to.is_some()) {
            return Err(Error::Invalid("a stream has no end: leave out before and to, or follow".to_owned()));
        }
        for id in [self.after, self.before].into_iter().flatten() {
            if i64::try_from(id).is_err() {
                return Err(Error::Invalid(format!("{id} is no event's id; they are below 2^63")));
            }
        }
        let time = |second: u32| Timestamp(u64::from(second) * 1_000_000);
        Ok(Search {
            service: self.service.clone(),
            kinds: self.kind.clone(),
            after: self.after,
            before: self.before,
            from: self.from.map(time),
            to: self.to.map(time),
            limit: self.limit,
        })
    }
}

fn hundred() -> u32 {
    100
}

fn read_kinds<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Kind>, D::Error> {
    let text = String::deserialize(from)?;
    let kind = |word: &str| Kind::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(word));
    text.split(',').map(kind).collect()
}

fn write_kinds<S: Serializer>(kinds: &[Kind], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&kinds_text(kinds))
}

/// `scaled,rolled_back`
pub(crate) fn kinds_text(kinds: &[Kind]) -> String {
    let word = |kind: &Kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned);
    kinds.iter().filter_map(word).collect::<Vec<_>>().join(",")
}
