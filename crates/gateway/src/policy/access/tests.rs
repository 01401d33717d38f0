use naru_model::policy::{Auth, Proof};
use naru_model::snapshot::CallerId;
use naru_testkit::token::hostile;
use proptest::prelude::*;
use serde_json::json;

use super::fixture::*;
use super::*;

/// What identifying comes to on a route of any caller: name and proof, or status and word.
fn who(
    world: &World,
    auth: Option<Auth>,
    request: &RequestHead,
) -> Result<(String, Proof), (u16, &'static str)> {
    let identity = identify(&world.callers(), &rules(auth), request, Peer::default(), NOW);
    let identity = identity.map_err(|denied| (denied.status, denied.word))?;
    Ok((identity.name.clone().unwrap_or_default(), identity.proof.ok_or((0, "nobody"))?))
}

fn any() -> Option<Auth> {
    Some(Auth::default())
}

fn asking(proof: Proof) -> Option<Auth> {
    Some(Auth { any_of: vec![proof], ..Auth::default() })
}

#[test]
fn every_hostile_token_is_refused_with_401() {
    let mut world = World::new();
    world.callers.revoked.push((hostile::REVOKED.to_owned(), at(600)));
    let callers = world.callers();
    let attacks = hostile::tokens(&world.keys);
    assert!(attacks.len() >= 100, "{}", attacks.len());
    for hostile::Attack { what, token, .. } in attacks {
        // Twice: nothing of it may be kept for the second time.
        for rules in [rules(any()), rules(asking(Proof::Jwt)), rules(any())] {
            let denied = identify(&callers, &rules, &bearer(&token), Peer::default(), NOW)
                .map(|identity| identity.name.clone());
            let denied = denied.expect_err(&what);
            assert_eq!(denied.status, 401, "{what}: {token}");
            let challenge = denied.www_authenticate.expect("every 401 has a challenge");
            assert!(challenge.starts_with("Bearer realm=\"naru\", error=\"invalid_token\""), "{challenge}");
            assert!(challenge.bytes().all(|b| (b' '..0x7f).contains(&b)), "{challenge}");
        }
    }
}

#[test]
fn a_client_is_known_by_key_and_by_token() {
    let world = World::new();
    let key = api_key("mobile", 1);
    for request in [
        request("GET", &[("X-API-Key", &key)]),
        request("GET", &[("authorization", &format!("apikey  {key}"))]),
    ] {
        for auth in [None, any(), asking(Proof::ApiKey)] {
            assert_eq!(who(&world, auth, &request), Ok(("mobile".to_owned(), Proof::ApiKey)));
        }
        assert_eq!(who(&world, asking(Proof::Jwt), &request), Err((0, "nobody")), "it is not looked at");
    }
    let request = bearer(&world.keys.own_token("batch", "a"));
    for auth in [None, any(), asking(Proof::Jwt)] {
        assert_eq!(who(&world, auth, &request), Ok(("batch".to_owned(), Proof::Jwt)));
    }
    assert_eq!(who(&world, any(), &super::fixture::request("GET", &[])), Err((0, "nobody")));
    let basic = super::fixture::request("GET", &[("Authorization", "Basic dTpw")]);
    assert_eq!(who(&world, any(), &basic), Err((0, "nobody")), "the service's own affair");
}

#[test]
fn a_bad_key_is_refused_and_a_strange_one_is_the_service_s_affair_on_an_open_route() {
    let world = World::new();
    let good = api_key("mobile", 1);
    let bad = Err((401, "invalid-api-key"));
    for (key, open) in [
        (good.replace("mobile", "batch"), bad.clone()),
        (good.replace("mobile", "nobody"), bad.clone()),
        (api_key("mobile", 2), bad.clone()),
        (format!("{good}A"), bad.clone()),
        (good[..good.len() - 1].to_owned(), bad.clone()),
        (good.replace("nk_", "ns_"), Err((0, "nobody"))),
        ("12345".to_owned(), Err((0, "nobody"))),
        (String::new(), Err((0, "nobody"))),
    ] {
        let request = request("GET", &[("X-API-Key", &key)]);
        assert_eq!(who(&world, any(), &request), bad, "{key}");
        assert_eq!(who(&world, None, &request), open, "{key} on an open route");
    }
}

