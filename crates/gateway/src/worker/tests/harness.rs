//! What the tests of the request path stand on: a worker on a thread of its own, endpoints that do as they are told.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use naru_model::platform::{Match, Protocol, Traffic};
use naru_model::record::RequestRecord;
use naru_model::snapshot::{Endpoint, Endpoints, FunctionId, Route, RouteId, Routing, ServiceId};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::context::{Connections, Drain, WorkerContext};
use crate::policy::{MakeShape, Maker};
use crate::registry::{Registry, Watched};
use crate::report::Records;
use crate::tls::Certificates;

/// Longer than anything takes that works; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway of one thread.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) tls_address: SocketAddr,
    pub(crate) registry: Registry,
    records: Records,
    fetched: VecDeque<u8>,
    drain: watch::Sender<Option<Instant>>,
    thread: Option<JoinHandle<()>>,
    version: u64,
    routing: Routing,
    _watched: tokio::sync::mpsc::UnboundedReceiver<Watched>,
}

/// One service and one route that takes everything to it.
pub(crate) fn routing() -> Routing {
    let service = crate::fixture::service_snapshot(1, Traffic::default());
    let route = Route {
        id: RouteId(7),
        matches: Match { path: Some("/**".into()), ..Match::default() },
        to: vec![(ServiceId(1), 1)],
        function: FunctionId(9),
        ..Route::default()
    };
    Routing { routes: vec![route], services: vec![service], ..Routing::default() }
}

impl Gateway {
    /// In front of HTTP/1 endpoints.
    pub(crate) fn start(endpoints: &[SocketAddr]) -> Gateway {
        Gateway::with(routing(), endpoints, Protocol::Http1)
    }

    pub(crate) fn with(routing: Routing, endpoints: &[SocketAddr], protocol: Protocol) -> Gateway {
        Gateway::shaping(routing, endpoints, protocol, |_| Ok(None))
    }

    /// One whose conversions the test makes.
    pub(crate) fn shaping(
        routing: Routing,
        endpoints: &[SocketAddr],
        protocol: Protocol,
        make_shape: MakeShape,
    ) -> Gateway {
        let clock = Clock::start();
        let (watch_endpoint, watched) = tokio::sync::mpsc::unbounded_channel();
        let mut registry = Registry::new(clock.clone(), 1, watch_endpoint, Maker::new(make_shape));
        registry.apply_routing(1, &routing);
        let listen = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            listener
        };
        let (plain, tls) = (listen(), listen());
        let (address, tls_address) = (plain.local_addr().unwrap(), tls.local_addr().unwrap());
        let records = Records::new(1);
        let (drain, order) = watch::channel(None);
        let certificates = Arc::new(Certificates::default());
        certificates.refresh(&routing.certificates, None);
        let context = WorkerContext {
            thread: 0,
            listeners: vec![(plain, false), (tls, true)],
            tables: registry.tables(0),
            drain: Drain::new(order),
            reporter: records.reporter(0),
            connections: Arc::new(Connections::default()),
            clock,
            certificates,
        };
        let thread = Some(std::thread::spawn(move || crate::worker::run(context)));
        let mut gateway = Gateway {
            address,
            tls_address,
            registry,
            records,
            fetched: VecDeque::new(),
            drain,
            thread,
            version: 1,
            routing,
            _watched: watched,
        };
        gateway.set_endpoints(endpoints, protocol);
        gateway
    }

    /// Changes the endpoints and waits until the thread has them.
    pub(crate) fn set_endpoints(&mut self, addresses: &[SocketAddr], protocol: Protocol) {
        let endpoints = addresses
            .iter()
            .map(|address| Endpoint {
                instance: format!("service-1-1-{}", address.port()).parse().unwrap(),
                address: *address,
                protocol,
                routed: true,
                tls: None,
            })
            .collect();
        self.version += 1;
        self.registry.apply_endpoints(self.version, &Endpoints { service: ServiceId(1), endpoints });
        self.wait_acknowledged();
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Routing)) {
        change(&mut self.routing);
        self.version += 1;
        self.registry.apply_routing(self.version, &self.routing);
        self.wait_acknowledged();
    }

    /// Changes who may call and waits until the thread has it.
    pub(crate) fn set_callers(&mut self, callers: &naru_model::snapshot::Callers) {
        self.version += 1;
        self.registry.apply_callers(self.version, callers);
        self.wait_acknowledged();
    }

    fn wait_acknowledged(&mut self) {
        let start = Instant::now();
        while self.registry.newly_acknowledged() != Some(self.version) {
            assert!(start.elapsed() < PATIENCE, "the thread has not followed");
            std::thread::yield_now();
        }
    }

    pub(crate) fn drain(&self, within: Duration) {
        self.drain.send_replace(Some(Instant::now() + within));
    }

    /// Waits for the thread to end by itself.
    pub(crate) fn ended(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn connect(&self) -> Peer {
        Peer::new(TcpStream::connect(self.address).unwrap())
    }

    /// Waits for the record of the next request.
    pub(crate) fn record<T>(&mut self, look: impl FnOnce(&RequestRecord<'_>) -> T) -> T {
        let start = Instant::now();
        let mut batch = Vec::new();
        while self.fetched.is_empty() {
            assert!(start.elapsed() < PATIENCE, "no record has come");
            self.records.fetch(0, &mut batch);
            self.fetched.extend(&batch);
            std::thread::yield_now();
        }
        let bytes = self.fetched.make_contiguous();
        let mut rest = &*bytes;
        let seen = look(&RequestRecord::decode(&mut rest).unwrap());
        let used = bytes.len() - rest.len();
        self.fetched.drain(..used);
        seen
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.drain(Duration::ZERO);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok());
        }
    }
}

