//! Kills a process with SIGKILL while it writes, twenty times over the same folder, and looks at what is left.
//!
//! Its own `main`, because the process to kill is this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use naru_model::event::{Event, Kind, Search, Severity};
use naru_model::instance::InstanceId;
use naru_model::plan::{Action, Plan, Progress};
use naru_model::units::Timestamp;
use naru_state::{Changes, Service, State};

const FOLDER: &str = "NARU_STATE_TO_WRITE";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match std::env::var_os(FOLDER) {
        Some(folder) => runtime.block_on(write(Path::new(&folder))),
        None => runtime.block_on(kill_writers()),
    }
}

/// Applies plans until killed. Each starts the next instance, says so, and remembers its number; its number is printed
/// once the state has it.
async fn write(folder: &Path) {
    let state = State::open(folder).await.unwrap();
    let name = || "booking".parse().unwrap();
    if state.services().await.unwrap().is_empty() {
        let services = BTreeMap::from([(name(), Service { count: Some(1), ..Service::default() })]);
        state.commit(Changes { services, ..Changes::default() }).await.unwrap();
    }
    for ordinal in state.instances().await.unwrap().len() as u32 + 1.. {
        let id = InstanceId { service: name(), revision: 1, ordinal };
        let event = Event {
            id: 0,
            at: Timestamp(1),
            kind: Kind::InstanceStarted,
            severity: Severity::Info,
            service: Some(name()),
            instance: Some(id.clone()),
            message: format!("starting {id}"),
            actor: "naru".to_owned(),
            decision: None,
        };
        let progress = Progress { ordinals: BTreeMap::from([(1, ordinal)]), ..Progress::default() };
        let plan = Plan {
            actions: vec![Action::Start(id)],
            progress: BTreeMap::from([(name(), progress)]),
            events: vec![event],
            ..Plan::default()
        };
        state.apply(&plan, Timestamp(1)).await.unwrap();
        println!("{ordinal}");
        std::io::stdout().flush().unwrap();
    }
}

async fn kill_writers() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut kept = 0;
    for round in 0..20 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        // A different number of plans each time; the kill falls anywhere into the next ones.
        let mut last = 0;
        for _ in 0..10 + 37 * round % 101 {
            last = said.next().unwrap().unwrap().parse::<usize>().unwrap();
        }
        writer.kill().unwrap();
        // What it said between the last look and its end counts as well.
        last = said.map_while(Result::ok).filter_map(|line| line.parse().ok()).last().unwrap_or(last);
        writer.wait().unwrap();
        kept = look_at(folder.path(), last).await;
    }
    println!("killed 20 times, {kept} plans kept whole");
}

/// Everything a plan said is there, or nothing of it; and everything that was acknowledged.
async fn look_at(folder: &Path, acknowledged: usize) -> usize {
    let state = State::open(folder).await.unwrap();
    let instances = state.instances().await.unwrap();
    let events = state.events(&Search { limit: u32::MAX, ..Search::default() }).await.unwrap();
    let services = state.services().await.unwrap();
    let progress = &services[&"booking".parse().unwrap()].progress;
    let numbers = (instances.len(), events.len(), progress.ordinals[&1] as usize);
    assert_eq!(numbers, (instances.len(), instances.len(), instances.len()), "a plan was kept in part");
    assert!(
        instances.len() >= acknowledged,
        "{} are left of {acknowledged} that were acknowledged",
        instances.len()
    );
    state.close().await;
    instances.len()
}
