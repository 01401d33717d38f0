//! What a registered client may ask for, on all routes together.

use std::sync::Arc;

use naru_model::policy::Priority;
use naru_model::snapshot::Caller;

use super::rule::{Owner, Rule};

/// A client as limits know it; made ready once per snapshot of who is registered.
#[derive(Debug)]
pub(crate) struct ClientLimits {
    pub(super) name: Arc<str>,
    pub(super) priority: Option<Priority>,
    pub(super) rules: Vec<Rule>,
}

impl ClientLimits {
    pub(crate) fn of(caller: &Caller) -> ClientLimits {
        let name: Arc<str> = caller.name.as_str().into();
        let rules = Rule::compile(&caller.client.limits, Owner::Client(caller.id), &name);
        ClientLimits { name, priority: caller.client.priority, rules }
    }

    /// Whether its requests are as everybody's, where a route limits nothing.
    pub(crate) fn are_none(&self) -> bool {
        self.rules.is_empty() && self.priority.is_none()
    }
}
