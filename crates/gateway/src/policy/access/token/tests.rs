use naru_testkit::token::{Signer, encode, key_set};
use serde_json::json;

use super::*;
use crate::policy::access::fixture::*;

fn verify_at(world: &World, token: &str, now: Timestamp) -> Result<Token, Refused> {
    let issuers: Vec<Issuer> = world.callers.issuers.iter().map(Issuer::new).collect();
    verify(token.as_bytes(), &issuers, &HashSet::new(), now)
}

#[test]
fn every_algorithm_of_a_key_s_own_type_holds() {
    let world = World::new();
    for (signer, kid, algorithms) in [
        (&world.keys.rsa, "rsa", &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..]),
        (&world.keys.p256, "p256", &["ES256"]),
        (&world.keys.p384, "p384", &["ES384"]),
        (&world.keys.ed25519, "ed", &["EdDSA", "Ed25519"]),
    ] {
        for alg in algorithms {
            for header in [json!({"alg": alg, "kid": kid, "typ": "JWT"}), json!({"alg": alg})] {
                let held =
                    verify_at(&world, &signer.token(&header, &world.keys.outside_claims()), NOW).unwrap();
                assert_eq!((held.issuer, &held.claims["sub"]), (1, &json!("somebody")), "{header}");
            }
        }
    }
}

#[test]
fn a_key_that_an_outside_issuer_may_have_got_since_is_asked_for_once() {
    let world = World::new();
    let issuers: Vec<Issuer> = world.callers.issuers.iter().map(Issuer::new).collect();
    let verify = |token: &str| verify(token.as_bytes(), &issuers, &HashSet::new(), NOW).is_ok();
    let missed = || [issuers[0].take_missed(), issuers[1].take_missed()];
    let new = Signer::p256();
    let shown = |signer: &Signer, header| signer.token(&header, &world.keys.outside_claims());
    assert!(verify(&shown(&world.keys.p256, json!({"alg": "ES256", "kid": "p256"}))));
    assert!(!verify(&shown(&new, json!({"alg": "ES256", "kid": "p256"}))), "forged");
    assert_eq!(missed(), [false, false]);
    for header in [json!({"alg": "ES256", "kid": "new"}), json!({"alg": "ES256"})] {
        assert!(!verify(&shown(&new, header)));
        assert_eq!((missed(), missed()), ([false, true], [false, false]));
    }
    let own = json!({"alg": "ES256", "typ": "at+jwt", "kid": "new"});
    assert!(!verify(&new.token(&own, &world.keys.own_claims("mobile", "a"))));
    assert_eq!(missed(), [false, false], "naru's own are told by itself");
}

#[test]
fn a_token_holds_from_its_begin_to_its_end_with_some_leeway() {
    let world = World::new();
    let token = world.keys.own_token("mobile", "a");
    for (seconds, holds) in [(-31, false), (-30, true), (0, true), (629, true), (630, false), (10_000, false)]
    {
        assert_eq!(verify_at(&world, &token, at(seconds)).is_ok(), holds, "{seconds} s");
    }
    assert_eq!(verify_at(&world, &token, NOW).unwrap().until, at(630));
    let mut never = world.keys.outside_claims();
    never["exp"] = json!(253_402_300_799_u64);
    never["nbf"] = json!(1_795_262_399.5);
    let token = world.keys.p256.token(&json!({"alg": "ES256"}), &never);
    assert!(verify_at(&world, &token, NOW).is_ok());
}

#[test]
fn what_a_key_is_for_is_its_owner_s_to_say() {
    let mut world = World::new();
    let with = |change: serde_json::Value| {
        let mut jwk = world.keys.p256.jwk("k");
        change.as_object().unwrap().iter().for_each(|(name, value)| jwk[name] = value.clone());
        key_set(&[jwk])
    };
    let token = world.keys.p256.token(&json!({"alg": "ES256", "kid": "k"}), &world.keys.outside_claims());
    let sets = [
        (with(json!({})), true),
        (with(json!({"use": "sig", "alg": "ES256", "key_ops": ["verify"]})), true),
        (with(json!({"use": "enc"})), false),
        (with(json!({"key_ops": ["sign"]})), false),
        (with(json!({"alg": "ES384"})), false),
        (with(json!({"alg": "HS256"})), false),
        (with(json!({"crv": "P-384"})), false),
        (with(json!({"kty": "oct", "k": "AAAA"})), false),
        (with(json!({"x": "AAAA"})), false),
        (String::new(), false),
        ("{}".to_owned(), false),
    ];
    for (set, holds) in sets {
        world.callers.issuers[1].jwks.clone_from(&set);
        assert_eq!(verify_at(&world, &token, NOW).is_ok(), holds, "{set}");
    }
}

#[test]
fn short_rsa_keys_and_keys_without_end_are_not_used() {
    let short = json!({"kty": "RSA", "n": encode([0xff; 128]), "e": "AQAB"});
    let keys = keys::read_set(&key_set(&[short]));
    assert!(!keys[0].verifies(Algorithm::Rs256, b"message", &[1; 128]));
    let many: Vec<_> =
        (0..100).map(|i| json!({"kty": "OKP", "crv": "Ed25519", "x": encode([i; 32])})).collect();
    assert_eq!(keys::read_set(&key_set(&many)).len(), 32);
}

#[test]
fn a_modulus_with_a_zero_in_front_is_the_same_key() {
    let signer = Signer::rsa();
    let mut jwk = signer.jwk("rsa");
    let n = base64url(jwk["n"].as_str().unwrap().as_bytes()).unwrap();
    jwk["n"] = encode([&[0][..], &n].concat()).into();
    let keys = keys::read_set(&key_set(&[jwk]));
    assert!(keys[0].verifies(Algorithm::Rs256, b"message", &signer.sign("RS256", b"message")));
}
