//! What is killed, stopped, over its size or without a disk.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;
use naru_model::observed::Process;
use naru_model::platform::InstanceSize;
use naru_model::units::Bytes;
use naru_runtime::logs::{Stream, tail};
use naru_runtime::{Launch, ProcessRuntime, Running, Runtime};
use rustix::process::{Signal, getsid, kill_process};

use crate::battery::{Behaviour, Harness, PATIENCE, end, id, start, within_tokio};
use crate::harness::{Processes, gone, pid};

pub(crate) fn all() -> Vec<Trial> {
    macro_rules! list {
        ($($name:ident $(unless $missing:expr)?),* $(,)?) => {
            vec![$(
                Trial::test(concat!("faults::", stringify!($name)), || { within_tokio($name()); Ok(()) })
                    $(.with_ignored_flag($missing))?
            ),*]
        };
    }
    list![
        a_killed_shim_takes_the_whole_instance_with_it,
        what_a_service_leaves_behind_is_ended_before_its_end_is_told,
        what_left_its_group_is_ended_by_a_stop_too,
        a_stopped_service_can_be_asked_to_end,
        a_stopped_service_that_ignores_it_is_killed,
        a_second_sigterm_to_the_shim_kills_at_once,
        a_killed_server_is_survived,
        an_instance_that_was_never_started_is_found_as_ended,
        an_instance_of_before_the_machine_was_started_again_has_ended,
        a_number_that_belongs_to_somebody_else_is_left_alone,
        a_service_over_its_memory_is_killed_and_it_is_said unless no_cgroups(),
        a_full_disk_costs_lines_and_nothing_else unless !may_mount(),
        an_exit_status_survives_a_full_disk unless !may_mount(),
    ]
}

fn no_cgroups() -> bool {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async { Processes::new().runtime().confinement() == "rlimits" })
}

/// Mounting takes CAP_SYS_ADMIN, which is capability 21 (capabilities(7)).
fn may_mount() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    u64::from_str_radix(effective.trim(), 16).unwrap() & 1 << 21 != 0
}

/// A script that leaves its session and its group, ignores SIGTERM, and says which process it is.
const DAEMON: &str = "setsid sh -c \"trap '' TERM; echo daemon \\$\\$; exec sleep 1000\" &";

async fn daemon_of(harness: &Processes, running: &Running) -> u32 {
    let line = harness.printed(&running.id, "daemon ").await;
    line["daemon ".len()..].parse().unwrap()
}

async fn a_killed_shim_takes_the_whole_instance_with_it() {
    let mut harness = Processes::new();
    let running = harness.run("a-1-1", &format!("{DAEMON} exec sleep 1000")).await;
    let daemon = daemon_of(&harness, &running).await;
    kill_process(pid(harness.shim_of(&running.id)), Signal::KILL).unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (None, None));
    assert!(harness.detail(&running.id).contains("nobody saw"), "{}", harness.detail(&running.id));
    gone(running.pid).await;
    gone(daemon).await;
}

async fn what_a_service_leaves_behind_is_ended_before_its_end_is_told() {
    let mut harness = Processes::new();
    let go_on = fifo(&harness.state.path().join("go-on"));
    let running = harness.run("a-1-1", &format!("{DAEMON} read x < {go_on:?}; exit 4")).await;
    let daemon = daemon_of(&harness, &running).await;
    tokio::task::spawn_blocking(move || fs::write(go_on, "\n").unwrap()).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (Some(4), None));
    assert!(!Path::new(&format!("/proc/{daemon}")).exists());
}

async fn what_left_its_group_is_ended_by_a_stop_too() {
    let mut harness = Processes::new();
    let running = harness.run("a-1-1", &format!("{DAEMON} trap 'exit 0' TERM; wait")).await;
    let daemon = daemon_of(&harness, &running).await;
    harness.runtime().stop(&running.id, Duration::from_millis(300)).await.unwrap();
    let (code, signal) = end(&mut harness, &running.id).await;
    assert!(code == Some(0) || signal == Some(15), "{code:?} {signal:?}");
    assert!(!Path::new(&format!("/proc/{daemon}")).exists());
}

async fn a_stopped_service_can_be_asked_to_end() {
    let mut harness = Processes::new();
    let running = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.signal(&running, 19);
    harness.runtime().stop(&running.id, PATIENCE).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (Some(0), None));
}

async fn a_stopped_service_that_ignores_it_is_killed() {
    let mut harness = Processes::new();
    let running = start(&harness, "a-1-1", Behaviour::Stubborn).await;
    harness.signal(&running, 19);
    harness.runtime().stop(&running.id, Duration::from_millis(100)).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (None, Some(9)));
}

