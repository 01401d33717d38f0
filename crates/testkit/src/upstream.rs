//! A server that misbehaves on purpose, one way per path, so that what comes through the gateway can be looked at.
//!
//! | path | what it does |
//! | --- | --- |
//! | `/head` | answers with the request's head as it came |
//! | `/echo` | sends the body back in chunks as it comes, with its trailers |
//! | `/size` | answers with the length of the body |
//! | `/bytes/N` | answers N bytes |
//! | `/close` | closes instead of an answer |
//! | `/cut` | promises 100 bytes, sends 10, closes |
//! | `/cut-chunk` | closes within a chunk |
//! | `/bad-chunk` | sends a chunk size that is no number |
//! | `/garbage` | answers what is no HTTP |
//! | `/two-lengths` | answers with two different lengths |
//! | `/slow-head/MS` | answers after MS milliseconds |
//! | `/until-close` | a body that ends with the connection |
//! | `/hang-up` | answers well, promises to keep the connection, and closes it |
//! | `/early` | answers 413 before it has read the body, and closes |
//! | `/hints` | sends 103 before 200 |
//! | `/trailers` | a chunked body and a trailer |
//! | `/events/N/MS` | N server-sent events, one each MS milliseconds |
//! | `/upgrade` | switches to a protocol that sends back what comes |
//!
//! Those that remember and those that answer later are in [`crate::asked`]. Any other path is answered `ok`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::asked::Asked;

/// Serves on this address until the process ends.
///
/// # Errors
/// When it can't listen.
pub fn run(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let asked = Arc::new(Asked::default());
    for stream in listener.incoming() {
        let stream = stream?;
        stream.set_nodelay(true)?;
        // A client that goes away is no concern of this server.
        let asked = asked.clone();
        std::thread::spawn(move || drop(serve(stream, &asked)));
    }
    Ok(())
}

struct Request {
    head: String,
    path: String,
    length: Option<usize>,
    chunked: bool,
    expects_continue: bool,
}

type Stream = BufReader<TcpStream>;

