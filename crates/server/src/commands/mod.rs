//! The command line: what each command takes, and where the server it speaks to is found.

pub(crate) mod app;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod events;
pub(crate) mod gateway;
pub(crate) mod logs;
pub(crate) mod output;
pub(crate) mod revisions;
pub(crate) mod shim;
pub(crate) mod status;
pub(crate) mod top;
pub(crate) mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use naru_api::client::Client;
use naru_model::name::ServiceName;

/// Where state is kept when nothing else is said.
pub(crate) const STATE_DIR: &str = ".naru";

#[derive(Debug, Parser)]
#[command(
    name = "naru",
    version,
    about = "Keeps public services up: routes, heals and deploys them without a failed request"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the platform that a file describes, and keep it running
    Up(UpArgs),
    /// Validate a file; with --diff, show what applying it would change
    Check(CheckArgs),
    /// Print the JSON Schema of naru.yaml
    Schema,
    /// Show services, instances and the gateway
    Status(ServerArgs),
    /// Watch services live
    Top(ServerArgs),
    /// Make a new revision of a service and roll it out
    Deploy(DeployArgs),
    /// Go back to an earlier revision
    Rollback(RollbackArgs),
    /// Set how many instances of a service are wanted
    Scale(ScaleArgs),
    /// List a service's revisions
    Revisions(ServiceArgs),
    /// Print what a service's instances wrote
    Logs(LogsArgs),
    /// Print what happened and was decided
    Events(EventsArgs),
    /// Stop the platform: drain, then end every instance
    Stop(ServerArgs),
    /// Replace naru itself, without a refused connection
    Upgrade(UpgradeArgs),
    /// Prove on this machine that it does what it promises
    Verify(VerifyArgs),
    /// The sample application server of the quickstart
    #[command(hide = true)]
    App(naru_verify::app::Options),
    /// The data plane; started by `naru up`
    #[command(hide = true)]
    Gateway(GatewayArgs),
    /// The keeper of one instance; started by `naru up`
    #[command(hide = true)]
    Shim(ShimArgs),
    /// The last step before an instance's own program; started by the shim
    #[command(hide = true)]
    ShimExec(ShimExecArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// What to run
    #[arg(default_value = "naru.yaml")]
    pub(crate) file: PathBuf,
    /// Where the gateway listens, instead of the file's gateway.listen
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Where the gateway listens with TLS, instead of the file's gateway.tls.listen
    #[arg(long, value_name = "ADDR")]
    pub(crate) tls_listen: Vec<SocketAddr>,
    /// Where the API listens, or `off`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    pub(crate) console: String,
    /// Where state is kept
    #[arg(long, value_name = "DIR", default_value = STATE_DIR)]
    pub(crate) state: PathBuf,
    /// What operators present to the API; made and printed once when not given
    #[arg(long, env = "NARU_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// Which server to speak to, and how to print.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// The state folder of the server on this machine
    #[arg(long, value_name = "DIR", default_value = STATE_DIR)]
    pub(crate) state: PathBuf,
    /// A server elsewhere (http://host:9090), instead of --state
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The operator's token, for --server
    #[arg(long, env = "NARU_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceArgs {
    /// The service's name in naru.yaml
    pub(crate) service: String,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The file to validate
    #[arg(default_value = "naru.yaml")]
    pub(crate) file: PathBuf,
    /// Show what applying it to the running platform would change
    #[arg(long)]
    pub(crate) diff: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// The service's name in naru.yaml
    pub(crate) service: String,
    /// A variable that this revision has on top of the file's
    #[arg(long, value_name = "K=V")]
    pub(crate) env: Vec<String>,
    /// Wait until the rollout has ended, and exit 1 if it was rolled back
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The service's name in naru.yaml
    pub(crate) service: String,
    /// The revision to go to; the last one that proved itself when not given
    #[arg(long, value_name = "REVISION")]
    pub(crate) to: Option<u32>,
    /// Wait until the rollout has ended
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ScaleArgs {
    /// The service's name in naru.yaml
    pub(crate) service: String,
    /// Instances wanted, within the file's scale.min and scale.max
    pub(crate) count: u32,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The service's name in naru.yaml
    pub(crate) service: String,
    /// Only this instance (booking-3-1)
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) instance: Option<String>,
    /// How many lines to begin with
    #[arg(short = 'n', long, default_value_t = 100)]
    pub(crate) lines: usize,
    /// Go on as new lines come
    #[arg(short, long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Only this service's
    #[arg(long)]
    pub(crate) service: Option<String>,
    /// How many to begin with
    #[arg(short = 'n', long, default_value_t = 50)]
    pub(crate) lines: usize,
    /// Go on as new ones come
    #[arg(short, long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// The new binary; this one when not given
    pub(crate) binary: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// What to prove: deploys, faults, slow-instance or isolation
    pub(crate) name: String,
    /// A shorter run, for CI
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GatewayArgs {
    /// The socket on which the server listens for gateways
    #[arg(long)]
    pub(crate) link: PathBuf,
    /// Data plane threads
    #[arg(long)]
    pub(crate) threads: usize,
    /// An inherited listening socket: its descriptor, and `http` or `tls`
    #[arg(long, value_name = "FD:KIND")]
    pub(crate) listen_fd: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ShimArgs {
    /// The instance's folder
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ShimExecArgs {
    /// The instance's folder
    pub(crate) dir: PathBuf,
    /// The shim's process id
    pub(crate) shim: u32,
}

impl ServerArgs {
    /// The server that the arguments name.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        Ok(match &self.server {
            Some(url) => Client::remote(url, self.token.as_deref())?,
            None => Client::local(&self.state),
        })
    }
}

/// Reads a service's name from the command line.
pub(crate) fn service_name(text: &str) -> anyhow::Result<ServiceName> {
    text.parse().map_err(|error: naru_model::name::Error| anyhow::anyhow!("{error}"))
}

/// Runs a command's conversation with the server.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}
