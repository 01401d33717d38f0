//! What an instance costs: how long a start takes, what its shim holds, how fast its output is taken. Run by
//! `cargo bench -p naru-runtime`; prints one line for each.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use naru_model::platform::InstanceSize;
use naru_runtime::{Launch, ProcessRuntime, Running, Runtime, RuntimeEvent};

const STARTS: usize = 200;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["shim", dir] => naru_runtime::shim::run(Path::new(dir)).unwrap(),
        ["shim-exec", dir, shim] => naru_runtime::shim::exec(Path::new(dir), shim.parse().unwrap()).unwrap(),
        _ => {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(measure());
            ExitCode::SUCCESS
        }
    }
}

fn launch(name: &str, exec: &[&str]) -> Launch {
    Launch {
        id: name.parse().unwrap(),
        exec: exec.iter().map(|&word| word.to_owned()).collect(),
        env: BTreeMap::new(),
        port: None,
        size: InstanceSize::default(),
        artifact: None,
        folder: "/".into(),
        grace: Duration::from_secs(1),
    }
}

async fn measure() {
    let state = tempfile::tempdir().unwrap();
    let (runtime, mut events) = ProcessRuntime::new(state.path(), std::env::current_exe().unwrap()).unwrap();
    let mut times = Vec::new();
    for n in 1..=STARTS {
        let begin = Instant::now();
        runtime.start(launch(&format!("idle-1-{n}"), &["sleep", "1000"])).await.unwrap();
        times.push(begin.elapsed());
    }
    times.sort();
    let at = |share: f64| times[((STARTS - 1) as f64 * share) as usize];
    println!("start, {} confinement: median {:?}, p99 {:?}", runtime.confinement(), at(0.5), at(0.99));
    let all = runtime.inspect();
    println!("a shim's private memory: {} KiB", private_kib(&shim_of(state.path(), &all[0])));
    let begin = Instant::now();
    for running in &all {
        runtime.stop(&running.id, Duration::from_secs(10)).await.unwrap();
    }
    for _ in &all {
        events.recv().await.unwrap();
    }
    println!("{STARTS} stops at once: {:?}", begin.elapsed());

    let begin = Instant::now();
    let chatty = launch(
        "chatty-1-1",
        &[
            "sh",
            "-c",
            "yes 'a line as long as a usual line of a log, about eighty bytes' | head -c 400000000",
        ],
    );
    runtime.start(chatty).await.unwrap();
    let RuntimeEvent::Exited { code, .. } = events.recv().await.unwrap();
    assert_eq!(code, Some(0));
    println!("output: {:.0} MB/s through one shim", 400.0 / begin.elapsed().as_secs_f64());
}

/// The process that stands by an instance.
fn shim_of(state: &Path, running: &Running) -> String {
    let state =
        std::fs::read(state.join("instances").join(running.id.to_string()).join("state.json")).unwrap();
    let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
    state["shim"]["pid"].to_string()
}

/// Memory that only this process holds.
fn private_kib(pid: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let private = text.lines().filter(|line| line.starts_with("Private_"));
    private.map(|line| line.split_ascii_whitespace().nth(1).unwrap().parse::<u64>().unwrap()).sum()
}
