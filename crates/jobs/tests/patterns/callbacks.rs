//! Results that are posted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use naru_model::policy::{Job, Pattern};
use tokio::sync::mpsc;

use crate::world::{Gateway, Got, SECRET, open_door};
use crate::{at_once, here, job, route};

#[tokio::test]
async fn a_result_is_posted_signed_until_it_is_heard() {
    let (heard, mut hears) = mpsc::unbounded_channel::<Got>();
    let tries = Arc::new(AtomicUsize::new(0));
    let listener = Gateway::start(Arc::new(move |got| {
        let deaf = tries.fetch_add(1, Ordering::Relaxed) == 0;
        heard.send(got).unwrap();
        at_once(if deaf { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT })
    }))
    .await;
    let open = open_door(listener).await;
    // The name of a variable that every process has: tests can't set one safely.
    let policy = Job {
        callback_secret: Some("PATH".to_owned()),
        callback_hosts: vec!["127.0.0.1".to_owned()],
        ..job()
    };
    let here = here(vec![route("work", Pattern::Job(policy))], |got| {
        at_once((StatusCode::CREATED, [("content-type", "text/x-done")], got.body))
    })
    .await;
    let prefer = format!("respond-async, callback; url=\"http://{open}/heard?id=1\"");
    let accepted = here.ask("POST", "/work", &[("prefer", &prefer)], "hi").await;
    assert_eq!(accepted.header("preference-applied"), "respond-async, callback");

    let id = accepted.header("location").rsplit('/').next().unwrap();
    let first = hears.recv().await.unwrap();
    let second = hears.recv().await.unwrap();
    for got in [&first, &second] {
        assert_eq!((got.path.as_str(), got.body.as_str()), ("/heard?id=1", "hi"));
        assert_eq!((got.header("naru-job"), got.header("naru-status")), (id, "201"));
        assert_eq!(got.header("content-type"), "text/x-done");
        assert!(
            got.header("naru-signature").starts_with("t=") && got.header("naru-signature").contains(",v1=")
        );
        assert_ne!(got.header("naru-own"), SECRET, "our secret is for the gateway alone");
    }
}

#[tokio::test]
async fn callbacks_go_only_where_they_may() {
    let listed = Job { callback_hosts: vec!["*.example.go.kr".to_owned()], ..job() };
    let routes = vec![route("work", Pattern::Job(listed)), route("closed", Pattern::Job(job()))];
    let here = here(routes, |_| at_once("")).await;
    for (path, url) in [
        ("/work", "http://127.0.0.1:9/"),
        ("/work", "http://localhost:9/"),
        ("/work", "https://example.go.kr/"),
        ("/closed", "https://www.example.go.kr/"),
    ] {
        let prefer = format!("respond-async, callback; url=\"{url}\"");
        let answer = here.ask("POST", path, &[("prefer", &prefer)], "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}");
    }
    assert!(
        here.jobs.figures().await.unwrap().iter().all(|figures| figures.done == 0 && figures.queued == 0)
    );
}
