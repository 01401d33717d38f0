//! Browsers: signing in, the cookie, and what other sites' pages can't do with it.

use naru_model::access::Role;
use naru_model::units::Timestamp;
use serde_json::json;

use super::{Answer, JSON, Served, TOKEN, shows};

/// The header that a browser sends after this answer.
fn cookie_of(answer: &Answer) -> String {
    let line = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("cookie: other=1; {}\r\n", line.split(';').next().unwrap())
}

async fn signed_in(served: &Served, secret: &str) -> String {
    let answer = served.ask("POST", "/v1/session", JSON, &json!({"token": secret}).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("; httponly; samesite=strict") && !answer.head.contains("secure"));
    assert!(answer.head.contains("cache-control: no-store"));
    cookie_of(&answer)
}

#[tokio::test]
async fn a_browser_signs_in_looks_and_signs_out() {
    let served = Served::start().await;
    served.fake.give("kim", Role::Operator, "kims", None);
    let cookie = signed_in(&served, "kims").await;
    let who = served.get_remote("/v1/session", &cookie).await;
    assert_eq!(who.json(), json!({"name": "kim", "role": "operator"}));
    assert_eq!(served.get_remote("/v1/status", &cookie).await.status, 200);
    assert_eq!(served.get_remote("/v1/audit", &cookie).await.problem().0, 403);

    let out = served.ask("DELETE", "/v1/session", &format!("{cookie}x-naru-console: 1\r\n"), "").await;
    assert_eq!((out.status, out.head.contains("max-age=0")), (204, true));
    assert_eq!(served.get_remote("/v1/status", &cookie).await.problem().0, 401);
    let kept: Vec<String> = served.fake.audits.borrow().iter().map(|entry| entry.action.clone()).collect();
    assert_eq!(kept, ["begin_session", "end_session"]);
    assert_eq!(served.ask("POST", "/v1/session", JSON, r#"{"token": "wrong"}"#).await.problem().0, 401);
    assert_eq!(served.post("/v1/session", r#"{"token": "kims"}"#).await.problem().0, 422);
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_after_a_week() {
    let served = Served::start().await;
    let id = served.fake.give("kim", Role::Viewer, "kims", None);
    let (kims, admins) = (signed_in(&served, "kims").await, signed_in(&served, TOKEN).await);
    assert_eq!(served.get_remote("/v1/session", &admins).await.json()["role"], "admin");
    served.local().revoke_token(id).await.unwrap();
    assert_eq!(served.get_remote("/v1/status", &kims).await.problem().0, 401);
    assert_eq!(served.get_remote("/v1/status", &admins).await.status, 200);
    let week = Timestamp(served.fake.clock.lock().unwrap().0 + 7 * 86_400_000_000);
    *served.fake.clock.lock().unwrap() = week;
    assert_eq!(served.get_remote("/v1/status", &admins).await.problem().0, 401);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_with_the_cookie() {
    let served = Served::start().await;
    let cookie = signed_in(&served, TOKEN).await;
    let scale = async |more: &str| {
        let headers = format!("{cookie}{JSON}{more}");
        served.ask("POST", "/v1/services/booking/scale", &headers, r#"{"instances": 3}"#).await.status
    };
    for forged in ["", "origin: http://evil.example\r\n", "origin: null\r\n", "origin: https://naru\r\n"] {
        assert_eq!(scale(forged).await, 403, "{forged}");
    }
    assert!(served.fake.asked.lock().unwrap().is_empty());
    assert_eq!(scale("x-naru-console: 1\r\n").await, 202);
    assert_eq!(scale("origin: http://naru\r\n").await, 202);
    // Who shows the token is no browser that was led astray.
    let headers = format!("{}{JSON}origin: http://evil.example\r\n", shows(TOKEN));
    let shown = served.ask("POST", "/v1/services/booking/scale", &headers, r#"{"instances": 3}"#).await;
    assert_eq!(shown.status, 202);
    let outcomes: Vec<u16> = served.fake.audits.borrow().iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, [200, 403, 403, 403, 403, 202, 202, 202]);
}

#[tokio::test]
async fn a_stream_needs_no_more_than_the_cookie() {
    let served = Served::start().await;
    let cookie = signed_in(&served, TOKEN).await;
    let mut stream = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let request = format!("GET /v1/status?follow=true HTTP/1.1\r\nhost: naru\r\n{cookie}\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.windows(8).any(|bytes| bytes == b"\ndata: {") {
        let more = tokio::io::AsyncReadExt::read_buf(&mut stream, &mut read).await.unwrap();
        assert!(more > 0, "{}", String::from_utf8_lossy(&read));
    }
}
