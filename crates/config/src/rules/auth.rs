//! The rules of who may: what counts as proof can be shown, and whom a route names there is.

use super::limit::anybody_is_known;
use super::reference::{group, reference};
use crate::build;
use crate::item::{Item, Section};
use crate::report::{Problems, Refusal};

/// Checks the terms of one route.
pub(super) fn check(root: Section<'_>, route: Section<'_>, problems: &mut Problems) {
    let at = route.section("auth");
    terms(root, at, problems);
    let matches = build::matches(route.section("match"));
    for entry in at.section("methods").entries() {
        if entry.item.is_some() && !matches.methods.is_empty() && !matches.methods.contains(&entry.name) {
            let what = format!("the route takes no {}", entry.name);
            let help = format!("its methods are {}", matches.methods.join(", "));
            problems.add(entry.at, &entry.path, Refusal::new(what, help));
        }
        terms(root, Section(entry.item.as_ref()), problems);
    }
}

fn terms(root: Section<'_>, at: Section<'_>, problems: &mut Problems) {
    for proof in at.section("any_of").items() {
        can_be_shown(root, proof, problems);
    }
    for whom in [at, at.section("deny")] {
        for client in whom.section("clients").items() {
            reference(root, "clients", client, problems);
        }
        for name in whom.section("groups").items() {
            group(root, name, problems);
        }
    }
    needs_a_token(root, at, problems);
    nobody_left(at, problems);
}

fn can_be_shown(root: Section<'_>, proof: &Item, problems: &mut Problems) {
    let access = root.section("access");
    let missing = match proof.text() {
        Some("jwt") if access.entry("tokens").is_none() && access.entry("issuers").is_none() => {
            ("nobody issues a JWT that is taken here", "give access.tokens or access.issuers")
        }
        Some("mtls") if access.entry("client_ca").is_none() => {
            ("client certificates are not asked for", "give access.client_ca")
        }
        Some("api_key") if !anybody_is_known(root) => {
            ("there is nobody who could have an API key", "give clients below clients")
        }
        _ => return,
    };
    problems.add(proof.at, &proof.path, Refusal::new(missing.0, missing.1));
}

/// Claims are in tokens alone.
fn needs_a_token(root: Section<'_>, at: Section<'_>, problems: &mut Problems) {
    let Some(claims) = at.entry("claims") else { return };
    let any_of = at.section("any_of").items();
    if !any_of.is_empty() && !any_of.iter().any(|proof| proof.text() == Some("jwt")) {
        let what = "only a JWT has claims, and any_of takes none";
        problems.add(claims.at, &claims.path, Refusal::new(what, "add jwt to any_of, or leave claims out"));
    } else if any_of.is_empty() && root.section("access").entries().is_empty() {
        let what = "nobody issues a JWT that could have claims";
        problems.add(claims.at, &claims.path, Refusal::new(what, "give access.tokens or access.issuers"));
    }
}

/// What is denied wins, so that a client that is both allowed and denied never gets in.
fn nobody_left(at: Section<'_>, problems: &mut Problems) {
    for name in ["clients", "groups"] {
        let denied = at.section("deny").section(name).items();
        for allowed in at.section(name).items() {
            let Some(both) = denied.iter().find(|item| item.text() == allowed.text()) else { continue };
            let what = format!(
                "{} is allowed in line {} and denied here",
                both.text().unwrap_or(""),
                allowed.at.line
            );
            problems.add(both.at, &both.path, Refusal::new(what, "keep one of them; what is denied wins"));
        }
    }
}
