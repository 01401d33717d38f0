//! Each path: what it answers, and how it refuses.

use std::sync::atomic::Ordering;

use http::header::AUTHORIZATION;
use serde_json::json;

use super::{Answer, Served, TOKEN, post};
use crate::peer;

fn me() -> String {
    peer::local_user(rustix::process::geteuid().as_raw())
}

#[tokio::test]
async fn what_is_asked_is_shown() {
    let served = Served::start().await;
    let status = served.get("/v1/status").await;
    assert_eq!((status.status, &status.json()["platform"]), (200, &json!("public-portal")));
    assert!(status.head.contains(&format!("naru-version: {}", env!("CARGO_PKG_VERSION"))), "{}", status.head);
    let service = served.get("/v1/services/booking").await;
    assert_eq!((service.status, &service.json()["instances"][0]["id"]), (200, &json!("booking-3-1")));
    let revisions = served.get("/v1/services/booking/revisions").await;
    assert_eq!((revisions.status, &revisions.json()[0]["number"]), (200, &json!(1)));
    let logs = served.get("/v1/services/booking/logs?lines=2&instance=booking-3-1").await;
    let line = json!({"time": 7, "instance": "booking-3-1", "stream": "stderr", "text": "b"});
    assert_eq!((logs.status, &logs.json()[1]), (200, &line));
    let metrics = served.get("/metrics").await;
    assert_eq!((metrics.status, metrics.body.as_str()), (200, "naru_gateway_up 1\n"));
    assert!(metrics.head.contains("content-type: text/plain; version=0.0.4"), "{}", metrics.head);
}

