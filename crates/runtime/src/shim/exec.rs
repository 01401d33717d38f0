//! `naru shim-exec FOLDER SHIM`: the moment between the shim and the service. It is the process that becomes the service, and sets up
//! for itself what only a process itself can: its group, its control group, that it dies with its shim, its folder.
//!
//! Standard input is a pipe to the shim. It ends when the service runs; before that, what comes through it is why it does
//! not.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Signal, getppid, set_parent_process_death_signal, setpgid};

use super::{Error, system};
use crate::files::{self, Spec};

/// Becomes the service described in `dir`. `shim` is the process id of the shim that started it.
/// Returns only when that failed, having told the shim why.
///
/// # Errors
/// When even that can't be told.
pub fn run(dir: &Path, shim: u32) -> Result<ExitCode, Error> {
    // Closed by the kernel at the moment the service takes over.
    let status = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3);
    let mut status = std::fs::File::from(status.map_err(|e| system("keep the pipe to the shim")(e.into()))?);
    let problem = become_service(dir, shim);
    status.write_all(problem.as_bytes()).map_err(system("tell the shim"))?;
    Ok(ExitCode::FAILURE)
}

/// Returns only if it fails, with why.
fn become_service(dir: &Path, shim: u32) -> String {
    let spec = match files::read_json::<Spec>(&dir.join(files::SPEC)) {
        Ok(Some(spec)) => spec,
        Ok(None) => return format!("{dir:?} has no spec.json"),
        Err(error) => return format!("can't read spec.json in {dir:?}: {error}"),
    };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return format!("can't bind its life to the shim's: {error}");
    }
    // The shim may have died before the line above; nobody is left to be told then.
    if getppid().is_none_or(|parent| parent.as_raw_pid() as u32 != shim) {
        return "its shim has gone".to_owned();
    }
    if let Err(error) = setpgid(None, None) {
        return format!("can't make a process group for it: {error}");
    }
    if let Err(error) = spec.group.join() {
        return format!(
            "can't put it into its control group: {error}; is there another program that manages them?"
        );
    }
    // Should the machine run out of memory, an instance goes before the gateway and the server do. Only ever a wish.
    let _ = std::fs::write("/proc/self/oom_score_adj", "200");
    if let Err(error) = rustix::process::chdir(&spec.folder) {
        return format!("can't start in the folder {:?}: {error}", spec.folder);
    }
    let Some((program, arguments)) = spec.exec.split_first() else {
        return "`exec` in naru.yaml names no command".to_owned();
    };
    let error = Command::new(program).args(arguments).stdin(Stdio::null()).exec();
    explain(&spec, program, &error)
}

/// Says why a command can't be run, so that its owner knows what to change.
fn explain(spec: &Spec, program: &str, error: &io::Error) -> String {
    let path = spec.env.get("PATH").map_or("", String::as_str);
    let folder = &spec.folder;
    let place = if Path::new(program).is_absolute() { String::new() } else { format!(" in {folder:?}") };
    let there = folder.join(program).metadata();
    let problem = match (error.kind(), there) {
        (io::ErrorKind::NotFound, _) if !program.contains('/') => {
            format!("command {program:?} not found in PATH ({path})")
        }
        (io::ErrorKind::NotFound, Err(_)) => format!("command {program:?} does not exist{place}"),
        (io::ErrorKind::NotFound, Ok(_)) => {
            format!(
                "command {program:?} is there, but the interpreter that it names is not; check its first line or its architecture"
            )
        }
        (io::ErrorKind::PermissionDenied, Ok(there)) if there.is_dir() => {
            format!("command {program:?} is a folder")
        }
        (io::ErrorKind::PermissionDenied, _) => {
            format!("command {program:?} is not executable{place}; chmod +x it, or run it by its interpreter")
        }
        _ => format!("command {program:?} can't be run: {error}"),
    };
    format!("{problem}; check `exec` in naru.yaml")
}
