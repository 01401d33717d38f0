//! P10: what a day came to, of the whole platform, by function and by service, beside what was promised: as figures, as a page, and
//! by mail.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::path::Path;
use std::time::{Duration, Instant};

use naru_testkit::client::Client;
use naru_testkit::mail::Mail;
use naru_testkit::naru::Naru;
use serde_json::Value;

/// aiosmtpd from PyPI.
fn mail() -> Mail {
    Mail::start(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(env!("CARGO_TARGET_TMPDIR")))
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Two functions with a service each; what is promised of the second is more than it keeps.
fn yaml(port: u16, more: &str) -> String {
    format!(
        r#"
services:
  portal: {{ exec: ["naru", "app", "--service-time", "5ms"], health: {{ path: /healthz }}, rollout: {{ hold: 1s }} }}
  stock: {{ exec: ["naru", "app", "--service-time", "5ms"], health: {{ path: /healthz }} }}
routes:
  - {{ match: {{ path: /a/** }}, to: portal, function: approval }}
  - {{ match: {{ path: /s/** }}, to: stock, function: storage }}
functions:
  approval: {{ name: 승인, goal: {{ availability: 99.9%, p95: 10s }} }}
  storage: {{ name: 재고, owner: storage@example.go.kr, goal: {{ availability: 99.9% }} }}
alerts: {{ defaults: false }}
notices:
  channels:
    boss: {{ email: boss@example.go.kr }}
  smtp: {{ host: 127.0.0.1, port: {port}, from: naru@example.go.kr, tls: never }}
reports:
  zone: UTC
  language: en
  weekly: [boss, owners]
{more}
"#
    )
}

/// Sends so many requests one after the other and returns how many were answered with a status below 400.
fn ask(naru: &Naru, target: &str, requests: usize) -> usize {
    let mut client = naru.connect();
    // Not idempotent: what fails is not tried elsewhere.
    (0..requests).filter(|_| client.post(target, b"{}").unwrap().status < 400).count()
}

fn subject<'v>(report: &'v Value, name: &str) -> &'v Value {
    let all = report["subjects"].as_array().unwrap();
    all.iter().find(|one| one["subject"] == name).unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

/// Today's report, once everything that was sent is in it.
fn todays(naru: &Naru, today: &str, requests: u64) -> Value {
    let began = Instant::now();
    loop {
        let report = naru.json(&["report", "daily", "--date", today]);
        let all = report["subjects"].as_array().unwrap().iter().find(|one| one["subject"] == "all");
        if all.is_some_and(|all| all["now"]["requests"] == requests) {
            return report;
        }
        assert!(began.elapsed() < PATIENCE, "not all of the {requests} requests: {report:#}");
    }
}

/// Waits until so many transactions are shown: those survive a SIGKILL, others of the last 200 ms may not.
fn await_kept(naru: &Naru, transactions: usize) {
    let began = Instant::now();
    loop {
        let found = naru.json(&["query", "transactions", "--lines", "1000"]);
        if found["transactions"].as_array().unwrap().len() == transactions {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{found:#}");
    }
}

/// Counts the kept transactions one by one, and compares.
fn as_the_transactions_say(naru: &Naru, report: &Value) {
    let count = |more: &[&str]| {
        let query = [&["query", "transactions", "--from", "24h", "--lines", "1000"], more].concat();
        naru.json(&query)["transactions"].as_array().unwrap().len() as u64
    };
    for (name, of) in [
        ("all", [].as_slice()),
        ("function:approval", &["--function", "approval"]),
        ("function:storage", &["--function", "storage"]),
        ("service:stock", &["--service", "stock"]),
    ] {
        let now = &subject(report, name)["now"];
        let (requests, failed) = (count(of), count(&[of, &["--errors"]].concat()));
        assert_eq!(now["requests"], requests, "{name}");
        let told = now["service_errors"].as_u64().unwrap() + now["platform_errors"].as_u64().unwrap();
        assert_eq!(told, failed, "{name}");
        let availability = 1.0 - failed as f64 / requests as f64;
        assert!((now["availability"].as_f64().unwrap() - availability).abs() < 1e-12, "{name}: {now:#}");
    }
}

/// As the server's clock has it, once it has seen something of the day.
fn today(naru: &Naru) -> String {
    let began = Instant::now();
    loop {
        let list = naru.json(&["report", "list"]);
        if let Some(daily) = list["reports"].as_array().unwrap().iter().find(|one| one["kind"] == "daily") {
            return daily["date"].as_str().unwrap().to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "no report of the day: {list:#}");
    }
}

#[test]
fn p10_todays_report_counts_what_users_saw_and_goes_by_mail_as_a_page_and_a_document() {
    let mail = mail();
    let naru = Naru::up(&yaml(mail.port(), ""));
    naru.await_ready();
    assert_eq!(ask(&naru, "/a/1", 40), 40);
    assert_eq!(ask(&naru, "/s/1", 20), 20);
    naru.run(&["deploy", "portal", "--wait"]);
    let address = naru.instances("stock")[0].address.unwrap();
    assert_eq!(Client::connect(address).unwrap().get("/_app/err").unwrap().status, 200);
    assert_eq!(ask(&naru, "/s/1", 20), 0);
    assert_eq!(naru.get("/nowhere").status, 404);
    let today = today(&naru);
    let report = todays(&naru, &today, 81);

    // The counts are those of what was sent.
    let all = &subject(&report, "all")["now"];
    assert_eq!(
        (&all["service_errors"], &all["client_errors"], &all["platform_errors"]),
        (&20.into(), &1.into(), &0.into())
    );
    assert!((all["availability"].as_f64().unwrap() - 61.0 / 81.0).abs() < 1e-9, "{all:#}");
    let (approval, storage) = (subject(&report, "function:approval"), subject(&report, "function:storage"));
    assert_eq!((&approval["now"]["requests"], &approval["result"]), (&40.into(), &"met".into()));
    assert_eq!((&storage["now"]["requests"], &storage["result"]), (&40.into(), &"missed".into()));
    assert_eq!((&storage["now"]["availability"], &storage["now"]["outages"]), (&0.5.into(), &1.into()));
    assert!(approval["now"]["p95_seconds"].as_f64().unwrap() >= 0.004, "{approval:#}");
    assert_eq!(subject(&report, "service:stock")["now"]["service_errors"], 20);
    assert!(subject(&report, "service:portal")["now"]["instance_hours"].as_f64().unwrap() > 0.0);
    assert_eq!((&report["result"], &report["complete"]), (&"missed".into(), &false.into()));
    let incidents = report["incidents"].as_array().unwrap();
    assert_eq!(
        (incidents.len(), &incidents[0]["subject"], &incidents[0]["failed"]),
        (1, &"function:storage".into(), &20.into())
    );
    let changes = report["changes"].as_array().unwrap();
    assert!(
        changes.iter().any(|one| one["kind"] == "deployment" && one["what"]["ko"] == "개정 2 배포"),
        "{changes:#?}"
    );

    await_kept(&naru, 81);
    as_the_transactions_say(&naru, &report);

    // For people: in the terminal and as a page, of everything and of one function.
    let page = naru.run(&["report", "daily", "--date", &today, "--format", "html", "--language", "ko"]);
    for part in ["서비스 수준 보고서(일간)", "목표 미달: 재고 가용률 50%", "<svg", "중간 집계"]
    {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let text = naru.run(&["report", "daily", "--date", &today, "--function", "approval"]);
    assert!(text.contains("All goals met · availability 100%, Apdex 1.00, 40 requests"), "{text}");
    let refused = naru.try_run(&["report", "daily", "--date", "2999-01-01"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("yet to come"));

    // And by mail: the whole, and to the owner of a function that function's.
    naru.run(&["report", "send", "daily", "--date", &today, "--to", "boss"]);
    let got = mail.next();
    assert_eq!(got["to"][0], "boss@example.go.kr");
    assert!(
        got["subject"]
            .as_str()
            .unwrap()
            .ends_with(&format!("daily service level report {today}: 1 goal missed")),
        "{got:#}"
    );
    assert!(
        got["text"]
            .as_str()
            .unwrap()
            .starts_with("1 goal missed\n- 재고: Availability 50% (goal: at least 99.9%)\n"),
        "{got:#}"
    );
    let files = got["files"].as_array().unwrap();
    let names: Vec<&str> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, [format!("naru-daily-{today}.html"), format!("naru-daily-{today}.pdf")]);
    assert_eq!(files[0]["begins"], "<!doctype html>");
    assert!(files[1]["begins"].as_str().unwrap().starts_with("%PDF-1."), "{got:#}");
    naru.run(&["report", "send", "daily", "--date", &today, "--to", "owners"]);
    let owners = mail.next();
    assert_eq!(
        (&owners["to"][0], owners["files"].as_array().map(Vec::len)),
        (&"storage@example.go.kr".into(), Some(2))
    );
    let nobody = naru.try_run(&["report", "send", "daily", "--date", &today, "--to", "nobody"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("there are boss, owners"));

    let began = Instant::now();
    let sent = loop {
        let list = naru.json(&["report", "list"]);
        let sent = list["reports"][0]["sent"].clone();
        let states: Vec<&Value> = sent.as_array().unwrap().iter().map(|one| &one["state"]).collect();
        if states == ["sent", "sent"] {
            break sent;
        }
        assert!(began.elapsed() < PATIENCE, "{list:#}");
    };
    assert_eq!((&sent[0]["to"], &sent[1]["subject"]), (&"boss".into(), &"function:storage".into()));
}

#[test]
fn p10_what_was_seen_before_a_sigkill_is_in_the_report_and_a_bad_goal_is_refused() {
    let mail = mail();
    let mut naru = Naru::up(&yaml(mail.port(), ""));
    naru.await_ready();
    assert_eq!(ask(&naru, "/a/1", 30), 30);
    let today = today(&naru);
    todays(&naru, &today, 30);
    await_kept(&naru, 30);
    naru.kill_server();
    naru.start_again();
    naru.await_ready();
    assert_eq!(ask(&naru, "/a/1", 10), 10);
    let report = todays(&naru, &today, 40);
    assert_eq!(subject(&report, "function:approval")["now"]["requests"], 40);
    naru.write_file(&yaml(mail.port(), "  daily: nobody"));
    let refused = naru.await_line("the changed file is not applied");
    assert!(
        refused.contains(r#"reports.daily: there is no channel "nobody"; the channels are boss"#),
        "{refused}"
    );
}
