//! `naru gateway`: the data plane as a process of its own. See `naru_gateway`.

use std::os::fd::RawFd;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::GatewayArgs;

pub(crate) fn run(args: GatewayArgs) -> Result<ExitCode> {
    // Neither Ctrl-C in the server's terminal nor the end of its session is meant for the gateway. It fails only for a
    // process that leads a session already.
    let _ = rustix::process::setsid();
    let listeners = args.listen_fd.iter().map(|text| listener(text)).collect::<Result<_>>()?;
    let build = env!("CARGO_PKG_VERSION").to_owned();
    let options = naru_gateway::Options { link: args.link, threads: args.threads, listeners, build };
    naru_gateway::run(&options, crate::conversions::shape)?;
    Ok(ExitCode::SUCCESS)
}

fn listener(text: &str) -> Result<(RawFd, bool)> {
    let (fd, kind) = text.split_once(':').with_context(|| format!("{text:?} is no FD:KIND"))?;
    let tls = match kind {
        "http" => false,
        "tls" => true,
        _ => bail!("{text:?}: the kind is `http` or `tls`"),
    };
    Ok((fd.parse().with_context(|| format!("{text:?} has no descriptor"))?, tls))
}
