//! What an instance finds around itself, and what is said when it can't be started.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use naru_model::observed::Process;
use naru_model::platform::InstanceSize;
use naru_model::units::Cpu;
use naru_runtime::logs::{Stream, tail};
use naru_runtime::{Error, Launch, artifact};

use crate::battery::{Behaviour, Harness, PATIENCE, end, start, within_tokio};
use crate::harness::{Processes, gone};

pub(crate) fn all() -> Vec<Trial> {
    macro_rules! list {
        ($($name:ident),* $(,)?) => {
            vec![$(
                Trial::test(concat!("surroundings::", stringify!($name)), || { within_tokio($name()); Ok(()) })
            ),*]
        };
    }
    list![
        a_command_that_can_t_be_run_is_explained,
        a_port_that_is_taken_is_said,
        an_instance_is_told_who_and_where_it_is,
        an_artifact_is_found_by_its_name_and_can_t_be_changed,
        both_streams_are_logged_whole,
        much_is_logged_completely,
        many_start_at_once,
        nothing_is_left_of_an_instance_but_its_log,
        a_runtime_that_ends_leaves_its_instances_alone,
    ]
}

async fn a_command_that_can_t_be_run_is_explained() {
    let harness = Processes::new();
    let folder = harness.state.path();
    let file = |name: &str, content: &str, mode: u32| {
        fs::write(folder.join(name), content).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    file("plain.sh", "#!/bin/sh\n", 0o644);
    file("strange.sh", "#!/no/such/interpreter\n", 0o755);
    let place = format!("{folder:?}");
    let cases: [(&str, &str, String); 5] = [
        ("jav", "/nowhere", "command \"jav\" not found in PATH (/nowhere:".into()),
        ("./run.sh", "/bin", format!("command \"./run.sh\" does not exist in {place}; check `exec`")),
        ("./plain.sh", "/bin", format!("command \"./plain.sh\" is not executable in {place}; chmod +x")),
        (
            "./strange.sh",
            "/bin",
            "\"./strange.sh\" is there, but the interpreter that it names is not".into(),
        ),
        ("/tmp", "/bin", "command \"/tmp\" is a folder; check `exec` in naru.yaml".into()),
    ];
    for (command, path, expected) in cases {
        let launch = Launch {
            exec: vec![command.to_owned()],
            env: [("PATH".to_owned(), path.to_owned())].into(),
            ..harness.script("a-1-1", "")
        };
        let said = harness.runtime().start(launch).await.unwrap_err().to_string();
        assert!(said.starts_with("a-1-1: ") && said.contains(&expected), "{said:?} should say {expected:?}");
    }
    let nowhere = Launch { folder: "/no/such/folder".into(), ..harness.script("a-1-1", "") };
    let said = harness.runtime().start(nowhere).await.unwrap_err().to_string();
    assert!(said.contains("can't start in the folder \"/no/such/folder\""), "{said}");
    assert_eq!(fs::read_dir(folder.join("instances")).unwrap().count(), 0);
}

async fn a_port_that_is_taken_is_said() {
    let mut harness = Processes::new();
    // Taken by a process of its own: a socket of this one is held for a moment by whatever other tests are just starting.
    let hold = "import socket, sys; s = socket.create_server(('127.0.0.1', 0))\n\
                print(s.getsockname()[1], flush=True); sys.stdin.read()";
    let mut holder = Command::new("python3")
        .args(["-c", hold])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let port: u16 = said.trim().parse().unwrap();
    let launch = |name| Launch { port: Some(port), ..harness.launch(name, Behaviour::Serve) };
    let (first, second) = (launch("a-1-1"), launch("a-1-2"));
    let refused = harness.runtime().start(first).await.unwrap_err();
    assert!(matches!(refused, Error::PortTaken { .. }), "{refused}");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let running = harness.runtime().start(second).await.unwrap();
    assert_eq!(running.address.port(), port);
    harness.runtime().stop(&running.id, PATIENCE).await.unwrap();
    end(&mut harness, &running.id).await;
}

async fn an_instance_is_told_who_and_where_it_is() {
    let mut harness = Processes::new();
    let script = "echo port=$PORT host=$HOST service=$NARU_SERVICE revision=$NARU_REVISION \
                  instance=$NARU_INSTANCE color=$COLOR; echo dir=$NARU_INSTANCE_DIR; echo cwd=$PWD; \
                  echo path=$PATH; touch $NARU_INSTANCE_DIR/mine";
    let env = [("COLOR", "blue"), ("PORT", "1"), ("NARU_INSTANCE", "x")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let launch = Launch { env, ..harness.script("booking-3-7", script) };
    let running = harness.runtime().start(launch).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (Some(0), None));
    let port = running.address.port();
    let expected =
        format!("port={port} host=127.0.0.1 service=booking revision=3 instance=booking-3-7 color=blue");
    assert_eq!(harness.printed(&running.id, "port=").await, expected);
    let state = fs::canonicalize(harness.state.path()).unwrap();
    let work = harness.printed(&running.id, "dir=").await;
    assert_eq!(Path::new(&work[4..]), state.join("instances/booking-3-7/work"));
    assert!(Path::new(&work[4..]).join("mine").exists());
    assert_eq!(harness.printed(&running.id, "cwd=").await, format!("cwd={}", state.display()));
    let own = std::env::current_exe().unwrap();
    let path = harness.printed(&running.id, "path=").await;
    assert!(path.ends_with(&format!(":{}", own.parent().unwrap().display())), "{path}");
}

async fn an_artifact_is_found_by_its_name_and_can_t_be_changed() {
    let mut harness = Processes::new();
    let store = harness.state.path().join("artifacts");
    let source = harness.state.path().join("app.sh");
    fs::write(&source, "#!/bin/sh\necho version one in $PWD\n").unwrap();
    fs::set_permissions(&source, fs::Permissions::from_mode(0o755)).unwrap();
    let kept = artifact::keep(&store, &source).unwrap();
    // What is built later does not reach what was kept.
    fs::write(&source, "#!/bin/sh\necho version two\n").unwrap();
    let launch = |name: &str| Launch {
        exec: vec!["./app.sh".to_owned()],
        artifact: Some(kept.clone()),
        ..harness.script(name, "")
    };
    let (first, second) = (launch("a-1-1"), launch("a-1-2"));
    let running = harness.runtime().start(first).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (Some(0), None));
    let said = harness.printed(&running.id, "version").await;
    assert!(said.starts_with("version one in ") && said.ends_with("/instances/a-1-1/work"), "{said}");
    let copy = store.join(&kept.digest).join("app.sh");
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&copy, "#!/bin/sh\necho version evil\n").unwrap();
    let refused = harness.runtime().start(second).await.unwrap_err().to_string();
    assert!(refused.starts_with("a-1-2: the kept copy") && refused.contains("Deploy"), "{refused}");
}

