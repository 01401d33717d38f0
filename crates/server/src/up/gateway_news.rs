//! What gateways say, and what becomes of them.

use naru_model::event::{Kind, Severity};
use naru_model::link::{Listener, ToGateway, ToServer};
use naru_model::observed::Health;
use naru_model::platform::Platform;
use naru_model::units::Timestamp;

use super::core::Core;
use super::gateways;
use super::inbox::Refused;
use super::link::LinkEvent;
use super::links;
use super::world::Gateway;

impl Core {
    pub(crate) async fn heard(&mut self, event: LinkEvent, now: Timestamp) {
        match event {
            LinkEvent::Connected { connection, hello, control } => {
                let pid = hello.pid;
                if hello.build != env!("CARGO_PKG_VERSION") {
                    let version = &hello.build;
                    eprintln!(
                        "naru: gateway {pid} is of version {version}; `naru upgrade` makes both the same"
                    );
                }
                let gateway = Gateway {
                    pid,
                    since: now,
                    acknowledged: 0,
                    load: Default::default(),
                    load_at: Timestamp::default(),
                    control,
                };
                // A gateway connects again when it lost its connection; the old one tells nothing new any more.
                self.world.gateways.retain(|_, known| known.pid != pid);
                if hello.version == 0 {
                    self.tell_used(&gateway, now).await;
                }
                self.world.gateways.insert(connection, gateway);
                if pid != self.gateways.current
                    && let Some(gateway) = self.world.gateways.get(&connection)
                {
                    // It was being replaced when an earlier server ended, or nobody knows it: it is to end.
                    gateways::drain(&gateway.control, self.longest_drain()).await;
                }
            }
            LinkEvent::Lost { connection } => {
                self.world.gateways.remove(&connection);
            }
            LinkEvent::Said { message: ToServer::Used { used }, .. } => {
                if let Err(error) = self.state.add_used(&used).await {
                    eprintln!(
                        "naru: what quotas used can't be written down and would be lost at a restart: {error}"
                    );
                }
            }
            LinkEvent::Said { message: ToServer::UnknownKey { issuer }, .. } => self.own.unknown_key(&issuer),
            LinkEvent::Said { connection, message } => self.heard_from(connection, message, now),
        }
    }

    /// A gateway that begins has counted nothing of the day and the month yet; one that outlived a server has, and would count
    /// it twice.
    async fn tell_used(&self, gateway: &Gateway, now: Timestamp) {
        match self.state.used(now).await {
            Ok(used) if used.is_empty() => {}
            // One that is gone again counts nothing.
            Ok(used) => _ = gateway.control.send(ToGateway::Used { used }).await,
            Err(error) => eprintln!("naru: quotas begin anew, what they used can't be read: {error}"),
        }
    }

    fn heard_from(&mut self, connection: u64, message: ToServer, now: Timestamp) {
        let Some(gateway) = self.world.gateways.get_mut(&connection) else { return };
        match message {
            ToServer::Ack { version } => gateway.acknowledged = gateway.acknowledged.max(version),
            ToServer::Load(load) => {
                self.telemetry.set_records_dropped(load.records_dropped);
                (gateway.load, gateway.load_at) = (load, now);
            }
            ToServer::Health { instance, health } => {
                // While two gateways run, the one that stays is believed.
                let believed = gateway.pid == self.gateways.current;
                if !believed {
                    return;
                }
                match self.world.instances.get_mut(&instance) {
                    Some(instance) => instance.health = health,
                    None => self.note_link_health(&instance, &health),
                }
            }
            // Said once, when it connected; and written down as it comes.
            ToServer::Hello { .. } | ToServer::Used { .. } | ToServer::UnknownKey { .. } => {}
        }
    }

    /// Notes that a gateway's process has ended. The next one is started by [`Core::keep_gateway`].
    pub(crate) fn gateway_ended(&mut self, pid: u32, now: Timestamp) {
        self.world.gateways.retain(|_, gateway| gateway.pid != pid);
        if pid != self.gateways.current {
            return;
        }
        if self.takeover_failed(pid, now) {
            return;
        }
        self.gateways.lost(now);
        for instance in self.world.instances.values_mut() {
            // What it said of those that start is of no use for the next one's table.
            if instance.phase == naru_model::instance::Phase::Starting {
                instance.health = Health::Unknown;
            }
        }
        if self.stopping.is_none() {
            let message = format!(
                "the gateway (pid {pid}) has ended by itself; a new one takes over its sockets, gateway.log may tell why"
            );
            self.note(Kind::GatewayLost, Severity::Error, None, message, "naru", now);
        }
    }

    /// Starts a gateway when there is none and it is time.
    pub(crate) fn keep_gateway(&mut self) {
        let now = self.clock.now();
        let due = self.gateways.retry_at.is_none_or(|at| at <= now);
        if self.gateways.current != 0 || self.stopping.is_some() || !due {
            return;
        }
        match self.gateways.start(now) {
            Ok(pid) => {
                let addresses: Vec<String> =
                    self.gateways.addresses().iter().map(ToString::to_string).collect();
                let message = format!("a gateway (pid {pid}) serves on {}", addresses.join(", "));
                self.note(Kind::GatewayStarted, Severity::Info, None, message, "naru", now);
            }
            Err(error) => {
                eprintln!("naru: {error}");
                self.gateways.retry_at = Some(now + std::time::Duration::from_secs(1));
            }
        }
    }

    /// Listens where and with as many threads as the file says. When that changes, a new gateway takes over and the old
    /// one ends what it has. Sockets that stay are as many as they were: threads beyond them idle until the next start.
    pub(crate) async fn listen_as(&mut self, platform: &Platform, now: Timestamp) -> Result<(), Refused> {
        let wanted = self.options.listeners(platform);
        let threads = platform.gateway.threads;
        let other_threads = std::mem::replace(&mut self.gateways.threads, threads) != threads;
        let old = self.gateways.listen(&wanted).map_err(|error| Refused::Failed(error.to_string()))?;
        if (old.is_some() || other_threads) && self.gateways.current != 0 {
            self.begin_takeover(None, old, now)?;
        }
        Ok(())
    }

    /// The longest time that any service gives its requests to end.
    pub(crate) fn longest_drain(&self) -> std::time::Duration {
        self.desired.services.values().map(|wanted| wanted.service.drain).max().unwrap_or_default()
    }
}

/// What the command line says of the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Instead of the file's `gateway.listen`, when there is any.
    pub(crate) listen: Vec<std::net::SocketAddr>,
    /// Instead of the file's `gateway.tls.listen`, when there is any.
    pub(crate) tls_listen: Vec<std::net::SocketAddr>,
    /// Whether no request is recorded.
    pub(crate) silent: bool,
}

impl Options {
    pub(crate) fn listeners(&self, platform: &Platform) -> Vec<Listener> {
        let plain = if self.listen.is_empty() { &platform.gateway.listen } else { &self.listen };
        let of_file = platform.gateway.tls.as_ref().map_or(&[][..], |tls| &tls.listen);
        let tls = if self.tls_listen.is_empty() { of_file } else { &self.tls_listen };
        let listener = |tls| move |address: &std::net::SocketAddr| Listener { address: *address, tls };
        let links = links::doors(platform);
        let plain = plain.iter().chain(&links).map(listener(false));
        plain.chain(tls.iter().map(listener(true))).collect()
    }
}
