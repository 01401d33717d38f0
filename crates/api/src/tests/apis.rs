//! What a platform offers, in words.

use std::path::Path;

use serde_json::json;

use super::Served;

const YAML: &str = r#"
access: { default: deny }
clients: { mobile: { scopes: [booking.read] } }
functions: { booking: { name: { ko: 예매 } } }
services:
  booking: { exec: ["true"] }
links:
  bank: { url: "https://bank.example.go.kr", limits: { concurrency: 5 } }
routes:
  - match: { host: api.example.go.kr, path: /booking/**, methods: [GET, POST], headers: { x-version: "2" } }
    to: booking
    function: booking
    auth: { any_of: api_key, scopes: [booking.read], networks: 192.0.2.0/24, deny: { clients: mobile } }
    limits: [{ rate: 50/s, burst: 100, per: [client, route] }, { quota: 1000/month }]
    path: { from: /booking/**, to: /** }
    cache: {}
    convert: [{ xml: { spoken_by: service } }]
    sunset: { deprecated: 2026-01-01T00:00:00Z, gone: 2027-01-01T00:00:00Z }
  - match: { path: /later/** }
    to: booking
    job: {}
    auth: {}
"#;

#[tokio::test]
async fn each_route_and_link_is_told_in_the_words_of_the_file() {
    let served = Served::start().await;
    assert_eq!(served.get("/v1/apis").await.json(), json!([]));
    let platform = naru_config::parse("naru.yaml", YAML, Path::new("/"), naru_config::Machine::detect());
    *served.fake.platform.lock().unwrap() = Some(platform.unwrap());
    let apis = served.get("/v1/apis").await.json();
    let booking = json!({
        "name": apis[0]["name"],
        "match": "GET,POST api.example.go.kr/booking/** header x-version=2",
        "host": "api.example.go.kr", "path": "/booking/**", "methods": ["GET", "POST"],
        "services": ["booking"], "function": "booking", "link": false,
        "auth": {
            "open": false, "any_of": ["api_key"], "scopes": ["booking.read"], "groups": [], "clients": [],
            "networks": ["192.0.2.0/24"], "methods": [], "deny": ["mobile"],
        },
        "limits": ["rate 50/s burst 100 per client, route", "quota 1000/month"],
        "patterns": null, "conversions": ["path", "xml (service)"], "cache": true,
        "deprecated": 1_767_225_600_000_000_u64, "gone": 1_798_761_600_000_000_u64,
    });
    assert_eq!(apis[0], booking);
    assert_eq!((&apis[1]["patterns"], &apis[1]["auth"]["open"]), (&json!("job"), &json!(true)));
    assert_eq!(
        (&apis[2]["name"], &apis[2]["link"], &apis[2]["limits"]),
        (&json!("bank.link.naru"), &json!(true), &json!(["concurrency 5"]))
    );
}