#[tokio::test]
async fn a_whole_number_is_one_however_it_is_written() {
    let served = Served::start().await;
    let scaled = served.post("/v1/services/booking/scale", r#"{"instances": 4.0}"#).await;
    assert_eq!((scaled.status, &scaled.json()["desired"]), (202, &json!(4)));
    for no in ["4.5", "1e300", "-4.0"] {
        let (status, detail) =
            served.post("/v1/services/booking/scale", &format!(r#"{{"instances": {no}}}"#)).await.problem();
        assert_eq!((status, detail.contains("line 1 column")), (400, true), "{no}: {detail}");
    }
    let deploy =
        async |env: &str| served.post("/v1/services/booking/deploy", &format!(r#"{{"env": {env}}}"#)).await;
    for env in [r#"{"": "a"}"#, r#"{"a=b": "c"}"#, r#"{"a": "\u0000"}"#] {
        assert_eq!(deploy(env).await.problem().0, 422, "{env}");
    }
    assert_eq!(deploy(r#"{"a": ""}"#).await.status, 202);
}

#[tokio::test]
async fn a_body_is_as_the_document_has_it() {
    let served = Served::start().await;
    // serde would take each of these for an object, its fields in their order.
    for (path, body, place) in [
        ("/v1/services/booking/scale", "[4]", ""),
        ("/v1/clients", r#"{"name": "mobile", "client": ["Mobile app"]}"#, "/client"),
        (
            "/v1/clients",
            r#"{"name": "mobile", "client": {"limits": [[{"concurrency": [4]}, []]]}}"#,
            "/client/limits/0",
        ),
    ] {
        let (status, detail) = served.post(path, body).await.problem();
        let says = format!("can't be read: {}", if place.is_empty() { "" } else { "at " }) + place;
        assert_eq!((status, detail.contains(&says)), (400, true), "{body}: {detail}");
    }
    let limited = r#"{"name": "mobile", "client": {"limits": [{"of": {"calls": {"rate": 5000, "burst": 5}}, "per": ["client"]}]}}"#;
    assert_eq!(served.post("/v1/clients", limited).await.status, 201);
}

#[tokio::test]
async fn health_is_a_status_that_a_load_balancer_understands() {
    let served = Served::start().await;
    let answer = served.get("/healthz").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"ready": true, "reasons": []})));
    served.fake.ready.store(false, Ordering::Relaxed);
    let answer = served.get("/healthz").await;
    assert_eq!(
        (answer.status, &answer.json()["reasons"][0]),
        (503, &json!("booking has 1 of 2 instances ready"))
    );
}

#[tokio::test]
async fn events_are_listed_by_service_number_and_place() {
    let served = Served::start().await;
    for n in 1..=4 {
        served.fake.say((n % 2 == 0).then_some("booking"), &format!("event {n}"));
    }
    let ids = async |query: &str| {
        let events = served.get(&format!("/v1/events{query}")).await;
        events
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [1, 2, 3, 4]);
    assert_eq!(ids("?limit=1").await, [4]);
    assert_eq!(ids("?after=1&limit=2").await, [2, 3]);
    assert_eq!(ids("?service=booking&follow=false").await, [2, 4]);
}

#[tokio::test]
async fn what_is_wanted_is_handed_on_with_the_name_of_who_asks() {
    let served = Served::start().await;
    let me = me();
    let asked = |answer: &Answer| (answer.status, served.fake.asked.lock().unwrap().pop().unwrap());

    let answer = served.post("/v1/services/booking/deploy", r#"{"env": {"A": "1"}}"#).await;
    assert_eq!(answer.json(), json!({"service": "booking", "revision": 4}));
    assert_eq!(asked(&answer), (202, format!("deploy booking {{\"A\": \"1\"}} by {me}")));
    // Nothing given is the same again; then no media type is needed either.
    let answer = served.send(&post("/v1/services/booking/deploy", "", "")).await;
    assert_eq!(asked(&answer), (202, format!("deploy booking {{}} by {me}")));
    let answer = served.post("/v1/services/booking/rollback", r#"{"to": 1}"#).await;
    assert_eq!(asked(&answer), (202, format!("rollback booking to Some(1) by {me}")));
    let answer = served.post("/v1/services/booking/rollback", "").await;
    assert_eq!(asked(&answer), (202, format!("rollback booking to None by {me}")));
    let answer = served.post("/v1/services/booking/scale", r#"{"instances": 5}"#).await;
    assert_eq!(answer.json(), json!({"service": "booking", "desired": 5}));
    assert_eq!(asked(&answer), (202, format!("scale booking to Some(5) by {me}")));
    let answer = served.post("/v1/check", r#"{"text": "services: {}", "path": "/srv/naru.yaml"}"#).await;
    assert_eq!(answer.json()["changes"][0], json!({"subject": "service booking", "message": "is new"}));
    assert_eq!(asked(&answer), (200, "check /srv/naru.yaml".to_owned()));
    let answer = served.post("/v1/upgrade", r#"{"binary": "/opt/naru"}"#).await;
    assert_eq!(asked(&answer), (202, format!("upgrade to /opt/naru by {me}")));
    let answer = served.post("/v1/stop", "").await;
    assert_eq!(asked(&answer), (202, format!("stop by {me}")));

    served.remote(Some(TOKEN)).stop().await.unwrap();
    assert_eq!(served.fake.asked.lock().unwrap().pop().unwrap(), "stop by api 127.0.0.1");
}

#[tokio::test]
async fn over_tcp_nothing_but_health_is_told_without_the_token() {
    let served = Served::start().await;
    for header in [
        "",
        "authorization: Bearer wrong\r\n",
        "authorization: Basic czNjcmV0\r\n",
        "cookie: naru_session=x\r\n",
    ] {
        for path in ["/v1/status", "/metrics", "/v1/events?follow=true", "/nowhere"] {
            let answer = served.get_remote(path, header).await;
            let (status, detail) = answer.problem();
            assert_eq!(status, 401, "{path} {header}");
            assert!(detail.contains("token"), "{detail}");
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        }
        assert_eq!(served.get_remote("/healthz", header).await.status, 200);
    }
    let shown = format!("{AUTHORIZATION}: Bearer {TOKEN}\r\n");
    assert_eq!(served.get_remote("/v1/status", &shown).await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_that_says_what_is() {
    let served = Served::start().await;
    let (status, detail) = served.get("/v1/nowhere").await.problem();
    assert_eq!((status, detail.starts_with("there is nothing at /v1/nowhere")), (404, true), "{detail}");
    let (status, detail) = served.get("/v1/services/bookin").await.problem();
    assert_eq!((status, detail.as_str()), (404, "there is no service bookin; there are: booking"));
    let (status, detail) = served.get("/v1/services/Booking/logs").await.problem();
    assert_eq!((status, detail.starts_with("there is no service \"Booking\"")), (404, true), "{detail}");
    assert_eq!(served.get("/v1/services/other/revisions").await.problem().0, 404);
    let answer = served.get("/v1/stop").await;
    assert_eq!(answer.problem(), (405, "/v1/stop does not take GET".to_owned()));
    assert!(answer.head.contains("allow: post"), "{}", answer.head);
}

#[tokio::test]
async fn what_can_not_be_done_is_a_problem_in_the_platforms_words() {
    let served = Served::start().await;
    let answer = served.post("/v1/services/booking/rollback", r#"{"to": 99}"#).await;
    assert_eq!(answer.problem(), (422, "booking has no revision 99; it has 1 to 3".to_owned()));
    let answer = served.post("/v1/services/booking/scale", r#"{"instances": 7}"#).await;
    assert_eq!(answer.problem(), (409, "booking is being removed".to_owned()));
}

#[tokio::test]
async fn what_can_not_be_read_is_refused_before_anything_is_asked() {
    let served = Served::start().await;
    let scale = "/v1/services/booking/scale";
    for (body, why) in [
        (r#"{"instances": "#, "EOF while parsing"),
        (r#"{"instances": -1}"#, "invalid value"),
        (r#"{"instances": 5, "by": 1}"#, "unknown field `by`"),
        ("", "missing field `instances`"),
        ("[]", "the body can't be read"),
    ] {
        let (status, detail) = served.post(scale, body).await.problem();
        assert_eq!((status, detail.contains(why)), (400, true), "{body}: {detail}");
    }
    let form =
        served.send(&post(scale, "content-type: application/x-www-form-urlencoded\r\n", "instances=5")).await;
    assert_eq!(form.problem().0, 415);
    for query in ["?after=x", "?follow=perhaps", "?lines=5", "?service=Booking", "?limit=5&limit=6"] {
        let (status, detail) = served.get(&format!("/v1/events{query}")).await.problem();
        assert_eq!(
            (status, detail.starts_with("the query can't be read: ")),
            (400, true),
            "{query}: {detail}"
        );
    }
    assert_eq!(served.get("/v1/events?limit=0").await.problem().0, 422);
    assert_eq!(served.get("/v1/events?limit=1001").await.problem().0, 422);
    assert_eq!(served.get("/v1/services/booking/logs?lines=10001").await.problem().0, 422);
    assert_eq!(served.get("/v1/services/booking/logs?instance=booking").await.problem().0, 400);
    let others = served.get("/v1/services/booking/logs?instance=portal-1-1").await.problem();
    assert_eq!(others, (422, "portal-1-1 is no instance of booking".to_owned()));
    assert!(served.fake.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_oversized_body_is_refused_whether_its_length_is_told_or_not() {
    let served = Served::start().await;
    let told =
        "POST /v1/check HTTP/1.1\r\nhost: naru\r\nconnection: close\r\ncontent-length: 1048577\r\n\r\n";
    assert_eq!(served.send(told).await.problem(), (413, "the body is over 1048576 bytes".to_owned()));
    let chunked =
        "POST /v1/check HTTP/1.1\r\nhost: naru\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let body = format!("100001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x10_0001));
    assert_eq!(served.send(&format!("{chunked}{body}")).await.problem().0, 413);
}

#[tokio::test]
async fn the_inside_of_a_failure_is_logged_and_not_told() {
    let served = Served::start().await;
    served.fake.ready.store(false, Ordering::Relaxed);
    let answer = served.get("/metrics").await;
    assert_eq!(answer.problem(), (500, "could not count; the server's log says why".to_owned()));
    assert!(!answer.body.contains("sda1"));
    assert_eq!(*served.said.lock().unwrap(), ["api: GET /metrics: could not count: disk sda1 is gone"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_given_up() {
    let served = Served::start().await;
    let (status, detail) = served.post("/v1/upgrade", r#"{"binary": "/hang"}"#).await.problem();
    assert_eq!((status, detail.contains("longer than 60 seconds")), (504, true), "{detail}");
}
