//! What HTTP/1 is about: framing, order, persistence, interim answers.

use super::harness::*;
use naru_model::record::Fault;

pub(super) const GET: &str = "GET /a?b=c HTTP/1.1\r\nHost: example.kr\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn a_request_goes_there_and_its_answer_comes_back() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\nHost: example.kr\r\n"), "{head}");
    endpoint.say("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nServer: mine\r\n\r\nhi");
    assert_eq!(client.head(), "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nServer: mine\r\n\r\n");
    assert_eq!(client.text(2), "hi");
    // Both connections are used again.
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 204 None\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 204 None\r\n\r\n");
    gateway.record(|record| {
        assert_eq!((record.route.0, record.function.0, record.service.0), (7, 9, 1));
        assert_eq!((record.status, record.protocol, record.attempts), (200, 11, 1));
        assert_eq!((record.bytes_in, record.bytes_out), (0, 2));
        assert_eq!((record.target, record.client.to_string().as_str()), ("/a?b=c", "127.0.0.1"));
        assert_eq!((record.revision, record.ordinal), (1, u32::from(upstream.address.port())));
        assert!(record.whole_us >= record.upstream_us && record.connecting_us > 0);
    });
    gateway.record(|record| assert_eq!((record.status, record.connecting_us), (204, 0)));
}

#[test]
fn bodies_and_trailers_flow_both_ways() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert_eq!(field(&head, "transfer-encoding"), Some("chunked"));
    assert_eq!(endpoint.until(b"hello\r\n"), "5\r\nhello\r\n");
    // The answer begins before the request has ended.
    endpoint.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    assert_eq!(field(&client.head(), "transfer-encoding"), Some("chunked"));
    assert_eq!(client.until(b"one\r\n"), "3\r\none\r\n");
    client.say("0\r\nX-Sum: 1\r\n\r\n");
    assert_eq!(endpoint.head(), "0\r\nX-Sum: 1\r\n\r\n");
    endpoint.say("0\r\nX-Sum: 2\r\nContent-Length: 7\r\n\r\n");
    assert_eq!(client.head(), "0\r\nX-Sum: 2\r\n\r\n");
    gateway.record(|record| assert_eq!((record.bytes_in, record.bytes_out), (5, 3)));
}

#[test]
fn a_large_body_arrives_whole_and_waits_for_who_reads_it() {
    const SIZE: usize = 24 << 20;
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {SIZE}\r\n\r\n"));
    let mut writer = client.tcp.try_clone().unwrap();
    let body: Vec<u8> = (0..SIZE).map(|i| (i % 251) as u8).collect();
    let sent = body.clone();
    let (done, is_done) = std::sync::mpsc::channel();
    let sending = std::thread::spawn(move || {
        std::io::Write::write_all(&mut writer, &sent).unwrap();
        done.send(()).unwrap();
    });
    let mut endpoint = upstream.accept();
    endpoint.head();
    // Nobody reads: what kernel and gateway take is far less than all of it.
    assert!(is_done.recv_timeout(std::time::Duration::from_millis(300)).is_err());
    assert_eq!(endpoint.exactly(SIZE), body);
    sending.join().unwrap();
    endpoint.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"));
    let mut answering = endpoint.tcp.try_clone().unwrap();
    let answer = body.clone();
    let answering = std::thread::spawn(move || std::io::Write::write_all(&mut answering, &answer).unwrap());
    client.head();
    assert_eq!(client.exactly(SIZE), body);
    answering.join().unwrap();
    gateway.record(|record| assert_eq!((record.bytes_in, record.bytes_out), (SIZE as u64, SIZE as u64)));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut endpoint = upstream.accept();
    for (line, answer) in [("GET /1 ", "one"), ("POST /2 ", "two"), ("GET /3 ", "six")] {
        let head = endpoint.head();
        assert!(head.starts_with(line), "{head}");
        if line.starts_with("POST") {
            assert_eq!(endpoint.text(3), "abc");
        }
        endpoint.say(format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{answer}"));
    }
    for answer in ["one", "two", "six"] {
        client.head();
        assert_eq!(client.text(3), answer);
    }
}

#[test]
fn an_http_1_0_client_gets_an_answer_it_understands() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    let mut endpoint = upstream.accept();
    assert!(endpoint.head().starts_with("GET / HTTP/1.1\r\n"));
    endpoint.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    let answer = client.rest();
    assert!(answer.ends_with("\r\n\r\nhi"), "{answer}");
    assert_eq!(field(&answer, "connection"), Some("close"));
    assert_eq!(field(&answer, "transfer-encoding"), None);

    let mut client = gateway.connect();
    client.say("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    endpoint.head();
    endpoint.say(OK);
    assert_eq!(field(&client.head(), "connection"), Some("keep-alive"));
    assert_eq!(client.text(2), "hi");
}

#[test]
fn an_answer_that_ends_with_its_connection_is_chunked_for_the_client() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.0 200 OK\r\n\r\nhello");
    endpoint.close();
    assert_eq!(field(&client.head(), "transfer-encoding"), Some("chunked"));
    assert_eq!(client.until(b"0\r\n\r\n"), "5\r\nhello\r\n0\r\n\r\n");
    client.say(GET);
    upstream.accept().head();
}

