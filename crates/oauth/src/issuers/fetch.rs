//! One GET of a small document over HTTP or HTTPS.
//!
//! Bounded in time and size, and without following redirects: where keys are is written down, not found by the way.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ETAG, HOST, IF_NONE_MATCH, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::jwk::MAX_SET;

/// All of it: connection, TLS, answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where systems keep the issuers of certificates that they trust, unless `SSL_CERT_FILE` names another file.
const TRUSTED: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("{0:?} is no URL; write http:// or https://, a host and a path")]
    BadUrl(String),
    #[error("{url} can't be reached: {source}")]
    Unreachable {
        url: String,
        #[source]
        source: io::Error,
    },
    #[error("{url} did not answer as HTTP: {source}")]
    Broken {
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{url} answered {status}")]
    Status { url: String, status: StatusCode },
    #[error("{url} took longer than {} seconds", TIMEOUT.as_secs())]
    TimedOut { url: String },
}

#[derive(Debug)]
pub(super) enum Fetched {
    /// It is still what `etag` names.
    NotModified,
    Body {
        body: Bytes,
        etag: Option<String>,
    },
}

/// Gets a document, unless it is still the one of `etag`.
pub(super) async fn get(url: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
    let limit = tokio::time::timeout(TIMEOUT, get_unlimited(url, etag));
    limit.await.unwrap_or_else(|_| Err(FetchError::TimedOut { url: url.to_owned() }))
}

async fn get_unlimited(url: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
    let bad = || FetchError::BadUrl(url.to_owned());
    let unreachable = |source| FetchError::Unreachable { url: url.to_owned(), source };
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let tls = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(bad()),
    };
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(bad)?;
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let mut request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, authority.as_str())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("naru/", env!("CARGO_PKG_VERSION")));
    if let Some(etag) = etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let request = request.body(Empty::new()).map_err(|_| bad())?;
    let stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    if tls {
        let stream = secure(host, stream).await.map_err(unreachable)?;
        exchange(url, stream, request).await
    } else {
        exchange(url, stream, request).await
    }
}

async fn secure(host: &str, stream: TcpStream) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(trusted()?)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The system's issuers of certificates, or those of `SSL_CERT_FILE`. Read at each fetch: there are few, and the file may
/// change while we run for months.
fn trusted() -> io::Result<RootCertStore> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let known = || TRUSTED.iter().map(PathBuf::from).find(|path| path.exists());
    let none = || io::Error::other("this machine has no file of trusted issuers; name one in SSL_CERT_FILE");
    read_trusted(&named.or_else(known).ok_or_else(none)?)
}

fn read_trusted(file: &Path) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // One that can't be read is an issuer not trusted; the rest still are.
    for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)?.flatten() {
        let _ = roots.add(certificate);
    }
    Ok(roots)
}

async fn exchange<S>(url: &str, stream: S, request: Request<Empty<Bytes>>) -> Result<Fetched, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let url = || url.to_owned();
    let broken = |source: hyper::Error| FetchError::Broken { url: url(), source: source.into() };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let (answer, _) = tokio::join!(
        async {
            let response = sender.send_request(request).await.map_err(broken)?;
            drop(sender);
            match response.status() {
                StatusCode::NOT_MODIFIED => return Ok(Fetched::NotModified),
                StatusCode::OK => {}
                status => return Err(FetchError::Status { url: url(), status }),
            }
            let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            let body = Limited::new(response.into_body(), MAX_SET).collect().await;
            let body = body.map_err(|source| FetchError::Broken { url: url(), source })?.to_bytes();
            Ok(Fetched::Body { body, etag })
        },
        connection,
    );
    answer
}
