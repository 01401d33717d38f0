use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, StatusCode};
use naru_model::job::DeadSearch;
use naru_model::units::{Bytes, Timestamp};
use tempfile::TempDir;

use crate::error::Error;
use crate::random;
use crate::store::Store;
use crate::store::body::{Kept, Of, SpoolError};
use crate::store::rows::{New, Outcome, Request, State};
use crate::store::writer::{Change, Written};

const LARGE: Bytes = Bytes(1 << 30);

fn new(id: &str, body: Kept) -> New {
    New {
        id: id.to_owned(),
        route: "work".to_owned(),
        caller: None,
        idempotency: None,
        origin: None,
        request: Request {
            method: "POST".to_owned(),
            host: "a".to_owned(),
            target: "/work".to_owned(),
            headers: HeaderMap::new(),
            body,
        },
        submitted: Timestamp(1),
        deadline: Timestamp(100),
        callback: None,
        given_up: None,
    }
}

fn inline(bytes: &'static [u8]) -> Kept {
    Kept::Inline(bytes.into())
}

async fn insert(store: &Store, new: New) -> Result<Written, Error> {
    store.writer.write(Change::Insert(Box::new(new))).await
}

fn finish(seq: i64, keep_until: u64) -> Change {
    let outcome = Outcome { status: StatusCode::OK, headers: HeaderMap::new(), body: inline(b"done") };
    Change::Finish {
        seq,
        outcome: Box::new(outcome),
        failed: false,
        now: Timestamp(10),
        keep_until: Timestamp(keep_until),
    }
}

#[tokio::test]
async fn many_at_once_are_all_kept_and_each_has_its_number() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let inserts = (0..500).map(|at| {
        let store = store.clone();
        tokio::spawn(async move { insert(&store, new(&format!("{at:032x}"), inline(b"x"))).await.unwrap() })
    });
    let mut numbers = std::collections::BTreeSet::new();
    for insert in inserts.collect::<Vec<_>>() {
        let Written::Inserted(seq) = insert.await.unwrap() else { panic!("not inserted") };
        assert!(numbers.insert(seq));
    }
    let to_do = store.to_do().await.unwrap();
    assert!(to_do.iter().map(|job| job.seq).eq(numbers));
}

#[tokio::test]
async fn one_that_fails_does_not_fail_its_neighbours() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let both =
        ["a", "b", "b", "c"].map(|id| store.writer.hand_in(Change::Insert(Box::new(new(id, inline(b""))))));
    let mut written = Vec::new();
    for handed_in in both {
        written.push(handed_in.await.unwrap());
    }
    let mut well = Vec::new();
    for written in written {
        well.push(written.await.unwrap().is_ok());
    }
    assert_eq!(well, [true, true, false, true], "an id can't be given twice");
}

#[tokio::test]
async fn what_ran_is_queued_and_what_nobody_knows_is_removed_at_the_next_start() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let (known, orphan) = (random::id().unwrap(), random::id().unwrap());
    let large = vec![b'x'; 100_000];
    let body = store.bodies.keep(&known, Of::Request, large.clone().into()).await.unwrap();
    store.bodies.keep(&orphan, Of::Request, large.into()).await.unwrap();
    let Written::Inserted(seq) = insert(&store, new(&known, body.clone())).await.unwrap() else { panic!() };
    store.writer.write(Change::Start { seq, attempt: 1 }).await.unwrap();
    assert_eq!(store.standing_of(seq).await.unwrap().unwrap().state, State::Running);
    store.close().await;

    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let standing = store.standing(&known).await.unwrap().unwrap();
    assert_eq!((standing.state, standing.attempts), (State::Queued, 1));
    assert_eq!(store.request(seq).await.unwrap().unwrap().body, body);
    let files: Vec<String> = store.bodies.list().unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(files, [known]);
}

