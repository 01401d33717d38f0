//! Alerts, items, silences and notices for the API: asked of what watches, beside the loop.

use std::time::Duration;

use naru_api::alerts::Alerts;
use naru_api::control::{Answer, Control};
use naru_api::error::Error;
use naru_model::alert::{Alert, Explanation, Notice, Silence};
use naru_model::metric::Owner;
use naru_model::watch::{ChannelStatus, Forecast, ItemStatus, NewItem, NewSilence, Origin};

use super::Door;

/// Registered items; each is judged every ten seconds.
const MOST_ITEMS: usize = 1_000;
const MOST_SILENCES: usize = 1_000;

impl Alerts for Door {
    fn alerts(&self, open: Option<bool>, owner: Option<Owner>, limit: u32) -> Answer<'_, Vec<Alert>> {
        Box::pin(async move {
            let found = self.alerting.state.alerts(open, owner.as_ref(), limit).await.map_err(unreadable)?;
            Ok(self.alerting.refreshed(found))
        })
    }

    fn alert(&self, id: u64) -> Answer<'_, Option<Alert>> {
        Box::pin(async move {
            let found = self.alerting.state.alert(id).await.map_err(unreadable)?;
            Ok(self.alerting.refreshed(found.into_iter().collect()).pop())
        })
    }

    fn acknowledge(&self, id: u64, actor: String) -> Answer<'_, Alert> {
        Box::pin(async move {
            if let Some(alert) = self.alerting.acknowledge(id, &actor).await.map_err(unwritable)? {
                return Ok(alert);
            }
            match self.alerting.state.alert(id).await.map_err(unreadable)? {
                Some(_) => Err(Error::Conflict(format!("alert {id} is over"))),
                None => Err(Error::NotFound(format!(
                    "there is no alert {id}; `naru alerts` tells which there are"
                ))),
            }
        })
    }

    fn alert_items(&self) -> Answer<'_, Vec<ItemStatus>> {
        Box::pin(async move { Ok(self.alerting.known_items()) })
    }

    fn make_alert_item(&self, new: NewItem, actor: String) -> Answer<'_, ItemStatus> {
        Box::pin(async move {
            let item = naru_config::alert_item(&new).map_err(Error::Invalid)?;
            let known = self.alerting.known_items();
            if known.iter().any(|one| one.name == item.name && one.origin == Origin::File) {
                return Err(Error::Conflict(format!("naru.yaml has an item {}; change it there", item.name)));
            }
            let registered = known.iter().filter(|one| one.origin == Origin::Registered).count();
            if registered >= MOST_ITEMS && !known.iter().any(|one| one.name == item.name) {
                return Err(Error::Conflict(format!(
                    "there are {MOST_ITEMS} registered items; remove some first"
                )));
            }
            self.alerting.state.put_item(&item, &actor, self.now()).await.map_err(unwritable)?;
            self.alerting.follow_items().await.map_err(unreadable)?;
            let made = self.alerting.known_items().into_iter().find(|one| one.name == item.name);
            made.ok_or_else(|| Error::Conflict(format!("{} was removed at the same time", item.name)))
        })
    }

    fn remove_alert_item(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move {
            if self.alerting.state.remove_item(&name).await.map_err(unwritable)? {
                return self.alerting.follow_items().await.map_err(unreadable);
            }
            let known = self.alerting.known_items().into_iter().find(|one| one.name == name);
            Err(match known.map(|one| one.origin) {
                Some(Origin::File) => {
                    Error::Conflict(format!("naru.yaml has the item {name}; remove it there"))
                }
                Some(_) => Error::Conflict(format!(
                    "{name} is naru's own; register one of the same name in its place, or write alerts.defaults: false"
                )),
                None => {
                    let name: String = name.chars().take(64).collect();
                    Error::NotFound(format!("there is no item {name:?}; GET /v1/alert-items lists them"))
                }
            })
        })
    }

    fn silences(&self) -> Answer<'_, Vec<Silence>> {
        Box::pin(async move { Ok(self.alerting.silences()) })
    }

    fn make_silence(&self, new: NewSilence, actor: String) -> Answer<'_, Silence> {
        Box::pin(async move {
            if self.alerting.silences().len() >= MOST_SILENCES {
                return Err(Error::Conflict(format!("there are {MOST_SILENCES} silences; end some first")));
            }
            let from = self.now();
            let until = from + Duration::from_secs(new.seconds.into());
            let NewSilence { owner, item, why, .. } = new;
            let silence = Silence { id: 0, owner, item, from, until, why, by: actor };
            let made = self.alerting.state.add_silence(silence).await.map_err(unwritable)?;
            self.alerting.follow_silences().await.map_err(unreadable)?;
            Ok(made)
        })
    }

    fn end_silence(&self, id: u64) -> Answer<'_, ()> {
        Box::pin(async move {
            if !self.alerting.state.remove_silence(id).await.map_err(unwritable)? {
                let what = format!("there is no silence {id}; GET /v1/silences tells which there are");
                return Err(Error::NotFound(what));
            }
            self.alerting.follow_silences().await.map_err(unreadable)
        })
    }

    fn notices(&self, limit: u32) -> Answer<'_, Vec<Notice>> {
        Box::pin(async move { self.alerting.state.notices(limit).await.map_err(unreadable) })
    }

    fn channels(&self) -> Answer<'_, Vec<ChannelStatus>> {
        Box::pin(async move {
            let platform = self.alerting.platform();
            let status = |channel: &naru_model::alert::Channel| {
                let (way, to) = naru_notify::describe(channel);
                let (name, severity) = (channel.name.clone(), channel.severity);
                ChannelStatus { name, way: way.to_owned(), to, severity }
            };
            Ok(platform.notices.channels.iter().map(status).collect())
        })
    }

    fn try_channel(&self, name: String) -> Answer<'_, Notice> {
        Box::pin(async move {
            self.alerting.notifier.try_out(name).await.map_err(|error| match error {
                naru_notify::Error::NoChannel { .. } => Error::NotFound(error.to_string()),
                naru_notify::Error::Ending => Error::Unavailable(error.to_string()),
                naru_notify::Error::Store(_) => Error::internal("could not keep the message", error),
            })
        })
    }

    fn explanation(&self, owner: Owner, figure: String) -> Answer<'_, Explanation> {
        Box::pin(async move { Ok(self.alerting.explain(owner, figure, self.now()).await) })
    }

    fn forecasts(&self, owner: Option<Owner>) -> Answer<'_, Vec<Forecast>> {
        Box::pin(async move { Ok(self.alerting.forecasts(owner.as_ref())) })
    }
}

fn unreadable(error: naru_state::Error) -> Error {
    Error::internal("could not read the state", error)
}

fn unwritable(error: naru_state::Error) -> Error {
    Error::internal("could not write it down; it is as it was", error)
}
