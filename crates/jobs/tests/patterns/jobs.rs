//! A request becomes a job.

use std::sync::Arc;

use http::StatusCode;
use naru_model::policy::{Job, Pattern};
use tokio::sync::Semaphore;

use crate::{at_once, here, job, route, when_let};

#[tokio::test]
async fn a_job_is_accepted_and_its_result_fetched() {
    let here = here(vec![route("work", Pattern::Job(job()))], |got| {
        let told = format!("{} {} {} {}", got.method, got.path, got.header("x-mine"), got.body);
        assert_eq!(got.header("idempotency-key").len(), 32, "the job's id, when its client gives none");
        at_once((StatusCode::CREATED, [("x-theirs", "2"), ("connection", "close")], told))
    })
    .await;
    let accepted = here
        .ask(
            "PUT",
            "/work/1?a=b",
            &[("x-mine", "1"), ("x-client", "mobile"), ("prefer", "respond-async")],
            "hi",
        )
        .await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
    assert_eq!(accepted.header("preference-applied"), "respond-async");
    let location = accepted.header("location");
    assert!(location.starts_with("/.naru/jobs/") && location.len() == "/.naru/jobs/".len() + 32);

    let mine = [("x-client", "mobile"), ("prefer", "wait=60")];
    let status = here.ask("GET", location, &mine, "").await.json();
    assert_eq!((&status["state"], &status["attempts"]), (&"done".into(), &1.into()));
    let result = here.ask("GET", status["result"].as_str().unwrap(), &mine, "").await;
    assert_eq!((result.status, result.body.as_str()), (StatusCode::CREATED, "PUT /work/1?a=b 1 hi"));
    assert_eq!(result.header("x-theirs"), "2");

    for other in [&[("x-client", "web")][..], &[]] {
        assert_eq!(here.ask("GET", location, other, "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(here.ask("DELETE", location, other, "").await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(here.ask("DELETE", location, &mine, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(here.ask("GET", location, &mine, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_result_that_comes_within_the_preferred_wait_is_the_answer() {
    let permits = Arc::new(Semaphore::new(1));
    let let_one = permits.clone();
    let here =
        here(vec![route("work", Pattern::Job(job()))], move |_| when_let(permits.clone(), "done")).await;
    let preferred = [("prefer", "respond-async, wait=60")];
    let answer = here.ask("POST", "/work", &preferred, "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "done"));
    assert_eq!(answer.header("preference-applied"), "wait=60");

    let answer = here.ask("POST", "/work", &[("prefer", "respond-async, wait=1")], "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.header("preference-applied"), "respond-async, wait=1");
    let result = here.ask("GET", &format!("{}/result", answer.header("location")), &[], "").await;
    assert_eq!((result.status, result.header("retry-after")), (StatusCode::CONFLICT, "1"));
    let_one.add_permits(1);
    assert_eq!(here.ended(answer.header("location")).await["state"], "done");
}

#[tokio::test]
async fn the_same_key_is_the_same_job_and_another_request_with_it_is_refused() {
    let here = here(vec![route("work", Pattern::Job(job()))], |got| at_once(got.body)).await;
    let keyed = [("idempotency-key", "\"a\""), ("x-client", "mobile")];
    let first = here.ask("POST", "/work", &keyed, "1").await;
    let again = here.ask("POST", "/work", &keyed, "1").await;
    assert_eq!((first.header("location"), again.status), (again.header("location"), StatusCode::ACCEPTED));
    assert_eq!(here.ask("POST", "/work", &keyed, "2").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(here.ask("POST", "/work/2", &keyed, "1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = here.ask("POST", "/work", &[("idempotency-key", "a"), ("x-client", "web")], "2").await;
    assert_eq!(other.status, StatusCode::ACCEPTED, "another client's keys are its own");
    assert_eq!(
        here.ask("POST", "/work", &[("idempotency-key", "")], "1").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_route_may_answer_so_only_when_asked_to() {
    let on_request = Job { on_request: true, ..job() };
    let here = here(vec![route("work", Pattern::Job(on_request))], |got| {
        at_once((StatusCode::IM_A_TEAPOT, format!("{} {}", got.path, got.body)))
    })
    .await;
    let answer = here.ask("POST", "/work?a", &[], "hi").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::IM_A_TEAPOT, "/work?a hi"));
    let answer = here.ask("POST", "/work", &[("prefer", "respond-async")], "hi").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(here.ended(answer.header("location")).await["state"], "failed");
}

#[tokio::test]
async fn a_cancelled_job_ends_at_once() {
    let permits = Arc::new(Semaphore::new(0));
    let here = here(vec![route("work", Pattern::Job(job()))], move |_| when_let(permits.clone(), "")).await;
    let accepted = here.ask("POST", "/work", &[], "").await;
    let location = accepted.header("location");
    assert_eq!(here.ask("DELETE", location, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(here.ended(location).await["state"], "cancelled");
    let result = here.ask("GET", &format!("{location}/result"), &[], "").await;
    assert_eq!(result.status, StatusCode::GONE);
    let figures = here.jobs.figures().await.unwrap();
    assert_eq!((figures[0].queued, figures[0].running, figures[0].oldest), (0, 0, None));
}

#[tokio::test]
async fn strangers_and_unknown_routes_are_refused() {
    let here = here(vec![route("work", Pattern::Job(job()))], |_| at_once("")).await;
    assert_eq!(here.ask("POST", "/elsewhere", &[], "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    for path in [
        "/.naru/jobs/",
        "/.naru/jobs/00000000000000000000000000000000",
        "/.naru/jobs/..%2f..",
        "/.naru/await/x",
    ] {
        let answer = here.ask("GET", path, &[], "").await;
        assert!(answer.status.is_client_error(), "{path}: {answer:?}");
    }
    let body = "x".repeat((1 << 20) + 1);
    assert_eq!(here.ask("POST", "/work", &[], &body).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        std::fs::read_dir(here.folder.path().join("jobs")).unwrap().count(),
        0,
        "what was refused leaves nothing"
    );

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = here.jobs.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    here.gateway.jobs_at(None);
    let direct = crate::world::direct(address, "/work").await;
    assert_eq!(direct.status, StatusCode::NOT_FOUND, "without the secret nothing is there");
}
