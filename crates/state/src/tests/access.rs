//! Tokens, sessions and the audit.

use naru_model::access::{Audit, AuditSearch, NewToken, Role, Session};

use super::*;

const SECOND: u64 = 1_000_000;

fn new(name: &str, hash: u8, expires_at: Option<Timestamp>) -> NewToken {
    let (name, made_by) = (name.to_owned(), "minji".to_owned());
    NewToken { name, role: Role::Operator, hash: [hash; 32], made_at: Timestamp(5), made_by, expires_at }
}

fn at(second: u64) -> Timestamp {
    Timestamp(second * SECOND)
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_until_it_expires_or_is_revoked() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let kim = state.put_token(new("kim", 1, None)).await.unwrap();
    let lee = state.put_token(new("lee", 2, Some(at(100)))).await.unwrap();
    assert_eq!((kim.id, lee.id, kim.role, lee.expires_at), (1, 2, Role::Operator, Some(at(100))));
    let state = reopen(state, folder.path()).await;
    assert_eq!(state.tokens().await.unwrap(), [kim.clone(), lee.clone()]);

    let found = async |hash: u8, second: u64| {
        let token = state.token_by_hash(&[hash; 32], at(second)).await.unwrap();
        token.map(|token| token.name)
    };
    assert_eq!(found(1, 99).await.as_deref(), Some("kim"));
    assert_eq!(found(2, 99).await.as_deref(), Some("lee"));
    assert_eq!(found(2, 100).await, None);
    assert_eq!(found(3, 99).await, None);
    assert!(state.remove_token(1).await.unwrap());
    assert!(!state.remove_token(1).await.unwrap());
    assert_eq!(found(1, 99).await, None);
    // A number is never given again, and no two tokens are the same.
    assert_eq!(state.put_token(new("park", 4, None)).await.unwrap().id, 3);
    assert!(matches!(state.put_token(new("choi", 4, None)).await, Err(Error::Database { .. })));
}

#[tokio::test]
async fn the_use_of_a_token_is_noted_once_a_minute() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.put_token(new("kim", 1, None)).await.unwrap();
    for (used, noted) in [(100, 100), (130, 100), (159, 100), (160, 160), (500, 500)] {
        state.token_by_hash(&[1; 32], at(used)).await.unwrap();
        assert_eq!(state.tokens().await.unwrap()[0].last_used_at, Some(at(noted)), "{used}");
    }
}

#[tokio::test]
async fn a_session_leads_to_its_token_and_ends_with_it() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let id = state.put_token(new("kim", 1, None)).await.unwrap().id;
    let session =
        |hash: u8, token: u8, end: u64| Session { hash: [hash; 32], token: [token; 32], expires_at: at(end) };
    for (hash, token, end) in [(10, 1, 100), (11, 1, 200), (12, 9, 200)] {
        state.put_session(session(hash, token, end), at(1)).await.unwrap();
    }
    let state = reopen(state, folder.path()).await;
    let of =
        async |hash: u8, now: u64| state.session(&[hash; 32], at(now)).await.unwrap().map(|token| token[0]);
    assert_eq!((of(10, 99).await, of(10, 100).await, of(12, 99).await), (Some(1), None, Some(9)));
    state.remove_token(id).await.unwrap();
    assert_eq!((of(10, 99).await, of(11, 99).await, of(12, 99).await), (None, None, Some(9)));
    state.remove_session(&[12; 32]).await.unwrap();
    assert_eq!(of(12, 99).await, None);
}

#[tokio::test]
async fn a_thousand_sessions_are_kept_and_those_that_ended_go() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let session = |n: u64| {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_le_bytes());
        Session { hash, token: [1; 32], expires_at: at(100 + n) }
    };
    for n in 0..1_005 {
        state.put_session(session(n), at(1)).await.unwrap();
    }
    let is_kept = async |n: u64| state.session(&session(n).hash, at(1)).await.unwrap().is_some();
    assert_eq!((is_kept(4).await, is_kept(5).await, is_kept(1_004).await), (false, true, true));
    state.put_session(session(2_000), at(1_000)).await.unwrap();
    assert_eq!((is_kept(900).await, is_kept(901).await), (false, true));
}

fn entry(subject: &str) -> Audit {
    Audit {
        id: 0,
        at: Timestamp(7),
        actor: "kim".to_owned(),
        role: Role::Operator,
        source: "192.0.2.7".to_owned(),
        action: "scale".to_owned(),
        subject: subject.to_owned(),
        outcome: 202,
        detail: "to 4".to_owned(),
    }
}

#[tokio::test]
async fn the_audit_is_appended_and_read_from_either_end() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for n in 1..=5 {
        assert_eq!(state.audit(entry(&n.to_string())).await.unwrap().id, n);
    }
    let state = reopen(state, folder.path()).await;
    let ids = async |after, before, limit| {
        let found = state.audits(&AuditSearch { after, before, limit }).await.unwrap();
        found.iter().map(|entry| entry.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, None, 2).await, [4, 5]);
    assert_eq!(ids(None, Some(4), 2).await, [2, 3]);
    assert_eq!(ids(Some(1), None, 2).await, [2, 3]);
    let first = state.audits(&AuditSearch { before: Some(2), limit: 1, after: None }).await.unwrap();
    assert_eq!(first, [Audit { id: 1, ..entry("1") }]);
}

#[tokio::test]
async fn the_last_million_entries_of_the_audit_are_kept() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.audit(entry("first")).await.unwrap();
    // As if a million had come since.
    let kept = crate::audit::KEPT;
    sqlx::query("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'")
        .bind(kept)
        .execute(&state.writer)
        .await
        .unwrap();
    for _ in 0..1_000 {
        state.audit(entry("later")).await.unwrap();
    }
    let all = state.audits(&AuditSearch { limit: u32::MAX, ..AuditSearch::default() }).await.unwrap();
    assert_eq!((all.len(), all[0].id), (1_000, kept as u64 + 1));
}
