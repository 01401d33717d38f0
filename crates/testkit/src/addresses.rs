//! Thousands of endpoints in one thread: a server that listens on one port of every loopback address and knows by which
//! address it was asked.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};

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
    asked: u64,
}

impl Addresses {
    /// Starts serving, until the process ends.
    pub fn start() -> Addresses {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        std::thread::spawn(move || serve(&listener, &shared));
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

    /// All requests.
    pub fn asked(&self) -> u64 {
        self.seen.lock().unwrap().asked
    }
}

fn serve(listener: &TcpListener, seen: &Mutex<Seen>) {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    listener.set_nonblocking(true).unwrap();
    epoll::add(&epoll, listener, EventData::new_u64(LISTENER), EventFlags::IN).unwrap();
    let mut connections: HashMap<u64, (TcpStream, Ipv4Addr)> = HashMap::new();
    let mut next = LISTENER;
    let mut events = Vec::with_capacity(256);
    let mut buffer = vec![0; 16 << 10];
    loop {
        epoll::wait(&epoll, spare_capacity(&mut events), None).unwrap();
        for event in events.drain(..) {
            let id = event.data.u64();
            if id != LISTENER {
                let Some((stream, ip)) = connections.get_mut(&id) else { continue };
                if !answer(stream, *ip, &mut buffer, seen) {
                    connections.remove(&id);
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
    }
}

/// Answers what is here, one small GET; tells whether the connection goes on.
fn answer(stream: &mut TcpStream, ip: Ipv4Addr, buffer: &mut [u8], seen: &Mutex<Seen>) -> bool {
    match stream.read(buffer) {
        Ok(0) => false,
        Ok(_) => {
            let mut seen = seen.lock().unwrap();
            seen.asked += 1;
            if seen.gone.contains(&ip) {
                seen.asked_though_gone.push(ip);
            }
            stream.write_all(ANSWER).is_ok()
        }
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}
