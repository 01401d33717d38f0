//! Who the client is when proxies stand between: `Forwarded` (RFC 7239) and `X-Forwarded-For`, read from the right as
//! far as the proxies are trusted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Returns the client's address: the rightmost one that no trusted proxy has. `values` are those of all `Forwarded`
/// fields, or of all `X-Forwarded-For` fields, in order; `peer` is a trusted proxy. Where the chain stops making sense
/// (`unknown`, `_hidden`, anything broken), the last address that did is the client.
pub fn client<'a>(
    values: impl DoubleEndedIterator<Item = &'a [u8]>,
    node: fn(&[u8]) -> Option<IpAddr>,
    peer: IpAddr,
    trusts: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = peer;
    for value in values.rev() {
        for element in elements(value, b',').into_iter().rev() {
            match node(element) {
                Some(address) => client = address,
                None => return client,
            }
            if !trusts(client) {
                return client;
            }
        }
    }
    client
}

/// The address in one element of `X-Forwarded-For`; some proxies add the port.
pub fn plain_node(element: &[u8]) -> Option<IpAddr> {
    address(std::str::from_utf8(element.trim_ascii()).ok()?)
}

/// The address in the `for` of one element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https`.
pub fn forwarded_node(element: &[u8]) -> Option<IpAddr> {
    elements(element, b';').into_iter().find_map(|pair| {
        let pair = std::str::from_utf8(pair.trim_ascii()).ok()?;
        let (name, value) = pair.split_once('=')?;
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        name.eq_ignore_ascii_case("for").then(|| address(value)).flatten()
    })
}

fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address =
        text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip())).or_else(bracketed);
    address.map(|address: IpAddr| address.to_canonical())
}

/// Splits at `separator` where it does not stand in quotes.
fn elements(value: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                byte => return *byte == separator && !quoted,
            }
            false
        })
        .collect()
}

/// An address as `Forwarded` writes it: version 6 in brackets and quotes.
pub fn node_text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("\"[{v6}]\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn trusts(address: IpAddr) -> bool {
        matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10)
    }

    fn of(values: &[&str], node: fn(&[u8]) -> Option<IpAddr>) -> String {
        client(values.iter().map(|v| v.as_bytes()), node, PROXY, trusts).to_string()
    }

    #[test]
    fn the_client_is_the_rightmost_stranger() {
        let plain = |values: &[&str]| of(values, plain_node);
        assert_eq!(plain(&["192.0.2.1"]), "192.0.2.1");
        assert_eq!(plain(&["6.6.6.6, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(plain(&["6.6.6.6", "192.0.2.1,10.9.9.9"]), "192.0.2.1");
        assert_eq!(plain(&["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(plain(&["192.0.2.1:8080"]), "192.0.2.1");
        assert_eq!(plain(&["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(plain(&["6.6.6.6, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(plain(&[]), "10.0.0.1");
        assert_eq!(plain(&["::ffff:192.0.2.1"]), "192.0.2.1");
    }

    #[test]
    fn forwarded_is_read_with_its_quotes() {
        let forwarded = |values: &[&str]| of(values, forwarded_node);
        assert_eq!(forwarded(&["for=192.0.2.1;proto=https"]), "192.0.2.1");
        assert_eq!(forwarded(&["for=6.6.6.6, proto=http;For=\"[2001:db8::1]:4711\""]), "2001:db8::1");
        assert_eq!(forwarded(&["for=\"6.6.6.6, for=1.1.1.1\""]), "10.0.0.1");
        assert_eq!(forwarded(&["for=_hidden, for=10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for text in ["192.0.2.1", "2001:db8::1"] {
            let address: IpAddr = text.parse().unwrap();
            let element = format!("for={}", node_text(address));
            assert_eq!(forwarded_node(element.as_bytes()), Some(address));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            client([bytes.as_slice()].into_iter(), forwarded_node, PROXY, trusts);
            client([bytes.as_slice()].into_iter(), plain_node, PROXY, trusts);
        }
    }
}
