//! The authorization server over real HTTP: what clients send, and what comes back.

#![expect(clippy::unwrap_used, reason = "functions between the tests, of which clippy does not know")]

mod keeping;
mod portal;

use std::time::Duration;

use naru_model::client::{Client, Tokens};
use naru_model::snapshot::Callers;
use naru_oauth::Kind;
use portal::{ASSERTION, ISSUER, OwnKey, Portal, START, claims, portal, tokens};
use serde_json::json;

const SCOPES: [&str; 2] = ["booking.read", "booking.write"];

#[tokio::test]
async fn a_client_gets_a_token_that_says_who_it_is() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let answer = portal.token("mobile", &secret).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.has("cache-control: no-store") && answer.has("pragma: no-cache"), "{}", answer.head);
    assert_eq!(
        (answer.text("token_type"), answer.body["expires_in"].as_u64()),
        ("Bearer".to_owned(), Some(600))
    );
    assert_eq!(answer.text("scope"), "booking.read booking.write");
    let claims = claims(&answer.text("access_token"));
    let expected = json!({
        "iss": ISSUER, "sub": "mobile", "client_id": "mobile", "aud": "portal", "iat": START, "exp": START + 600,
        "jti": claims["jti"], "scope": "booking.read booking.write", "groups": ["partners"],
    });
    assert_eq!(claims, expected);
    assert_ne!(portal.token("mobile", &secret).await.text("access_token"), answer.text("access_token"));
}

#[tokio::test]
async fn fewer_scopes_are_given_when_fewer_are_asked_for_and_never_more() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let ask = async |scope: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        portal.post("/oauth/token", Some(("mobile", &secret)), &form).await
    };
    let answer = ask("booking.read").await;
    assert_eq!(answer.text("scope"), "booking.read");
    assert_eq!(claims(&answer.text("access_token"))["scope"], "booking.read");
    assert_eq!(ask("booking.read admin").await.error(), (400, "invalid_scope"));
    // What the refresh token may become is what was asked for at first.
    let refresh = answer.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "booking.write")];
    let wider = portal.post("/oauth/token", Some(("mobile", &secret)), &form).await;
    assert_eq!(wider.error(), (400, "invalid_scope"));
}

/// Basic, form, status and code.
type Case<'a> = (Option<(&'a str, &'a str)>, &'a [(&'a str, &'a str)], (u16, &'a str));

#[tokio::test]
async fn each_error_has_the_code_and_status_of_the_rfc() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let good = Some(("mobile", secret.as_str()));
    let grant = ("grant_type", "client_credentials");
    let cases: [Case<'_>; 11] = [
        (good, &[], (400, "invalid_request")),
        (good, &[("grant_type", "password")], (400, "unsupported_grant_type")),
        (good, &[("grant_type", "authorization_code")], (400, "unsupported_grant_type")),
        (good, &[grant, ("scope", "a\"b")], (400, "invalid_scope")),
        (good, &[("grant_type", "refresh_token")], (400, "invalid_request")),
        (good, &[("grant_type", "refresh_token"), ("refresh_token", "x")], (400, "invalid_grant")),
        (good, &[grant, ("client_id", "kiosk")], (400, "invalid_request")),
        (Some(("mobile", "wrong")), &[grant], (401, "invalid_client")),
        (Some(("nobody", "wrong")), &[grant], (401, "invalid_client")),
        (None, &[grant], (401, "invalid_client")),
        (None, &[grant, ("client_id", "mobile"), ("client_secret", &secret)], (401, "invalid_client")),
    ];
    for (basic, form, expected) in cases {
        let answer = portal.post("/oauth/token", basic, form).await;
        assert_eq!(answer.error(), expected, "{form:?}");
        assert!(answer.has("cache-control: no-store"), "{}", answer.head);
        assert_eq!(
            answer.has("www-authenticate: Basic realm=\"naru\""),
            expected.0 == 401,
            "{}",
            answer.head
        );
        assert!(!answer.text("error_description").is_empty());
    }
    let twice = portal.send(post_raw(&secret, "grant_type=client_credentials&scope=a&scope=b", FORM)).await;
    assert_eq!(twice.error(), (400, "invalid_request"));
    let json =
        portal.send(post_raw(&secret, "{\"grant_type\":\"client_credentials\"}", "application/json")).await;
    assert_eq!(json.error(), (400, "invalid_request"));
    let long = portal.send(post_raw(&secret, &"a".repeat(70_000), FORM)).await;
    assert_eq!(long.error(), (413, "invalid_request"));
    assert_eq!(portal.get("/oauth/token").await.status, 405);
}

