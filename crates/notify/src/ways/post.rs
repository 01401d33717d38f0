//! One HTTP request to whoever the file names. Redirects are not followed, and of the answer only its beginning is read.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// All of a send: name, connection, TLS, answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Of the answer, what is read at most, and what of it an error tells.
const MOST_READ: usize = 16 * 1024;
const TOLD: usize = 120;

/// Sends, and wants a status below 300.
///
/// # Errors
/// Why it has not arrived; of the URL the host alone is said.
pub(crate) async fn request(
    method: Method,
    url: &str,
    headers: HeaderMap,
    body: String,
) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "the URL is none".to_owned())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let sent = tokio::time::timeout(TIMEOUT, connect_and_send(method, &uri, &host, headers, body)).await;
    sent.unwrap_or_else(|_| Err(format!("{host} did not answer within {}s", TIMEOUT.as_secs())))
}

async fn connect_and_send(
    method: Method,
    uri: &Uri,
    host: &str,
    headers: HeaderMap,
    body: String,
) -> Result<(), String> {
    let tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let failed = |error: io::Error| format!("{host} can't be reached: {error}");
    let stream = TcpStream::connect((host, port)).await.map_err(failed)?;
    let request = request_of(method, uri, headers, body)?;
    if !tls {
        return over(stream, host, request).await;
    }
    let name =
        ServerName::try_from(host.to_owned()).map_err(|_| format!("{host} is no name of a certificate"))?;
    let stream = TlsConnector::from(authorities()?).connect(name, stream).await.map_err(failed)?;
    over(stream, host, request).await
}

fn request_of(
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: String,
) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().map_err(|_| "the URL's path is none".to_owned())?;
    *request.headers_mut() = headers;
    let authority = uri.authority().map(|of| of.as_str()).unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = HeaderValue::from_str(authority).map_err(|_| "the URL's host is none".to_owned())?;
    request.headers_mut().insert(HOST, host);
    Ok(request)
}

async fn over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    request: Request<Full<Bytes>>,
) -> Result<(), String> {
    let failed = |error: hyper::Error| format!("{host} did not answer: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(failed);
    let told = match answer {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MOST_READ).collect().await;
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let said: String =
                String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(TOLD).collect();
            Err(format!("{host} answered {}: {said}", status.as_u16()).trim_end_matches(": ").to_owned())
        }
        Err(error) => Err(error),
    };
    connection.abort();
    told
}

/// The system's authorities, read once.
fn authorities() -> Result<Arc<rustls::ClientConfig>, String> {
    static CONFIG: OnceLock<Result<Arc<rustls::ClientConfig>, String>> = OnceLock::new();
    let made = CONFIG.get_or_init(|| {
        let mut roots = rustls::RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            return Err("this machine has no certificates of authorities; install ca-certificates".to_owned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions =
            rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = versions.map_err(|error| format!("TLS can't be set up: {error}"))?;
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    });
    made.clone()
}
