//! The command line: what each command takes, and where the server it speaks to is found.

pub(crate) mod alerts;
pub(crate) mod app;
pub(crate) mod assess;
pub(crate) mod audit;
pub(crate) mod calls;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod dead;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod gateway;
pub(crate) mod import;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod output;
pub(crate) mod query;
pub(crate) mod report;
pub(crate) mod revisions;
pub(crate) mod scale;
pub(crate) mod shim;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod top;
pub(crate) mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use naru_api::client::Client;
use naru_model::name::{ClientName, ServiceName};

use crate::up::otlp::Place;

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
    /// Tell which route a call takes, and which rule lets it in or keeps it out
    Explain(ExplainArgs),
    /// Print the routes of an OpenAPI document, to be put into naru.yaml
    Import(ImportArgs),
    /// Show services, instances and the gateway
    Status(ServerArgs),
    /// Watch services live
    Top(ServerArgs),
    /// Make a new revision of a service and roll it out
    Deploy(DeployArgs),
    /// Go back to an earlier revision
    Rollback(RollbackArgs),
    /// Set how many instances of a service are wanted, or tell why there are so many
    Scale(ScaleArgs),
    /// List a service's revisions
    Revisions(ServiceArgs),
    /// Print what a service's instances wrote
    Logs(LogsArgs),
    /// Print what happened and was decided
    Events(EventsArgs),
    /// List alerts and what is watched, tell why, acknowledge
    Alerts(alerts::AlertsArgs),
    /// Tell nobody of something for a while
    Silence(alerts::SilenceArgs),
    /// List the messages that were sent, or try a channel out
    Notices(alerts::NoticesArgs),
    /// Tell what a day, week or month came to, beside what was promised; send it
    Report(report::ReportArgs),
    /// Stop the platform: drain, then end every instance
    Stop(ServerArgs),
    /// Replace naru itself, without a refused connection
    Upgrade(UpgradeArgs),
    /// Make, list and revoke the tokens of the API and the console
    Token(TokenArgs),
    /// Print who asked for which change, and what came of it
    Audit(AuditArgs),
    /// Tell what stands out in the calls of clients, or add calls up
    Calls(CallsArgs),
    /// Show what services, their JVMs and the machine measure of themselves
    Metrics(metrics::MetricsArgs),
    /// Look for transactions, traces and log lines, or print who calls whom
    Query(query::QueryArgs),
    /// Register clients, make and end their keys, shut them out
    Client(client::ClientArgs),
    /// Show how many calls wait to be answered later, run, or were given up
    Jobs(ServerArgs),
    /// Look at calls and messages that were given up, replay or discard them
    Dead(dead::DeadArgs),
    /// Accept the platform that runs (all), or prove on one of its own what naru promises
    Verify(verify::VerifyArgs),
    /// Tell from evidence whether a system is worth moving, and what it should become
    Assess(assess::AssessArgs),
    /// Replay recorded traffic: how scaling would do, beside Kubernetes' and Knative's autoscalers
    Simulate(SimulateArgs),
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
    /// Where the API and the console listen, or `off`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    pub(crate) console: String,
    /// Speak TLS there, with this certificate and key (PEM files)
    #[arg(long, value_name = "CERT,KEY", value_delimiter = ',', num_args = 2)]
    pub(crate) console_tls: Vec<PathBuf>,
    /// Speak plain HTTP there to other machines as well: something in front of naru speaks TLS
    #[arg(long)]
    pub(crate) console_insecure: bool,
    /// Where OpenTelemetry is taken in: as telemetry.otlp of the file says, on any free ports of this machine, or not at all
    #[arg(long, value_name = "WHERE", env = "NARU_OTLP", default_value = "file")]
    pub(crate) otlp: Place,
    /// Where state is kept
    #[arg(long, value_name = "DIR", default_value = STATE_DIR)]
    pub(crate) state: PathBuf,
    /// Record no request, to measure what recording costs; nothing is seen and nothing scales by itself then
    #[arg(long, hide = true)]
    pub(crate) no_records: bool,
    /// A token with the role admin, for this run; without one, and without any in the state, one is made and printed once
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
    /// Whose certificates are trusted, for --server https://... (PEM); those of this machine when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) server_ca: Option<PathBuf>,
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
    /// Instances wanted, within the file's scale.min and scale.max; `auto`: as its policies decide, or the minimum
    #[arg(required_unless_present = "explain")]
    pub(crate) count: Option<scale::Count>,
    /// Tell what was decided in the last hour, and why
    #[arg(long, conflicts_with = "count")]
    pub(crate) explain: bool,
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
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is printed this once
    Create {
        /// Whose it is: the actor of what is asked with it
        name: String,
        /// What it may do
        #[arg(long, value_parser = ["viewer", "operator", "admin"], default_value = "viewer")]
        role: String,
        /// How long it is good for (90d); without end when not given
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// List all tokens
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Refuse a token from now on
    Revoke {
        /// As `naru token list` prints it
        id: u64,
        #[command(flatten)]
        server: ServerArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// How many entries
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) lines: u32,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CallsArgs {
    /// From when on: a time, seconds since 1970, or how long ago (90m, 24h, 7d); an hour before --to when not given
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Until when; now when not given
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Add calls up by one to three of caller, address, service, function, route, method, status, hour
    #[arg(long, value_name = "WHAT,...")]
    pub(crate) by: Option<String>,
    /// Only this client's, with --by
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Option<ClientName>,
    /// Only this route's, as naru.yaml names it, with --by
    #[arg(long, value_name = "ROUTE")]
    pub(crate) route: Option<String>,
    /// How many rows, with --by
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) lines: u32,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// GET, POST and so on
    pub(crate) method: String,
    /// `https://api.example.go.kr/orders?x=1`, or `/orders` for any host
    pub(crate) url: String,
    /// A client of the file; without one, somebody who shows nothing
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// The address that calls
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) from: std::net::IpAddr,
    #[arg(long, default_value = "naru.yaml")]
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// An OpenAPI 3 document, YAML or JSON
    pub(crate) file: PathBuf,
    /// The service that its calls go to
    #[arg(long, value_name = "NAME")]
    pub(crate) service: String,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// A folder of .txt files: requests per second, one second a line
    pub(crate) folder: PathBuf,
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
            Some(url) => Client::remote(url, self.token.as_deref(), self.server_ca.as_deref())?,
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
