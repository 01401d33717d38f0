//! What naru.yaml says of callers, of what is done to their calls, and of outside systems: what it becomes, what holds
//! without it, and how a change of it is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_config::{Machine, diff, load, parse};
use naru_model::access_log::Log;
use naru_model::client::{Certificate, Issuer, Secret, Tokens};
use naru_model::platform::{Counters, Link, Platform, Traffic, WhenGone};
use naru_model::policy::{
    Auth, Await, Cache, Change, Conversion, Cors, Fallback, FieldChange, Fields, Job, Limit, Mask,
    PathChange, Pattern, Per, Period, Policy, Priority, Proof, Publish, Quantity, Speaker, Sunset, Validate,
    Xml,
};
use naru_model::scaling::Schedule;
use naru_model::units::{Bytes, Rate, Timestamp};

const MACHINE: Machine = Machine { cores: 8, memory: Bytes(16 << 30) };

fn read(text: &str) -> Platform {
    let text = format!("services: {{ web: {{ exec: [web] }} }}\n{text}");
    parse("naru.yaml", &text, Path::new("/srv/portal"), MACHINE).unwrap_or_else(|report| panic!("{report}"))
}

/// The policy of the one route of a file.
fn policy(keys: &str) -> Policy {
    let text = format!("clients: {{ mobile: {{ groups: [partners] }} }}\nroutes: [{{ to: web, {keys} }}]");
    read(&text).routes.remove(0).policy
}

fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

#[test]
fn a_route_without_policies_has_none() {
    let platform = read("routes: [{ to: web }]");
    assert_eq!(platform.routes[0].policy, Policy::default());
    assert!(!platform.access.default_deny && platform.access.clients.is_empty());
}

