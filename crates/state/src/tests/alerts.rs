//! Alerts, items, silences and messages survive the server.

use std::time::Duration;

use naru_model::alert::{
    Alert, Condition, Explanation, Item, Notice, NoticeState, OwnerKind, Reason, Severity, Silence, Test,
    Watched,
};
use naru_model::units::Timestamp;
use naru_model::watch::Outgoing;

use crate::State;

fn alert(id: u64, owner: &str) -> Alert {
    Alert {
        id,
        item: "slow".to_owned(),
        owner: owner.parse().unwrap(),
        when: "p95 > 500ms for 2m".to_owned(),
        figure: "p95".to_owned(),
        severity: Severity::Critical,
        since: Timestamp(1_000_000),
        resolved: None,
        ending: None,
        acknowledged: None,
        escalated: None,
        silenced: false,
        value: 0.8,
        worst: 0.9,
        threshold: Some(0.5),
        ahead: None,
        explanation: Explanation::default(),
    }
}

fn outgoing(channel: &str) -> Outgoing {
    let notice = Notice {
        id: 0,
        at: Timestamp(5),
        channel: channel.to_owned(),
        reason: Reason::First,
        alerts: vec![1],
        report: None,
        subject: "느림".to_owned(),
        text: "slow".to_owned(),
        state: NoticeState::Waiting,
        attempts: 0,
        error: None,
    };
    Outgoing { notice, due: Timestamp(9), to: Vec::new(), worst: vec![alert(1, "service:portal")] }
}

#[tokio::test]
async fn alerts_are_found_by_owner_and_whether_they_last() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    assert_eq!(state.last_alert().await.unwrap(), 0);
    let mut over = alert(1, "service:portal");
    let open = alert(2, "host");
    state.put_alerts(&[over.clone(), open.clone()]).await.unwrap();
    over.resolved = Some(Timestamp(7));
    state.put_alerts(std::slice::from_ref(&over)).await.unwrap();
    state.close().await;

    let state = State::open(folder.path()).await.unwrap();
    assert_eq!(state.alerts(None, None, 10).await.unwrap(), [open.clone(), over.clone()]);
    assert_eq!(state.alerts(Some(true), None, 10).await.unwrap(), std::slice::from_ref(&open));
    let portal = over.owner.clone();
    assert_eq!(state.alerts(None, Some(&portal), 10).await.unwrap(), std::slice::from_ref(&over));
    assert_eq!(state.alert(2).await.unwrap(), Some(open));
    assert_eq!(state.alert(3).await.unwrap(), None);
    assert_eq!(state.last_alert().await.unwrap(), 2);
}

#[tokio::test]
async fn items_and_silences_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let when = Condition { figure: "requests".to_owned(), test: Test::Anomalous };
    let of = Watched::Each(OwnerKind::Service);
    let item = Item { name: "odd".to_owned(), of, when, severity: Severity::Warning, notify: Vec::new() };
    state.put_item(&item, "kim", Timestamp(1)).await.unwrap();
    assert_eq!(state.items().await.unwrap(), [item]);
    assert!(state.remove_item("odd").await.unwrap());
    assert!(!state.remove_item("odd").await.unwrap());

    let now = Timestamp(100);
    let silence = Silence {
        id: 0,
        owner: None,
        item: None,
        from: now,
        until: now + Duration::from_secs(60),
        why: "an exercise".to_owned(),
        by: "kim".to_owned(),
    };
    let kept = state.add_silence(silence).await.unwrap();
    assert_eq!(state.silences(now).await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!(state.silences(kept.until).await.unwrap(), []);
    assert!(state.remove_silence(kept.id).await.unwrap());
    assert_eq!(state.silences(now).await.unwrap(), []);
}

#[tokio::test]
async fn what_waits_is_still_to_be_sent_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    let first = state.put_notice(outgoing("ops")).await.unwrap();
    let mut second = state.put_notice(outgoing("chat")).await.unwrap();
    (second.notice.state, second.notice.attempts) = (NoticeState::Sent, 1);
    let second = state.put_notice(second).await.unwrap();
    state.close().await;

    let state = State::open(folder.path()).await.unwrap();
    assert_eq!(state.waiting_notices().await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(state.notices(10).await.unwrap(), [second.notice, first.notice]);
}
