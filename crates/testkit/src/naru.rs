//! A real `naru up` in a temporary folder, and what a user would type at it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use naru_model::event::{Event, Kind};
use naru_model::status::{InstanceStatus, ServiceStatus, Status};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;
use crate::processes;
use crate::traffic::Traffic;

/// How long anything may take to come about.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often the status is looked at while something is awaited.
const LOOK: Duration = Duration::from_millis(20);
/// How long after the server has ended its other processes may take to be gone.
const LEAVE: Duration = Duration::from_secs(1);

/// Stopped in order when dropped; a process that is left then fails the test.
pub struct Naru {
    folder: TempDir,
    server: Child,
    log: Mutex<Log>,
    address: SocketAddr,
    arguments: Vec<String>,
}

/// What the server writes, line by line.
struct Log {
    lines: Receiver<String>,
    seen: Vec<String>,
}

/// The `naru` under test: `NARU_BIN`, else the one that cargo built beside this test.
///
/// # Panics
/// When there is none.
pub fn binary() -> PathBuf {
    let built = || std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("naru");
    let binary = std::env::var_os("NARU_BIN").map_or_else(built, PathBuf::from);
    assert!(
        binary.is_file(),
        "no {}; build it first: cargo build -p naru, or set NARU_BIN",
        binary.display()
    );
    binary
}

/// Runs `naru verify NAME` the short way, and prints what it measured.
///
/// # Panics
/// When a figure is not as wanted.
pub fn verify(name: &str) {
    verify_with(name, &[]);
}

/// As [`verify`], with more arguments.
///
/// # Panics
/// When a figure is not as wanted.
pub fn verify_with(name: &str, more: &[&str]) {
    let mut command = Command::new(binary());
    let output = command.args(["verify", name, "--quick"]).args(more).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "naru verify {name}:\n{}{}", text(&output.stdout), text(&output.stderr));
}

impl Naru {
    /// Starts with this naru.yaml, on a free port, and waits for the line `ready`.
    pub fn up(yaml: &str) -> Naru {
        Naru::up_with(yaml, &["--listen", "127.0.0.1:0"])
    }

    /// Starts with these arguments after the file, and waits for the line `ready`.
    pub fn up_with(yaml: &str, arguments: &[&str]) -> Naru {
        let mut naru = Naru::start(yaml, arguments);
        naru.await_line("naru: ready");
        naru.address = naru.status().gateway.listen[0];
        naru
    }

    /// Starts and waits for nothing.
    pub fn start(yaml: &str, arguments: &[&str]) -> Naru {
        let folder = tempfile::Builder::new().prefix("naru-test-").tempdir().unwrap();
        std::fs::write(folder.path().join("naru.yaml"), yaml).unwrap();
        let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
        let (server, log) = spawn(folder.path(), &arguments);
        Naru {
            folder,
            server,
            log: Mutex::new(log),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            arguments,
        }
    }

