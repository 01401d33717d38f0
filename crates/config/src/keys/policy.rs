//! The keys of a route that say what is done to its requests and answers, in the order of a request's life.

use naru_model::policy::{Cache, Cors, Fallback};
use naru_model::units::Bytes;
use serde_json::json;

use super::{any_time, convert, names, one_or_more, pattern, text};
use crate::format;
use crate::shape::{Default, Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    let mut keys = vec![
        Key::new(
            "cors",
            Kind::Keys(cors()),
            "browsers of other origins are left to the service",
            "Which pages of other origins may call it from a browser; preflights are answered by naru.",
        ),
        Key::new(
            "body",
            Kind::Bytes { least: Bytes(1) },
            "`gateway.limits.body`",
            "A request's body; a larger one is answered 413. With `convert`, `validate`, `mask` or `cache` it is 1Mi unless given.",
        ),
        Key::new(
            "sunset",
            Kind::Keys(sunset()),
            "none",
            "Says in every answer that the route will go, and answers 410 when it has.",
        ),
        Key::new(
            "validate",
            Kind::Either(Box::new(text(format::OPENAPI)), Box::new(Kind::Keys(validate()))),
            "nothing is checked",
            "Checks requests against an OpenAPI document: its path, or more about it.",
        ),
        request(),
        Key::new(
            "path",
            Kind::Either(Box::new(text(format::PATH)), Box::new(Kind::Keys(path()))),
            "as it came",
            "The path that the service is asked for: with what `*` and `**` stand for in `match.path` at the same places.",
        ),
        Key::new(
            "convert",
            convert::kind(),
            "none",
            "From the shape that clients speak to the one the service does: in this order for requests, backwards for answers.",
        ),
        cache(),
    ];
    keys.extend(pattern::keys());
    keys.extend(answer());
    keys
}

fn answer() -> Vec<Key> {
    vec![
        response(),
        Key::new("compress", Kind::Flag, json!(false), "Compresses answers for clients that take it."),
        Key::new(
            "mask",
            one_or_more(text(format::MASK)),
            "none",
            "Personal data to mask in answers and logs: `resident_number`, `card`, `phone`, `account`, `email`, or a regular expression between slashes (`\"/P[0-9]{8}/\"`, in quotes), all of whose match is masked.",
        ),
        Key::new(
            "log",
            Kind::Keys(vec![Key::new(
                "one_in",
                Kind::Whole { least: 1, most: 1_000_000 },
                Default::Required,
                "One of so many requests is written; what failed always is.",
            )]),
            "every request",
            "How many of its requests the access log has. Figures and transactions stay complete.",
        ),
        fallback(),
        Key::new(
            "problems",
            Kind::Flag,
            json!(false),
            "Makes every answer of 400 and above a problem document (RFC 9457), whatever the service said.",
        ),
    ]
}

pub(super) fn request() -> Key {
    Key::new(
        "request",
        Kind::Keys(change(true)),
        "nothing is changed",
        "Changes to a request's header fields and query.",
    )
}

pub(super) fn response() -> Key {
    Key::new(
        "response",
        Kind::Keys(change(false)),
        "nothing is changed",
        "Changes to an answer's header fields.",
    )
}

fn cors() -> Vec<Key> {
    vec![
        Key::new(
            "origins",
            one_or_more(text(format::ORIGIN)),
            Default::Required,
            "Where the pages come from; `*`: anywhere.",
        ),
        Key::new(
            "methods",
            one_or_more(text(format::METHOD)),
            "the route's, or GET, HEAD and POST",
            "What they may call it with.",
        ),
        Key::new(
            "headers",
            one_or_more(text(format::FIELD)),
            "none",
            "Header fields that they may send, besides those that any page may.",
        ),
        Key::new(
            "expose",
            one_or_more(text(format::FIELD)),
            "none",
            "Header fields of answers that they may read.",
        ),
        Key::new(
            "credentials",
            Kind::Flag,
            json!(false),
            "Whether cookies and client certificates go with it; never with `*`.",
        ),
        Key::new(
            "max_age",
            any_time(),
            Cors::MAX_AGE,
            "How long a browser may keep the answer to a preflight.",
        ),
    ]
}

fn sunset() -> Vec<Key> {
    vec![
        Key::new(
            "deprecated",
            Kind::Time,
            "not yet",
            "Since or from when it should no longer be used (`Deprecation`, RFC 9745).",
        ),
        Key::new(
            "gone",
            Kind::Time,
            "not known",
            "When it goes (`Sunset`, RFC 8594); from then on it answers 410.",
        ),
        Key::new("link", text(format::URL), "none", "A page on what comes after it (`Link`)."),
    ]
}

fn validate() -> Vec<Key> {
    vec![
        Key::new(
            "openapi",
            text(format::OPENAPI),
            Default::Required,
            "An OpenAPI 3 document, from the folder of naru.yaml.",
        ),
        Key::new(
            "requests",
            Kind::Flag,
            json!(true),
            "Whether requests are checked; what does not fit is answered 400.",
        ),
        Key::new(
            "responses",
            Kind::Flag,
            json!(false),
            "Whether answers are checked; what does not fit is answered 502.",
        ),
    ]
}

/// Of header fields, and in requests of the query too.
fn change(query: bool) -> Vec<Key> {
    let changes = |name, value| {
        vec![
            Key::new("set", names(name, value), "none", "Put in the place of what is there.").secret(),
            Key::new("remove", one_or_more(text(name)), "none", "Taken out."),
            Key::new("rename", names(name, text(name)), "none", "Old names, and the new ones."),
        ]
    };
    let mut keys = changes(format::FIELD, text(format::FIELD_VALUE));
    if query {
        let query = changes(format::PARAMETER, text(format::VALUE));
        keys.push(Key::new(
            "query",
            Kind::Keys(query),
            "nothing is changed",
            "The same for query parameters.",
        ));
    }
    keys
}

fn path() -> Vec<Key> {
    vec![
        Key::new("from", text(format::PATH), "`match.path`", "The path as it comes."),
        Key::new("to", text(format::PATH), Default::Required, "The path as the service gets it."),
    ]
}

pub(super) fn cache() -> Key {
    let d = Cache::default();
    let keys = vec![
        Key::new(
            "ttl",
            any_time(),
            d.ttl,
            "How long an answer that does not say so itself is fresh; `0s`: it is not kept.",
        ),
        Key::new(
            "stale_if_error",
            any_time(),
            d.stale_if_error,
            "How long a stale one may serve while the service fails.",
        ),
        Key::new("largest", Kind::Bytes { least: Bytes(1) }, d.largest, "The largest answer that is kept."),
        Key::new(
            "most",
            Kind::Bytes { least: Bytes(1) },
            d.most,
            "All that are kept together; those not used for longest go first.",
        ),
    ];
    Key::new(
        "cache",
        Kind::Keys(keys),
        "nothing is kept",
        "Keeps answers as a shared cache does (RFC 9111); requests for the same thing become one. `{}`: as answers say.",
    )
}

pub(super) fn fallback() -> Key {
    let keys = vec![
        Key::new("status", Kind::Whole { least: 200, most: 599 }, json!(Fallback::STATUS), "Its status."),
        Key::new(
            "content_type",
            text(format::MEDIA_TYPE),
            json!(Fallback::CONTENT_TYPE),
            "What its body is.",
        ),
        Key::new("body", text(format::BODY), Default::Required, "Its body."),
    ];
    Key::new("fallback", Kind::Keys(keys), "naru's own error", "The answer when no service gives one.")
}
