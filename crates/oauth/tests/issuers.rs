//! Outside issuers over real HTTP and TLS: found, fetched, kept over outages and restarts.

#![expect(clippy::unwrap_used, reason = "functions between the tests, of which clippy does not know")]

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use naru_model::client::Issuer;
use naru_model::snapshot::TrustedIssuer;
use naru_model::units::Timestamp;
use naru_oauth::Issuers;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

const KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"KID"}"#;

fn keys(kid: &str) -> Value {
    json!({ "keys": [serde_json::from_str::<Value>(&KEY.replace("KID", kid)).unwrap()] })
}

/// What the outside issuer says, changed by tests while it runs.
struct Outside {
    /// By path; what is not here is answered with 404.
    says: Mutex<Vec<(String, Value)>>,
    asked: mpsc::UnboundedSender<(String, StatusCode)>,
}

impl Outside {
    fn say(&self, path: &str, what: Value) {
        let mut says = self.says.lock().unwrap();
        says.retain(|(known, _)| known != path);
        says.push((path.to_owned(), what));
    }

    fn forget(&self) {
        self.says.lock().unwrap().clear();
    }
}

async fn answer(State(outside): State<Arc<Outside>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let said =
        outside.says.lock().unwrap().iter().find(|(known, _)| *known == path).map(|(_, what)| what.clone());
    let etag = said.as_ref().map(|what| format!("\"{}\"", what.to_string().len()));
    let known =
        request.headers().get("if-none-match").and_then(|known| known.to_str().ok()).map(str::to_owned);
    let response = match said {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(_) if known.is_some() && known == etag => StatusCode::NOT_MODIFIED.into_response(),
        Some(what) => ([("etag", etag.unwrap_or_default())], what.to_string()).into_response(),
    };
    let _ = outside.asked.send((path, response.status()));
    response
}

/// Answers at the URL until the test ends; what it is asked comes out of the channel.
async fn outside() -> (String, Arc<Outside>, mpsc::UnboundedReceiver<(String, StatusCode)>) {
    let (sender, asked) = mpsc::unbounded_channel();
    let outside = Arc::new(Outside { says: Mutex::default(), asked: sender });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(outside.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, outside, asked)
}

fn issuer(name: &str, jwks: Option<String>) -> Issuer {
    Issuer {
        issuer: name.to_owned(),
        jwks,
        audience: vec!["portal".to_owned()],
        client_claim: None,
        unknown_clients: true,
        leeway: Issuer::LEEWAY,
    }
}

struct Started {
    issuers: Issuers,
    told: watch::Receiver<Arc<Vec<TrustedIssuer>>>,
    clock: Arc<AtomicU64>,
    logged: mpsc::UnboundedReceiver<String>,
}

fn start(folder: &Path, wanted: Vec<Issuer>) -> Started {
    let clock = Arc::new(AtomicU64::new(1_000));
    let (log, logged) = mpsc::unbounded_channel();
    let now = clock.clone();
    let issuers = Issuers::start(
        folder.to_owned(),
        wanted,
        Arc::new(move || Timestamp(now.load(Ordering::Relaxed) * 1_000_000)),
        Arc::new(move |line| drop(log.send(line.to_owned()))),
    );
    let told = issuers.subscribe();
    Started { issuers, told, clock, logged }
}

impl Started {
    /// Waits until the first issuer's keys hold this.
    async fn until_keys_hold(&mut self, text: &str) {
        let holds = |told: &Arc<Vec<TrustedIssuer>>| told.first().is_some_and(|one| one.jwks.contains(text));
        let waited = tokio::time::timeout(Duration::from_secs(20), self.told.wait_for(holds)).await;
        assert!(waited.is_ok_and(|told| told.is_ok()), "never {text}: {:?}", self.told.borrow());
    }

    async fn line(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(20), self.logged.recv()).await.unwrap().unwrap()
    }
}

async fn next(asked: &mut mpsc::UnboundedReceiver<(String, StatusCode)>) -> (String, u16) {
    let (path, status) = tokio::time::timeout(Duration::from_secs(20), asked.recv()).await.unwrap().unwrap();
    (path, status.as_u16())
}

#[tokio::test]
async fn keys_are_found_by_discovery_and_a_new_one_when_somebody_shows_it() {
    let folder = TempDir::new().unwrap();
    let (url, outside, mut asked) = outside().await;
    let realm = format!("{url}/realms/portal");
    let metadata = json!({ "issuer": realm, "jwks_uri": format!("{url}/keys") });
    outside.say("/realms/portal/.well-known/openid-configuration", metadata);
    outside.say("/keys", keys("first"));
    let mut started = start(folder.path(), vec![issuer(&realm, None)]);
    started.until_keys_hold("first").await;
    assert!(!started.told.borrow()[0].own);
    assert_eq!(next(&mut asked).await.0, "/realms/portal/.well-known/openid-configuration");
    assert_eq!(next(&mut asked).await, ("/keys".to_owned(), 200));

    // A minute later somebody shows a token with an unknown key; nothing is new, and so nothing is sent.
    started.clock.fetch_add(60, Ordering::Relaxed);
    started.issuers.unknown_key("https://nobody.example");
    started.issuers.unknown_key(&realm);
    assert_eq!(next(&mut asked).await.1, 200);
    assert_eq!(next(&mut asked).await, ("/keys".to_owned(), 304));

    outside.say("/keys", keys("second-key"));
    started.clock.fetch_add(60, Ordering::Relaxed);
    started.issuers.unknown_key(&realm);
    started.until_keys_hold("second-key").await;
}

