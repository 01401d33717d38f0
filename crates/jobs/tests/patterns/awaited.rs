//! Callers that wait for an asynchronous service.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use naru_model::policy::{Await, Pattern};
use tokio::sync::mpsc;

use crate::{at_once, here, route};

fn polled() -> Await {
    Await { poll: Some(Duration::from_millis(5)), callback_header: None, timeout: Duration::from_secs(60) }
}

fn called_back() -> Await {
    Await { poll: None, callback_header: Some("x-reply-to".to_owned()), ..polled() }
}

#[tokio::test]
async fn naru_polls_until_there_is_a_result() {
    let polls = Arc::new(AtomicUsize::new(0));
    let here = here(vec![route("slow", Pattern::Await(polled()))], move |got| match got.path.as_str() {
        "/slow" => at_once((StatusCode::ACCEPTED, [("location", "http://127.0.0.1:1/status/1")])),
        "/status/1" if polls.fetch_add(1, Ordering::Relaxed) < 3 => {
            assert_eq!(
                (got.method.as_str(), got.header("x-mine"), got.header("content-type")),
                ("GET", "1", "")
            );
            at_once(StatusCode::ACCEPTED)
        }
        "/status/1" => at_once((StatusCode::SEE_OTHER, [("location", "../result?1")])),
        _ => at_once((StatusCode::CREATED, [("x-theirs", "2")], got.path)),
    })
    .await;
    let answer = here.ask("POST", "/slow", &[("x-mine", "1"), ("content-type", "text/plain")], "hi").await;
    assert_eq!((answer.status, answer.header("x-theirs")), (StatusCode::CREATED, "2"));
    assert_eq!(answer.body, "/result?1");
}

#[tokio::test]
async fn an_answer_that_is_none_to_wait_for_is_passed_on() {
    let here =
        here(vec![route("slow", Pattern::Await(polled()))], |_| at_once((StatusCode::CONFLICT, "no"))).await;
    let answer = here.ask("POST", "/slow", &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::CONFLICT, "no"));
}

#[tokio::test]
async fn the_service_calls_back_at_an_address_made_for_this_one_call() {
    let (told, mut tells) = mpsc::unbounded_channel::<String>();
    let here = here(vec![route("slow", Pattern::Await(called_back()))], move |got| {
        told.send(got.header("x-reply-to").to_owned()).unwrap();
        at_once(StatusCode::ACCEPTED)
    })
    .await;
    let gateway = here.gateway.clone();
    let waits = tokio::spawn(async move { gateway.ask("POST", "/slow", &[], "").await.unwrap() });
    let url = tells.recv().await.unwrap();
    let path = url[url.find("/.naru/").unwrap()..].to_owned();
    let taken = here.ask("POST", &path, &[("content-type", "text/x-done")], "done").await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
    let answer = waits.await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "done"));
    assert_eq!(answer.header("content-type"), "text/x-done");
    let late = here.ask("POST", &path, &[], "again").await;
    assert_eq!(late.status, StatusCode::NOT_FOUND, "it is good for one result");
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let short = Await { timeout: Duration::from_millis(50), ..called_back() };
    let (told, mut tells) = mpsc::unbounded_channel::<String>();
    let here = here(vec![route("slow", Pattern::Await(short))], move |got| {
        told.send(got.header("x-reply-to").to_owned()).unwrap();
        at_once(StatusCode::ACCEPTED)
    })
    .await;
    let answer = here.ask("POST", "/slow", &[], "").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    let url = tells.recv().await.unwrap();
    let path = &url[url.find("/.naru/").unwrap()..];
    assert_eq!(here.ask("POST", path, &[], "late").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_service_that_says_nowhere_to_ask_is_at_fault() {
    let here = here(vec![route("slow", Pattern::Await(polled()))], |_| at_once(StatusCode::ACCEPTED)).await;
    assert_eq!(here.ask("POST", "/slow", &[], "").await.status, StatusCode::BAD_GATEWAY);
}
