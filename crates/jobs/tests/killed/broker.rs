//! Brokers that others wrote, kept in a folder, killed and started again on the same port.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use async_nats::jetstream::stream;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use crate::process::{Process, free_port};

pub(crate) struct Broker<'f> {
    kind: &'static str,
    folder: &'f Path,
    ports: [u16; 2],
    pub(crate) process: Process,
}

impl Broker<'_> {
    pub(crate) async fn start<'f>(kind: &str, folder: &'f Path) -> Broker<'f> {
        let kind = if kind == "nats" { "nats" } else { "amqp" };
        let ports = [free_port(), free_port()];
        let broker = Broker { kind, folder, ports, process: run(kind, folder, ports) };
        broker.make_queue().await;
        broker
    }

    /// `nats=nats://…` or `amqp=amqp://…`.
    pub(crate) fn named(&self) -> String {
        format!("{}={}", self.kind, self.url())
    }

    pub(crate) fn restart(&mut self) {
        self.process.kill();
        self.process = run(self.kind, self.folder, self.ports);
    }

    fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.kind, self.ports[0])
    }

    /// Asked until the broker is up: neither of them says when that is.
    async fn make_queue(&self) {
        let mut tries = 0;
        loop {
            let made = if self.kind == "nats" { self.make_stream().await } else { self.declare().await };
            let Err(error) = made else { return };
            tries += 1;
            assert!(tries < 600, "the broker does not come up: {error}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn make_stream(&self) -> Result<(), String> {
        let client = async_nats::connect(self.url()).await.map_err(|error| error.to_string())?;
        let config = stream::Config {
            name: "orders".to_owned(),
            subjects: vec!["orders".to_owned()],
            storage: stream::StorageType::File,
            duplicate_window: Duration::from_secs(3600),
            ..stream::Config::default()
        };
        let made = async_nats::jetstream::new(client).create_stream(config).await;
        made.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn declare(&self) -> Result<(), String> {
        let connected = lapin::Connection::connect(&self.url(), lapin::ConnectionProperties::default()).await;
        let connection = connected.map_err(|error| error.to_string())?;
        let channel = connection.create_channel().await.map_err(|error| error.to_string())?;
        // Of one node: a quorum queue of RabbitMQ 3.10 has found no leader after a kill.
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare("orders".into(), options, FieldTable::default()).await;
        declared.map(|_| ()).map_err(|error| error.to_string())
    }
}

fn run(kind: &str, folder: &Path, [port, other]: [u16; 2]) -> Process {
    let mut command = if kind == "nats" { nats(folder, port) } else { rabbitmq(folder, port, other) };
    Process::spawn(command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()))
}

fn nats(folder: &Path, port: u16) -> Command {
    let config = folder.join("nats.conf");
    let text =
        format!("listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: {:?} }}\n", folder.join("nats"));
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("nats-server");
    command.arg("-c").arg(config);
    command
}

fn rabbitmq(folder: &Path, port: u16, distribution: u16) -> Command {
    let plugins = folder.join("plugins");
    std::fs::write(&plugins, "[].").unwrap();
    // Debian's wrapper would change to another user; this is what it runs.
    let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    command
        .env("HOME", folder)
        .env("RABBITMQ_NODENAME", format!("naru{port}@localhost"))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", port.to_string())
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", folder.join("log"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", plugins)
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
    command
}
