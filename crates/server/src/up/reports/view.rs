//! Reports as they are asked for: by the API, and by the messages that bring them.

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use naru_model::alert::Notice;
use naru_model::language::Language;
use naru_model::platform::Platform;
use naru_model::series::Subject;
use naru_model::service_level::{
    Kind, Listed, Outcome, ReportFile, ReportFormat, ReportRef, Sent, SubjectSummary, Summary,
};
use naru_model::units::Timestamp;
use naru_notify::{Attach, Stored};
use naru_sla::calendar::{self, Span};
use naru_sla::{Day, Known};

use super::Source;
use super::due::language_of;
use super::shelf::{Kept, Shelf};

/// What an e-mail brings.
const ATTACHED: [ReportFormat; 2] = [ReportFormat::Html, ReportFormat::Pdf];
/// Messages that are looked at for the list.
const MOST_SENT: u32 = 20_000;

/// Periods as they were listed, until one of their days is written anew.
pub(super) type Cache = HashMap<Span, (Vec<Kept>, Listed)>;

/// One platform's days, as somebody looks at them at a moment: the server's, or those that a stopped one left.
pub(crate) struct View<'a> {
    pub(crate) shelf: &'a Shelf,
    pub(crate) platform: &'a str,
    pub(crate) zone: &'a TimeZone,
    pub(crate) now: Timestamp,
    /// The day that is not over yet.
    pub(crate) today: Option<Day>,
}

impl View<'_> {
    /// What a period came to; it reads files.
    pub(crate) fn summary(&self, span: Span) -> Summary {
        let (days, before) = (self.days(span), self.days(span.before()));
        let known = Known {
            platform: self.platform,
            span,
            zone: self.zone,
            now: self.now,
            days: days.iter().collect(),
            before: before.iter().collect(),
            count_users: &|users| naru_telemetry::distinct_users(users.iter().copied()),
        };
        naru_sla::summary(&known)
    }

    fn days(&self, span: Span) -> Vec<Day> {
        let one = |date: Date| {
            let date = date.to_string();
            let today = self.today.as_ref().filter(|today| today.date == date && !today.is_empty());
            today.cloned().or_else(|| self.shelf.day(&date))
        };
        span.days().filter_map(one).collect()
    }
}

/// A report as a file.
///
/// # Errors
/// It can't be rendered in this form.
pub(crate) fn file_of(
    summary: &Summary,
    subject: Option<&Subject>,
    language: Language,
    format: ReportFormat,
    now: Timestamp,
) -> Result<ReportFile> {
    let content = match format {
        ReportFormat::Json => serde_json::to_vec(&focused(summary, subject))?,
        other => {
            let report = naru_sla::report(summary, language, subject, now);
            naru_report::render(&report, other.word().parse()?)?
        }
    };
    let of = match subject {
        None | Some(Subject::All) => String::new(),
        Some(subject) => format!("-{}", subject.to_string().replace(':', "-")),
    };
    let (kind, date, extension) = (summary.kind, &summary.date, format.extension());
    let name = format!("naru-{kind}-{date}{of}.{extension}");
    Ok(ReportFile { name, media_type: format.media_type(), content })
}

/// The figures of one thing alone.
fn focused(summary: &Summary, subject: Option<&Subject>) -> Summary {
    let Some(subject) = subject else { return summary.clone() };
    let of: Vec<SubjectSummary> = summary.of(subject).cloned().into_iter().collect();
    let result = of.first().map_or(Outcome::NoData, |of| of.result);
    Summary { result, subjects: of, ..summary.clone() }
}

impl Source {
    /// What a period came to, the day that is not over among it.
    pub(crate) async fn summary(&self, span: Span, now: Timestamp) -> Result<Summary> {
        let (platform, zone) = (self.platform(), self.zone());
        let today = self.today(&platform, span, &zone, now).await?;
        let shelf = self.shelf.clone();
        let summary = tokio::task::spawn_blocking(move || {
            View { shelf: &shelf, platform: &platform.name, zone: &zone, now, today }.summary(span)
        });
        summary.await.context("can't read the days")
    }

