//! The process runtime passes the battery, and holds when what it stands on is killed, stopped, full or missing.
//!
//! This binary is its own shim, as `naru` is: it is run again with `shim` and `shim-exec`. Hence no standard harness.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../battery/mod.rs"]
mod battery;
mod faults;
mod harness;
mod surroundings;

use std::path::Path;
use std::process::ExitCode;

use battery::Harness;
use harness::Processes;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["shim", dir] => finish(naru_runtime::shim::run(Path::new(dir))),
        ["shim-exec", dir, shim] => finish(naru_runtime::shim::exec(Path::new(dir), shim.parse().unwrap())),
        ["server", state] => faults::be_a_server(Path::new(state)),
        _ => run_tests(),
    }
}

fn finish(result: Result<ExitCode, naru_runtime::shim::Error>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn run_tests() -> ExitCode {
    let battery = battery::all::<Processes>().into_iter().map(|(name, run)| {
        Trial::test(format!("battery::{name}"), move || {
            battery::within_tokio(async move { run(Processes::new()).await });
            Ok(())
        })
    });
    let tests = battery.chain(faults::all()).chain(surroundings::all());
    libtest_mimic::run(&Arguments::from_args(), tests.collect()).exit_code()
}
