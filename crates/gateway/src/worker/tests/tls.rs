//! TLS in front: the right certificate, the right protocol, new files without a new connection refused.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use naru_model::platform::{Certificate, Protocol};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::harness::*;

/// Writes a certificate for `name`, and returns it.
fn issue(folder: &Path, file: &str, name: &str) -> (Certificate, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let files =
        Certificate { cert: folder.join(format!("{file}.crt")), key: folder.join(format!("{file}.key")) };
    std::fs::write(&files.cert, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    (files, cert.der().clone())
}

async fn connect(
    gateway: &Gateway,
    name: &str,
    trusted: &CertificateDer<'static>,
    alpn: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let tcp = TcpStream::connect(gateway.tls_address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

#[tokio::test]
async fn the_certificate_is_the_one_for_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let (first, first_der) = issue(folder.path(), "a", "a.example.kr");
    let (second, second_der) = issue(folder.path(), "b", "b.example.kr");
    let mut routing = routing();
    routing.certificates = vec![first, second];
    let gateway = Gateway::with(routing, &[], Protocol::Http1);
    connect(&gateway, "a.example.kr", &first_der, b"http/1.1").await.unwrap();
    connect(&gateway, "b.example.kr", &second_der, b"http/1.1").await.unwrap();
    // Who asks for another gets the first, which is not for it.
    connect(&gateway, "c.example.kr", &second_der, b"http/1.1").await.unwrap_err();
}

#[tokio::test]
async fn both_protocols_are_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let (files, der) = issue(folder.path(), "a", "a.kr");
    let upstream = Upstream::listen();
    let mut routing = routing();
    routing.certificates = vec![files];
    let gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    std::thread::spawn(move || {
        for _ in 0..2 {
            let mut endpoint = upstream.accept();
            assert_eq!(field(&endpoint.head(), "x-forwarded-proto"), Some("https"));
            endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        }
    });
    let mut tls = connect(&gateway, "a.kr", &der, b"http/1.1").await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
    tls.write_all(b"GET / HTTP/1.1\r\nHost: a.kr\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    tls.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hi"), "{answer}");

    let tls = connect(&gateway, "a.kr", &der, b"h2").await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut client, connection) = h2::client::handshake(tls).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::builder().uri("https://a.kr/").body(()).unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    assert_eq!(answer.await.unwrap().into_body().data().await.unwrap().unwrap(), "hi");
}

#[tokio::test]
async fn changed_files_are_used_and_broken_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = issue(folder.path(), "a", "a.kr");
    let mut routing = routing();
    routing.certificates = vec![files.clone()];
    let gateway = Gateway::with(routing, &[], Protocol::Http1);
    let (_, newer) = issue(folder.path(), "a", "a.kr");
    let start = Instant::now();
    while connect(&gateway, "a.kr", &newer, b"http/1.1").await.is_err() {
        assert!(start.elapsed() < PATIENCE, "the new certificate is not used");
    }
    std::fs::write(&files.cert, "no certificate").unwrap();
    let broken = Instant::now();
    // Longer than it takes to look at the files again.
    while broken.elapsed() < Duration::from_millis(1200) {
        connect(&gateway, "a.kr", &newer, b"http/1.1").await.unwrap();
    }
}
