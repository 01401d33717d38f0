//! What people want of services and of the whole platform, and what they are told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use naru_model::event::Event;
use naru_model::name::{ClientName, ServiceName};
use naru_model::status::ScalingStatus;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Told;
use crate::error::Error;

/// `{}`: the file as it stands; the same again is a rolling restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeployRequest {
    /// Variables that this revision has on top of the file's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The revision to go to. Default: the last one that proved itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaleRequest {
    /// Instances wanted, within the file's `scale.min` and `scale.max`; `null`: as the policies decide. It must be given.
    #[serde(deserialize_with = "given")]
    #[schema(required = true, example = 4)]
    pub instances: Option<u32>,
}

/// `null` is a wish of its own: a field that was forgotten must not be taken for it.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(from)
}

/// A rollout has begun; `naru status` and the events tell how it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    pub service: ServiceName,
    /// The revision it goes to.
    pub revision: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scaled {
    pub service: ServiceName,
    /// Instances wanted from now on.
    pub desired: u32,
}

/// How many instances a service has, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scaling {
    pub service: ServiceName,
    pub desired: u32,
    pub ready: u32,
    pub scaling: ScalingStatus,
    /// The events of kind `scaled` of the last hour, oldest first, at most 1,000.
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// The text of a naru.yaml.
    pub text: String,
    /// The file's path, absolute: relative paths in it start from its folder, and messages name it.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// The JWK Sets of clients for which the text names a file, by the client's name. Nothing is read on the server: those
    /// that are left out are shown as if they were taken away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = key_sets)]
    pub key_sets: BTreeMap<ClientName, String>,
}

/// Texts by clients' names.
fn key_sets() -> Object {
    let texts = ObjectBuilder::new().schema_type(Type::Object).property_names(Some(ClientName::schema()));
    texts.additional_properties(Some(ObjectBuilder::new().schema_type(Type::String))).build()
}

/// What is wrong with a file, or what it would change. At least one of both lists is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckReport {
    /// As `naru check` prints them: file, line, column, key, and what would be right. Empty: the file is good.
    pub faults: Vec<String>,
    /// In the order in which they would be done. Empty: nothing would change.
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What it happens to: `service booking`, `routes`, `gateway.limits`.
    pub subject: String,
    /// What changes and what follows from it, in one sentence.
    pub message: String,
}

/// The server drains, ends every instance and exits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stopping {
    /// The server's process: gone once all is done.
    pub pid: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpgradeRequest {
    /// The new `naru`: an absolute path on the server's machine.
    #[schema(value_type = String)]
    pub binary: PathBuf,
}

/// The upgrade has begun; `status` shows the new version when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Upgrading {
    pub from_version: String,
    pub to_version: String,
}

/// Whether load balancers should send requests here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Every service has its minimum ready.
    pub ready: bool,
    /// What is missing, one clause each; empty when ready.
    pub reasons: Vec<String>,
}

impl DeployRequest {
    /// # Errors
    /// What no process can be given: a name that is empty or has `=`, and NUL anywhere. Source: POSIX.1-2024, 8.1.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let name_fits = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
        match self.env.iter().find(|(name, value)| !name_fits(name) || value.contains('\0')) {
            Some((name, _)) => Err(Error::Invalid(format!(
                "env: {name:?} can't be a variable: its name must not be empty or hold =, and neither it nor its value NUL"
            ))),
            None => Ok(()),
        }
    }
}

impl Told for DeployRequest {
    /// The variables' names: their values are the service's secrets.
    fn told(&self) -> String {
        let names: Vec<&str> = self.env.keys().map(String::as_str).collect();
        if names.is_empty() { String::new() } else { format!("with {}", names.join(", ")) }
    }
}

impl Told for RollbackRequest {
    fn told(&self) -> String {
        self.to.map_or_else(String::new, |to| format!("to revision {to}"))
    }
}

impl Told for ScaleRequest {
    fn told(&self) -> String {
        self.instances.map_or_else(|| "automatic".to_owned(), |count| format!("to {count}"))
    }
}

impl Told for CheckRequest {
    fn told(&self) -> String {
        self.path.display().to_string()
    }
}

impl Told for UpgradeRequest {
    fn told(&self) -> String {
        format!("to {}", self.binary.display())
    }
}