#[tokio::test]
async fn a_job_ends_once_and_is_forgotten_in_its_time() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let Written::Inserted(seq) = insert(&store, new("a", inline(b"x"))).await.unwrap() else { panic!() };
    store.writer.write(Change::Start { seq, attempt: 1 }).await.unwrap();
    let cancel = || Change::Cancel { seq, now: Timestamp(9), keep_until: Timestamp(9) };
    assert_eq!(store.writer.write(finish(seq, 20)).await.unwrap(), Written::Changed(true));
    assert_eq!(store.writer.write(cancel()).await.unwrap(), Written::Changed(false));
    assert_eq!(store.writer.write(finish(seq, 99)).await.unwrap(), Written::Changed(false));
    let ended = store.ended().await.unwrap();
    assert_eq!(ended.into_iter().collect::<Vec<_>>(), [(("work".to_owned(), "done".to_owned()), 1)]);
    let clean = |now| store.writer.write(Change::Clean { now: Timestamp(now), most: 10 });
    assert_eq!(clean(19).await.unwrap(), Written::Cleaned(vec![]));
    assert_eq!(clean(20).await.unwrap(), Written::Cleaned(vec!["a".to_owned()]));
    assert!(store.standing("a").await.unwrap().is_none() && store.outcome(seq).await.unwrap().is_none());
    assert!(store.ended().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_result_whose_callback_is_owed_is_not_forgotten() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let told = New { callback: Some("https://a/".to_owned()), ..new("a", inline(b"x")) };
    let Written::Inserted(seq) = insert(&store, told).await.unwrap() else { panic!() };
    store.writer.write(finish(seq, 20)).await.unwrap();
    assert_eq!(store.callbacks().await.unwrap(), [(seq, Timestamp(10))]);
    let clean = || store.writer.write(Change::Clean { now: Timestamp(50), most: 10 });
    assert_eq!(clean().await.unwrap(), Written::Cleaned(vec![]));
    let end = Change::CallbackEnd { seq, tries: 1, state: "delivered", why: None };
    store.writer.write(end).await.unwrap();
    assert_eq!(clean().await.unwrap(), Written::Cleaned(vec!["a".to_owned()]));
}

#[tokio::test]
async fn a_message_given_up_is_a_dead_letter_at_once_and_only_once() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let letter = |id: &str| New {
        idempotency: Some(("orders 7".to_owned(), [0; 32])),
        origin: Some("orders 7".to_owned()),
        given_up: Some((5, "the service answered 500".to_owned())),
        ..new(id, inline(b"x"))
    };
    assert!(matches!(insert(&store, letter("a")).await.unwrap(), Written::Inserted(_)));
    assert_eq!(insert(&store, letter("b")).await.unwrap(), Written::Same("a".to_owned()));
    let dead = store.dead(&DeadSearch::default()).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts, dead[0].origin.as_deref()), (1, 5, Some("orders 7")));
    assert!(store.to_do().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_store_says_so_and_keeps_what_it_has() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), Bytes(256 << 10)).await.unwrap();
    let mut kept = 0;
    let error = loop {
        let large = Kept::Inline(vec![b'x'; 20_000].into());
        match insert(&store, new(&format!("{kept}"), large)).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Full { .. }) && kept > 0, "{error}");
    assert_eq!(store.to_do().await.unwrap().len(), kept);
}

#[tokio::test]
async fn a_body_over_the_bound_or_cut_off_leaves_no_file() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), LARGE).await.unwrap();
    let large = Body::from(vec![b'x'; 200_000]);
    let spooled = store.bodies.spool("a", Of::Request, large, 199_999).await;
    assert!(matches!(spooled, Err(SpoolError::TooLarge(199_999))));
    let pieces = [Ok(vec![b'x'; 100_000]), Err(std::io::Error::other("gone"))];
    let cut = Body::from_stream(futures_util::stream::iter(pieces));
    let spooled = store.bodies.spool("a", Of::Request, cut, 1 << 20).await;
    assert!(matches!(spooled, Err(SpoolError::Cut(_))));
    let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let given_up =
        tokio::time::timeout(Duration::from_millis(1), store.bodies.spool("b", Of::Request, never, 9));
    assert!(given_up.await.is_err());
    assert!(store.bodies.list().unwrap().is_empty());
}
