use std::io::{IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream as StdUnixStream};
use std::thread::JoinHandle;

use futures_util::FutureExt;
use naru_model::instance::InstanceId;
use naru_model::link::Load;
use naru_model::observed::Health;
use naru_model::platform::Traffic;
use naru_model::record::{FIXED_LEN, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_testkit::record::answered;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::*;
use crate::clock::Clock;
use crate::fixture::{endpoints_snapshot, routing, service_snapshot};
use crate::head::Lines;
use crate::policy::Maker;
use crate::policy::limit::{Counted, Counters, Handles, Limits};
use crate::registry::{Tables, Watched};
use crate::report::{MAX_BUFFERED, Reporter};

/// However slow the machine, nothing takes as long as this unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A link at work on a thread of its own, and what a gateway has around it.
struct Gateway {
    path: PathBuf,
    _folder: tempfile::TempDir,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    tables: Option<Tables>,
    reporter: Reporter,
    records: Arc<Records>,
    drain: watch::Receiver<Option<Instant>>,
    first_table: oneshot::Receiver<()>,
    counters: Arc<Counters>,
    _watched: tokio::sync::mpsc::UnboundedReceiver<Watched>,
}

impl Gateway {
    fn start(listeners: &[&TcpListener]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.sock");
        let (watch_endpoint, watched) = tokio::sync::mpsc::unbounded_channel();
        let registry = Registry::new(Clock::start(), 1, watch_endpoint, Maker::new(|_| Ok(None)));
        let counters = registry.counters.clone();
        let records = Arc::new(Records::new(1));
        let (drain_order, drain) = watch::channel(None);
        let (routed, first_table) = oneshot::channel();
        let copy = |listener: &&TcpListener| {
            let listed = Listener { address: listener.local_addr().unwrap(), tls: false };
            (OwnedFd::from(listener.try_clone().unwrap()), listed)
        };
        let tables = Some(registry.tables(0));
        let link = Link {
            path: path.clone(),
            build: "test".to_owned(),
            listeners: listeners.iter().map(copy).collect(),
            registry,
            news: Arc::default(),
            records: records.clone(),
            connections: Arc::default(),
            drain: drain_order,
            start: Start::new(routed),
        };
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(link.run(ended));
        });
        Gateway {
            path,
            _folder: folder,
            end: Some(end),
            thread: Some(thread),
            tables,
            reporter: records.reporter(0),
            records,
            drain,
            first_table,
            counters,
            _watched: watched,
        }
    }

    fn listen(&self) -> UnixListener {
        // Of an earlier server, as one killed leaves it.
        let _ = std::fs::remove_file(&self.path);
        UnixListener::bind(&self.path).unwrap()
    }

    fn finish(&mut self) {
        self.end.take().unwrap().send(()).unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if self.end.is_some() {
            self.finish();
        }
    }
}

/// The server's end.
struct Server {
    stream: StdUnixStream,
    received: Vec<u8>,
    sockets: Vec<OwnedFd>,
}

#[derive(Debug)]
enum Said {
    Message(ToServer),
    Records(Vec<u8>),
}

impl Server {
    fn accept(listener: &UnixListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Server { stream, received: Vec::new(), sockets: Vec::new() }
    }

    fn next(&mut self) -> Said {
        loop {
            let mut rest = self.received.as_slice();
            let said = Frame::decode(&mut rest).unwrap().map(|frame| match frame {
                Frame::Message(json) => Said::Message(serde_json::from_slice(json).unwrap()),
                Frame::Records(batch) => Said::Records(batch.to_vec()),
            });
            let consumed = self.received.len() - rest.len();
            self.received.drain(..consumed);
            if let Some(said) = said {
                return said;
            }
            self.read();
        }
    }

    fn read(&mut self) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut buffer = vec![0; 64 << 10];
        let slices = &mut [IoSliceMut::new(&mut buffer)];
        let got = recvmsg(&self.stream, slices, &mut ancillary, RecvFlags::empty()).unwrap().bytes;
        assert!(got > 0, "the gateway has closed the link");
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(sockets) = message {
                self.sockets.extend(sockets);
            }
        }
        self.received.extend_from_slice(&buffer[..got]);
    }

    fn next_message(&mut self) -> ToServer {
        loop {
            if let Said::Message(message) = self.next() {
                return message;
            }
        }
    }

    fn next_load(&mut self) -> Load {
        loop {
            if let ToServer::Load(load) = self.next_message() {
                return load;
            }
        }
    }

    fn hello(&mut self) -> (u64, Vec<Listener>) {
        match self.next_message() {
            ToServer::Hello { pid, build, version, listeners } => {
                assert_eq!((pid, build.as_str()), (std::process::id(), "test"));
                (version, listeners)
            }
            other => panic!("not a hello: {other:?}"),
        }
    }

    fn say(&mut self, messages: &[ToGateway]) {
        let mut bytes = Vec::new();
        for message in messages {
            Frame::Message(&serde_json::to_vec(message).unwrap()).encode(&mut bytes).unwrap();
        }
        self.stream.write_all(&bytes).unwrap();
    }
}

