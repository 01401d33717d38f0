//! One HTTP request to ClickHouse: a connection of its own, bounded in time and in what is read.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::error::Error;

/// Until a connection is there, TLS included.
const CONNECT: Duration = Duration::from_secs(3);
/// Until an answer is there.
const SEARCH: Duration = Duration::from_secs(30);
const INSERT: Duration = Duration::from_secs(120);
/// Of an answer, and of what an error says.
const MOST: usize = 128 << 20;
const SAID: usize = 300;

/// Which ClickHouse, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Of its HTTP interface.
    pub url: String,
    /// Letters, digits and `_` only.
    pub database: String,
    pub user: String,
    /// Empty: none.
    pub password: String,
    /// The platform's name, which its rows are told from others' by.
    pub platform: String,
}

/// Asks and tells one ClickHouse. Whether it is there shows with the first request.
#[derive(Debug)]
pub struct Client {
    pub(crate) settings: Settings,
    host: String,
    port: u16,
    tls: bool,
    /// What paths begin with.
    path: String,
    authority: HeaderValue,
    credentials: [HeaderValue; 2],
}

impl Client {
    /// # Errors
    /// The URL is none, or user and password can't be sent.
    pub fn new(settings: Settings) -> Result<Client, Error> {
        let wrong = || Error::Url(settings.url.clone());
        let uri: Uri = settings.url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        let tls = uri.scheme_str() == Some("https");
        let secret = |text: &str| -> Result<HeaderValue, Error> {
            let mut value = HeaderValue::from_str(text).or_else(|_| HeaderValue::from_bytes(text.as_bytes()));
            value.iter_mut().for_each(|value| value.set_sensitive(true));
            value.map_err(|_| Error::Credentials)
        };
        Ok(Client {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 8443 } else { 8123 }),
            tls,
            path: uri.path().trim_end_matches('/').to_owned(),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?,
            credentials: [secret(&settings.user)?, secret(&settings.password)?],
            settings,
        })
    }

    /// What was asked of it: where it is, and in which database.
    pub fn target(&self) -> String {
        format!("{} {}", self.settings.url, self.settings.database)
    }

    /// Asks a question, all of the answer at once: an error behind the first rows would look like rows.
    pub(crate) async fn ask(&self, sql: String) -> Result<Bytes, Error> {
        let query = format!(
            "database={}&wait_end_of_query=1&max_execution_time={}",
            self.settings.database,
            SEARCH.as_secs()
        );
        self.post(&query, sql.into(), SEARCH).await
    }

    /// Has something done outside of any database.
    pub(crate) async fn order(&self, sql: String) -> Result<(), Error> {
        self.post("wait_end_of_query=1", sql.into(), SEARCH).await.map(drop)
    }

    /// Sends rows. While one of this id is under way, ClickHouse refuses another one.
    pub(crate) async fn send(&self, sql: &str, rows: Vec<u8>, id: &str) -> Result<(), Error> {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let query = format!(
            "database={}&wait_end_of_query=1&query_id={}&query={}",
            self.settings.database,
            encoded(id),
            encoded(sql)
        );
        self.post(&query, rows.into(), INSERT).await.map(drop)
    }

    async fn post(&self, query: &str, body: Bytes, within: Duration) -> Result<Bytes, Error> {
        let late = |within| Error::TimedOut { host: self.host.clone(), within };
        let stream = timeout(CONNECT, TcpStream::connect((self.host.as_str(), self.port))).await;
        let stream = stream.map_err(|_| late(CONNECT))?.map_err(|source| self.unreachable(source))?;
        let request = self.request(query, body)?;
        if !self.tls {
            return timeout(within, self.over(stream, request)).await.map_err(|_| late(within))?;
        }
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| Error::Tls(format!("{} is no name of a certificate", self.host)))?;
        let connecting = TlsConnector::from(trusting()?).connect(name, stream);
        let stream = timeout(CONNECT, connecting).await;
        let stream = stream.map_err(|_| late(CONNECT))?.map_err(|source| self.unreachable(source))?;
        timeout(within, self.over(stream, request)).await.map_err(|_| late(within))?
    }

    fn unreachable(&self, source: std::io::Error) -> Error {
        Error::Connect { host: format!("{}:{}", self.host, self.port), source }
    }

    fn request(&self, query: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Error> {
        let [user, key] = ["x-clickhouse-user", "x-clickhouse-key"].map(HeaderName::from_static);
        let [name, password] = self.credentials.clone();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/?{query}", self.path))
            .header(HOST, self.authority.clone())
            .header(user, name)
            .header(key, password)
            .body(Full::new(body));
        request.map_err(|_| Error::Url(self.settings.url.clone()))
    }

    async fn over(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<Bytes, Error> {
        let broken = |source| Error::Http { host: self.host.clone(), source };
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Aborted when it is dropped, so that a request that nobody waits for any more ends.
        let mut connections = tokio::task::JoinSet::new();
        connections.spawn(connection);
        let answer = sender.send_request(request).await.map_err(broken)?;
        read(answer, &self.host).await
    }
}

/// All of an answer, or what an error says.
async fn read(answer: Response<Incoming>, host: &str) -> Result<Bytes, Error> {
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MOST).collect().await;
    let body = match body {
        Ok(body) => body.to_bytes(),
        Err(error) => match error.downcast::<hyper::Error>() {
            Ok(source) => return Err(Error::Http { host: host.to_owned(), source: *source }),
            Err(_) => return Err(Error::TooLarge(MOST)),
        },
    };
    if status.is_success() {
        return Ok(body);
    }
    let said = String::from_utf8_lossy(&body[..body.len().min(4 * SAID)]).into_owned();
    let said = said.split(", e.what()").next().unwrap_or_default();
    let said =
        said.replace("e.displayText() = ", "").chars().filter(|c| !c.is_control()).take(SAID).collect();
    Err(Error::Refused { status: status.as_u16(), said })
}

/// The system's authorities, read once.
fn trusting() -> Result<Arc<rustls::ClientConfig>, Error> {
    static TRUSTED: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    if let Some(config) = TRUSTED.get() {
        return Ok(config.clone());
    }
    let mut roots = rustls::RootCertStore::empty();
    if roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs).0 == 0 {
        return Err(Error::Tls("no authority is trusted here; install ca-certificates".to_owned()));
    }
    let config = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TRUSTED.get_or_init(|| Arc::new(config)).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> Settings {
        let text = |text: &str| text.to_owned();
        Settings {
            url: text(url),
            database: text("naru"),
            user: text("default"),
            password: String::new(),
            platform: text("portal"),
        }
    }

    #[test]
    fn a_url_says_where_it_is() {
        let client = Client::new(settings("https://[::1]/clickhouse/")).unwrap();
        assert_eq!((client.host.as_str(), client.port, client.tls), ("::1", 8443, true));
        assert_eq!(client.request("a=b", Bytes::new()).unwrap().uri(), "/clickhouse/?a=b");
        let client = Client::new(settings("http://10.0.0.5:18123")).unwrap();
        assert_eq!((client.host.as_str(), client.port, client.tls), ("10.0.0.5", 18123, false));
        assert!(Client::new(settings("/only/a/path")).is_err());
        assert!(Client::new(Settings { password: "a\nb".to_owned(), ..settings("http://a") }).is_err());
    }

    #[test]
    fn a_password_is_in_no_debug_output() {
        let client = Client::new(settings("http://a")).unwrap();
        let request = client.request("", Bytes::new()).unwrap();
        assert!(format!("{:?}", request.headers()).contains("Sensitive"));
    }
}
