//! `WWW-Authenticate`: what a refused caller is told it could show. Source: RFC 9110 §11.6.1, RFC 6750 §3.

use naru_model::policy::Proof;

use super::kinds::Kinds;

/// Makes the field's value.
pub(super) struct Challenge;

impl Challenge {
    /// Nothing that counts was shown.
    pub(super) fn asking(kinds: Kinds) -> String {
        let schemes: Vec<&str> = kinds.iter().map(scheme).collect();
        schemes.join(", ")
    }

    /// Something was shown, and is bad. `why` must be plain text without quotes.
    pub(super) fn bad(proof: Proof, why: &str) -> String {
        match proof {
            Proof::Jwt => format!("{}, error=\"invalid_token\", error_description=\"{why}\"", scheme(proof)),
            _ => scheme(proof).to_owned(),
        }
    }

    /// A token lacks a scope; `None`: it was no token.
    pub(super) fn insufficient_scope(proof: Option<Proof>, scopes: &[String]) -> Option<String> {
        let token = proof.filter(|proof| *proof == Proof::Jwt)?;
        // Whatever a file may have called a scope, it ends neither the value nor the field.
        let is_fit = |letter: &char| letter.is_ascii_graphic() && *letter != '"' && *letter != '\\';
        let fit = |scope: &String| scope.chars().filter(is_fit).collect::<String>();
        let scopes: Vec<String> = scopes.iter().map(fit).collect();
        Some(format!("{}, error=\"insufficient_scope\", scope=\"{}\"", scheme(token), scopes.join(" ")))
    }
}

/// There is no registered scheme for keys or certificates, and a 401 must name one.
fn scheme(proof: Proof) -> &'static str {
    match proof {
        Proof::ApiKey => "ApiKey realm=\"naru\"",
        Proof::Jwt => "Bearer realm=\"naru\"",
        Proof::Mtls => "ClientCertificate realm=\"naru\"",
    }
}
