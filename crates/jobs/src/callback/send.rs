//! One POST to an outside host: resolved, checked, connected to that very address, and not a step further.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::callback::target::{Target, may_reach};
use crate::through::root_of;

/// All of a try: name, connection, TLS, and the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Sends; the answer's status. Redirects are not followed: they would lead past the list.
///
/// # Errors
/// Why there was no answer.
pub(crate) async fn post(
    target: &Target,
    hosts: &[String],
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, String> {
    let sent = tokio::time::timeout(TIMEOUT, connect_and_post(target, hosts, headers, body)).await;
    sent.unwrap_or_else(|_| Err(format!("{} did not answer within {}s", target.host, TIMEOUT.as_secs())))
}

async fn connect_and_post(
    target: &Target,
    hosts: &[String],
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, String> {
    let address = resolve(target, hosts).await?;
    let failed = |error: io::Error| format!("{} can't be reached: {error}", target.authority);
    let stream = TcpStream::connect(address).await.map_err(failed)?;
    if !target.tls {
        return over(stream, target, headers, body).await;
    }
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| format!("{} is no name of a certificate", target.host))?;
    let stream = TlsConnector::from(tls()?).connect(name, stream).await.map_err(failed)?;
    over(stream, target, headers, body).await
}

async fn resolve(target: &Target, hosts: &[String]) -> Result<SocketAddr, String> {
    if let Ok(address) = target.host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, target.port));
    }
    let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
    let mut found = found.map_err(|error| format!("{} can't be found: {error}", target.host))?;
    found
        .find(|address| may_reach(address.ip(), hosts))
        .ok_or_else(|| format!("{} has no public address; list the address itself to allow it", target.host))
}

async fn over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, String> {
    let failed = |error: hyper::Error| format!("{} did not answer: {}", target.authority, root_of(&error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.target.parse().map_err(|_| "its path is none".to_owned())?;
    *request.headers_mut() = headers;
    let host = HeaderValue::from_str(&target.authority).map_err(|_| "its host is none".to_owned())?;
    request.headers_mut().insert(HOST, host);
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(failed);
    // Nobody reads the rest of the answer.
    connection.abort();
    answer.map(|answer| answer.status())
}

/// The system's authorities, read once.
fn tls() -> Result<Arc<rustls::ClientConfig>, String> {
    static CONFIG: OnceLock<Result<Arc<rustls::ClientConfig>, String>> = OnceLock::new();
    CONFIG.get_or_init(make_tls).clone()
}

fn make_tls() -> Result<Arc<rustls::ClientConfig>, String> {
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err("this machine has no certificates of authorities; install ca-certificates".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS can't be set up: {error}"))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
