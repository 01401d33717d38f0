use tokio::net::TcpListener;

use super::*;

fn rules(path: Option<&str>) -> Health {
    Health { path: path.map(str::to_owned), timeout: Duration::from_millis(200), ..Health::default() }
}

/// Runs a check against a listener that reads a head and answers as told; `None`: not at all.
fn ask_http1(answer: Option<&'static str>) -> (Result<(), Failure>, String) {
    on_one_thread(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap() > 0 {}
            match answer {
                Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                None => std::future::pending().await,
            }
            String::from_utf8(request).unwrap()
        });
        let result = ask(address, Protocol::Http1, &rules(Some("/healthz?full"))).await;
        let request = if answer.is_some() { server.await.unwrap() } else { String::new() };
        (result, request)
    })
}

fn on_one_thread<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

#[test]
fn two_hundred_to_399_is_healthy_and_the_question_is_plain_http() {
    let (result, request) = ask_http1(Some("HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!(result, Ok(()));
    assert!(request.starts_with("GET /healthz?full HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
    assert_eq!(ask_http1(Some("HTTP/1.0 302 Found\r\nLocation: /login\r\n\r\n")).0, Ok(()));
    let early = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(ask_http1(Some(early)).0, Ok(()));
}

#[test]
fn what_is_wrong_is_said_in_a_clause() {
    let why = |answer| ask_http1(answer).0.unwrap_err().to_string();
    assert_eq!(why(Some("HTTP/1.1 503 Service Unavailable\r\n\r\n")), "503 from /healthz?full");
    assert_eq!(why(None), "no answer from /healthz?full within 200ms");
    assert!(why(Some("SSH-2.0-OpenSSH\r\n\r\n")).starts_with("broken answer from /healthz?full: "));
    assert_eq!(
        why(Some("HTTP/1.1 200 OK\r\n")),
        "broken answer from /healthz?full: connection closed before the head was whole"
    );
}

#[test]
fn without_a_path_being_accepted_is_enough_and_refused_is_refused() {
    on_one_thread(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(ask(address, Protocol::H2c, &rules(None)).await, Ok(()));
        drop(listener);
        assert_eq!(ask(address, Protocol::Http1, &rules(None)).await, Err(Failure::Refused));
    });
}

#[test]
fn an_http2_service_is_asked_in_http2() {
    on_one_thread(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            for status in [200, 500] {
                let (stream, _) = listener.accept().await.unwrap();
                let mut connection = h2::server::handshake(stream).await.unwrap();
                let (request, mut respond) = connection.accept().await.unwrap().unwrap();
                assert_eq!(request.uri().path(), "/healthz");
                let response = http::Response::builder().status(status).body(()).unwrap();
                respond.send_response(response, true).unwrap();
                tokio::task::spawn_local(async move { while connection.accept().await.is_some() {} });
            }
        });
        assert_eq!(ask(address, Protocol::H2c, &rules(Some("/healthz"))).await, Ok(()));
        let failure = ask(address, Protocol::H2c, &rules(Some("/healthz"))).await.unwrap_err();
        assert_eq!(failure.to_string(), "500 from /healthz");
    });
}

#[test]
fn an_endless_head_is_cut_off() {
    on_one_thread(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
            while stream.write_all(b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").await.is_ok()
            {
            }
        });
        let failure = ask(address, Protocol::Http1, &rules(Some("/"))).await.unwrap_err();
        assert!(matches!(failure, Failure::Broken { .. }), "{failure:?}");
    });
}
