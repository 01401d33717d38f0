//! `naru shim` and `naru shim-exec`: what stands between the server and an instance. See `naru_runtime::shim`.

use std::process::ExitCode;

use anyhow::Result;

use super::{ShimArgs, ShimExecArgs};

pub(crate) fn run(args: ShimArgs) -> Result<ExitCode> {
    Ok(naru_runtime::shim::run(&args.dir)?)
}

pub(crate) fn exec(args: ShimExecArgs) -> Result<ExitCode> {
    Ok(naru_runtime::shim::exec(&args.dir, args.shim)?)
}
