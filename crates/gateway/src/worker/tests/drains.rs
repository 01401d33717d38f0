//! The end of a thread: nothing that was begun is lost.

use std::time::Duration;

use super::harness::*;
use super::http1::GET;

#[test]
fn requests_under_way_end_and_the_next_ones_are_told_to_go_elsewhere() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let (mut busy, mut idle, mut late) = (gateway.connect(), gateway.connect(), gateway.connect());
    busy.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    // It is accepted, for it has been answered once.
    for client in [&mut idle, &mut late] {
        client.say(GET);
        let mut other = upstream.accept();
        other.head();
        other.say("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n");
        client.head();
    }
    gateway.drain(Duration::from_secs(20));
    // Busy with something, the gateway is surely draining when it answers.
    late.say(GET);
    let mut other = upstream.accept();
    other.head();
    other.say("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n");
    late.rest();
    assert!(idle.is_closed());
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let answer = busy.rest();
    assert_eq!(field(&answer, "connection"), Some("close"));
    assert!(answer.ends_with("hi"));
    gateway.ended();
}

#[test]
fn the_deadline_ends_what_does_not_end() {
    let upstream = Upstream::listen();
    let gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    endpoint.head();
    gateway.drain(Duration::from_millis(50));
    assert!(client.is_closed());
    gateway.ended();
}
