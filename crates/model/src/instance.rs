//! One running copy of a service's revision, and what is known of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::name::ServiceName;

/// Which instance of which revision of which service. Printed `booking-3-1`: never used for another instance again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId {
    pub service: ServiceName,
    /// The revision it runs, from 1.
    pub revision: u32,
    /// Counts the instances that this revision ever had, from 1.
    pub ordinal: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no instance; write SERVICE-REVISION-NUMBER (booking-3-1)")]
pub struct Error(pub String);

/// What an instance's name looks like, as text.
const PATTERN: &str = "^(?=.{1,40}-[0-9]{1,9}-[0-9]{1,9}$)[a-z][a-z0-9]*(-[a-z0-9]+)*-[0-9]{1,9}-[0-9]{1,9}$";

/// It travels as text.
impl PartialSchema for InstanceId {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(PATTERN));
        text.description(Some("An instance: SERVICE-REVISION-NUMBER.")).into()
    }
}

impl ToSchema for InstanceId {}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}-{}", self.service, self.revision, self.ordinal))
    }
}

impl FromStr for InstanceId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let mut parts = text.rsplitn(3, '-');
            let ordinal = parts.next()?.parse().ok()?;
            let revision = parts.next()?.parse().ok()?;
            let service = parts.next()?.parse().ok()?;
            Some(InstanceId { service, revision, ordinal })
        };
        parse().ok_or_else(|| Error(text.to_owned()))
    }
}

impl TryFrom<String> for InstanceId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> String {
        id.to_string()
    }
}

/// Where an instance stands between its start and its end. It only ever moves downwards in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The process was started; its health check has not passed yet. It gets no request.
    Starting,
    /// It is in the gateway's table and gets requests.
    Ready,
    /// It is out of the table; it ends the requests it has.
    Draining,
    /// It was told to end.
    Stopping,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_id_reads_back_even_when_the_service_name_has_numbers() {
        let id = InstanceId { service: "booking-2".parse().unwrap(), revision: 3, ordinal: 1 };
        assert_eq!(id.to_string(), "booking-2-3-1");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("booking-1".parse::<InstanceId>().is_err());
    }
}
