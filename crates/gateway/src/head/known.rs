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
        let candidates: &[(&str, Known)] = match name.len() {
            2 => &[("te", Known::Te)],
            4 => &[("host", Known::Host)],
            6 => &[("cookie", Known::Cookie), ("expect", Known::Expect)],
            7 => &[("upgrade", Known::Upgrade)],
            9 => &[("forwarded", Known::Forwarded)],
            10 => &[
                ("connection", Known::Connection),
                ("keep-alive", Known::KeepAlive),
                ("tracestate", Known::Tracestate),
            ],
            11 => &[("traceparent", Known::Traceparent)],
            12 => &[("x-request-id", Known::XRequestId)],
            14 => &[("content-length", Known::ContentLength), ("http2-settings", Known::Hop)],
            15 => &[("x-forwarded-for", Known::XForwardedFor)],
            16 => &[("x-forwarded-host", Known::XForwardedHost), ("proxy-connection", Known::Hop)],
            17 => &[
                ("transfer-encoding", Known::TransferEncoding),
                ("x-forwarded-proto", Known::XForwardedProto),
            ],
            18 => &[("proxy-authenticate", Known::Hop)],
            19 => &[("proxy-authorization", Known::Hop)],
            _ => return Known::Other,
        };
        for (known_name, known) in candidates {
            if name.eq_ignore_ascii_case(known_name.as_bytes()) {
                return *known;
            }
            if name.contains(&b'_') && same_but_for_underscores(name, known_name.as_bytes()) {
                return Known::Lookalike;
            }
        }
        Known::Other
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
        assert_eq!(Known::of(b"Accept"), Known::Other);
        assert_eq!(Known::of(b""), Known::Other);
    }

    #[test]
    fn an_underscore_makes_a_lookalike() {
        assert_eq!(Known::of(b"X_Forwarded-For"), Known::Lookalike);
        assert_eq!(Known::of(b"Content_Length"), Known::Lookalike);
        assert_eq!(Known::of(b"my_own_field_x"), Known::Other);
    }
}
