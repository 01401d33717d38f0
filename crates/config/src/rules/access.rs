//! The rules of clients and of what proves who they are.

use std::collections::BTreeMap;
use std::time::Duration;

use naru_model::client::Tokens;
use naru_model::units::Timestamp;

use super::{Place, Texts, file, limit};
use crate::build;
use crate::format;
use crate::item::{Entry, Item, Section};
use crate::report::{Problems, Refusal};

/// Checks `access` and `clients`, and returns the key sets that were read.
pub(super) fn check(root: Section<'_>, place: &Place<'_>, problems: &mut Problems) -> Texts {
    let access = root.section("access");
    file(access, "client_ca", "a PEM file", place, problems);
    tls_for_certificates(root, problems);
    tokens(access.section("tokens"), problems);
    issuers(access, problems);
    let mut texts = Texts::new();
    let mut hashes = BTreeMap::new();
    for entry in root.section("clients").entries() {
        client(root, entry, place, &mut texts, problems);
        once(entry, &mut hashes, problems);
    }
    texts
}

fn tls_for_certificates(root: Section<'_>, problems: &mut Problems) {
    let Some(item) = root.section("access").item("client_ca") else { return };
    if root.section("gateway").entry("tls").is_none() {
        let what = "client certificates come with HTTPS, and the gateway has none";
        problems.add(item.at, &item.path, Refusal::new(what, "give gateway.tls, or leave client_ca out"));
    }
}

/// RFC 8414 §2 knows no issuer with a slash at its end that RFC 9068 tokens would repeat exactly.
fn tokens(at: Section<'_>, problems: &mut Problems) {
    let Some(item) = at.item("issuer") else { return };
    if let Some(meant) = item.text().and_then(|text| text.strip_suffix('/')) {
        let what = "the issuer ends with a slash, and clients compare it letter by letter";
        problems.add(item.at, &item.path, Refusal::new(what, format!("write {meant}")));
    }
    let life: Duration = at.get("life").unwrap_or(Tokens::LIFE);
    let rotate: Duration = at.get("rotate").unwrap_or(Tokens::ROTATE);
    if let Some(item) = at.item("rotate").or(at.item("life")).filter(|_| rotate < life) {
        let what = "keys would change before their first tokens end";
        problems.add(item.at, &item.path, Refusal::new(what, "raise rotate above life"));
    }
}

fn issuers(access: Section<'_>, problems: &mut Problems) {
    let own = access.section("tokens").item("issuer");
    let mut seen: Vec<&Item> = own.into_iter().collect();
    for issuer in access.section("issuers").items() {
        let Some(item) = issuer.section().item("issuer") else { continue };
        if let Some(before) = seen.iter().find(|before| before.text() == item.text()) {
            let what = format!("the issuer is given twice, first in line {}", before.at.line);
            problems.add(item.at, &item.path, Refusal::new(what, "keep one of them"));
        }
        seen.push(item);
    }
}

fn client(root: Section<'_>, entry: &Entry, place: &Place<'_>, texts: &mut Texts, problems: &mut Problems) {
    let at = Section(entry.item.as_ref());
    for name in ["keys", "secrets"] {
        at.section(name).items().iter().for_each(|secret| window(secret, problems));
    }
    for certificate in at.section("certificates").items() {
        certificate_says(root, certificate, problems);
    }
    key_set(at, place, texts, problems);
    limit::check(root, at, problems);
}

/// A secret must be good at some time.
fn window(secret: &Item, problems: &mut Problems) {
    let at = secret.section();
    let (from, until): (Option<Timestamp>, Option<Timestamp>) = (at.get("from"), at.get("until"));
    if let (Some(from), Some(until), Some(item)) = (from, until, at.item("until"))
        && until <= from
    {
        let what = "it would end before it begins, so that it is never good";
        problems.add(item.at, &item.path, Refusal::new(what, "write a time after from"));
    }
}

fn certificate_says(root: Section<'_>, certificate: &Item, problems: &mut Problems) {
    if certificate.section().entries().is_empty() && !problems.has_below(&certificate.path) {
        let what = "any certificate would be taken for this client's";
        let help = "give at least one of subject, san, fingerprint";
        problems.add(certificate.at, &certificate.path, Refusal::new(what, help));
    } else if root.section("access").entry("client_ca").is_none() {
        let what = "client certificates are not asked for";
        problems.add(certificate.at, &certificate.path, Refusal::new(what, "give access.client_ca"));
    }
}

fn key_set(at: Section<'_>, place: &Place<'_>, texts: &mut Texts, problems: &mut Problems) {
    let Some(item) = at.item("jwks") else { return };
    let Some(text) = item.text().filter(|text| !format::is_inline(text)) else { return };
    let path = build::absolute(place.folder, text);
    let help = "give the path of a JWK Set, from the folder of this file";
    match (place.read)(&path) {
        Ok(None) => {}
        Err(what) => problems.add(item.at, &item.path, Refusal::new(what, help)),
        Ok(Some(set)) => match format::key_set(&set) {
            Ok(()) => drop(texts.insert(path, set)),
            Err(refusal) => {
                let what = format!("{}: {}", path.display(), refusal.what);
                problems.add(item.at, &item.path, Refusal { what, help: refusal.help });
            }
        },
    }
}

/// Two clients with the same secret or certificate could not be told apart.
fn once<'f>(entry: &'f Entry, seen: &mut BTreeMap<String, &'f Entry>, problems: &mut Problems) {
    let at = Section(entry.item.as_ref());
    let secret =
        |item: &'f Item| if item.text().is_some() { Some(item) } else { item.section().item("sha256") };
    let secrets =
        ["keys", "secrets"].into_iter().flat_map(|name| at.section(name).items()).filter_map(secret);
    let prints =
        at.section("certificates").items().iter().filter_map(|item| item.section().item("fingerprint"));
    for item in secrets.chain(prints) {
        let Some(hash) = item.text().map(str::to_ascii_lowercase) else { continue };
        if let Some(before) = seen.insert(hash, entry) {
            let what = format!("{} in line {} has the same hash", before.path, before.at.line);
            problems.add(item.at, &item.path, Refusal::new(what, "give each its own secret"));
        }
    }
}
