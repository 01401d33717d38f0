//! Assessments: what comes in strictly, what goes out as a file, and that nothing of it is kept.

use bytes::Bytes;
use futures_util::StreamExt;
use naru_model::access::Role;
use naru_model::language::Language;
use serde_json::{Value, json};

use super::fake::Fake;
use super::{JSON, Served, post, shows};
use crate::control::{Answer, Feed};
use crate::error::Error;
use crate::message::{
    AssessRequest, Assessed, AssessmentFormat, AssessmentKind, MAX_LOG, PortfolioRequest, Printed, Questions,
    RankedSystems,
};
use crate::seam::assessments::Assessments;

const LOG: &str = "content-type: application/octet-stream\r\n";

impl Assessments for Fake {
    fn questions(&self, language: Language) -> Answer<'_, Questions> {
        self.done(Ok(Questions {
            before: Vec::new(),
            goals: Vec::new(),
            figures: Vec::new(),
            adopt_from: 6,
            outcomes: [("adopt".to_owned(), language.to_string())].into(),
            conclusions: [].into(),
            traits: [].into(),
            maturity: Vec::new(),
            priority: String::new(),
        }))
    }

    fn assess(&self, request: AssessRequest) -> Answer<'_, Assessed> {
        let Some(questionnaire) = request.questionnaire else {
            return self.done(Err(Error::Invalid("line 2: renewal: \"perhaps\" is no answer".to_owned())));
        };
        let verdict = json!({"outcome": "adopt", "findings": request.findings});
        self.done(Ok(Assessed { yaml: format!("name: {}\n", questionnaire.name), questionnaire, verdict }))
    }

    fn assessment_report(
        &self,
        request: AssessRequest,
        kind: AssessmentKind,
        format: AssessmentFormat,
    ) -> Answer<'_, Printed> {
        let content = format!("{kind:?} {format:?} {:?}", request.language).into_bytes();
        self.done(Ok(Printed { media_type: "text/markdown", ending: "md", content }))
    }

    fn portfolio(&self, _: PortfolioRequest) -> Answer<'_, RankedSystems> {
        self.done(Ok(RankedSystems { systems: Vec::new(), broken: Vec::new() }))
    }

    fn portfolio_report(&self, request: PortfolioRequest, _: AssessmentFormat) -> Answer<'_, Printed> {
        let content = request.table.into_bytes();
        self.done(Ok(Printed { media_type: "text/csv; charset=utf-8", ending: "csv", content }))
    }

    fn analyse_log(&self, mut log: Feed<Result<Bytes, Error>>, _: Language) -> Answer<'_, Value> {
        Box::pin(async move {
            let mut bytes = 0;
            while let Some(piece) = log.next().await {
                bytes += piece?.len();
            }
            Ok(json!({ "bytes": bytes }))
        })
    }
}

#[tokio::test]
async fn a_viewer_assesses_and_the_audit_has_nothing_of_it() {
    let served = Served::start().await;
    served.fake.give("kim", Role::Viewer, "viewers", None);
    let headers = format!("{}{JSON}", shows("viewers"));
    let body = r#"{"questionnaire": {"language": "ko", "name": "booking"}, "findings": {"hours": []}}"#;
    let answer = served.ask("POST", "/v1/assessments/verdict", &headers, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = answer.json();
    assert_eq!(told["verdict"], json!({"outcome": "adopt", "findings": {"hours": []}}));
    assert_eq!(told["questionnaire"]["renewal"], json!({"answer": "unknown", "evidence": ""}));
    let log = format!("{}{LOG}", shows("viewers"));
    let answer = served.ask("POST", "/v1/assessments/logs", &log, "one\ntwo\n").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"bytes": 8})));
    let scale = served.ask("POST", "/v1/services/booking/scale", &headers, r#"{"instances": 2}"#).await;
    assert_eq!(scale.status, 403);
    // What comes after it is kept, so that nothing of it is still on its way.
    let mut audits = served.fake.audits.subscribe();
    let kept = audits.wait_for(|audits| !audits.is_empty()).await.unwrap().clone();
    assert_eq!(kept.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["scale"]);
}

