//! The texts that have rules of their own: names, hosts, paths, methods, headers, addresses. Each is a [`Text`] that a
//! key's shape points to.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use naru_model::name::{self, FunctionName, ServiceName};

use crate::report::{Refusal, shown};
use crate::shape::Text;
use crate::suggest::nearest;

type Checked = Result<(), Refusal>;

pub(crate) const PLATFORM: Text = Text {
    noun: "a platform's name",
    example: "public-portal",
    check: platform,
    pattern: Some("^.{1,100}$"),
};
pub(crate) const SERVICE: Text =
    Text { noun: "a service's name", example: "booking", check: service, pattern: Some(NAME) };
pub(crate) const SERVICE_REFERENCE: Text =
    Text { noun: "a service's name", example: "booking", check: not_empty, pattern: Some(NAME) };
pub(crate) const FUNCTION: Text =
    Text { noun: "a function's name", example: "booking-apply", check: function, pattern: Some(NAME) };
pub(crate) const FUNCTION_REFERENCE: Text =
    Text { noun: "a function's name", example: "booking-apply", check: not_empty, pattern: Some(NAME) };
pub(crate) const TITLE: Text =
    Text { noun: "a name for people", example: "예약 신청", check: not_empty, pattern: Some(".") };
pub(crate) const OWNER: Text =
    Text { noun: "a text", example: "reservations@example.go.kr", check: not_empty, pattern: Some(".") };
pub(crate) const ARGUMENT: Text = Text { noun: "a text", example: "java", check: anything, pattern: None };
pub(crate) const VALUE: Text = Text { noun: "a text", example: "prod", check: anything, pattern: None };
pub(crate) const FILE: Text =
    Text { noun: "a path", example: "booking.jar", check: not_empty, pattern: Some(".") };