#[test]
fn answers_without_a_body_have_none() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: \"a\"\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: \"a\"\r\n\r\n");
    client.say(GET);
    endpoint.head();
    endpoint.say(OK);
    assert_eq!(client.head(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

#[test]
fn interim_answers_are_passed_on_and_the_body_waits_for_100() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    let mut endpoint = upstream.accept();
    assert_eq!(field(&endpoint.head(), "expect"), Some("100-continue"));
    endpoint.say("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
    endpoint.say("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("abc");
    assert_eq!(endpoint.text(3), "abc");
    endpoint.say(OK);
    assert!(client.head().starts_with("HTTP/1.1 200"));
}

#[test]
fn an_answer_before_the_body_ends_the_connection_once_the_client_had_it() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(field(&client.head(), "connection"), Some("close"));
    // Half of a request went there: no other may follow it.
    assert!(endpoint.is_closed());
    client.say("abc");
    assert!(client.is_closed());
}

#[test]
fn a_client_that_goes_takes_its_request_with_it() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    client.close();
    assert!(endpoint.is_closed());
    gateway.record(|record| assert_eq!((record.status, record.fault), (0, Fault::Client)));

    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
    client.head();
    client.until(b"data: 1\n\n");
    client.close();
    assert!(endpoint.is_closed());
    gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::Client)));
}

#[test]
fn an_answer_that_breaks_off_looks_broken() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nwhat\r\n",
    ] {
        let mut client = gateway.connect();
        client.say(GET);
        let mut endpoint = upstream.accept();
        endpoint.head();
        endpoint.say(head);
        endpoint.close();
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
        gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::Service)));
    }
}

#[test]
fn server_sent_events_pass_one_by_one() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.head();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        endpoint.say(format!("9\r\n{event}\r\n"));
        assert_eq!(client.until(b"\n\n\r\n"), format!("9\r\n{event}\r\n"));
    }
}

#[test]
fn an_upgraded_connection_is_a_tunnel() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\nearly");
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert_eq!((field(&head, "connection"), field(&head, "upgrade")), (Some("upgrade"), Some("websocket")));
    assert_eq!(field(&head, "sec-websocket-key"), Some("x"));
    endpoint
        .say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 101 "));
    assert_eq!((field(&head, "connection"), field(&head, "upgrade")), (Some("upgrade"), Some("websocket")));
    assert_eq!(client.text(5), "hello");
    assert_eq!(endpoint.text(5), "early");
    client.say("\x01\x02");
    assert_eq!(endpoint.exactly(2), [1, 2]);
    // One way ends, the other goes on.
    client.tcp.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(endpoint.is_closed());
    endpoint.say("last");
    assert_eq!(client.text(4), "last");
    endpoint.close();
    assert!(client.is_closed());
    gateway.record(|r| assert_eq!((r.status, r.bytes_in, r.bytes_out), (101, 7, 9)));
}

#[test]
fn an_upgrade_that_is_declined_is_an_ordinary_answer() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say(OK);
    client.head();
    assert_eq!(client.text(2), "hi");
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 101 Unasked\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 502 "));
}
