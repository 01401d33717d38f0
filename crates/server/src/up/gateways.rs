//! Keeps one gateway serving on the listening sockets: starts it, finds it again, replaces it, lets another take over.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use naru_model::link::{Listener, ToGateway};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::gateway_process::{self, Socket};
use super::inbox::Input;

/// A gateway that lived shorter than this is started again only after a pause that doubles.
const PROVEN_AFTER: Duration = Duration::from_secs(5);
/// Below a second, for that is how long clients may be kept waiting for another one.
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// What is written down of the gateway, so that the next server knows whom to wait for.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    pid: u32,
}

/// The gateway that is to serve. Others may still be ending what they had.
pub(crate) struct Gateways {
    /// What the next gateway is started from.
    pub(crate) program: PathBuf,
    /// What the current one was started from.
    pub(crate) running_program: PathBuf,
    link: PathBuf,
    log: PathBuf,
    note: PathBuf,
    pub(crate) threads: usize,
    pub(crate) sockets: Vec<Socket>,
    /// 0 while there is none.
    pub(crate) current: u32,
    started_at: Timestamp,
    short_lives: u32,
    /// When to start the next one, after one that did not live long.
    pub(crate) retry_at: Option<Timestamp>,
    inbox: mpsc::Sender<Input>,
}

impl Gateways {
    pub(crate) fn new(
        program: PathBuf,
        state_dir: &std::path::Path,
        threads: usize,
        inbox: mpsc::Sender<Input>,
    ) -> Gateways {
        Gateways {
            running_program: program.clone(),
            program,
            link: state_dir.join("link.sock"),
            log: state_dir.join("gateway.log"),
            note: state_dir.join("gateway.json"),
            threads,
            sockets: Vec::new(),
            current: 0,
            started_at: Timestamp::default(),
            short_lives: 0,
            retry_at: None,
            inbox,
        }
    }

    /// Returns the pid of the gateway that an earlier server left behind, if that still lives.
    pub(crate) fn left_behind(&self) -> Option<u32> {
        let note: Note = serde_json::from_slice(&std::fs::read(&self.note).ok()?).ok()?;
        let command = std::fs::read(format!("/proc/{}/cmdline", note.pid)).ok()?;
        // The pid may have come to somebody else; only a gateway of this state folder names its link.
        let link = self.link.as_os_str().as_encoded_bytes();
        command.split(|byte| *byte == 0).any(|argument| argument == link).then_some(note.pid)
    }

    /// Takes over a gateway that runs, with the sockets it sent.
    pub(crate) fn adopt(&mut self, pid: u32, sockets: Vec<Socket>, now: Timestamp) {
        self.sockets = sockets;
        self.set_current(pid, now);
    }

    /// Opens the sockets that `wanted` asks for and are not open yet, and drops the others; a gateway that has them keeps
    /// them. Returns those there were, if any changed.
    ///
    /// # Errors
    /// An address can't be had; then all stay as they were.
    pub(crate) fn listen(
        &mut self,
        wanted: &[Listener],
    ) -> Result<Option<Vec<Socket>>, gateway_process::Error> {
        let is_wanted = |socket: &&Socket| wanted.iter().any(|wanted| is_open(wanted, &socket.listener));
        let is_missing =
            |wanted: &&Listener| !self.sockets.iter().any(|socket| is_open(wanted, &socket.listener));
        let missing: Vec<Listener> = wanted.iter().filter(is_missing).cloned().collect();
        if missing.is_empty() && self.sockets.iter().all(|socket| is_wanted(&socket)) {
            return Ok(None);
        }
        let mut sockets =
            self.sockets.iter().filter(is_wanted).map(Socket::copy).collect::<Result<Vec<_>, _>>()?;
        sockets.extend(gateway_process::bind(&missing, self.threads)?);
        Ok(Some(std::mem::replace(&mut self.sockets, sockets)))
    }

