//! D7: a platform that runs, with services and a link behind it, is accepted by `naru verify all`: without a flag nothing of it is
//! changed, with flags everything is taken back, and what is weak is found.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

#[path = "d7/junit.rs"]
mod junit;
#[path = "d7/scaled.rs"]
mod scaled;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};

use naru_model::status::Status;
use naru_testkit::client::Client;
use naru_testkit::naru::{Naru, binary};
use naru_testkit::processes::signal;
use rustix::process::Signal;
use serde_json::Value;

const TOKEN: &str = "d7-token-of-an-admin";

/// Starts the stand-in of an outside system, and ends it: what a tester would bring.
struct Outside {
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Outside {
    fn start() -> Outside {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let outside = Outside { address, folder: tempfile::tempdir().unwrap() };
        outside.run(&outside.mend());
        outside
    }

    fn pid_file(&self) -> String {
        self.folder.path().join("pid").display().to_string()
    }

    fn cut(&self) -> String {
        format!("kill $(cat {})", self.pid_file())
    }

    fn mend(&self) -> String {
        let (naru, port) = (binary(), self.address.port());
        format!("PORT={port} {} app >/dev/null 2>&1 & echo $! >{}", naru.display(), self.pid_file())
    }

    fn run(&self, script: &str) {
        assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.run(&self.cut());
    }
}

fn yaml(outside: &Outside, more: &str) -> String {
    let link = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!(
        r#"
platform: d7
gateway: {{ links: "{link}", limits: {{ head_timeout: 1s }} }}
services:
  portal:
    exec: ["naru", "app", "--workers", "5", "--service-time", "50ms"]
    health: {{ path: /healthz, every: 500ms, timeout: 500ms, dead_after: 2 }}
    drain: 2s
    scale: {{ min: 2, max: 5, target: {{ concurrency: 2 }}, shrink_after: 2s, schedule: [{{ at: "0 3 1 1 *", for: 1h, add: 1 }}] }}
    traffic: {{ per_instance: 5 }}
    rollout: {{ hold: 0s }}
  board:
    exec: ["naru", "app", "--workers", "8", "--service-time", "10ms"]
    health: {{ path: /healthz, every: 500ms, timeout: 500ms, dead_after: 2 }}
    drain: 2s
    scale: {{ min: 2, max: 2 }}
    rollout: {{ hold: 0s }}
routes:
  - {{ match: {{ path: /portal/** }}, to: portal, function: apply }}
  - {{ match: {{ path: /board/** }}, to: board }}
  - {{ match: {{ path: /limited/** }}, to: board, limits: {{ rate: 5/s, burst: 5 }} }}
  - {{ match: {{ path: /closed/** }}, to: board, auth: {{ any_of: [api_key] }} }}
clients:
  kiosk: {{ title: Kiosks, keys: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855] }}
functions:
  apply: {{ name: {{ ko: 신청, en: Application }}, apdex_t: 500ms }}
links:
  registry: {{ url: "http://{}" }}
{more}"#,
        outside.address
    )
}

fn plan(naru: &Naru, outside: &Outside) -> String {
    let text = format!(
        r#"
console: "http://{}"
routes:
  - {{ name: /portal/**, service: portal, path: /portal/apply, rate: 10, p95: 500ms }}
  - {{ name: /board/**, service: board, path: /board, rate: 10, p95: 500ms }}
  - {{ name: /limited/**, path: /limited, expect: [200, 429], rate: 4, p95: 500ms }}
load: {{ low: 20, lasts: 1s, timeout: 5s }}
floor: {{ apdex: 0.3 }}
scaling: {{ steps: ["30%", "100%"], step_lasts: 6s, surge_lasts: 4s, down_within: 40s, own_schedule: false }}
change: {{ services: [portal], within: 20s }}
failure:
  services: [portal]
  recovers_within: 20s
  frozen: 1s
  gateway_within: 5s
  links: {{ registry: {{ cut: [sh, -c, '{}'], mend: [sh, -c, '{}'] }} }}
security: {{ slow_within: 10s }}
"#,
        naru.api_address(),
        outside.cut(),
        outside.mend()
    );
    let path = naru.folder().join("plan.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn up(outside: &Outside) -> Naru {
    let naru = Naru::up_with(
        &yaml(outside, ""),
        &["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--token", TOKEN],
    );
    naru.await_status("the link", |status| {
        status.links.iter().all(|link| link.state == naru_model::status::LinkState::Up)
    });
    naru
}

/// What the API keeps.
fn api(naru: &Naru, path: &str) -> Value {
    let mut client = Client::connect(naru.api_address()).unwrap();
    let fields = format!("host: naru\r\nauthorization: Bearer {TOKEN}");
    client.send(format!("GET {path} HTTP/1.1\r\n{fields}\r\n\r\n")).unwrap();
    serde_json::from_str(&client.receive().unwrap().text()).unwrap()
}

/// Whether no silence of the acceptance lasts.
fn ended(naru: &Naru) -> bool {
    api(naru, "/v1/silences").as_array().unwrap().is_empty()
}

/// Verdicts by case.
fn verdicts(output: &Output) -> BTreeMap<String, String> {
    let acceptance: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let cases = acceptance["cases"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    cases.iter().map(|case| (text(&case["id"]), text(&case["verdict"]))).collect()
}

fn of(verdicts: &BTreeMap<String, String>, verdict: &str) -> Vec<String> {
    verdicts.iter().filter(|(_, is)| *is == verdict).map(|(id, _)| id.clone()).collect()
}

/// A service's name, its revision and the one to go back to, a held number, and the pids of its instances.
type Standing = (String, u32, u32, Option<u32>, Vec<u32>);

/// What an acceptance may not change.
fn standing(status: &Status) -> Vec<Standing> {
    let of = |s: &naru_model::status::ServiceStatus| {
        let pids = s.instances.iter().map(|instance| instance.pid).collect();
        (s.name.to_string(), s.revision, s.stable, s.scaling.held, pids)
    };
    status.services.iter().map(of).collect()
}

#[test]
fn d7_without_a_flag_nothing_is_changed_and_what_was_left_out_is_said() {
    let outside = Outside::start();
    let naru = up(&outside);
    let before = naru.status();
    let kept = || ["/v1/audit", "/v1/tokens", "/v1/silences"].map(|path| api(&naru, path));
    let unchanged = kept();

    let plan = plan(&naru, &outside);
    let output = naru.try_run(&["verify", "all", "--plan", &plan, "--json", "--lang", "en"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let verdicts = verdicts(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(of(&verdicts, "fail"), Vec::<String>::new(), "{said}");
    let passed = of(&verdicts, "pass");
    for case in [
        "security-hostile",
        "security-slow",
        "security-proxy",
        "security-headers",
        "security-tokens",
        "security-console",
        "security-limits:/limited/**",
        "performance-route:/portal/**",
        "performance-route:/board/**",
        "scaling-explained",
        "scaling-schedule",
        "change-proven",
        "failure-well",
        "restored",
    ] {
        assert!(passed.iter().any(|id| id == case), "{case} not in {passed:?}\n{said}");
    }
    for case in ["failure-gateway", "change-deploy:portal", "failure-link:registry", "security-roles"] {
        assert_eq!(verdicts[case], "not_run");
        assert!(said.contains(&format!("  {case}: not run: needs --allow-destructive")), "{said}");
    }
    assert_eq!(verdicts["scaling-surge:portal"], "not_run");

    assert_eq!(standing(&naru.status()), standing(&before));
    assert_eq!(kept(), unchanged);

    // Nobody is asked, so nobody says yes; and in Korean.
    let output = naru.try_run(&[
        "verify",
        "all",
        "--plan",
        &plan,
        "--allow-destructive",
        "--only",
        "failure",
        "--lang",
        "ko",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let output = naru.try_run(&["verify", "all", "--plan", &plan, "--dry-run", "--lang", "ko"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("미실시 - --allow-destructive 필요"));
    assert_eq!(standing(&naru.status()), standing(&before));
}

#[test]
fn d7_with_flags_everything_is_done_and_taken_back_and_junit_says_so() {
    let outside = Outside::start();
    let naru = up(&outside);
    let before = naru.status();
    let (plan, file) = (plan(&naru, &outside), naru.folder().join("junit.xml"));
    let scheduled = std::thread::spawn(scaled::a_schedule_of_its_own);
    let began = std::time::Instant::now();
    let output = naru.try_run(&[
        "verify",
        "all",
        "--plan",
        &plan,
        "--allow-destructive",
        "--allow-load",
        "120",
        "--yes",
        "--lang",
        "en",
        "-o",
        file.to_str().unwrap(),
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("{said}\nin {:?}", began.elapsed());
    assert_eq!(output.status.code(), Some(0), "{said}");

    let cases = junit::cases(&file);
    let ran: Vec<&str> =
        cases.iter().filter(|(_, what)| what.is_none()).map(|(name, _)| name.as_str()).collect();
    for case in [
        "scaling-steps:portal",
        "scaling-surge:portal",
        "change-deploy:portal",
        "change-rollback:portal",
        "security-roles",
        "failure-instance-killed:portal",
        "failure-instance-frozen:portal",
        "failure-service:portal",
        "failure-link:registry",
        "failure-gateway",
        "failure-server-frozen",
        "failure-server-replaced",
        "restored",
    ] {
        assert!(ran.contains(&case), "{case} is not among {ran:?}\n{said}");
    }

    let after = naru.await_ready();
    let revisions = |status: &Status| {
        status.services.iter().map(|s| (s.revision, s.stable, s.scaling.held)).collect::<Vec<_>>()
    };
    assert_eq!(revisions(&after), revisions(&before));
    assert_ne!(after.gateway.pid, before.gateway.pid);
    assert!(ended(&naru));
    assert_eq!(api(&naru, "/v1/tokens"), Value::Array(Vec::new()));
    scheduled.join().unwrap();
}

#[test]
fn d7_it_stops_by_itself_when_users_feel_it_and_says_why() {
    let naru = Naru::up(&scaled::yaml());
    let (file, report) = (naru.folder().join("naru.yaml"), naru.folder().join("result.html"));
    let before = std::fs::read(&file).unwrap();
    let plan = naru.folder().join("plan.yaml");
    let text = "floor: { apdex: 0.7, samples: 20 }\nroutes: [{ name: p, service: portal, path: /portal }]\n";
    std::fs::write(&plan, text).unwrap();
    let result = naru.folder().join("result.json");
    let files =
        ["--plan", plan.to_str().unwrap(), "-o", result.to_str().unwrap(), "-o", report.to_str().unwrap()];
    let mut command =
        naru.command(&["verify", "all", "--only", "scaling,change", "--allow-destructive", "--yes"]);
    let mut running = command.args(files).args(["--lang", "en"]).stderr(Stdio::null()).spawn().unwrap();
    // Nobody asks for anything, so nobody is dissatisfied, until the file has been changed.
    let scheduled = |s: &naru_model::status::ServiceStatus| s.scaling.policies.len() == 2;
    naru.await_service("portal", "a schedule of the acceptance's own", scheduled);
    assert_ne!(std::fs::read(&file).unwrap(), before);
    let users = naru.traffic("/portal", 3);
    let code = running.wait().unwrap().code();
    users.stop_without_failure();

    let acceptance: Value = serde_json::from_slice(&std::fs::read(&result).unwrap()).unwrap();
    assert_eq!(code, Some(1), "{acceptance:#}");
    let why = acceptance["broken_off"].as_str().unwrap();
    assert!(why.starts_with("stopped to protect users: Apdex of the users of apply is 0."), "{why}");
    assert!(why.ends_with("below the floor of 0.70"), "{why}");
    let of = |id: &str| {
        let cases = acceptance["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["id"] == id).unwrap_or_else(|| panic!("no {id}"));
        (case["verdict"].as_str().unwrap(), case["found"].as_str().unwrap())
    };
    assert_eq!(of("scaling-schedule-adds:portal"), ("fail", why));
    for id in ["change-proven", "change-deploy:portal", "change-rollback:portal"] {
        assert_eq!(of(id), ("not_run", why), "{id}");
    }
    assert_eq!(of("restored").0, "pass");
    assert!(std::fs::read_to_string(&report).unwrap().contains(why));
    assert_eq!(std::fs::read(&file).unwrap(), before);
    naru.await_service("portal", "its own policies", |s| s.scaling.policies == ["concurrency 2"]);
}

#[test]
fn d7_what_is_weak_fails_exactly_its_own_cases() {
    let outside = Outside::start();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let made = rcgen::generate_simple_self_signed(["other.example.go.kr".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let broken = folder.path().join("broken");
    // A head may take an hour, the certificate is somebody else's, the board errs now and then, and what is deployed from
    // now on does not start.
    let tls = format!(
        "gateway: {{ tls: {{ listen: \"127.0.0.1:8443\", certificates: [{{ cert: {:?}, key: {:?} }}] }}, links: ",
        certificate, key
    );
    let start = format!(
        r#"exec: ["sh", "-c", "[ -e {} ] && exit 1; exec {} app --workers 5 --service-time 5ms"]"#,
        broken.display(),
        binary().display()
    );
    let weak = yaml(&outside, "")
        .replace("gateway: { links: ", &tls)
        .replace("head_timeout: 1s", "head_timeout: 1h")
        .replace(r#"exec: ["naru", "app", "--workers", "5", "--service-time", "50ms"]"#, &start)
        .replace(r#""--service-time", "10ms"]"#, r#""--service-time", "10ms", "--err", "20%"]"#);
    let naru = Naru::up_with(&weak, &["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]);
    std::fs::write(&broken, "").unwrap();
    let plan = naru.folder().join("plan.yaml");
    let text = r#"
routes:
  - { name: /portal/**, service: portal, path: /portal, rate: 20, p95: 500ms }
  - { name: /board/**, service: board, path: /board, rate: 20, p95: 500ms }
load: { low: 20, lasts: 2s, timeout: 5s }
floor: { apdex: 0 }
change: { services: [portal], within: 10s }
security: { name: www.example.go.kr, slow_within: 2s }
"#;
    std::fs::write(&plan, text).unwrap();
    let arguments = [
        "verify",
        "all",
        "--plan",
        plan.to_str().unwrap(),
        "--only",
        "security,performance,change",
        "--allow-destructive",
        "--allow-load",
        "20",
        "--yes",
        "--json",
        "--lang",
        "en",
    ];
    let output = naru.try_run(&arguments);
    let verdicts = verdicts(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected = [
        "change-deploy:portal",
        "change-rollback:portal",
        "performance-route:/board/**",
        "security-certificate",
        "security-slow",
    ];
    assert_eq!(of(&verdicts, "fail"), expected, "{said}");
    for case in ["security-tls", "security-hostile", "performance-route:/portal/**", "restored"] {
        assert_eq!(verdicts[case], "pass", "{said}");
    }
}

#[test]
fn d7_interrupted_it_leaves_the_platform_as_it_was() {
    let outside = Outside::start();
    let naru = up(&outside);
    let before = naru.status();
    let plan = plan(&naru, &outside);
    // Long enough for nobody to be done before the interruption.
    let slower = std::fs::read_to_string(&plan).unwrap().replace("frozen: 1s", "frozen: 60s");
    std::fs::write(&plan, slower).unwrap();
    let mut command = naru.command(&[
        "verify",
        "all",
        "--plan",
        &plan,
        "--only",
        "failure",
        "--allow-destructive",
        "--yes",
        "--lang",
        "en",
    ]);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines().map_while(Result::ok);
    // The case after this one freezes the whole service.
    let frozen =
        lines.by_ref().find(|line| line.contains("failure-instance-frozen:portal") && line.starts_with("ok"));
    assert!(frozen.is_some());
    let stopped = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('T'))
    };
    naru.await_service("portal", "frozen instances", |s| s.instances.iter().any(|i| stopped(i.pid)));
    signal(running.id(), Signal::INT);
    let rest: Vec<String> = lines.collect();
    assert_eq!(running.wait().unwrap().code(), Some(2), "{rest:#?}");
    assert!(rest.iter().any(|line| line.starts_with("ok  restored")), "{rest:#?}");

    let after = naru.await_ready();
    assert!(after.services.iter().flat_map(|s| &s.instances).all(|i| !stopped(i.pid)));
    assert_eq!(after.gateway.pid, before.gateway.pid);
    assert!(ended(&naru));
}

#[test]
fn d7_the_plan_that_is_written_is_read_again_and_a_wrong_one_is_told_by_its_line() {
    let outside = Outside::start();
    let naru = up(&outside);
    let file = naru.folder().join("written.yaml");
    let path = file.to_str().unwrap();
    naru.run(&["verify", "plan", "-o", path, "--lang", "ko"]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("name: \"/portal/**\"") && text.contains("p95: 500ms") && !text.contains("/closed"),
        "{text}"
    );
    let output = naru.try_run(&["verify", "all", "--plan", path, "--dry-run", "--lang", "en"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(&file, text.replace("recovers_within", "recovers_with")).unwrap();
    let output = naru.try_run(&["verify", "all", "--plan", path, "--dry-run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("recovers_with") && said.contains("failure."), "{said}");
}
