//! What is kept: over restarts, in files, and not beyond the room that there is.

use std::sync::Arc;

use http::StatusCode;
use naru_jobs::Settings;
use naru_model::policy::{Job, Pattern};
use naru_model::units::Bytes;
use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

use crate::world::{Answer, Gateway};
use crate::{Here, at_once, here, job, open, route, when_let};

fn routes() -> Vec<naru_jobs::Route> {
    vec![route("work", Pattern::Job(job()))]
}

#[tokio::test]
async fn what_ran_at_the_end_runs_again_at_the_next_start() {
    let (called, permits) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (calls, lets) = (called.clone(), permits.clone());
    let before = here(routes(), move |_| {
        calls.notify_one();
        when_let(lets.clone(), "done")
    })
    .await;
    let accepted = before.ask("POST", "/work", &[], "x").await;
    called.notified().await;
    let Here { gateway, jobs, folder } = before;
    jobs.close().await;

    permits.add_permits(2);
    let jobs = open(&folder, Settings::LARGEST, &gateway, routes()).await;
    let after = Here { gateway, jobs, folder };
    assert_eq!(after.ended(accepted.header("location")).await["state"], "done");
}

#[tokio::test]
async fn large_bodies_stand_in_files_that_go_with_their_job() {
    let here = here(routes(), |got| at_once(got.body.repeat(2))).await;
    let files = || std::fs::read_dir(here.folder.path().join("jobs")).unwrap().count();
    let body = "0123456789".repeat(20_000);
    let accepted = here.ask("POST", "/work", &[("idempotency-key", "a")], &body).await;
    let again = here.ask("POST", "/work", &[("idempotency-key", "a")], &body).await;
    assert_eq!(accepted.header("location"), again.header("location"));
    let location = accepted.header("location");
    assert_eq!(here.ended(location).await["state"], "done");
    let result = here.ask("GET", &format!("{location}/result"), &[], "").await;
    assert_eq!(result.body, body.repeat(2));
    assert_eq!(files(), 1, "the request is needed no more");
    here.ask("DELETE", location, &[], "").await;
    assert_eq!(files(), 0);
}

#[tokio::test]
async fn without_room_nothing_is_accepted_and_nothing_accepted_is_lost() {
    let permits = Arc::new(Semaphore::new(0));
    let lets = permits.clone();
    let service = move |got: crate::world::Got| -> Answer {
        let length = got.body.len().to_string();
        when_let(lets.clone(), length)
    };
    let folder = TempDir::new().unwrap();
    let gateway = Gateway::start(Arc::new(service)).await;
    let one_at_a_time = vec![route("work", Pattern::Job(Job { concurrency: 1, ..job() }))];
    let jobs = open(&folder, Bytes(1 << 20), &gateway, one_at_a_time).await;
    let here = Here { gateway, jobs, folder };
    let body = "x".repeat(50_000);
    let mut accepted = Vec::new();
    let refused = loop {
        let answer = here.ask("POST", "/work", &[], &body).await;
        if answer.status != StatusCode::ACCEPTED {
            break answer;
        }
        accepted.push(answer.header("location").to_owned());
        assert!(accepted.len() < 30, "1 MiB holds no thirty bodies of 50 kB");
    };
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
    assert!(!refused.header("retry-after").is_empty() && accepted.len() > 5);
    permits.add_permits(1000);
    for location in &accepted {
        assert_eq!(here.ended(location).await["state"], "done");
        let result = here.ask("GET", &format!("{location}/result"), &[], "").await;
        assert_eq!(result.body, "50000");
    }
    let answer = here.ask("POST", "/work", &[], &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "there is room again");
}
