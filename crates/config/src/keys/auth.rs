//! The keys below `auth` of a route: who may.

use super::{names, one_or_more, scale, text};
use crate::format;
use crate::shape::{Key, Kind};

/// `auth`: a group, or the word that opens a route to all.
pub(super) fn kind() -> Kind {
    let mut keys = terms();
    keys.push(Key::new(
        "methods",
        names(format::METHOD, or_anyone(terms())),
        "the same for all methods",
        "Other terms for single methods; they take the place of these.",
    ));
    or_anyone(keys)
}

fn or_anyone(keys: Vec<Key>) -> Kind {
    Kind::Either(Box::new(Kind::Choice(&["anyone"])), Box::new(Kind::Keys(keys)))
}

fn terms() -> Vec<Key> {
    vec![
        Key::new(
            "any_of",
            one_or_more(Kind::Choice(&["api_key", "jwt", "mtls"])),
            "any, or none",
            "What counts as proof: an API key, a JWT, a client certificate.",
        ),
        Key::new(
            "scopes",
            one_or_more(text(format::SCOPE)),
            "none",
            "Scopes that must have been granted, each of them.",
        ),
        Key::new("clients", one_or_more(text(format::CLIENT_REFERENCE)), "any", "The clients that may."),
        Key::new(
            "groups",
            one_or_more(text(format::GROUP)),
            "any",
            "Groups, in one of which the client must be.",
        ),
        Key::new(
            "claims",
            names(format::CLAIM, one_or_more(text(format::VALUE))),
            "any",
            "Claims of a JWT, and the values that each may have; a claim that is a list must hold one of them.",
        ),
        Key::new("networks", one_or_more(text(format::NETWORK)), "anywhere", "Where it may come from."),
        Key::new("times", one_or_more(Kind::Keys(times())), "always", "When it may."),
        Key::new("deny", Kind::Keys(deny()), "nobody", "Who may not, whatever else is said."),
    ]
}

fn times() -> Vec<Key> {
    scale::when().into()
}

fn deny() -> Vec<Key> {
    vec![
        Key::new("clients", one_or_more(text(format::CLIENT_REFERENCE)), "none", "Clients."),
        Key::new("groups", one_or_more(text(format::GROUP)), "none", "Groups of clients."),
        Key::new("networks", one_or_more(text(format::NETWORK)), "none", "Where they come from."),
    ]
}