const FORM: &str = "application/x-www-form-urlencoded";

fn post_raw(secret: &str, body: &str, media: &str) -> String {
    use base64::Engine;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("mobile:{secret}"));
    format!(
        "POST /oauth/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Basic {basic}\r\n\
         Content-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn refresh(portal: &Portal, secret: &str, token: &str) -> portal::Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    portal.post("/oauth/token", Some(("mobile", secret)), &form).await
}

async fn is_active(portal: &Portal, secret: &str, token: &str) -> bool {
    let answer = portal.post("/oauth/introspect", Some(("mobile", secret)), &[("token", token)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.has("cache-control: no-store"), "{}", answer.head);
    answer.body["active"].as_bool().unwrap()
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_one_shown_twice_ends_all_that_came_of_it() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let first = portal.token("mobile", &secret).await;
    let second = refresh(&portal, &secret, &first.text("refresh_token")).await;
    assert_eq!((second.status, second.text("scope")), (200, SCOPES.join(" ")));
    let third = refresh(&portal, &secret, &second.text("refresh_token")).await;
    let other = portal.token("mobile", &secret).await;
    let published = portal.authority.subscribe();
    assert!(is_active(&portal, &secret, &first.text("access_token")).await);

    // Somebody has kept the second one.
    assert_eq!(
        refresh(&portal, &secret, &second.text("refresh_token")).await.error(),
        (400, "invalid_grant")
    );
    assert_eq!(refresh(&portal, &secret, &third.text("refresh_token")).await.error(), (400, "invalid_grant"));
    for of_family in [&first, &second, &third] {
        let token = of_family.text("access_token");
        assert!(!is_active(&portal, &secret, &token).await);
        let jti = claims(&token)["jti"].as_str().unwrap().to_owned();
        assert!(published.borrow().revoked.iter().any(|(revoked, _)| *revoked == jti));
    }
    assert!(is_active(&portal, &secret, &other.text("access_token")).await);
    assert!(portal.logged.lock().unwrap()[0].contains("used twice"));
}

#[tokio::test]
async fn of_two_who_refresh_at_once_no_more_than_one_gets_a_token() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let token = portal.token("mobile", &secret).await.text("refresh_token");
    let (one, other) = tokio::join!(refresh(&portal, &secret, &token), refresh(&portal, &secret, &token));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    let winner = if one.status == 200 { one } else { other };
    assert_eq!(
        refresh(&portal, &secret, &winner.text("refresh_token")).await.error(),
        (400, "invalid_grant")
    );
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_alone_and_ends() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let others = portal.register("kiosk", &SCOPES).await;
    let token = portal.token("mobile", &secret).await.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let stolen = portal.post("/oauth/token", Some(("kiosk", &others)), &form).await;
    assert_eq!(stolen.error(), (400, "invalid_grant"));
    // What a stranger shows does not end it either.
    let next = refresh(&portal, &secret, &token).await.text("refresh_token");
    portal.pass(Tokens::REFRESH_LIFE);
    assert_eq!(refresh(&portal, &secret, &next).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn no_refresh_token_is_given_when_none_is_wanted() {
    let portal = portal(Tokens { refresh_life: Duration::ZERO, ..tokens() }).await;
    let secret = portal.register("mobile", &SCOPES).await;
    assert_eq!(portal.token("mobile", &secret).await.body.get("refresh_token"), None);
    assert_eq!(refresh(&portal, &secret, "x").await.error(), (400, "unsupported_grant_type"));
    let metadata = portal.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata.body["grant_types_supported"], json!(["client_credentials"]));
}

#[tokio::test]
async fn a_grant_that_is_renewed_too_often_has_to_wait_for_its_tokens_to_end() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let mut token = portal.token("mobile", &secret).await.text("refresh_token");
    for _ in 1..32 {
        token = refresh(&portal, &secret, &token).await.text("refresh_token");
    }
    let refused = refresh(&portal, &secret, &token).await;
    assert_eq!(refused.status, 429);
    assert!(refused.has("retry-after: 600"), "{}", refused.head);
    portal.pass(Tokens::LIFE);
    assert_eq!(refresh(&portal, &secret, &token).await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_is_known_to_the_gateway_at_once() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let others = portal.register("kiosk", &SCOPES).await;
    let answer = portal.token("mobile", &secret).await;
    let (access, renew) = (answer.text("access_token"), answer.text("refresh_token"));
    let revoke = async |who: (&str, &str), token: &str| {
        let form = [("token", token), ("token_type_hint", "refresh_token")];
        portal.post("/oauth/revoke", Some(who), &form).await
    };
    assert_eq!(revoke(("kiosk", &others), &access).await.error(), (400, "unauthorized_client"));
    assert_eq!(revoke(("kiosk", &others), &renew).await.error(), (400, "unauthorized_client"));
    assert_eq!(revoke(("mobile", "wrong"), &access).await.error(), (401, "invalid_client"));
    assert!(is_active(&portal, &secret, &access).await);

    let mut published = portal.authority.subscribe();
    let revoked = revoke(("mobile", &secret), &access).await;
    assert_eq!(revoked.status, 200);
    assert!(published.has_changed().unwrap());
    let jti = claims(&access)["jti"].as_str().unwrap().to_owned();
    let ends_at = naru_model::units::Timestamp((START + 600) * 1_000_000);
    assert_eq!(published.borrow_and_update().revoked, [(jti, ends_at)]);
    assert!(!is_active(&portal, &secret, &access).await);
    // Its grant is another matter, until it is revoked too; and what is no token is as good as revoked.
    assert!(is_active(&portal, &secret, &renew).await);
    for token in [renew.as_str(), renew.as_str(), access.as_str(), "what", "a.b.c"] {
        assert_eq!(revoke(("mobile", &secret), token).await.status, 200, "{token}");
    }
    assert!(!is_active(&portal, &secret, &renew).await);
    assert_eq!(refresh(&portal, &secret, &renew).await.error(), (400, "invalid_grant"));

    // What has ended by itself is told to nobody any more.
    portal.pass(Tokens::LIFE);
    portal.authority.keep().await.unwrap();
    assert_eq!(portal.authority.subscribe().borrow().revoked, []);
}

#[tokio::test]
async fn introspection_tells_clients_alone_and_of_good_tokens_alone() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let others = portal.register("kiosk", &[]).await;
    let answer = portal.token("mobile", &secret).await;
    let (access, renew) = (answer.text("access_token"), answer.text("refresh_token"));
    let nobody = portal.post("/oauth/introspect", None, &[("token", &access)]).await;
    assert_eq!(nobody.error(), (401, "invalid_client"));
    let told = portal.post("/oauth/introspect", Some(("kiosk", &others)), &[("token", &access)]).await;
    let mut expected = claims(&access);
    expected["active"] = true.into();
    expected["token_type"] = "Bearer".into();
    assert_eq!(told.body, expected);
    let of_refresh = async |name: &str, secret: &str| {
        portal.post("/oauth/introspect", Some((name, secret)), &[("token", renew.as_str())]).await.body
    };
    assert_eq!(of_refresh("kiosk", &others).await, json!({ "active": false }));
    assert_eq!(of_refresh("mobile", &secret).await["exp"], START + 86_400);

    let stranger = OwnKey::new().sign(json!({ "alg": "ES256", "typ": "at+jwt" }), claims(&access));
    let (head, tail) = access.rsplit_once('.').unwrap();
    let none = format!("eyJhbGciOiJub25lIn0.{}.", head.split_once('.').unwrap().1);
    let swapped = format!("{head}.{}", tail.chars().rev().collect::<String>());
    for bad in ["", "x", "nr_x", &stranger, &none, &swapped, &format!("{access}x"), &access[1..]] {
        let form: &[(&str, &str)] = &[("token", bad)];
        let answer = portal.post("/oauth/introspect", Some(("mobile", &secret)), form).await;
        let missing = bad.is_empty();
        assert_eq!(answer.status, if missing { 400 } else { 200 });
        assert!(missing || answer.body == json!({ "active": false }), "{bad}: {answer:?}");
    }
    portal.clients.block(&"mobile".parse().unwrap(), true, "kim", portal.now()).await.unwrap();
    let told = portal.post("/oauth/introspect", Some(("kiosk", &others)), &[("token", &access)]).await;
    assert_eq!(told.body, json!({ "active": false }));
    portal.clients.block(&"mobile".parse().unwrap(), false, "kim", portal.now()).await.unwrap();
    portal.pass(Tokens::LIFE);
    assert!(!is_active(&portal, &secret, &access).await);
}

