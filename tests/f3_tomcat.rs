//! F3 and F7 on real input: Debian's Tomcat with its examples, unmodified, several instances behind one route, deployed
//! anew while clients ask.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

const PAGE: &str = "/examples/servlets/servlet/HelloWorldExample";
const FORM: &str = "/examples/servlets/servlet/RequestParamExample";

#[test]
fn f3_tomcat_is_deployed_under_load_without_a_failed_request() {
    let naru = Naru::up();
    let first = naru.pids();
    assert_eq!(first.len(), 2, "two instances are wanted");

    let stop = AtomicBool::new(false);
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(|| ask_until(&stop, naru.address))).collect();
        for release in ["2", "3"] {
            naru.run(&["deploy", "examples", "--env", &format!("RELEASE={release}"), "--wait"]);
        }
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });

    let failures: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.failures).collect();
    assert!(failures.is_empty(), "{} requests failed: {failures:#?}", failures.len());
    let answered: u64 = outcomes.iter().map(|outcome| outcome.answered).sum();
    assert!(answered > 400, "only {answered} requests were answered: that is no load");
    assert!(naru.pids().iter().all(|pid| !first.contains(pid)), "an instance of the first revision is left");
    naru.stop();
}

/// What one client saw.
#[derive(Default)]
struct Outcome {
    answered: u64,
    failures: Vec<String>,
}

/// Asks over one keep-alive connection, GET and POST in turn, until `stop`. Whatever is no whole answer with 200 is a
/// failure, also a connection that ends before the answer.
fn ask_until(stop: &AtomicBool, address: SocketAddr) -> Outcome {
    let mut outcome = Outcome::default();
    let mut connection = None;
    let mut number = 0u64;
    while !stop.load(Ordering::Relaxed) && outcome.failures.len() < 10 {
        number += 1;
        match ask(&mut connection, address, number) {
            Ok(200) => outcome.answered += 1,
            Ok(status) => outcome.failures.push(format!("request {number}: status {status}")),
            Err(error) => {
                connection = None;
                outcome.failures.push(format!("request {number}: {error}"));
            }
        }
    }
    outcome
}

fn ask(connection: &mut Option<BufReader<TcpStream>>, address: SocketAddr, number: u64) -> io::Result<u16> {
    if connection.is_none() {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        *connection = Some(BufReader::new(stream));
    }
    let stream = connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
    let request = if number.is_multiple_of(2) {
        format!("GET {PAGE} HTTP/1.1\r\nHost: localhost\r\n\r\n")
    } else {
        let body = format!("firstname=naru&lastname=request{number}");
        format!(
            "POST {FORM} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    stream.get_mut().write_all(request.as_bytes())?;
    let (status, ends) = read_answer(stream, number)?;
    if ends {
        *connection = None;
    }
    Ok(status)
}

/// Reads one answer to its end; tells its status and whether the connection ends with it.
fn read_answer(stream: &mut BufReader<TcpStream>, number: u64) -> io::Result<(u16, bool)> {
    let bad = |what: &str| io::Error::other(what.to_owned());
    let status_line = read_line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| bad("no status line"))?;
    let (mut length, mut chunked, mut ends) = (None, false, false);
    loop {
        let line = read_line(stream)?.to_ascii_lowercase();
        match line.split_once(':').map(|(name, value)| (name, value.trim())) {
            Some(("content-length", value)) => length = value.parse().ok(),
            Some(("transfer-encoding", value)) => chunked = value == "chunked",
            Some(("connection", value)) => ends = value == "close",
            Some(_) => {}
            None if line.is_empty() => break,
            None => return Err(bad("a header line without a colon")),
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = usize::from_str_radix(&read_line(stream)?, 16).map_err(io::Error::other)?;
            read_exactly(stream, size, &mut body)?;
            read_line(stream)?;
            if size == 0 {
                break;
            }
        }
    } else {
        read_exactly(stream, length.ok_or_else(|| bad("an answer of unknown length"))?, &mut body)?;
    }
    let body = String::from_utf8_lossy(&body);
    let wanted =
        if number.is_multiple_of(2) { "Hello World!".to_owned() } else { format!("request{number}") };
    if status == 200 && !body.contains(&wanted) {
        return Err(io::Error::other(format!("the answer does not hold {wanted:?}: it is somebody else's")));
    }
    Ok((status, ends))
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn read_exactly(stream: &mut BufReader<TcpStream>, size: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let before = body.len();
    body.resize(before + size, 0);
    stream.read_exact(&mut body[before..])
}

/// A naru that runs examples/tomcat in a folder of its own.
struct Naru {
    address: SocketAddr,
    state: tempfile::TempDir,
    server: Option<Child>,
}

impl Naru {
    fn up() -> Naru {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tomcat");
        let installed = Command::new(example.join("install")).status().unwrap();
        assert!(installed.success(), "examples/tomcat/install failed");
        let state = tempfile::tempdir().unwrap();
        let mut server = command(&["up"])
            .arg(example.join("naru.yaml"))
            .args(["--listen", "127.0.0.1:0", "--console", "off", "--state"])
            .arg(state.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut naru = Naru { address: SocketAddr::from(([127, 0, 0, 1], 0)), state, server: Some(server) };
        let ready = said.by_ref().any(|line| line.is_ok_and(|line| line.starts_with("naru: ready")));
        assert!(ready, "naru ended before it was ready");
        // Read on, so that the pipe never fills up.
        std::thread::spawn(move || said.for_each(drop));
        naru.address = naru.status()["gateway"]["listen"][0].as_str().unwrap().parse().unwrap();
        naru
    }

    /// Runs a command that must succeed; returns what it printed.
    fn run(&self, args: &[&str]) -> String {
        let output = command(args).arg("--state").arg(self.state.path()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "naru {}: {printed}{complaint}", args.join(" "));
        printed
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.run(&["status", "--json"])).unwrap()
    }

    /// The processes of the instances that get requests.
    fn pids(&self) -> Vec<u64> {
        let status = self.status();
        let instances = status["services"][0]["instances"].as_array().unwrap();
        let ready = instances.iter().filter(|instance| instance["state"] == "ready");
        ready.map(|instance| instance["pid"].as_u64().unwrap()).collect()
    }

    /// Stops in order, and looks that no Tomcat is left.
    fn stop(mut self) {
        self.run(&["stop"]);
        let ended = self.server.take().unwrap().wait().unwrap();
        assert!(ended.success(), "naru up ended with {ended}");
        assert_eq!(self.left_behind(), Vec::<PathBuf>::new());
    }

    /// The processes whose command line names our folder, as Tomcat's does (`-Dcatalina.base=`).
    fn left_behind(&self) -> Vec<PathBuf> {
        let ours = self.state.path().to_string_lossy().into_owned();
        let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let names_us = |path: &PathBuf| {
            std::fs::read(path.join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&ours))
        };
        processes.filter(names_us).collect()
    }
}

impl Drop for Naru {
    /// A test that failed leaves nothing behind either.
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = command(&["stop", "--state"]).arg(self.state.path()).output();
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The binary under test: `NARU_BIN`, or the one built beside this test.
fn command(args: &[&str]) -> Command {
    let beside = || std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("naru");
    let mut command = Command::new(std::env::var_os("NARU_BIN").map_or_else(beside, PathBuf::from));
    command.args(args);
    command
}
