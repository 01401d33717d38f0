//! Processes to kill.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// A process with all that it starts: killed when it is dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Process {
        Process(command.process_group(0).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub(crate) fn kill(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts `examples/serve.rs`; the process, and where it answers.
pub(crate) fn serve(state: &Path, gateway: SocketAddr, broker: Option<&str>) -> (Process, SocketAddr) {
    let mut command = Command::new(example());
    command.arg(state).arg(gateway.to_string()).args(broker).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::spawn(&mut command);
    let mut said = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut said).unwrap();
    (process, said.trim().parse().unwrap_or_else(|_| panic!("serve said {said:?}")))
}

/// Cargo puts examples beside the tests' folder, and builds them with the tests.
fn example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.ancestors().nth(2).unwrap().join("examples/serve");
    assert!(path.exists(), "{} is not there; build it: cargo build -p naru-jobs --examples", path.display());
    path
}

/// A port that nobody has now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