#[tokio::test]
async fn a_report_is_a_file_that_no_browser_runs() {
    let served = Served::start().await;
    let path = "/v1/assessments/report?kind=tender&format=docx";
    let body = r#"{"questionnaire": {"language": "ko", "name": "booking"}, "language": "en"}"#;
    let answer = served.post(path, body).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "Tender Docx Some(En)"));
    for header in [
        "content-type: text/markdown",
        "content-disposition: attachment; filename=\"tender.md\"",
        "content-security-policy: default-src 'none';",
        "sandbox",
    ] {
        assert!(answer.head.contains(header), "{header}: {}", answer.head);
    }
    let table = served.post("/v1/assessments/portfolio?format=csv", r#"{"table": "system\na\n"}"#).await;
    assert_eq!((table.status, table.body.as_str()), (200, "system\na\n"));
    let ranked = served.post("/v1/assessments/portfolio", r#"{"table": "system\na\n"}"#).await;
    assert_eq!(ranked.json(), json!({"systems": [], "broken": []}));
    let words = served.get("/v1/assessments/questions?language=en").await.json();
    assert_eq!(words["outcomes"]["adopt"], "en");
    assert_eq!(served.get("/v1/assessments/questions").await.json()["outcomes"]["adopt"], "ko");
}

#[tokio::test]
async fn what_is_no_assessment_is_refused_with_what_is_wrong() {
    let served = Served::start().await;
    let verdict = "/v1/assessments/verdict";
    for (body, status, why) in [
        ("{}", 422, "as `questionnaire`, its file as `yaml`"),
        (r#"{"yaml": "a", "questionnaire": {"language": "ko", "name": "b"}}"#, 422, "once"),
        (r#"{"yaml": "a", "table": {"text": "system\na\n", "given": 1}}"#, 422, "one of many as `table`"),
        (r#"{"yaml": "name: a\nrenewal: perhaps\n"}"#, 422, "line 2: renewal"),
        (
            r#"{"questionnaire": {"language": "ko", "name": "b", "renewal": {"answer": "perhaps"}}}"#,
            400,
            "perhaps",
        ),
        (r#"{"questionnaire": {"language": "ko", "name": "b", "weight": 1}}"#, 400, "unknown field `weight`"),
        (r#"{"questionnaire": {"language": "fr", "name": "b"}}"#, 400, "fr"),
        (r#"{"findings": []}"#, 400, "the body can't be read"),
    ] {
        let (found, detail) = served.post(verdict, body).await.problem();
        assert_eq!((found, detail.contains(why)), (status, true), "{body}: {detail}");
    }
    let kind = served.post("/v1/assessments/report?kind=poem", "{}").await.problem();
    assert_eq!(kind.0, 400);
    assert_eq!(served.post("/v1/assessments/portfolio", "{}").await.problem().0, 400);
    let told = format!(
        "POST /v1/assessments/portfolio HTTP/1.1\r\nhost: naru\r\nconnection: close\r\n{JSON}content-length: {}\r\n\r\n",
        (4 << 20) + 1
    );
    assert_eq!(served.send(&told).await.problem().0, 413);
    // More than other bodies may have.
    let fits = format!(r#"{{"table": "{}"}}"#, "x".repeat(3 << 20));
    assert_eq!(served.post("/v1/assessments/portfolio", &fits).await.status, 200);
}

#[tokio::test]
async fn a_log_is_bound_and_comes_as_bytes() {
    let served = Served::start().await;
    let path = "/v1/assessments/logs";
    assert_eq!(served.post(path, "{}").await.problem().0, 415);
    let strange = served.send(&post(&format!("{path}?language=fr"), LOG, "one\n")).await.problem();
    assert_eq!((strange.0, strange.1.contains("fr")), (400, true), "{}", strange.1);
    let told = format!(
        "POST {path} HTTP/1.1\r\nhost: naru\r\nconnection: close\r\n{LOG}content-length: {}\r\n\r\n",
        MAX_LOG + 1
    );
    assert_eq!(served.send(&told).await.problem(), (413, format!("the body is over {MAX_LOG} bytes")));
}
