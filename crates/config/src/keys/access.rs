//! The keys below `access`, and of a client below `clients`.

use std::time::Duration;

use naru_model::client::{Issuer, Tokens};
use serde_json::json;

use super::limit::{self, PRIORITIES};
use super::{any_time, list, one_or_more, some_time, text};
use crate::format;
use crate::shape::{Default, Key, Kind};

pub(super) fn access() -> Vec<Key> {
    vec![
        Key::new(
            "default",
            Kind::Choice(&["allow", "deny"]),
            json!("allow"),
            "Whether a route without `auth` is open to anybody (`allow`) or closed to all (`deny`).",
        ),
        Key::new(
            "groups",
            one_or_more(text(format::GROUP)),
            "none",
            "Groups that routes may name although no client of this file is in them: for clients that are registered in the console or by the API.",
        ),
        Key::new(
            "tokens",
            Kind::Keys(tokens()),
            "no tokens of its own",
            "naru's own authorization server: OAuth 2 client credentials with JWTs as access tokens.",
        ),
        Key::new("issuers", list(0, Kind::Keys(issuer())), "none", "Outside issuers whose JWTs are taken."),
        Key::new(
            "client_ca",
            text(format::PEM),
            "client certificates are not asked for",
            "PEM file of the authorities that client certificates must be signed by. Clients without one are still let in where nothing else is asked.",
        ),
    ]
}

fn tokens() -> Vec<Key> {
    vec![
        Key::new(
            "issuer",
            text(format::ISSUER),
            Default::Required,
            "The URL that clients reach naru by; tokens name it as their issuer.",
        ),
        Key::new("audience", text(format::AUDIENCE), "the issuer", "What tokens are good for (`aud`)."),
        Key::new("life", some_time(), Tokens::LIFE, "How long an access token is good."),
        Key::new(
            "refresh_life",
            any_time(),
            Tokens::REFRESH_LIFE,
            "How long a refresh token is good; `0s`: none is given.",
        ),
        Key::new(
            "rotate",
            Kind::Duration { least: Duration::from_secs(3600) },
            Tokens::ROTATE,
            "How long a key signs before the next one does; the old one is published as long as tokens of it live.",
        ),
    ]
}

fn issuer() -> Vec<Key> {
    vec![
        Key::new(
            "issuer",
            text(format::ISSUER),
            Default::Required,
            "Exactly as its tokens have it in `iss`.",
        ),
        Key::new(
            "jwks",
            text(format::URL),
            "found by OpenID Connect discovery at the issuer's URL",
            "Where its public keys are.",
        ),
        Key::new(
            "audience",
            one_or_more(text(format::AUDIENCE)),
            Default::Required,
            "What tokens must be for: one of these must be in `aud`.",
        ),
        Key::new(
            "client_claim",
            text(format::CLAIM),
            "`client_id`, else `azp`, else `sub`",
            "The claim that names the client as `clients` has it.",
        ),
        Key::new(
            "unknown_clients",
            Kind::Flag,
            json!(true),
            "Whether tokens of clients that are not registered here are taken too.",
        ),
        Key::new("leeway", any_time(), Issuer::LEEWAY, "How far its clock and this machine's may be apart."),
    ]
}

pub(super) fn client() -> Vec<Key> {
    vec![
        Key::new("title", text(format::TITLE), "the client's key", "What people call it."),
        Key::new("owner", text(format::OWNER), "none", "Whom to tell; an e-mail address by habit."),
        Key::new(
            "groups",
            one_or_more(text(format::GROUP)),
            "none",
            "What routes and limits may know it by.",
        ),
        Key::new(
            "scopes",
            one_or_more(text(format::SCOPE)),
            "none",
            "What it may be given: a token has at most these, an API key and a certificate all of them.",
        ),
        Key::new(
            "keys",
            secrets(),
            "none",
            "API keys, by their SHA-256. Two with an overlap change a key without a gap.",
        ),
        Key::new("secrets", secrets(), "none", "Passwords for the token endpoint, by their SHA-256."),
        Key::new(
            "jwks",
            text(format::JWKS),
            "none",
            "Its public keys for the token endpoint (private_key_jwt): a file with a JWK Set, or the JWK Set itself.",
        ),
        Key::new(
            "certificates",
            list(0, Kind::Keys(certificate())),
            "none",
            "Client certificates that prove that it is this client; all that is given of one must hold.",
        ),
        Key::new("networks", one_or_more(text(format::NETWORK)), "anywhere", "Where it may call from."),
        Key::new("blocked", Kind::Flag, json!(false), "Shuts it out everywhere, whatever it shows."),
        Key::new("priority", Kind::Choice(&PRIORITIES), "the route's", "Who goes first when not all can."),
        Key::new("limits", limit::limits(), "none", "How much all its calls together may be."),
    ]
}

fn secrets() -> Kind {
    let keys = vec![
        Key::new(
            "sha256",
            text(format::HASH),
            Default::Required,
            "SHA-256 of the secret's text: `printf %s SECRET | sha256sum`.",
        )
        .secret(),
        Key::new("from", Kind::Time, "from the beginning", "When it becomes good."),
        Key::new("until", Kind::Time, "without end", "When it is no longer good."),
    ];
    list(0, Kind::Either(Box::new(text(format::HASH)), Box::new(Kind::Keys(keys))))
}

fn certificate() -> Vec<Key> {
    vec![
        Key::new("subject", text(format::SUBJECT), "any", "Its subject, as RFC 4514 writes it."),
        Key::new(
            "san",
            text(format::SAN),
            "any",
            "A DNS name, URI or e-mail address among its alternative names.",
        ),
        Key::new(
            "fingerprint",
            text(format::HASH),
            "any",
            "SHA-256 of the certificate: `openssl x509 -in FILE -outform DER | sha256sum`.",
        ),
    ]
}
