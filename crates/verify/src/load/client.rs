//! The smallest HTTP/1.1 client that tells apart what can go wrong with an answer (RFC 9112).

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::outcome::Failure;
use super::stream::{Stream, Tls};

const MAX_HEADERS: usize = 64;
const MAX_HEAD: usize = 64 << 10;
const READ: usize = 16 << 10;

/// A failure and what exactly was seen.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) failure: Failure,
    pub(crate) what: String,
}

impl Fault {
    pub(crate) fn new(failure: Failure, what: impl Into<String>) -> Fault {
        Fault { failure, what: what.into() }
    }
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Connection {
    stream: Stream,
    buffer: Vec<u8>,
    pub(crate) reusable: bool,
}

enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

struct Head {
    status: u16,
    framing: Framing,
    keep_alive: bool,
}

impl Connection {
    pub(crate) async fn open(target: SocketAddr, tls: Option<&Tls>) -> Result<Connection, Fault> {
        let stream = Stream::open(target, tls).await.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => Fault::new(Failure::Refused, "connection refused"),
            _ => Fault::new(Failure::Lost, format!("connecting: {error}")),
        })?;
        Ok(Connection { stream, buffer: Vec::with_capacity(READ), reusable: false })
    }

    /// Tells whether an idle connection is still open, as far as this side knows.
    pub(crate) fn is_open(&self) -> bool {
        self.stream.is_open()
    }

    pub(crate) async fn exchange(&mut self, request: &[u8], head_only: bool) -> Result<Response, Fault> {
        self.reusable = false;
        let sent = match self.stream.write_all(request).await {
            Ok(()) => self.stream.flush().await,
            failed => failed,
        };
        // A server may answer and close before it has read the whole request; its answer counts.
        let head = match (self.read_head().await, sent) {
            (Err(Fault { failure: Failure::Lost, .. }), Err(error)) => {
                return Err(Fault::new(Failure::Lost, format!("sending: {error}")));
            }
            (head, _) => head?,
        };
        let body = if head_only { Vec::new() } else { self.read_body(&head.framing).await? };
        self.reusable = head.keep_alive && self.buffer.is_empty();
        Ok(Response { status: head.status, body })
    }

    async fn read_head(&mut self) -> Result<Head, Fault> {
        loop {
            if let Some((head, used)) = parse_head(&self.buffer)? {
                self.buffer.drain(..used);
                if head.status >= 200 {
                    return Ok(head);
                }
                continue;
            }
            match self.fill().await {
                Ok(0) if self.buffer.is_empty() => {
                    return Err(Fault::new(Failure::Lost, "closed without an answer"));
                }
                Ok(0) => return Err(Fault::new(Failure::Lost, "closed within the answer's head")),
                Ok(_) if self.buffer.len() > MAX_HEAD => {
                    return Err(Fault::new(Failure::WrongAnswer, "a head over 64 KiB"));
                }
                Ok(_) => {}
                Err(error) => return Err(Fault::new(Failure::Lost, error.to_string())),
            }
        }
    }

    async fn read_body(&mut self, framing: &Framing) -> Result<Vec<u8>, Fault> {
        match framing {
            Framing::Length(len) => self.take(*len).await,
            Framing::Chunked => {
                let mut body = Vec::new();
                loop {
                    let line = self.take_line().await?;
                    let size = line.split(|b| *b == b';').next().and_then(|s| std::str::from_utf8(s).ok());
                    let size = size.and_then(|s| usize::from_str_radix(s.trim(), 16).ok());
                    let size =
                        size.ok_or_else(|| Fault::new(Failure::WrongAnswer, "a chunk without a size"))?;
                    if size == 0 {
                        break;
                    }
                    body.extend(self.take(size).await?);
                    self.take_line().await?;
                }
                while !self.take_line().await?.is_empty() {}
                Ok(body)
            }
            Framing::UntilClose => loop {
                match self.fill().await {
                    Ok(0) => return Ok(std::mem::take(&mut self.buffer)),
                    Ok(_) => {}
                    Err(error) => return Err(Fault::new(Failure::ShortBody, error.to_string())),
                }
            },
        }
    }

    async fn take(&mut self, len: usize) -> Result<Vec<u8>, Fault> {
        while self.buffer.len() < len {
            self.fill_body().await?;
        }
        Ok(self.buffer.drain(..len).collect())
    }

    async fn take_line(&mut self) -> Result<Vec<u8>, Fault> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.buffer, b"\r\n") {
                let line = self.buffer[..end].to_vec();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            self.fill_body().await?;
        }
    }

    async fn fill_body(&mut self) -> Result<(), Fault> {
        match self.fill().await {
            Ok(0) => Err(Fault::new(Failure::ShortBody, "closed within the answer's body")),
            Ok(_) => Ok(()),
            Err(error) => Err(Fault::new(Failure::ShortBody, format!("within the body: {error}"))),
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ);
        self.stream.read_buf(&mut self.buffer).await
    }
}

fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Fault> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    let bad = |error: httparse::Error| Fault::new(Failure::WrongAnswer, format!("no HTTP: {error}"));
    let httparse::Status::Complete(used) = parsed.parse(bytes).map_err(bad)? else { return Ok(None) };
    let status = parsed.code.unwrap_or_default();
    let value = |name: &str| {
        let found = parsed.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.and_then(|h| std::str::from_utf8(h.value).ok()).map(str::trim)
    };
    let framing = if status == 204 || status == 304 {
        Framing::Length(0)
    } else if value("transfer-encoding").is_some() {
        Framing::Chunked
    } else if let Some(len) = value("content-length") {
        let bad = |_| Fault::new(Failure::WrongAnswer, format!("a content-length of {len:?}"));
        Framing::Length(len.parse().map_err(bad)?)
    } else {
        Framing::UntilClose
    };
    let closes = value("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
    let keep_alive = parsed.version == Some(1) && !closes && !matches!(framing, Framing::UntilClose);
    Ok(Some((Head { status, framing, keep_alive }, used)))
}
