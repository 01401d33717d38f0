//! What happened and then what happens, without a gap and without doubles.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use naru_model::event::{Event, Search};

use super::{frame, sse};
use crate::control::{Control, Feed};
use crate::error::Error;
use crate::message::MAX_EVENTS;

/// Begins with the events that `search` asks for and goes on with each one to come.
pub(crate) async fn events(control: Arc<dyn Control>, search: Search) -> Result<Response, Error> {
    let follower = Follower::begin(control, search).await?;
    let frames = stream::unfold(follower, async |mut follower| Some((follower.next().await?, follower)));
    Ok(sse(frames.map(|event| frame(&event).id(event.id.to_string()))))
}

/// Follows the events of one reader. Live events tell that there is something; whatever lies between the last one it
/// gave and the next live one is fetched, so that a reader who was slow misses nothing.
struct Follower {
    control: Arc<dyn Control>,
    live: Feed<Event>,
    /// What this reader wants; its `after` is given anew with each fetch.
    search: Search,
    fetched: VecDeque<Event>,
    /// Whether the last fetch was cut at its limit: there may be more at once.
    more: bool,
    /// All events up to this id have been given or are none of this reader's.
    last: u64,
}

impl Follower {
    async fn begin(control: Arc<dyn Control>, search: Search) -> Result<Follower, Error> {
        // Before the fetch, so that nothing falls in between.
        let live = control.subscribe();
        let (after, limit) = (search.after, search.limit as usize);
        let fetched = control.events(search.clone()).await?;
        Ok(Follower {
            live,
            search,
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
        if self.wants(&event) {
            self.fetched.push_back(event);
        } else if self.fetched.is_empty() {
            self.last = event.id;
        }
    }

    fn wants(&self, event: &Event) -> bool {
        let search = &self.search;
        (search.service.is_none() || event.service == search.service)
            && (search.kinds.is_empty() || search.kinds.contains(&event.kind))
            && search.from.is_none_or(|from| event.at >= from)
    }

    /// Fetches what comes after the last one given; `None` ends the stream, and the reader comes again.
    async fn fetch(&mut self) -> Option<()> {
        let search = Search { after: Some(self.last), limit: MAX_EVENTS, ..self.search.clone() };
        let fetched = self.control.events(search).await.ok()?;
        self.more = fetched.len() >= MAX_EVENTS as usize;
        self.fetched = fetched.into();
        Some(())
    }
}
