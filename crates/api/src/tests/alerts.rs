//! Alerts, items, silences and notices of a made-up platform.

use naru_model::alert::{Alert, Explanation, Notice, NoticeState, Reason, Severity, Silence};
use naru_model::metric::Owner;
use naru_model::units::Timestamp;
use naru_model::watch::{ChannelStatus, Forecast, ItemStatus, NewItem, NewSilence, Origin};
use serde_json::json;

use super::Served;
use super::fake::Fake;
use crate::alerts::Alerts;
use crate::control::{Answer, Control};
use crate::error::Error;
use crate::message::AlertsQuery;

fn slow() -> Alert {
    Alert {
        id: 7,
        item: "slow".to_owned(),
        owner: "service:booking".parse().unwrap(),
        when: "p95 > 500ms for 2m".to_owned(),
        figure: "p95".to_owned(),
        severity: Severity::Critical,
        since: Timestamp(1),
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

fn status(item: NewItem) -> ItemStatus {
    let NewItem { name, of, when, severity, notify } = item;
    ItemStatus { name, of, when, severity, notify, origin: Origin::Registered, problem: None }
}

impl Alerts for Fake {
    fn alerts(&self, open: Option<bool>, owner: Option<Owner>, limit: u32) -> Answer<'_, Vec<Alert>> {
        let asked = format!("alerts {open:?} {} {limit}", owner.map(|o| o.to_string()).unwrap_or_default());
        self.asked.lock().unwrap().push(asked);
        self.done(Ok(vec![slow()]))
    }

    fn alert(&self, id: u64) -> Answer<'_, Option<Alert>> {
        self.done(Ok((id == 7).then(slow)))
    }

    fn acknowledge(&self, id: u64, actor: String) -> Answer<'_, Alert> {
        if id != 7 {
            return self.done(Err(Error::NotFound(format!("there is no alert {id}"))));
        }
        let acknowledged = Some((self.now(), actor));
        self.done(Ok(Alert { acknowledged, ..slow() }))
    }

    fn alert_items(&self) -> Answer<'_, Vec<ItemStatus>> {
        self.done(Ok(Vec::new()))
    }

    fn make_alert_item(&self, item: NewItem, _: String) -> Answer<'_, ItemStatus> {
        self.done(Ok(status(item)))
    }

    fn remove_alert_item(&self, name: String) -> Answer<'_, ()> {
        self.done(if name == "slow" {
            Ok(())
        } else {
            Err(Error::NotFound(format!("there is no item {name}")))
        })
    }

    fn silences(&self) -> Answer<'_, Vec<Silence>> {
        self.done(Ok(Vec::new()))
    }

    fn make_silence(&self, silence: NewSilence, by: String) -> Answer<'_, Silence> {
        let NewSilence { owner, item, seconds, why } = silence;
        let from = self.now();
        let until = from + std::time::Duration::from_secs(seconds.into());
        self.done(Ok(Silence { id: 1, owner, item, from, until, why, by }))
    }

    fn end_silence(&self, id: u64) -> Answer<'_, ()> {
        self.done(if id == 1 { Ok(()) } else { Err(Error::NotFound(format!("there is no silence {id}"))) })
    }

    fn notices(&self, _: u32) -> Answer<'_, Vec<Notice>> {
        self.done(Ok(Vec::new()))
    }

    fn channels(&self) -> Answer<'_, Vec<ChannelStatus>> {
        self.done(Ok(Vec::new()))
    }

    fn try_channel(&self, name: String) -> Answer<'_, Notice> {
        if name != "ops" {
            return self.done(Err(Error::NotFound(format!("there is no channel {name}"))));
        }
        let (subject, text) = ("a trial".to_owned(), String::new());
        let (state, error) = (NoticeState::Failed, Some("mail:25 can't be reached".to_owned()));
        let (at, reason, alerts) = (self.now(), Reason::Trial, Vec::new());
        self.done(Ok(Notice {
            id: 1,
            at,
            channel: name,
            reason,
            alerts,
            report: None,
            subject,
            text,
            state,
            attempts: 1,
            error,
        }))
    }

    fn explanation(&self, owner: Owner, figure: String) -> Answer<'_, Explanation> {
        self.asked.lock().unwrap().push(format!("explain {figure} of {owner}"));
        self.done(Ok(Explanation::default()))
    }

    fn forecasts(&self, _: Option<Owner>) -> Answer<'_, Vec<Forecast>> {
        self.done(Ok(Vec::new()))
    }
}

