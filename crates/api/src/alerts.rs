//! What the API asks of the server about what is watched and who is told: a part of [`Control`](crate::control::Control).

use naru_model::alert::{Alert, Explanation, Notice, Silence};
use naru_model::metric::Owner;
use naru_model::watch::{ChannelStatus, Forecast, ItemStatus, NewItem, NewSilence};

use crate::control::Answer;

/// Alerts, items, silences and notices of a running platform. `actor` is who asks, as in [`Control`](crate::control::Control).
///
/// # Errors
/// [`NotFound`](crate::error::Error::NotFound) for what does not exist, [`Conflict`](crate::error::Error::Conflict) for what
/// naru.yaml holds, [`Invalid`](crate::error::Error::Invalid) for what can't be.
pub trait Alerts: Send + Sync + 'static {
    /// The newest alerts, open or over, of one owner or all.
    fn alerts(&self, open: Option<bool>, owner: Option<Owner>, limit: u32) -> Answer<'_, Vec<Alert>>;

    /// `None`: there is no such alert.
    fn alert(&self, id: u64) -> Answer<'_, Option<Alert>>;

    /// Says that somebody sees to it.
    fn acknowledge(&self, id: u64, actor: String) -> Answer<'_, Alert>;

    /// Every item, also those that are not watched, by name.
    fn alert_items(&self) -> Answer<'_, Vec<ItemStatus>>;

    fn make_alert_item(&self, item: NewItem, actor: String) -> Answer<'_, ItemStatus>;

    fn remove_alert_item(&self, name: String) -> Answer<'_, ()>;

    /// Those that are not over.
    fn silences(&self) -> Answer<'_, Vec<Silence>>;

    fn make_silence(&self, silence: NewSilence, actor: String) -> Answer<'_, Silence>;

    fn end_silence(&self, id: u64) -> Answer<'_, ()>;

    /// The newest messages.
    fn notices(&self, limit: u32) -> Answer<'_, Vec<Notice>>;

    fn channels(&self) -> Answer<'_, Vec<ChannelStatus>>;

    /// Sends a message to try a channel out; what became of it is in the answer.
    fn try_channel(&self, name: String) -> Answer<'_, Notice>;

    fn explanation(&self, owner: Owner, figure: String) -> Answer<'_, Explanation>;

    fn forecasts(&self, owner: Option<Owner>) -> Answer<'_, Vec<Forecast>>;
}