#[test]
fn on_an_open_route_a_stranger_s_token_is_the_service_s_affair_and_ours_is_checked() {
    let world = World::new();
    let strange = world
        .keys
        .ed25519
        .token(&json!({"alg": "EdDSA"}), &json!({"iss": "https://shop.example", "sub": "u"}));
    let mut elsewhere = world.keys.outside_claims();
    elsewhere["aud"] = json!("shop");
    let elsewhere = world.keys.ed25519.token(&json!({"alg": "EdDSA"}), &elsewhere);
    for token in [strange.as_str(), &elsewhere, "opaque", ""] {
        assert_eq!(who(&world, None, &bearer(token)), Err((0, "nobody")), "{token}");
        assert_eq!(who(&world, any(), &bearer(token)), Err((401, "invalid-token")), "{token}");
    }
    let good = world.keys.ed25519.token(&json!({"alg": "EdDSA"}), &world.keys.outside_claims());
    assert_eq!(who(&world, None, &bearer(&good)), Ok(("somebody".to_owned(), Proof::Jwt)));
    let mut ended = world.keys.own_claims("mobile", "a");
    ended["exp"] = json!(1);
    assert_eq!(
        who(&world, None, &bearer(&world.keys.own.token(&own_header(), &ended))),
        Err((401, "invalid-token"))
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let world = World::new();
    let (mobile, batch) = (api_key("mobile", 1), api_key("batch", 2));
    let token = format!("Bearer {}", world.keys.own_token("mobile", "a"));
    let twice = Err((401, "credentials-twice"));
    let disagree = Err((401, "credentials-disagree"));
    let apikey = format!("ApiKey {mobile}");
    for (fields, expected) in [
        (vec![("X-API-Key", &mobile), ("X-API-Key", &mobile)], twice.clone()),
        (vec![("X-API-Key", &mobile), ("Authorization", &apikey)], twice.clone()),
        (vec![("Authorization", &token), ("Authorization", &token)], twice.clone()),
        (vec![("Authorization", &token), ("authorization", &apikey)], twice),
        (vec![("Authorization", &token), ("X-API-Key", &batch)], disagree),
        (vec![("Authorization", &token), ("X-API-Key", &mobile)], Ok(("mobile".to_owned(), Proof::Jwt))),
    ] {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(who(&world, any(), &request("GET", &fields)), expected, "{fields:?}");
    }
}

#[test]
fn a_key_is_rotated_with_an_overlap() {
    let mut world = World::new();
    let (old, new) = (api_key("mobile", 1), api_key("mobile", 9));
    world.client("mobile").keys = vec![
        naru_model::client::Secret { until: Some(at(60)), ..secret(&old) },
        naru_model::client::Secret { from: Some(at(0)), ..secret(&new) },
    ];
    let callers = world.callers();
    let holds = |key: &str, now| {
        identify(&callers, &rules(any()), &request("GET", &[("X-API-Key", key)]), Peer::default(), now)
            .is_ok()
    };
    for (seconds, old_holds, new_holds) in
        [(-1, true, false), (0, true, true), (59, true, true), (60, false, true)]
    {
        assert_eq!(
            (holds(&old, at(seconds)), holds(&new, at(seconds))),
            (old_holds, new_holds),
            "{seconds} s"
        );
    }
}

#[test]
fn a_token_has_no_more_scopes_than_its_client_may_be_given() {
    let mut world = World::new();
    let identity = |world: &World| {
        identify(
            &world.callers(),
            &rules(any()),
            &bearer(&world.keys.own_token("mobile", "a")),
            Peer::default(),
            NOW,
        )
        .unwrap()
    };
    let first = identity(&world);
    assert_eq!(first.scopes, ["orders.read"], "admin was in the token, but is not the client's");
    assert_eq!((first.caller, first.groups.as_slice()), (CallerId(1), &["partners".to_owned()][..]));
    world.client("mobile").scopes.clear();
    let now = identity(&world);
    assert!(now.scopes.is_empty());
}

#[test]
fn an_outside_issuer_s_clients_are_those_registered_or_strangers_by_their_claim() {
    let mut world = World::new();
    let header = json!({"alg": "EdDSA", "kid": "ed"});
    let name = |world: &World, change: serde_json::Value| {
        let mut claims = world.keys.outside_claims();
        change.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
        let request = bearer(&world.keys.ed25519.token(&header, &claims));
        let identity = identify(&world.callers(), &rules(any()), &request, Peer::default(), NOW)
            .map_err(|denied| denied.status)?;
        Ok((identity.caller.0, identity.name.clone().unwrap()))
    };
    let known = Ok((1, "mobile".to_owned()));
    assert_eq!(name(&world, json!({"client_id": "mobile", "azp": "x"})), known);
    assert_eq!(name(&world, json!({"azp": "mobile"})), known);
    assert_eq!(name(&world, json!({"sub": "mobile"})), known);
    assert_eq!(name(&world, json!({"sub": "auth0|77"})), Ok((0, "auth0|77".to_owned())));
    for sub in ["a b", "가", "a\r\nnaru-client: mobile", "", &"x".repeat(300)] {
        assert_eq!(name(&world, json!({"sub": sub})), Err(401), "{sub:?}");
    }
    world.callers.issuers[1].issuer.client_claim = Some("app".to_owned());
    assert_eq!(name(&world, json!({"app": "mobile", "sub": "x"})), known);
    assert_eq!(name(&world, json!({"client_id": "mobile"})), Err(401));
    world.callers.issuers[1].issuer.unknown_clients = false;
    assert_eq!(name(&world, json!({"app": "stranger"})), Err(401));
}

#[test]
fn a_verified_token_is_known_again_until_it_ends_or_callers_change() {
    let mut world = World::new();
    let request = bearer(&world.keys.own_token("mobile", "token-7"));
    let callers = world.callers();
    let rules = rules(any());
    let of = |callers: &Callers, now| identify(callers, &rules, &request, Peer::default(), now);
    let (first, again) = (of(&callers, NOW).unwrap(), of(&callers, NOW).unwrap());
    assert!(std::ptr::eq(&*first, &*again), "the very same");
    assert_eq!(of(&callers, at(630)).unwrap_err().word, "invalid-token");
    world.callers.revoked.push(("token-7".to_owned(), at(600)));
    let denied = of(&world.callers(), NOW).unwrap_err();
    assert_eq!(denied.detail, "the token was revoked");
}

#[test]
fn the_service_is_told_who_calls_and_gets_no_key_of_naru_s() {
    let world = World::new();
    let key = api_key("mobile", 1);
    let apikey = format!("ApiKey {key}");
    let token = format!("Bearer {}", world.keys.own_token("mobile", "a"));
    for (fields, passed_on) in [
        (vec![("X-API-Key", &key)], vec![]),
        (vec![("Authorization", &apikey)], vec![]),
        (vec![("Authorization", &token)], vec!["Authorization"]),
        (vec![("Authorization", &token), ("X-API-Key", &key)], vec!["Authorization"]),
    ] {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut request = request("GET", &fields);
        let identity = identify(&world.callers(), &rules(any()), &request, Peer::default(), NOW).unwrap();
        let mut added = Lines::default();
        introduce(&identity, &mut request, &mut added);
        let left: Vec<_> =
            request.fields.iter().map(|(_, name, _)| String::from_utf8_lossy(name).into_owned()).collect();
        assert_eq!(left, passed_on);
        let added = String::from_utf8(added.as_bytes().to_vec()).unwrap();
        let scopes =
            if identity.proof == Some(Proof::Jwt) { "orders.read" } else { "orders.read orders.write" };
        assert_eq!(added, format!("naru-client: mobile\r\nnaru-scopes: {scopes}\r\n"));
    }
    // The service's own key, on a route that asks for nothing.
    let mut request = request("GET", &[("X-API-Key", "the-service-s-own")]);
    let identity = identify(&world.callers(), &rules(None), &request, Peer::default(), NOW).unwrap();
    let mut added = Lines::default();
    introduce(&identity, &mut request, &mut added);
    assert!(!request.fields.is_empty() && added.as_bytes().is_empty());
}

#[test]
fn a_broken_hash_proves_nothing() {
    let mut world = World::new();
    for sha256 in
        ["", "00", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", "not hexadecimal"]
    {
        world.client("mobile").keys[0].sha256 = sha256.to_owned();
        let request = request("GET", &[("X-API-Key", &api_key("mobile", 1))]);
        assert_eq!(who(&world, any(), &request), Err((401, "invalid-api-key")));
    }
}

proptest! {
    #[test]
    fn whatever_is_shown_nothing_panics(
        key in "(nk_(mobile_)?)?[ -~]{0,60}",
        token in "[ -~]{0,12}(\\.[ -~]{0,40}){0,4}",
        scheme in "(Bearer|apikey|Basic|) ?",
    ) {
        let world = World::new();
        let request = request("GET", &[("X-API-Key", &key), ("Authorization", &format!("{scheme}{token}"))]);
        for auth in [None, any(), asking(Proof::ApiKey)] {
            if let Ok(identity) = identify(&world.callers(), &rules(auth), &request, Peer::default(), NOW) {
                prop_assert!(identity.proof.is_none());
            }
        }
    }
}
