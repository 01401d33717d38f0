//! What a client that is held to a bandwidth gets, with one connection and with ten, either way, and what its neighbours get.
//!
//! `cargo bench -p naru-gateway --bench bandwidth`. A real gateway of two threads on loopback; bytes are counted where they
//! arrive, over a stretch that begins a second after the connections do. A line per measurement, in megabytes a second.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use naru_model::link::{Frame, ToGateway};
use naru_model::platform::{Health, Match, Protocol, Traffic};
use naru_model::policy::{Limit, Per, Policy, Quantity};
use naru_model::snapshot::{Endpoint, Endpoints, FunctionId, Route, RouteId, Routing, Service, ServiceId};
use naru_model::units::Bytes;

/// What clients are held to, in bytes a second.
const HELD_TO: u64 = 1_000_000;
const SETTLE: Duration = Duration::from_secs(1);
const MEASURE: Duration = Duration::from_secs(8);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let received = Arc::new(AtomicU64::new(0));
    let upstream = start_upstream(received.clone())?;
    let gateway = start_gateway(upstream)?;
    for connections in [1, 10] {
        let got = Load::start(gateway, "held.example", "127.0.0.1", connections, Way::Down)?;
        report(&format!("response, {connections} connections"), measure(&got.received));
        got.stop();
        let got = Load::start(gateway, "held.example", "127.0.0.1", connections, Way::Up)?;
        report(&format!("request, {connections} connections"), measure(&received));
        got.stop();
    }
    let free = Load::start(gateway, "free.example", "127.0.0.1", 1, Way::Down)?;
    report("without a limit, alone", measure(&free.received));
    let held = Load::start(gateway, "held.example", "127.0.0.1", 10, Way::Down)?;
    let other = Load::start(gateway, "held.example", "127.0.0.2", 1, Way::Down)?;
    report("without a limit, beside ten held connections", measure(&free.received));
    free.stop();
    report("held too, at another address", measure(&other.received));
    held.stop();
    other.stop();
    // The gateway ends with the process.
    Ok(())
}

fn report(what: &str, per_second: f64) {
    let share = per_second / HELD_TO as f64;
    println!("{what:<48} {share:10.3} MB/s");
}

/// Bytes a second that are added to `counter`.
fn measure(counter: &AtomicU64) -> f64 {
    thread::sleep(SETTLE);
    let (start, before) = (Instant::now(), counter.load(Relaxed));
    thread::sleep(MEASURE);
    (counter.load(Relaxed) - before) as f64 / start.elapsed().as_secs_f64()
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// Connections that move as much as they can until stopped.
struct Load {
    received: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn start(
        gateway: SocketAddr,
        host: &str,
        from: &str,
        connections: usize,
        way: Way,
    ) -> Result<Load, Failure> {
        let (received, stop): (Arc<AtomicU64>, Arc<AtomicBool>) = Default::default();
        let mut threads = Vec::new();
        for _ in 0..connections {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
            socket.bind(&SocketAddr::new(from.parse()?, 0).into())?;
            socket.connect(&gateway.into())?;
            let mut tcp: TcpStream = socket.into();
            tcp.set_read_timeout(Some(Duration::from_secs(1)))?;
            tcp.set_write_timeout(Some(Duration::from_secs(1)))?;
            let head = match way {
                Way::Down => format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
                Way::Up => format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000000000\r\n\r\n"),
            };
            tcp.write_all(head.as_bytes())?;
            let (received, stop) = (received.clone(), stop.clone());
            threads.push(thread::spawn(move || {
                let mut buffer = vec![0; 64 << 10];
                while !stop.load(Relaxed) {
                    let moved = match way {
                        Way::Down => tcp.read(&mut buffer),
                        Way::Up => tcp.write(&buffer),
                    };
                    received.fetch_add(moved.unwrap_or(0) as u64, Relaxed);
                }
            }));
        }
        Ok(Load { received, stop, threads })
    }

    fn stop(self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads {
            // A load that failed has shown itself by what was measured.
            let _ = thread.join();
        }
    }
}

/// Answers GET with a body without end, and reads the body of anything else.
fn start_upstream(received: Arc<AtomicU64>) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let received = received.clone();
            thread::spawn(move || serve(tcp, &received));
        }
    });
    Ok(address)
}

fn serve(mut tcp: TcpStream, received: &AtomicU64) {
    let mut buffer = vec![0; 64 << 10];
    let Ok(count) = tcp.read(&mut buffer) else { return };
    if buffer[..count].starts_with(b"GET") {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n";
        let mut sent = tcp.write_all(head);
        while sent.is_ok() {
            sent = tcp.write_all(&buffer);
        }
    }
    while let Ok(count) = tcp.read(&mut buffer) {
        if count == 0 {
            return;
        }
        received.fetch_add(count as u64, Relaxed);
    }
}

/// A gateway with a route on which each address is held to [`HELD_TO`], and one without limits.
fn start_gateway(upstream: SocketAddr) -> Result<SocketAddr, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("link.sock");
    let server = UnixListener::bind(&path)?;
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&"127.0.0.1:0".parse::<SocketAddr>()?.into())?;
    socket.listen(128)?;
    let listener: TcpListener = socket.into();
    let address = listener.local_addr()?;
    let listeners = vec![(listener.try_clone()?.into_raw_fd(), false), (listener.into_raw_fd(), false)];
    let options = naru_gateway::Options { link: path, listeners, threads: 2, build: "bench".to_owned() };
    thread::spawn(move || {
        if let Err(error) = naru_gateway::run(&options, |_| Ok(None)) {
            eprintln!("the gateway has failed: {error}");
        }
    });
    let (mut link, _) = server.accept()?;
    say(&mut link, &ToGateway::Routing { version: 1, routing: Box::new(routing()?) })?;
    let endpoint = Endpoint {
        instance: "bulk-1-1".parse()?,
        address: upstream,
        protocol: Protocol::Http1,
        routed: true,
        tls: None,
    };
    let endpoints = Endpoints { service: ServiceId(1), endpoints: vec![endpoint] };
    say(&mut link, &ToGateway::Endpoints { version: 2, endpoints })?;
    // What the gateway says is not looked at, but has to be read.
    thread::spawn(move || std::io::copy(&mut link, &mut std::io::sink()));
    Ok(address)
}

fn routing() -> Result<Routing, Failure> {
    let held = Limit { of: Quantity::Bandwidth { per_second: Bytes(HELD_TO) }, per: vec![Per::Client] };
    let route = |id: u32, host: &str, limits: Vec<Limit>| Route {
        id: RouteId(id),
        matches: Match { host: Some(host.to_owned()), ..Match::default() },
        to: vec![(ServiceId(1), 1)],
        function: FunctionId(0),
        name: host.to_owned(),
        policy: Policy { limits, ..Policy::default() },
        ..Route::default()
    };
    let service = Service {
        id: ServiceId(1),
        name: "bulk".parse()?,
        health: Health::default(),
        traffic: Traffic::default(),
        warm_up: Duration::ZERO,
    };
    let routes = vec![route(1, "held.example", vec![held]), route(2, "free.example", Vec::new())];
    Ok(Routing { routes, services: vec![service], ..Routing::default() })
}

fn say(link: &mut UnixStream, message: &ToGateway) -> Result<(), Failure> {
    let json = serde_json::to_vec(message)?;
    let mut frame = Vec::new();
    Frame::Message(&json).encode(&mut frame)?;
    Ok(link.write_all(&frame)?)
}