fn table(version: u64) -> [ToGateway; 2] {
    let mut routing = routing([service_snapshot(1, Traffic::default())]);
    // To tell one table from another.
    routing.limits.connections = version as usize;
    [
        ToGateway::Routing { version, routing: Box::new(routing) },
        ToGateway::Endpoints { version: version + 1, endpoints: endpoints_snapshot(1, [1, 2]) },
    ]
}

fn record(target: &str) -> RequestRecord<'_> {
    RequestRecord { function: FunctionId(1), target, ..answered() }
}

#[test]
fn the_hello_brings_the_listening_sockets() {
    let sockets: Vec<_> = (0..300).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let gateway = Gateway::start(&sockets.iter().collect::<Vec<_>>());
    let mut server = Server::accept(&gateway.listen());
    let (version, listeners) = server.hello();
    assert_eq!(
        (version, listeners.len(), server.sockets.len()),
        (0, 300, 300),
        "more than one message holds"
    );
    for (socket, listed) in server.sockets.drain(..).zip(&listeners) {
        assert_eq!(TcpListener::from(socket).local_addr().unwrap(), listed.address);
    }
}

#[test]
fn a_table_is_followed_and_acknowledged_after_the_load_that_goes_with_it() {
    let mut gateway = Gateway::start(&[]);
    let mut server = Server::accept(&gateway.listen());
    server.hello();
    server.say(&table(5));
    // Without the thread's word there is no acknowledgement, but load.
    while server.next_load().endpoints.len() != 2 {}
    assert!(gateway.first_table.try_recv().is_err(), "who may call is not known yet");
    server.say(&[ToGateway::Callers { version: 7, callers: Box::default() }]);
    while gateway.first_table.try_recv().is_err() {
        server.next_load();
    }
    let mut thread = Box::pin(gateway.tables.take().unwrap().follow(drop));
    assert!(thread.as_mut().now_or_never().is_none());
    let mut load = Load::default();
    let version = loop {
        match server.next_message() {
            ToServer::Load(newer) => load = newer,
            ToServer::Ack { version } => break version,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((version, load.endpoints.len()), (7, 2));
}

#[test]
fn a_new_server_is_greeted_with_what_is_known() {
    let gateway = Gateway::start(&[]);
    let mut first = Server::accept(&gateway.listen());
    first.hello();
    first.say(&table(5));
    while first.next_load().endpoints.len() != 2 {}
    let tables = gateway.tables.as_ref().unwrap();
    drop(first);
    let mut second = Server::accept(&gateway.listen());
    assert_eq!(second.hello().0, 6);
    let mut told: Vec<InstanceId> = Vec::new();
    while told.len() < 2 {
        match second.next_message() {
            ToServer::Health { instance, health } => {
                assert_eq!(health, Health::Unknown);
                told.push(instance);
            }
            other => panic!("{other:?} before the health of all"),
        }
    }
    assert_eq!(tables.current().limits.connections, 5, "the last table is in force");
    second.say(&table(1));
    while second.next_load().endpoints.len() != 2 {}
}

#[test]
fn records_arrive_and_what_a_missing_server_missed_is_counted() {
    let gateway = Gateway::start(&[]);
    let fit = MAX_BUFFERED / (FIXED_LEN + 4);
    (0..fit + 7).for_each(|_| gateway.reporter.record(&record("/one"), None));
    assert_eq!(gateway.records.dropped(), 7);
    let mut server = Server::accept(&gateway.listen());
    server.hello();
    let (mut count, mut load) = (0, None);
    while count < fit || load.is_none() {
        match server.next() {
            Said::Records(batch) => {
                let mut rest = batch.as_slice();
                while !rest.is_empty() {
                    assert_eq!(RequestRecord::decode(&mut rest).unwrap().target, "/one");
                    count += 1;
                }
            }
            Said::Message(ToServer::Load(newer)) => load = Some(newer),
            Said::Message(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((count, load.unwrap().records_dropped), (fit, 7));
}

#[test]
fn the_last_records_are_sent_before_the_end() {
    let mut gateway = Gateway::start(&[]);
    let mut server = Server::accept(&gateway.listen());
    server.hello();
    while !matches!(server.next_message(), ToServer::Load(_)) {}
    gateway.reporter.record(&record("/last"), None);
    gateway.finish();
    let mut rest = std::mem::take(&mut server.received);
    server.stream.read_to_end(&mut rest).unwrap();
    let mut frames = rest.as_slice();
    let records = std::iter::from_fn(|| Frame::decode(&mut frames).unwrap())
        .filter(|frame| matches!(frame, Frame::Records(_)))
        .count();
    assert_eq!(records, 1);
}

#[test]
fn the_order_to_drain_is_passed_on_once() {
    let gateway = Gateway::start(&[]);
    let mut server = Server::accept(&gateway.listen());
    server.hello();
    server.say(&[ToGateway::Drain { within_ms: 60_000 }, ToGateway::Drain { within_ms: 1 }]);
    let deadline = loop {
        server.next_load();
        if let Some(deadline) = *gateway.drain.borrow() {
            break deadline;
        }
    };
    assert!(deadline > Instant::now() + Duration::from_secs(30));
}

#[test]
fn a_server_that_talks_nonsense_is_hung_up_on_and_called_again() {
    let gateway = Gateway::start(&[]);
    let listener = gateway.listen();
    for nonsense in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b"\0\0\0\x01r", b"\0\0\0\x03m{}"] {
        let mut server = Server::accept(&listener);
        server.hello();
        server.stream.write_all(nonsense).unwrap();
        let mut rest = Vec::new();
        // Closed, or reset when something was still on its way.
        let _ = server.stream.read_to_end(&mut rest);
    }
    Server::accept(&listener).hello();
}

#[test]
fn a_server_that_does_not_read_costs_bounded_memory_and_stops_nothing() {
    let gateway = Gateway::start(&[]);
    let mut server = Server::accept(&gateway.listen());
    server.hello();
    // Far more than the socket, what is on its way and the buffer hold together.
    let many = 4 * MAX_BUFFERED / FIXED_LEN;
    (0..many).for_each(|_| gateway.reporter.record(&record(""), None));
    assert!(gateway.records.dropped() > 0);
    // It is still listened to.
    server.say(&table(1));
    let tables = gateway.tables.as_ref().unwrap();
    let start = Instant::now();
    while tables.current().limits.connections != 1 {
        assert!(start.elapsed() < PATIENCE, "the table has not come through");
        std::thread::yield_now();
    }
}

#[test]
fn quotas_go_on_from_what_the_server_says_and_are_told_to_it() {
    use naru_model::policy::{Limit, Period, Policy, Quantity};
    let mut gateway = Gateway::start(&[]);
    let mut server = Server::accept(&gateway.listen());
    let quota = Limit { of: Quantity::Quota { calls: 10, period: Period::Month }, per: Vec::new() };
    let policy = Policy { limits: vec![quota], ..Policy::default() };
    let route =
        naru_model::snapshot::Route { id: RouteId(1), name: "/**".into(), policy, ..Default::default() };
    let limits = Limits::new(&route, [], &gateway.counters);
    let who = Counted {
        caller: CallerId(0),
        address: "192.0.2.1".parse().unwrap(),
        route: RouteId(1),
        service: ServiceId(1),
    };
    let clock = Clock::start();
    let call = || limits.take(&who, None, &Handles::default(), &mut Lines::default(), clock.now()).is_ok();
    let month = jiff::Zoned::now().strftime("%Y-%m").to_string();
    let used = |count| Used { key: "route /** quota-month 0".to_owned(), period: month.clone(), count };
    server.say(&[ToGateway::Used { used: vec![used(7)] }]);
    server.say(&table(1));
    while !matches!(server.next_message(), ToServer::Ack { .. }) {
        // A thread that has not followed acknowledges nothing.
        drop(gateway.tables.take());
    }
    assert_eq!([(); 4].map(|()| call()), [true, true, true, false]);
    let told = |server: &mut Server| loop {
        if let ToServer::Used { used } = server.next_message() {
            return used;
        }
    };
    assert_eq!(told(&mut server), [used(3)]);
    // What the last words have to tell comes out at the end at the latest.
    let more = Limit { of: Quantity::Quota { calls: 20, period: Period::Month }, per: Vec::new() };
    let policy = Policy { limits: vec![more], ..Policy::default() };
    let route = naru_model::snapshot::Route { policy, ..route };
    assert!(
        Limits::new(&route, [], &gateway.counters)
            .take(&who, None, &Handles::default(), &mut Lines::default(), clock.now())
            .is_ok()
    );
    gateway.finish();
    assert_eq!(told(&mut server), [used(1)]);
}

#[test]
fn the_server_is_told_of_an_outside_issuer_that_may_have_a_new_key() {
    use crate::policy::access::fixture::{NOW, OUTSIDE, World, bearer};
    use crate::policy::access::{Callers, Peer, Rules, identify};
    let mut gateway = Gateway::start(&[]);
    let mut server = Server::accept(&gateway.listen());
    let world = World::new();
    server.say(&[ToGateway::Callers { version: 1, callers: Box::new(world.callers.clone()) }]);
    let tables = gateway.tables.take().unwrap();
    let start = Instant::now();
    while tables.current().callers.is_empty() {
        assert!(start.elapsed() < PATIENCE, "the callers have not come through");
        std::thread::yield_now();
    }
    let callers = Callers::new(tables.current().callers.clone());
    let header = serde_json::json!({"alg": "ES256", "kid": "rotated-in"});
    let token = bearer(&world.keys.p256.token(&header, &world.keys.outside_claims()));
    for _ in 0..3 {
        assert!(identify(&callers, &Rules::default(), &token, Peer::default(), NOW).unwrap().proof.is_none());
    }
    loop {
        if let ToServer::UnknownKey { issuer } = server.next_message() {
            assert_eq!(issuer, OUTSIDE);
            return;
        }
    }
}
