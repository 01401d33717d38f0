//! Messages in the state, for crate `notify`.

use std::sync::Arc;

use naru_model::watch::Outgoing;
use naru_notify::{Store, Stored};
use naru_state::State;

pub(super) struct Kept(pub(super) Arc<State>);

impl Store for Kept {
    fn put(&self, outgoing: Outgoing) -> Stored<'_, Outgoing> {
        Box::pin(async move { self.0.put_notice(outgoing).await.map_err(|error| error.to_string()) })
    }

    fn waiting(&self) -> Stored<'_, Vec<Outgoing>> {
        Box::pin(async move { self.0.waiting_notices().await.map_err(|error| error.to_string()) })
    }
}
