//! Reports, as methods of the client.

use http::Method;
use naru_model::alert::Notice;
use naru_model::service_level::{Kind, Listing};

use super::query::{Query, escaped};
use super::{Client, Error};
use crate::message::{ReportParams, SendReport};

impl Client {
    /// Which reports there are, the newest first.
    pub async fn reports(&self) -> Result<Listing, Error> {
        self.get_json("/v1/reports").await
    }

    /// A report as a file; without a date, of the latest period that is over.
    pub async fn report(
        &self,
        kind: Kind,
        date: Option<&str>,
        params: &ReportParams,
    ) -> Result<Vec<u8>, Error> {
        let path = Query::of(format!("/v1/reports/{kind}/{}", escaped(date.unwrap_or("latest"))));
        let path = path
            .with("format", params.format.word())
            .with_some("language", params.language)
            .with_some("function", params.function.as_ref())
            .with_some("service", params.service.as_ref());
        let answer =
            self.ask(Method::GET, &path.path(), params.format.media_type(), Default::default()).await?;
        Ok(self.read(answer).await?.to_vec())
    }

    /// Sends a report to a channel, or to the owners of functions.
    pub async fn send_report(&self, kind: Kind, date: &str, to: &str) -> Result<Vec<Notice>, Error> {
        let body = SendReport { to: to.to_owned() };
        self.post_json(&format!("/v1/reports/{kind}/{}/send", escaped(date)), &body).await
    }
}
