//! Streams: nothing missing, nothing twice, and nothing left open when the reader has gone.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::Served;
use super::fake::{booking, line};
use crate::client::Follow;
use crate::message::{EventsQuery, LogsQuery};
use naru_model::event::Event;
use naru_model::status::Status;
use naru_model::units::Timestamp;
use std::sync::Arc;

async fn ids(events: &mut Follow<Event>, count: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(events.next().await.unwrap().unwrap().id);
    }
    ids
}

fn query() -> EventsQuery {
    EventsQuery::default()
}

#[tokio::test]
async fn a_follower_gets_what_was_and_what_comes() {
    let served = Served::start().await;
    served.fake.say(None, "one");
    served.fake.say(None, "two");
    let mut events = served.local().follow_events(&EventsQuery { limit: 1, ..query() }).await.unwrap();
    assert_eq!(ids(&mut events, 1).await, [2]);
    served.fake.say(None, "three");
    assert_eq!(ids(&mut events, 1).await, [3]);
}

#[tokio::test]
async fn a_follower_that_was_slow_misses_nothing() {
    let served = Served::start().await;
    let mut events = served.local().follow_events(&query()).await.unwrap();
    // More than the live feed holds while nobody reads it: this test runs on one thread.
    (0..50).for_each(|n| served.fake.say(None, &format!("event {n}")));
    assert_eq!(ids(&mut events, 50).await, (1..=50).collect::<Vec<_>>());
    served.fake.say(None, "one more");
    assert_eq!(ids(&mut events, 1).await, [51]);
}

#[tokio::test]
async fn a_follower_from_far_back_gets_all_since_then_whatever_the_limit() {
    let served = Served::start().await;
    (0..2500).for_each(|n| served.fake.say(None, &format!("event {n}")));
    let mut events =
        served.local().follow_events(&EventsQuery { after: Some(3), limit: 7, ..query() }).await.unwrap();
    assert_eq!(ids(&mut events, 2497).await, (4..=2500).collect::<Vec<_>>());
    served.fake.say(None, "one more");
    assert_eq!(ids(&mut events, 1).await, [2501]);
}

#[tokio::test]
async fn a_follower_of_one_service_gets_its_events_alone() {
    let served = Served::start().await;
    let wanted = EventsQuery { service: Some(booking()), ..query() };
    let mut events = served.local().follow_events(&wanted).await.unwrap();
    for n in 0..40 {
        served.fake.say((n % 10 == 0).then_some("booking"), &format!("event {n}"));
    }
    assert_eq!(ids(&mut events, 4).await, [1, 11, 21, 31]);
    served.fake.say(Some("booking"), "one more");
    assert_eq!(ids(&mut events, 1).await, [41]);
}

#[tokio::test]
async fn a_browser_that_comes_again_goes_on_where_it_was() {
    let served = Served::start().await;
    (0..3).for_each(|n| served.fake.say(None, &format!("event {n}")));
    let mut stream = UnixStream::connect(served.socket()).await.unwrap();
    let request = "GET /v1/events?follow=true HTTP/1.1\r\nhost: naru\r\nlast-event-id: 2\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    while !read.contains("id: 3\n") {
        let mut part = [0; 4096];
        let len = stream.read(&mut part).await.unwrap();
        assert!(len > 0, "ended: {read}");
        read.push_str(std::str::from_utf8(&part[..len]).unwrap());
    }
    assert!(read.contains("content-type: text/event-stream"), "{read}");
    assert!(!read.contains("event 1") && read.contains("event 2"), "{read}");
}

#[tokio::test]
async fn a_slow_reader_of_the_status_gets_the_latest_and_no_queue() {
    let served = Served::start().await;
    let mut live = served.local().follow_status().await.unwrap();
    assert_eq!(live.next().await.unwrap().unwrap().at.0, 0);
    // Far more than the buffers on the way hold.
    let first = served.fake.status.borrow().clone();
    let large = "x".repeat(1 << 20);
    for second in 1..=200 {
        let status = Status { at: Timestamp(second), confinement: large.clone(), ..Status::clone(&first) };
        served.fake.status.send_replace(Arc::new(status));
        tokio::task::yield_now().await;
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&200) {
        seen.push(live.next().await.unwrap().unwrap().at.0);
    }
    assert!(seen.len() < 100 && seen.is_sorted(), "{seen:?}");
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_is_there() {
    let served = Served::start().await;
    let before = tokio::time::Instant::now();
    let mut stream = UnixStream::connect(served.socket()).await.unwrap();
    let request = "GET /v1/events?follow=true HTTP/1.1\r\nhost: naru\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    stream.read_buf(&mut read).await.unwrap();
    // Time now passes whenever nothing else can happen.
    tokio::time::pause();
    while !read.windows(4).any(|bytes| bytes == b"\n:\n\n") {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0, "{}", String::from_utf8_lossy(&read));
    }
    let waited = before.elapsed().as_secs();
    assert!((15..=20).contains(&waited), "{waited} seconds");
}

#[tokio::test]
async fn log_lines_come_as_they_are_written() {
    let served = Served::start().await;
    let mut lines = served.local().follow_logs(&booking(), &LogsQuery::default()).await.unwrap();
    assert_eq!(lines.next().await.unwrap().unwrap(), line("before"));
    served.fake.write("예약 받음 \"1\"");
    assert_eq!(lines.next().await.unwrap().unwrap(), line("예약 받음 \"1\""));
}

#[tokio::test]
async fn a_reader_that_goes_leaves_nothing_behind() {
    let served = Served::start().await;
    let mut open = served.fake.streams.subscribe();
    let events = served.local().follow_events(&query()).await.unwrap();
    let logs = served.local().follow_logs(&booking(), &LogsQuery::default()).await.unwrap();
    open.wait_for(|open| *open == 2).await.unwrap();
    drop((events, logs));
    open.wait_for(|open| *open == 0).await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let served = Served::start().await;
    let mut events = served.local().follow_events(&query()).await.unwrap();
    let mut open = served.fake.streams.subscribe();
    served.stop.send(true).unwrap();
    for listener in served.listeners {
        listener.await.unwrap();
    }
    assert!(!matches!(events.next().await, Some(Ok(_))));
    open.wait_for(|open| *open == 0).await.unwrap();
}
