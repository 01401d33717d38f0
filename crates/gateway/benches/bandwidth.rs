//! What a client that is held to a bandwidth gets, with one connection and with ten, either way, and what its neighbours get.
//!
//! `cargo bench -p naru-gateway --bench bandwidth`. A real gateway of two threads on loopback; bytes are counted where they
//! arrive, over a stretch that begins a second after the connections do. A line per measurement, in megabytes a second; where
//! there are several connections, or streams of one, with what the least and the most of them get of an equal share. Ends
//! with status 1 when something is out of its bounds.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;
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
/// What a client that is held gets, of what it is held to.
const BOUNDS: std::ops::RangeInclusive<f64> = 0.97..=1.03;
/// What each of its connections gets, of an equal share.
const SHARES: std::ops::RangeInclusive<f64> = 0.8..=1.2;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    let arrived = Arc::new(AtomicU64::new(0));
    let upstream = start_upstream(arrived.clone())?;
    let gateway = start_gateway(upstream)?;
    let mut bounds = Bounds { kept: true };
    for connections in [1, 10] {
        let got = Load::start(gateway, "held.example", "127.0.0.1", connections, Way::Down)?;
        bounds.hold(&format!("response, {connections} connections"), &measure(&got.moved));
        got.stop();
        let got = Load::start(gateway, "held.example", "127.0.0.1", connections, Way::Up)?;
        let whole = std::slice::from_ref(&arrived);
        bounds.hold(&format!("request, {connections} connections"), &measure(whole));
        bounds.share(&format!("request, {connections} connections, as sent"), &measure(&got.moved));
        got.stop();
    }
    let got = Load::of_streams(gateway, "held.example", 10);
    bounds.hold("response, 10 streams of one connection", &measure(&got.moved));
    got.stop();
    let free = Load::start(gateway, "free.example", "127.0.0.1", 1, Way::Down)?;
    report("without a limit, alone", &measure(&free.moved));
    let held = Load::start(gateway, "held.example", "127.0.0.1", 10, Way::Down)?;
    let other = Load::start(gateway, "held.example", "127.0.0.2", 1, Way::Down)?;
    report("without a limit, beside ten held connections", &measure(&free.moved));
    free.stop();
    bounds.hold("held too, at another address", &measure(&other.moved));
    held.stop();
    other.stop();
    // The gateway ends with the process.
    Ok(if bounds.kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all that was measured is as it is to be.
struct Bounds {
    kept: bool,
}

impl Bounds {
    /// All together are held to [`HELD_TO`], and none gets much more of it than another.
    fn hold(&mut self, what: &str, per_second: &[f64]) {
        report(what, per_second);
        self.look(what, &BOUNDS, per_second.iter().sum::<f64>() / HELD_TO as f64);
        self.look_at_shares(what, per_second);
    }

    /// None gets much more than another, of whatever there is.
    fn share(&mut self, what: &str, per_second: &[f64]) {
        report(what, per_second);
        self.look_at_shares(what, per_second);
    }

    fn look_at_shares(&mut self, what: &str, per_second: &[f64]) {
        let [least, most] = shares(per_second);
        self.look(what, &SHARES, least);
        self.look(what, &SHARES, most);
    }

    fn look(&mut self, what: &str, bounds: &std::ops::RangeInclusive<f64>, got: f64) {
        if !bounds.contains(&got) {
            println!("{what}: {got:.3} is not within {bounds:?}");
            self.kept = false;
        }
    }
}

/// What the least and the most of them get, of an equal share.
fn shares(per_second: &[f64]) -> [f64; 2] {
    let equal = per_second.iter().sum::<f64>() / per_second.len() as f64;
    let least = per_second.iter().copied().fold(f64::INFINITY, f64::min);
    [least / equal, per_second.iter().copied().fold(0.0, f64::max) / equal]
}

fn report(what: &str, per_second: &[f64]) {
    let whole = per_second.iter().sum::<f64>() / HELD_TO as f64;
    let [least, most] = shares(per_second);
    let shares = if per_second.len() > 1 {
        format!(", each {least:.3} to {most:.3} of a share")
    } else {
        String::new()
    };
    println!("{what:<48} {whole:10.3} MB/s{shares}");
}

/// Bytes a second that are added to each of these counters.
fn measure(counters: &[Arc<AtomicU64>]) -> Vec<f64> {
    thread::sleep(SETTLE);
    let read = || counters.iter().map(|counter| counter.load(Relaxed)).collect::<Vec<_>>();
    let (start, before) = (Instant::now(), read());
    thread::sleep(MEASURE);
    let (after, seconds) = (read(), start.elapsed().as_secs_f64());
    after.iter().zip(before).map(|(after, before)| (after - before) as f64 / seconds).collect()
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// Connections that move as much as they can until stopped.
struct Load {
    /// Bytes, by connection or stream.
    moved: Vec<Arc<AtomicU64>>,
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
        let stop = Arc::new(AtomicBool::new(false));
        let moved: Vec<Arc<AtomicU64>> = (0..connections).map(|_| Arc::default()).collect();
        let mut threads = Vec::new();
        for moved in &moved {
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
            let (counter, stop) = (moved.clone(), stop.clone());
            threads.push(thread::spawn(move || {
                let mut buffer = vec![0; 64 << 10];
                while !stop.load(Relaxed) {
                    let moved = match way {
                        Way::Down => tcp.read(&mut buffer),
                        Way::Up => tcp.write(&buffer),
                    };
                    counter.fetch_add(moved.unwrap_or(0) as u64, Relaxed);
                }
            }));
        }
        Ok(Load { moved, stop, threads })
    }

    /// As many answers at once on one connection of HTTP/2.
    fn of_streams(gateway: SocketAddr, host: &str, streams: usize) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let moved: Vec<Arc<AtomicU64>> = (0..streams).map(|_| Arc::default()).collect();
        let uri = format!("http://{host}/");
        let (counters, until) = (moved.clone(), stop.clone());
        let thread = thread::spawn(move || {
            let ended = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(Failure::from)
                .and_then(|runtime| runtime.block_on(read_streams(gateway, &uri, counters, until)));
            if let Err(error) = ended {
                eprintln!("the connection of HTTP/2 has failed: {error}");
            }
        });
        Load { moved, stop, threads: vec![thread] }
    }

    fn stop(self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads {
            // A load that failed has shown itself by what was measured.
            let _ = thread.join();
        }
    }
}

async fn read_streams(
    gateway: SocketAddr,
    uri: &str,
    counters: Vec<Arc<AtomicU64>>,
    stop: Arc<AtomicBool>,
) -> Result<(), Failure> {
    let tcp = tokio::net::TcpStream::connect(gateway).await?;
    let (client, connection) = h2::client::handshake(tcp).await?;
    tokio::spawn(connection);
    for counter in counters {
        let mut client = client.clone().ready().await?;
        let (answer, _) = client.send_request(http::Request::get(uri).body(())?, true)?;
        tokio::spawn(async move {
            let mut body = answer.await?.into_body();
            while let Some(data) = body.data().await {
                let length = data?.len();
                counter.fetch_add(length as u64, Relaxed);
                body.flow_control().release_capacity(length)?;
            }
            Ok::<_, h2::Error>(())
        });
    }
    while !stop.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
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
