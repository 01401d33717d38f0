//! The end of an API's life: said in every answer from the day it is deprecated, and 410 once it is gone.

use jiff::fmt::rfc2822::DateTimePrinter;
use naru_model::policy;
use naru_model::units::Timestamp;

use super::Refused;
use crate::head::{Lines, is_field_value};

/// What a route's answers say of its end.
#[derive(Debug)]
pub(crate) struct Sunset {
    /// `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and `Link` to what comes after (RFC 5829 §3.3).
    lines: Lines,
    gone: Option<Timestamp>,
}

impl Sunset {
    pub(crate) fn new(policy: &policy::Sunset) -> Self {
        let mut lines = Lines::default();
        if let Some(deprecated) = policy.deprecated {
            // A date as structured fields have it (RFC 9651 §3.3.7).
            lines.push("deprecation", &[b"@", seconds(deprecated).to_string().as_bytes()]);
        }
        if let Some(gone) = policy.gone {
            lines.push("sunset", &[http_date(gone).as_bytes()]);
        }
        if let Some(link) = policy.link.as_deref().filter(|link| is_field_value(link.as_bytes())) {
            lines.push("link", &[b"<", link.as_bytes(), b">; rel=\"successor-version\""]);
        }
        Sunset { lines, gone: policy.gone }
    }

    pub(crate) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// # Errors
    /// 410: that day has come.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Refused> {
        match self.gone {
            Some(gone) if gone <= now => {
                Err(Refused::new(410, "gone", "this version of the service is no longer offered"))
            }
            _ => Ok(()),
        }
    }
}

fn seconds(time: Timestamp) -> i64 {
    (time.0 / 1_000_000) as i64
}

/// A moment as HTTP has it: `Sun, 06 Nov 1994 08:49:37 GMT`; the end of time where a year has five digits.
pub(crate) fn http_date(time: Timestamp) -> String {
    let text = jiff::Timestamp::from_second(seconds(time))
        .and_then(|moment| DateTimePrinter::new().timestamp_to_rfc9110_string(&moment));
    text.unwrap_or_else(|_| "Thu, 30 Dec 9999 22:00:00 GMT".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_announced_and_then_comes() {
        let at = |seconds: u64| Timestamp(seconds * 1_000_000);
        let sunset = Sunset::new(&policy::Sunset {
            deprecated: Some(at(1_688_169_599)),
            gone: Some(at(1_719_791_999)),
            link: Some("https://example.kr/v2".into()),
        });
        let text = std::str::from_utf8(sunset.lines().as_bytes()).unwrap();
        assert_eq!(
            text,
            "deprecation: @1688169599\r\nsunset: Sun, 30 Jun 2024 23:59:59 GMT\r\n\
             link: <https://example.kr/v2>; rel=\"successor-version\"\r\n"
        );
        assert!(sunset.check(at(1_719_791_998)).is_ok());
        assert_eq!(sunset.check(at(1_719_791_999)).unwrap_err().status, 410);
    }

    #[test]
    fn a_link_can_not_add_fields() {
        let link = Some("x>\r\nset-cookie: a".into());
        let sunset = Sunset::new(&policy::Sunset { deprecated: None, gone: None, link });
        assert!(sunset.lines().as_bytes().is_empty());
        assert_eq!(http_date(Timestamp(u64::MAX)), "Thu, 30 Dec 9999 22:00:00 GMT");
    }
}
