//! The load driver against servers that misbehave in one way each.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::*;

/// A server whose every connection is handed to `serve`, one after the other, with the request's head as text.
fn server(mut serve: impl FnMut(&mut TcpStream, &str) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = vec![0; 4096];
            let len = stream.read(&mut head).unwrap_or(0);
            serve(&mut stream, &String::from_utf8_lossy(&head[..len]));
        }
    });
    address
}

fn echo(head: &str) -> String {
    let target = head.split(' ').nth(1).unwrap_or_default();
    format!("{{\"target\":\"{target}\"}}")
}

fn whole(head: &str) -> String {
    let body = echo(head);
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn run(plan: Plan) -> Outcome {
    start(plan).unwrap().finish().unwrap()
}

fn plan(target: SocketAddr, rate: f64, requests: u64) -> Plan {
    let duration = Duration::from_secs_f64(requests as f64 / rate.max(1e-3));
    Plan { timeout: Duration::from_secs(5), ..Plan::new(target, rate, duration, vec![Shape::get("/a")]) }
}

#[test]
fn only_loopback_is_loaded_and_only_what_makes_sense() {
    let far = plan("192.0.2.1:80".parse().unwrap(), 1.0, 1);
    assert!(matches!(start(far), Err(Error::NotLoopback(_))));
    let near: SocketAddr = "127.0.0.1:9".parse().unwrap();
    assert!(matches!(start(plan(near, 0.0, 1)), Err(Error::BadRate(_))));
    let steps = vec![Step { at: Duration::from_secs(1), rate: f64::NAN }];
    let pace = Pace::Open { rate: 1.0, arrivals: Arrivals::Constant, steps };
    assert!(matches!(start(Plan { pace, ..plan(near, 1.0, 1) }), Err(Error::BadRate(_))));
    let pace = Pace::Closed { users: 0, think: Duration::ZERO };
    assert!(matches!(start(Plan { pace, ..plan(near, 1.0, 1) }), Err(Error::BadUsers(0))));
    assert!(matches!(start(Plan { shapes: vec![], ..plan(near, 1.0, 1) }), Err(Error::NothingToSend)));
}

#[test]
fn every_due_request_is_sent_and_each_answer_is_its_own() {
    let target = server(|stream, head| stream.write_all(whole(head).as_bytes()).unwrap());
    let outcome = run(plan(target, 500.0, 200));
    assert_eq!((outcome.due, outcome.answered, outcome.failed()), (200, 200, 0), "{:?}", outcome.examples);
    assert!(outcome.elapsed >= Duration::from_millis(398));

    let target = server(|stream, _| stream.write_all(whole("GET /a?n=0 ").as_bytes()).unwrap());
    let outcome = run(plan(target, 500.0, 20));
    assert_eq!((outcome.answered, outcome.failed_by(Failure::WrongAnswer)), (1, 19));
}

#[test]
fn a_stall_is_in_the_latency_of_every_request_that_was_due_in_it() {
    let mut first = true;
    let target = server(move |stream, head| {
        if std::mem::take(&mut first) {
            std::thread::sleep(Duration::from_millis(500));
        }
        stream.write_all(whole(head).as_bytes()).unwrap();
    });
    let outcome = run(plan(target, 100.0, 50));
    // Due evenly over the half second of the stall, so half of them waited for over a quarter of a second.
    assert!(outcome.quantile(0.45) > Duration::from_millis(200), "{:?}", outcome.quantile(0.45));
    assert_eq!(outcome.answered, 50);
}

#[test]
fn users_wait_for_their_answer_and_think_before_they_ask_again() {
    let target = server(|stream, head| {
        std::thread::sleep(Duration::from_millis(20));
        stream.write_all(whole(head).as_bytes()).unwrap();
    });
    // One at a time, 20 ms each: three users who think for 40 ms keep it busy the whole time, and none waits for long.
    let pace = Pace::Closed { users: 3, think: Duration::from_millis(40) };
    let outcome = run(Plan { pace, duration: Duration::from_millis(600), ..plan(target, 1.0, 1) });
    assert_eq!((outcome.answered, outcome.failed()), (outcome.due, 0), "{:?}", outcome.examples);
    assert!((10..=31).contains(&outcome.answered), "{} answers", outcome.answered);
    assert!(outcome.fastest >= Duration::from_millis(20) && outcome.slowest >= outcome.mean());
    assert!(outcome.elapsed >= Duration::from_millis(400), "{:?}", outcome.elapsed);
}

#[test]
fn users_who_are_stopped_ask_no_more() {
    let target = server(|stream, head| stream.write_all(whole(head).as_bytes()).unwrap());
    let pace = Pace::Closed { users: 5, think: Duration::from_millis(1) };
    let running = start(Plan { pace, duration: Duration::from_secs(3600), ..plan(target, 1.0, 1) }).unwrap();
    while running.counts().1 < 20 {
        std::thread::yield_now();
    }
    let outcome = running.stop().unwrap();
    assert_eq!((outcome.answered, outcome.failed()), (outcome.due, 0));
}

#[test]
fn failures_are_told_apart() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases: Vec<(SocketAddr, Failure)> = vec![
        (unused, Failure::Refused),
        (server(|_, _| ()), Failure::Lost),
        (
            server(|s, _| s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort").unwrap()),
            Failure::ShortBody,
        ),
        (
            server(|s, _| {
                s.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab").unwrap()
            }),
            Failure::ShortBody,
        ),
        (
            server(|s, _| s.write_all(b"HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n").unwrap()),
            Failure::ServerError,
        ),
        (
            server(|s, _| s.write_all(b"HTTP/1.1 404 no\r\ncontent-length: 0\r\n\r\n").unwrap()),
            Failure::OtherStatus,
        ),
        (server(|s, _| s.write_all(b"220 mail\r\n").unwrap()), Failure::WrongAnswer),
    ];
    for (target, failure) in cases {
        let outcome = run(plan(target, 100.0, 3));
        assert_eq!(
            outcome.failed_by(failure),
            3,
            "{failure:?}: {:?} {:?}",
            outcome.failures,
            outcome.examples
        );
        assert_eq!(outcome.failed(), 3);
    }
}

#[test]
fn a_server_that_does_not_answer_is_a_timeout() {
    let mut held = Vec::new();
    let target = server(move |stream, _| held.push(stream.try_clone().unwrap()));
    let outcome = run(Plan { timeout: Duration::from_millis(200), ..plan(target, 50.0, 5) });
    assert_eq!(outcome.failed_by(Failure::Timeout), 5);
}

#[test]
fn what_is_over_the_bound_is_not_sent_and_said() {
    let mut held = Vec::new();
    let target = server(move |stream, _| held.push(stream.try_clone().unwrap()));
    let outcome =
        run(Plan { timeout: Duration::from_millis(300), max_in_flight: 2, ..plan(target, 100.0, 10) });
    assert_eq!((outcome.failed_by(Failure::Timeout), outcome.failed_by(Failure::Overrun)), (2, 8));
}

#[test]
fn lost_idempotent_requests_are_sent_again_and_others_never() {
    for (method, answered, lost) in [("GET", 10, 0), ("PUT", 10, 0), ("POST", 5, 5)] {
        let mut count = 0;
        let target = server(move |stream, head| {
            count += 1;
            if count % 2 == 0 {
                stream.write_all(whole(head).as_bytes()).unwrap();
            }
        });
        let shapes = vec![Shape { method, ..Shape::get("/a") }];
        // Slow enough that each pair of attempts is over before the next request.
        let outcome = run(Plan { resend: 1, shapes, ..plan(target, 20.0, 10) });
        assert_eq!((outcome.answered, outcome.failed_by(Failure::Lost)), (answered, lost), "{method}");
        assert_eq!(outcome.resent, if method == "POST" { 0 } else { 10 });
    }
}

#[test]
fn a_load_that_is_stopped_waits_for_the_answers_that_are_due() {
    let target = server(|stream, head| stream.write_all(whole(head).as_bytes()).unwrap());
    let running = start(plan(target, 200.0, 200_000)).unwrap();
    while running.counts().1 < 20 {
        std::thread::yield_now();
    }
    let outcome = running.stop().unwrap();
    assert!(outcome.answered >= 20);
    assert_eq!(outcome.answered, outcome.due);
}
