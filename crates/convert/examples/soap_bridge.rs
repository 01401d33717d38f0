//! Puts one conversion in front of a service, without a gateway: for trying a WSDL, and for tests against foreign peers.
//!
//! `soap_bridge LISTEN UPSTREAM soap WSDL [PORT]`, or `soap_bridge LISTEN UPSTREAM offer OPENAPI NAMESPACE NAME`; prints the
//! address it listens on. One request a connection, bodies of up to 16 MiB; not for anything but trials.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use naru_model::message::{Converted, Headers, Request, Response, Shape, header};
use naru_model::policy::{Conversion, OfferSoap, Policy, Soap};
use naru_model::problem::Problem;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const LARGEST: usize = 16 << 20;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (listen, upstream, conversion) = match words.as_slice() {
        [listen, upstream, "soap", wsdl, port @ ..] => {
            let port = port.first().map(|port| (*port).to_owned());
            (listen, upstream, Conversion::Soap(Soap { wsdl: wsdl.into(), service: None, port }))
        }
        [listen, upstream, "offer", openapi, namespace, name] => {
            let offered = OfferSoap {
                openapi: openapi.into(),
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
            };
            (listen, upstream, Conversion::OfferSoap(offered))
        }
        _ => {
            return Err(
                "usage: soap_bridge LISTEN UPSTREAM soap WSDL [PORT] | offer OPENAPI NAMESPACE NAME".into()
            );
        }
    };
    let shape = naru_convert::shape(&Policy { convert: vec![conversion], ..Policy::default() })?;
    let shape = shape.ok_or("no conversion")?;
    let listener = TcpListener::bind(listen)?;
    println!("{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let (stream, shape, upstream) = (stream?, Arc::clone(&shape), (*upstream).to_owned());
        thread::spawn(move || {
            if let Err(error) = serve(stream, &*shape, &upstream) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(mut stream: TcpStream, shape: &dyn Shape, upstream: &str) -> Result<()> {
    let (line, headers, body) = message(&mut BufReader::new(&stream))?;
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
        ..Request::default()
    };
    let refused =
        |refusal: naru_model::message::Refusal| Problem::new(refusal.status, refusal.detail).response(None);
    let response = match shape.request(request) {
        Ok(Converted::Answer(response)) => response,
        Ok(Converted::Send(request, mut answering)) => {
            answering.whole(ask(upstream, &request)?).unwrap_or_else(refused)
        }
        Err(refusal) => refused(refusal),
    };
    let line = format!("HTTP/1.1 {} -", response.status);
    write(&mut stream, &line, &response.headers, &response.body)
}

fn ask(upstream: &str, request: &Request) -> Result<Response> {
    let mut stream = TcpStream::connect(upstream)?;
    let mark = if request.query.is_empty() { "" } else { "?" };
    let line = format!("{} {}{mark}{} HTTP/1.1", request.method, request.path, request.query);
    write(&mut stream, &line, &request.headers, &request.body)?;
    let (line, headers, body) = message(&mut BufReader::new(&stream))?;
    let status = line.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(Response { status, headers, body, trailers: Headers::new() })
}

/// Reads one message; without a length, to the end of the connection if it is an answer.
fn message(reader: &mut impl BufRead) -> Result<(String, Headers, Vec<u8>)> {
    let mut line = String::new();
    reader.by_ref().take(64 << 10).read_line(&mut line)?;
    let mut headers = Headers::new();
    loop {
        let mut field = String::new();
        reader.by_ref().take(64 << 10).read_line(&mut field)?;
        let Some((name, value)) = field.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = header(&headers, "content-length").and_then(|length| length.parse::<usize>().ok());
    let length = length.unwrap_or(if line.starts_with("HTTP/") { LARGEST } else { 0 }).min(LARGEST);
    let mut body = Vec::new();
    reader.take(length as u64).read_to_end(&mut body)?;
    let hop = ["connection", "content-length", "keep-alive", "transfer-encoding", "expect"];
    headers.retain(|(name, _)| !hop.contains(&name.as_str()));
    Ok((line.trim_end().to_owned(), headers, body))
}

fn write(stream: &mut TcpStream, line: &str, headers: &Headers, body: &[u8]) -> Result<()> {
    let mut head = format!("{line}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    Ok(())
}
