//! The operations on alerts and notices as methods of the client.

use naru_model::alert::{Alert, Explanation, Notice, Silence};
use naru_model::metric::Owner;
use naru_model::watch::{ChannelStatus, Forecast, ItemStatus, NewItem, NewSilence};

use super::query::{Query, escaped};
use super::{Client, Error};
use crate::message::AlertsQuery;

impl Client {
    /// Alerts, the newest first.
    pub async fn alerts(&self, query: &AlertsQuery) -> Result<Vec<Alert>, Error> {
        let path = Query::of("/v1/alerts").with("limit", query.limit).with_some("open", query.open);
        self.get_json(&path.with_some("owner", query.owner.as_ref()).path()).await
    }

    pub async fn alert(&self, id: u64) -> Result<Alert, Error> {
        self.get_json(&format!("/v1/alerts/{id}")).await
    }

    pub async fn acknowledge_alert(&self, id: u64) -> Result<Alert, Error> {
        self.post_json(&format!("/v1/alerts/{id}/acknowledge"), &serde_json::json!({})).await
    }

    pub async fn alert_items(&self) -> Result<Vec<ItemStatus>, Error> {
        self.get_json("/v1/alert-items").await
    }

    pub async fn make_alert_item(&self, item: &NewItem) -> Result<ItemStatus, Error> {
        self.post_json("/v1/alert-items", item).await
    }

    pub async fn remove_alert_item(&self, name: &str) -> Result<(), Error> {
        self.delete(&format!("/v1/alert-items/{}", escaped(name))).await
    }

    pub async fn silences(&self) -> Result<Vec<Silence>, Error> {
        self.get_json("/v1/silences").await
    }

    pub async fn make_silence(&self, silence: &NewSilence) -> Result<Silence, Error> {
        self.post_json("/v1/silences", silence).await
    }

    pub async fn end_silence(&self, id: u64) -> Result<(), Error> {
        self.delete(&format!("/v1/silences/{id}")).await
    }

    /// Messages, the newest first.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, Error> {
        self.get_json(&Query::of("/v1/notices").with("limit", limit).path()).await
    }

    pub async fn channels(&self) -> Result<Vec<ChannelStatus>, Error> {
        self.get_json("/v1/channels").await
    }

    /// Sends one message at once; what became of it is in the answer.
    pub async fn try_channel(&self, name: &str) -> Result<Notice, Error> {
        self.post_json(&format!("/v1/channels/{}/trial", escaped(name)), &serde_json::json!({})).await
    }

    pub async fn explanation(&self, owner: &Owner, figure: &str) -> Result<Explanation, Error> {
        let path = Query::of("/v1/explanation").with("owner", owner).with("figure", figure);
        self.get_json(&path.path()).await
    }

    pub async fn forecasts(&self, owner: Option<&Owner>) -> Result<Vec<Forecast>, Error> {
        self.get_json(&Query::of("/v1/forecasts").with_some("owner", owner).path()).await
    }
}
