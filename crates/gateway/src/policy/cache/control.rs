//! What messages say of how they may be kept: `Cache-Control`, `Expires`, `Age` (RFC 9111 §5), `stale-if-error` (RFC 5861).

use std::time::Duration;

use naru_model::units::Timestamp;

use crate::head::{Fields, ResponseHead};
use crate::http1::request::list;

/// No answer is taken for fresh longer than this, whatever it says: a year (RFC 9111 §1.2.2 allows any bound above 2^31 s
/// to be cut).
const LONGEST: u64 = 365 * 86_400;

/// The directives of all `Cache-Control` fields together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) no_store: bool,
    pub(crate) no_cache: bool,
    private: bool,
    public: bool,
    must_revalidate: bool,
    max_age: Option<u64>,
    s_maxage: Option<u64>,
    stale_if_error: Option<u64>,
    pub(crate) only_if_cached: bool,
}

impl Control {
    pub(crate) fn of(fields: &Fields) -> Control {
        let mut control = Control::default();
        let values = fields.iter().filter(|(_, name, _)| name.eq_ignore_ascii_case(b"cache-control"));
        for directive in values.flat_map(|(_, _, value)| list(value)) {
            let (name, value) = match directive.iter().position(|b| *b == b'=') {
                Some(at) => (&directive[..at], &directive[at + 1..]),
                None => (directive, &b""[..]),
            };
            match &name.to_ascii_lowercase()[..] {
                b"no-store" => control.no_store = true,
                // With names of fields they are taken as without: never more is kept than may be.
                b"no-cache" => control.no_cache = true,
                b"private" => control.private = true,
                b"public" => control.public = true,
                b"must-revalidate" | b"proxy-revalidate" => control.must_revalidate = true,
                b"max-age" => control.max_age = Some(seconds(value)),
                b"s-maxage" => control.s_maxage = Some(seconds(value)),
                b"stale-if-error" => control.stale_if_error = Some(seconds(value)),
                b"only-if-cached" => control.only_if_cached = true,
                _ => {}
            }
        }
        control
    }

    /// The oldest answer that a request takes.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        self.max_age.map(Duration::from_secs)
    }
}

/// What cannot be read makes an answer old, not new (RFC 9111 §4.2.1).
fn seconds(value: &[u8]) -> u64 {
    let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    value
        .iter()
        .fold(0u64, |n, digit| n.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
        .min(LONGEST)
}

/// For how long an answer is good, and what then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// How old it was when it came.
    pub(crate) age: Duration,
    /// How old it may become.
    pub(crate) fresh: Duration,
    /// It is asked about each time.
    pub(crate) no_cache: bool,
    /// How long after its end it may serve while the service fails.
    pub(crate) stale_if_error: Duration,
}

/// Decides whether an answer to GET may be kept, and for how long. `authorized`: the request had `Authorization`.
/// Source: RFC 9111 §3, §3.5, §4.2.
pub(crate) fn life(
    response: &ResponseHead,
    authorized: bool,
    ttl: Duration,
    stale_if_error: Duration,
    now: Timestamp,
) -> Option<Life> {
    let fields = &response.fields;
    let control = Control::of(fields);
    let for_all = control.public || control.s_maxage.is_some();
    let understood = matches!(
        response.status,
        200 | 203 | 204 | 300 | 301 | 302 | 307 | 308 | 404 | 405 | 410 | 414 | 501
    );
    if !understood
        || control.no_store
        || control.private
        || (authorized && !for_all && !control.must_revalidate)
        // Nobody means a session to be handed to everybody, whatever it was allowed by.
        || (fields.get("set-cookie").is_some() && !control.public)
        || vary(fields).any(|name| name == b"*")
    {
        return None;
    }
    let date = fields.get("date").and_then(moment);
    let said = control.s_maxage.or(control.max_age).map(Duration::from_secs);
    let expires = || {
        let expires = fields.get("expires")?;
        // One that is no date has passed already (RFC 9111 §5.3).
        Some(moment(expires).map_or(Duration::ZERO, |at| at.since(date.unwrap_or(now))))
    };
    let usual = || match response.status {
        200 | 203 | 301 | 308 => ttl,
        _ => Duration::ZERO,
    };
    let fresh = said.or_else(expires).unwrap_or_else(usual).min(Duration::from_secs(LONGEST));
    let told = fields.get("age").map_or(0, seconds);
    let age = Duration::from_secs(told).max(date.map_or(Duration::ZERO, |date| now.since(date)));
    let stale_if_error = match control.stale_if_error {
        _ if control.must_revalidate || control.s_maxage.is_some() || control.no_cache => Duration::ZERO,
        Some(seconds) => Duration::from_secs(seconds),
        None => stale_if_error,
    };
    let can_be_asked_about = fields.get("etag").is_some() || fields.get("last-modified").is_some();
    let is_any_good = (fresh > age && !control.no_cache) || can_be_asked_about;
    is_any_good.then_some(Life { age, fresh, no_cache: control.no_cache, stale_if_error })
}

