//! HTTP/2 in front, behind, and on both sides.

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request, Response};
use naru_model::platform::Protocol;
use naru_model::record::Fault;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::harness::*;

type Stream = (Request<RecvStream>, SendResponse<Bytes>);

async fn client(gateway: &Gateway) -> SendRequest<Bytes> {
    let tcp = TcpStream::connect(gateway.address).await.unwrap();
    let (sender, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    sender.ready().await.unwrap()
}

fn request(method: &str, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("http://a.kr{path}")).body(()).unwrap()
}

/// An endpoint that speaks HTTP/2, one connection at a time.
struct Endpoint {
    listener: TcpListener,
}

impl Endpoint {
    async fn listen() -> Endpoint {
        Endpoint { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    fn gateway(&self) -> Gateway {
        Gateway::with(routing(), &[self.listener.local_addr().unwrap()], Protocol::H2c)
    }

    async fn accept(&self) -> h2::server::Connection<TcpStream, Bytes> {
        let accepted = timeout(PATIENCE, self.listener.accept()).await.expect("no connection has come");
        h2::server::handshake(accepted.unwrap().0).await.unwrap()
    }

    /// Waits for the first stream of a connection that goes on by itself.
    async fn stream(&self) -> Stream {
        let mut connection = self.accept().await;
        let stream = connection.accept().await.unwrap().unwrap();
        tokio::spawn(async move { while connection.accept().await.is_some() {} });
        stream
    }
}

/// Reads a body to its end.
async fn read(body: &mut RecvStream) -> (Vec<u8>, Option<HeaderMap>) {
    let mut all = Vec::new();
    while let Some(data) = timeout(PATIENCE, body.data()).await.unwrap() {
        let data = data.unwrap();
        all.extend_from_slice(&data);
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    (all, body.trailers().await.unwrap())
}

/// Sends as the window opens.
async fn write(send: &mut h2::SendStream<Bytes>, mut data: Bytes) {
    while !data.is_empty() {
        send.reserve_capacity(data.len());
        let room = timeout(PATIENCE, poll_fn(|cx| send.poll_capacity(cx))).await.unwrap().unwrap().unwrap();
        send.send_data(data.split_to(room.min(data.len())), false).unwrap();
    }
}

fn trailers(name: &'static str, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
}

#[tokio::test]
async fn http2_in_front_of_http1() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = client(&gateway).await;
    let mut message = request("POST", "/a?b=c");
    message.headers_mut().append("cookie", "a=1".parse().unwrap());
    message.headers_mut().append("cookie", "b=2".parse().unwrap());
    let (answer, mut send) = client.send_request(message, false).unwrap();
    send.send_data("hello".into(), false).unwrap();
    send.send_trailers(trailers("x-sum", "1")).unwrap();
    let served = std::thread::spawn(move || {
        let mut endpoint = upstream.accept();
        let head = endpoint.head();
        assert!(head.starts_with("POST /a?b=c HTTP/1.1\r\nhost: a.kr\r\n"), "{head}");
        assert_eq!(field(&head, "cookie"), Some("a=1; b=2"));
        assert_eq!(field(&head, "transfer-encoding"), Some("chunked"));
        assert_eq!(field(&head, "x-forwarded-for"), Some("127.0.0.1"));
        assert_eq!(endpoint.head(), "5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n");
        endpoint.say("HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nX-A: 1\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 2\r\n\r\n");
    });
    let (head, mut body) = answer.await.unwrap().into_parts();
    assert_eq!(
        (head.status, &head.headers["x-a"]),
        (201.try_into().unwrap(), &"1".parse::<http::HeaderValue>().unwrap())
    );
    assert!(!head.headers.contains_key("connection") && !head.headers.contains_key("transfer-encoding"));
    assert_eq!(read(&mut body).await, (b"hi".to_vec(), Some(trailers("x-sum", "2"))));
    served.join().unwrap();
    gateway.record(|r| assert_eq!((r.protocol, r.status, r.bytes_in, r.bytes_out), (20, 201, 5, 2)));
}

#[tokio::test]
async fn grpc_streams_both_ways_at_once_and_ends_with_trailers() {
    let endpoint = Endpoint::listen().await;
    let gateway = endpoint.gateway();
    let mut client = client(&gateway).await;
    let mut message = request("POST", "/pkg.Service/Method");
    message.headers_mut().insert("te", "trailers".parse().unwrap());
    message.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    let (answer, mut send) = client.send_request(message, false).unwrap();
    send.send_data("one".into(), false).unwrap();
    let (mut asked, mut respond) = endpoint.stream().await;
    assert_eq!(asked.headers()["te"], "trailers");
    assert_eq!(asked.uri().authority().unwrap(), "a.kr");
    assert_eq!(asked.body_mut().data().await.unwrap().unwrap(), "one");
    let mut back = respond.send_response(Response::new(()), false).unwrap();
    back.send_data("first".into(), false).unwrap();
    let mut body = answer.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "first");
    send.send_data("two".into(), true).unwrap();
    assert_eq!(asked.body_mut().data().await.unwrap().unwrap(), "two");
    back.send_trailers(trailers("grpc-status", "0")).unwrap();
    assert_eq!(read(&mut body).await, (Vec::new(), Some(trailers("grpc-status", "0"))));
}

#[tokio::test]
async fn http1_in_front_of_http2() {
    let endpoint = Endpoint::listen().await;
    let gateway = endpoint.gateway();
    let served = tokio::spawn(async move {
        let (mut asked, mut respond) = endpoint.stream().await;
        assert_eq!((asked.method().as_str(), asked.uri().path()), ("PUT", "/x"));
        assert_eq!(asked.headers()["x-forwarded-host"], "b.kr");
        assert!(!asked.headers().contains_key("host") && !asked.headers().contains_key("connection"));
        assert_eq!(read(asked.body_mut()).await.0, b"abc");
        let mut back = respond.send_response(Response::new(()), false).unwrap();
        back.send_data("answer".into(), false).unwrap();
        back.send_trailers(trailers("x-sum", "3")).unwrap();
        endpoint
    });
    let mut peer = gateway.connect();
    let (head, body) = tokio::task::spawn_blocking(move || {
        peer.say("PUT /x HTTP/1.1\r\nHost: b.kr\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc");
        (peer.head(), peer.head())
    })
    .await
    .unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(body, "6\r\nanswer\r\n0\r\nx-sum: 3\r\n\r\n");
    served.await.unwrap();
}

#[tokio::test]
async fn large_bodies_pass_within_their_windows() {
    const SIZE: usize = 5 << 20;
    let endpoint = Endpoint::listen().await;
    let gateway = endpoint.gateway();
    let mut client = client(&gateway).await;
    let body = Bytes::from((0..SIZE).map(|i| (i % 251) as u8).collect::<Vec<_>>());
    let (answer, mut send) = client.send_request(request("POST", "/"), false).unwrap();
    let sent = body.clone();
    tokio::spawn(async move {
        write(&mut send, sent).await;
        send.send_data(Bytes::new(), true).unwrap();
    });
    let (mut asked, mut respond) = endpoint.stream().await;
    let (read_there, _) = read(asked.body_mut()).await;
    assert!(read_there == body);
    let mut back = respond.send_response(Response::new(()), false).unwrap();
    tokio::spawn(async move {
        write(&mut back, read_there.into()).await;
        back.send_data(Bytes::new(), true).unwrap();
    });
    let (read_here, _) = read(&mut answer.await.unwrap().into_body()).await;
    assert!(read_here == body);
}

#[tokio::test]
async fn a_stream_refused_unseen_is_sent_again_even_a_post() {
    let endpoint = Endpoint::listen().await;
    let mut gateway = endpoint.gateway();
    let mut client = client(&gateway).await;
    let (answer, mut send) = client.send_request(request("POST", "/"), false).unwrap();
    send.send_data("abc".into(), true).unwrap();
    let mut connection = endpoint.accept().await;
    let (_, mut respond) = connection.accept().await.unwrap().unwrap();
    respond.send_reset(Reason::REFUSED_STREAM);
    let (mut asked, mut respond) = connection.accept().await.unwrap().unwrap();
    tokio::spawn(async move { while connection.accept().await.is_some() {} });
    assert_eq!(read(asked.body_mut()).await.0, b"abc");
    respond.send_response(Response::new(()), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    gateway.record(|record| assert_eq!((record.status, record.attempts), (200, 2)));
}

#[tokio::test]
async fn an_endpoint_that_goes_away_loses_nothing() {
    let endpoint = Endpoint::listen().await;
    let gateway = endpoint.gateway();
    let mut client = client(&gateway).await;
    let (first, _) = client.send_request(request("GET", "/1"), true).unwrap();
    let mut connection = endpoint.accept().await;
    let (_, mut respond) = connection.accept().await.unwrap().unwrap();
    connection.graceful_shutdown();
    // Until the client has heard of it, requests may still come; they are served.
    let going = tokio::spawn(async move {
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_response(Response::new(()), true).unwrap();
        }
    });
    respond.send_response(Response::new(()), true).unwrap();
    assert_eq!(first.await.unwrap().status(), 200);
    going.await.unwrap();
    let (second, _) = client.send_request(request("POST", "/2"), true).unwrap();
    let (asked, mut respond) = endpoint.stream().await;
    assert_eq!(asked.uri().path(), "/2");
    respond.send_response(Response::new(()), true).unwrap();
    assert_eq!(second.await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_client_that_takes_its_stream_back_takes_the_request_back() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = client(&gateway).await;
    let (answer, mut send) = client.send_request(request("GET", "/"), false).unwrap();
    let endpoint = tokio::task::spawn_blocking(move || {
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint
    });
    let mut endpoint = endpoint.await.unwrap();
    send.send_reset(Reason::CANCEL);
    drop(answer);
    let closed = tokio::task::spawn_blocking(move || endpoint.rest());
    closed.await.unwrap();
    gateway.record(|record| assert_eq!((record.status, record.fault), (0, Fault::Client)));
}

#[tokio::test]
async fn an_answer_that_breaks_off_resets_its_stream() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = client(&gateway).await;
    let (answer, _) = client.send_request(request("GET", "/"), true).unwrap();
    let mut endpoint = tokio::task::spawn_blocking(move || {
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        endpoint
    })
    .await
    .unwrap();
    let mut body = answer.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "ab");
    endpoint.close();
    let error = body.data().await.expect("the body has not ended").unwrap_err();
    assert!(error.is_reset(), "{error}");
}

