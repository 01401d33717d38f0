//! Thousands of endpoints in one thread: a server that listens on one port of every loopback address, knows by which
//! address it was asked, and takes the same time over each answer.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::time::Timespec;

const LISTENER: u64 = 0;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

pub struct Addresses {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    gone: HashSet<Ipv4Addr>,
    asked_though_gone: Vec<Ipv4Addr>,
}

impl Addresses {
    /// Starts serving, until the process ends.
    pub fn start(service_time: Duration) -> Addresses {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        std::thread::spawn(move || serve(&listener, service_time, &shared));
        Addresses { port, seen }
    }

    /// The endpoint with this number, below 16 million.
    pub fn endpoint(&self, number: u32) -> SocketAddr {
        let ip = Ipv4Addr::from_bits(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + number);
        SocketAddr::new(IpAddr::V4(ip), self.port)
    }

    /// From now on no request may come to this endpoint.
    pub fn leaves(&self, endpoint: SocketAddr) {
        let IpAddr::V4(ip) = endpoint.ip() else { return };
        self.seen.lock().unwrap().gone.insert(ip);
    }

    /// Requests that came to endpoints that had left.
    pub fn asked_though_gone(&self) -> Vec<Ipv4Addr> {
        self.seen.lock().unwrap().asked_though_gone.clone()
    }
}

fn serve(listener: &TcpListener, service_time: Duration, seen: &Mutex<Seen>) {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    listener.set_nonblocking(true).unwrap();
    epoll::add(&epoll, listener, EventData::new_u64(LISTENER), EventFlags::IN).unwrap();
    let mut connections: HashMap<u64, (TcpStream, Ipv4Addr)> = HashMap::new();
    // Who is to be answered when; the time is the same for all, so they are in order.
    let mut answers: VecDeque<(Instant, u64)> = VecDeque::new();
    let mut next = LISTENER;
    let mut events = Vec::with_capacity(256);
    loop {
        let left = answers.front().map(|(due, _)| due.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec::try_from(left).unwrap());
        epoll::wait(&epoll, spare_capacity(&mut events), timeout.as_ref()).unwrap();
        for event in events.drain(..) {
            let id = event.data.u64();
            if id != LISTENER {
                let Some((stream, ip)) = connections.get_mut(&id) else { continue };
                match ask(stream, *ip, seen) {
                    Ok(true) => answers.push_back((Instant::now() + service_time, id)),
                    Ok(false) => {}
                    Err(_) => drop(connections.remove(&id)),
                }
                continue;
            }
            while let Ok((stream, _)) = listener.accept() {
                let Ok(SocketAddr::V4(local)) = stream.local_addr() else { continue };
                stream.set_nonblocking(true).unwrap();
                next += 1;
                epoll::add(&epoll, &stream, EventData::new_u64(next), EventFlags::IN).unwrap();
                connections.insert(next, (stream, *local.ip()));
            }
        }
        while let Some((_, id)) = answers.pop_front_if(|(due, _)| *due <= Instant::now()) {
            // One that has gone meanwhile needs no answer.
            if let Some((stream, _)) = connections.get_mut(&id) {
                let _ = stream.write_all(ANSWER);
            }
        }
    }
}

/// Takes what is here, one small GET, and tells whether it is one. An error: the connection has ended.
fn ask(stream: &mut TcpStream, ip: Ipv4Addr, seen: &Mutex<Seen>) -> io::Result<bool> {
    match stream.read(&mut [0; 16 << 10]) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => {
            let mut seen = seen.lock().unwrap();
            if seen.gone.contains(&ip) {
                seen.asked_though_gone.push(ip);
            }
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