#[tokio::test]
async fn a_client_proves_itself_by_its_own_key_once_with_each_assertion() {
    let portal = portal(tokens()).await;
    let own = OwnKey::new();
    let client = Client { jwks: Some(own.jwks()), ..Client::default() };
    portal.clients.register("batch".parse().unwrap(), client, "kim", portal.now()).await.unwrap();
    let good =
        |jti: &str| json!({ "iss": "batch", "sub": "batch", "aud": ISSUER, "exp": START + 60, "jti": jti });
    let header = json!({ "alg": "ES256", "kid": "own" });
    let ask = async |assertion: &str, more: &[(&str, &str)]| {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", assertion),
        ];
        form.extend_from_slice(more);
        portal.post("/oauth/token", None, &form).await
    };
    let assertion = own.sign(header.clone(), good("1"));
    let answer = ask(&assertion, &[("client_id", "batch")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(ask(&assertion, &[]).await.error(), (401, "invalid_client"));
    // One that failed is not used up by that.
    let next = own.sign(header.clone(), good("2"));
    assert_eq!(ask(&next, &[("client_id", "mobile")]).await.error(), (400, "invalid_request"));
    assert_eq!(ask(&next, &[("client_secret", "x")]).await.status, 200);
    let both = [
        ("grant_type", "client_credentials"),
        ("client_assertion", &next),
        ("client_assertion_type", ASSERTION),
    ];
    assert_eq!(
        portal.post("/oauth/token", Some(("batch", "x")), &both).await.error(),
        (400, "invalid_request")
    );
    for (header, claims) in [
        (json!({ "alg": "none" }), good("3")),
        (json!({ "alg": "HS256" }), good("3")),
        (json!({ "alg": "ES256", "kid": "other" }), good("3")),
        (json!({ "alg": "ES256", "kid": "../../etc/passwd" }), good("3")),
        (json!({ "alg": "ES256", "typ": "at+jwt" }), good("3")),
        (json!({ "alg": "ES256", "crit": ["x"], "x": 1 }), good("3")),
    ] {
        portal.pass(Duration::from_secs(3));
        let said = ask(&own.sign(header.clone(), claims), &[]).await;
        assert_eq!(said.error(), (401, "invalid_client"), "{header}");
    }
    let stranger = OwnKey::new().sign(header.clone(), good("3"));
    assert_eq!(ask(&stranger, &[]).await.error(), (401, "invalid_client"));
    assert_eq!(ask(&own.sign(header, good("3")), &[]).await.status, 200);
}

#[tokio::test]
async fn ten_failures_cost_a_client_the_rest_of_the_minute_where_they_came_from() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    for _ in 0..10 {
        assert_eq!(portal.token("mobile", "wrong").await.status, 401);
    }
    portal.pass(Duration::from_secs(10));
    let refused = portal.token("mobile", &secret).await;
    assert_eq!(refused.status, 429);
    assert!(refused.has("retry-after: 50"), "{}", refused.head);
    let form = [("grant_type", "client_credentials")];
    let elsewhere = portal.post_from("192.0.2.8", "/oauth/token", Some(("mobile", &secret)), &form).await;
    assert_eq!(elsewhere.status, 200);
    portal.pass(Duration::from_secs(50));
    assert_eq!(portal.token("mobile", &secret).await.status, 200);
}