#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let mut routing = routing();
    routing.limits.resets = 20;
    let gateway = Gateway::with(routing, &[], Protocol::Http1);
    let mut client = client(&gateway).await;
    let ended = async {
        loop {
            let Ok(ready) = client.clone().ready().await else { return };
            client = ready;
            match client.send_request(request("GET", "/"), false) {
                Ok((_, mut send)) => send.send_reset(Reason::CANCEL),
                Err(_) => return,
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, ended).await.expect("the connection goes on");
}

#[tokio::test]
async fn what_http1_would_read_differently_is_refused() {
    let gateway = Gateway::start(&[]);
    let mut client = client(&gateway).await;
    let mut differing = request("GET", "/");
    differing.headers_mut().insert("host", "b.kr".parse().unwrap());
    let mut expecting = request("GET", "/");
    expecting.headers_mut().insert("expect", "x".parse().unwrap());
    let long = request("GET", &format!("/{}", "x".repeat(9000)));
    for (message, status) in [(differing, 400), (expecting, 417), (long, 414)] {
        let (answer, _) = client.send_request(message, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), status);
        client = client.ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_draining_gateway_says_so_and_ends_what_it_has() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = client(&gateway).await;
    let (answer, _) = client.send_request(request("GET", "/"), true).unwrap();
    let mut endpoint = tokio::task::spawn_blocking(move || {
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint
    })
    .await
    .unwrap();
    gateway.drain(Duration::from_secs(20));
    // The client learns that no more streams may follow.
    let told = async {
        while client.clone().ready().await.is_ok() {
            tokio::task::yield_now().await
        }
    };
    timeout(PATIENCE, told).await.expect("no GOAWAY has come");
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let mut answer = answer.await.unwrap();
    assert_eq!(read(answer.body_mut()).await.0, b"hi");
    tokio::task::spawn_blocking(move || gateway.ended()).await.unwrap();
}

#[tokio::test]
async fn no_length_is_given_twice_over_when_an_empty_body_is_announced() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = client(&gateway).await;
    let mut message = request("POST", "/");
    message.headers_mut().insert("content-length", "0".parse().unwrap());
    // The end comes after the head.
    let (answer, mut send) = client.send_request(message, false).unwrap();
    send.send_data(Bytes::new(), true).unwrap();
    let served = tokio::task::spawn_blocking(move || {
        let mut endpoint = upstream.accept();
        let head = endpoint.head();
        assert_eq!((field(&head, "content-length"), field(&head, "transfer-encoding")), (Some("0"), None));
        endpoint.say("HTTP/1.1 204 None\r\n\r\n");
    });
    assert_eq!(answer.await.unwrap().status(), 204);
    served.await.unwrap();

    let endpoint = Endpoint::listen().await;
    let gateway = endpoint.gateway();
    let mut peer = gateway.connect();
    let asked = tokio::task::spawn_blocking(move || {
        peer.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (peer.head(), peer.head())
    });
    let (_, mut respond) = endpoint.stream().await;
    let answer = Response::builder().header("content-length", "0").body(()).unwrap();
    let mut back = respond.send_response(answer, false).unwrap();
    back.send_trailers(trailers("x-sum", "0")).unwrap();
    let (head, body) = asked.await.unwrap();
    assert_eq!((field(&head, "content-length"), field(&head, "transfer-encoding")), (None, Some("chunked")));
    assert_eq!(body, "0\r\nx-sum: 0\r\n\r\n");
}

#[tokio::test]
async fn what_http2_can_not_carry_is_the_clients_fault() {
    let endpoint = Endpoint::listen().await;
    let mut gateway = endpoint.gateway();
    let mut peer = gateway.connect();
    let answered = tokio::task::spawn_blocking(move || {
        peer.say("GET /a HTTP/1.1\r\nHost: a%zz$(b\r\n\r\n");
        peer.head()
    });
    let _connection = endpoint.accept().await;
    assert!(answered.await.unwrap().starts_with("HTTP/1.1 400 "));
    gateway.record(|record| assert_eq!((record.status, record.fault), (400, Fault::Client)));
}
