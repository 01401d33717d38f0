//! A numbered, immutable state of a service: what ran in test is what runs in production.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::name::ServiceName;
use crate::platform::{InstanceSize, Protocol};
use crate::units::Timestamp;

/// Everything that makes an instance of a service what it is. Never changed once made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    pub service: ServiceName,
    /// From 1, without gaps.
    pub number: u32,
    pub spec: RevisionSpec,
    pub made_at: Timestamp,
    /// Who asked for it.
    pub made_by: String,
    /// Why: the first run, a changed file, a deployment, a rollback to revision N.
    pub reason: String,
}

/// What two revisions are compared by: equal specs run the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevisionSpec {
    pub exec: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub port: Option<u16>,
    pub protocol: Protocol,
    pub instance: InstanceSize,
    pub artifact: Option<Artifact>,
}

/// A file or folder kept by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// The last part of the path it was copied from; instances find it under this name where they start.
    pub name: String,
    /// SHA-256 in lower-case hexadecimal, over the file, or over a folder's sorted paths, modes and contents.
    pub digest: String,
}
