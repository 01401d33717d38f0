//! Grants, tokens taken back, assertions used: kept as long as they matter, and bounded.

use naru_model::name::ClientName;
use naru_model::oauth::{Grant, Revoked};

use super::*;

fn mobile() -> ClientName {
    "mobile".parse().unwrap()
}

fn grant(family: &str, current: u8, ends_at: u64) -> Grant {
    Grant {
        family: family.to_owned(),
        client: mobile(),
        scopes: vec!["read".to_owned()],
        current: [current; 32],
        made_at: Timestamp(1),
        ends_at: Timestamp(ends_at),
        access: vec![(format!("{family}-{current}"), Timestamp(50))],
    }
}

#[tokio::test]
async fn of_two_who_renew_a_grant_with_the_same_token_one_is_told_no() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.put_grant(&grant("f", 1, 100), Timestamp(1)).await.unwrap();
    let (used, next, other) = ([1; 32], grant("f", 2, 200), grant("f", 3, 200));
    let (a, b) = tokio::join!(state.renew_grant(&used, &next), state.renew_grant(&used, &other));
    assert_ne!(a.unwrap(), b.unwrap());
    let state = reopen(state, folder.path()).await;
    let kept = state.grant("f", Timestamp(199)).await.unwrap().unwrap();
    assert!(kept == next || kept == other, "{kept:?}");
    assert_eq!(state.grant("f", Timestamp(200)).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_grant_gave_is_taken_back_with_it() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.put_grant(&grant("f", 1, 100), Timestamp(1)).await.unwrap();
    state.put_grant(&grant("g", 1, 100), Timestamp(1)).await.unwrap();
    state.end_grant("f", Timestamp(2)).await.unwrap();
    state.end_grant("unknown", Timestamp(2)).await.unwrap();
    let state = reopen(state, folder.path()).await;
    assert_eq!(state.grant("f", Timestamp(2)).await.unwrap(), None);
    assert_eq!(state.grant("g", Timestamp(2)).await.unwrap(), Some(grant("g", 1, 100)));
    assert_eq!(state.revoked(Timestamp(2)).await.unwrap(), [("f-1".to_owned(), Timestamp(50))]);
    assert_eq!(state.revoked(Timestamp(50)).await.unwrap(), []);
    // What has ended by itself need not be taken back.
    state.end_grant("g", Timestamp(60)).await.unwrap();
    assert_eq!(state.revoked(Timestamp(2)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_removed_client_leaves_no_grant() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.put_grant(&grant("f", 1, 100), Timestamp(1)).await.unwrap();
    state.remove_registered(&mobile()).await.unwrap();
    assert_eq!(state.grant("f", Timestamp(2)).await.unwrap(), None);
}

#[tokio::test]
async fn the_grants_of_a_client_are_bounded_and_the_ended_ones_go() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for n in 0..1_003 {
        state.put_grant(&grant(&format!("f{n}"), 1, 100 + n), Timestamp(1)).await.unwrap();
    }
    let is_kept = async |n: u64| state.grant(&format!("f{n}"), Timestamp(1)).await.unwrap().is_some();
    assert_eq!((is_kept(2).await, is_kept(3).await, is_kept(1_002).await), (false, true, true));
    state.drop_ended(Timestamp(1_000)).await.unwrap();
    assert_eq!((is_kept(900).await, is_kept(901).await), (false, true));
}

#[tokio::test]
async fn a_client_can_have_only_so_many_tokens_taken_back_at_once() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let revoked = |jti: &str, client: &str, ends_at: u64| Revoked {
        jti: jti.to_owned(),
        client: client.parse().unwrap(),
        ends_at: Timestamp(ends_at),
    };
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
         INSERT INTO revoked_token SELECT 'j' || i, 'mobile', 100 FROM n",
    )
    .execute(&state.writer)
    .await
    .unwrap();
    let now = Timestamp(1);
    assert!(!state.revoke(&revoked("more", "mobile", 100), now).await.unwrap());
    assert!(state.revoke(&revoked("more", "kiosk", 100), now).await.unwrap());
    assert!(state.revoke(&revoked("ended", "mobile", 1), now).await.unwrap());
    assert_eq!(state.revoked(now).await.unwrap().len(), 5_001);
    // Once they have ended there is room again.
    assert!(state.revoke(&revoked("later", "mobile", 200), Timestamp(100)).await.unwrap());
    assert_eq!(state.revoked(Timestamp(100)).await.unwrap(), [("later".to_owned(), Timestamp(200))]);
}

#[tokio::test]
async fn an_assertion_is_used_once() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let used = async |state: &State, hash: u8, now: u64| {
        state.use_assertion(&mobile(), &[hash; 32], Timestamp(100), Timestamp(now)).await.unwrap()
    };
    assert!(used(&state, 1, 1).await);
    assert!(!used(&state, 1, 2).await);
    let state = reopen(state, folder.path()).await;
    assert!(!used(&state, 1, 3).await);
    assert!(used(&state, 2, 3).await);
    assert!(used(&state, 1, 100).await);
}
