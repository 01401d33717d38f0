//! A platform of a scenario's own: `naru up` in a temporary folder, on a free port of the loopback.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use naru_model::event::Event;
use naru_model::status::{ServiceStatus, Status};
use rustix::process::Signal;
use serde::Deserialize;
use tempfile::TempDir;

use super::{Error, api, processes};

/// How often the status is looked at while something is awaited.
const LOOK: Duration = Duration::from_millis(20);
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(60);
/// How long after the server has ended its other processes may take to be gone.
const LEAVE: Duration = Duration::from_secs(1);
/// How much of naru's output is shown when something went wrong.
const OUTPUT_SHOWN: usize = 4000;

pub(crate) struct Platform {
    naru: PathBuf,
    folder: TempDir,
    server: Child,
    address: SocketAddr,
}

#[derive(Deserialize)]
struct Accepted {
    revision: u32,
}

impl Platform {
    /// Starts `naru up` with this naru.yaml and waits until every service has what it wants.
    pub(crate) fn start(naru: &Path, yaml: &str) -> Result<Platform, Error> {
        let folder =
            tempfile::Builder::new().prefix("naru-verify-").tempdir().map_err(Error::io("make a folder"))?;
        std::fs::write(folder.path().join("naru.yaml"), yaml).map_err(Error::io("write naru.yaml"))?;
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = spawn(naru, folder.path(), any_port)?;
        let mut platform = Platform { naru: naru.to_owned(), folder, server, address: any_port };
        let status = platform.await_ready(START)?;
        platform.address = status.gateway.listen.first().copied().unwrap_or(any_port);
        Ok(platform)
    }

    /// Where the gateway listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("state/naru.sock")
    }

    pub(crate) fn status(&self) -> Result<Status, Error> {
        api::get(&self.socket(), "/v1/status")
    }

    /// All events so far, oldest first.
    pub(crate) fn events(&self) -> Result<Vec<Event>, Error> {
        let mut all: Vec<Event> = Vec::new();
        loop {
            let last = all.last().map_or(0, |event| event.id);
            let page: Vec<Event> = api::get(&self.socket(), &format!("/v1/events?after={last}&limit=1000"))?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Begins a deployment with another value of `RELEASE`, and tells the revision it goes to.
    pub(crate) fn deploy(&self, service: &str, release: &str) -> Result<u32, Error> {
        let request = serde_json::json!({ "env": { "RELEASE": release } }).to_string();
        let accepted: Accepted =
            api::post(&self.socket(), &format!("/v1/services/{service}/deploy"), &request)?;
        Ok(accepted.revision)
    }

    /// Waits until the status is as wanted. While the server is away, it is not.
    pub(crate) fn await_status(
        &mut self,
        what: &str,
        within: Duration,
        wanted: impl Fn(&Status) -> bool,
    ) -> Result<Status, Error> {
        let began = Instant::now();
        loop {
            if let Ok(status) = self.status()
                && wanted(&status)
            {
                return Ok(status);
            }
            if self.server.try_wait().map_err(Error::io("look after naru"))?.is_some() {
                return Err(Error::Ended(self.output()));
            }
            if began.elapsed() > within {
                return Err(Error::TooLate { what: what.to_owned(), within, output: self.output() });
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until a gateway is there and every service has as many instances as it wants, all of them well.
    pub(crate) fn await_ready(&mut self, within: Duration) -> Result<Status, Error> {
        self.await_status("a platform that is ready", within, |status| {
            status.gateway.pid != 0 && !status.services.is_empty() && status.services.iter().all(is_well)
        })
    }

    /// SIGKILL to the server alone.
    pub(crate) fn kill_server(&mut self) -> Result<(), Error> {
        self.server.kill().and_then(|()| self.server.wait()).map(drop).map_err(Error::io("kill naru"))
    }

    /// `naru up` again, on the same state and address.
    pub(crate) fn start_server_again(&mut self) -> Result<(), Error> {
        self.server = spawn(&self.naru, self.folder.path(), self.address)?;
        Ok(())
    }

    /// Stops in order, and tells which processes are still there then.
    pub(crate) fn stop(mut self) -> Result<Vec<String>, Error> {
        let _: serde_json::Value = api::post(&self.socket(), "/v1/stop", "{}")?;
        let began = Instant::now();
        while self.server.try_wait().map_err(Error::io("look after naru"))?.is_none() {
            if began.elapsed() > STOP {
                let what = "an orderly stop".to_owned();
                return Err(Error::TooLate { what, within: STOP, output: self.output() });
            }
            std::thread::sleep(LOOK);
        }
        let ended = Instant::now();
        loop {
            let left = processes::with_folder(self.folder.path());
            if left.is_empty() || ended.elapsed() > LEAVE {
                return Ok(left.into_iter().map(|(pid, command)| format!("{pid} {command}")).collect());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// The end of what naru wrote.
    fn output(&self) -> String {
        let mut bytes = Vec::new();
        let read =
            File::open(self.folder.path().join("naru.log")).and_then(|mut log| log.read_to_end(&mut bytes));
        match read {
            Ok(_) => String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(OUTPUT_SHOWN)..]).into_owned(),
            Err(error) => format!("(none: {error})"),
        }
    }
}

impl Drop for Platform {
    /// A scenario that broke off leaves nothing behind either. In order first, so that naru can do it itself.
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            // What has ended meanwhile needs no signal.
            let _ = processes::signal(self.server.id(), Signal::TERM);
            let began = Instant::now();
            while matches!(self.server.try_wait(), Ok(None)) && began.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(LOOK);
            }
            let _ = self.kill_server();
        }
        for (pid, _) in processes::with_folder(self.folder.path()) {
            let _ = processes::signal(pid, Signal::KILL);
        }
    }
}

fn spawn(naru: &Path, folder: &Path, listen: SocketAddr) -> Result<Child, Error> {
    let log = File::options().create(true).append(true).open(folder.join("naru.log"));
    let log = log.map_err(Error::io("open a log"))?;
    let errors = log.try_clone().map_err(Error::io("open a log"))?;
    Command::new(naru)
        .arg("up")
        .arg(folder.join("naru.yaml"))
        .args(["--listen", &listen.to_string(), "--console", "off", "--otlp", "off"])
        .arg("--state")
        .arg(folder.join("state"))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(Error::io(format!("start {}", naru.display())))
}

pub(crate) fn is_well(service: &ServiceStatus) -> bool {
    let well = service.instances.iter().filter(|instance| instance.state == "ready").count();
    service.ready >= service.desired && well >= service.desired as usize
}

/// Tells one instance to misbehave, on its own port. See `app::control` for the orders.
pub(crate) fn order(instance: SocketAddr, order: &str) -> Result<(), Error> {
    let failed = || Error::io(format!("tell the instance on {instance} to {order}"));
    let mut stream = TcpStream::connect(instance).map_err(failed())?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(failed())?;
    let request = format!("POST /_app/{order} HTTP/1.1\r\nhost: {instance}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed())?;
    if answer.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(failed()(std::io::Error::other(answer))) }
}

/// How a service of `naru app` stands in naru.yaml: the beginning of its block, two blanks in.
pub(crate) fn app_service(naru: &Path, name: &str, arguments: &[&str]) -> String {
    let exec: Vec<String> = std::iter::once(naru.display().to_string())
        .chain(["app".to_owned()])
        .chain(arguments.iter().map(|a| (*a).to_owned()))
        .collect();
    // JSON is YAML.
    format!("  {name}:\n    exec: {}\n", serde_json::json!(exec))
}
