//! D4, D5: what `naru assess logs` tells of a legacy system's access logs: files of several formats and packings in any order, with
//! broken lines, joined with deployments.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36";

/// A line of January 2024 in Korea: seconds since Monday the 8th, who, what, how it went.
fn line(second: u32, user: u32, request: &str, status: u16, agent: &str) -> String {
    let (day, hour, minute) = (8 + second / 86_400, second / 3600 % 24, second / 60 % 60);
    format!(
        "10.0.{}.{} - - [{day:02}/Jan/2024:{hour:02}:{minute:02}:{:02} +0900] \"{request} HTTP/1.1\" {status} 512 \"-\" \"{agent}\"\n",
        user / 250,
        user % 250,
        second % 60
    )
}

/// Each day's log: a board that people read all day, an application form that all fill in at nine, fails for half an hour on
/// Wednesday, and a robot.
fn days() -> Vec<String> {
    let day = |day: u32| {
        let mut text = String::new();
        for second in (day * 86_400..(day + 1) * 86_400).step_by(10) {
            let (user, of_day) = (second / 10 % 700, second % 86_400);
            text += &line(second, user, &format!("GET /portal/board/view.do?id={second}"), 200, CHROME);
            text += &line(second, user, "GET /portal/css/main.css", 200, CHROME);
            let is_nine = (32_400..36_000).contains(&of_day);
            if is_nine || second % 300 == 0 {
                let is_out = day == 2 && (33_000..34_800).contains(&of_day);
                for more in 0..if is_nine { 3 } else { 1 } {
                    text += &line(
                        second,
                        1000 + user + more,
                        "POST /portal/apply/save.do",
                        if is_out { 503 } else { 200 },
                        CHROME,
                    );
                }
            }
            if second % 100 == 0 {
                text += &line(
                    second,
                    2000,
                    "GET /portal/notice/list.do",
                    200,
                    "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
                );
            }
        }
        text
    };
    (0..4).map(day).collect()
}

fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The same file packed by the gzip of the machine.
fn packed(path: &Path) -> PathBuf {
    assert!(Command::new("gzip").arg(path).status().unwrap().success());
    PathBuf::from(format!("{}.gz", path.display()))
}

fn assess(arguments: &[&str], files: &[&Path]) -> Output {
    let mut command = Command::new(naru_testkit::naru::binary());
    command.args(["assess", "logs"]).args(arguments).args(files).stdin(Stdio::null());
    command.output().unwrap()
}

fn json(arguments: &[&str], files: &[&Path]) -> Value {
    let done = assess(&[arguments, &["--json"]].concat(), files);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty(), "no progress bar where there is no terminal");
    serde_json::from_slice(&done.stdout).unwrap()
}

fn function<'a>(findings: &'a Value, name: &str) -> &'a Value {
    findings["functions"].as_array().unwrap().iter().find(|function| function["name"] == name).unwrap()
}

#[test]
fn d4_logs_of_any_format_and_order_tell_load_users_functions_and_robots() {
    let folder = tempfile::tempdir().unwrap();
    let days = days();
    let mut broken = days[3].clone();
    broken.push_str("10.0.0.1 - - [11/Jan/2024:23:59:59 +0900] \"GET /portal/bo\n\\x16\\x03\n\n");
    let first = packed(&write(folder.path(), "1.log", days[0].as_bytes()));
    let second = write(folder.path(), "2.log", days[1].as_bytes());
    let third = write(folder.path(), "3.log", days[2].as_bytes());
    let fourth = write(folder.path(), "4.log", broken.as_bytes());
    let findings = json(&[], &[&fourth, &second, &first, &third]);
    let sources = &findings["sources"];
    let lines: usize = days.iter().map(|day| day.lines().count()).sum();
    assert_eq!(findings["volume"]["requests"], lines);
    assert_eq!(
        (&sources["broken"], &sources["remarks"], &sources["lines"]),
        (&2.into(), &1.into(), &(lines + 3).into())
    );
    let example = &sources["broken_by_reason"][0]["examples"][0];
    assert_eq!(example["line"], days[3].lines().count() + 1);
    assert_eq!(findings["period"]["offset_seconds"], 32_400);
    let apply = function(&findings, "apply");
    assert_eq!((&apply["peak_hour"], &apply["splitting"]), (&9.into(), &"worth".into()), "{apply}");
    assert_eq!(apply["prefixes"][0], "/portal/apply");
    assert_eq!(function(&findings, "static")["splitting"], "cache");
    assert_eq!(function(&findings, "board")["templates"][0]["path"], "/portal/board/view.do");
    assert_eq!(findings["robots"]["declared_requests"], 4 * 864);
    let again = &findings["rhythm"]["recurring"];
    assert!(
        again.as_array().unwrap().iter().any(|again| again["kind"] == "hour" && again["at"] == 9),
        "{again}"
    );
}

