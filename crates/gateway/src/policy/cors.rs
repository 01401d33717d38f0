//! Cross-origin requests, as browsers ask about them (Fetch standard, §3.2 "CORS protocol").

use naru_model::policy;

use super::Refused;
use crate::head::{Fields, Lines, RequestHead, is_field_value};
use crate::route::RequestView;

/// The usual methods, for which no policy and no route names any.
const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

#[derive(Debug)]
pub(crate) struct Cors {
    /// `None`: any.
    origins: Option<Vec<String>>,
    /// Upper case, with commas between; empty: those the browser asks for.
    methods: Vec<String>,
    /// Lower case; `None`: whatever is asked for.
    headers: Option<Vec<String>>,
    expose: String,
    credentials: bool,
    max_age: String,
}

/// A question of a browser before the request itself.
pub(crate) struct Preflight<'r> {
    request: &'r RequestHead,
    method: &'r str,
}

impl<'r> Preflight<'r> {
    /// `None`: it is none.
    pub(crate) fn of(request: &'r RequestHead) -> Option<Self> {
        request.fields.get("origin")?;
        let method = std::str::from_utf8(request.fields.get("access-control-request-method")?).ok()?;
        Some(Preflight { request, method })
    }
}

/// It goes where the request will go that it asks for.
impl RequestView for Preflight<'_> {
    fn method(&self) -> &str {
        self.method
    }

    fn host(&self) -> &str {
        self.request.host()
    }

    fn path(&self) -> &str {
        self.request.path()
    }

    fn query(&self) -> Option<&str> {
        self.request.query()
    }

    fn header(&self, lower_name: &str) -> Option<&[u8]> {
        self.request.fields.get(lower_name)
    }
}

impl Cors {
    /// `methods` are the route's own; empty: it takes all.
    pub(crate) fn new(policy: &policy::Cors, methods: &[String]) -> Self {
        let any = |list: &[String]| list.iter().any(|item| item == "*");
        let methods = match (&*policy.methods, methods) {
            ([], []) => METHODS.map(str::to_owned).to_vec(),
            ([], route) => route.to_vec(),
            (own, _) => own.to_vec(),
        };
        let expose = policy.expose.join(", ");
        Cors {
            origins: (!any(&policy.origins)).then(|| policy.origins.clone()),
            methods,
            headers: (!any(&policy.headers))
                .then(|| policy.headers.iter().map(|name| name.to_ascii_lowercase()).collect()),
            expose: if is_field_value(expose.as_bytes()) { expose } else { String::new() },
            // With any origin it would open the session of every user to every page.
            credentials: policy.credentials && !any(&policy.origins),
            max_age: policy.max_age.as_secs().to_string(),
        }
    }

    /// Appends what the answer to a request from `request`'s origin says of it. `false`: that origin may not look.
    pub(crate) fn allow(&self, request: &Fields, lines: &mut Lines) -> bool {
        let Some(origins) = &self.origins else {
            lines.push("access-control-allow-origin", &[b"*"]);
            return true;
        };
        // Also where none is said: a cache must not give the answer to somebody else.
        lines.push("vary", &[b"origin"]);
        let Some(origin) = request.get("origin") else { return false };
        if !origins.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(origin)) {
            return false;
        }
        lines.push("access-control-allow-origin", &[origin]);
        if self.credentials {
            lines.push("access-control-allow-credentials", &[b"true"]);
        }
        true
    }

    /// Appends what pages may read of an answer.
    pub(crate) fn expose(&self, lines: &mut Lines) {
        if !self.expose.is_empty() {
            lines.push("access-control-expose-headers", &[self.expose.as_bytes()]);
        }
    }

    /// Appends the answer to a preflight.
    ///
    /// # Errors
    /// 403: that request may not come from there.
    pub(crate) fn preflight(&self, request: &Fields, lines: &mut Lines) -> Result<(), Refused> {
        let refused = |detail: &'static str| Err(Refused::new(403, "cross-origin", detail));
        if !self.allow(request, lines) {
            return refused("pages of this origin may not call here");
        }
        lines.push("vary", &[b"access-control-request-method, access-control-request-headers"]);
        let method = request.get("access-control-request-method").unwrap_or_default();
        if !self.methods.iter().any(|known| known.as_bytes() == method) {
            return refused("pages of other origins may not use this method here");
        }
        lines.push("access-control-allow-methods", &[self.methods.join(", ").as_bytes()]);
        let asked = request.get("access-control-request-headers").unwrap_or_default();
        let asked: Vec<&[u8]> = crate::http1::request::list(asked).collect();
        match &self.headers {
            Some(known) => {
                let is_known = |name: &&[u8]| known.iter().any(|k| k.as_bytes().eq_ignore_ascii_case(name));
                if !asked.iter().all(is_known) {
                    return refused("pages of other origins may not send one of these header fields here");
                }
                if !known.is_empty() {
                    lines.push("access-control-allow-headers", &[known.join(", ").as_bytes()]);
                }
            }
            None if !asked.is_empty() => {
                lines.push("access-control-allow-headers", &[&asked.join(&b", "[..])]);
            }
            None => {}
        }
        lines.push("access-control-max-age", &[self.max_age.as_bytes()]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn cors(origins: &[&str], headers: &[&str]) -> Cors {
        let policy = policy::Cors {
            origins: origins.iter().map(|s| (*s).to_owned()).collect(),
            methods: vec!["PUT".into()],
            headers: headers.iter().map(|s| (*s).to_owned()).collect(),
            expose: vec!["X-A".into()],
            credentials: true,
            max_age: Duration::from_secs(600),
        };
        Cors::new(&policy, &[])
    }

    fn ask(cors: &Cors, fields: &[(&str, &str)]) -> (Result<(), Refused>, String) {
        let mut head = Fields::default();
        fields.iter().for_each(|(name, value)| head.push(name.as_bytes(), value.as_bytes()));
        let mut lines = Lines::default();
        let result = cors.preflight(&head, &mut lines);
        (result, String::from_utf8(lines.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_preflight_is_allowed_by_origin_method_and_every_header() {
        let named = cors(&["https://a.kr"], &["X-One", "X-Two"]);
        let put = ("access-control-request-method", "PUT");
        let (result, text) =
            ask(&named, &[("origin", "https://a.kr"), put, ("access-control-request-headers", "x-two")]);
        assert!(result.is_ok(), "{text}");
        for line in
            ["origin: https://a.kr\r\n", "credentials: true\r\n", "methods: PUT\r\n", "max-age: 600\r\n"]
        {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(ask(&named, &[("origin", "https://b.kr"), put]).0.is_err());
        assert!(
            ask(&named, &[("origin", "https://a.kr"), ("access-control-request-method", "GET")]).0.is_err()
        );
        let other = ("access-control-request-headers", "x-two, x-three");
        assert!(ask(&named, &[("origin", "https://a.kr"), put, other]).0.is_err());
    }

    #[test]
    fn any_origin_never_comes_with_credentials() {
        let (result, text) = ask(
            &cors(&["*"], &["*"]),
            &[
                ("origin", "null"),
                ("access-control-request-method", "PUT"),
                ("access-control-request-headers", "a,b"),
            ],
        );
        assert!(result.is_ok() && text.starts_with("access-control-allow-origin: *\r\n"), "{text}");
        assert!(!text.contains("credentials") && text.contains("allow-headers: a, b\r\n"), "{text}");
    }
}
