//! Who calls: what stands below `access` and `clients`.

use std::path::Path;

use naru_model::client::{Access, Certificate, Client, Issuer, Secret, Tokens};

use super::{absolute, limit, named, networks};
use crate::format;
use crate::item::{Entry, Item, Section};
use crate::rules::Texts;

pub(super) fn access(root: Section<'_>, folder: &Path, texts: &Texts) -> Access {
    let at = root.section("access");
    Access {
        default_deny: at.get::<String>("default").is_some_and(|word| word == "deny"),
        groups: at.texts("groups"),
        tokens: at.item("tokens").map(|item| tokens(item.section())),
        issuers: at.section("issuers").items().iter().map(|item| issuer(item.section())).collect(),
        client_ca: at.get::<String>("client_ca").map(|path| absolute(folder, &path)),
        clients: named(root.section("clients"), |entry| client(entry, folder, texts)),
    }
}

fn tokens(at: Section<'_>) -> Tokens {
    let issuer: String = at.get("issuer").unwrap_or_default();
    Tokens {
        audience: at.get("audience").unwrap_or_else(|| issuer.clone()),
        issuer,
        life: at.get("life").unwrap_or(Tokens::LIFE),
        refresh_life: at.get("refresh_life").unwrap_or(Tokens::REFRESH_LIFE),
        rotate: at.get("rotate").unwrap_or(Tokens::ROTATE),
    }
}

fn issuer(at: Section<'_>) -> Issuer {
    Issuer {
        issuer: at.get("issuer").unwrap_or_default(),
        jwks: at.get("jwks"),
        audience: at.texts("audience"),
        client_claim: at.get("client_claim"),
        unknown_clients: at.get("unknown_clients").unwrap_or(true),
        leeway: at.get("leeway").unwrap_or(Issuer::LEEWAY),
    }
}

fn client(entry: &Entry, folder: &Path, texts: &Texts) -> Client {
    let at = Section(entry.item.as_ref());
    Client {
        title: at.get("title"),
        owner: at.get("owner"),
        groups: at.texts("groups"),
        scopes: at.texts("scopes"),
        keys: secrets(at.section("keys")),
        secrets: secrets(at.section("secrets")),
        jwks: at.get::<String>("jwks").and_then(|text| jwks(text, folder, texts)),
        certificates: at.section("certificates").items().iter().map(certificate).collect(),
        networks: networks(at, "networks"),
        blocked: at.get("blocked").unwrap_or(false),
        priority: limit::priority(at),
        limits: limit::limits(at),
    }
}

/// The JWK Set, wherever it stands; none when its file was not read.
fn jwks(text: String, folder: &Path, texts: &Texts) -> Option<String> {
    if format::is_inline(&text) { Some(text) } else { texts.get(&absolute(folder, &text)).cloned() }
}

fn secrets(at: Section<'_>) -> Vec<Secret> {
    let secret = |item: &Item| match item.text() {
        Some(hash) => Secret { sha256: hash.to_ascii_lowercase(), from: None, until: None },
        None => {
            let at = item.section();
            let hash: String = at.get("sha256").unwrap_or_default();
            Secret { sha256: hash.to_ascii_lowercase(), from: at.get("from"), until: at.get("until") }
        }
    };
    at.items().iter().map(secret).collect()
}

fn certificate(item: &Item) -> Certificate {
    let at = item.section();
    Certificate {
        subject: at.get("subject"),
        san: at.get("san"),
        fingerprint: at.get::<String>("fingerprint").map(|hash| hash.to_ascii_lowercase()),
    }
}
