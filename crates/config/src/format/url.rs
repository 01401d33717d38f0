//! URLs: of issuers, key sets, links, brokers and shared counters. Each says which schemes it takes and which parts.

use super::{Checked, http};
use crate::report::{Refusal, shown};

/// A URL in its parts, as far as they are told apart here.
struct Parts<'t> {
    user: Option<&'t str>,
    host: &'t str,
    port: Option<&'t str>,
    /// From the slash on; may be empty.
    path: &'t str,
}

/// What a kind of URL takes.
struct Takes {
    schemes: &'static [&'static str],
    /// Of the messages.
    example: &'static str,
    user: bool,
    query: bool,
}

const WEB: &[&str] = &["https", "http"];

/// An issuer or a link's base: no query, no fragment. Source: RFC 8414 §2.
pub(super) fn issuer(text: &str) -> Checked {
    check(text, &Takes { schemes: WEB, example: "https://api.example.go.kr", user: false, query: false })
}

pub(super) fn link(text: &str) -> Checked {
    check(text, &Takes { schemes: WEB, example: "https://api.partner.co.kr/v2", user: false, query: false })
}

pub(super) fn clickhouse(text: &str) -> Checked {
    check(text, &Takes { schemes: WEB, example: "http://10.0.0.5:8123", user: false, query: false })
}

/// Where browsers open the console.
pub(super) fn console(text: &str) -> Checked {
    check(text, &Takes { schemes: WEB, example: "https://naru.example.go.kr", user: false, query: false })
}

pub(super) fn any(text: &str) -> Checked {
    check(
        text,
        &Takes { schemes: WEB, example: "https://login.example.go.kr/jwks", user: false, query: true },
    )
}

pub(super) fn broker(text: &str) -> Checked {
    check(
        text,
        &Takes { schemes: &["nats", "amqp"], example: "nats://127.0.0.1:4222", user: true, query: false },
    )
}

pub(super) fn redis(text: &str) -> Checked {
    let takes = Takes { schemes: &["redis"], example: "redis://127.0.0.1:6379/0", user: true, query: false };
    check(text, &takes)?;
    let database = text.splitn(4, '/').nth(3).unwrap_or("");
    if database.is_empty() || database.parse::<u16>().is_ok() {
        return Ok(());
    }
    let what = format!("{} is no number of a database", shown(database));
    Err(Refusal::new(what, format!("write it as {}", takes.example)))
}

/// An origin: scheme, host and port, or `*`. Source: RFC 6454 §6.1.
pub(super) fn origin(text: &str) -> Checked {
    if text == "*" {
        return Ok(());
    }
    check(text, &Takes { schemes: WEB, example: "https://www.example.go.kr", user: false, query: false })?;
    let path = text.splitn(4, '/').nth(3);
    match path {
        None => Ok(()),
        Some(path) => {
            let meant = text.strip_suffix(path).and_then(|text| text.strip_suffix('/')).unwrap_or(text);
            Err(Refusal::new(format!("{} is no origin", shown(text)), format!("leave the path out: {meant}")))
        }
    }
}

fn check(text: &str, takes: &Takes) -> Checked {
    let no_url = |help: String| Err(Refusal::new(format!("{} is no URL to use here", shown(text)), help));
    let like = || format!("write it as {}", takes.example);
    if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return no_url(format!("leave {c:?} out, or write it as %XX: {}", takes.example));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return no_url(format!("begin it with {}://", takes.schemes.join(":// or ")));
    };
    if !takes.schemes.contains(&scheme) {
        return no_url(format!("begin it with {}://", takes.schemes.join(":// or ")));
    }
    if rest.contains('#') || rest.contains('?') && !takes.query {
        return no_url("leave out what follows '?' or '#'".to_owned());
    }
    let Some(parts) = split(rest) else { return no_url(like()) };
    if parts.user.is_some() && !takes.user {
        return no_url("leave out the user and password before '@'".to_owned());
    }
    if parts.port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return no_url("write a port from 1 to 65535".to_owned());
    }
    let bare = parts.host.trim_start_matches('[').trim_end_matches(']');
    let is_address = parts.host.starts_with('[') && bare.parse::<std::net::Ipv6Addr>().is_ok();
    if !is_address && (parts.host.contains('*') || http::host(parts.host).is_err()) {
        return no_url(like());
    }
    if parts.path.contains("//") {
        return no_url("remove the empty segment (//)".to_owned());
    }
    Ok(())
}

fn split(rest: &str) -> Option<Parts<'_>> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let (host, port) = match place.rfind(']') {
        Some(close) => {
            let after = &place[close + 1..];
            (&place[..=close], if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    Some(Parts { user, host, port, path: path.split('?').next().unwrap_or(path) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn urls() {
        all_good(
            issuer,
            &["https://api.example.go.kr", "http://127.0.0.1:8080/realms/a", "https://[::1]:8443"],
        );
        all_good(origin, &["*", "https://www.example.go.kr", "http://localhost:3000"]);
        all_bad(origin, &["", "www.example.go.kr", "https://a.kr/", "https://a.kr/x", "null"]);
        all_good(any, &["https://a.kr/jwks?x=1"]);
        all_good(broker, &["nats://127.0.0.1:4222", "amqp://u:p@mq:5672/vhost"]);
        all_good(redis, &["redis://127.0.0.1", "redis://:secret@cache:6379/3"]);
        let bad = [
            "",
            "api.example.go.kr",
            "ftp://a.kr",
            "https://",
            "https://a b.kr",
            "https://a.kr?x",
            "https://a.kr#x",
            "https://u:p@a.kr",
            "https://a.kr:0",
            "https://a.kr:99999",
            "https://*.a.kr",
            "https://a.kr//x",
            "https://[::1",
            "https://[x]",
            "https://예약.kr",
        ];
        all_bad(issuer, &bad);
        all_bad(link, &bad);
        all_bad(broker, &["", "http://a.kr", "kafka://a:9092", "nats://"]);
        all_bad(redis, &["redis://a/x", "rediss://a", "redis://a/0/1"]);
    }
}
