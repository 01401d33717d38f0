//! All ways to call what is offered, and which of them a request means.

use std::collections::HashSet;

use naru_model::message::Refusal;

use super::descriptors::Binding;
use super::template::Path;

/// The more exact path first.
#[derive(Debug)]
pub(super) struct Table {
    bindings: Vec<Binding>,
    /// Paths of the methods in gRPC itself.
    native: HashSet<String>,
}

pub(super) enum Found<'t> {
    /// With the values of the path's variables.
    Call(&'t Binding, Vec<String>),
    /// The path is known, with these methods.
    OtherMethods(Vec<&'t str>),
    Nothing,
}

impl Table {
    /// # Errors
    /// Two are the same request.
    pub(super) fn new(mut bindings: Vec<Binding>) -> Result<Table, String> {
        bindings.sort_by_key(|binding| binding.template.rank());
        for (at, one) in bindings.iter().enumerate() {
            let same = |other: &&Binding| one.method == other.method && one.template.is_same(&other.template);
            if let Some(other) = bindings[at + 1..].iter().find(same) {
                let (one, other) = (&one.call.path, &other.call.path);
                return Err(format!("{one} and {other} have the same method and path in google.api.http"));
            }
        }
        let native = bindings.iter().map(|binding| binding.call.path.clone()).collect();
        Ok(Table { bindings, native })
    }

    /// Tells whether a path in gRPC itself is one of a method that is offered.
    pub(super) fn has(&self, path: &str) -> bool {
        self.native.contains(path)
    }

    /// `HEAD` is `GET` without the body.
    ///
    /// # Errors
    /// The path is not in UTF-8.
    pub(super) fn find(&self, method: &str, path: &str) -> Result<Found<'_>, Refusal> {
        let path = Path::new(path);
        let method = if method == "HEAD" { "GET" } else { method };
        let mut others: Vec<&str> = Vec::new();
        // A path with a verb that is known does not mean a name with a colon in it.
        let mut verb = false;
        for binding in &self.bindings {
            if verb && !binding.template.has_verb() {
                continue;
            }
            let Some(values) = binding.template.values(&path) else { continue };
            verb |= binding.template.has_verb();
            if binding.method == method || binding.method == "*" {
                return Ok(Found::Call(binding, values?));
            }
            if !others.contains(&binding.method.as_str()) {
                others.push(&binding.method);
            }
        }
        Ok(if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) })
    }
}
