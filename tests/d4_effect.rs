//! D4: what `naru assess effect` tells of moving: the log's own requests against today's system and the target model in four ways, and
//! one failing function.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36";

/// Four hours from seven o'clock: a board that is read all the time, and an application form that all fill in within five minutes
/// from nine on. With response times in microseconds.
fn log(folder: &Path) -> PathBuf {
    let mut text = String::new();
    let mut line = |second: u32, user: u32, request: &str| {
        let (hour, minute) = (7 + second / 3600, second / 60 % 60);
        writeln!(
            text,
            "10.0.{}.{} - - [08/Jan/2024:{hour:02}:{minute:02}:{:02} +0900] \"{request} HTTP/1.1\" 200 512 \"-\" \"{CHROME}\" {}",
            user / 250,
            user % 250,
            second % 60,
            240_000 + user % 20 * 1000
        )
        .unwrap();
    };
    for second in 0..4 * 3600 {
        for user in 0..2 {
            line(second, (second + user) % 700, "GET /portal/board/view.do");
        }
        let is_open = (7200..7500).contains(&second);
        for user in 0..if is_open { 80 } else { u32::from(second % 5 == 0) } {
            line(second, 1000 + (second * 13 + user) % 9000, "POST /portal/apply/save.do");
        }
    }
    let path = folder.join("access.log");
    std::fs::write(&path, text).unwrap();
    path
}

fn assess(arguments: &[&str]) -> Output {
    let mut command = Command::new(naru_testkit::naru::binary());
    command.args(["assess", "effect"]).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let done = assess(&[arguments, &["--format", "json"]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Today one server that carries 40 requests a second, which is less than the surge.
const GIVEN: [&str; 8] = [
    "--instances",
    "1",
    "--workers",
    "10",
    "--price",
    "150",
    "--pattern",
    "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D",
];

#[test]
fn d4_the_effect_of_moving_is_simulated_from_the_log_in_five_ways() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let effect = json(&[&GIVEN[..], &[log.to_str().unwrap()]].concat());
    let variants = effect["variants"].as_array().unwrap();
    let ways: Vec<&str> = variants.iter().map(|variant| variant["way"].as_str().unwrap()).collect();
    assert_eq!(ways, ["today", "fixed-mean", "fixed-peak", "hpa", "naru"]);
    let requests = 4 * 3600 * 2 + 300 * 80 + (4 * 3600 - 300) / 5;
    for variant in variants {
        assert_eq!(variant["whole"]["requests"], requests, "{variant}");
        assert_eq!(variant["whole"]["minutes"], 240);
        let (hours, cost) = (&variant["whole"]["instance_hours"], &variant["whole"]["cost"]);
        assert_eq!(hours.as_f64().unwrap() * 150.0, cost.as_f64().unwrap());
    }
    let bad = |index: usize| {
        variants[index]["whole"]["waited"].as_u64().unwrap()
            + variants[index]["whole"]["failed"].as_u64().unwrap()
    };
    assert!(bad(0) > 10_000, "40 a second carry no 82: {}", variants[0]["whole"]);
    assert!(bad(4) < bad(0) / 2 && bad(4) <= bad(1), "{} {} {}", bad(0), bad(1), bad(4));
    let hours = |index: usize| variants[index]["whole"]["instance_hours"].as_f64().unwrap();
    assert!(hours(4) < hours(2), "{} {}", hours(4), hours(2));
    let origin = |name: &str| {
        let figures = effect["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["name"] == name).unwrap()["origin"].clone()
    };
    assert_eq!((origin("service-time"), origin("workers")), ("log".into(), "given".into()));
    let failure = &effect["failure"];
    assert_eq!(failure["function"], "portal-apply");
    assert!(failure["ways"][0]["others"]["failed"].as_u64().unwrap() > 500, "{failure}");
    assert_eq!(failure["ways"][1]["others"]["failed"], 0, "{failure}");
    assert_eq!(failure["alone"], true);
}

#[test]
fn d4_the_report_of_the_effect_is_written_in_every_format_and_refuses_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let log = log.to_str().unwrap();
    let given = [&GIVEN[..], &["--fail", "none", log]].concat();
    let text = |arguments: &[&str]| {
        let done = assess(&[&given[..], arguments].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    assert!(text(&["--lang", "ko"]).contains("전환 효과 분석"));
    let html = text(&["--lang", "en", "--format", "html"]);
    assert_eq!(html.matches("<svg").count(), 2);
    for heading in ["The target model", "When a number is off", "for users: ", "for the budget: "] {
        assert!(html.contains(heading), "{heading}");
    }
    // What was simulated is written as a file that is checked as it is, with the workers that were given.
    let target = folder.path().join("naru.yaml");
    text(&["--target", target.to_str().unwrap()]);
    let yaml = std::fs::read_to_string(&target).unwrap();
    assert!(yaml.contains("min: ") && yaml.contains("per_instance: "), "{yaml}");
    let check =
        Command::new(naru_testkit::naru::binary()).arg("check").current_dir(folder.path()).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let docx = folder.path().join("effect.docx");
    text(&["--format", "docx", "-o", docx.to_str().unwrap()]);
    assert!(std::fs::read(docx).unwrap().starts_with(b"PK"));

    let wrong = assess(&[&GIVEN[..], &["--fail", "nothing-of-it", log]].concat());
    assert!(!wrong.status.success());
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("the log has no function \"nothing-of-it\"; it has"), "{said}");
    let empty = folder.path().join("empty.log");
    std::fs::write(&empty, "nothing\n").unwrap();
    assert!(!assess(&[empty.to_str().unwrap()]).status.success());
}

/// A quiet day without response times.
#[test]
fn d4_what_a_log_can_not_tell_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let line = |n: u32| {
        let (hour, minute) = (n / 60, n % 60);
        format!(
            "10.0.0.{} - - [08/Jan/2024:{hour:02}:{minute:02}:00 +0900] \"GET /board/{n} HTTP/1.1\" 200 512\n",
            n % 200
        )
    };
    let log = folder.path().join("access.log");
    std::fs::write(&log, (0..1440).map(line).collect::<String>()).unwrap();
    let effect = json(&[log.to_str().unwrap()]);
    assert_eq!(effect["requests"], 1440);
    let warnings = effect["warnings"].as_array().unwrap();
    let warned = |kind: &str| warnings.iter().any(|warning| warning["kind"] == kind);
    assert!(warned("no-times") && warned("short") && warned("no-surge") && warned("idle"), "{warnings:?}");
    assert_eq!(effect["variants"][0]["whole"]["cost"], Value::Null);
}
