//! Reads a descriptor set and finds in it what is offered.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use naru_model::policy::Grpc;
use prost_reflect::{
    DescriptorPool, FieldDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};

use super::rule::HttpRule;
use super::template::Template;
use super::{document, field};
use crate::error::Error;

/// Bytes of a descriptor set.
const LARGEST: u64 = 64 << 20;

/// One method of a service.
#[derive(Debug)]
pub(super) struct Call {
    /// `/package.Service/Method`.
    pub(super) path: String,
    pub(super) input: MessageDescriptor,
    pub(super) output: MessageDescriptor,
    pub(super) streams_in: bool,
    pub(super) streams_out: bool,
    /// The output may hold an `Any`, which can be made deeper than what can be told.
    pub(super) holds_any: bool,
}

/// One way to call a method by HTTP.
#[derive(Debug)]
pub(super) struct Binding {
    /// `*`: all.
    pub(super) method: String,
    pub(super) template: Template,
    /// The fields of the template's variables.
    pub(super) variables: Vec<Vec<FieldDescriptor>>,
    pub(super) body: Taken,
    /// The field of the answer that is told alone.
    pub(super) answer: Option<FieldDescriptor>,
    pub(super) call: Arc<Call>,
}

/// What of the message the body is.
#[derive(Debug)]
pub(super) enum Taken {
    Nothing,
    All,
    Field(FieldDescriptor),
}

/// # Errors
/// The file can't be read, is no descriptor set, or offers nothing of what it should.
pub(super) fn read(policy: &Grpc) -> Result<Vec<Binding>, Error> {
    let path = &policy.descriptors;
    let wrong = |what: String| Error::Document { path: path.clone(), what };
    let pool = DescriptorPool::decode(contents(path)?.as_slice()).map_err(|error| {
        wrong(format!("{error}; make it by protoc --include_imports --descriptor_set_out=FILE"))
    })?;
    let bindings = bindings(&pool, &policy.services).map_err(wrong)?;
    if bindings.is_empty() {
        let help = "no method has google.api.http; name the services that are offered in `services`";
        return Err(wrong(help.to_owned()));
    }
    Ok(bindings)
}

fn contents(path: &Path) -> Result<Vec<u8>, Error> {
    let unread = |source| Error::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(unread)?.len() > LARGEST {
        let what = format!("more than {LARGEST} bytes");
        return Err(Error::Document { path: path.to_owned(), what });
    }
    fs::read(path).map_err(unread)
}

fn bindings(pool: &DescriptorPool, names: &[String]) -> Result<Vec<Binding>, String> {
    let mut bindings = Vec::new();
    if names.is_empty() {
        for service in pool.services() {
            offer(&service, false, &mut bindings)?;
        }
    }
    for name in names {
        let Some(service) = pool.get_service_by_name(name) else {
            let there: Vec<String> =
                pool.services().take(20).map(|service| service.full_name().to_owned()).collect();
            return Err(format!("there is no service {name}; there are: {}", there.join(", ")));
        };
        offer(&service, true, &mut bindings)?;
    }
    Ok(bindings)
}

/// Adds all ways to call a service's methods; those without a rule of their own only where the service is `named`, as nobody
/// has said of the others that they are for the outside.
fn offer(service: &ServiceDescriptor, named: bool, bindings: &mut Vec<Binding>) -> Result<(), String> {
    for method in service.methods() {
        let call = Arc::new(call(service, &method));
        let located = |what: String| format!("{}: {what}", method.full_name());
        let rule = match HttpRule::of(&method).map_err(located)? {
            Some(rule) => rule,
            None if named => HttpRule::usual(&call.path),
            None => continue,
        };
        let located = |what: String| format!("{}: {what}", method.full_name());
        // Bindings in additional ones are not read, as the rule's source has it.
        for rule in std::iter::once(&rule).chain(&rule.additional_bindings) {
            bindings.push(binding(rule, &call).map_err(located)?);
        }
    }
    Ok(())
}

fn call(service: &ServiceDescriptor, method: &MethodDescriptor) -> Call {
    Call {
        path: format!("/{}/{}", service.full_name(), method.name()),
        input: method.input(),
        output: method.output(),
        streams_in: method.is_client_streaming(),
        streams_out: method.is_server_streaming(),
        holds_any: document::may_hold_any(&method.output()),
    }
}

fn binding(rule: &HttpRule, call: &Arc<Call>) -> Result<Binding, String> {
    let (method, path) = rule.pattern.as_ref().ok_or("google.api.http names no path")?.parts();
    let template = Template::read(path).map_err(|what| format!("path {path:?}: {what}"))?;
    let mut variables = Vec::new();
    for variable in &template.variables {
        let fields = field::find(&call.input, &variable.field)?;
        if fields.last().is_some_and(|field| field.is_list() || field.is_map()) {
            return Err(format!("{:?} in path {path:?} is no single value", variable.field));
        }
        variables.push(fields);
    }
    let top = |of: &MessageDescriptor, name: &str| {
        of.get_field_by_name(name).ok_or_else(|| format!("{} has no field {name:?}", of.full_name()))
    };
    let body = match rule.body.as_str() {
        "" => Taken::Nothing,
        "*" => Taken::All,
        name => Taken::Field(top(&call.input, name)?),
    };
    let answer = match rule.response_body.as_str() {
        "" => None,
        name => Some(top(&call.output, name)?),
    };
    Ok(Binding {
        method: method.to_ascii_uppercase(),
        template,
        variables,
        body,
        answer,
        call: Arc::clone(call),
    })
}
