//! One health check: a TCP connection, or a GET over it in the endpoint's own protocol.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use naru_model::platform::{Health, Protocol};
use naru_model::units::format_duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest head of an answer.
const MAX_HEAD: usize = 16 << 10;
/// How much of the body is read, for how long, so that the instance sees an orderly end.
const MAX_BODY: usize = 64 << 10;
const BODY_TIME: Duration = Duration::from_millis(100);
const AGENT: &str = concat!("naru-health/", env!("CARGO_PKG_VERSION"));

/// Why a check failed, as a clause: "instance booking-3-1: connection refused".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("connection refused")]
    Refused,
    #[error("no answer{} within {}", from(.path), format_duration(*.timeout))]
    Silent { path: Option<String>, timeout: Duration },
    #[error("{status} from {path}")]
    Status { status: u16, path: String },
    #[error("broken answer from {path}: {why}")]
    Broken { path: String, why: String },
    #[error("no connection: {0}")]
    Unreachable(String),
}

fn from(path: &Option<String>) -> String {
    path.as_ref().map(|path| format!(" from {path}")).unwrap_or_default()
}

/// Asks once, within `rules.timeout`.
pub(crate) async fn ask(address: SocketAddr, protocol: Protocol, rules: &Health) -> Result<(), Failure> {
    let once = async {
        let stream = TcpStream::connect(address).await.map_err(no_connection)?;
        let Some(path) = &rules.path else { return Ok(()) };
        // A small request should not wait for an acknowledgement; without it, it is merely slower.
        let _ = stream.set_nodelay(true);
        let status = match protocol {
            Protocol::Http1 => get_http1(stream, address, path).await,
            Protocol::H2c => get_h2c(stream, address, path).await,
        };
        match status.map_err(|why| Failure::Broken { path: path.clone(), why })? {
            200..=399 => Ok(()),
            status => Err(Failure::Status { status, path: path.clone() }),
        }
    };
    let silent = || Failure::Silent { path: rules.path.clone(), timeout: rules.timeout };
    timeout(rules.timeout, once).await.unwrap_or_else(|_| Err(silent()))
}

fn no_connection(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        _ => Failure::Unreachable(error.to_string()),
    }
}

/// Returns the status, or what was wrong with the answer.
async fn get_http1(mut stream: TcpStream, address: SocketAddr, path: &str) -> Result<u16, String> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
    let mut head = Vec::with_capacity(1024);
    let status = loop {
        if let Some(status) = read_status(&head)? {
            break status;
        }
        if head.len() >= MAX_HEAD {
            return Err(format!("its head is longer than {MAX_HEAD} bytes"));
        }
        match stream.read_buf(&mut head).await {
            Ok(0) => return Err("connection closed before the head was whole".to_owned()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    };
    tokio::task::spawn_local(async move {
        let mut rest = stream.take(MAX_BODY as u64);
        let _ = timeout(BODY_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    });
    Ok(status)
}

/// Returns the final status once the head is whole; 1xx are passed over.
fn read_status(mut received: &[u8]) -> Result<Option<u16>, String> {
    loop {
        let mut fields = [httparse::EMPTY_HEADER; 128];
        let mut response = httparse::Response::new(&mut fields);
        match response.parse(received).map_err(|e| e.to_string())? {
            httparse::Status::Partial => return Ok(None),
            httparse::Status::Complete(len) => match response.code {
                Some(100..=199) => received = &received[len..],
                status => return Ok(status),
            },
        }
    }
}

async fn get_h2c(stream: TcpStream, address: SocketAddr, path: &str) -> Result<u16, String> {
    let (client, connection) = h2::client::handshake(stream).await.map_err(|e| e.to_string())?;
    let connection = tokio::task::spawn_local(connection);
    let request = http::Request::get(format!("http://{address}{path}"))
        .version(http::Version::HTTP_2)
        .header(http::header::USER_AGENT, AGENT)
        .body(())
        .map_err(|e| e.to_string())?;
    let status = async {
        let mut client: h2::client::SendRequest<Bytes> = client.ready().await?;
        let (response, _) = client.send_request(request, true)?;
        Ok::<_, h2::Error>(response.await?.status().as_u16())
    };
    let status = status.await.map_err(|e| e.to_string());
    connection.abort();
    status
}

#[cfg(test)]
mod tests;
