//! The status each second. A reader who is slow gets the latest, for a status of a while ago is of no use to anybody.

use std::sync::{Arc, Mutex};

use axum::response::Response;
use axum::response::sse::Event as Frame;
use futures_util::stream;
use naru_model::status::Status;
use tokio::sync::watch;

/// The last status as JSON, written once for all who follow.
#[derive(Default)]
pub(crate) struct Statuses(Mutex<Option<(Arc<Status>, Arc<str>)>>);

impl Statuses {
    /// The JSON of this status.
    pub(crate) fn json(&self, status: &Arc<Status>) -> Arc<str> {
        let mut last = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match last.as_ref() {
            Some((written, json)) if Arc::ptr_eq(written, status) => json.clone(),
            _ => {
                let json = serde_json::to_string(status).expect("a status is plain structs with string keys");
                let json: Arc<str> = json.into();
                *last = Some((status.clone(), json.clone()));
                json
            }
        }
    }
}

/// The status now, and then each new one.
pub(crate) fn status(statuses: Arc<Statuses>, mut live: watch::Receiver<Arc<Status>>) -> Response {
    live.mark_changed();
    super::sse(stream::unfold((statuses, live), async |(statuses, mut live)| {
        live.changed().await.ok()?;
        let status = live.borrow_and_update().clone();
        let frame = Frame::default().data(statuses.json(&status));
        Some((frame, (statuses, live)))
    }))
}