#[tokio::test]
async fn the_last_keys_outlive_the_issuers_outage_and_our_restart() {
    let folder = TempDir::new().unwrap();
    let (url, outside, _asked) = outside().await;
    outside.say("/keys", keys("first"));
    let wanted = vec![issuer("https://issuer.example", Some(format!("{url}/keys")))];
    let mut started = start(folder.path(), wanted.clone());
    started.until_keys_hold("first").await;

    outside.forget();
    started.clock.fetch_add(600, Ordering::Relaxed);
    started.issuers.unknown_key("https://issuer.example");
    let line = started.line().await;
    assert!(line.contains("404") && line.contains("the last ones stay"), "{line}");
    assert!(started.told.borrow()[0].jwks.contains("first"));

    // The next server has them before it has asked anybody.
    drop(started);
    let mut started = start(folder.path(), wanted);
    assert!(started.told.borrow()[0].jwks.contains("first"));
    assert!(started.line().await.contains("the last ones stay"));

    // What is no key set is no answer either.
    for bad in [
        json!({ "keys": [] }),
        json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }),
        json!("x".repeat(300_000)),
    ] {
        outside.say("/keys", bad);
        started.clock.fetch_add(60, Ordering::Relaxed);
        started.issuers.unknown_key("https://issuer.example");
        let line = started.line().await;
        assert!(line.contains("the last ones stay"), "{line}");
    }
    assert!(started.told.borrow()[0].jwks.contains("first"));
    outside.say("/keys", keys("back-again"));
    started.clock.fetch_add(60, Ordering::Relaxed);
    started.issuers.unknown_key("https://issuer.example");
    started.until_keys_hold("back-again").await;
}

#[tokio::test]
async fn metadata_of_rfc_8414_is_taken_where_there_is_no_other_and_never_another_issuers() {
    let folder = TempDir::new().unwrap();
    let (url, outside, _asked) = outside().await;
    let realm = format!("{url}/a");
    let place = "/.well-known/oauth-authorization-server/a";
    outside.say(place, json!({ "issuer": format!("{url}/b"), "jwks_uri": format!("{url}/keys") }));
    outside.say("/keys", keys("first"));
    let mut started = start(folder.path(), vec![issuer(&realm, None)]);
    let line = started.line().await;
    assert!(line.contains("says that it is of the issuer") && line.contains("no token of it"), "{line}");
    for (wrong, why) in [
        (json!({ "issuer": realm }), "jwks_uri"),
        (json!({ "issuer": realm, "jwks_uri": "ftp://a" }), "is no URL"),
        (json!({ "issuer": realm, "jwks_uri": "http://user@127.0.0.1/" }), "is no URL"),
        (json!([]), "issuer"),
    ] {
        outside.say(place, wrong);
        started.clock.fetch_add(60, Ordering::Relaxed);
        started.issuers.unknown_key(&realm);
        let line = started.line().await;
        assert!(line.contains(why), "{line}");
    }
    outside.say(place, json!({ "issuer": realm, "jwks_uri": format!("{url}/keys") }));
    started.clock.fetch_add(60, Ordering::Relaxed);
    started.issuers.unknown_key(&realm);
    started.until_keys_hold("first").await;
}

#[tokio::test]
async fn issuers_come_and_go_with_the_file() {
    let folder = TempDir::new().unwrap();
    let (url, outside, mut asked) = outside().await;
    outside.say("/a", keys("of-a"));
    outside.say("/b", keys("of-b"));
    let [a, b] =
        ["a", "b"].map(|name| issuer(&format!("https://{name}.example"), Some(format!("{url}/{name}"))));
    let mut started = start(folder.path(), vec![a.clone()]);
    started.until_keys_hold("of-a").await;
    next(&mut asked).await;
    started.issuers.set(vec![b.clone(), a.clone()]);
    started.until_keys_hold("of-b").await;
    assert_eq!(next(&mut asked).await.0, "/b");
    assert!(started.told.borrow()[1].jwks.contains("of-a"));
    started.issuers.set(vec![b]);
    started.told.wait_for(|told| told.len() == 1).await.unwrap();
    // Asked of nothing that is still there: what was kept has gone.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// `SSL_CERT_FILE` is of the whole process: this test runs itself again with it.
#[tokio::test]
async fn keys_are_fetched_over_tls_from_who_the_certificates_say_it_is() {
    const URL: &str = "NARU_TEST_ISSUER";
    if let Ok(url) = std::env::var(URL) {
        let folder = TempDir::new().unwrap();
        let mut started = start(folder.path(), vec![issuer("https://issuer.example", Some(url))]);
        if std::env::var_os("NARU_TEST_TRUSTED").is_some() {
            started.until_keys_hold("over-tls").await;
        } else {
            assert!(started.line().await.contains("can't be reached"));
        }
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut children = Vec::new();
    for trusted in [true, false] {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let file = folder.path().join(format!("{trusted}.pem"));
        std::fs::write(&file, if trusted { certified.cert.pem() } else { other.cert.pem() }).unwrap();
        let url = serve_tls(certified).await;
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["keys_are_fetched_over_tls_from_who_the_certificates_say_it_is", "--exact"]);
        child.env(URL, url).env("SSL_CERT_FILE", file);
        if trusted {
            child.env("NARU_TEST_TRUSTED", "yes");
        }
        children.push(tokio::task::spawn_blocking(move || child.output().unwrap()));
    }
    for child in children {
        let output = child.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
}

/// An issuer behind TLS, whose keys never change.
async fn serve_tls(certified: rcgen::CertifiedKey<rcgen::KeyPair>) -> String {
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()).into();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = keys("over-tls").to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}
