//! Prints the simulator's table for the traces of a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use naru_assess::simulate::{self, Options};

fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("give a folder of traces");
        return ExitCode::from(2);
    };
    match simulate::run(&dir, &Options::default()) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
