//! What a client would like of the answer: at once, or after a while. Source: RFC 7240.
//!
//! Where the result is to be sent is said here as well, as OData has it: `Prefer: respond-async, callback;
//! url="https://example.go.kr/done"`. Source: OData 4.01 Part 1, §8.2.8.4.

use std::time::Duration;

use http::HeaderMap;
use http::header::HeaderName;

pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prefer {
    /// `respond-async`: 202 rather than a long wait (§4.1).
    pub(crate) respond_async: bool,
    /// `wait=SECONDS`: how long it would wait for the result itself (§4.3).
    pub(crate) wait: Option<Duration>,
    /// `callback; url="URL"`: who is to be told the result.
    pub(crate) callback: Option<String>,
}

impl Prefer {
    /// Reads all `Prefer` fields. The first of a preference counts (§2); what can't be read is no preference.
    pub(crate) fn of(headers: &HeaderMap) -> Prefer {
        let mut prefer = Prefer::default();
        let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
        for preference in lines.flat_map(|line| split(line, ',')) {
            let mut parts = split(preference, ';').map(pair);
            match parts.next() {
                Some((name, _)) if name == "respond-async" => prefer.respond_async = true,
                Some((name, value)) if name == "wait" && prefer.wait.is_none() => {
                    let seconds = value.parse::<u32>().ok();
                    prefer.wait = seconds.map(|seconds| Duration::from_secs(seconds.into()));
                }
                Some((name, _)) if name == "callback" && prefer.callback.is_none() => {
                    let url = parts.find(|(name, _)| name == "url").map(|(_, url)| url.to_owned());
                    prefer.callback = url;
                }
                _ => {}
            }
        }
        prefer
    }

    /// What `Preference-Applied` says (§3) when of these the wait was kept to, or the answer is 202, or both.
    pub(crate) fn applied(&self, waited: bool, accepted: bool) -> Option<String> {
        let wait = self.wait.filter(|_| waited).map(|wait| format!("wait={}", wait.as_secs()));
        let respond_async = (self.respond_async && accepted).then(|| "respond-async".to_owned());
        let callback = self.callback.as_ref().filter(|_| accepted).map(|_| "callback".to_owned());
        let parts: Vec<String> = respond_async.into_iter().chain(wait).chain(callback).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Splits where `at` stands outside of a quoted string.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == at && !quoted
    })
}

/// Name in lower case, and value without its quotes.
fn pair(text: &str) -> (String, &str) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefer(lines: &[&'static str]) -> Prefer {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(PREFER, http::HeaderValue::from_static(line));
        }
        Prefer::of(&headers)
    }

    fn both() -> Prefer {
        Prefer { respond_async: true, wait: Some(Duration::from_secs(10)), callback: None }
    }

    #[test]
    fn reads_what_it_knows_in_any_form() {
        assert_eq!(prefer(&["respond-async, wait=10"]), both());
        assert_eq!(prefer(&["return=minimal", "Wait = \"10\"; foo=bar", "wait=3,Respond-Async"]), both());
        assert_eq!(prefer(&["wait=soon, , =, wait"]), Prefer::default());
        assert_eq!(prefer(&["wait=99999999999999999999, callback; uri=a, \""]), Prefer::default());
    }

    #[test]
    fn a_callback_may_hold_what_else_would_part_it() {
        let asked = prefer(&["respond-async, callback; x=1; url=\"https://a.kr/b;c?d=e,f\", wait=10"]);
        assert_eq!(asked, Prefer { callback: Some("https://a.kr/b;c?d=e,f".to_owned()), ..both() });
    }

    #[test]
    fn says_only_what_was_applied() {
        assert_eq!(both().applied(true, true).as_deref(), Some("respond-async, wait=10"));
        assert_eq!(both().applied(true, false).as_deref(), Some("wait=10"));
        assert_eq!(Prefer::default().applied(true, true), None);
    }
}