    /// The day that is not over, if it is in the period.
    async fn today(
        &self,
        platform: &Platform,
        span: Span,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Option<Day>> {
        let today = calendar::day_of(now, zone);
        if !(span.first..=span.last).contains(&today) {
            return Ok(None);
        }
        self.collect(platform, today, zone, now).await.map(Some)
    }

    /// The period that is asked for: the one of a day, or the latest that is over.
    pub(crate) fn span(
        &self,
        kind: Kind,
        date: Option<&str>,
        now: Timestamp,
    ) -> Result<Span, calendar::Error> {
        span(kind, date, &self.zone(), now)
    }

    /// Whether any of a period lies before now.
    pub(crate) fn has_begun(&self, span: Span, now: Timestamp) -> bool {
        span.first <= calendar::day_of(now, &self.zone())
    }

    pub(crate) fn language(&self) -> Language {
        language_of(&self.platform())
    }

    /// Channels that a report may go to.
    pub(crate) fn channels(&self) -> Vec<String> {
        use naru_model::alert::Way;
        use naru_model::service_level::Reports as Wished;
        let platform = self.platform();
        let channels = platform.notices.channels.iter().filter(|one| !matches!(one.way, Way::Sms { .. }));
        let mut names: Vec<String> = channels.map(|one| one.name.clone()).collect();
        let owned = platform.functions.values().filter_map(|function| function.owner.as_ref());
        if platform.notices.smtp.is_some() && owned.into_iter().any(|owner| owner.contains('@')) {
            names.push(Wished::OWNERS.to_owned());
        }
        names
    }

    /// Every period of which there is anything, the newest first.
    pub(crate) async fn list(&self, now: Timestamp) -> Result<Vec<Listed>> {
        let (platform, zone) = (self.platform(), self.zone());
        let notices = self.state.report_notices(None, MOST_SENT).await.context("can't read what was sent")?;
        let day = Span::of(Kind::Daily, calendar::day_of(now, &zone));
        let today = self.today(&platform, day, &zone, now).await?.filter(|today| !today.is_empty());
        let (shelf, own) = (self.shelf.clone(), self.clone());
        let listed = tokio::task::spawn_blocking(move || {
            let view = View { shelf: &shelf, platform: &platform.name, zone: &zone, now, today };
            let mut listed = own.list_of(&view);
            listed.iter_mut().for_each(|one| one.sent = sent(&notices, one.kind, &one.date));
            listed
        });
        listed.await.context("can't read the days")
    }

    fn list_of(&self, view: &View<'_>) -> Vec<Listed> {
        let kept = view.shelf.days();
        let dates = kept.iter().filter_map(|one| calendar::date(&one.date).ok());
        let today = view.today.as_ref().and_then(|today| calendar::date(&today.date).ok());
        let all: Vec<Date> = dates.chain(today).collect();
        let mut spans: Vec<Span> = Kind::ALL
            .into_iter()
            .flat_map(|kind| all.iter().map(move |date| Span::of(kind, *date)))
            .collect();
        spans.sort_by_key(|span| (std::cmp::Reverse(span.first), span.kind));
        spans.dedup();
        spans.into_iter().map(|span| self.listed(view, span, &kept, today)).collect()
    }

    /// As it was listed before, unless one of its days has changed.
    fn listed(&self, view: &View<'_>, span: Span, kept: &[Kept], today: Option<Date>) -> Listed {
        let mine = |one: &&Kept| {
            calendar::date(&one.date).is_ok_and(|date| (span.first..=span.last).contains(&date))
        };
        let files: Vec<Kept> = kept.iter().filter(mine).cloned().collect();
        let lasts = today.is_some_and(|today| (span.first..=span.last).contains(&today));
        if !lasts && let Some((_, known)) = self.inner().list.get(&span).filter(|(of, _)| *of == files) {
            return known.clone();
        }
        let listed = naru_sla::listed(&view.summary(span), Vec::new());
        if !lasts {
            self.inner().list.insert(span, (files, listed.clone()));
        }
        listed
    }
}

/// The period of a day, or the latest that is over.
pub(crate) fn span(
    kind: Kind,
    date: Option<&str>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Span, calendar::Error> {
    Ok(match date {
        Some(date) => Span::of(kind, calendar::date(date)?),
        None => Span::of(kind, calendar::day_of(now, zone)).before(),
    })
}

/// To whom the report of a period went, the first first.
fn sent(notices: &[Notice], kind: Kind, date: &str) -> Vec<Sent> {
    let of = notices.iter().rev().filter_map(|notice| {
        let report = notice.report.as_ref().filter(|report| report.kind == kind && report.date == date)?;
        let to = notice.channel.clone();
        Some(Sent { to, at: notice.at, subject: report.subject.clone(), state: notice.state })
    });
    of.collect()
}

/// What an e-mail brings: made when it is sent.
impl Attach for Source {
    fn files(&self, report: &ReportRef) -> Stored<'_, Vec<ReportFile>> {
        let report = report.clone();
        Box::pin(async move {
            let made = self.attached(report).await;
            made.map_err(|error| format!("the report can't be made: {error:#}"))
        })
    }
}

impl Source {
    async fn attached(&self, report: ReportRef) -> Result<Vec<ReportFile>> {
        let now = self.clock.now();
        let summary = self.summary(Span::of(report.kind, calendar::date(&report.date)?), now).await?;
        let rendered = tokio::task::spawn_blocking(move || {
            let file = |format| file_of(&summary, report.subject.as_ref(), report.language, format, now);
            ATTACHED.into_iter().map(file).collect()
        });
        rendered.await.context("its files can't be made")?
    }
}

/// The platform and the zone of the latest day that is kept of a period, or of all.
pub(crate) fn whose(shelf: &Shelf, span: Span) -> (String, TimeZone) {
    let of_period = span.days().filter_map(|date| shelf.day(&date.to_string())).last();
    let last = || shelf.days().last().and_then(|kept| shelf.day(&kept.date));
    let day = of_period.or_else(last);
    let zone = day.as_ref().and_then(|day| TimeZone::get(&day.zone).ok());
    (day.map(|day| day.platform).unwrap_or_default(), zone.unwrap_or_else(TimeZone::system))
}
