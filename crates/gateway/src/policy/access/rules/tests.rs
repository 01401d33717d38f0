use std::time::Duration;

use naru_model::scaling::Schedule;
use serde_json::json;

use super::*;
use crate::policy::access::fixture::*;
use crate::policy::access::{Callers, Identity, Peer, authorize, identify};

/// A caller of the fixture's, and what comes of its call.
struct Case {
    callers: Callers,
    world: World,
}

impl Case {
    fn new(change: impl FnOnce(&mut World)) -> Case {
        let mut world = World::new();
        change(&mut world);
        Case { callers: world.callers(), world }
    }

    fn by_key(&self, client: &str, number: u8) -> Identity {
        let request = request("GET", &[("X-API-Key", &api_key(client, number))]);
        identify(&self.callers, &rules(Some(Auth::default())), &request, Peer::default(), NOW).unwrap()
    }

    fn by_token(&self, claims: &serde_json::Value) -> Identity {
        let request = bearer(&self.world.keys.own.token(&own_header(), claims));
        identify(&self.callers, &rules(Some(Auth::default())), &request, Peer::default(), NOW).unwrap()
    }

    /// Status and word; 0: it may.
    fn outcome(
        &self,
        auth: Option<Auth>,
        identity: &Identity,
        method: &str,
        address: &str,
    ) -> (u16, &'static str) {
        let denied = self.denied(auth, identity, method, address);
        denied.map_or((0, ""), |denied| (denied.status, denied.word))
    }

