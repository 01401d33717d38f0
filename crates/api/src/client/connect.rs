//! Where a server is, and one connection to it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Error;
use crate::socket::{SOCKET_NAME, ShortPath};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Where systems keep the issuers that they trust, unless `SSL_CERT_FILE` names another file.
const TRUSTED_ISSUERS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Where a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Socket(PathBuf),
    Remote {
        tls: bool,
        host: String,
        port: u16,
        /// A PEM file of trusted issuers; the system's without one.
        issuers: Option<PathBuf>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Socket(path) => write!(f, "{}", path.display()),
            Place::Remote { tls, .. } => {
                write!(f, "{}://{}", if *tls { "https" } else { "http" }, self.authority())
            }
        }
    }
}

impl Place {
    pub(super) fn socket_in(state_dir: &Path) -> Place {
        Place::Socket(state_dir.join(SOCKET_NAME))
    }

    pub(super) fn url(url: &str, issuers: Option<&Path>) -> Result<Place, Error> {
        let bad = || Error::BadUrl(url.to_owned());
        let uri: http::Uri = url.parse().map_err(|_| bad())?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(bad()),
        };
        let plain = uri.path() == "/" && uri.query().is_none();
        let authority = uri.authority().filter(|authority| plain && !authority.as_str().contains('@'));
        let host =
            authority.map(|authority| authority.host()).filter(|host| !host.is_empty()).ok_or_else(bad)?;
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let (host, issuers) = (host.trim_matches(['[', ']']).to_owned(), issuers.map(Path::to_owned));
        Ok(Place::Remote { tls, host, port, issuers })
    }

    /// What the `Host` header says.
    pub(super) fn authority(&self) -> String {
        match self {
            Place::Socket(_) => "naru".to_owned(),
            Place::Remote { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
            Place::Remote { host, port, .. } => format!("{host}:{port}"),
        }
    }

    pub(super) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Error> {
        match self {
            Place::Socket(path) => {
                let stream = open_socket(path).await.map_err(|source| self.no_socket(path, source))?;
                self.begin(stream).await
            }
            Place::Remote { tls, host, port, issuers } => {
                let dial = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect((host.as_str(), *port)));
                let dialled = dial.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
                let unreachable = |source| Error::Unreachable { place: self.clone(), source };
                let stream = dialled.map_err(unreachable)?;
                if !tls {
                    return self.begin(stream).await;
                }
                let failed = |source| Error::Tls { place: self.clone(), source };
                let secured = tokio::time::timeout(
                    CONNECT_TIMEOUT,
                    secure(host, stream, trusted_issuers(issuers.as_deref()).map_err(failed)?),
                );
                let secured = secured.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
                self.begin(secured.map_err(failed)?).await
            }
        }
    }

    fn no_socket(&self, path: &Path, source: io::Error) -> Error {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::NoSocket { path },
            io::ErrorKind::ConnectionRefused => Error::DeadSocket { path },
            io::ErrorKind::PermissionDenied => Error::Forbidden { path },
            _ => Error::Unreachable { place: self.clone(), source },
        }
    }

    async fn begin<S>(&self, stream: S) -> Result<SendRequest<Full<Bytes>>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let broken = |source: hyper::Error| Error::Broken { place: self.clone(), source: source.into() };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the answer's body; what breaks it is told to whoever reads that.
        tokio::spawn(connection);
        Ok(sender)
    }
}

async fn open_socket(path: &Path) -> io::Result<UnixStream> {
    let short = ShortPath::of(path)?;
    let dial = tokio::time::timeout(CONNECT_TIMEOUT, UnixStream::connect(short.path()));
    dial.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn secure(host: &str, stream: TcpStream, trusted: RootCertStore) -> io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The issuers in the file that is named, in the one that `SSL_CERT_FILE` names, or in the system's.
fn trusted_issuers(named: Option<&Path>) -> io::Result<RootCertStore> {
    let given = named.map(Path::to_owned).or_else(|| std::env::var_os("SSL_CERT_FILE").map(PathBuf::from));
    let known = || TRUSTED_ISSUERS.iter().map(PathBuf::from).find(|path| path.exists());
    let none = || io::Error::other("this machine has no file of trusted issuers; name one in SSL_CERT_FILE");
    issuers_in(&given.or_else(known).ok_or_else(none)?)
}

fn issuers_in(file: &Path) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // One that can't be read is an issuer not trusted; the rest still are.
    for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)?.flatten() {
        let _ = roots.add(certificate);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_address_is_a_scheme_a_host_and_a_port() {
        let place = |url: &str| Place::url(url, None).map(|place| place.to_string()).ok();
        assert_eq!(place("http://10.0.0.1:9090").as_deref(), Some("http://10.0.0.1:9090"));
        assert_eq!(place("https://naru.example.go.kr/").as_deref(), Some("https://naru.example.go.kr:443"));
        assert_eq!(place("http://[::1]:9090").as_deref(), Some("http://[::1]:9090"));
        for bad in ["", "10.0.0.1:9090", "ftp://h:1", "http://", "http://h:1/path", "http://u:p@h:1", "/tmp"]
        {
            assert!(Place::url(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_way_in_which_a_socket_fails_has_its_message() {
        let path = Path::new("/srv/naru/naru.sock");
        let place = Place::Socket(path.to_owned());
        let message = |kind: io::ErrorKind| place.no_socket(path, kind.into()).to_string();
        assert!(message(io::ErrorKind::NotFound).starts_with(
            "no server answers on /srv/naru/naru.sock; start one with `naru up`, or point --state or --server"
        ));
        assert!(message(io::ErrorKind::ConnectionRefused).contains("the server that made it has ended"));
        assert!(message(io::ErrorKind::PermissionDenied).contains("may not be opened by this user"));
        assert!(message(io::ErrorKind::TimedOut).contains("timed out"));
    }

    #[tokio::test]
    async fn tls_is_spoken_with_a_server_whose_issuer_is_trusted_and_with_no_other() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("issuers.pem");
        std::fs::write(&file, made.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = acceptor.accept(stream).await;
            }
        });
        let dial = async || TcpStream::connect(address).await.unwrap();
        let trusted = issuers_in(&file).unwrap();
        assert!(secure("localhost", dial().await, trusted.clone()).await.is_ok());
        assert!(secure("other.example.go.kr", dial().await, trusted).await.is_err());
        assert!(secure("localhost", dial().await, RootCertStore::empty()).await.is_err());
    }
}