/// The other end of a connection, of a client or of an endpoint.
pub(crate) struct Peer {
    pub(crate) tcp: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    pub(crate) fn new(tcp: TcpStream) -> Peer {
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        tcp.set_write_timeout(Some(PATIENCE)).unwrap();
        tcp.set_nodelay(true).unwrap();
        Peer { tcp, read: Vec::new() }
    }

    pub(crate) fn say(&mut self, text: impl AsRef<[u8]>) {
        self.tcp.write_all(text.as_ref()).unwrap();
    }

    /// Reads up to and with the next empty line.
    pub(crate) fn head(&mut self) -> String {
        self.until(b"\r\n\r\n")
    }

    pub(crate) fn until(&mut self, end: &[u8]) -> String {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|w| w == end) {
                let found = self.read.drain(..at + end.len()).collect();
                return String::from_utf8(found).unwrap();
            }
            assert!(self.more() > 0, "ended after {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    pub(crate) fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.more() > 0, "ended after {} of {count} bytes", self.read.len());
        }
        self.read.drain(..count).collect()
    }

    pub(crate) fn text(&mut self, count: usize) -> String {
        String::from_utf8(self.exactly(count)).unwrap()
    }

    /// Reads to the end; a reset is one too.
    pub(crate) fn rest(&mut self) -> String {
        while self.more() > 0 {}
        String::from_utf8_lossy(&std::mem::take(&mut self.read)).into_owned()
    }

    /// Tells whether the other side has closed, after nothing more.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.read.is_empty() && self.more() == 0
    }

    pub(crate) fn more(&mut self) -> usize {
        let mut buffer = [0; 65536];
        match self.tcp.read(&mut buffer) {
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                count
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    pub(crate) fn close(&mut self) {
        let _ = self.tcp.shutdown(Shutdown::Both);
    }
}

/// An endpoint whose connections the test plays, in the order they come.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    connections: Receiver<TcpStream>,
}

impl Upstream {
    pub(crate) fn listen() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (send, connections) = channel();
        // Ends with the process: it waits for connections that may never come.
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                if send.send(tcp.unwrap()).is_err() {
                    return;
                }
            }
        });
        Upstream { address, connections }
    }

    /// Waits for the next connection.
    pub(crate) fn accept(&self) -> Peer {
        Peer::new(self.connections.recv_timeout(PATIENCE).expect("no connection has come"))
    }

    pub(crate) fn has_no_connection(&self) -> bool {
        self.connections.try_recv().is_err()
    }
}

/// An address that refuses connections.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The value of a field in a head as it was sent.
pub(crate) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut values = head.lines().filter_map(|line| {
        let (n, value) = line.split_once(':')?;
        n.eq_ignore_ascii_case(name).then(|| value.trim())
    });
    let value = values.next();
    assert_eq!(values.next(), None, "{name} is there twice in {head:?}");
    value
}
