//! D1 to D4, D6, D8: what an orderer does with `naru assess`, from an empty questionnaire to a verdict, a ranking, a target that runs,
//! the rows of a tender, and the twelve factors.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use naru_testkit::naru::{Naru, binary};
use naru_verify::acceptance::{CASES, Needs};
use serde_json::Value;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/assess");

/// `naru assess` with these arguments, in this folder, with this on its standard input.
fn assess(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(binary());
    command.arg("assess").args(arguments).current_dir(folder).env("LANG", "C.UTF-8");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that asks nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What it prints, when it ends well.
fn good(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = assess(folder, arguments, input);
    assert!(output.status.success(), "naru assess {arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&good(folder, arguments, "")).unwrap()
}

#[test]
fn d1_a_questionnaire_is_filled_in_from_a_pipe_in_two_sittings_and_tells_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    good(at, &["new", "booking.yaml", "--system", "예약 포털", "--lang", "ko"], "");
    assert!(!assess(at, &["new", "booking.yaml"], "").status.success(), "a questionnaire was written over");
    let nothing = json(at, &["verdict", "booking.yaml", "--format", "json"]);
    assert_eq!((&nothing["outcome"], nothing["possible"].as_array().unwrap().len()), (&Value::Null, 5));
    // The first sitting ends after the first question of the self-check, in the middle of its evidence.
    good(at, &["ask", "booking.yaml"], "예\n보안 등급 검토서\n예\n\n아마\n예\n");
    let half = std::fs::read_to_string(at.join("booking.yaml")).unwrap();
    assert!(half.contains("보안 등급 검토서"), "{half}");
    assert_eq!(json(at, &["verdict", "booking.yaml", "--format", "json"])["yes"], 1);
    // The second goes on there: 2 to 10 of the self-check, each without evidence but for the last.
    let rest = "아니오\n\n아니오\n\n예\n\n아니오\n\n예\n\n아니오\n\n예\n\n예\n\n예\n배포 이력 2026년\nq\n";
    good(at, &["ask", "booking.yaml"], rest);
    let verdict = json(at, &["verdict", "booking.yaml", "--format", "json"]);
    assert_eq!((&verdict["outcome"], &verdict["yes"]), (&Value::from("adopt"), &Value::from(6)));
    assert_eq!(verdict["answers"][9]["evidence"], "배포 이력 2026년");
    let text = good(at, &["verdict", "booking.yaml"], "");
    assert!(text.contains("클라우드 네이티브 적용") && text.contains("결과를 바꿀 수 있는 것"), "{text}");
}

#[test]
fn d1_a_bad_questionnaire_is_refused_with_64_by_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.yaml"), "name: a\nrenewal: perhaps\nfigures: { size: 9 }\n")
        .unwrap();
    let output = assess(folder.path(), &["verdict", "bad.yaml"], "");
    assert_eq!(output.status.code(), Some(64));
    let said = said(&output);
    assert!(said.contains("bad.yaml:2: renewal") && said.contains("bad.yaml:3: figures.size"), "{said}");
}

#[test]
fn d1_known_systems_get_their_known_verdicts() {
    let outcome =
        |name: &str| json(Path::new(EXAMPLES), &["verdict", name, "--format", "json"])["outcome"].clone();
    assert_eq!(outcome("framework-portal.yaml"), "keep_recommended");
    assert_eq!(outcome("home-shopping.yaml"), "adopt");
    assert_eq!(outcome("insurance.yaml"), "adopt");
}

#[test]
fn d2_twenty_one_systems_are_ranked_drawn_and_written_for_excel() {
    let folder = tempfile::tempdir().unwrap();
    let table = format!("{EXAMPLES}/systems.csv");
    let arguments = ["portfolio", &table, "--lang", "ko", "--csv", "out.csv", "--html", "out.html"];
    let text = good(folder.path(), &arguments, "");
    assert!(text.contains("시스템 21개"), "{text}");
    let csv = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.lines().count() == 22, "{csv}");
    let first = csv.lines().nth(1).unwrap();
    assert!(first.starts_with("1,1,"), "{first}");
    let html = std::fs::read_to_string(folder.path().join("out.html")).unwrap();
    assert!(html.contains("<svg") && html.contains("대국민 민원 포털"));
    // A row that can't be read is named by its line, and the others are ranked.
    std::fs::write(folder.path().join("broken.csv"), "system,size\n예약,3\n접수,9\n").unwrap();
    let output = assess(folder.path(), &["portfolio", "broken.csv", "--format", "json"], "");
    assert!(said(&output).contains("broken.csv:3: size"), "{}", said(&output));
    let ranked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (ranked["systems"].as_array().unwrap().len(), &ranked["broken"][0]["line"]),
        (1, &Value::from(3))
    );
}

#[test]
fn d3_a_verdict_says_the_steps_from_todays_maturity_to_the_wanted_one() {
    let verdict = json(Path::new(EXAMPLES), &["verdict", "insurance.yaml", "--format", "json"]);
    assert_eq!(
        (&verdict["maturity"]["application"]["today"], &verdict["maturity"]["application"]["wanted"]),
        (&Value::from(0), &Value::from(3))
    );
    let text = good(Path::new(EXAMPLES), &["verdict", "insurance.yaml", "--lang", "en"], "");
    assert!(["0 → 1", "1 → 2", "2 → 3"].iter().all(|step| text.contains(step)), "{text}");
}

