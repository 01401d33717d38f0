//! Who may do what: roles, tokens, failures, and what the audit keeps of it.

use std::time::Duration;

use naru_model::access::{Audit, Role};
use serde_json::{Value, json};

use super::fake::booking;
use super::{JSON, Served, TOKEN, shows};
use crate::message::{AuditQuery, DeployRequest, MakeToken};
use crate::openapi::document;

/// Who may use each operation at least. Written out, so that a change of a role is a change of this list.
const ROLES: &[(&str, &str, &str)] = &[
    ("GET", "/v1/status", "viewer"),
    ("GET", "/v1/events", "viewer"),
    ("GET", "/v1/services/{service}", "viewer"),
    ("GET", "/v1/services/{service}/scaling", "viewer"),
    ("POST", "/v1/services/{service}/scale", "operator"),
    ("POST", "/v1/services/{service}/deploy", "operator"),
    ("POST", "/v1/services/{service}/rollback", "operator"),
    ("GET", "/v1/services/{service}/revisions", "viewer"),
    ("GET", "/v1/services/{service}/logs", "viewer"),
    ("GET", "/v1/series", "viewer"),
    ("GET", "/v1/map", "viewer"),
    ("GET", "/v1/transactions", "viewer"),
    ("GET", "/v1/tally", "viewer"),
    ("GET", "/v1/traces", "viewer"),
    ("GET", "/v1/traces/{trace_id}", "viewer"),
    ("GET", "/v1/log-lines", "viewer"),
    ("GET", "/v1/service-map", "viewer"),
    ("GET", "/v1/calls", "viewer"),
    ("GET", "/v1/metric-names", "viewer"),
    ("GET", "/v1/metrics/series", "viewer"),
    ("GET", "/v1/assessments/questions", "viewer"),
    ("POST", "/v1/assessments/verdict", "viewer"),
    ("POST", "/v1/assessments/report", "viewer"),
    ("POST", "/v1/assessments/portfolio", "viewer"),
    ("POST", "/v1/assessments/logs", "viewer"),
    ("POST", "/v1/check", "operator"),
    ("POST", "/v1/stop", "admin"),
    ("POST", "/v1/upgrade", "admin"),
    ("GET", "/v1/tokens", "admin"),
    ("POST", "/v1/tokens", "admin"),
    ("DELETE", "/v1/tokens/{id}", "admin"),
    ("GET", "/v1/session", "viewer"),
    ("DELETE", "/v1/session", "viewer"),
    ("GET", "/v1/audit", "admin"),
    ("GET", "/v1/clients", "viewer"),
    ("POST", "/v1/clients", "admin"),
    ("GET", "/v1/clients/{name}", "viewer"),
    ("PUT", "/v1/clients/{name}", "admin"),
    ("DELETE", "/v1/clients/{name}", "admin"),
    ("POST", "/v1/clients/{name}/block", "operator"),
    ("POST", "/v1/clients/{name}/keys", "admin"),
    ("DELETE", "/v1/clients/{name}/keys/{sha256}", "admin"),
    ("GET", "/v1/apis", "viewer"),
    ("GET", "/v1/jobs", "viewer"),
    ("GET", "/v1/dead-letters", "viewer"),
    ("GET", "/v1/dead-letters/{id}", "operator"),
    ("POST", "/v1/dead-letters/{id}/replay", "operator"),
    ("DELETE", "/v1/dead-letters/{id}", "operator"),
    ("GET", "/v1/alerts", "viewer"),
    ("GET", "/v1/alerts/{id}", "viewer"),
    ("POST", "/v1/alerts/{id}/acknowledge", "operator"),
    ("GET", "/v1/alert-items", "viewer"),
    ("POST", "/v1/alert-items", "operator"),
    ("DELETE", "/v1/alert-items/{name}", "operator"),
    ("GET", "/v1/explanation", "viewer"),
    ("GET", "/v1/forecasts", "viewer"),
    ("GET", "/v1/silences", "viewer"),
    ("POST", "/v1/silences", "operator"),
    ("DELETE", "/v1/silences/{id}", "operator"),
    ("GET", "/v1/notices", "viewer"),
    ("GET", "/v1/channels", "viewer"),
    ("POST", "/v1/channels/{name}/trial", "operator"),
    ("GET", "/v1/reports", "viewer"),
    ("GET", "/v1/reports/{kind}/{date}", "viewer"),
    ("POST", "/v1/reports/{kind}/{date}/send", "operator"),
    ("GET", "/v1/openapi.json", "viewer"),
    ("GET", "/metrics", "viewer"),
    ("GET", "/healthz", "anybody"),
];