#[tokio::test]
async fn keys_rotate_and_what_the_old_ones_signed_is_good_to_its_end() {
    let rotate = Duration::from_secs(4 * 3_600);
    let portal = portal(Tokens { rotate, ..tokens() }).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let kids = async || {
        let answer = portal.get("/oauth/jwks").await;
        assert!(answer.has("cache-control: public, max-age=300"), "{}", answer.head);
        let keys = answer.body["keys"].as_array().unwrap().clone();
        assert!(keys.iter().all(|key| key.get("d").is_none() && key["alg"] == "ES256"));
        keys.into_iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (mut seen, mut tokens_alive) = (Vec::new(), Vec::<(u64, String)>::new());
    for minute in (0..13 * 60).step_by(5) {
        portal.authority.keep().await.unwrap();
        let published = kids().await;
        let token = portal.token("mobile", &secret).await.text("access_token");
        let kid = kid_of(&token);
        assert!(published.contains(&kid));
        if seen.last() != Some(&kid) {
            seen.push(kid);
        }
        tokens_alive.push((minute, token));
        tokens_alive.retain(|(made, _)| minute < made + 10);
        for (_, token) in &tokens_alive {
            assert!(is_active(&portal, &secret, token).await, "minute {minute}");
            assert!(published.contains(&kid_of(token)));
        }
        assert!(published.len() <= 2, "{published:?}");
        portal.pass(Duration::from_secs(300));
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

fn kid_of(token: &str) -> String {
    use base64::Engine;
    let header =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("at+jwt"), Some("ES256")));
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_metadata_says_where_everything_is_below_the_issuers_path_too() {
    let issuer = format!("{ISSUER}/api");
    let portal = portal(Tokens { issuer: issuer.clone(), ..tokens() }).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let metadata = portal.get("/.well-known/oauth-authorization-server/api").await;
    let discovery = portal.get("/api/.well-known/openid-configuration").await.body;
    assert!(metadata.body.as_object().unwrap().iter().all(|(member, said)| discovery[member] == *said));
    assert_eq!(discovery["subject_types_supported"], json!(["public"]));
    assert_eq!(metadata.text("issuer"), issuer);
    assert_eq!(
        metadata.body["token_endpoint_auth_methods_supported"],
        json!(["client_secret_basic", "private_key_jwt"])
    );
    assert_eq!(metadata.body["response_types_supported"], json!([]));
    let path = |member: &str| metadata.text(member).strip_prefix(ISSUER).unwrap().to_owned();
    let form = [("grant_type", "client_credentials")];
    let answer = portal.post(&path("token_endpoint"), Some(("mobile", &secret)), &form).await;
    let token = answer.text("access_token");
    let told =
        portal.post(&path("introspection_endpoint"), Some(("mobile", &secret)), &[("token", &token)]).await;
    assert_eq!(told.body["iss"], issuer.as_str());
    assert_eq!(
        portal
            .post(&path("revocation_endpoint"), Some(("mobile", &secret)), &[("token", &token)])
            .await
            .status,
        200
    );
    assert_eq!(portal.get(&path("jwks_uri")).await.body["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_client_lives_from_its_registration_to_its_removal() {
    let portal = portal(tokens()).await;
    let old = portal.register("mobile", &SCOPES).await;
    let name = "mobile".parse().unwrap();
    let overlap = Duration::from_secs(3_600);
    let new = portal.clients.rotate(&name, Kind::Secret, overlap, "kim", portal.now()).await.unwrap().text;
    assert_eq!(
        (portal.token("mobile", &old).await.status, portal.token("mobile", &new).await.status),
        (200, 200)
    );
    portal.pass(overlap);
    assert_eq!(
        (portal.token("mobile", &old).await.status, portal.token("mobile", &new).await.status),
        (401, 200)
    );

    portal.clients.block(&name, true, "kim", portal.now()).await.unwrap();
    let blocked = portal.token("mobile", &new).await;
    assert!(blocked.status == 401 && blocked.text("error_description").contains("blocked"), "{blocked:?}");
    portal.clients.block(&name, false, "kim", portal.now()).await.unwrap();

    let from = Client { networks: vec!["198.51.100.0/24".parse().unwrap()], ..Client::default() };
    portal.clients.change(&name, from, "kim", portal.now()).await.unwrap();
    assert_eq!(portal.token("mobile", &new).await.status, 401);
    let form = [("grant_type", "client_credentials")];
    let there = portal.post_from("198.51.100.9", "/oauth/token", Some(("mobile", &new)), &form).await;
    assert_eq!((there.status, there.body.get("scope")), (200, None));
    portal.clients.remove(&name).await.unwrap();
    let gone = portal.post_from("198.51.100.9", "/oauth/token", Some(("mobile", &new)), &form).await;
    assert_eq!(gone.error(), (401, "invalid_client"));
}

#[tokio::test]
async fn the_gateway_is_told_of_callers_without_what_only_the_token_endpoint_needs() {
    let portal = portal(tokens()).await;
    portal.register("mobile", &SCOPES).await;
    let name = "mobile".parse().unwrap();
    let key = portal.clients.add(&name, Kind::ApiKey, None, "kim", portal.now()).await.unwrap();
    let directory = portal.clients.subscribe();
    let published = portal.authority.subscribe();
    let told: Callers =
        naru_oauth::callers(&Default::default(), &directory.borrow(), Some(&published.borrow()), &[]);
    let [caller] = told.clients.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (caller.id.0, caller.client.keys.as_slice(), caller.client.secrets.len()),
        (1, [key.kept].as_slice(), 0)
    );
    let [issuer] = told.issuers.as_slice() else { panic!("{told:?}") };
    assert!(issuer.own && !issuer.issuer.unknown_clients && issuer.jwks.contains("\"kid\""));
    assert_eq!(issuer.issuer.audience, ["portal"]);
}

#[tokio::test]
async fn a_revocation_is_carried_out_when_the_client_does_not_wait_for_it() {
    let portal = portal(tokens()).await;
    let secret = portal.register("mobile", &SCOPES).await;
    let token = portal.token("mobile", &secret).await.text("access_token");
    let mut published = portal.authority.subscribe();
    published.mark_unchanged();
    portal.post_and_leave("/oauth/revoke", ("mobile", &secret), &[("token", &token)]).await;
    let told =
        tokio::time::timeout(Duration::from_secs(20), published.wait_for(|told| !told.revoked.is_empty()));
    assert!(told.await.unwrap().is_ok());
}