    fn denied(&self, auth: Option<Auth>, identity: &Identity, method: &str, address: &str) -> Option<Denied> {
        let request = request(method, &[]);
        let address = address.parse().unwrap();
        authorize(&rules(auth), &self.callers, identity, &request, address, NOW).err()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

const MAY: (u16, &str) = (0, "");

#[test]
fn who_shows_nothing_is_asked_for_what_counts() {
    let case = Case::new(|_| {});
    let nobody = case.callers.anonymous();
    assert_eq!(case.outcome(None, &nobody, "GET", "192.0.2.1"), MAY);
    assert_eq!(
        case.outcome(Some(Auth::default()), &nobody, "GET", "192.0.2.1"),
        MAY,
        "anybody, known or not"
    );
    let asked = |auth| case.denied(Some(auth), &nobody, "GET", "192.0.2.1").unwrap();
    let missing = asked(Auth { any_of: vec![Proof::Jwt, Proof::ApiKey], ..Auth::default() });
    assert_eq!((missing.status, missing.word), (401, "credentials-missing"));
    // Without a word of an error, for nothing was shown (RFC 6750 §3.1).
    assert_eq!(missing.www_authenticate.as_deref(), Some("ApiKey realm=\"naru\", Bearer realm=\"naru\""));
    let mtls = asked(Auth { any_of: vec![Proof::Mtls], ..Auth::default() });
    assert_eq!(mtls.www_authenticate.as_deref(), Some("ClientCertificate realm=\"naru\""));
    for auth in [
        Auth { scopes: owned(&["a"]), ..Auth::default() },
        Auth { groups: owned(&["a"]), ..Auth::default() },
        Auth { clients: vec!["mobile".parse().unwrap()], ..Auth::default() },
        Auth { claims: [("tier".to_owned(), owned(&["gold"]))].into(), ..Auth::default() },
    ] {
        assert_eq!(asked(auth).status, 401, "only somebody can have that");
    }
}

#[test]
fn a_proof_that_does_not_count_is_as_none() {
    let case = Case::new(|_| {});
    let by_key = case.by_key("mobile", 1);
    let auth = |proof| Some(Auth { any_of: vec![proof], ..Auth::default() });
    assert_eq!(case.outcome(auth(Proof::ApiKey), &by_key, "GET", "192.0.2.1"), MAY);
    assert_eq!(case.outcome(auth(Proof::Mtls), &by_key, "GET", "192.0.2.1"), (401, "credentials-missing"));
}

#[test]
fn clients_groups_scopes_and_claims_must_all_hold() {
    let case = Case::new(|_| {});
    let mut claims = case.world.keys.own_claims("mobile", "a");
    claims["tier"] = json!("gold");
    claims["roles"] = json!(["reader", 7, true]);
    let (mobile, batch) = (case.by_token(&claims), case.by_key("batch", 2));
    let outcome = |auth: Auth, who| case.outcome(Some(auth), who, "GET", "192.0.2.1");
    let clients = |names: &[&str]| Auth {
        clients: names.iter().map(|name| name.parse().unwrap()).collect(),
        ..Auth::default()
    };
    assert_eq!(outcome(clients(&["batch", "mobile"]), &mobile), MAY);
    assert_eq!(outcome(clients(&["batch"]), &mobile), (403, "client-not-allowed"));
    let groups = |names: &[&str]| Auth { groups: owned(names), ..Auth::default() };
    assert_eq!(outcome(groups(&["x", "partners"]), &mobile), MAY);
    assert_eq!(outcome(groups(&["partners"]), &batch), (403, "group-not-allowed"));
    let scopes = |names: &[&str]| Auth { scopes: owned(names), ..Auth::default() };
    assert_eq!(outcome(scopes(&["orders.read"]), &mobile), MAY);
    assert_eq!(outcome(scopes(&["orders.read", "orders.write"]), &mobile), (403, "insufficient-scope"));
    assert_eq!(
        outcome(scopes(&["admin"]), &mobile),
        (403, "insufficient-scope"),
        "the token says so, the client may not"
    );
    let claim = |name: &str, values: &[&str]| Auth {
        claims: [(name.to_owned(), owned(values))].into(),
        ..Auth::default()
    };
    for (name, values, expected) in [
        ("tier", &["silver", "gold"][..], MAY),
        ("tier", &["silver"], (403, "claim-not-allowed")),
        ("roles", &["reader"], MAY),
        ("roles", &["7"], MAY),
        ("roles", &["true"], MAY),
        ("roles", &["writer"], (403, "claim-not-allowed")),
        ("none", &["x"], (403, "claim-not-allowed")),
        ("tier", &[], (403, "claim-not-allowed")),
    ] {
        assert_eq!(outcome(claim(name, values), &mobile), expected, "{name} {values:?}");
    }
    assert_eq!(outcome(claim("tier", &["gold"]), &batch), (403, "claim-not-allowed"), "a key has no claims");
}

#[test]
fn a_missing_scope_is_named_to_who_has_a_token() {
    let case = Case::new(|_| {});
    let mobile = case.by_token(&case.world.keys.own_claims("mobile", "a"));
    let auth = Auth { scopes: owned(&["orders.write", "x\"y"]), ..Auth::default() };
    let denied = case.denied(Some(auth.clone()), &mobile, "GET", "192.0.2.1").unwrap();
    let expected = "Bearer realm=\"naru\", error=\"insufficient_scope\", scope=\"orders.write xy\"";
    assert_eq!(denied.www_authenticate.as_deref(), Some(expected));
    let denied = case.denied(Some(auth), &case.by_key("batch", 2), "GET", "192.0.2.1").unwrap();
    assert_eq!((denied.status, denied.www_authenticate), (403, None));
}

#[test]
fn networks_of_both_families_hold() {
    let case = Case::new(|_| {});
    let nobody = case.callers.anonymous();
    let auth = || Some(Auth { networks: networks(&["192.0.2.0/24", "2001:db8::/32"]), ..Auth::default() });
    for (address, expected) in [
        ("192.0.2.255", MAY),
        ("::ffff:192.0.2.7", MAY),
        ("2001:db8:1::1", MAY),
        ("192.0.3.1", (403, "network-not-allowed")),
        ("2001:db9::1", (403, "network-not-allowed")),
        ("::ffff:10.0.0.1", (403, "network-not-allowed")),
    ] {
        assert_eq!(case.outcome(auth(), &nobody, "GET", address), expected, "{address}");
    }
}

#[test]
fn what_is_denied_wins_over_everything_allowed() {
    let case = Case::new(|_| {});
    let mobile = case.by_key("mobile", 1);
    let allowed = Auth {
        clients: vec!["mobile".parse().unwrap()],
        groups: owned(&["partners"]),
        networks: networks(&["192.0.2.0/24"]),
        ..Auth::default()
    };
    let denying = |deny| Some(Auth { deny, ..allowed.clone() });
    assert_eq!(case.outcome(denying(Deny::default()), &mobile, "GET", "192.0.2.1"), MAY);
    for deny in [
        Deny { clients: vec!["mobile".parse().unwrap()], ..Deny::default() },
        Deny { groups: owned(&["partners"]), ..Deny::default() },
        Deny { networks: networks(&["192.0.2.1/32"]), ..Deny::default() },
    ] {
        assert_eq!(case.outcome(denying(deny), &mobile, "GET", "192.0.2.1"), (403, "denied"));
    }
}

#[test]
fn a_method_has_its_own_terms_and_keeps_what_is_denied() {
    let case = Case::new(|_| {});
    let (mobile, nobody) = (case.by_key("mobile", 1), case.callers.anonymous());
    let read = Auth { any_of: vec![Proof::ApiKey], ..Auth::default() };
    let write = Auth { deny: Deny { groups: owned(&["partners"]), ..Deny::default() }, ..read.clone() };
    let base = Auth {
        methods: [("GET".to_owned(), read), ("PUT".to_owned(), write)].into(),
        deny: Deny { networks: networks(&["198.51.100.0/24"]), ..Deny::default() },
        ..Auth::default()
    };
    let outcome = |who, method, address| case.outcome(Some(base.clone()), who, method, address);
    assert_eq!(outcome(&nobody, "POST", "192.0.2.1"), MAY);
    assert_eq!(outcome(&nobody, "GET", "192.0.2.1"), (401, "credentials-missing"));
    assert_eq!(
        outcome(&nobody, "HEAD", "192.0.2.1"),
        (401, "credentials-missing"),
        "HEAD is GET without the body"
    );
    assert_eq!(outcome(&mobile, "GET", "192.0.2.1"), MAY);
    assert_eq!(outcome(&mobile, "PUT", "192.0.2.1"), (403, "denied"));
    for method in ["POST", "GET", "PUT"] {
        assert_eq!(outcome(&mobile, method, "198.51.100.1"), (403, "denied"), "{method}");
    }
}

#[test]
fn a_blocked_client_is_out_everywhere_whatever_it_shows() {
    let case = Case::new(|world| world.client("mobile").blocked = true);
    for identity in [case.by_key("mobile", 1), case.by_token(&case.world.keys.own_claims("mobile", "a"))] {
        for auth in
            [None, Some(Auth::default()), Some(Auth { groups: owned(&["partners"]), ..Auth::default() })]
        {
            assert_eq!(case.outcome(auth, &identity, "GET", "192.0.2.1"), (403, "client-blocked"));
        }
    }
    assert_eq!(case.outcome(None, &case.by_key("batch", 2), "GET", "192.0.2.1"), MAY);
}

#[test]
fn a_client_calls_from_its_networks_alone() {
    let case = Case::new(|world| world.client("mobile").networks = networks(&["192.0.2.0/24"]));
    let mobile = case.by_key("mobile", 1);
    assert_eq!(case.outcome(None, &mobile, "GET", "192.0.2.1"), MAY);
    assert_eq!(case.outcome(None, &mobile, "GET", "203.0.113.1"), (403, "client-network"));
}

#[test]
fn a_platform_closed_by_default_opens_only_what_has_auth() {
    let case = Case::new(|world| world.callers.default_deny = true);
    let mobile = case.by_key("mobile", 1);
    assert_eq!(case.outcome(None, &mobile, "GET", "192.0.2.1"), (403, "route-closed"));
    assert_eq!(case.outcome(Some(Auth::default()), &mobile, "GET", "192.0.2.1"), MAY);
    let link = Route { link: Some("registry".to_owned()), ..Route::default() };
    let with_key = |key: &str| request("GET", &[("X-API-Key", key)]);
    let (request, local) = (request("GET", &[]), "127.0.0.1".parse().unwrap());
    assert_eq!(
        authorize(&Rules::new(&link), &case.callers, &mobile, &request, local, NOW),
        Ok(()),
        "a link's"
    );
    let shown = with_key(&api_key("mobile", 9));
    let who = identify(&case.callers, &Rules::new(&link), &shown, Peer::default(), NOW).unwrap();
    assert_eq!(who.proof, None, "what is shown to a link is not naru's to look at");
}

#[test]
fn outside_its_times_a_route_is_closed() {
    let case = Case::new(|_| {});
    let nobody = case.callers.anonymous();
    let auth = |at: &str| {
        let lasts = Duration::from_secs(3600);
        let schedule = Schedule { at: at.to_owned(), zone: Some("UTC".to_owned()), lasts, add: 0 };
        Some(Auth { times: vec![schedule], ..Auth::default() })
    };
    // NOW is noon.
    assert_eq!(case.outcome(auth("0 12 * * *"), &nobody, "GET", "192.0.2.1"), MAY);
    assert_eq!(case.outcome(auth("0 11 * * *"), &nobody, "GET", "192.0.2.1"), (403, "time-not-allowed"));
}
