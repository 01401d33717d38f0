//! A `naru gateway` process with the test as its server: the test says what is routed, and hears what the gateway says.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use naru_model::instance::InstanceId;
use naru_model::link::{Frame, ToGateway, ToServer};
use naru_model::snapshot::{Endpoints, Routing};
use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};
use tempfile::TempDir;

use crate::naru::binary;

const PATIENCE: Duration = Duration::from_secs(20);

/// Killed when dropped.
pub struct Gateway {
    child: Child,
    link: UnixStream,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    version: u64,
    address: SocketAddr,
    _folder: TempDir,
}

#[derive(Default)]
struct Heard {
    acknowledged: u64,
    /// What each endpoint was last said to have in flight.
    in_flight: HashMap<InstanceId, u32>,
}

impl Gateway {
    /// Starts one with so many threads, and waits until it has called.
    pub fn start(threads: usize) -> Gateway {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.sock");
        let server = UnixListener::bind(&path).unwrap();
        let sockets = listening(threads);
        let address = std::net::TcpListener::from(sockets[0].try_clone().unwrap()).local_addr().unwrap();
        let mut command = Command::new(binary());
        command.arg("gateway").arg("--link").arg(&path).args(["--threads", &threads.to_string()]);
        let mut mappings = Vec::new();
        for (child_fd, parent_fd) in (10..).zip(sockets) {
            command.arg("--listen-fd").arg(format!("{child_fd}:http"));
            mappings.push(FdMapping { parent_fd, child_fd });
        }
        let child = command.fd_mappings(mappings).unwrap().stdin(Stdio::null()).spawn().unwrap();
        let (link, _) = server.accept().unwrap();
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let (reading, tell) = (link.try_clone().unwrap(), heard.clone());
        std::thread::spawn(move || hear(reading, &tell));
        Gateway { child, link, heard, version: 0, address, _folder: folder }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends the routing, and tells its version.
    pub fn routing(&mut self, routing: Routing) -> u64 {
        self.version += 1;
        self.send(&ToGateway::Routing { version: self.version, routing: Box::new(routing) })
    }

    /// Sends one service's endpoints, and tells their version.
    pub fn endpoints(&mut self, endpoints: Endpoints) -> u64 {
        self.version += 1;
        self.send(&ToGateway::Endpoints { version: self.version, endpoints })
    }

    fn send(&mut self, message: &ToGateway) -> u64 {
        let mut bytes = Vec::new();
        Frame::Message(&serde_json::to_vec(message).unwrap()).encode(&mut bytes).unwrap();
        self.link.write_all(&bytes).unwrap();
        self.version
    }

    /// # Panics
    /// When it takes too long.
    pub fn await_acknowledged(&self, version: u64) {
        let heard = self.heard.0.lock().unwrap();
        let waited =
            self.heard.1.wait_timeout_while(heard, PATIENCE, |heard| heard.acknowledged < version).unwrap();
        assert!(!waited.1.timed_out(), "version {version} is not acknowledged, {} is", waited.0.acknowledged);
    }

    /// Tells whether every thread routes by `version`, which left the instance out, and nothing was in flight to it then:
    /// that is when it may be stopped. A load goes before the acknowledgement and is made after it.
    pub fn has_let_go(&self, instance: &InstanceId, version: u64) -> bool {
        let mut heard = self.heard.0.lock().unwrap();
        let done = heard.acknowledged >= version && heard.in_flight.get(instance) == Some(&0);
        if done {
            heard.in_flight.remove(instance);
        }
        done
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One listening socket for each thread, all on the same address.
fn listening(threads: usize) -> Vec<OwnedFd> {
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    let open = |_| {
        let fd = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        sockopt::set_socket_reuseport(&fd, true).unwrap();
        bind(&fd, &address).unwrap();
        listen(&fd, 4096).unwrap();
        let listener = std::net::TcpListener::from(fd);
        address = listener.local_addr().unwrap();
        OwnedFd::from(listener)
    };
    (0..threads).map(open).collect()
}

fn hear(mut link: UnixStream, heard: &(Mutex<Heard>, Condvar)) {
    let mut received = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    while let Ok(len @ 1..) = link.read(&mut buffer) {
        received.extend_from_slice(&buffer[..len]);
        let mut rest = received.as_slice();
        while let Some(frame) = Frame::decode(&mut rest).unwrap() {
            if let Frame::Message(json) = frame {
                take_in(serde_json::from_slice(json).unwrap(), &mut heard.0.lock().unwrap());
                heard.1.notify_all();
            }
        }
        let used = received.len() - rest.len();
        received.drain(..used);
    }
}

fn take_in(message: ToServer, heard: &mut Heard) {
    match message {
        ToServer::Ack { version } => heard.acknowledged = version,
        ToServer::Load(load) => {
            heard
                .in_flight
                .extend(load.endpoints.into_iter().map(|endpoint| (endpoint.instance, endpoint.in_flight)));
        }
        ToServer::Hello { .. }
        | ToServer::Health { .. }
        | ToServer::Used { .. }
        | ToServer::UnknownKey { .. } => {}
    }
}
