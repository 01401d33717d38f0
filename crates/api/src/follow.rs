//! Streams of server-sent events: what happened and then what happens, without a gap and without doubles.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use naru_model::event::Event;
use naru_model::name::ServiceName;
use serde::Serialize;

use crate::control::{Control, Feed};
use crate::error::Error;
use crate::message::{EventsQuery, LogLine, MAX_EVENTS};

/// A comment is sent after this long without anything else, so that both ends notice when the other is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Begins with the events that `query` asks for and goes on with each one to come.
pub(crate) async fn events(control: Arc<dyn Control>, query: EventsQuery) -> Result<Response, Error> {
    let follower = Follower::begin(control, query).await?;
    let frames = stream::unfold(follower, async |mut follower| Some((follower.next().await?, follower)));
    Ok(sse(frames.map(|event| frame(&event).id(event.id.to_string()))))
}

pub(crate) fn logs(lines: Feed<LogLine>) -> Response {
    sse(lines.map(|line| frame(&line)))
}

fn sse(frames: impl Stream<Item = Frame> + Send + 'static) -> Response {
    let frames = frames.map(Ok::<Frame, Infallible>);
    Sse::new(frames).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn frame<T: Serialize>(item: &T) -> Frame {
    Frame::default().data(serde_json::to_string(item).expect("messages are plain structs with string keys"))
}

/// Follows the events of one reader. Live events tell that there is something; whatever lies between the last one it
/// gave and the next live one is fetched, so that a reader who was slow misses nothing.
struct Follower {
    control: Arc<dyn Control>,
    live: Feed<Event>,
    service: Option<ServiceName>,
    fetched: VecDeque<Event>,
    /// Whether the last fetch was cut at its limit: there may be more at once.
    more: bool,
    /// All events up to this id have been given or are none of this reader's.
    last: u64,
}

impl Follower {
    async fn begin(control: Arc<dyn Control>, query: EventsQuery) -> Result<Follower, Error> {
        // Before the fetch, so that nothing falls in between.
        let live = control.subscribe();
        let limit = query.limit as usize;
        let (after, service) = (query.after, query.service.clone());
        let fetched = control.events(query).await?;
        Ok(Follower {
            live,
            service,
            // Without `after` these are the newest ones already.
            more: after.is_some() && fetched.len() >= limit,
            fetched: fetched.into(),
            last: after.unwrap_or(0),
            control,
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(event) = self.fetched.pop_front() {
                if event.id > self.last {
                    self.last = event.id;
                    return Some(event);
                }
            }
            if self.more {
                self.fetch().await?;
                continue;
            }
            let event = self.live.next().await?;
            if event.id > self.last + 1 {
                self.fetch().await?;
            }
            self.take_live(event);
        }
    }

    /// Takes a live event unless it was fetched, or will be.
    fn take_live(&mut self, event: Event) {
        let newest = self.fetched.back().map_or(self.last, |fetched| fetched.id);
        if event.id <= newest || self.more {
            return;
        }
        if self.service.is_none() || event.service == self.service {
            self.fetched.push_back(event);
        } else if self.fetched.is_empty() {
            self.last = event.id;
        }
    }

    /// Fetches what comes after the last one given; `None` ends the stream, and the reader comes again.
    async fn fetch(&mut self) -> Option<()> {
        let query = EventsQuery {
            after: Some(self.last),
            service: self.service.clone(),
            limit: MAX_EVENTS,
            follow: false,
        };
        let fetched = self.control.events(query).await.ok()?;
        self.more = fetched.len() >= MAX_EVENTS as usize;
        self.fetched = fetched.into();
        Some(())
    }
}
