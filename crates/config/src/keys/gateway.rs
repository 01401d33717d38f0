//! The keys below `gateway`.

use naru_model::platform::{Gateway, Limits};
use naru_model::units::Bytes;
use serde_json::json;

use super::{count, list, some_time, text};
use crate::format;
use crate::shape::{Default, Effect, Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    vec![
        Key::new(
            "listen",
            addresses(0),
            json!(Gateway::LISTEN.to_string()),
            "Where plain HTTP is answered: HTTP/1.1, and HTTP/2 by prior knowledge. `[]`: nowhere, HTTPS only.",
        )
        .causes(Effect::Listeners),
        Key::new("tls", Kind::Keys(tls()), "no HTTPS", "HTTPS, with HTTP/2 and HTTP/1.1 by ALPN."),
        Key::new(
            "threads",
            Kind::Whole { least: 1, most: 1024 },
            "one per core",
            "Threads that carry requests.",
        )
        .causes(Effect::Listeners),
        Key::new(
            "trusted_proxies",
            list(0, text(format::NETWORK)),
            json!([]),
            "Whose `Forwarded` and `X-Forwarded-*` headers are believed. From others they are removed.",
        ),
        Key::new(
            "access_log",
            Kind::Either(Box::new(Kind::Flag), Box::new(Kind::Keys(access_log()))),
            json!(Gateway::ACCESS_LOG),
            "Whether requests are written to `access.log` in the state folder, or how.",
        ),
        Key::new(
            "user",
            text(format::USER),
            json!("client"),
            "What tells one user from another, for counting active users: `client`, the client's address; `cookie NAME` or `header NAME`, its value, and the address without it. Only a hash of it is kept.",
        ),
        Key::new(
            "limits",
            Kind::Keys(limits()),
            "as its keys say",
            "What a client may ask of the gateway before it is refused.",
        ),
        Key::new(
            "links",
            text(format::LOOPBACK),
            json!(Gateway::LINKS.to_string()),
            "Where services of this machine reach `links` by name; an address of 127.0.0.0/8 or ::1.",
        )
        .causes(Effect::Listeners),
        Key::new(
            "counters",
            Kind::Keys(counters()),
            "each gateway counts for itself",
            "Where several gateways count limits together.",
        ),
    ]
}

fn access_log() -> Vec<Key> {
    vec![Key::new(
        "format",
        Kind::Choice(&["json", "combined"]),
        json!("json"),
        "`json`: all that is known of a request; `combined`: the line of NCSA httpd and Apache, which most tools read.",
    )]
}

fn counters() -> Vec<Key> {
    vec![
        Key::new("redis", text(format::REDIS), Default::Required, "Redis or Valkey.").secret(),
        Key::new(
            "when_gone",
            Kind::Choice(&["local", "open", "closed"]),
            json!("local"),
            "What limits do while it can't be reached: each gateway counts for itself, nothing is limited, or what is limited is answered 503.",
        ),
    ]
}

/// One address or several.
fn addresses(least: usize) -> Kind {
    Kind::OneOrMore { least, of: Box::new(text(format::ADDRESS)) }
}

fn tls() -> Vec<Key> {
    let certificate = vec![
        Key::new(
            "cert",
            text(format::PEM),
            Default::Required,
            "PEM file of the certificate and those it is signed by, from the folder of naru.yaml.",
        ),
        Key::new(
            "key",
            text(format::PEM),
            Default::Required,
            "PEM file of its private key, from the folder of naru.yaml.",
        ),
    ];
    vec![
        Key::new("listen", addresses(1), Default::Required, "Where HTTPS is answered.")
            .causes(Effect::Listeners),
        Key::new(
            "certificates",
            list(1, Kind::Keys(certificate)),
            Default::Required,
            "Chosen by the name that the client asks for (SNI); the first serves clients that ask for none. Files are read again when they change.",
        ),
    ]
}

fn limits() -> Vec<Key> {
    let d = Limits::default();
    let size = |least| Kind::Bytes { least: Bytes(least) };
    vec![
        Key::new(
            "connections",
            count(1),
            json!(d.connections),
            "Open client connections; more wait in the kernel's queue.",
        ),
        Key::new(
            "target",
            size(256),
            d.target,
            "The request line, or `:path` with `:authority`; a longer one is answered 414.",
        ),
        Key::new(
            "headers",
            size(1 << 10),
            d.headers,
            "All header fields of a request together; more are answered 431.",
        ),
        Key::new(
            "header_count",
            Kind::Whole { least: 8, most: 10_000 },
            json!(d.header_count),
            "Header fields of a request; more are answered 431.",
        ),
        Key::new("body", size(1), "no limit", "A request's body; a larger one is answered 413."),
        Key::new(
            "head_timeout",
            some_time(),
            d.head_timeout,
            "From the first byte of a request to the end of its head; later it is answered 408.",
        ),
        Key::new("body_idle", some_time(), d.body_idle, "How long a body may stand still, either way."),
        Key::new("keep_alive", some_time(), d.keep_alive, "How long a connection may be without a request."),
        Key::new("streams", count(1), json!(d.streams), "Streams open at once on one HTTP/2 connection."),
        Key::new(
            "resets",
            count(1),
            json!(d.resets),
            "Streams a client may reset unanswered in ten seconds before its connection is closed.",
        ),
    ]
}
