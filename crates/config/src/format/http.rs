//! What a route's match is made of: hosts, paths, methods, names of headers and parameters.

use super::Checked;
use crate::report::{Refusal, shown};
use crate::suggest::nearest;

/// A host name (RFC 952, RFC 1123 §2.1), or `*.` and one. Underscores are taken too: hosts inside networks have them.
pub(super) fn host(text: &str) -> Checked {
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

/// A host that naru may be told to call; not any, or clients could have it call whatever it reaches.
pub(super) fn callback_host(text: &str) -> Checked {
    if text == "*" {
        let what = "with *, clients could have naru call whatever it reaches";
        return Err(Refusal::new(what, "name the hosts; *.example.go.kr is any below it"));
    }
    host(text)
}

/// An absolute path of literal segments, `*` for one segment, and `**` for the rest at the end.
pub(super) fn path(text: &str) -> Checked {
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

pub(super) fn target(text: &str) -> Checked {
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

pub(super) fn method(text: &str) -> Checked {
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
pub(super) fn header(text: &str) -> Checked {
    if !is_token(text) {
        let what = format!("{} is no header's name", shown(text));
        return Err(Refusal::new(what, "write letters, digits and '-': X-Canary"));
    }
    if text.eq_ignore_ascii_case("host") {
        return Err(Refusal::new("the host is no header here", "write it below match.host"));
    }
    Ok(())
}

/// `client`, `cookie NAME` or `header NAME`. A cookie's name is a token, as a field's is (RFC 6265 §4.1.1).
pub(super) fn user(text: &str) -> Checked {
    let no_user = |help: String| Err(Refusal::new(format!("{} tells no users apart", shown(text)), help));
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    match words[..] {
        ["client"] => Ok(()),
        ["cookie", name] | ["header", name] if is_token(name) => Ok(()),
        ["cookie"] => no_user("write the cookie's name too: cookie SESSION".to_owned()),
        ["header"] => no_user("write the header's name too: header X-User".to_owned()),
        [kind, name] if is_token(name) => match nearest(kind, ["cookie", "header"]) {
            Some(near) => no_user(format!("did you mean {near} {name}")),
            None => no_user(format!("write cookie {name} or header {name}")),
        },
        [one] if is_token(one) && nearest(one, ["client"]).is_none() => {
            no_user(format!("write client, cookie {one} or header {one}"))
        }
        _ => no_user("write client, cookie SESSION or header X-User".to_owned()),
    }
}

pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

pub(super) fn parameter(text: &str) -> Checked {
    if text.is_empty() || text.contains(['&', '=', '#']) || text.chars().any(char::is_control) {
        let what = format!("{} is no query parameter's name", shown(text));
        return Err(Refusal::new(what, "write the name alone: version"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

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
    fn hosts_of_callbacks() {
        all_good(callback_host, &["a.kr", "*.example.go.kr"]);
        all_bad(callback_host, &["", "*", "https://a.kr", "a.kr/hook", "a.kr:80"]);
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
    fn names_of_headers_and_parameters() {
        all_good(header, &["X-Canary", "x_y"]);
        all_bad(header, &["", "X Canary", "X:", "Host", "예약"]);
        all_good(user, &["client", "cookie SESSION", "header X-User"]);
        all_bad(
            user,
            &["", "cookie", "header", "Client", "cooky SESSION", "SESSION", "cookie a b", "cookie 예약"],
        );
        all_good(parameter, &["v", "예약"]);
        all_bad(parameter, &["", "a=b", "a&b"]);
    }
}
