//! Reports of a made-up platform: how they are asked for, and how they travel.

use naru_model::alert::Notice;
use naru_model::language::Language;
use naru_model::service_level::{Kind, Listed, Listing, Outcome, ReportFile, ReportFormat, Wanted};
use serde_json::json;

use super::Served;
use super::fake::Fake;
use crate::control::Answer;
use crate::error::Error;
use crate::message::ReportParams;
use crate::seam::reports::Reports;

fn yesterday() -> Listed {
    Listed {
        kind: Kind::Daily,
        date: "2026-11-20".to_owned(),
        from: 1,
        to: 2,
        complete: true,
        result: Outcome::NoGoal,
        availability: Some(0.9991),
        apdex: Some(0.94),
        requests: 12_345,
        sent: Vec::new(),
    }
}

impl Reports for Fake {
    fn reports(&self) -> Answer<'_, Listing> {
        self.done(Ok(Listing { reports: vec![yesterday()] }))
    }

    fn report(&self, wanted: Wanted) -> Answer<'_, ReportFile> {
        let Wanted { kind, date, subject, language, format } = wanted;
        let subject = subject.map(|subject| subject.to_string());
        self.note(format!("{kind} {date:?} {subject:?} {language:?} {format:?}"));
        let name = format!("naru-{kind}.{}", format.extension());
        let content = b"the report".to_vec();
        self.done(Ok(ReportFile { name, media_type: format.media_type(), content }))
    }

    fn send_report(&self, kind: Kind, date: String, to: String) -> Answer<'_, Vec<Notice>> {
        self.note(format!("send {kind} {date} to {to}"));
        self.done(if to == "ops" {
            Ok(Vec::new())
        } else {
            Err(Error::NotFound(format!("there is no channel {to}")))
        })
    }
}

#[tokio::test]
async fn the_list_is_what_the_console_reads() {
    let served = Served::start().await;
    let list = served.get("/v1/reports").await.json();
    let one = json!({
        "kind": "daily", "date": "2026-11-20", "from": 1, "to": 2, "complete": true, "result": "no-goal",
        "availability": 0.9991, "apdex": 0.94, "requests": 12345, "sent": [],
    });
    assert_eq!(list, json!({ "reports": [one] }));
    assert_eq!(served.local().reports().await.unwrap().reports, [yesterday()]);
}

#[tokio::test]
async fn a_report_is_asked_for_in_a_form_and_comes_as_a_file() {
    let served = Served::start().await;
    let client = served.local();
    let params = ReportParams {
        format: ReportFormat::Pdf,
        language: Some(Language::En),
        function: "approval".parse().ok(),
        service: None,
    };
    let content = client.report(Kind::Weekly, Some("2026-11-20"), &params).await.unwrap();
    assert_eq!(content, b"the report");
    client.report(Kind::Daily, None, &ReportParams::default()).await.unwrap();
    let asked = served.fake.asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [r#"weekly Some("2026-11-20") Some("function:approval") Some(En) Pdf"#, "daily None None None Json",]
    );
    let page = served.get("/v1/reports/daily/2026-11-20?format=html").await;
    for line in [
        "content-type: text/html; charset=utf-8",
        "content-disposition: inline; filename=\"naru-daily.html\"",
        "sandbox",
    ] {
        assert!(page.head.contains(line), "{line} is not in {}", page.head);
    }
    let saved = served.get("/v1/reports/daily/2026-11-20?format=docx").await;
    assert!(saved.head.contains("content-disposition: attachment"), "{}", saved.head);
}

#[tokio::test]
async fn what_can_not_be_is_refused() {
    let served = Served::start().await;
    for (path, status) in [
        ("/v1/reports/yearly/2026-11-20", 404),
        ("/v1/reports/daily/2026-11-20?format=xls", 400),
        ("/v1/reports/daily/2026-11-20?language=de", 400),
        ("/v1/reports/daily/2026-11-20?function=a&service=b", 422),
        ("/v1/reports/daily/2026-11-20?of=a", 400),
    ] {
        assert_eq!(served.get(path).await.problem().0, status, "{path}");
    }
}

#[tokio::test]
async fn sending_is_kept_in_the_audit() {
    let served = Served::start().await;
    let client = served.local();
    assert!(client.send_report(Kind::Daily, "2026-11-20", "ops").await.unwrap().is_empty());
    assert!(client.send_report(Kind::Daily, "2026-11-20", "nobody").await.is_err());
    let kept = served.fake.audits.subscribe().wait_for(|kept| kept.len() == 2).await.unwrap().clone();
    let told: Vec<String> = kept
        .iter()
        .map(|one| format!("{} {} {} {}", one.outcome, one.action, one.subject, one.detail))
        .collect();
    assert_eq!(told, ["202 send_report daily to ops", "404 send_report daily to nobody"]);
}