async fn a_second_sigterm_to_the_shim_kills_at_once() {
    let mut harness = Processes::new();
    let script =
        harness.script("a-1-1", "trap 'echo asked' TERM; echo ready; while :; do sleep 1000 & wait; done");
    let launch = Launch { grace: PATIENCE * 10, ..script };
    let running = harness.runtime().start(launch).await.unwrap();
    harness.behaves(&running.id).await;
    let shim = pid(harness.shim_of(&running.id));
    kill_process(shim, Signal::TERM).unwrap();
    harness.printed(&running.id, "asked").await;
    kill_process(shim, Signal::TERM).unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (None, Some(9)));
}

/// What this binary does as `server STATE`: starts one instance, says so, and waits to be killed.
pub(crate) fn be_a_server(state: &Path) -> ExitCode {
    within_tokio(async {
        let (runtime, _events) = ProcessRuntime::new(state, std::env::current_exe().unwrap()).unwrap();
        let script = "env | sort; trap 'echo bye; exit 0' TERM; sleep 1000 & echo ready; wait";
        let launch = Launch {
            id: id("a-1-1"),
            exec: ["sh", "-c", script].map(str::to_owned).to_vec(),
            env: [("GREETING".to_owned(), "안녕".to_owned())].into(),
            port: None,
            size: InstanceSize::default(),
            artifact: None,
            folder: state.to_owned(),
            grace: PATIENCE,
        };
        let running = runtime.start(launch).await.unwrap();
        println!("{} {}", running.pid, running.address);
        std::future::pending::<()>().await;
    });
    ExitCode::SUCCESS
}

async fn a_killed_server_is_survived() {
    let mut harness = Processes::new();
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("server")
        .arg(harness.state.path())
        .env("NARU_TOKEN", "a secret")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    harness.behaves(&id("a-1-1")).await;
    let shim = harness.shim_of(&id("a-1-1"));
    assert_eq!(getsid(Some(pid(shim))).unwrap(), pid(shim), "Ctrl-C at the server's terminal would reach it");
    kill_process(pid(server.id()), Signal::KILL).unwrap();
    server.wait().unwrap();

    let found = harness.runtime().recover().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].process, Process::Running);
    assert_eq!(format!("{} {}\n", found[0].pid, found[0].address), line);
    // What it printed before, and prints after, is all there.
    let environment = tail(&harness.logs(), &id("a-1-1").service, 1000).unwrap();
    assert!(environment.iter().any(|line| line.text == "GREETING=안녕"));
    assert!(environment.iter().any(|line| line.text == "NARU_REVISION=1"));
    assert!(environment.iter().any(|line| line.text == format!("PORT={}", found[0].address.port())));
    assert!(!environment.iter().any(|line| line.text.contains("a secret")));
    harness.runtime().stop(&id("a-1-1"), PATIENCE).await.unwrap();
    assert_eq!(end(&mut harness, &id("a-1-1")).await, (Some(0), None));
    harness.printed(&id("a-1-1"), "bye").await;
}

/// Ends an instance, and takes what its shim wrote out of its folder.
async fn ended_without_a_trace(harness: &mut Processes) -> (Running, PathBuf) {
    let running = start(harness, "a-1-1", Behaviour::Exit(0)).await;
    end(harness, &running.id).await;
    let folder = harness.folder(&running.id);
    fs::remove_file(folder.join("exit.json")).unwrap();
    harness.restart();
    (running, folder)
}

async fn an_instance_that_was_never_started_is_found_as_ended() {
    let mut harness = Processes::new();
    let (running, folder) = ended_without_a_trace(&mut harness).await;
    fs::remove_file(folder.join("state.json")).unwrap();
    fs::create_dir(folder.with_file_name("b-1-1")).unwrap();
    fs::create_dir(folder.with_file_name("c-1-1")).unwrap();
    fs::write(folder.with_file_name("c-1-1").join("spec.json"), "{\"id\":").unwrap();
    let found = harness.runtime().recover().await.unwrap();
    let ids: Vec<_> = found.iter().map(|running| running.id.to_string()).collect();
    assert_eq!(ids, ["a-1-1", "b-1-1", "c-1-1"]);
    for ended in &found {
        assert!(matches!(ended.process, Process::Exited { code: None, signal: None, .. }), "{ended:?}");
        assert!(ended.detail.is_some());
    }
    assert_eq!(found[0].address, running.address);
    // A shim that is late finds that it has been given up.
    let late = Command::new(std::env::current_exe().unwrap()).arg("shim").arg(&folder).output().unwrap();
    assert!(!late.status.success());
    assert!(String::from_utf8_lossy(&late.stderr).contains("has ended already"), "{late:?}");
}

