//! What becomes of a registered client when somebody changes it. Decisions alone.

use std::time::Duration;

use naru_model::client::{Certificate, Client, Secret};
use naru_model::name::ClientName;
use naru_model::oauth::Registered;
use naru_model::units::Timestamp;

use super::ClientError;
use crate::jwk::KeySet;
use crate::scope;
use crate::secret::Kind;

/// Keys of one client, and its secrets, its certificates, its networks, its limits: each so many.
const MAX_EACH: usize = 50;
/// Characters of a title, an owner, a group, a certificate's names.
const MAX_TEXT: usize = 200;
/// Bytes of a client's JWK set.
const MAX_JWKS: usize = 64 << 10;
/// Digits of a SHA-256 that name a key: what people copy from a list.
const MIN_DIGITS: usize = 8;

pub(super) fn register(
    name: ClientName,
    client: Client,
    actor: &str,
    now: Timestamp,
) -> Result<Registered, ClientError> {
    check(&client)?;
    let (made_by, changed_by) = (actor.to_owned(), actor.to_owned());
    Ok(Registered { name, client, made_at: now, made_by, changed_at: now, changed_by })
}

pub(super) fn change(
    old: &Registered,
    client: Client,
    actor: &str,
    now: Timestamp,
) -> Result<Registered, ClientError> {
    let Client { keys, secrets, blocked, .. } = old.client.clone();
    let client = Client { keys, secrets, blocked, ..client };
    check(&client)?;
    Ok(with(old, client, actor, now))
}

pub(super) fn block(old: &Registered, blocked: bool, actor: &str, now: Timestamp) -> Registered {
    with(old, Client { blocked, ..old.client.clone() }, actor, now)
}

pub(super) fn add(
    old: &Registered,
    kind: Kind,
    made: Secret,
    actor: &str,
    now: Timestamp,
) -> Result<Registered, ClientError> {
    let mut client = old.client.clone();
    let proofs = proofs(&mut client, kind);
    drop_ended(proofs, now);
    proofs.push(made);
    check(&client)?;
    Ok(with(old, client, actor, now))
}

pub(super) fn rotate(
    old: &Registered,
    kind: Kind,
    made: Secret,
    overlap: Duration,
    actor: &str,
    now: Timestamp,
) -> Result<Registered, ClientError> {
    let mut client = old.client.clone();
    let end = now + overlap;
    for proof in proofs(&mut client, kind) {
        proof.until = Some(proof.until.map_or(end, |until| until.min(end)));
    }
    let overlapping = Registered { client, ..old.clone() };
    add(&overlapping, kind, made, actor, now)
}

pub(super) fn end(
    old: &Registered,
    kind: Kind,
    sha256: &str,
    actor: &str,
    now: Timestamp,
) -> Result<Registered, ClientError> {
    let mut client = old.client.clone();
    let proofs = proofs(&mut client, kind);
    let named = |proof: &Secret| sha256.len() >= MIN_DIGITS && proof.sha256.starts_with(sha256);
    if proofs.iter().filter(|proof| named(proof)).count() != 1 {
        let sha256 = sha256.chars().take(64).collect();
        return Err(ClientError::NoProof { client: old.name.clone(), kind, sha256 });
    }
    proofs.retain(|proof| !named(proof));
    Ok(with(old, client, actor, now))
}

fn with(old: &Registered, client: Client, actor: &str, now: Timestamp) -> Registered {
    Registered { client, changed_at: now, changed_by: actor.to_owned(), ..old.clone() }
}

fn proofs(client: &mut Client, kind: Kind) -> &mut Vec<Secret> {
    match kind {
        Kind::ApiKey => &mut client.keys,
        Kind::Secret => &mut client.secrets,
    }
}

fn drop_ended(proofs: &mut Vec<Secret>, now: Timestamp) {
    proofs.retain(|proof| proof.until.is_none_or(|until| now < until));
}

/// What the API takes from anybody who may change clients: bounded, and of the right form.
fn check(client: &Client) -> Result<(), ClientError> {
    let invalid = |what: String| Err(ClientError::Invalid(what));
    let texts = [("title", &client.title), ("owner", &client.owner)];
    for (what, text) in texts {
        if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
            return invalid(format!("{what} has more than {MAX_TEXT} characters"));
        }
    }
    let counts = [
        ("keys", client.keys.len()),
        ("secrets", client.secrets.len()),
        ("certificates", client.certificates.len()),
        ("networks", client.networks.len()),
        ("limits", client.limits.len()),
        ("groups", client.groups.len()),
        ("scopes", client.scopes.len() * MAX_EACH / scope::MAX),
    ];
    if let Some((what, _)) = counts.iter().find(|(_, count)| *count > MAX_EACH) {
        let most = if *what == "scopes" { scope::MAX } else { MAX_EACH };
        return invalid(format!("a client can have at most {most} {what}"));
    }
    if let Some(group) = client.groups.iter().find(|group| !is_group(group)) {
        return invalid(format!("groups: {group:?} is empty, too long or has control characters"));
    }
    if let Some(scope) = client.scopes.iter().find(|scope| !scope::is_scope(scope)) {
        return invalid(format!(
            "scopes: {scope:?} must be visible ASCII without space, quote and backslash"
        ));
    }
    if let Some(secret) = client.keys.iter().chain(&client.secrets).find(|secret| !is_sha256(&secret.sha256))
    {
        return invalid(format!("{:?} is no SHA-256; write 64 digits 0-9 a-f", secret.sha256));
    }
    client.certificates.iter().try_for_each(check_certificate)?;
    match &client.jwks {
        Some(jwks) if jwks.len() > MAX_JWKS => invalid(format!("jwks is longer than {MAX_JWKS} bytes")),
        Some(jwks) => Ok(KeySet::read_given(jwks).map(|_| ())?),
        None => Ok(()),
    }
}

fn check_certificate(certificate: &Certificate) -> Result<(), ClientError> {
    let Certificate { subject, san, fingerprint } = certificate;
    let texts: Vec<&String> = [subject, san, fingerprint].into_iter().flatten().collect();
    if texts.is_empty() {
        let what =
            "certificates: one needs a subject, a san or a fingerprint; an empty one would be everybody's";
        return Err(ClientError::Invalid(what.to_owned()));
    }
    if texts.iter().any(|text| text.is_empty() || text.len() > 10 * MAX_TEXT) {
        return Err(ClientError::Invalid("certificates: a name is empty or too long".to_owned()));
    }
    match fingerprint {
        Some(text) if !is_sha256(text) => Err(ClientError::Invalid(format!(
            "certificates: {text:?} is no SHA-256; write 64 digits 0-9 a-f"
        ))),
        _ => Ok(()),
    }
}

fn is_group(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
