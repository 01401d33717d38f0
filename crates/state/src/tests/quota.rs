//! What quotas have used.

use naru_model::link::Used;

use super::*;

/// 2026-11-21T12:00:00Z.
const NOON: Timestamp = Timestamp(1_795_262_400_000_000);

fn used(key: &str, period: &str, count: u64) -> Used {
    Used { key: key.to_owned(), period: period.to_owned(), count }
}

#[tokio::test]
async fn what_is_used_adds_up_over_restarts() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    state.add_used(&[used("a", "2026-11", 5), used("b", "2026-11-21", 1)]).await.unwrap();
    state.add_used(&[used("a", "2026-11", 7), used("a", "2026-11", 1)]).await.unwrap();
    state.add_used(&[used("huge", "2026-11", u64::MAX), used("huge", "2026-11", u64::MAX)]).await.unwrap();
    let state = reopen(state, folder.path()).await;
    let kept =
        [used("a", "2026-11", 13), used("b", "2026-11-21", 1), used("huge", "2026-11", i64::MAX as u64)];
    assert_eq!(state.used(NOON).await.unwrap(), kept);
}

#[tokio::test]
async fn only_periods_that_may_go_on_are_told_and_old_ones_go() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let periods =
        ["2026-08", "2026-08-31", "2026-09", "2026-10", "2026-11", "2026-11-19", "2026-11-20", "2026-11-22"];
    let all: Vec<Used> = periods.iter().map(|period| used("a", period, 1)).collect();
    state.add_used(&all).await.unwrap();
    let periods = async |now| {
        let found = state.used(now).await.unwrap();
        found.into_iter().map(|used| used.period).collect::<Vec<_>>()
    };
    assert_eq!(periods(NOON).await, ["2026-11", "2026-11-20", "2026-11-22"]);
    state.drop_used(NOON).await.unwrap();
    assert_eq!(periods(Timestamp(0)).await.first().map(String::as_str), Some("2026-09"));
}

#[tokio::test]
async fn of_too_many_rows_the_months_outlive_the_days() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for period in ["2026-11-20", "2026-11"] {
        sqlx::query(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) \
             INSERT INTO quota SELECT 'k' || i, ?, 1 FROM n",
        )
        .bind(period)
        .execute(&state.writer)
        .await
        .unwrap();
    }
    state.drop_used(NOON).await.unwrap();
    let kept = state.used(NOON).await.unwrap();
    assert_eq!(kept.len(), 200_000);
    assert_eq!(kept.iter().filter(|used| used.period == "2026-11").count(), 150_000);
}
