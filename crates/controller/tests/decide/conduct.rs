//! How instances in the tests' world behave: well, or in one of the ways in which real ones do not.

/// How the instances of a revision behave, in milliseconds after their start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    pub(crate) healthy_after: Option<u64>,
    pub(crate) exits_after: Option<u64>,
    pub(crate) hangs_after: Option<u64>,
}

pub(crate) const GOOD: Behaviour =
    Behaviour { healthy_after: Some(300), exits_after: None, hangs_after: None };
pub(crate) const EXITS_AT_ONCE: Behaviour =
    Behaviour { healthy_after: None, exits_after: Some(50), hangs_after: None };
pub(crate) const NEVER_HEALTHY: Behaviour =
    Behaviour { healthy_after: None, exits_after: None, hangs_after: None };
pub(crate) const DIES_SOON: Behaviour = Behaviour { exits_after: Some(2_000), ..GOOD };
pub(crate) const HANGS_SOON: Behaviour = Behaviour { hangs_after: Some(2_000), ..GOOD };
