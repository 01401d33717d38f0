//! One client connection: reads a request (RFC 9112), has it answered, writes the answer.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};

use super::answer::{Answer, Request, Server};
use super::{control, journal};

/// A longer head is not answered.
const MAX_HEAD: usize = 64 << 10;
const MAX_HEADERS: usize = 100;
/// How long a client may leave a request half sent, or an answer unread.
const STALL: Duration = Duration::from_secs(30);

/// What is to be done with a connection after a request.
pub(crate) enum Next {
    /// The next request is already here.
    Again,
    Idle,
    Close,
}

pub(crate) struct Connection {
    stream: TcpStream,
    /// Read but not used yet.
    ahead: Vec<u8>,
}

/// How a request's body ends (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
}

struct Head {
    request: Request,
    framing: Framing,
    expects_continue: bool,
    keep_alive: bool,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STALL))?;
        stream.set_write_timeout(Some(STALL))?;
        Ok(Connection { stream, ahead: Vec::new() })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Tells whether the request that waits here is for the control line. It looks without taking.
    pub(crate) fn asks_for_control(&mut self) -> bool {
        let mut start = [0; 64];
        let peeked = match recv(&self.stream, &mut start, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((_, len)) => len.min(start.len()),
            Err(_) => 0,
        };
        if self.ahead.is_empty() {
            control::is_control(&start[..peeked])
        } else {
            control::is_control(&self.ahead)
        }
    }

    /// Serves one request. A client that breaks off or breaks the protocol is hung up on.
    pub(crate) fn serve(&mut self, server: &Server, stopping: &AtomicBool) -> Next {
        match self.try_serve(server, stopping) {
            Ok(true) if self.ahead.is_empty() => Next::Idle,
            Ok(true) => Next::Again,
            Ok(false) | Err(_) => Next::Close,
        }
    }

    fn try_serve(&mut self, server: &Server, stopping: &AtomicBool) -> io::Result<bool> {
        let Some(mut head) = self.read_head()? else { return Ok(false) };
        if head.expects_continue {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        head.request.body_len = self.read_body(head.framing, &mut head.request.body_start)?;
        let Some(answer) = server.answer(&head.request) else { return Ok(false) };
        let keep_alive = head.keep_alive && !stopping.load(Ordering::Relaxed);
        self.stream.write_all(&written(&answer, head.request.method == "HEAD", keep_alive))?;
        Ok(keep_alive)
    }

    /// Returns `None` when the client has closed, as it may between two requests.
    fn read_head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some((head, used)) = parse_head(&self.ahead)? {
                self.ahead.drain(..used);
                return Ok(Some(head));
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.fill()? == 0 {
                return if self.ahead.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// Reads the body to its end and returns its length without its framing; `start` gets its first bytes.
    fn read_body(&mut self, framing: Framing, start: &mut Vec<u8>) -> io::Result<u64> {
        match framing {
            Framing::Length(len) => {
                self.skip(len, start)?;
                Ok(len)
            }
            Framing::Chunked => {
                let mut total = 0;
                loop {
                    let line = self.read_line()?;
                    let size = line.split(|b| *b == b';').next().unwrap_or_default();
                    let size =
                        std::str::from_utf8(size).ok().and_then(|s| u64::from_str_radix(s.trim(), 16).ok());
                    let size = size.ok_or(io::ErrorKind::InvalidData)?;
                    if size == 0 {
                        break;
                    }
                    self.skip(size, start)?;
                    self.read_line()?;
                    total += size;
                }
                while !self.read_line()?.is_empty() {}
                Ok(total)
            }
        }
    }

    fn read_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.ahead, b"\r\n") {
                let line = self.ahead[..end].to_vec();
                self.ahead.drain(..end + 2);
                return Ok(line);
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill_more()?;
        }
    }

    fn skip(&mut self, len: u64, start: &mut Vec<u8>) -> io::Result<()> {
        let mut left = len;
        loop {
            let here = left.min(self.ahead.len() as u64);
            let wanted = journal::BODY.saturating_sub(start.len()).min(here as usize);
            start.extend_from_slice(&self.ahead[..wanted]);
            self.ahead.drain(..here as usize);
            left -= here;
            if left == 0 {
                return Ok(());
            }
            self.fill_more()?;
        }
    }

    fn fill_more(&mut self) -> io::Result<()> {
        if self.fill()? == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 << 10];
        let len = self.stream.read(&mut buffer)?;
        self.ahead.extend_from_slice(&buffer[..len]);
        Ok(len)
    }
}

/// Reads a head from the start of `bytes` and tells its length; `None` when it is not all there yet.
fn parse_head(bytes: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let bad = |_| io::Error::from(io::ErrorKind::InvalidData);
    let httparse::Status::Complete(used) = parsed.parse(bytes).map_err(bad)? else { return Ok(None) };
    let has = |name: &str, value: &str| {
        let values = parsed.headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name));
        values
            .flat_map(|h| h.value.split(|b| *b == b','))
            .any(|v| v.trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
    };
    let value = |name: &str| {
        let found = parsed.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.and_then(|h| std::str::from_utf8(h.value).ok())
    };
    let framing = match value("content-length") {
        _ if has("transfer-encoding", "chunked") => Framing::Chunked,
        Some(len) => Framing::Length(len.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?),
        None => Framing::Length(0),
    };
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        wants_html: value("accept").is_some_and(|a| a.contains("text/html")),
        through_gateway: value("x-forwarded-for").is_some() || value("forwarded").is_some(),
        body_len: 0,
        body_start: Vec::new(),
    };
    let keep_alive =
        if parsed.version == Some(1) { !has("connection", "close") } else { has("connection", "keep-alive") };
    let expects_continue = has("expect", "100-continue");
    Ok(Some((Head { request, framing, expects_continue, keep_alive }, used)))
}

/// Head and body as one piece of bytes, to go out in one write.
fn written(answer: &Answer, head_only: bool, keep_alive: bool) -> Vec<u8> {
    let connection = if keep_alive { "" } else { "connection: close\r\n" };
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n{connection}\r\n",
        answer.status,
        answer.content_type,
        answer.body.len()
    );
    let mut bytes = head.into_bytes();
    if !head_only {
        bytes.extend_from_slice(&answer.body);
    }
    bytes
}