async fn with_tokens() -> Served {
    let served = Served::start().await;
    for role in Role::ALL {
        served.fake.give(&format!("a {role}"), role, &format!("{role}-secret"), None);
    }
    served
}

/// What the audit has once it has so many entries.
async fn audited(served: &Served, count: usize) -> Vec<Audit> {
    let mut audits = served.fake.audits.subscribe();
    audits.wait_for(|audits| audits.len() >= count).await.unwrap().clone()
}

#[tokio::test]
async fn each_role_may_do_what_the_list_says_and_the_document_lists_all() {
    let served = with_tokens().await;
    let document = document();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            if (method.as_str(), path.as_str()) == ("POST", "/v1/session") {
                // It asks for a token in its body; see the tests of sessions.
                continue;
            }
            let listed = ROLES.iter().find(|(m, p, _)| *m == method && p == path);
            let (.., least) = listed.unwrap_or_else(|| panic!("{method} {path} is not in the list of roles"));
            let real = path.replace("{service}", "nobody").replace("{id}", "999").replace("{name}", "nobody");
            for role in Role::ALL {
                let headers = shows(&format!("{role}-secret"));
                let answer = served.ask(&method, &real, &headers, "").await;
                let may = Role::ALL
                    .iter()
                    .find(|known| known.as_str() == *least)
                    .is_none_or(|least| role >= *least);
                assert_eq!(answer.status == 403, !may, "{role} {method} {path}: {}", answer.status);
                if !may {
                    let (_, detail) = answer.problem();
                    assert!(detail.starts_with(&format!("this needs an {least}'s token")), "{detail}");
                }
            }
            let nobody = served.ask(&method, &real, "", "").await;
            assert_eq!(nobody.status == 401, *least != "anybody", "{method} {path}");
            seen += 1;
        }
    }
    assert_eq!(seen, ROLES.len());
}

#[tokio::test]
async fn an_expired_and_a_revoked_token_are_refused_at_once() {
    let served = Served::start().await;
    let end = served.fake.clock.lock().unwrap().0 + 10;
    served.fake.give("kim", Role::Viewer, "kims", Some(naru_model::units::Timestamp(end)));
    assert_eq!(served.get_remote("/v1/status", &shows("kims")).await.status, 200);
    *served.fake.clock.lock().unwrap() = naru_model::units::Timestamp(end);
    let (status, detail) = served.get_remote("/v1/status", &shows("kims")).await.problem();
    assert_eq!((status, detail.contains("unknown, revoked or expired")), (401, true), "{detail}");

    let id = served.fake.give("lee", Role::Operator, "lees", None);
    let mut following = served.remote(Some("lees")).follow_status().await.unwrap();
    assert!(following.next().await.unwrap().is_ok());
    served.local().revoke_token(id).await.unwrap();
    assert_eq!(served.get_remote("/v1/status", &shows("lees")).await.status, 401);
    assert!(
        served.local().revoke_token(id).await.unwrap_err().to_string().starts_with("there is no token 2")
    );
    // A stream that is open ends within seconds.
    tokio::time::pause();
    assert!(following.next().await.is_none_or(|item| item.is_err()));
}

