//! Streams of server-sent events. Source: HTML, "Server-sent events".

mod events;
mod status;

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, StreamExt};
use serde::Serialize;

use crate::control::Feed;
use crate::message::LogLine;

pub(crate) use events::events;
pub(crate) use status::{Statuses, status};

/// A comment is sent after this long without anything else, so that both ends notice when the other is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

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
