//! The header fields that mean something to a proxy, told apart once, when a field is read.

/// What a field is to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Host,
    Connection,
    ContentLength,
    TransferEncoding,
    Te,
    Upgrade,
    Expect,
    KeepAlive,
    Cookie,
    Forwarded,
    XForwardedFor,
    XForwardedProto,
    XForwardedHost,
    Traceparent,
    Tracestate,
    XRequestId,
    /// `naru-own`: by which naru's server proves that it calls itself.
    NaruOwn,
    /// `naru-*` else: what naru's parts say to each other. From anybody else it is dropped.
    Naru,
    /// Speaks to the next hop only: `Proxy-*`, `HTTP2-Settings`.
    Hop,
    /// Spelled with `_` where a field above has `-`. Programs behind CGI-like interfaces can't tell the two apart, so
    /// that it would pass for what the gateway itself vouches for.
    Lookalike,
    /// Nothing to the gateway.
    Other,
}

impl Known {
    /// Tells what the field of this name is, in whatever case.
    pub fn of(name: &[u8]) -> Known {
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return Known::Other };
        if first | 0x20 == b'n'
            && let Some(prefix) = name.get(..5)
            && same_but_for_underscores(prefix, b"naru-")
        {
            return if name[5..].eq_ignore_ascii_case(b"own") { Known::NaruOwn } else { Known::Naru };
        }
        // Length and last letter leave one candidate, or none, which is what most fields get; this runs for every field.
        let (candidate, known) = match (name.len(), last | 0x20) {
            (2, b'e') => ("te", Known::Te),
            (4, b't') => ("host", Known::Host),
            (6, b'e') => ("cookie", Known::Cookie),
            (6, b't') => ("expect", Known::Expect),
            (7, b'e') => ("upgrade", Known::Upgrade),
            (9, b'd') => ("forwarded", Known::Forwarded),
            (10, b'n') => ("connection", Known::Connection),
            (10, b'e') if first | 0x20 == b'k' => ("keep-alive", Known::KeepAlive),
            (10, b'e') => ("tracestate", Known::Tracestate),
            (11, b't') => ("traceparent", Known::Traceparent),
            (12, b'd') => ("x-request-id", Known::XRequestId),
            (14, b'h') => ("content-length", Known::ContentLength),
            (14, b's') => ("http2-settings", Known::Hop),
            (15, b'r') => ("x-forwarded-for", Known::XForwardedFor),
            (16, b't') => ("x-forwarded-host", Known::XForwardedHost),
            (16, b'n') => ("proxy-connection", Known::Hop),
            (17, b'g') => ("transfer-encoding", Known::TransferEncoding),
            (17, b'o') => ("x-forwarded-proto", Known::XForwardedProto),
            (18, b'e') => ("proxy-authenticate", Known::Hop),
            (19, b'n') => ("proxy-authorization", Known::Hop),
            _ => return Known::Other,
        };
        if name.eq_ignore_ascii_case(candidate.as_bytes()) {
            known
        } else if same_but_for_underscores(name, candidate.as_bytes()) {
            Known::Lookalike
        } else {
            Known::Other
        }
    }

    /// Tells of a field that must not be forwarded. Source: RFC 9110 §7.6.1.
    pub fn is_for_this_hop(self) -> bool {
        matches!(
            self,
            Known::Connection
                | Known::TransferEncoding
                | Known::Te
                | Known::Upgrade
                | Known::KeepAlive
                | Known::NaruOwn
                | Known::Naru
                | Known::Hop
                | Known::Lookalike
        )
    }
}

fn same_but_for_underscores(name: &[u8], known: &[u8]) -> bool {
    name.iter().zip(known).all(|(n, k)| n.eq_ignore_ascii_case(k) || (*n == b'_' && *k == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_whatever_case() {
        assert_eq!(Known::of(b"hOsT"), Known::Host);
        assert_eq!(Known::of(b"Transfer-Encoding"), Known::TransferEncoding);
        assert_eq!(Known::of(b"x-forwarded-proto"), Known::XForwardedProto);
        assert_eq!(Known::of(b"Proxy-Connection"), Known::Hop);
        assert_eq!(Known::of(b"Keep-Alive"), Known::KeepAlive);
        assert_eq!(Known::of(b"tracestate"), Known::Tracestate);
        assert_eq!(Known::of(b"Accept"), Known::Other);
        assert_eq!(Known::of(b""), Known::Other);
        assert_eq!(Known::of(b"Naru-Own"), Known::NaruOwn);
        assert_eq!(Known::of(b"naru_Caller"), Known::Naru);
        assert_eq!(Known::of(b"naru-"), Known::Naru);
        assert_eq!(Known::of(b"naru"), Known::Other);
    }

    #[test]
    fn an_underscore_makes_a_lookalike() {
        assert_eq!(Known::of(b"X_Forwarded-For"), Known::Lookalike);
        assert_eq!(Known::of(b"Content_Length"), Known::Lookalike);
        assert_eq!(Known::of(b"my_own_field_x"), Known::Other);
        assert_eq!(Known::of(b"Keep_Alive"), Known::Lookalike);
    }
}
