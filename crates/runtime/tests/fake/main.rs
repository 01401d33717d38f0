//! A runtime without processes passes the battery too: so what the battery asks for is no accident of processes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../battery/mod.rs"]
mod battery;
mod runtime;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use battery::Harness;
use runtime::Fakes;

fn main() -> ExitCode {
    let battery = battery::all::<Fakes>().into_iter().map(|(name, run)| {
        Trial::test(format!("battery::{name}"), move || {
            battery::within_tokio(async move { run(Fakes::new()).await });
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), battery.collect()).exit_code()
}