#[test]
fn d4_what_the_logs_tell_is_written_in_every_format_and_language() {
    let folder = tempfile::tempdir().unwrap();
    let log = write(folder.path(), "2.log", days()[1].as_bytes());
    let told = |arguments: &[&str]| {
        let done = assess(arguments, &[&log]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    };
    let text = |arguments: &[&str]| String::from_utf8(told(arguments)).unwrap();
    assert!(text(&["--lang", "en"]).contains("worth running by themselves"));
    let korean = text(&["--lang", "ko"]);
    assert!(korean.contains("기능별 분석과 분리 판단") && korean.contains("시간당 요청 수"), "{korean}");
    let html = text(&["--lang", "ko", "--format", "html"]);
    assert_eq!(html.matches("<svg ").count(), 3, "load, rhythm, functions");
    assert!(text(&["--lang", "ko", "--format", "md"]).contains("| apply |"));
    assert!(told(&["--format", "pdf"]).starts_with(b"%PDF-"));
    assert!(told(&["--format", "docx"]).starts_with(b"PK\x03\x04"));
    let file = folder.path().join("logs.json");
    told(&["--format", "json", "-o", file.to_str().unwrap()]);
    let same: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(same, json(&[], &[&log]));
}

#[test]
fn d5_outages_are_found_and_joined_with_the_deployments_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let log = write(folder.path(), "all.log", days().concat().as_bytes());
    // Wednesday at 09:05 the deployment that broke it, in the log's own zone.
    let table = "일시,내용\n2024-01-08 03:00,v1.0\n2024-01-10 09:05,v1.1\n2024-01-11 03:00,v1.2\n";
    let table = write(folder.path(), "deployments.csv", table.as_bytes());
    let changes = write(
        folder.path(),
        "changes.csv",
        "requested,done,title\n2024-01-02,2024-01-08,a\n2024-01-03,,b\n".as_bytes(),
    );
    let given = ["--deployments", table.to_str().unwrap(), "--changes", changes.to_str().unwrap()];
    let findings = json(&given, &[&log]);
    let windows = findings["windows"].as_array().unwrap();
    let errors: Vec<&Value> = windows.iter().filter(|window| window["kind"] == "errors").collect();
    assert_eq!(errors.len(), 1, "{windows:?}");
    let minutes = (errors[0]["to"].as_u64().unwrap() - errors[0]["from"].as_u64().unwrap()) / 60_000_000;
    assert_eq!((minutes, &errors[0]["concerned"]), (30, &540.into()));
    let history = &findings["history"];
    assert_eq!((&history["deployments"], &history["followed"]), (&3.into(), &1.into()));
    assert_eq!(history["consequences"][0]["what"], "v1.1");
    assert_eq!((&history["changes"], &history["open_changes"]), (&2.into(), &1.into()));
}

#[test]
fn d4_iis_json_standard_input_and_patterns_are_read_and_what_is_no_log_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut iis, mut lines) = (
        String::from("#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken\n"),
        String::new(),
    );
    for minute in 0..60 {
        iis += &format!("2024-01-08 00:{minute:02}:00 10.0.0.{minute} GET /Login.aspx 200 120\n");
        lines += &format!(
            "{{\"@timestamp\":\"2024-01-08T09:{minute:02}:30+09:00\",\"client\":\"10.0.0.{minute}\",\"uri\":\"/a?b=1\",\"status\":200,\"duration_ms\":80}}\n"
        );
    }
    let (iis, lines) =
        (write(folder.path(), "u_ex.log", iis.as_bytes()), write(folder.path(), "a.json", lines.as_bytes()));
    let findings = json(&["--zone", "+09:00"], &[&iis, &lines]);
    assert_eq!(
        (&findings["volume"]["requests"], &findings["peaks"]["busiest_hour"]["requests"]),
        (&120.into(), &120.into())
    );
    assert_eq!(findings["latency"]["count"], 120);
    let p95 = findings["latency"]["p95"].as_f64().unwrap();
    assert!((p95 - 0.12).abs() < 0.006, "{p95}");

    let mut command = Command::new(naru_testkit::naru::binary());
    command.args([
        "assess",
        "logs",
        "-",
        "--json",
        "--pattern",
        "%{%Y-%m-%d %H:%M:%S}t|%h|%m|%U|%s|%D",
        "--unit",
        "ms",
    ]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"2024-01-08 09:00:00|10.0.0.1|GET|/a|200|250\n").unwrap();
    let findings: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&findings["volume"]["requests"], &findings["latency"]["max"]), (&1.into(), &0.25.into()));

    let nothing = write(folder.path(), "nothing", b"hello\n");
    let refused = assess(&[], &[&nothing]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--pattern") && said.contains("hello"), "{said}");
}