#[test]
fn d4_the_target_model_is_checked_and_answers_requests_once_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let questionnaire = format!("{EXAMPLES}/home-shopping.yaml");
    good(folder.path(), &["target", &questionnaire, "-o", "naru.yaml"], "");
    let check = Command::new(binary()).arg("check").current_dir(folder.path()).output().unwrap();
    assert!(check.status.success(), "{}", said(&check));
    let yaml = std::fs::read_to_string(folder.path().join("naru.yaml")).unwrap();
    // Its own command in the place of the sample's, as the file asks for.
    let yaml =
        yaml.replace("exec: [\"naru\", \"app\"]", "exec: [\"naru\", \"app\", \"--service-time\", \"2ms\"]");
    // Links listen on one port of the machine for all; this test has its own.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let naru =
        Naru::up(&yaml.replace("\nservices:\n", &format!("\ngateway: {{ links: \"{free}\" }}\nservices:\n")));
    assert_eq!(naru.get("/orders/1").status, 200);
    assert_eq!(naru.get("/").status, 200);
    let status = naru.status();
    assert!(status.services.iter().all(|service| service.ready >= 2), "{status:?}");
}

#[test]
fn d6_a_tenders_rows_are_accepted_by_commands_that_exist() {
    let there = Command::new(binary()).args(["verify", "no-such"]).output().unwrap();
    let there = said(&there);
    let names: Vec<&str> = there.split("there are ").nth(1).unwrap().trim().split(", ").collect();
    let help = said(&Command::new(binary()).arg("--help").output().unwrap());
    let tender = json(Path::new(EXAMPLES), &["tender", "insurance.yaml", "--format", "json"]);
    let mut verified = 0;
    for row in tender["rows"].as_array().unwrap() {
        for command in
            row["acceptance"].as_str().unwrap().split(", ").filter_map(|part| part.strip_prefix("naru "))
        {
            let mut words = command.split(' ');
            let name = words.next().unwrap();
            assert!(help.contains(&format!("\n  {name} ")), "there is no naru {name}");
            if name == "verify" {
                let what = words.next().unwrap();
                assert!(what == "all" || names.contains(&what), "there is no naru {command}: {names:?}");
                if what == "all" {
                    accepted_by_cases(command);
                }
                verified += 1;
            }
        }
    }
    assert!(verified >= 7, "{verified} rows are accepted by naru verify");
}

/// Checks that the cases in brackets are of the part that the command asks for, and that it gives the flags they need.
fn accepted_by_cases(command: &str) {
    let (flags, cases) = command.strip_suffix(')').and_then(|command| command.split_once(" (")).unwrap();
    for id in cases.split('·') {
        let case = CASES.iter().find(|case| case.id == id);
        let case = case.unwrap_or_else(|| panic!("naru verify all has no case {id}"));
        assert!(flags.contains(&format!("--only {}", case.part.as_str())), "{command}");
        let needed = match case.needs {
            Needs::Nothing => "",
            Needs::Load => "--allow-load ",
            Needs::Destruction => "--allow-destructive",
        };
        assert!(flags.contains(needed), "{command}: {id} needs {needed}");
    }
}

#[test]
fn d6_a_tender_is_written_in_every_format_and_language() {
    let folder = tempfile::tempdir().unwrap();
    let questionnaire = format!("{EXAMPLES}/insurance.yaml");
    for (format, begin) in [
        ("md", &b"# "[..]),
        ("html", b"<!doctype html>"),
        ("pdf", b"%PDF-1.7"),
        ("docx", b"PK\x03\x04"),
        ("csv", b"\xef\xbb\xbf"),
    ] {
        for language in ["ko", "en"] {
            let file = format!("tender-{language}.{format}");
            good(
                folder.path(),
                &["tender", &questionnaire, "--format", format, "--lang", language, "-o", &file],
                "",
            );
            let bytes = std::fs::read(folder.path().join(&file)).unwrap();
            assert!(bytes.starts_with(begin), "{file}");
        }
    }
}

#[test]
fn d8_the_twelve_factors_of_a_tree_and_of_the_service_that_runs_from_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("App.java"),
        "class App {\n  String url = \"jdbc:mysql://10.0.0.7/board\";\n}\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("pom.xml"), "<project></project>\n").unwrap();
    let tree = json(folder.path(), &["factors", ".", "--format", "json"]);
    let state =
        |report: &Value, number: usize| report["factors"][number - 1]["state"].as_str().unwrap().to_owned();
    assert_eq!(
        (state(&tree, 2), state(&tree, 3), state(&tree, 6)),
        ("met".into(), "not_met".into(), "cant_be_told".into())
    );
    assert_eq!(tree["factors"][2]["found"][0]["place"], "App.java:2");

    let naru = Naru::up(
        "services:\n  booking:\n    exec: [\"naru\", \"app\"]\n    env: { DB_URL: \"mysql://secret@db\" }\n    health: { path: /healthz }\n    scale: { min: 2, max: 3 }\nroutes:\n  - { match: { path: /** }, to: booking }\n",
    );
    naru.run(&["deploy", "booking", "--wait"]);
    naru.await_service("booking", "two instances of revision 2 alone", |s| {
        s.revision == 2 && s.ready == 2 && s.instances.len() == 2
    });
    let state_folder = naru.state();
    let service = json(
        folder.path(),
        &["factors", "--service", "booking", "--state", state_folder.to_str().unwrap(), "--format", "json"],
    );
    for number in [3, 4, 7, 8, 9] {
        assert_eq!(state(&service, number), "met", "factor {number}: {service}");
    }
    assert_eq!(state(&service, 1), "cant_be_told");
    assert!(!service.to_string().contains("secret"), "a value of the environment is in the report");
}
