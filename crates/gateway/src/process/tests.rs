use std::io::{Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixListener;

use naru_model::link::{Frame, ToGateway};
use naru_model::platform::Traffic;

use super::*;
use crate::fixture::{routing, service_snapshot};

/// What a thread does here: accepts one connection per listener, answers it with its number, waits for the drain.
fn greet(context: WorkerContext) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut drain = context.drain;
    for (listener, tls) in context.listeners {
        listener.set_nonblocking(false).unwrap();
        let (mut client, _) = listener.accept().unwrap();
        client.write_all(&[context.thread as u8, u8::from(tls)]).unwrap();
    }
    runtime.block_on(drain.begun());
}

fn say(stream: &mut impl Write, message: &ToGateway) {
    let mut bytes = Vec::new();
    Frame::Message(&serde_json::to_vec(message).unwrap()).encode(&mut bytes).unwrap();
    stream.write_all(&bytes).unwrap();
}

fn options(folder: &std::path::Path, listeners: Vec<(RawFd, bool)>) -> Options {
    Options { link: folder.join("link.sock"), listeners, threads: 2, build: "test".to_owned() }
}

#[test]
fn it_serves_on_inherited_sockets_once_there_is_a_table_and_ends_when_drained() {
    let folder = tempfile::tempdir().unwrap();
    let server = UnixListener::bind(folder.path().join("link.sock")).unwrap();
    let listeners = crate::listen::bind(&["127.0.0.1:0".parse().unwrap()], 2).unwrap();
    let tls = crate::listen::bind(&["127.0.0.1:0".parse().unwrap()], 1).unwrap();
    let address = tls[0].local_addr().unwrap();
    let fds = listeners.into_iter().map(|l| (l.into_raw_fd(), false));
    let fds = fds.chain(tls.into_iter().map(|l| (l.into_raw_fd(), true))).collect();
    let options = options(folder.path(), fds);
    let gateway = thread::spawn(move || {
        let only_first = |context: WorkerContext| {
            let first = context.listeners.into_iter().filter(|(_, tls)| *tls).collect();
            greet(WorkerContext { listeners: first, ..context });
        };
        run(&options, |_| Ok(None), only_first)
    });
    let (mut link, _) = server.accept().unwrap();
    let routing = routing([service_snapshot(1, Traffic::default())]);
    say(&mut link, &ToGateway::Routing { version: 1, routing: Box::new(routing) });
    say(&mut link, &ToGateway::Callers { version: 2, callers: Box::default() });
    let mut answer = [0; 2];
    std::net::TcpStream::connect(address).unwrap().read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0, 1], "the third socket goes round to the first thread");
    say(&mut link, &ToGateway::Drain { within_ms: 10_000 });
    gateway.join().unwrap().unwrap();
}

#[test]
fn a_thread_that_fails_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let server = UnixListener::bind(folder.path().join("link.sock")).unwrap();
    let options = options(folder.path(), Vec::new());
    let fail = |context: WorkerContext| assert!(context.thread == 0, "a thread fails, as this test wants");
    let gateway = thread::spawn(move || run(&options, |_| Ok(None), fail));
    let (mut link, _) = server.accept().unwrap();
    say(&mut link, &ToGateway::Callers { version: 1, callers: Box::default() });
    say(&mut link, &ToGateway::Routing { version: 2, routing: Box::new(routing([])) });
    assert!(matches!(gateway.join().unwrap(), Err(Error::Thread(1))));
}

#[test]
fn what_is_no_listening_socket_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let error = run(&options(folder.path(), vec![(1, false)]), |_| Ok(None), drop).unwrap_err();
    assert_eq!(error.to_string(), "file descriptor 1 can't be taken over");
    let fd = std::net::TcpListener::bind("127.0.0.1:0").unwrap().into_raw_fd();
    let error = run(&options(folder.path(), vec![(fd, false), (fd, true)]), |_| Ok(None), drop).unwrap_err();
    assert_eq!(error.to_string(), format!("file descriptor {fd} can't be taken over"));
}

#[test]
fn the_order_to_drain_ends_a_gateway_that_never_got_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let server = UnixListener::bind(folder.path().join("link.sock")).unwrap();
    let options = options(folder.path(), Vec::new());
    let gateway = thread::spawn(move || run(&options, |_| Ok(None), drop));
    let (mut link, _) = server.accept().unwrap();
    say(&mut link, &ToGateway::Drain { within_ms: 10_000 });
    gateway.join().unwrap().unwrap();
}
