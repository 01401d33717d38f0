//! What a policy answers instead of the service.

use std::borrow::Cow;

/// A refusal: becomes a problem document.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Refused {
    /// 400 to 599.
    pub(crate) status: u16,
    /// What kind of refusal, stable for programs: the end of the problem's type.
    pub(crate) word: &'static str,
    /// For whoever sees it: what happened and what to do; no secrets.
    pub(crate) detail: Cow<'static, str>,
    /// Header fields of the answer, names in lower case: `www-authenticate`, `retry-after` and their like.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Refused {
    pub(crate) fn new(status: u16, word: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Refused { status, word, detail: detail.into(), fields: Vec::new() }
    }

    /// Adds a header field to the answer.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}
