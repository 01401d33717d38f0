//! F7: services in any language, as plain processes, unchanged; what they write, how they are confined, how they end.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use naru_testkit::naru::{Naru, is_well};
use naru_testkit::processes::is_running;

#[test]
fn f7_a_program_in_another_language_runs_unchanged_and_gets_its_port() {
    let naru = Naru::up(
        r#"
services:
  files:
    exec: ["python3", "-c", "import os, http.server as h; h.ThreadingHTTPServer((os.environ['HOST'], int(os.environ['PORT'])), h.SimpleHTTPRequestHandler).serve_forever()"]
    health: { path: / }
    scale: { min: 2, max: 2 }
routes:
  - { match: { path: /** }, to: files }
"#,
    );
    let answer = naru.get("/naru.yaml");
    assert_eq!(answer.status, 200, "it does not start in the folder of naru.yaml");
    assert!(answer.text().contains("http.server"));
    let ports: Vec<_> = naru.instances("files").iter().map(|i| i.address.unwrap().port()).collect();
    assert_ne!(ports[0], ports[1]);
}

#[test]
fn f7_an_instance_knows_who_it_is_and_has_a_folder_of_its_own() {
    let naru = Naru::up(
        r#"
services:
  job:
    exec: ["sh", "-c", "echo $NARU_SERVICE $NARU_REVISION $NARU_INSTANCE $GREETING; echo mine > $NARU_INSTANCE_DIR/note; exec naru app"]
    env: { GREETING: 안녕하세요 }
"#,
    );
    naru.await_ready();
    assert!(naru.run(&["logs", "job"]).contains("job 1 job-1-1 안녕하세요"));
    let note = naru.state().join("instances/job-1-1/work/note");
    assert_eq!(std::fs::read_to_string(note).unwrap(), "mine\n");
}

#[test]
fn f7_logs_come_with_their_instance_and_are_followed_while_they_are_written() {
    let naru = Naru::up(
        r#"
services:
  job:
    exec: ["sh", "-c", "trap 'echo ends; exit 0' TERM; i=0; while :; do i=$((i + 1)); echo line $i; echo error $i >&2; sleep 0.1; done"]
    scale: { min: 0, max: 1 }
"#,
    );
    naru.run(&["scale", "job", "1"]);
    naru.await_service("job", "its process", |s| s.instances.iter().any(|i| i.pid != 0));
    let mut follow = naru.command(&["logs", "job", "-f", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    let (mut out, mut err, mut last) = (0, 0, 0);
    for line in lines.map_while(Result::ok) {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(line["instance"].as_str().unwrap().starts_with("job-1-"), "{line}");
        let time = line["time"].as_u64().unwrap();
        assert!(time >= last, "out of order: {line}");
        last = time;
        match line["stream"].as_str().unwrap() {
            "stdout" => out += 1,
            "stderr" => err += 1,
            other => panic!("a stream {other}"),
        }
        if out >= 10 && err >= 10 {
            break;
        }
    }
    follow.kill().unwrap();
    follow.wait().unwrap();
    assert!(out >= 10 && err >= 10, "{out} lines of stdout and {err} of stderr");
}

#[test]
fn f7_processor_and_memory_of_each_instance_are_measured() {
    let naru = Naru::up(
        r#"
services:
  busy: { exec: ["sh", "-c", "(while :; do :; done) & exec naru app"] }
  calm: { exec: ["naru", "app"] }
"#,
    );
    let busy = naru.await_service("busy", "its processor time", |s| s.instances[0].cpu_cores > 0.2);
    assert!(busy.instances[0].memory_bytes > 100_000, "{busy:#?}");
    assert!(naru.instances("calm")[0].cpu_cores < 0.1);
    let confinement = naru.status().confinement;
    assert!(["cgroup-v2", "cgroup-v1", "rlimits"].contains(&confinement.as_str()), "{confinement}");
}

#[test]
fn f7_children_of_a_service_end_with_it_even_when_they_do_not_want_to() {
    let mut naru = Naru::up(
        r#"
services:
  family:
    exec: ["sh", "-c", "(trap '' TERM HUP; sleep 1000) & (setsid sh -c \"trap '' TERM; sleep 1000\") & exec naru app"]
    drain: 1s
"#,
    );
    let pids: Vec<u32> =
        naru_testkit::processes::with_folder(naru.folder()).into_iter().map(|(pid, _)| pid).collect();
    assert!(pids.len() > 4, "{pids:?}");
    naru.run(&["stop"]);
    assert_eq!(naru.await_end(), Some(0));
    assert_eq!(naru.left_behind(), []);
    let left: Vec<&u32> = pids.iter().filter(|pid| is_running(**pid)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn f7_an_instance_that_takes_more_memory_than_its_ceiling_ends_alone() {
    let naru = Naru::up(
        r#"
services:
  greedy:
    exec: ["sh", "-c", "if [ -e $NARU_INSTANCE_DIR/../../eat ]; then exec tail -c 400000000 /dev/zero; fi; exec naru app"]
    instance: { memory: 64Mi }
  calm: { exec: ["naru", "app"] }
"#,
    );
    let calm = naru.instances("calm")[0].pid;
    // From now on each new instance eats; the one that runs is well and stays.
    std::fs::write(naru.state().join("instances/eat"), "").unwrap();
    let victim = naru.instances("greedy")[0].pid;
    naru_testkit::processes::signal(victim, rustix::process::Signal::KILL);
    naru.await_status("an eater's end", |_| naru.count_events(naru_model::event::Kind::InstanceExited) >= 2);
    std::fs::remove_file(naru.state().join("instances/eat")).unwrap();
    naru.await_service("greedy", "an instance that is well", is_well);
    assert_eq!(naru.instances("calm")[0].pid, calm);
}