    /// Where the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn server_pid(&self) -> u32 {
        self.server.id()
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address).unwrap()
    }

    /// One GET on a connection of its own.
    pub fn get(&self, target: &str) -> crate::client::Answer {
        self.connect().get(target).unwrap()
    }

    pub fn traffic(&self, target: &str, clients: usize) -> Traffic {
        Traffic::start(self.address, target, clients)
    }

    /// Writes naru.yaml anew; the server sees it by itself.
    pub fn write_file(&self, yaml: &str) {
        // Renamed into place, as editors and configuration tools do, so that no half of it is read.
        let new = self.folder.path().join("naru.yaml.new");
        std::fs::write(&new, yaml).unwrap();
        std::fs::rename(&new, self.folder.path().join("naru.yaml")).unwrap();
    }

    /// A `naru` command against this server, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--state").arg(self.state()).stdin(Stdio::null());
        command
    }

    pub fn try_run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must do what it is asked, and returns what it prints.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "naru {arguments:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// As [`Naru::run`] with `--json`, read.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("naru {arguments:?} --json: {error}: {printed}"))
    }

    pub fn try_status(&self) -> Option<Status> {
        let output = self.try_run(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).ok()
    }

    pub fn status(&self) -> Status {
        serde_json::from_value(self.json(&["status"])).unwrap()
    }

    pub fn service(&self, name: &str) -> ServiceStatus {
        named(&self.status(), name).clone()
    }

    /// The instances of a service, all of them.
    pub fn instances(&self, name: &str) -> Vec<InstanceStatus> {
        self.service(name).instances
    }

    /// The newest events, at most 1,000, oldest first.
    pub fn events(&self) -> Vec<Event> {
        let printed = self.run(&["events", "-n", "1000", "--json"]);
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// As [`Naru::events`], none while no server answers.
    fn try_events(&self) -> Vec<Event> {
        let output = self.try_run(&["events", "-n", "1000", "--json"]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn count_events(&self, kind: Kind) -> usize {
        self.events().iter().filter(|event| event.kind == kind).count()
    }

    /// Waits until the status is as wanted; while the server is away, it is not.
    pub fn await_status(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        let began = Instant::now();
        loop {
            let status = self.try_status();
            if let Some(status) = status.as_ref().filter(|status| wanted(status)) {
                return status.clone();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{what} did not come about; status {status:#?}\n{}",
                self.output()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until one service is as wanted.
    pub fn await_service(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&ServiceStatus) -> bool,
    ) -> ServiceStatus {
        named(&self.await_status(what, |status| wanted(named(status, name))), name).clone()
    }

    /// Waits until a gateway is there and every service has what it wants, all of it well.
    pub fn await_ready(&self) -> Status {
        self.await_status("a platform that is ready", |status| {
            status.gateway.pid != 0 && status.services.iter().all(is_well)
        })
    }

    /// Waits for an event of this kind, now or already there.
    pub fn await_event(&self, kind: Kind) -> Event {
        let began = Instant::now();
        loop {
            if let Some(event) = self.try_events().into_iter().find(|event| event.kind == kind) {
                return event;
            }
            assert!(began.elapsed() < PATIENCE, "no event {kind:?}\n{}", self.output());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for a line of the server's output that holds this, from where the last wait ended.
    pub fn await_line(&self, part: &str) -> String {
        let mut log = self.log.lock().unwrap();
        let began = Instant::now();
        loop {
            match log.lines.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
                Ok(line) => {
                    log.seen.push(line.clone());
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(error) => {
                    drop(log);
                    panic!("no line {part:?}: {error}\n{}", self.output());
                }
            }
        }
    }

    /// Where the API of the server that started last listens by TCP.
    pub fn api_address(&self) -> SocketAddr {
        let said = self.output();
        let address =
            said.lines().rev().find_map(|line| line.strip_prefix("naru: the API listens on http://"));
        let address =
            address.unwrap_or_else(|| panic!("the server does not say where its API listens: {said}"));
        address.parse().unwrap()
    }

    /// All that the server has written so far.
    pub fn output(&self) -> String {
        let mut log = self.log.lock().unwrap();
        let new: Vec<String> = log.lines.try_iter().collect();
        log.seen.extend(new);
        log.seen.join("\n")
    }

    /// Takes in what a server that has ended still had to say: all of it, or what comes within a moment when something it
    /// started holds its output open.
    fn hear_out(&self) {
        let mut log = self.log.lock().unwrap();
        while let Ok(line) = log.lines.recv_timeout(LOOK) {
            log.seen.push(line);
        }
    }

    /// SIGKILL to the server alone.
    pub fn kill_server(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// `naru up` again on the same folder; does not wait.
    pub fn start_again(&mut self) {
        let (server, log) = spawn(self.folder.path(), &self.arguments);
        self.server = server;
        self.log = Mutex::new(log);
    }

    /// Waits until the server has ended by itself, and tells its exit code.
    pub fn await_end(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.server.try_wait().unwrap() {
                self.hear_out();
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "naru does not end\n{}", self.output());
            std::thread::sleep(LOOK);
        }
    }

    /// Processes of this naru that are there, after a moment for those that are on their way out.
    pub fn left_behind(&self) -> Vec<(u32, String)> {
        let began = Instant::now();
        loop {
            let left = processes::with_folder(self.folder.path());
            if left.is_empty() || began.elapsed() > LEAVE {
                return left;
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Naru {
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            processes::signal(self.server.id(), Signal::TERM);
            let began = Instant::now();
            while matches!(self.server.try_wait(), Ok(None)) && began.elapsed() < PATIENCE {
                std::thread::sleep(LOOK);
            }
            if matches!(self.server.try_wait(), Ok(None)) {
                self.kill_server();
            }
        }
        let left = self.left_behind();
        for (pid, _) in &left {
            // It may have ended meanwhile.
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(*pid as i32).unwrap(),
                Signal::KILL,
            );
        }
        if std::thread::panicking() {
            eprintln!("-- output of naru\n{}", self.output());
        } else {
            assert!(left.is_empty(), "left behind: {left:#?}\n{}", self.output());
        }
    }
}

fn spawn(folder: &Path, arguments: &[String]) -> (Child, Log) {
    let mut server = Command::new(binary())
        .arg("up")
        .arg(folder.join("naru.yaml"))
        .arg("--state")
        .arg(folder.join("state"))
        .args(if arguments.iter().any(|a| a == "--console") { [].as_slice() } else { &["--console", "off"] })
        .args(arguments)
        // OpenTelemetry's ports are one for the whole machine, and tests are many: `--otlp` asks for them.
        .env("NARU_OTLP", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, lines) = mpsc::channel();
    let output = BufReader::new(server.stderr.take().unwrap());
    // The gateway holds the pipe too and outlives the server, so the reader ends with the last of them.
    std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
    (server, Log { lines, seen: Vec::new() })
}

/// # Panics
/// When there is no such service.
pub fn named<'a>(status: &'a Status, service: &str) -> &'a ServiceStatus {
    status
        .services
        .iter()
        .find(|s| s.name.as_str() == service)
        .unwrap_or_else(|| panic!("no service {service}"))
}

/// Whether the service has all it wants, and all of it answers.
pub fn is_well(service: &ServiceStatus) -> bool {
    let well = service.instances.iter().filter(|instance| instance.state == "ready").count();
    service.ready >= service.desired && well >= service.desired as usize
}
