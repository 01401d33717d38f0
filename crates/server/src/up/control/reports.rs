//! Reports for the API.

use naru_api::control::{Answer, Control};
use naru_api::error::Error;
use naru_api::seam::reports::Reports;
use naru_model::alert::Notice;
use naru_model::series::Subject;
use naru_model::service_level::{Kind, Listing, ReportFile, Wanted};
use naru_sla::calendar::Span;

use super::Door;
use crate::up::reports::file_of;

impl Door {
    fn span(&self, kind: Kind, date: Option<&str>) -> Result<Span, Error> {
        let now = self.now();
        let source = self.reports.source();
        let span = source.span(kind, date, now).map_err(|error| Error::Invalid(error.to_string()))?;
        match source.has_begun(span, now) {
            true => Ok(span),
            false => Err(Error::Invalid(format!("{} is yet to come", date.unwrap_or_default()))),
        }
    }
}

impl Reports for Door {
    fn reports(&self) -> Answer<'_, Listing> {
        Box::pin(async move {
            let reports = self.reports.source().list(self.now()).await.map_err(unreadable)?;
            Ok(Listing { reports })
        })
    }

    fn report(&self, wanted: Wanted) -> Answer<'_, ReportFile> {
        Box::pin(async move {
            let span = self.span(wanted.kind, wanted.date.as_deref())?;
            let source = self.reports.source();
            let summary = source.summary(span, self.now()).await.map_err(unreadable)?;
            let Wanted { subject, language, format, .. } = wanted;
            if let Some(subject) = subject.as_ref().filter(|subject| summary.of(subject).is_none()) {
                return Err(unknown(subject, summary.subjects.iter().map(|one| &one.subject)));
            }
            let (language, now) = (language.unwrap_or_else(|| source.language()), self.now());
            let made = tokio::task::spawn_blocking(move || {
                file_of(&summary, subject.as_ref(), language, format, now)
            });
            let unmade = "could not write the report";
            let made = made.await.map_err(|error| Error::internal(unmade, error))?;
            made.map_err(|error| Error::internal(unmade, error))
        })
    }

    fn send_report(&self, kind: Kind, date: String, to: String) -> Answer<'_, Vec<Notice>> {
        Box::pin(async move {
            let span = self.span(kind, Some(&date))?;
            let channels = self.reports.source().channels();
            if !channels.contains(&to) {
                let known = if channels.is_empty() { "none".to_owned() } else { channels.join(", ") };
                let to: String = to.chars().take(64).collect();
                let what = format!("there is no channel {to:?} that a report can go to; there are {known}");
                return Err(Error::NotFound(what));
            }
            let sent = self.reports.send(span, &to).await;
            sent.map_err(|error| Error::internal("could not send the report", error))
        })
    }
}

fn unknown<'s>(subject: &Subject, known: impl Iterator<Item = &'s Subject>) -> Error {
    let known: Vec<String> = known.map(ToString::to_string).collect();
    Error::NotFound(format!("there is nothing of {subject} in this period; there is {}", known.join(", ")))
}

fn unreadable(error: anyhow::Error) -> Error {
    Error::internal("could not read what was kept of the days", error)
}
