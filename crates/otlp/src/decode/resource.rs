//! Who spans, log lines and points are of.

use naru_model::instance::InstanceId;
use naru_model::metric::Owner;
use naru_model::span::Source;

use super::protobuf::{Malformed, each, last, text};
use super::value::{Any, Object, pair};
use crate::sink::Sink;

/// The most of a resource's attributes that is kept with each span, as JSON, in bytes: it is repeated in every one of them.
const MAX_RESOURCE: usize = 8 << 10;
/// Longer names are cut here, in bytes.
const MAX_NAME: usize = 256;

/// What is kept of a resource, until the next one is read.
#[derive(Default)]
pub(crate) struct Resource {
    service: String,
    instance: Option<InstanceId>,
    /// What somebody else's program calls its instance.
    stranger: String,
    others: String,
}

impl Resource {
    /// Reads OTLP's Resource.
    pub(crate) fn read(&mut self, message: &[u8], sink: &dyn Sink) -> Result<(), Malformed> {
        self.service.clear();
        self.others.clear();
        self.stranger.clear();
        self.instance = None;
        let (mut name, mut id) = ("", "");
        for attribute in each(message, 1) {
            match pair(attribute?)? {
                ("service.name", Any::Text(text)) => name = cut(text),
                ("service.instance.id", Any::Text(text)) => id = cut(text),
                _ => {}
            }
        }
        self.instance = id.parse().ok().filter(|id: &InstanceId| sink.has_service(id.service.as_str()));
        match &self.instance {
            Some(id) => self.service.push_str(id.service.as_str()),
            // Source: semantic conventions, what an SDK calls a service that has no name.
            None => self.service.push_str(if name.is_empty() { "unknown_service" } else { name }),
        }
        let mut object = Object::begin(&mut self.others, MAX_RESOURCE);
        for attribute in each(message, 1) {
            let (key, value) = pair(attribute?)?;
            let known = match key {
                "service.name" => value.text() == Some(&self.service),
                "service.instance.id" | "naru.revision" => self.instance.is_some(),
                _ => false,
            };
            if !known {
                object.put(key, value)?;
            }
        }
        object.end();
        if self.instance.is_none() {
            self.stranger.push_str(id);
        }
        Ok(())
    }

    pub(crate) fn source(&self) -> Source<'_> {
        let (revision, ordinal) = self.instance.as_ref().map_or((0, 0), |id| (id.revision, id.ordinal));
        Source { service: &self.service, revision, ordinal, resource: &self.others }
    }

    /// Whose its metrics are.
    pub(crate) fn owner(&self, sink: &dyn Sink) -> Owner {
        if let Some(id) = &self.instance {
            return Owner::Instance(id.clone());
        }
        match self.service.parse() {
            Ok(service) if sink.has_service(&self.service) => Owner::Service(service),
            _ => Owner::Outside(self.service.clone()),
        }
    }

    /// What tells this process from others of the same owner, if it said so.
    pub(crate) fn stranger(&self) -> Option<&str> {
        (!self.stranger.is_empty()).then_some(&self.stranger)
    }
}

/// Goes through what a request of any signal has of each resource and scope: spans, log lines or metrics, in fields of the same
/// numbers. `take` gets the resource, the scope's name and the message.
pub(crate) fn each_record(
    request: &[u8],
    resource: &mut Resource,
    sink: &dyn Sink,
    mut take: impl FnMut(&Resource, &str, &[u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    for of_resource in each(request, 1) {
        let of_resource = of_resource?;
        // Fields may come in any order, and the resource is needed first.
        resource.read(last(of_resource, 1)?, sink)?;
        for of_scope in each(of_resource, 2) {
            let of_scope = of_scope?;
            let scope = text(last(last(of_scope, 1)?, 1)?)?;
            for record in each(of_scope, 2) {
                take(resource, scope, record?)?;
            }
        }
    }
    Ok(())
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_NAME)]
}
