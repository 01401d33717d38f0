//! `naru shim FOLDER`: stands by one instance from its start to its end, so that the server need not.
//!
//! It has a session of its own, owns the pipes that the instance prints to, sees its exit status, and is the parent of whatever
//! the instance leaves behind. SIGTERM asks it to end the instance; it ends itself when nothing of the instance is
//! left. One thread that waits in poll(2): while nothing is printed it does nothing at all.
//!
//! The service dies with its shim (PR_SET_PDEATHSIG, set by [`exec`]), for nobody would see its end otherwise.

mod exec;
mod family;
mod pump;
mod watch;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};

use rustix::fs::{FlockOperation, flock};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::clock::Clock;
use crate::files::{self, Exit, Report, Spec, State};
use crate::proc::ProcessKey;

pub use exec::run as exec;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't {action} {path:?}: {source}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{0:?} has no spec.json; a shim is started by `naru up`, not by hand")]
    NoSpec(PathBuf),
    #[error("another shim stands by {0:?}")]
    Busy(PathBuf),
    #[error("{0:?} has ended already")]
    Over(PathBuf),
    #[error("can't {action}: {source}")]
    System {
        action: &'static str,
        #[source]
        source: io::Error,
    },
}

fn system(action: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { action, source }
}

fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { action, path, source }
}

/// What a shim knows about itself and its instance.
struct Shim {
    dir: PathBuf,
    spec: Spec,
    clock: Clock,
    own: ProcessKey,
    /// Held while it lives, so that a new server can tell whether it does.
    _lock: File,
}

/// The instance's process and what it prints to.
struct Service {
    key: ProcessKey,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

/// Runs the instance that is described in `dir` (`STATE/instances/ID`) until nothing of it is left.
/// Tells on standard output, in one line, how the start went.
///
/// # Errors
/// When it can't do its work at all. That the command could not be run is no error of the shim: it is reported.
pub fn run(dir: &Path) -> Result<ExitCode, Error> {
    // Before anything else: what reaches the terminal (Ctrl-C) must not reach us. It fails when a shell has put us into a group
    // of our own, which is as good.
    let _ = rustix::process::setsid();
    let shim = Shim::prepare(dir)?;
    let signals = watch::Signals::register().map_err(system("catch signals"))?;
    match shim.start()? {
        Ok(service) => {
            watch::until_gone(&shim, service, signals)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problem) => {
            shim.record_failure(&problem)?;
            say(&Report::Failed { problem });
            Ok(ExitCode::FAILURE)
        }
    }
}

impl Shim {
    fn prepare(dir: &Path) -> Result<Shim, Error> {
        let dir = fs::canonicalize(dir).map_err(file("find", dir))?;
        let path = dir.join(files::LOCK);
        let lock = File::create(&path).map_err(file("open", &path))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| Error::Busy(dir.clone()))?;
        // A new server that found nobody here has taken it for ended, and says so in this file.
        if dir.join(files::EXIT).exists() {
            return Err(Error::Over(dir));
        }
        let path = dir.join(files::SPEC);
        let spec = files::read_json(&path).map_err(file("read", &path))?;
        let spec = spec.ok_or_else(|| Error::NoSpec(dir.clone()))?;
        let own = ProcessKey::of(std::process::id()).ok_or(io::ErrorKind::NotFound.into());
        let own = own.map_err(system("read /proc/self/stat"))?;
        let shim = Shim { dir, spec, clock: Clock::new(), own, _lock: lock };
        shim.record(&State { shim: own, service: None })?;
        shim.reserve_exit();
        let itself = rustix::process::Pid::from_raw(own.pid as i32);
        rustix::process::set_child_subreaper(itself)
            .map_err(|e| system("become the reaper of the instance")(e.into()))?;
        Ok(shim)
    }

    /// Starts the service. The inner error is a problem with what is to be run, in words for its owner.
    fn start(&self) -> Result<Result<Service, String>, Error> {
        let pipe = || pipe_with(PipeFlags::CLOEXEC).map_err(|e| system("make a pipe")(e.into()));
        let (status, status_in) = pipe()?;
        let (stdout, stdout_in) = pipe()?;
        let (stderr, stderr_in) = pipe()?;
        // Not by the name we were started by: that may be another version by now.
        let mut command = Command::new("/proc/self/exe");
        command.arg("shim-exec").arg(&self.dir).arg(self.own.pid.to_string());
        command.envs(&self.spec.env).current_dir("/");
        command.stdin(status_in).stdout(stdout_in).stderr(stderr_in);
        let mut child = command.spawn().map_err(system("run /proc/self/exe"))?;
        // Ours is the copy that would keep the pipe from ending.
        drop(command);
        let mut problem = String::new();
        File::from(status).read_to_string(&mut problem).map_err(system("hear from the instance"))?;
        if !problem.is_empty() {
            return Ok(Err(self.bury(&mut child, problem)));
        }
        let key = ProcessKey::of(child.id()).ok_or(io::ErrorKind::NotFound.into());
        let key = key.map_err(system("find the instance's process"))?;
        let state = State { shim: self.own, service: Some(key) };
        self.record(&state)?;
        say(&Report::Started(state));
        Ok(Ok(Service { key, stdout, stderr }))
    }

    fn bury(&self, child: &mut Child, problem: String) -> String {
        // It ends by itself right after it has said what is wrong.
        let _ = child.wait();
        self.spec.group.remove();
        problem
    }

    fn record(&self, state: &State) -> Result<(), Error> {
        let path = self.dir.join(files::STATE);
        files::write_json(&path, state).map_err(file("write", &path))
    }

    fn record_failure(&self, problem: &str) -> Result<(), Error> {
        let detail = Some(problem.to_owned());
        self.record_exit(&Exit {
            at: self.clock.now(),
            code: None,
            signal: None,
            oom: false,
            all_gone: true,
            detail,
        })
    }

    /// Takes the room that the exit status will need, so that it is not lost on a disk that has become full.
    fn reserve_exit(&self) {
        // A disk that is full now already: the status will be written if there is room by then.
        let _ = fs::write(files::temporary(&self.dir.join(files::EXIT)), [b' '; 1024]);
    }

    fn record_exit(&self, exit: &Exit) -> Result<(), Error> {
        let path = self.dir.join(files::EXIT);
        let temporary = files::temporary(&path);
        let write = || {
            let bytes = serde_json::to_vec(exit)?;
            // Over what was reserved, and not instead of it.
            let mut reserved = File::options().create(true).truncate(false).write(true).open(&temporary)?;
            reserved.write_all(&bytes)?;
            reserved.set_len(bytes.len() as u64)?;
            fs::rename(&temporary, &path)
        };
        write().map_err(file("write", &path))
    }
}

/// Tells the server that started us, if it is still there to hear it.
fn say(report: &Report) {
    if let Ok(mut line) = serde_json::to_vec(report) {
        line.push(b'\n');
        let _ = io::stdout().write_all(&line).and_then(|()| io::stdout().flush());
    }
}