    /// Starts a gateway on the sockets; it is the current one from now on.
    ///
    /// # Errors
    /// The program can't be run.
    pub(crate) fn start(&mut self, now: Timestamp) -> Result<u32, gateway_process::Error> {
        self.retry_at = None;
        let pid = gateway_process::start(&self.program, &self.link, self.threads, &self.sockets, &self.log)?;
        self.running_program = self.program.clone();
        self.set_current(pid, now);
        Ok(pid)
    }

    /// Takes the sockets there were before they changed, if they did.
    pub(crate) fn put_back(&mut self, sockets: Option<Vec<Socket>>) {
        if let Some(sockets) = sockets {
            self.sockets = sockets;
        }
    }

    /// Makes a gateway that still serves the current one again, after another failed to take over.
    pub(crate) fn go_back(
        &mut self,
        pid: u32,
        program: PathBuf,
        sockets: Option<Vec<Socket>>,
        now: Timestamp,
    ) {
        self.put_back(sockets);
        self.program = program.clone();
        self.running_program = program;
        self.set_current(pid, now);
    }

    fn set_current(&mut self, pid: u32, now: Timestamp) {
        self.current = pid;
        self.started_at = now;
        let note = serde_json::json!({ "pid": pid }).to_string();
        if let Err(error) = std::fs::write(&self.note, note) {
            eprintln!(
                "naru: can't write {}: {error}; a restarted server would not find the gateway",
                self.note.display()
            );
        }
        self.watch(pid);
    }

    /// Has a thread tell the inbox when the process has ended.
    fn watch(&self, pid: u32) {
        let inbox = self.inbox.clone();
        std::thread::spawn(move || {
            if let Err(error) = gateway_process::await_end(pid) {
                eprintln!("naru: can't watch the gateway {pid}: {error}");
            }
            // Nobody listens any more only when the server is ending itself.
            let _ = inbox.blocking_send(Input::GatewayEnded { pid });
        });
    }

    /// Notes that the current gateway has ended; returns when the next one may be started.
    pub(crate) fn lost(&mut self, now: Timestamp) -> Timestamp {
        self.current = 0;
        if now.since(self.started_at) >= PROVEN_AFTER {
            self.short_lives = 0;
            return now;
        }
        let pause = Duration::from_millis(100) * 2u32.saturating_pow(self.short_lives);
        let pause = if self.short_lives == 0 { Duration::ZERO } else { pause.min(LONGEST_PAUSE) };
        self.short_lives = (self.short_lives + 1).min(16);
        self.retry_at = Some(now + pause);
        now + pause
    }

    /// Where this machine reaches the gateway as clients do, by plain HTTP and by none of these `doors`.
    pub(crate) fn front(&self, doors: &[SocketAddr]) -> Option<SocketAddr> {
        let plain = self.sockets.iter().map(|socket| &socket.listener).filter(|listener| !listener.tls);
        let mut front = plain.map(|listener| listener.address).find(|address| !doors.contains(address))?;
        if front.ip().is_unspecified() {
            front.set_ip(if front.is_ipv4() {
                Ipv4Addr::LOCALHOST.into()
            } else {
                Ipv6Addr::LOCALHOST.into()
            });
        }
        Some(front)
    }

    /// The addresses listened on, each once.
    pub(crate) fn addresses(&self) -> Vec<std::net::SocketAddr> {
        let mut addresses: Vec<_> = self.sockets.iter().map(|socket| socket.listener.address).collect();
        addresses.dedup();
        addresses
    }
}

/// Tells a gateway to accept no more and to end within `within`.
pub(crate) async fn drain(control: &mpsc::Sender<ToGateway>, within: Duration) {
    // A gateway whose connection has just closed has nothing to be told.
    let _ = control.send(ToGateway::Drain { within_ms: within.as_millis() as u64 }).await;
}

/// Tells whether `open` is what `wanted` asks for. Port 0 asks for any port, so the one that was chosen stays.
fn is_open(wanted: &Listener, open: &Listener) -> bool {
    let port = wanted.address.port();
    wanted.tls == open.tls
        && wanted.address.ip() == open.address.ip()
        && (port == 0 || port == open.address.port())
}
