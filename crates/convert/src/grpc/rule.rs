//! `google.api.http`, as a method's options have it. Source: `google/api/http.proto`.

use prost_reflect::{MethodDescriptor, ReflectMessage, Value};

/// Field numbers and names are those of `google.api.HttpRule`.
#[derive(Clone, prost::Message)]
pub(super) struct HttpRule {
    #[prost(oneof = "Pattern", tags = "2, 3, 4, 5, 6, 8")]
    pub(super) pattern: Option<Pattern>,
    #[prost(string, tag = "7")]
    pub(super) body: String,
    #[prost(string, tag = "12")]
    pub(super) response_body: String,
    #[prost(message, repeated, tag = "11")]
    pub(super) additional_bindings: Vec<HttpRule>,
}

#[derive(Clone, prost::Oneof)]
pub(super) enum Pattern {
    #[prost(string, tag = "2")]
    Get(String),
    #[prost(string, tag = "3")]
    Put(String),
    #[prost(string, tag = "4")]
    Post(String),
    #[prost(string, tag = "5")]
    Delete(String),
    #[prost(string, tag = "6")]
    Patch(String),
    #[prost(message, tag = "8")]
    Custom(Custom),
}

#[derive(Clone, prost::Message)]
pub(super) struct Custom {
    /// A method, or `*` for all.
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    path: String,
}

impl HttpRule {
    /// What the method's options say; `None`: nothing.
    ///
    /// # Errors
    /// What they say is no such rule.
    pub(super) fn of(method: &MethodDescriptor) -> Result<Option<HttpRule>, String> {
        let Some(extension) = method.parent_pool().get_extension_by_name("google.api.http") else {
            return Ok(None);
        };
        let options = method.options();
        if !options.has_extension(&extension) {
            return Ok(None);
        }
        match options.get_extension(&extension).as_ref() {
            Value::Message(rule) if rule.descriptor().full_name() == "google.api.HttpRule" => {
                rule.transcode_to().map(Some).map_err(|error| error.to_string())
            }
            _ => Err("google.api.http is no google.api.HttpRule".to_owned()),
        }
    }

    /// What a method without a word of its own is called by.
    pub(super) fn usual(path: &str) -> HttpRule {
        let pattern = Some(Pattern::Post(path.to_owned()));
        HttpRule { pattern, body: "*".to_owned(), ..HttpRule::default() }
    }
}

impl Pattern {
    /// The method in upper case, and the path's template.
    pub(super) fn parts(&self) -> (&str, &str) {
        match self {
            Pattern::Get(path) => ("GET", path),
            Pattern::Put(path) => ("PUT", path),
            Pattern::Post(path) => ("POST", path),
            Pattern::Delete(path) => ("DELETE", path),
            Pattern::Patch(path) => ("PATCH", path),
            Pattern::Custom(custom) => (&custom.kind, &custom.path),
        }
    }
}