fn serve(stream: TcpStream, asked: &Asked) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_head(&mut stream)? {
        let parts: Vec<&str> =
            request.path.split('?').next().unwrap_or_default().split('/').skip(1).collect();
        match parts.as_slice() {
            ["echo"] => echo(&mut stream, &request)?,
            ["early"] => {
                return raw(
                    &mut stream,
                    "HTTP/1.1 413 no\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno\n",
                );
            }
            ["upgrade"] => return upgrade(&mut stream),
            _ => {
                let size = read_body(&mut stream, &request)?;
                if let Some(said) = asked.answer(&parts, &request.head) {
                    let (fields, length) = (said.fields, said.body.len());
                    let head =
                        format!("HTTP/1.1 {}\r\n{fields}content-length: {length}\r\n\r\n", said.status);
                    raw(&mut stream, &(head + &said.body))?;
                } else if !answer(&mut stream, &request, &parts, size)? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Answers what needs no more of the request; tells whether the connection goes on.
fn answer(stream: &mut Stream, request: &Request, parts: &[&str], size: usize) -> io::Result<bool> {
    let cut = match parts {
        ["close"] => "",
        ["cut"] => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789",
        ["cut-chunk"] => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nabc",
        ["bad-chunk"] => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
        ["garbage"] => "220 mail.example.go.kr ESMTP\r\n",
        ["two-lengths"] => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc",
        ["until-close"] => "HTTP/1.1 200 OK\r\n\r\nall of it",
        ["hang-up"] => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        _ => {
            whole(stream, request, parts, size)?;
            return Ok(true);
        }
    };
    raw(stream, cut)?;
    Ok(false)
}

fn whole(stream: &mut Stream, request: &Request, parts: &[&str], size: usize) -> io::Result<()> {
    let number = |text: &str| text.parse::<usize>().unwrap_or(0);
    match parts {
        ["head"] => respond(stream, request.head.as_bytes()),
        ["size"] => respond(stream, size.to_string().as_bytes()),
        ["bytes", count] => respond(stream, &vec![b'x'; number(count)]),
        ["slow-head", ms] => {
            std::thread::sleep(Duration::from_millis(number(ms) as u64));
            respond(stream, b"late")
        }
        ["hints"] => {
            raw(stream, "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n")?;
            respond(stream, b"ok")
        }
        ["trailers"] => raw(
            stream,
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: checksum\r\n\r\n3\r\nabc\r\n0\r\nchecksum: 900150983c\r\n\r\n",
        ),
        ["events", count, ms] => events(stream, number(count), Duration::from_millis(number(ms) as u64)),
        _ => respond(stream, b"ok"),
    }
}

fn events(stream: &mut Stream, count: usize, every: Duration) -> io::Result<()> {
    raw(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
    for number in 1..=count {
        let event = format!("data: {number}\n\n");
        raw(stream, &format!("{:x}\r\n{event}\r\n", event.len()))?;
        std::thread::sleep(every);
    }
    raw(stream, "0\r\n\r\n")
}

/// Sends each piece of the body back as soon as it is here, and the trailers at the end.
fn echo(stream: &mut Stream, request: &Request) -> io::Result<()> {
    go_on(stream, request)?;
    raw(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
    let send = |stream: &mut Stream, piece: &[u8]| {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        stream.get_mut().write_all(&chunk)
    };
    let mut buffer = vec![0; 64 << 10];
    let mut left = request.length.unwrap_or(0);
    while left > 0 {
        let here = stream.read(&mut buffer[..left.min(64 << 10)])?;
        if here == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        send(stream, &buffer[..here])?;
        left -= here;
    }
    let mut end = "0\r\n".to_owned();
    if request.chunked {
        loop {
            let chunk = read_chunk(stream)?;
            if chunk.is_empty() {
                break;
            }
            send(stream, &chunk)?;
        }
        end.push_str(&read_fields(stream)?);
    }
    raw(stream, &format!("{end}\r\n"))
}

fn upgrade(stream: &mut Stream) -> io::Result<()> {
    raw(stream, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")?;
    let mut buffer = [0; 4096];
    loop {
        let here = stream.read(&mut buffer)?;
        if here == 0 {
            return Ok(());
        }
        stream.get_mut().write_all(&buffer[..here])?;
    }
}

fn respond(stream: &mut Stream, body: &[u8]) -> io::Result<()> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.get_mut().write_all(&[head.as_bytes(), body].concat())
}

fn raw(stream: &mut Stream, bytes: &str) -> io::Result<()> {
    stream.get_mut().write_all(bytes.as_bytes())
}

fn go_on(stream: &mut Stream, request: &Request) -> io::Result<()> {
    if request.expects_continue { raw(stream, "HTTP/1.1 100 Continue\r\n\r\n") } else { Ok(()) }
}

fn read_body(stream: &mut Stream, request: &Request) -> io::Result<usize> {
    go_on(stream, request)?;
    if let Some(length) = request.length {
        let read = io::copy(&mut stream.by_ref().take(length as u64), &mut io::sink())?;
        return if read == length as u64 { Ok(length) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
    }
    if !request.chunked {
        return Ok(0);
    }
    let mut size = 0;
    loop {
        let chunk = read_chunk(stream)?;
        if chunk.is_empty() {
            read_fields(stream)?;
            return Ok(size);
        }
        size += chunk.len();
    }
}

fn read_line(stream: &mut Stream) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

/// An empty one is the last.
fn read_chunk(stream: &mut Stream) -> io::Result<Vec<u8>> {
    let line = read_line(stream)?;
    let size = line.split(';').next().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
    let mut chunk = vec![0; size.ok_or(io::ErrorKind::InvalidData)?];
    if !chunk.is_empty() {
        stream.read_exact(&mut chunk)?;
        read_line(stream)?;
    }
    Ok(chunk)
}

/// Header or trailer lines with their ends, up to the empty one, which is left out.
fn read_fields(stream: &mut Stream) -> io::Result<String> {
    let mut fields = String::new();
    loop {
        let line = read_line(stream)?;
        if line == "\r\n" {
            return Ok(fields);
        }
        fields.push_str(&line);
    }
}

fn read_head(stream: &mut Stream) -> io::Result<Option<Request>> {
    if stream.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let first = read_line(stream)?;
    let fields = read_fields(stream)?;
    let value = |name: &str| {
        let mut pairs = fields.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    Ok(Some(Request {
        path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        length: value("content-length").and_then(|length| length.parse().ok()),
        chunked: value("transfer-encoding").is_some(),
        expects_continue: value("expect").is_some(),
        head: format!("{first}{fields}"),
    }))
}