#[test]
fn clients_are_what_they_show_and_what_they_may() {
    let hash = "A1".repeat(32);
    let text = format!(
        r#"
gateway: {{ tls: {{ listen: 0.0.0.0:8443, certificates: [{{ cert: a.crt, key: a.key }}] }} }}
access: {{ default: deny, client_ca: tls/clients.pem }}
clients:
  mobile:
    title: 모바일 앱
    groups: [partners]
    scopes: [booking:read]
    keys: [{hash}, {{ sha256: {}, from: "2026-12-31T00:00:00Z", until: "2027-12-31T00:00:00Z" }}]
    jwks: '{{"keys":[{{"kty":"EC"}}]}}'
    certificates: [{{ subject: "CN=mobile", fingerprint: {} }}]
    networks: [10.0.0.0/8, 192.0.2.7]
    blocked: true
    priority: high
    limits: {{ quota: 10000/month }}
"#,
        "b2".repeat(32),
        "C3".repeat(32)
    );
    let access = read(&text).access;
    assert!(access.default_deny);
    assert_eq!(access.client_ca, Some(PathBuf::from("/srv/portal/tls/clients.pem")));
    let client = &access.clients[&"mobile".parse().unwrap()];
    let year = Timestamp(1_798_675_200_000_000);
    let keys = [
        Secret { sha256: "a1".repeat(32), from: None, until: None },
        Secret {
            sha256: "b2".repeat(32),
            from: Some(year),
            until: Some(Timestamp(year.0 + 365 * 86_400_000_000)),
        },
    ];
    assert_eq!(client.keys, keys);
    let certificate =
        Certificate { subject: Some("CN=mobile".to_owned()), san: None, fingerprint: Some("c3".repeat(32)) };
    assert_eq!(client.certificates, [certificate]);
    assert_eq!(client.networks, ["10.0.0.0/8".parse().unwrap(), "192.0.2.7/32".parse().unwrap()]);
    assert_eq!(client.jwks.as_deref(), Some(r#"{"keys":[{"kty":"EC"}]}"#));
    assert!(client.blocked && client.priority == Some(Priority::High));
    let quota = Quantity::Quota { calls: 10_000, period: Period::Month };
    assert_eq!(client.limits, [Limit { of: quota, per: Vec::new() }]);
}

#[test]
fn issuers_have_the_models_defaults() {
    let access = read(
        "access: { tokens: { issuer: https://a.kr }, issuers: [{ issuer: https://b.kr, audience: x }] }",
    )
    .access;
    let tokens = Tokens {
        issuer: "https://a.kr".to_owned(),
        audience: "https://a.kr".to_owned(),
        life: Tokens::LIFE,
        refresh_life: Tokens::REFRESH_LIFE,
        rotate: Tokens::ROTATE,
    };
    assert_eq!(access.tokens, Some(tokens));
    let issuer = Issuer {
        issuer: "https://b.kr".to_owned(),
        jwks: None,
        audience: owned(["x"]),
        client_claim: None,
        unknown_clients: true,
        leeway: Issuer::LEEWAY,
    };
    assert_eq!(access.issuers, [issuer]);
}

#[test]
fn who_may_is_read_for_all_methods_and_for_each() {
    let keys = r#"auth: { any_of: api_key, scopes: a, groups: [partners], networks: 10.0.0.0/8,
        times: { at: " 0  9 * * MON-FRI", for: 9h }, methods: { GET: anyone }, deny: { clients: mobile } }"#;
    let auth = policy(keys).auth.unwrap();
    assert_eq!(auth.any_of, [Proof::ApiKey]);
    assert_eq!((auth.scopes, auth.groups), (owned(["a"]), owned(["partners"])));
    let office = Schedule {
        at: "0 9 * * MON-FRI".to_owned(),
        zone: None,
        lasts: Duration::from_secs(9 * 3600),
        add: 0,
    };
    assert_eq!(auth.times, [office]);
    assert_eq!(auth.methods["GET"], Auth::default());
    assert_eq!(auth.deny.clients, ["mobile".parse().unwrap()]);
    assert_eq!(policy("auth: anyone").auth, Some(Auth::default()));
}

#[test]
fn each_quantity_is_a_limit_of_its_own() {
    let limits = policy("limits: { rate: 30/m, bandwidth: 1Mi/s, per: [route, client] }").limits;
    let rate = Rate { per_1000_seconds: 500 };
    let per = vec![Per::Client, Per::Route];
    let expected = [
        Limit { of: Quantity::Calls { rate, burst: 1 }, per: per.clone() },
        Limit { of: Quantity::Bandwidth { per_second: Bytes(1 << 20) }, per },
    ];
    assert_eq!(limits, expected);
    let burst = |rate: &str| match policy(&format!("limits: {{ rate: {rate} }}")).limits[0].of {
        Quantity::Calls { burst, .. } => burst,
        _ => 0,
    };
    assert_eq!([burst("50/s"), burst("1.5/s"), burst("1/m")], [50, 2, 1]);
}

#[test]
fn groups_without_keys_are_the_models_defaults() {
    assert_eq!(policy("job: {}").pattern, Some(Pattern::Job(Job::default())));
    assert_eq!(policy("cache: {}").cache, Some(Cache::default()));
}

#[test]
fn a_call_is_changed_as_the_file_says() {
    let made = policy(
        r#"match: { path: /v1/** }, path: /v2/**, body: 1Mi, log: { one_in: 100 }, compress: true, problems: true,
        validate: api.yaml, sunset: { gone: "2026-12-31T00:00:00Z" }, cache: { ttl: 10s }, mask: [card, "/P[0-9]{8}/"],
        cors: { origins: "*", headers: X-A }, fallback: { body: "[]" },
        request: { set: { X-A: 1 }, remove: X-B, rename: { X-C: X-D }, query: { set: { v: 2 } } }"#,
    );
    let request = Change {
        set: vec![("x-a".to_owned(), "1".to_owned())],
        remove: owned(["x-b"]),
        rename: vec![("x-c".to_owned(), "x-d".to_owned())],
        set_query: vec![("v".to_owned(), "2".to_owned())],
        ..Change::default()
    };
    let cors = Cors {
        origins: owned(["*"]),
        methods: Vec::new(),
        headers: owned(["x-a"]),
        expose: Vec::new(),
        credentials: false,
        max_age: Cors::MAX_AGE,
    };
    let fallback =
        Fallback { status: 200, content_type: "application/json".to_owned(), body: "[]".to_owned() };
    let expected = Policy {
        cors: Some(cors),
        body: Some(Bytes(1 << 20)),
        sunset: Some(Sunset { deprecated: None, gone: Some(Timestamp(1_798_675_200_000_000)), link: None }),
        validate: Some(Validate {
            openapi: PathBuf::from("/srv/portal/api.yaml"),
            requests: true,
            responses: false,
        }),
        request,
        path: Some(PathChange { from: "/v1/**".to_owned(), to: "/v2/**".to_owned() }),
        cache: Some(Cache { ttl: Duration::from_secs(10), ..Cache::default() }),
        compress: true,
        log: Some(Log { one_in: 100 }),
        mask: vec![Mask::Card, Mask::Pattern("P[0-9]{8}".to_owned())],
        fallback: Some(fallback),
        problems: true,
        ..Policy::default()
    };
    assert_eq!(made, expected);
}

#[test]
fn conversions_stand_in_the_order_of_the_file() {
    let made = policy(
        "convert: [{ fields: { response: { select: a.b, rename: { c: d } } } }, { xml: { spoken_by: service, lists: x } }]",
    );
    let response = FieldChange {
        select: owned(["a.b"]),
        rename: vec![("c".to_owned(), "d".to_owned())],
        ..FieldChange::default()
    };
    let xml = Xml {
        spoken_by: Speaker::Service,
        root: "root".to_owned(),
        lists: owned(["x"]),
        namespaces: Vec::new(),
    };
    let expected = [Conversion::Fields(Fields { response, ..Fields::default() }), Conversion::Xml(xml)];
    assert_eq!(made.convert, expected);
}

#[test]
fn a_result_is_asked_for_unless_the_service_calls_back() {
    let waits = |keys: &str| match policy(keys).pattern {
        Some(Pattern::Await(wait)) => (wait.poll, wait.callback_header, wait.timeout),
        other => panic!("{other:?}"),
    };
    assert_eq!(waits("await: {}"), (Some(Await::POLL), None, Await::TIMEOUT));
    assert_eq!(
        waits("await: { callback_header: X-Callback }"),
        (None, Some("x-callback".to_owned()), Await::TIMEOUT)
    );
}

#[test]
fn outside_systems_and_brokers_have_the_models_defaults() {
    let platform = read(
        r#"
gateway: { counters: { redis: redis://127.0.0.1/1 } }
links: { tax-office: { url: https://tax.example.go.kr/api, break_after: 3 } }
brokers: { orders: { url: nats://127.0.0.1:4222 } }
consumers: [{ broker: orders, queue: ORDERS, to: POST /orders }]
routes: [{ to: web, publish: { broker: orders, subject: orders.new } }]
"#,
    );
    let counters = Counters { redis: "redis://127.0.0.1/1".to_owned(), when_gone: WhenGone::Local };
    assert_eq!(platform.gateway.counters, Some(counters));
    let link = Link {
        url: "https://tax.example.go.kr/api".to_owned(),
        port: None,
        timeout: Duration::from_secs(30),
        traffic: Traffic { eject_after: 3, ..Link::default_traffic() },
        policy: Policy::default(),
    };
    assert_eq!(platform.links[&"tax-office".parse().unwrap()], link);
    assert!(link.traffic.breaks);
    let consumer = &platform.consumers[0];
    assert_eq!((consumer.method.as_str(), consumer.path.as_str()), ("POST", "/orders"));
    assert_eq!((consumer.attempts, consumer.concurrency), (5, 16));
    let publish =
        Publish { broker: "orders".to_owned(), subject: "orders.new".to_owned(), exchange: String::new() };
    assert_eq!(platform.routes[0].policy.pattern, Some(Pattern::Publish(publish)));
}

#[test]
fn a_key_set_is_read_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    std::fs::write(folder.path().join("mobile.json"), set).unwrap();
    let file = folder.path().join("naru.yaml");
    let text = "services: { web: { exec: [web] } }\nclients: { mobile: { jwks: mobile.json } }\n";
    std::fs::write(&file, text).unwrap();
    let platform = load(&file).unwrap();
    assert_eq!(platform.access.clients[&"mobile".parse().unwrap()].jwks.as_deref(), Some(set));
}

#[test]
fn a_change_of_who_may_is_told_and_secrets_are_not() {
    let before = read(
        r#"
clients: { mobile: {}, old: { title: 옛 앱 } }
brokers: { orders: { url: amqp://u:geheim@mq } }
routes:
  - { match: { path: /a }, to: web, auth: { any_of: api_key, scopes: a }, limits: { rate: 5/s } }
  - { match: { path: /b }, to: web, request: { set: { X-Key: geheim } } }
"#,
    );
    let after = read(
        r#"
clients: { mobile: { blocked: true }, new: { groups: [partners] } }
brokers: { orders: { url: amqp://u:neu@mq }, more: { url: "amqp://u:geheim@mq" } }
gateway: { counters: { redis: "redis://:geheim@cache" } }
routes:
  - { match: { path: /a }, to: web, auth: { any_of: api_key, scopes: [a, b], methods: { GET: anyone } }, limits: { rate: 9/s } }
  - { match: { path: /b }, to: web, auth: anyone, request: { set: { X-Key: neu } } }
"#,
    );
    let text: Vec<String> = diff(&before, &after).iter().map(ToString::to_string).collect();
    let expected = r#"gateway.counters: added, {"redis":"(not shown)","when_gone":"local"} (routing only)
routes[/a].auth.scopes: ["a"] → ["a", "b"] (routing only)
routes[/a].auth.methods.GET: added, anyone (routing only)
routes[/a].limits: [{"rate":"5/s","burst":5}] → [{"rate":"9/s","burst":9}] (routing only)
routes[/b].auth: added, anyone (routing only)
routes[/b].request.set.x-key: (not shown) → (not shown) (routing only)
clients.mobile.blocked: false → true (routing only)
clients.new: added, {"groups":["partners"],"blocked":false} (routing only)
clients.old: removed, was {"title":"옛 앱","blocked":false} (routing only)
brokers.more: added, {"url":"(not shown)"} (nothing that runs changes)
brokers.orders.url: (not shown) → (not shown) (nothing that runs changes)"#;
    assert_eq!(text.join("\n"), expected);
}
