//! What clients prove themselves with, and what they are granted: hashes, scopes, groups, key sets.

use serde_json::Value;

use super::Checked;
use crate::report::{Refusal, shown};

/// SHA-256 in hexadecimal digits. Colons between bytes are how `openssl x509 -fingerprint` writes it.
pub(super) fn hash(text: &str) -> Checked {
    let plain: String = text.chars().filter(|c| *c != ':').collect();
    let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash(text) {
        return Ok(());
    }
    let what = format!("{} is no SHA-256", shown(text));
    if is_hash(&plain) {
        return Err(Refusal::new(what, format!("leave the colons out: {}", plain.to_lowercase())));
    }
    if text.starts_with("nk_") || text.starts_with("ns_") {
        let what = "this is the secret itself, and a file is no place for it";
        return Err(Refusal::new(what, "write its hash: printf %s SECRET | sha256sum"));
    }
    Err(Refusal::new(what, "write 64 hexadecimal digits: printf %s SECRET | sha256sum"))
}

/// `1*( %x21 / %x23-5B / %x5D-7E )`. Source: RFC 6749 §3.3.
pub(super) fn scope(text: &str) -> Checked {
    let good = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    if !text.is_empty() && text.chars().all(good) {
        return Ok(());
    }
    let what = format!("{} is no scope", shown(text));
    let help = match text.split_whitespace().count() {
        0 => "write one, such as booking:read",
        1 => "write letters, digits and signs of ASCII, but no \" and no \\: booking:read",
        _ => "write each scope as an item of its own: [booking:read, booking:write]",
    };
    Err(Refusal::new(what, help))
}

/// Letters of any language, digits, and `-`, `_`, `.`, `:`.
pub(super) fn group(text: &str) -> Checked {
    let good = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
    if text.chars().all(good) && (1..=100).contains(&text.chars().count()) {
        return Ok(());
    }
    let what = format!("{} is no group's name", shown(text));
    Err(Refusal::new(what, "write one word of letters, digits, '-', '_', '.' and ':': partners"))
}

/// The name of a claim at the top of a token. Any text without white space is taken for one (RFC 7519 §4 has no bounds).
pub(super) fn claim(text: &str) -> Checked {
    if !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    Err(Refusal::new(format!("{} is no claim's name", shown(text)), "write it as tokens have it: department"))
}

/// A subject as RFC 4514 writes it: at least one `type=value`.
pub(super) fn subject(text: &str) -> Checked {
    let what = || format!("{} is no subject", shown(text));
    if text.starts_with('/') {
        let meant: Vec<&str> = text.split('/').skip(1).collect::<Vec<_>>().into_iter().rev().collect();
        return Err(Refusal::new(what(), format!("did you mean {}", meant.join(","))));
    }
    let has_type = |part: &str| {
        part.split_once('=').is_some_and(|(kind, value)| !kind.trim().is_empty() && !value.is_empty())
    };
    match text.split_once(',').map_or(text, |(first, _)| first) {
        first if has_type(first) => Ok(()),
        _ => Err(Refusal::new(
            what(),
            "write it as `openssl x509 -noout -subject -nameopt RFC2253` does: CN=mobile,O=Example",
        )),
    }
}

/// A path, or a JWK Set that stands here itself; a file's text is checked once it has been read.
pub(super) fn jwks(text: &str) -> Checked {
    if is_inline(text) { key_set(text) } else { super::not_empty(text) }
}

/// Tells whether a text is the JWK Set itself rather than the path of one.
pub(crate) fn is_inline(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// A JWK Set of public keys. Source: RFC 7517 §5; private members: RFC 7518 §6.
///
/// # Errors
/// It is no JSON, no JWK Set, empty, or has a private key in it.
pub(crate) fn key_set(text: &str) -> Checked {
    let no_set = |why: &str, help: &str| Err(Refusal::new(format!("this is no JWK Set: {why}"), help));
    let whole = "write {\"keys\": [...]} with the public keys of the client (RFC 7517)";
    let set: Value = match serde_json::from_str(text) {
        Ok(set) => set,
        Err(error) => return no_set(&error.to_string(), whole),
    };
    let Some(keys) = set["keys"].as_array() else {
        let why = if set.get("kty").is_some() { "it is a single key" } else { "it has no list of keys" };
        return no_set(why, whole);
    };
    if keys.is_empty() {
        return no_set("its list of keys is empty", whole);
    }
    for (i, key) in keys.iter().enumerate() {
        let Some(kind) = key["kty"].as_str() else {
            return no_set(&format!("keys[{i}] has no kty"), "give each key its type: RSA, EC or OKP");
        };
        if kind == "oct" {
            return no_set(
                &format!("keys[{i}] is a shared secret (oct)"),
                "give public keys: RSA, EC or OKP",
            );
        }
        if key.get("d").is_some() {
            let what = format!("keys[{i}] holds the private key (d)");
            return Err(Refusal::new(what, "take it out; naru needs the public part alone"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn proofs_and_grants() {
        all_good(hash, &[&"a1".repeat(32), &"A1".repeat(32)]);
        all_bad(hash, &["", "a1", &"g1".repeat(32), &["a1"; 32].join(":"), "nk_mobile_x"]);
        all_good(scope, &["booking:read", "a", "https://example.go.kr/a!#"]);
        all_bad(scope, &["", "a b", "a\"", "a\\b", "예약"]);
        all_good(group, &["partners", "협력사", "a.b:c_d-e"]);
        all_bad(group, &["", "a b", "a,b", &"a".repeat(101)]);
        all_good(claim, &["department", "https://example.go.kr/부서"]);
        all_bad(claim, &["", "a b"]);
        all_good(subject, &["CN=mobile", "CN=mobile,O=Example\\, Inc.,C=KR", "2.5.4.3=x"]);
        all_bad(subject, &["", "mobile", "/C=KR/O=Example/CN=mobile", "=x"]);
    }

    #[test]
    fn sets_of_public_keys() {
        all_good(jwks, &["keys/mobile.json", r#"{"keys":[{"kty":"EC","x":"a","y":"b"}]}"#]);
        all_bad(
            jwks,
            &[
                "",
                "{",
                "{}",
                r#"{"keys":[]}"#,
                r#"{"kty":"RSA"}"#,
                r#"{"keys":[{}]}"#,
                r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#,
                r#"{"keys":[{"kty":"EC","d":"c2VjcmV0"}]}"#,
            ],
        );
    }
}