#[tokio::test]
async fn a_token_is_made_shown_once_and_used() {
    let served = Served::start().await;
    let admin = served.remote(Some(TOKEN));
    let request = MakeToken { name: "kim".to_owned(), role: Role::Operator, expires_in_seconds: Some(3600) };
    let made = admin.make_token(&request).await.unwrap();
    assert_eq!(made.secret.len(), 32);
    assert_eq!(made.token.expires_at.unwrap().since(made.token.made_at), Duration::from_secs(3600));
    assert_eq!(made.token.made_by, "api 127.0.0.1");
    let list = served.get("/v1/tokens").await;
    assert!(!list.body.contains(&made.secret) && list.body.contains("\"kim\""), "{}", list.body);
    let kim = served.remote(Some(&made.secret));
    assert_eq!(kim.session().await.unwrap().name, "kim");
    kim.scale(&booking(), None).await.unwrap();
    assert_eq!(served.fake.asked.lock().unwrap().pop().unwrap(), "scale booking to None by kim");
    let refused = kim.stop().await.unwrap_err().to_string();
    assert_eq!(refused, "this needs an admin's token, and that of kim is operator's; ask an admin");

    let again = admin.make_token(&request).await.unwrap_err().to_string();
    assert_eq!(again, "token 1 has the name \"kim\" already; choose another, or revoke it");
    for (body, status) in [
        (r#"{"name": "", "role": "viewer"}"#, 422),
        (r#"{"name": " a", "role": "viewer"}"#, 422),
        (r#"{"name": "a", "role": "viewer", "expires_in_seconds": 59}"#, 422),
        (r#"{"name": "a", "role": "owner"}"#, 400),
        (r#"{"name": "a"}"#, 400),
    ] {
        assert_eq!(served.post("/v1/tokens", body).await.problem().0, status, "{body}");
    }
}

#[tokio::test]
async fn viewers_do_not_see_what_is_in_the_environment() {
    let served = with_tokens().await;
    let env = async |secret: &str| {
        let revisions = served.get_remote("/v1/services/booking/revisions", &shows(secret)).await;
        revisions.json()[0]["spec"]["env"]["DB_PASSWORD"].clone()
    };
    assert_eq!(env("viewer-secret").await, json!("(hidden)"));
    assert_eq!(env("operator-secret").await, json!("hunter2"));
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let served = with_tokens().await;
    for n in 0..10 {
        assert_eq!(served.get_remote("/v1/status", &shows(&format!("guess{n}"))).await.status, 401);
    }
    let late = served.get_remote("/v1/status", &shows("viewer-secret")).await;
    let seconds: u64 = late
        .head
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&seconds));
    let (status, detail) = late.problem();
    assert_eq!(
        (status, detail.starts_with("too many wrong tokens came from 127.0.0.1")),
        (429, true),
        "{detail}"
    );
    let form = served.ask("POST", "/v1/session", JSON, r#"{"token": "viewer-secret"}"#).await;
    assert_eq!(form.problem().0, 429);
    assert_eq!(served.get_remote("/healthz", "").await.status, 200);
    assert_eq!(served.get("/v1/status").await.status, 200);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    assert_eq!(served.get_remote("/v1/status", &shows("viewer-secret")).await.status, 200);
}

#[tokio::test]
async fn every_change_is_kept_with_who_what_and_what_became_of_it() {
    let served = with_tokens().await;
    let env = [("DB_PASSWORD".to_owned(), "hunter2".to_owned())].into();
    let operator = served.remote(Some("operator-secret"));
    operator.deploy(&booking(), &DeployRequest { env }).await.unwrap();
    operator.scale(&booking(), Some(7)).await.unwrap_err();
    served.remote(Some("viewer-secret")).rollback(&booking(), Some(2)).await.unwrap_err();
    served.local().revoke_token(1).await.unwrap();
    // Looking is not kept, nor is who could not be told.
    operator.status().await.unwrap();
    served.remote(None).stop().await.unwrap_err();
    served.post("/v1/stop", "").await;

    let me = crate::peer::local_user(rustix::process::geteuid().as_raw());
    let kept = audited(&served, 5).await;
    let told = |entry: &Audit| {
        let Audit { actor, role, source, action, subject, outcome, detail, .. } = entry.clone();
        format!("{actor} ({role}, {source}) {action} {subject} {detail}: {outcome}")
    };
    let expected = [
        "an operator (operator, 127.0.0.1) deploy booking with DB_PASSWORD: 202".replacen("an ", "a ", 1),
        "a operator (operator, 127.0.0.1) scale booking to 7: 409".to_owned(),
        "a viewer (viewer, 127.0.0.1) rollback booking : 403".to_owned(),
        format!("{me} (admin, socket) revoke_token 1 : 204"),
        format!("{me} (admin, socket) stop  : 202"),
    ];
    assert_eq!(kept.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(!serde_json::to_string(&kept).unwrap().contains("hunter2"));

    let shown = served.local().audit(&AuditQuery { after: Some(3), ..AuditQuery::default() }).await.unwrap();
    assert_eq!(shown, kept[3..]);
    assert_eq!(served.get("/v1/audit?limit=0").await.problem().0, 422);
}

#[tokio::test]
async fn a_change_is_made_and_kept_though_the_client_has_gone() {
    use tokio::io::AsyncWriteExt;
    let served = Served::start().await;
    let gate = served.fake.hold.lock().await;
    let mut stream = tokio::net::UnixStream::connect(served.socket()).await.unwrap();
    stream
        .write_all(b"POST /v1/services/booking/rollback HTTP/1.1\r\nhost: naru\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let mut asked = served.fake.streams.subscribe();
    asked.wait_for(|waiting| *waiting == 1).await.unwrap();
    drop(stream);
    drop(gate);
    assert_eq!(audited(&served, 1).await[0].outcome, 202);
    let unsure: Value = served.get("/v1/audit").await.json();
    assert_eq!(unsure[0]["action"], "rollback");
}
