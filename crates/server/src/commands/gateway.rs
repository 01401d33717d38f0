//! `naru gateway`: the data plane as a process of its own. See `naru_gateway`.

use std::os::fd::RawFd;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result as Fallible, bail};
use naru_model::message::Shape;
use naru_model::policy::Policy;

use super::GatewayArgs;

pub(crate) fn run(args: GatewayArgs) -> Fallible<ExitCode> {
    // Neither Ctrl-C in the server's terminal nor the end of its session is meant for the gateway. It fails only for a
    // process that leads a session already.
    let _ = rustix::process::setsid();
    let listeners = args.listen_fd.iter().map(|text| listener(text)).collect::<Fallible<_>>()?;
    let build = env!("CARGO_PKG_VERSION").to_owned();
    let options = naru_gateway::Options { link: args.link, threads: args.threads, listeners, build };
    naru_gateway::run(&options, shape)?;
    Ok(ExitCode::SUCCESS)
}

fn shape(policy: &Policy) -> Result<Option<Arc<dyn Shape>>, String> {
    naru_convert::shape(policy).map_err(|error| error.to_string())
}

fn listener(text: &str) -> Fallible<(RawFd, bool)> {
    let (fd, kind) = text.split_once(':').with_context(|| format!("{text:?} is no FD:KIND"))?;
    let tls = match kind {
        "http" => false,
        "tls" => true,
        _ => bail!("{text:?}: the kind is `http` or `tls`"),
    };
    Ok((fd.parse().with_context(|| format!("{text:?} has no descriptor"))?, tls))
}
