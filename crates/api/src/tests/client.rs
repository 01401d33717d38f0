//! The client against the API, and against what is none.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::fake::booking;
use super::{Served, TOKEN};
use crate::client::{Client, Error};
use crate::message::{CheckRequest, DeployRequest, EventsQuery, LogsQuery, UpgradeRequest};
use crate::socket::{self, SOCKET_NAME};

#[tokio::test]
async fn everything_can_be_asked_on_either_socket() {
    let served = Served::start().await;
    served.fake.say(Some("booking"), "scaled");
    for client in [served.local(), served.remote(Some(TOKEN))] {
        assert_eq!(client.status().await.unwrap().platform, "public-portal");
        assert_eq!(client.service(&booking()).await.unwrap().desired, 2);
        assert_eq!(client.revisions(&booking()).await.unwrap()[0].made_by, "minji");
        let wanted = EventsQuery { after: Some(0), service: Some(booking()), ..EventsQuery::default() };
        assert_eq!(client.events(&wanted).await.unwrap()[0].message, "scaled");
        let wanted = LogsQuery { instance: "booking-3-1".parse().ok(), ..LogsQuery::default() };
        assert_eq!(client.logs(&booking(), &wanted).await.unwrap().len(), 2);
        assert_eq!(client.deploy(&booking(), &DeployRequest::default()).await.unwrap().revision, 4);
        assert_eq!(client.rollback(&booking(), Some(1)).await.unwrap().revision, 1);
        assert_eq!(client.scale(&booking(), Some(5)).await.unwrap().desired, 5);
        let file = CheckRequest {
            text: "services: {}".to_owned(),
            path: "/srv/naru.yaml".into(),
            key_sets: Default::default(),
        };
        assert_eq!(client.check(&file).await.unwrap().changes.len(), 1);
        assert_eq!(
            client.upgrade(&UpgradeRequest { binary: "/opt/naru".into() }).await.unwrap().to_version,
            "0.2.0"
        );
        assert_eq!(client.stop().await.unwrap().pid, 2);
        assert_eq!(client.metrics().await.unwrap(), "naru_gateway_up 1\n");
        assert!(client.health().await.unwrap().ready);
    }
}

#[tokio::test]
async fn not_being_ready_is_an_answer() {
    let served = Served::start().await;
    served.fake.ready.store(false, std::sync::atomic::Ordering::Relaxed);
    let health = served.local().health().await.unwrap();
    assert_eq!((health.ready, health.reasons.len()), (false, 1));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let served = Served::start().await;
    let refused = served.local().rollback(&booking(), Some(99)).await.unwrap_err();
    assert_eq!(refused.to_string(), "booking has no revision 99; it has 1 to 3");
    let refused = served.local().follow_logs(&"other".parse().unwrap(), &LogsQuery::default()).await;
    assert_eq!(refused.map(|_| ()).unwrap_err().to_string(), "there is no service other");
}

#[tokio::test]
async fn a_missing_and_a_wrong_token_are_told_apart() {
    let served = Served::start().await;
    let message = async |token| served.remote(token).status().await.unwrap_err().to_string();
    let place = format!("the server at http://{}", served.address);
    assert!(message(None).await.starts_with(&format!("{place} asks for a token; pass one with")));
    assert!(
        message(Some("wrong")).await.starts_with(&format!("{place} does not know this token; pass one with"))
    );
}

#[tokio::test]
async fn where_no_server_is_the_message_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::local(folder.path());
    assert!(matches!(client.status().await, Err(Error::NoSocket { .. })));
    // What a killed server leaves.
    drop(socket::bind(&folder.path().join(SOCKET_NAME)).unwrap());
    assert!(matches!(client.status().await, Err(Error::DeadSocket { .. })));

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::remote(&format!("http://{free}"), None, None).unwrap();
    let message = client.status().await.unwrap_err().to_string();
    assert!(
        message.starts_with(&format!("no server answers at http://{free}: Connection refused")),
        "{message}"
    );
}

/// Answers one request with these bytes and closes; returns a client that asks it.
async fn answers_with(answer: &'static str) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.try_read(&mut request);
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    Client::remote(&url, None, None).unwrap()
}

#[tokio::test]
async fn another_version_is_named_when_its_answer_does_not_fit() {
    let newer = "HTTP/1.1 200 OK\r\nnaru-version: 9.0.0\r\ncontent-length: 12\r\n\r\n{\"new\": true}";
    let message = answers_with(newer).await.status().await.unwrap_err().to_string();
    let ours = env!("CARGO_PKG_VERSION");
    assert!(
        message.contains(&format!("runs naru 9.0.0 and this is naru {ours}; use the same version")),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_no_naru_is_said_to_be_none() {
    let page = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>";
    let message = answers_with(page).await.status().await.unwrap_err().to_string();
    assert!(message.contains("is no naru API") && message.ends_with("check --server"), "{message}");
    let page = "HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>";
    let message = answers_with(page).await.status().await.unwrap_err().to_string();
    assert!(message.contains("404 Not Found without a problem document"), "{message}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_said_to() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    assert!(matches!(answers_with(half).await.status().await, Err(Error::Broken { .. })));
    let half = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut events = answers_with(half).await.follow_events(&EventsQuery::default()).await.unwrap();
    assert!(matches!(events.next().await, Some(Err(Error::Broken { .. }))));
}