async fn both_streams_are_logged_whole() {
    let mut harness = Processes::new();
    let script = "echo out; echo err >&2; printf 'no end'; exit 0";
    let running = harness.run("a-1-1", script).await;
    end(&mut harness, &running.id).await;
    let mut lines = tail(&harness.logs(), &running.id.service, 10).unwrap();
    lines.sort_by_key(|line| line.stream as u8);
    let lines: Vec<_> = lines.iter().map(|line| (line.stream, line.text.as_str())).collect();
    assert_eq!(lines, [(Stream::Out, "out"), (Stream::Out, "no end"), (Stream::Err, "err")]);
}

async fn much_is_logged_completely() {
    let mut harness = Processes::new();
    // 24 MB in the log: more than one file.
    let running = harness.run("a-1-1", "seq -f %060g 1 250000").await;
    end(&mut harness, &running.id).await;
    let lines = tail(&harness.logs(), &running.id.service, 300_000).unwrap();
    let numbers = lines.iter().map(|line| line.text.parse::<u32>().unwrap());
    assert!(numbers.eq(1..=250_000));
    assert!(harness.logs().join("a/a-1-1.log.1").exists());
}

async fn many_start_at_once() {
    let mut harness = Processes::new();
    let starts =
        (1..=40).map(|n| harness.runtime().start(harness.script(&format!("a-1-{n}"), "exec sleep 1000")));
    let starts: Vec<_> = starts.collect();
    let mut ports = std::collections::BTreeSet::new();
    for start in starts {
        ports.insert(start.await.unwrap().address.port());
    }
    assert_eq!(ports.len(), 40);
    for running in harness.runtime().inspect() {
        harness.runtime().stop(&running.id, PATIENCE).await.unwrap();
    }
    for _ in 0..40 {
        tokio::time::timeout(PATIENCE, harness.events().recv()).await.unwrap().unwrap();
    }
    let all = harness.runtime().inspect();
    let asked = |p: &Process| matches!(p, Process::Exited { signal: Some(15), .. });
    assert!(all.iter().all(|running| asked(&running.process)), "{all:?}");
}

/// The groups a process is in that naru made.
fn groups(process: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap();
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    paths.filter(|path| path.contains("/naru-")).map(str::to_owned).collect()
}

async fn nothing_is_left_of_an_instance_but_its_log() {
    let mut harness = Processes::new();
    let size = InstanceSize { cpu: Some(Cpu { millicores: 100 }), memory: None };
    let launch = Launch { size, ..harness.launch("a-1-1", Behaviour::Serve) };
    let running = harness.runtime().start(launch).await.unwrap();
    harness.behaves(&running.id).await;
    let (shim, groups_of_it) = (harness.shim_of(&running.id), groups(running.pid));
    match harness.runtime().confinement() {
        "cgroup-v2" => assert_eq!(groups_of_it.len(), 1),
        "cgroup-v1" => assert!(groups_of_it.len() >= 2, "{groups_of_it:?}"),
        _ => assert_eq!(groups_of_it.len(), 0),
    }
    assert_eq!(groups(shim).len(), 0, "the shim must outlive the instance's memory");
    harness.runtime().stop(&running.id, PATIENCE).await.unwrap();
    end(&mut harness, &running.id).await;
    gone(shim).await;
    for path in groups_of_it {
        let mounts = fs::read_dir("/sys/fs/cgroup").unwrap();
        let left = mounts.map(|m| m.unwrap().path().join(&path[1..])).find(|folder| folder.exists());
        assert_eq!(left, None);
    }
    let folder = harness.folder(&running.id);
    assert!(folder.exists());
    harness.runtime().forget(&running.id);
    assert!(!folder.exists());
    assert!(harness.logs().join("a/a-1-1.log").exists());
}

async fn a_runtime_that_ends_leaves_its_instances_alone() {
    let mut harness = Processes::new();
    let running = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.restart();
    assert!(Path::new(&format!("/proc/{}", running.pid)).exists());
    assert_eq!(harness.runtime().recover().await.unwrap()[0].process, Process::Running);
}