pub(crate) const VARIABLE: Text = Text {
    noun: "an environment variable's name",
    example: "SPRING_PROFILES_ACTIVE",
    check: variable,
    pattern: Some("^[^=]+$"),
};
pub(crate) const ADDRESS: Text = Text {
    noun: "an address with a port",
    example: "0.0.0.0:8080",
    check: address,
    pattern: Some(r"^([0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$"),
};
pub(crate) const NETWORK: Text = Text {
    noun: "an IP address or a network",
    example: "10.0.0.0/8",
    check: network,
    pattern: Some(r"^[0-9a-fA-F:.]+(/[0-9]{1,3})?$"),
};
pub(crate) const HOST: Text = Text {
    noun: "a host",
    example: "www.example.go.kr",
    check: host,
    pattern: Some(r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"),
};
pub(crate) const PATH: Text =
    Text { noun: "a path", example: "/booking/**", check: path, pattern: Some(r"^/[!-~]*$") };
/// Asked of an instance by the gateway, so that it has no wildcards and may have a query.
pub(crate) const TARGET: Text =
    Text { noun: "a path", example: "/healthz", check: target, pattern: Some(r"^/[!-~]*$") };
pub(crate) const METHOD: Text =
    Text { noun: "a method", example: "GET", check: method, pattern: Some("^[A-Z][A-Z-]*$") };
pub(crate) const HEADER: Text = Text {
    noun: "a header's name",
    example: "X-Canary",
    check: header,
    pattern: Some(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"),
};
pub(crate) const PARAMETER: Text = Text {
    noun: "a query parameter's name",
    example: "version",
    check: parameter,
    pattern: Some("^[^&=#]+$"),
};

/// What [`name`] wants, for editors.
const NAME: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

fn anything(_: &str) -> Checked {
    Ok(())
}

fn not_empty(text: &str) -> Checked {
    if text.trim().is_empty() {
        Err(Refusal::new("the text is empty", "write one, or leave the key out"))
    } else {
        Ok(())
    }
}

fn platform(text: &str) -> Checked {
    not_empty(text)?;
    if text.chars().count() > 100 || text.contains(['\n', '\t']) {
        return Err(Refusal::new("the name is too long", "write at most 100 characters in one line"));
    }
    Ok(())
}

fn service(text: &str) -> Checked {
    text.parse::<ServiceName>().map(|_| ()).map_err(|error| bad_name(text, &error))
}

fn function(text: &str) -> Checked {
    text.parse::<FunctionName>().map(|_| ()).map_err(|error| bad_name(text, &error))
}

fn bad_name(text: &str, error: &name::Error) -> Refusal {
    let meant: String =
        text.to_lowercase().chars().map(|c| if c == '_' || c == ' ' || c == '.' { '-' } else { c }).collect();
    match error {
        name::Error::Empty => Refusal::new("the name is empty", "write a word of a-z, 0-9 and -"),
        name::Error::TooLong(_) => {
            Refusal::new(format!("{} is longer than {} characters", shown(text), name::MAX_LEN), "shorten it")
        }
        name::Error::BadCharacter(_) => {
            let what = format!("{} is no name", shown(text));
            let rule = "a name starts with a letter and holds only a-z, 0-9 and single '-' between them";
            match meant.parse::<ServiceName>() {
                Ok(meant) => Refusal::new(what, format!("did you mean {meant}; {rule}")),
                Err(_) => Refusal::new(what, rule),
            }
        }
    }
}

fn variable(text: &str) -> Checked {
    if text.is_empty() || text.contains('=') {
        let what = format!("{} can't be an environment variable's name", shown(text));
        return Err(Refusal::new(what, "write NAME: value, with no = in the name"));
    }
    if text.chars().any(char::is_whitespace) {
        let what = format!("{} has white space in an environment variable's name", shown(text));
        return Err(Refusal::new(what, "remove it"));
    }
    Ok(())
}

fn address(text: &str) -> Checked {
    if let Ok(address) = text.parse::<SocketAddr>() {
        let help = "write a port from 1 to 65535";
        return if address.port() == 0 {
            Err(Refusal::new("port 0 is none to listen on", help))
        } else {
            Ok(())
        };
    }
    let what = format!("{} is no address with a port", shown(text));
    let port = text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
    let host = text.rsplit_once(':').map_or("", |(host, _)| host);
    let help = match port {
        Some(port) if host == "localhost" => format!("did you mean 127.0.0.1:{port}"),
        Some(port) if host.is_empty() || host == "*" => format!("did you mean 0.0.0.0:{port}"),
        _ if text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) => format!("did you mean [{text}]:8080"),
        _ if text.parse::<IpAddr>().is_ok() => format!("did you mean {text}:8080"),
        _ => "write an IP address and a port (0.0.0.0:8080, [::]:8080)".to_owned(),
    };
    Err(Refusal::new(what, help))
}

fn network(text: &str) -> Checked {
    if text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    match text.parse::<IpNet>() {
        Ok(net) if net == net.trunc() => Ok(()),
        Ok(net) => Err(Refusal::new(
            format!("{text} is an address inside a network"),
            format!("did you mean the network {} or the address {}", net.trunc(), net.addr()),
        )),
        Err(_) => Err(Refusal::new(
            format!("{} is no address and no network", shown(text)),
            "write 10.1.2.3 or 10.0.0.0/8",
        )),
    }
}

/// A host name (RFC 952, RFC 1123 §2.1), or `*.` and one. Underscores are taken too: hosts inside networks have them.
fn host(text: &str) -> Checked {
    let no_host = |help: &str| Err(Refusal::new(format!("{} is no host", shown(text)), help));
    if let Some((_, host)) = text.split_once("://") {
        return no_host(&format!("leave the scheme out: {}", host.split(['/', ':']).next().unwrap_or(host)));
    }
    if let Some((host, _)) = text.split_once('/') {
        return no_host(&format!("leave the path out: {host}; paths go below match.path"));
    }
    if let Some((host, _)) = text.split_once(':') {
        return no_host(&format!("leave the port out: {host}"));
    }
    if !text.is_ascii() {
        return no_host("write it as DNS has it, in ASCII (xn--...)");
    }
    if text == "*" {
        return no_host("leave the key out to match any host");
    }
    let labels = text.strip_prefix("*.").unwrap_or(text);
    if labels.contains('*') {
        return no_host("'*' may only stand for whole labels at the front: *.example.go.kr");
    }
    let good = |label: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() > 253 || !labels.split('.').all(good) {
        return no_host("write letters, digits and '-' between dots: www.example.go.kr");
    }
    Ok(())
}

/// An absolute path of literal segments, `*` for one segment, and `**` for the rest at the end.
fn path(text: &str) -> Checked {
    let no_path = |help: String| Err(Refusal::new(format!("{} is no path", shown(text)), help));
    if text.contains("://") {
        return no_path("leave the scheme and the host out; the host goes below match.host".to_owned());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return no_path(if text.starts_with('*') {
            "did you mean /**".to_owned()
        } else {
            format!("start it with a slash: /{text}")
        });
    };
    if text.contains('?') {
        return no_path("leave the query out; it goes below match.query".to_owned());
    }
    if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic() || *c == '#') {
        let mut bytes = [0; 4];
        let escaped: String = c.encode_utf8(&mut bytes).bytes().map(|b| format!("%{b:02X}")).collect();
        return no_path(format!("write it as clients send it: {c:?} is {escaped}"));
    }
    let segments: Vec<&str> = rest.split('/').collect();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match *segment {
            "" if !last => return no_path("remove the empty segment (//)".to_owned()),
            "." | ".." => return no_path(format!("remove the segment {segment}: no request has it")),
            "**" if !last => {
                return no_path("'**' may only stand at the end; '*' stands for one segment".to_owned());
            }
            "*" | "**" => {}
            segment if segment.contains('*') => {
                return no_path(
                    "'*' stands for a whole segment (/a/*/c), '/**' at the end for all below".to_owned(),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

fn target(text: &str) -> Checked {
    let (before, _) = text.split_once('?').unwrap_or((text, ""));
    if text.contains('*') {
        return Err(Refusal::new(
            format!("{} is no path to ask for", shown(text)),
            "write one path, without '*'",
        ));
    }
    path(before)?;
    if text.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
        return Ok(());
    }
    Err(Refusal::new(
        format!("{} is no path to ask for", shown(text)),
        "write it as clients send it, with %20 for a space",
    ))
}

/// Source: RFC 9110 §9.3, RFC 5789 and RFC 4918: what clients use every day. Others may be given too, as long as they
/// are not these with a slip of the pen.
const METHODS: [&str; 17] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
];

fn method(text: &str) -> Checked {
    if METHODS.contains(&text) {
        return Ok(());
    }
    let upper = text.to_uppercase();
    let what = format!("{} is no method", shown(text));
    if let Some(near) = nearest(&upper, METHODS) {
        return Err(Refusal::new(what, format!("did you mean {near}")));
    }
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    if good { Ok(()) } else { Err(Refusal::new(what, "write one word in capitals: GET, POST")) }
}

/// A field name is a token. Source: RFC 9110 §5.6.2.
fn header(text: &str) -> Checked {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if text.is_empty() || !text.bytes().all(token) {
        let what = format!("{} is no header's name", shown(text));
        return Err(Refusal::new(what, "write letters, digits and '-': X-Canary"));
    }
    if text.eq_ignore_ascii_case("host") {
        return Err(Refusal::new("the host is no header here", "write it below match.host"));
    }
    Ok(())
}

fn parameter(text: &str) -> Checked {
    if text.is_empty() || text.contains(['&', '=', '#']) || text.chars().any(char::is_control) {
        let what = format!("{} is no query parameter's name", shown(text));
        return Err(Refusal::new(what, "write the name alone: version"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_good(check: fn(&str) -> Checked, texts: &[&str]) {
        for text in texts {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    fn all_bad(check: fn(&str) -> Checked, texts: &[&str]) {
        for text in texts {
            let refusal = check(text).expect_err(text);
            assert!(refusal.help.is_some(), "{text}: nobody says what would be right");
        }
    }

    #[test]
    fn hosts() {
        all_good(
            host,
            &[
                "localhost",
                "www.example.go.kr",
                "*.example.go.kr",
                "WWW.Example.kr",
                "a_b.local",
                "127.0.0.1",
            ],
        );
        all_bad(
            host,
            &[
                "",
                "*",
                "a.*.kr",
                "*a.kr",
                "http://a.kr",
                "a.kr:80",
                "a.kr/x",
                "a..kr",
                ".kr",
                "-a.kr",
                "예약.kr",
                "a b",
            ],
        );
    }

    #[test]
    fn paths() {
        all_good(path, &["/", "/**", "/booking", "/booking/", "/booking/**", "/a/*/c", "/a/%20", "/*"]);
        all_good(target, &["/", "/healthz?deep=1"]);
        all_bad(target, &["", "healthz", "/a/*", "/a b", "/a?b c"]);
        all_bad(
            path,
            &["", "booking", "*", "/a//b", "/a/../b", "/a/**/b", "/a*", "/a?b=1", "/예약", "/a b", "/a#b"],
        );
    }

    #[test]
    fn methods() {
        all_good(method, &["GET", "PURGE", "PROPFIND", "M-SEARCH"]);
        all_bad(method, &["", "get", "GETT", "POST ", "DELET", "G3T"]);
    }

    #[test]
    fn addresses() {
        all_good(address, &["0.0.0.0:8080", "[::1]:1"]);
        all_bad(
            address,
            &["", "8080", ":8080", "localhost:8080", "0.0.0.0", "0.0.0.0:0", "::1", "1.2.3.4:99999"],
        );
        all_good(network, &["10.0.0.0/8", "10.1.2.3", "::1", "fd00::/8"]);
        all_bad(network, &["", "10.0.0.1/8", "10.0.0.0/33", "proxy"]);
    }

    #[test]
    fn names() {
        all_good(header, &["X-Canary", "x_y"]);
        all_bad(header, &["", "X Canary", "X:", "Host", "예약"]);
        all_good(variable, &["A", "spring.profiles"]);
        all_bad(variable, &["", "A=B", "A B"]);
        all_bad(service, &["", "Booking", "a_b", "1a", &"a".repeat(41)]);
    }
}
