//! What can't be done: attempts, dead letters, replay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::StatusCode;
use naru_model::job::DeadSearch;
use naru_model::policy::{Job, Pattern};

use crate::{at_once, here, job, route};

#[tokio::test]
async fn a_service_that_says_not_now_is_asked_again() {
    let calls = AtomicUsize::new(0);
    let patient = Job { attempts: 3, ..job() };
    let here = here(vec![route("work", Pattern::Job(patient))], move |_| {
        let not_now = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS];
        let status = not_now.get(calls.fetch_add(1, Ordering::Relaxed)).copied();
        at_once((status.unwrap_or(StatusCode::OK), "done"))
    })
    .await;
    let accepted = here.ask("POST", "/work", &[], "").await;
    let status = here.ended(accepted.header("location")).await;
    assert_eq!((&status["state"], &status["attempts"]), (&"done".into(), &3.into()));
}

#[tokio::test]
async fn a_dead_letter_is_looked_at_replayed_and_dropped() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = well.clone();
    let here = here(vec![route("work", Pattern::Job(job()))], move |_| {
        at_once(if is_well.load(Ordering::Relaxed) { StatusCode::OK } else { StatusCode::BAD_GATEWAY })
    })
    .await;
    let accepted = here
        .ask(
            "POST",
            "/work?x=1",
            &[("x-client", "mobile"), ("x-mine", "1"), ("authorization", "Bearer x")],
            "hi",
        )
        .await;
    let other = here.ask("POST", "/work", &[], "").await;
    let location = accepted.header("location");
    let mine = [("x-client", "mobile"), ("prefer", "wait=60")];
    assert_eq!(here.ask("GET", location, &mine, "").await.json()["state"], "dead");
    assert_eq!(here.ended(other.header("location")).await["state"], "dead");
    let result = here.ask("GET", &format!("{location}/result"), &mine, "").await;
    assert_eq!(result.status, StatusCode::BAD_GATEWAY);

    let dead = here.jobs.dead(&DeadSearch::default()).await.unwrap();
    assert_eq!((dead.len(), dead[1].path.as_str(), dead[1].attempts), (2, "/work?x=1", 2));
    assert!(dead[1].why.contains("502"), "{}", dead[1].why);
    let older = DeadSearch { after: Some(dead[0].id.clone()), ..DeadSearch::default() };
    assert_eq!(here.jobs.dead(&older).await.unwrap(), dead[1..]);
    let none = DeadSearch { route: Some("other".to_owned()), ..DeadSearch::default() };
    assert!(here.jobs.dead(&none).await.unwrap().is_empty());
    let opened = here.jobs.open_dead(&dead[1].id).await.unwrap().unwrap();
    assert_eq!((opened.body.as_str(), opened.truncated), ("hi", false));
    assert!(opened.headers.contains(&("x-mine".to_owned(), "1".to_owned())));
    assert!(opened.headers.contains(&("authorization".to_owned(), "(hidden)".to_owned())));
    assert_eq!(here.jobs.figures().await.unwrap()[0].dead, 2);
    let refused = here.ask("DELETE", location, &mine, "").await;
    assert_eq!(refused.status, StatusCode::NO_CONTENT);
    assert_eq!(
        here.jobs.dead(&DeadSearch::default()).await.unwrap().len(),
        2,
        "its caller can't make it unseen"
    );

    well.store(true, Ordering::Relaxed);
    assert!(here.jobs.replay(&dead[1].id).await.unwrap());
    assert!(!here.jobs.replay(&dead[1].id).await.unwrap(), "it is dead no more");
    assert_eq!(here.ask("GET", location, &mine, "").await.json()["state"], "done");
    assert!(here.jobs.discard(&dead[0].id).await.unwrap() && !here.jobs.discard(&dead[1].id).await.unwrap());
    let figures = here.jobs.figures().await.unwrap();
    assert_eq!((figures[0].dead, figures[0].done), (0, 1));
    assert!(here.jobs.open_dead(&dead[0].id).await.unwrap().is_none());
}