/// The names that an answer depends on, as its service wrote them.
pub(crate) fn vary(fields: &Fields) -> impl Iterator<Item = &[u8]> {
    let values = fields.iter().filter(|(_, name, _)| name.eq_ignore_ascii_case(b"vary"));
    values.flat_map(|(_, _, value)| list(value))
}

/// Reads a date as HTTP has it. The two forms from before 1995 are taken for none.
pub(crate) fn moment(text: &[u8]) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(std::str::from_utf8(text).ok()?).ok()?;
    u64::try_from(zoned.timestamp().as_microsecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

    fn answer(pairs: &[(&str, &str)]) -> ResponseHead {
        let mut head = ResponseHead { status: 200, ..ResponseHead::default() };
        pairs.iter().for_each(|(name, value)| head.fields.push(name.as_bytes(), value.as_bytes()));
        head
    }

    fn fresh(pairs: &[(&str, &str)], authorized: bool, ttl: u64) -> Option<u64> {
        let life = life(&answer(pairs), authorized, Duration::from_secs(ttl), Duration::ZERO, NOW)?;
        Some(life.fresh.saturating_sub(life.age).as_secs())
    }

    fn control(value: &'static str) -> [(&'static str, &'static str); 1] {
        [("cache-control", value)]
    }

    #[test]
    fn what_an_answer_says_goes_before_what_the_route_does() {
        assert_eq!(fresh(&control("max-age=60"), false, 5), Some(60));
        assert_eq!(fresh(&control("max-age=60, S-MaxAge=\"90\""), false, 5), Some(90));
        assert_eq!(fresh(&[("cache-control", "max-age=60"), ("age", "20")], false, 5), Some(40));
        assert_eq!(fresh(&[], false, 5), Some(5));
        assert_eq!(fresh(&[], false, 0), None);
        let expires =
            [("date", "Mon, 21 Sep 2026 14:13:20 GMT"), ("expires", "Mon, 21 Sep 2026 14:14:20 GMT")];
        assert_eq!(fresh(&expires, false, 5), Some(60));
        assert_eq!(fresh(&[("expires", "0")], false, 5), None);
        assert_eq!(fresh(&control("max-age=x"), false, 5), None);
        assert_eq!(fresh(&control("max-age=99999999999999999999"), false, 5), Some(LONGEST));
    }

    #[test]
    fn what_is_not_for_all_is_not_kept() {
        for value in ["no-store, max-age=9", "private=\"a, b\", max-age=9", "Private"] {
            assert_eq!(fresh(&control(value), false, 5), None, "{value}");
        }
        assert_eq!(fresh(&control("max-age=9"), true, 5), None);
        assert_eq!(fresh(&control("max-age=9, public"), true, 5), Some(9));
        assert_eq!(fresh(&control("s-maxage=9"), true, 5), Some(9));
        assert_eq!(fresh(&[("set-cookie", "a=b")], false, 5), None);
        assert_eq!(fresh(&[("vary", "accept, *")], false, 5), None);
        assert_eq!(fresh(&control("no-cache, max-age=9"), false, 5), None);
        assert!(fresh(&[("cache-control", "no-cache"), ("etag", "\"1\"")], false, 5).is_some());
        let partial = ResponseHead { status: 206, ..answer(&control("max-age=9")) };
        assert_eq!(life(&partial, false, Duration::ZERO, Duration::ZERO, NOW), None);
    }

    #[test]
    fn a_stale_one_serves_only_where_it_may() {
        let stale = |value| {
            let head = answer(&[("cache-control", value), ("etag", "1")]);
            life(&head, false, Duration::ZERO, Duration::from_secs(30), NOW)
                .map(|life| life.stale_if_error.as_secs())
        };
        assert_eq!(stale("max-age=1"), Some(30));
        assert_eq!(stale("max-age=1, stale-if-error=7"), Some(7));
        assert_eq!(stale("max-age=1, must-revalidate"), Some(0));
    }
}
