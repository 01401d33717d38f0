//! The sockets themselves.

use std::os::unix::fs::PermissionsExt;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::{Served, TOKEN};
use crate::client::Client;
use crate::listen;
use crate::socket::{self, SOCKET_NAME};

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_replaces_a_dead_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(SOCKET_NAME);
    drop(socket::bind(&path).unwrap());
    assert!(path.exists(), "a killed server leaves its socket");
    let listener = socket::bind(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (connected, accepted) = tokio::join!(UnixStream::connect(&path), listener.accept());
    assert!(connected.is_ok() && accepted.is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_state_folder_may_lie_deeper_than_a_sockets_address_is_long() {
    let served = Served::start().await;
    let deep = served.folder.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let listener = socket::bind(&deep.join(SOCKET_NAME)).unwrap();
    let stop = served.stop.subscribe();
    tokio::spawn(listen::serve_unix(listener, served.fake.clone(), std::sync::Arc::new(|_| {}), stop));
    assert_eq!(Client::local(&deep).status().await.unwrap().platform, "public-portal");
}

#[tokio::test]
async fn a_folder_or_an_address_that_can_not_be_had_is_named() {
    let missing = socket::bind(std::path::Path::new("/nonexistent/naru.sock")).unwrap_err().to_string();
    assert!(missing.starts_with("could not listen on /nonexistent/naru.sock: No such file"), "{missing}");
    let served = Served::start().await;
    let taken = listen::bind_tcp(&served.address.to_string()).await.unwrap_err().to_string();
    assert!(taken.contains("in use") && taken.ends_with("give another with --console"), "{taken}");
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let served = Served::start().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    for _ in 0..3 {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: naru\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        while !answer.ends_with("\"reasons\":[]}") {
            let mut part = [0; 1024];
            let len = stream.read(&mut part).await.unwrap();
            assert!(len > 0, "closed after {answer:?}");
            answer.push_str(std::str::from_utf8(&part[..len]).unwrap());
        }
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let served = Served::start().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /v1/status HTTP/1.1\r\nhost: ").await.unwrap();
    // Time now passes whenever nothing else can happen.
    tokio::time::pause();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}
