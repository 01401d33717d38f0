//! A broker that others wrote, of the scenario's own: in a folder, on free ports, killed and started again on what it has
//! on the disk.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::stream;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, LongString};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::scenario::Error;

/// RabbitMQ takes most of it on a busy machine.
const START: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(200);
/// RabbitMQ's name, by which it finds its data again. A port mapper of its own lets every scenario use the same.
const NODE: &str = "naru@localhost";
/// Which broker a scenario has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BrokerKind {
    /// Debian's nats-server, with JetStream
    Nats,
    /// Debian's rabbitmq-server, with quorum queues
    Amqp,
    /// None: jobs alone
    None,
}

impl BrokerKind {
    fn program(self) -> &'static str {
        match self {
            BrokerKind::Nats => "nats-server",
            // Debian's wrapper in the path would change to another user; this is what it runs.
            _ => "/usr/lib/rabbitmq/bin/rabbitmq-server",
        }
    }
}

impl fmt::Display for BrokerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BrokerKind::Nats => "nats-server",
            BrokerKind::Amqp => "rabbitmq-server",
            BrokerKind::None => "none",
        })
    }
}

/// One that runs, with a NATS stream or a RabbitMQ queue of each name. Killed when it is dropped.
pub struct Broker {
    kind: BrokerKind,
    queues: Vec<String>,
    folder: TempDir,
    /// For clients, for other nodes, and of the port mapper.
    ports: [u16; 3],
    /// RabbitMQ's port mapper. One that the broker starts by itself would outlive the scenario.
    _mapper: Option<Process>,
    process: Process,
}

/// With all that it started, killed when it is dropped.
struct Process(Child);

impl Broker {
    /// Starts it and makes its streams or queues; `None` for [`BrokerKind::None`].
    ///
    /// # Errors
    /// It is not installed, or does not come up.
    pub fn start(kind: BrokerKind, queues: &[&str]) -> Result<Option<Broker>, Error> {
        if kind == BrokerKind::None {
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("naru-verify-broker-").tempdir();
        let folder = folder.map_err(Error::io("make a folder"))?;
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|port| Ok(port.local_addr()?.port()));
        let mut ports = [0; 3];
        for port in &mut ports {
            *port = free().map_err(Error::io("find a free port"))?;
        }
        let mapper = (kind == BrokerKind::Amqp).then(|| spawn(kind, &mut mapper(ports[2]))).transpose()?;
        let process = run(kind, folder.path(), ports)?;
        let queues = queues.iter().map(|queue| (*queue).to_owned()).collect();
        let broker = Broker { kind, queues, folder, ports, _mapper: mapper, process };
        broker.make_queues()?;
        Ok(Some(broker))
    }

    /// As naru.yaml has it.
    pub fn url(&self) -> String {
        let scheme = if self.kind == BrokerKind::Nats { "nats" } else { "amqp" };
        format!("{scheme}://127.0.0.1:{}", self.ports[0])
    }

