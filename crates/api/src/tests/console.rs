//! The console's files, and TLS.

use tokio::net::TcpStream;

use super::{Served, TOKEN, exchange};
use crate::client::Client;
use crate::tls::{Certificate, Error};

const GZIP: &str = "accept-encoding: gzip, deflate, br\r\n";

#[tokio::test]
async fn the_page_and_its_files_are_open_compressed_and_cached() {
    let served = Served::start().await;
    let page = served.get_remote("/", GZIP).await;
    assert_eq!((page.status, page.body.as_str()), (200, "squeezed page"));
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-encoding: gzip",
        "cache-control: no-cache",
        "etag: \"b2\"",
        "vary: accept-encoding",
        "content-security-policy: default-src 'self';",
        "frame-ancestors 'none'",
        "x-frame-options: deny",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(page.head.contains(header), "{header}: {}", page.head);
    }
    let script = served.get_remote("/assets/index-1.js", GZIP).await;
    assert_eq!((script.status, script.body.as_str()), (200, "squeezed script"));
    assert!(script.head.contains("cache-control: public, max-age=31536000, immutable"), "{}", script.head);
    let head = served.ask("HEAD", "/", GZIP, "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn what_a_browser_has_already_is_not_sent_again() {
    let served = Served::start().await;
    for known in ["\"b2\"", "W/\"b2\"", "\"x\", \"b2\"", "*"] {
        let answer = served.get_remote("/", &format!("{GZIP}if-none-match: {known}\r\n")).await;
        assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{known}");
        assert!(answer.head.contains("etag: \"b2\""));
    }
    assert_eq!(served.get_remote("/", &format!("{GZIP}if-none-match: \"a1\"\r\n")).await.status, 200);
    let plain = served.get_remote("/", "accept-encoding: identity\r\n").await;
    assert_eq!(plain.problem().0, 406);
}

#[tokio::test]
async fn a_typed_address_leads_to_the_page_and_the_api_stays_closed() {
    let served = Served::start().await;
    let html = format!("{GZIP}accept: text/html,application/xhtml+xml\r\n");
    assert_eq!(served.get_remote("/services/booking", &html).await.body, "squeezed page");
    assert_eq!(served.get_remote("/services/booking", GZIP).await.problem().0, 401);
    for api in ["/v1/status", "/v1/nowhere", "/v1", "/metrics"] {
        assert_eq!(served.get_remote(api, &html).await.problem().0, 401, "{api}");
    }
    assert_eq!(served.ask("POST", "/", &html, "").await.problem().0, 401);
    // The Unix socket has no console.
    assert_eq!(served.get("/").await.problem().0, 404);
}

/// A certificate for `localhost` in two files.
fn files(folder: &std::path::Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (cert, key)
}

#[tokio::test]
async fn over_tls_the_client_trusts_the_file_it_is_given_and_the_cookie_is_for_tls_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = files(folder.path());
    let served = Served::start_with(Some(Certificate::load(&cert, &key).unwrap())).await;
    let url = format!("https://localhost:{}", served.address.port());
    let client = Client::remote(&url, Some(TOKEN), Some(&cert)).unwrap();
    assert_eq!(client.status().await.unwrap().platform, "public-portal");
    let elsewhere = tempfile::tempdir().unwrap();
    let (other, _) = files(elsewhere.path());
    let stranger = Client::remote(&url, Some(TOKEN), Some(&other)).unwrap();
    let refused = stranger.status().await.unwrap_err().to_string();
    assert!(refused.starts_with(&format!("the TLS connection to {url} failed")), "{refused}");
    // Plain HTTP gets no answer of HTTP.
    let mut plain = TcpStream::connect(served.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut plain, b"GET / HTTP/1.1\r\nhost: naru\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut said).await;
    assert!(!said.starts_with(b"HTTP"));

    let body = format!("{{\"token\": \"{TOKEN}\"}}");
    let length = body.len();
    let request = format!(
        "POST /v1/session HTTP/1.1\r\nhost: naru\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let answer = exchange(secured(&served, &cert).await, &request).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("; httponly; samesite=strict; secure"), "{}", answer.head);
}

async fn secured(served: &Served, cert: &std::path::Path) -> tokio_rustls::client::TlsStream<TcpStream> {
    use rustls::pki_types::pem::PemObject;
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(rustls::pki_types::CertificateDer::from_pem_file(cert).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let stream = TcpStream::connect(served.address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    connector.connect("localhost".try_into().unwrap(), stream).await.unwrap()
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = files(folder.path());
    let served = Served::start_with(Some(Certificate::load(&cert, &key).unwrap())).await;
    drop(secured(&served, &cert).await);
    std::fs::write(&cert, "no certificate").unwrap();
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    tokio::time::resume();
    let url = format!("https://localhost:{}", served.address.port());
    let (cert, _) = files(folder.path());
    let renewed = Client::remote(&url, Some(TOKEN), Some(&cert)).unwrap();
    // The files are looked at again only after a while.
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    tokio::time::resume();
    assert_eq!(renewed.status().await.unwrap().platform, "public-portal");
}

#[tokio::test]
async fn a_certificate_that_can_not_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = files(folder.path());
    let missing = folder.path().join("missing.pem");
    let said = |result: Result<Certificate, Error>| result.unwrap_err().to_string();
    assert!(said(Certificate::load(&missing, &key)).contains("missing.pem: No such file"));
    assert!(said(Certificate::load(&key, &key)).contains("key.pem holds no certificate"));
    assert!(said(Certificate::load(&cert, &cert)).contains("cert.pem is no PEM file of the kind"));
    let other = folder.path().join("other.pem");
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&other, stranger.signing_key.serialize_pem()).unwrap();
    assert!(said(Certificate::load(&cert, &other)).contains("make no usable certificate"));
}
