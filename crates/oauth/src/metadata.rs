//! Where everything is, and what the server says of itself.
//!
//! Source: RFC 8414; the same answers where OpenID Connect Discovery 1.0 looks (RFC 8414 §5 allows it), because many
//! clients look there alone.

use naru_model::client::Tokens;
use serde_json::{Value, json};

/// Paths of the authorization server below the gateway, each with the issuer's own path if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    pub token: String,
    pub revoke: String,
    pub introspect: String,
    pub jwks: String,
    /// RFC 8414 puts the issuer's path behind (`/.well-known/oauth-authorization-server/path`).
    pub metadata: String,
    /// OpenID Connect puts it in front (`/path/.well-known/openid-configuration`).
    pub discovery: String,
}

impl Paths {
    /// The paths of an issuer, `https://api.example.go.kr` or `https://example.go.kr/api`.
    pub fn of(issuer: &str) -> Paths {
        let after_scheme = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
        let own = after_scheme.find('/').map_or("", |at| &after_scheme[at..]).trim_end_matches('/');
        Paths {
            token: format!("{own}/oauth/token"),
            revoke: format!("{own}/oauth/revoke"),
            introspect: format!("{own}/oauth/introspect"),
            jwks: format!("{own}/oauth/jwks"),
            metadata: format!("/.well-known/oauth-authorization-server{own}"),
            discovery: format!("{own}/.well-known/openid-configuration"),
        }
    }

    /// All of them, for the gateway's routes.
    pub fn all(&self) -> [&str; 6] {
        [&self.token, &self.revoke, &self.introspect, &self.jwks, &self.metadata, &self.discovery]
    }
}

/// What is signed with; only these verify assertions.
const ASSERTION_ALGORITHMS: [&str; 10] =
    ["ES256", "ES384", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "EdDSA", "Ed25519"];

pub(crate) const GRANTS: [&str; 2] = ["client_credentials", "refresh_token"];

/// The document of RFC 8414 §2. `client_secret_post` is left out: RFC 6749 §2.3.1 does not recommend it and wants it
/// limited to clients that can't do better, and every HTTP client can.
pub(crate) fn document(tokens: &Tokens) -> Value {
    let paths = Paths::of(&tokens.issuer);
    let origin = origin(&tokens.issuer);
    let at = |path: &str| format!("{origin}{path}");
    let methods = json!(["client_secret_basic", "private_key_jwt"]);
    let grants = if tokens.refresh_life.is_zero() { &GRANTS[..1] } else { &GRANTS[..] };
    json!({
        "issuer": tokens.issuer,
        "token_endpoint": at(&paths.token),
        "revocation_endpoint": at(&paths.revoke),
        "introspection_endpoint": at(&paths.introspect),
        "jwks_uri": at(&paths.jwks),
        "grant_types_supported": grants,
        // Required by §2, and empty: there is no authorization endpoint, for there is no person in it. To leave it out, as §3.2
        // wants of what is empty, breaks libraries that require it.
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
    })
}

/// The same with what OpenID Connect Discovery 1.0 §3 requires beside, without which its readers read nothing. No ID
/// tokens are given; access tokens are signed so.
pub(crate) fn discovery(tokens: &Tokens) -> Value {
    let mut document = document(tokens);
    document["subject_types_supported"] = json!(["public"]);
    document["id_token_signing_alg_values_supported"] = json!(["ES256"]);
    document
}

/// The issuer without its path.
pub(crate) fn origin(issuer: &str) -> &str {
    let start = issuer.find("://").map_or(0, |at| at + 3);
    issuer[start..].find('/').map_or(issuer, |at| &issuer[..start + at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwk::Algorithm;

    #[test]
    fn an_issuers_path_goes_where_the_rfcs_put_it() {
        let plain = Paths::of("https://api.example.go.kr");
        assert_eq!(plain.token, "/oauth/token");
        assert_eq!(plain.metadata, "/.well-known/oauth-authorization-server");
        let below = Paths::of("https://example.go.kr:8443/api");
        assert_eq!(below.token, "/api/oauth/token");
        assert_eq!(below.metadata, "/.well-known/oauth-authorization-server/api");
        assert_eq!(below.discovery, "/api/.well-known/openid-configuration");
        assert_eq!(origin("https://example.go.kr:8443/api"), "https://example.go.kr:8443");
        assert_eq!(origin("https://example.go.kr"), "https://example.go.kr");
    }

    #[test]
    fn what_is_said_to_be_verified_is_and_the_other_way_round() {
        let known: Vec<&str> = Algorithm::NAMES.iter().map(|(name, _)| *name).collect();
        assert_eq!(known.len(), ASSERTION_ALGORITHMS.len());
        assert!(known.iter().all(|name| ASSERTION_ALGORITHMS.contains(name)));
    }
}
