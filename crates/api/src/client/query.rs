//! Paths with a query, written so that whatever stands in it arrives as it is.

use std::fmt::Display;

/// A path, and what has been asked after its `?`.
pub(super) struct Query {
    path: String,
    begun: bool,
}

/// A text as part of a path or a query.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        // Source: RFC 3986 §2.3, unreserved characters.
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

impl Query {
    pub(super) fn of(path: impl Into<String>) -> Query {
        Query { path: path.into(), begun: false }
    }

    pub(super) fn with(mut self, name: &str, value: impl Display) -> Query {
        self.path.push(if self.begun { '&' } else { '?' });
        self.begun = true;
        self.path.push_str(name);
        self.path.push('=');
        self.path.push_str(&escaped(&value.to_string()));
        self
    }

    pub(super) fn with_some(self, name: &str, value: Option<impl Display>) -> Query {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn path(self) -> String {
        self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_query_is_escaped() {
        let none: Option<u32> = None;
        let query = Query::of("/v1/series")
            .with("subject", "route:a/b?c&d=가")
            .with_some("to", none)
            .with("points", 3);
        assert_eq!(query.path(), "/v1/series?subject=route%3Aa%2Fb%3Fc%26d%3D%EA%B0%80&points=3");
        assert_eq!(Query::of("/v1/map").path(), "/v1/map");
    }
}
