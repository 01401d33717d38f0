//! The application over real sockets, in this process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::*;

struct App {
    address: SocketAddr,
    stop: UnixStream,
    ended: mpsc::Receiver<Result<(), Error>>,
}

fn start(workers: u16, service_time: Duration) -> App {
    let options = Options {
        workers,
        service_time,
        jitter: Duration::ZERO,
        start_time: Duration::ZERO,
        start_cpu: false,
        cpu_time: Duration::ZERO,
        fail_start: false,
        err: Percent { thousandths: 0 },
        journal: None,
        host: IpAddr::from([127, 0, 0, 1]),
        port: 0,
    };
    let identity = Identity {
        service: "portal".to_owned(),
        instance: "portal-1-1".to_owned(),
        revision: "1".to_owned(),
        release: String::new(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = UnixStream::pair().unwrap();
    let (tell, ended) = mpsc::channel();
    std::thread::spawn(move || tell.send(serve(&options, identity, listener, stopped)));
    App { address, stop, ended }
}

fn connect(app: &App) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    BufReader::new(stream)
}

fn send(connection: &mut BufReader<TcpStream>, bytes: &str) {
    connection.get_mut().write_all(bytes.as_bytes()).unwrap();
}

/// Reads an answer with a content-length; the head's lines, then the body.
fn receive(connection: &mut BufReader<TcpStream>) -> (String, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(connection.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
    }
    let length =
        head.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |l| l.parse().unwrap());
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn ask(connection: &mut BufReader<TcpStream>, request: &str) -> (String, String) {
    send(connection, request);
    receive(connection)
}

fn is_closed(connection: &mut BufReader<TcpStream>) -> bool {
    match connection.read(&mut [0; 1]) {
        Ok(len) => len == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn requests_of_all_kinds_are_echoed_on_one_connection() {
    let app = start(2, Duration::ZERO);
    let mut connection = connect(&app);
    let (head, body) = ask(&mut connection, "GET /a?n=1 HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let said: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((said["target"].as_str(), said["count"].as_u64()), (Some("/a?n=1"), Some(1)));
    assert_eq!((said["instance"].as_str(), said["bytes"].as_u64()), (Some("portal-1-1"), Some(0)));

    let (_, body) = ask(&mut connection, "POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello");
    assert!(body.contains("\"bytes\":5"), "{body}");
    let chunked = "POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\nt: 1\r\n\r\n";
    let (_, body) = ask(&mut connection, chunked);
    assert!(body.contains("\"bytes\":7"), "{body}");
    let (_, body) = ask(&mut connection, "GET /d?bytes=5000 HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(body.len(), 5000);
    let (head, body) = ask(&mut connection, "GET /e HTTP/1.1\r\nhost: x\r\naccept: text/html\r\n\r\n");
    assert!(head.contains("text/html") && body.contains("<h1>portal</h1>"), "{head}{body}");
    send(&mut connection, "HEAD /f HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut head = String::new();
    connection.read_to_string(&mut head).unwrap();
    assert!(head.ends_with("connection: close\r\n\r\n"), "{head}");
}

#[test]
fn two_requests_sent_at_once_are_answered_in_order() {
    let app = start(2, Duration::ZERO);
    let mut connection = connect(&app);
    send(&mut connection, "GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(receive(&mut connection).1.contains("\"/1\""));
    assert!(receive(&mut connection).1.contains("\"/2\""));
}

#[test]
fn a_client_that_waits_for_100_gets_it() {
    let app = start(1, Duration::ZERO);
    let mut connection = connect(&app);
    send(&mut connection, "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    assert!(receive(&mut connection).0.starts_with("HTTP/1.1 100 Continue"));
    send(&mut connection, "ok");
    assert!(receive(&mut connection).1.contains("\"bytes\":2"));
}

#[test]
fn as_many_requests_run_at_once_as_there_are_workers() {
    let app = start(2, Duration::from_millis(150));
    let began = Instant::now();
    let mut connections: Vec<_> = (0..4).map(|_| connect(&app)).collect();
    connections.iter_mut().for_each(|c| send(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    connections.iter_mut().for_each(|c| drop(receive(c)));
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(300), "four requests, two workers, 150 ms each, took {took:?}");
}

#[test]
fn a_server_whose_workers_hang_still_answers_health_checks_and_orders() {
    let app = start(1, Duration::ZERO);
    let mut control = connect(&app);
    let mut client = connect(&app);
    ask(&mut control, "POST /_app/hang HTTP/1.1\r\nhost: x\r\n\r\n");
    send(&mut client, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(ask(&mut control, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").1, "ok\n");
    client.get_ref().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(client.fill_buf().is_err(), "a hanging server answered");
    client.get_ref().set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    ask(&mut control, "POST /_app/ok HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(receive(&mut client).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn it_errs_and_closes_as_told_but_not_through_a_gateway() {
    let app = start(1, Duration::ZERO);
    let mut control = connect(&app);
    let (head, _) =
        ask(&mut control, "POST /_app/err HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 10.0.0.1\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    ask(&mut control, "POST /_app/err HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(ask(&mut control, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").0.starts_with("HTTP/1.1 500"));
    ask(&mut control, "POST /_app/close HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut client = connect(&app);
    send(&mut client, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(is_closed(&mut client));
    assert!(ask(&mut control, "POST /_app/what HTTP/1.1\r\nhost: x\r\n\r\n").0.starts_with("HTTP/1.1 400"));
}

#[test]
fn told_to_stop_it_answers_what_is_under_way_and_ends() {
    let mut app = start(1, Duration::from_millis(200));
    let (mut busy, mut waiting, mut idle) = (connect(&app), connect(&app), connect(&app));
    send(&mut busy, "GET /busy HTTP/1.1\r\nhost: x\r\n\r\n");
    send(&mut waiting, "GET /waiting HTTP/1.1\r\nhost: x\r\n\r\n");
    app.stop.write_all(b"x").unwrap();
    for connection in [&mut busy, &mut waiting] {
        let (head, _) = receive(connection);
        assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("connection: close"), "{head}");
        assert!(is_closed(connection));
    }
    app.ended.recv_timeout(Duration::from_secs(10)).expect("it does not end").unwrap();
    assert!(is_closed(&mut idle));
    assert!(TcpStream::connect(app.address).is_err(), "it still listens");
}

#[test]
fn it_fails_its_start_when_told_to() {
    let wrong = Options { fail_start: true, ..options_of(&["app", "--fail-start"]) };
    assert!(matches!(run(&wrong), Err(Error::FailStart)));
}

fn options_of(arguments: &[&str]) -> Options {
    use clap::{Args, FromArgMatches};
    let matches = Options::augment_args(clap::Command::new("app")).get_matches_from(arguments);
    Options::from_arg_matches(&matches).unwrap()
}