    /// SIGKILL to it and all it started.
    ///
    /// # Errors
    /// It can't be waited for.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.process.end().map_err(Error::io("kill the broker"))
    }

    /// SIGSTOP or SIGCONT to it and all it started.
    ///
    /// # Errors
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        let group = self.process.group();
        group
            .map_or(Ok(()), |group| kill_process_group(group, signal))
            .map_err(|error| Error::io("signal the broker")(error.into()))
    }

    /// On the same data and ports; does not wait.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start_again(&mut self) -> Result<(), Error> {
        self.process = run(self.kind, self.folder.path(), self.ports)?;
        Ok(())
    }

    /// Asked until the broker is up: neither of them says when that is.
    fn make_queues(&self) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::io("start a runtime"))?;
        let began = Instant::now();
        loop {
            let made = runtime.block_on(async {
                let making = async {
                    if self.kind == BrokerKind::Nats {
                        self.streams().await
                    } else {
                        self.quorum_queues().await
                    }
                };
                tokio::time::timeout(START, making).await.unwrap_or_else(|_| Err("no answer".to_owned()))
            });
            let Err(why) = made.and_then(|()| self.is_registered()) else { return Ok(()) };
            if began.elapsed() > START {
                return Err(Error::Broker { what: self.kind.to_string(), why });
            }
            std::thread::sleep(LOOK);
        }
    }

    async fn streams(&self) -> Result<(), String> {
        let client = async_nats::connect(self.url()).await.map_err(|error| error.to_string())?;
        let context = async_nats::jetstream::new(client);
        for queue in &self.queues {
            let config = stream::Config {
                name: queue.clone(),
                subjects: vec![queue.clone()],
                storage: stream::StorageType::File,
                duplicate_window: Duration::from_secs(3600),
                ..stream::Config::default()
            };
            context.get_or_create_stream(config).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn quorum_queues(&self) -> Result<(), String> {
        let connected = lapin::Connection::connect(&self.url(), lapin::ConnectionProperties::default()).await;
        let connection = connected.map_err(|error| error.to_string())?;
        let channel = connection.create_channel().await.map_err(|error| error.to_string())?;
        for queue in &self.queues {
            let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
            let mut arguments = FieldTable::default();
            arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
            let declared = channel.queue_declare(queue.as_str().into(), options, arguments).await;
            declared.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// RabbitMQ writes down seconds late which quorum queues it has. One whose broker is killed before is there no more, with
    /// all that was confirmed: "ra system 'quorum_queues' running pre init for 0 registered servers", seen with 3.10.8.
    fn is_registered(&self) -> Result<(), String> {
        if self.kind != BrokerKind::Amqp {
            return Ok(());
        }
        let names = self.folder.path().join("mnesia").join(NODE).join("quorum").join(NODE).join("names.dets");
        let known = std::fs::read(&names).map_err(|error| format!("{}: {error}", names.display()))?;
        let missing = self.queues.iter().find(|queue| {
            let name = format!("%2F_{queue}");
            memchr::memmem::find(&known, name.as_bytes()).is_none()
        });
        missing.map_or(Ok(()), |queue| Err(format!("the queue {queue} is not written down")))
    }
}

impl Process {
    fn group(&self) -> Option<Pid> {
        i32::try_from(self.0.id()).ok().and_then(Pid::from_raw)
    }

    fn end(&mut self) -> io::Result<()> {
        // Once it was waited for, its number may be another's.
        if let (Ok(None), Some(group)) = (self.0.try_wait(), self.group()) {
            // The group may have gone by itself meanwhile; `wait` tells.
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.0.wait().map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What has ended by itself needs no signal.
        let _ = self.end();
    }
}

fn run(kind: BrokerKind, folder: &Path, ports: [u16; 3]) -> Result<Process, Error> {
    let mut command = if kind == BrokerKind::Nats { nats(folder, ports)? } else { rabbitmq(folder, ports)? };
    spawn(kind, &mut command)
}

/// In a group of its own, so that a Ctrl-C does not end it before what it serves.
fn spawn(kind: BrokerKind, command: &mut Command) -> Result<Process, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().map(Process).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::NotInstalled { program: kind.program(), package: kind.to_string() },
        _ => Error::io(format!("start {:?}", command.get_program()))(source),
    })
}

fn nats(folder: &Path, [port, ..]: [u16; 3]) -> Result<Command, Error> {
    let config = folder.join("nats.conf");
    let store = folder.join("nats");
    let text = format!("listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: {store:?} }}\n");
    std::fs::write(&config, text).map_err(Error::io("write nats.conf"))?;
    let mut command = Command::new(BrokerKind::Nats.program());
    command.arg("-c").arg(config);
    Ok(command)
}

fn mapper(port: u16) -> Command {
    let mut command = Command::new("epmd");
    command.args(["-address", "127.0.0.1", "-port", &port.to_string()]);
    command
}

fn rabbitmq(folder: &Path, [port, distribution, mapper]: [u16; 3]) -> Result<Command, Error> {
    let plugins = folder.join("plugins");
    std::fs::write(&plugins, "[].").map_err(Error::io("write the broker's plugins"))?;
    let mut command = Command::new(BrokerKind::Amqp.program());
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("ERL_EPMD_PORT", mapper.to_string())
        .env("RABBITMQ_NODENAME", NODE)
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", port.to_string())
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", folder.join("log"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", plugins)
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
    Ok(command)
}
