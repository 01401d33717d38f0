//! The API over real sockets, with a platform behind it that is made up.

mod access;
mod alerts;
mod apis;
mod assessments;
mod client;
mod clients;
mod console;
mod document;
mod fake;
mod figures;
mod follow;
mod jobs;
mod managed;
mod metrics;
mod paths;
mod reports;
mod session;
mod sockets;
mod traces;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::auth::Token;
use crate::client::Client;
use crate::console::ConsoleFile;
use crate::listen::{self, Log, Tcp};
use crate::socket;
use crate::tls::Certificate;
use fake::Fake;

const TOKEN: &str = "s3cret";
const JSON: &str = "content-type: application/json\r\n";

/// A console of two files; what they hold is as good as compressed to the API.
const FILES: [ConsoleFile; 2] = [
    ConsoleFile {
        path: "assets/index-1.js",
        media_type: "text/javascript; charset=utf-8",
        gzip: b"squeezed script",
        etag: "\"a1\"",
        immutable: true,
    },
    ConsoleFile {
        path: "index.html",
        media_type: "text/html; charset=utf-8",
        gzip: b"squeezed page",
        etag: "\"b2\"",
        immutable: false,
    },
];

/// A fake platform whose API answers on both kinds of socket.
struct Served {
    fake: Arc<Fake>,
    folder: tempfile::TempDir,
    address: std::net::SocketAddr,
    /// What the API said to the server's log.
    said: Arc<Mutex<Vec<String>>>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
}

impl Served {
    async fn start() -> Served {
        Served::start_with(None).await
    }

    async fn start_with(tls: Option<Certificate>) -> Served {
        let console: Arc<[ConsoleFile]> = FILES.into();
        let fake = Arc::new(Fake::new());
        let folder = tempfile::tempdir().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = watch::channel(false);
        let log: Log = {
            let said = said.clone();
            Arc::new(move |line| said.lock().unwrap().push(line.to_owned()))
        };
        let unix = socket::bind(&folder.path().join(socket::SOCKET_NAME)).unwrap();
        let tcp = listen::bind_tcp("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let token = Token::new(TOKEN).unwrap();
        let listeners = vec![
            tokio::spawn(listen::serve_unix(unix, fake.clone(), log.clone(), stopped.clone())),
            tokio::spawn(listen::serve_tcp(tcp, fake.clone(), Tcp { token, console, tls }, log, stopped)),
        ];
        Served { fake, folder, address, said, stop, listeners }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join(socket::SOCKET_NAME)
    }

    fn local(&self) -> Client {
        Client::local(self.folder.path())
    }

    fn remote(&self, token: Option<&str>) -> Client {
        Client::remote(&format!("http://{}", self.address), token, None).unwrap()
    }

    /// Sends bytes on the Unix socket and reads the one answer.
    async fn send(&self, request: &str) -> Answer {
        exchange(UnixStream::connect(self.socket()).await.unwrap(), request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: naru\r\nconnection: close\r\n\r\n")).await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(&post(path, "content-type: application/json\r\n", body)).await
    }

    /// The same over TCP, with these headers.
    async fn get_remote(&self, path: &str, headers: &str) -> Answer {
        self.ask("GET", path, headers, "").await
    }

    /// Asks anything over TCP.
    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: naru\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        exchange(stream, &request).await
    }
}

/// `Authorization: Bearer ...`
fn shows(secret: &str) -> String {
    format!("authorization: Bearer {secret}\r\n")
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: naru\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

struct Answer {
    status: u16,
    /// The header fields in lower case, one a line.
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    /// The status and the detail of a problem document.
    fn problem(&self) -> (u16, String) {
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["type"].as_str().unwrap().starts_with("urn:naru:problem:"), "{problem}");
        (self.status, problem["detail"].as_str().unwrap().to_owned())
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, request: &str) -> Answer {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}