/// Changes one JSON file of an instance.
fn edit(file: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut value);
    fs::write(file, serde_json::to_vec(&value).unwrap()).unwrap();
}

async fn an_instance_of_before_the_machine_was_started_again_has_ended() {
    let mut harness = Processes::new();
    let (_, folder) = ended_without_a_trace(&mut harness).await;
    edit(&folder.join("spec.json"), |spec| spec["boot_id"] = "another".into());
    let found = harness.runtime().recover().await.unwrap();
    assert_eq!(found[0].detail.as_deref(), Some("the machine was started again"));
}

async fn a_number_that_belongs_to_somebody_else_is_left_alone() {
    let mut harness = Processes::new();
    let (running, folder) = ended_without_a_trace(&mut harness).await;
    let mut stranger = Command::new("setsid").args(["sleep", "1000"]).spawn().unwrap();
    edit(&folder.join("state.json"), |state| {
        state["shim"]["pid"] = stranger.id().into();
        state["shim"]["start_ticks"] = 1.into();
        state["service"]["pid"] = stranger.id().into();
    });
    let found = harness.runtime().recover().await.unwrap();
    assert!(matches!(found[0].process, Process::Exited { .. }), "{:?}", found[0]);
    harness.runtime().stop(&running.id, Duration::ZERO).await.unwrap();
    assert_eq!(stranger.try_wait().unwrap(), None);
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

async fn a_service_over_its_memory_is_killed_and_it_is_said() {
    let mut harness = Processes::new();
    let size = InstanceSize { cpu: None, memory: Some(Bytes(32 << 20)) };
    // It looks for a last line, and keeps all that it has read so far.
    let launch = Launch { size, ..harness.script("a-1-1", "exec tail /dev/zero") };
    let running = harness.runtime().start(launch).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (None, Some(9)));
    let detail = harness.detail(&running.id);
    assert_eq!(detail, "it needed more than its 32Mi of memory; raise `instance.memory`");
}

/// A small disk of its own.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> Disk {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "naru-test"])
            .arg(folder.path())
            .status();
        assert!(mount.unwrap().success());
        Disk(folder)
    }

    fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut filler = fs::File::create(&path).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a shim that is just ending may still have its log open.
        assert!(Command::new("umount").arg("-l").arg(self.0.path()).status().unwrap().success());
    }
}

/// Lets a script and a test wait for each other.
fn fifo(path: &Path) -> PathBuf {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    path.to_owned()
}

async fn a_full_disk_costs_lines_and_nothing_else() {
    let (disk, other) = (Disk::mount(), tempfile::tempdir().unwrap());
    let mut harness = Processes::within(tempfile::tempdir_in(disk.0.path()).unwrap());
    let (printed, go_on) = (fifo(&other.path().join("printed")), fifo(&other.path().join("go-on")));
    let script = format!(
        "read x < {go_on:?}; yes line | head -c 1000000; echo > {printed:?}; read x < {go_on:?}; echo after; exit 7"
    );
    let running = harness.run("a-1-1", &script).await;
    let filler = disk.fill();
    let filled = tokio::task::spawn_blocking(move || {
        fs::write(&go_on, "\n").unwrap();
        // More than a pipe holds has been printed by now: it was taken, and could not be written.
        fs::read(&printed).unwrap();
        fs::remove_file(filler).unwrap();
        fs::write(&go_on, "\n").unwrap();
    });
    filled.await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (Some(7), None));
    let lines = tail(&harness.logs(), &running.id.service, 1_000_000).unwrap();
    let notes: Vec<_> = lines.iter().filter(|line| line.stream == Stream::Naru).collect();
    let said = |note: &str| -> usize {
        let (count, why) = note.split_once(" lines were dropped: ").unwrap();
        assert!(why.starts_with("No space left on device"), "{note}");
        count.parse().unwrap()
    };
    let dropped: usize = notes.iter().map(|note| said(&note.text)).sum();
    let kept = lines.iter().filter(|line| line.text == "line").count();
    assert_eq!(dropped + kept, 200_000);
    assert_eq!(lines.iter().filter(|line| line.text == "after").count(), 1);
}

async fn an_exit_status_survives_a_full_disk() {
    let (disk, other) = (Disk::mount(), tempfile::tempdir().unwrap());
    let mut harness = Processes::within(tempfile::tempdir_in(disk.0.path()).unwrap());
    let go_on = fifo(&other.path().join("go-on"));
    let running = harness.run("a-1-1", &format!("read x < {go_on:?}; exit 7")).await;
    let filler = disk.fill();
    tokio::task::spawn_blocking(move || fs::write(&go_on, "\n").unwrap()).await.unwrap();
    assert_eq!(end(&mut harness, &running.id).await, (Some(7), None));
    assert!(filler.exists());
}