#[tokio::test]
async fn alerts_are_asked_for_by_what_the_query_says() {
    let served = Served::start().await;
    let client = served.local();
    let owner: Owner = "service:booking".parse().unwrap();
    let query = AlertsQuery { open: Some(true), owner: Some(owner.clone()), limit: 5 };
    assert_eq!(client.alerts(&query).await.unwrap(), [slow()]);
    assert_eq!(client.alert(7).await.unwrap(), slow());
    client.explanation(&owner, "p95").await.unwrap();
    let asked = served.fake.asked.lock().unwrap().clone();
    assert_eq!(asked, ["alerts Some(true) service:booking 5", "explain p95 of service:booking"]);
    for (path, status) in [
        ("/v1/alerts?limit=0", 422),
        ("/v1/alerts?owner=booking", 400),
        ("/v1/alerts/8", 404),
        ("/v1/alerts/x", 404),
        ("/v1/explanation?owner=host", 400),
        ("/v1/explanation?owner=host&figure=", 422),
        ("/v1/notices?limit=5001", 422),
    ] {
        assert_eq!(served.get(path).await.problem().0, status, "{path}");
    }
}

#[tokio::test]
async fn every_change_is_in_the_audit() {
    let served = Served::start().await;
    let client = served.local();
    client.acknowledge_alert(7).await.unwrap();
    let item = NewItem {
        name: "slow".to_owned(),
        of: "service:*".to_owned(),
        when: "p95 > 1s for 1m".to_owned(),
        severity: Severity::Warning,
        notify: Vec::new(),
    };
    assert_eq!(client.make_alert_item(&item).await.unwrap(), status(item));
    client.remove_alert_item("slow").await.unwrap();
    let silence =
        NewSilence { owner: "host".parse().ok(), item: None, seconds: 60, why: "an exercise".to_owned() };
    assert_eq!(client.make_silence(&silence).await.unwrap().why, "an exercise");
    client.end_silence(1).await.unwrap();
    assert_eq!(client.try_channel("ops").await.unwrap().state, NoticeState::Failed);
    let kept = served.fake.audits.subscribe().wait_for(|kept| kept.len() == 6).await.unwrap().clone();
    let told: Vec<String> =
        kept.iter().map(|one| format!("{} {}: {}", one.action, one.subject, one.detail)).collect();
    assert_eq!(
        told,
        [
            "acknowledge_alert 7: slow of service:booking",
            "make_alert_item slow: p95 > 1s for 1m of service:*",
            "remove_alert_item slow: ",
            "make_silence host: for 60 s: an exercise",
            "end_silence 1: ",
            "try_channel ops: mail:25 can't be reached",
        ]
    );
}

#[tokio::test]
async fn a_silence_that_can_not_be_is_refused() {
    let served = Served::start().await;
    for (status, body) in [
        (422, json!({"seconds": 0, "why": "x"})),
        (422, json!({"seconds": 5, "why": " "})),
        (422, json!({"seconds": 99_999_999, "why": "x"})),
    ] {
        let headers = format!("{}{}", super::shows(super::TOKEN), super::JSON);
        let answer = served.ask("POST", "/v1/silences", &headers, &body.to_string()).await;
        assert_eq!(answer.problem().0, status, "{body}");
    }
}
