use naru_model::platform::Traffic;
use naru_model::policy::{Auth, Deny};
use naru_model::snapshot::Route;

use super::*;
use crate::fixture::service_snapshot;
use crate::policy::access::Peer;
use crate::policy::access::fixture::{NOW, World};

fn route(id: u32, path: &str, auth: Option<Auth>) -> Route {
    let mut route = Route { id: RouteId(id), name: format!("r{id}"), ..Route::default() };
    route.matches =
        Match { host: Some("api.example.kr".to_owned()), path: Some(path.into()), ..Match::default() };
    route.to = vec![(ServiceId(1), 1)];
    route.policy.auth = auth;
    route
}

fn routing(routes: Vec<Route>) -> Routing {
    Routing { routes, services: vec![service_snapshot(1, Traffic::default())], ..Routing::default() }
}

fn ask(routing: &Routing, world: &World, url: &str, client: Option<&str>) -> Explanation {
    let question = Question {
        method: "GET".to_owned(),
        url: url.to_owned(),
        client: client.map(|name| name.parse().unwrap()),
        address: "192.0.2.1".parse().unwrap(),
        at: NOW,
    };
    explain(routing, &world.callers, question)
}

fn rules_of(explanation: &Explanation) -> Vec<(&str, bool)> {
    explanation.steps.iter().map(|step| (step.rule.as_str(), step.holds)).collect()
}

#[test]
fn the_rule_that_decides_is_the_last_and_every_one_before_held() {
    let world = World::new();
    let auth = Auth {
        any_of: vec![Proof::ApiKey, Proof::Jwt],
        groups: vec!["partners".to_owned()],
        scopes: vec!["orders.write".to_owned(), "orders.refund".to_owned()],
        networks: vec!["198.51.100.0/24".parse().unwrap()],
        deny: Deny { clients: vec!["batch".parse().unwrap()], ..Deny::default() },
        ..Auth::default()
    };
    let routing = routing(vec![route(1, "/orders/**", Some(auth))]);
    let url = "https://api.example.kr:8443/orders/1?x=/";
    let mobile = ask(&routing, &world, url, Some("mobile"));
    assert_eq!((mobile.route.as_deref(), mobile.shown), (Some("r1"), Some(Proof::ApiKey)));
    let expected = [
        ("client.blocked", true),
        ("deny.clients", true),
        ("any_of", true),
        ("groups", true),
        ("scopes", false),
    ];
    assert_eq!(rules_of(&mobile), expected);
    assert_eq!((mobile.allowed, mobile.status), (false, 403));
    assert_eq!(mobile.because, "client mobile has not been granted scope orders.refund");
    let batch = ask(&routing, &world, url, Some("batch"));
    assert_eq!(rules_of(&batch), [("client.blocked", true), ("deny.clients", false)]);
    let nobody = ask(&routing, &world, url, None);
    assert_eq!((rules_of(&nobody), nobody.status), (vec![("deny.clients", true), ("any_of", false)], 401));
    let stranger = ask(&routing, &world, url, Some("stranger"));
    assert_eq!((rules_of(&stranger), stranger.status), (vec![("client", false)], 401));
}

#[test]
fn it_says_the_same_as_the_gateway_does_of_a_good_key() {
    use crate::policy::access::fixture::{api_key, request, rules};
    use crate::policy::access::{authorize, identify};
    let mut world = World::new();
    world.client("batch").blocked = true;
    let somebody = || Auth { any_of: vec![Proof::ApiKey], ..Auth::default() };
    let auths = [
        None,
        Some(Auth::default()),
        Some(somebody()),
        Some(Auth { groups: vec!["partners".to_owned()], ..somebody() }),
        Some(Auth { scopes: vec!["orders.read".to_owned()], ..somebody() }),
        Some(Auth { networks: vec!["10.0.0.0/8".parse().unwrap()], ..somebody() }),
    ];
    for default_deny in [false, true] {
        world.callers.default_deny = default_deny;
        let callers = world.callers();
        for auth in &auths {
            for (client, number) in [("mobile", 1), ("batch", 2)] {
                let told = ask(
                    &routing(vec![route(1, "/**", auth.clone())]),
                    &world,
                    "http://api.example.kr/",
                    Some(client),
                );
                let (rules, request) =
                    (rules(auth.clone()), request("GET", &[("X-API-Key", &api_key(client, number))]));
                let done = identify(&callers, &rules, &request, Peer::default(), NOW).and_then(|who| {
                    authorize(&rules, &callers, &who, &request, "192.0.2.1".parse().unwrap(), NOW)
                });
                let status = done.map_or_else(|denied| denied.status, |()| 0);
                assert_eq!((told.status, told.allowed), (status, status == 0), "{client} {auth:?}");
            }
        }
    }
}

#[test]
fn the_route_is_the_one_that_the_gateway_would_take() {
    let world = World::new();
    let mut nowhere = route(4, "/a/b/c", None);
    nowhere.to = vec![(ServiceId(9), 1)];
    let mut link = route(5, "/a/b/d", None);
    link.link = Some("registry".to_owned());
    let routing =
        routing(vec![route(1, "/**", None), route(2, "/a/**", None), route(3, "/a/*", None), nowhere, link]);
    for (url, expected) in [
        ("https://api.example.kr", Some("r1")),
        ("https://API.example.kr./a/b", Some("r3")),
        ("https://api.example.kr?q=/a/b", Some("r1")),
        ("https://api.example.kr/a/b/c#f", Some("r2")),
        ("https://api.example.kr/a/b/d", Some("r2")),
        ("/a/b", None),
        ("https://other.example.kr/a/b", None),
        ("https://[::1]:80/", None),
    ] {
        let explanation = ask(&routing, &world, url, None);
        assert_eq!(explanation.route.as_deref(), expected, "{url}");
        assert_eq!(explanation.status, if expected.is_some() { 0 } else { 404 });
    }
}

#[test]
fn a_token_is_taken_to_have_the_claims_that_are_asked_for() {
    let mut world = World::new();
    let auth = Auth {
        any_of: vec![Proof::Jwt],
        claims: [("tier".to_owned(), vec!["gold".to_owned()])].into(),
        ..Auth::default()
    };
    let routing = routing(vec![route(1, "/**", Some(auth))]);
    let told = ask(&routing, &world, "https://api.example.kr/", Some("mobile"));
    assert_eq!((told.shown, told.allowed), (Some(Proof::Jwt), true));
    world.callers.issuers.clear();
    let told = ask(&routing, &world, "https://api.example.kr/", Some("mobile"));
    assert_eq!((told.shown, told.status), (None, 401), "there is nobody to get a token from");
}
