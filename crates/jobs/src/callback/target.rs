//! Where a result may be sent: to hosts that naru.yaml lists, and never into the private network by a name's detour.

use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

/// A checked callback URL, in the parts that a connection needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) tls: bool,
    /// As in the URL, an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As `Host` has it.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) target: String,
}

/// Reads a URL and checks that it leads to one of `hosts`: `www.example.go.kr`, `*.example.go.kr`, or an address.
///
/// # Errors
/// Why it does not, for whoever sent it.
pub(crate) fn check(url: &str, hosts: &[String]) -> Result<Target, String> {
    let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
    let tls = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(scheme) if *scheme == Scheme::HTTP => false,
        _ => return Err("it begins with neither https:// nor http://".to_owned()),
    };
    let authority = uri.authority().ok_or("it has no host")?;
    if authority.as_str().contains('@') {
        return Err("it holds a user's name, which would be sent to whoever answers".to_owned());
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if !hosts.iter().any(|listed| covers(listed, &host)) {
        return Err(format!("{host} is not among the route's callback_hosts"));
    }
    if host.parse().is_ok_and(|address| !may_reach(address, hosts)) {
        return Err(format!("{host} is no public address"));
    }
    Ok(Target {
        tls,
        port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        authority: authority.as_str().to_owned(),
        target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        host,
    })
}

/// Whether an address that a host's name led to may be connected to: a public one, or one that is listed itself.
/// Otherwise a name that its owner points at 127.0.0.1 would reach what only this machine should (SSRF).
pub(crate) fn may_reach(address: IpAddr, hosts: &[String]) -> bool {
    let address = address.to_canonical();
    is_public(address) || hosts.iter().any(|listed| listed.parse() == Ok(address))
}

fn covers(listed: &str, host: &str) -> bool {
    let listed = listed.trim_start_matches('[').trim_end_matches(']');
    match listed.strip_prefix("*.") {
        Some(domain) => host
            .strip_suffix(&domain.to_ascii_lowercase())
            .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
        None => listed.eq_ignore_ascii_case(host),
    }
}

/// Source: the IANA registries of special-purpose addresses, RFC 6890.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let protocol = (a, b, c) == (192, 0, 0);
            let benchmark = a == 198 && (b == 18 || b == 19);
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || shared
                || protocol
                || benchmark)
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            let global_unicast = (0x2000..0x4000).contains(&first);
            let documentation = (first, second) == (0x2001, 0x0db8) || first == 0x3fff;
            // Teredo and 6to4 hold an IPv4 address that would escape the check.
            let tunnel = (first, second) == (0x2001, 0) || first == 0x2002;
            global_unicast && !documentation && !tunnel
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hosts() -> Vec<String> {
        ["www.example.go.kr", "*.partner.kr", "127.0.0.1"].map(str::to_owned).to_vec()
    }

    #[test]
    fn takes_listed_hosts() {
        let target = check("https://WWW.example.go.kr/done?id=1", &hosts()).unwrap();
        assert_eq!((target.tls, target.port, target.target.as_str()), (true, 443, "/done?id=1"));
        assert_eq!(check("http://a.b.partner.kr:81", &hosts()).unwrap().port, 81);
        assert!(check("http://127.0.0.1:8000/", &hosts()).is_ok());
    }

    #[test]
    fn refuses_all_others() {
        for url in [
            "https://example.go.kr/",
            "https://partner.kr/",
            "https://evilpartner.kr/",
            "https://.partner.kr/",
            "https://www.example.go.kr@evil.kr/",
            "https://evil.kr@www.example.go.kr/",
            "ftp://www.example.go.kr/",
            "/done",
            "http://127.0.0.2/",
            "http://[::1]/",
            "http://2130706433/",
            "",
        ] {
            assert!(check(url, &hosts()).is_err(), "{url}");
        }
        assert!(check("https://www.example.go.kr/", &[]).is_err(), "none are listed: none may be");
    }

    #[test]
    fn names_must_not_lead_into_the_private_network() {
        let reach = |address: &str| may_reach(address.parse().unwrap(), &hosts());
        for private in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "127.0.0.2",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "ff02::1",
        ] {
            assert!(!reach(private), "{private}");
        }
        assert!(
            reach("211.45.0.1")
                && reach("2606:4700::1111")
                && reach("127.0.0.1")
                && reach("::ffff:127.0.0.1")
        );
    }

    proptest! {
        #[test]
        fn no_url_makes_it_panic(url in "\\PC{0,60}") {
            let _ = check(&url, &hosts());
        }
    }
}
