//! What is due is sent: once, to each place, whatever happens in between.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use naru_model::alert::{Notice, NoticeState, Reason};
use naru_model::language::Language;
use naru_model::platform::Platform;
use naru_model::series::Subject;
use naru_model::service_level::{Kind, ReportRef, Reports as Wished};
use naru_model::units::Timestamp;
use naru_model::watch::Outgoing;
use naru_notify::OWNERS;
use naru_sla::calendar::{self, Span};
use naru_sla::message;
use serde::{Deserialize, Serialize};

use super::Reports;

/// In the folder of reports.
const WANTED: &str = "wanted.json";
/// Messages with the report of one period that are looked at: one for each channel and function.
const MOST_SENT: u32 = 5_000;

/// Since when a report goes where, by `daily/ops`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Since(BTreeMap<String, Timestamp>);

/// One place that a report goes to, and of what.
#[derive(Debug, Clone, PartialEq)]
struct Errand {
    /// A channel, or [`OWNERS`].
    to: String,
    addresses: Vec<String>,
    subject: Option<Subject>,
}

impl Since {
    /// Notes what is wanted from now on and forgets what is wanted no more; whether that changed anything.
    pub(super) fn follow(&mut self, wished: &Wished, now: Timestamp) -> bool {
        let before = self.clone();
        let names = |kind: Kind| wished.channels(kind).iter().map(move |to| format!("{kind}/{to}"));
        let wanted: BTreeSet<String> = Kind::ALL.into_iter().flat_map(names).collect();
        self.0.retain(|name, _| wanted.contains(name));
        for name in wanted {
            self.0.entry(name).or_insert(now);
        }
        *self != before
    }

    fn of(&self, kind: Kind, to: &str) -> Option<Timestamp> {
        self.0.get(&format!("{kind}/{to}")).copied()
    }
}

impl Reports {
    /// Sends every report whose time has come and that was not sent.
    pub(super) async fn send_due(&self, now: Timestamp) -> Result<()> {
        let (platform, zone) = (self.source.platform(), self.source.zone());
        let since = self.since(&platform.reports, now)?;
        for kind in Kind::ALL {
            for to in platform.reports.channels(kind) {
                let Some(since) = since.of(kind, to) else { continue };
                for span in calendar::due(kind, platform.reports.at, &zone, since, now) {
                    let over = Timestamp(u64::from(span.bounds(&zone).1) * 1_000_000);
                    self.send_missing(&platform, span, to, over, now).await?;
                }
            }
        }
        Ok(())
    }

    /// Since when what is wanted; what is new is wanted from now on.
    fn since(&self, wished: &Wished, now: Timestamp) -> Result<Since> {
        let path = self.source.shelf.in_folder(WANTED);
        let text = std::fs::read(&path).unwrap_or_default();
        let mut since: Since = serde_json::from_slice(&text).unwrap_or_default();
        // A clock that was ahead would keep everything from being due.
        since.0.values_mut().for_each(|at| *at = (*at).min(now));
        if since.follow(wished, now) {
            let text = serde_json::to_vec(&since).map_err(Into::into);
            self.source.shelf.write(&path, text).context("it can't be noted which reports are wanted")?;
        }
        Ok(since)
    }

    /// Sends a report to those of a place who have not got it since the period was over: what was sent before that was not whole.
    async fn send_missing(
        &self,
        platform: &Platform,
        span: Span,
        to: &str,
        over: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let date = span.first.to_string();
        let sent = self.source.state.report_notices(Some(&date), MOST_SENT).await;
        let sent = sent.context("can't read what was sent")?;
        for errand in errands(platform, to) {
            if !sent.iter().any(|notice| notice.at >= over && is_of(notice, span.kind, &errand)) {
                self.send_it(platform, span, errand, now).await?;
            }
        }
        Ok(())
    }

    /// Sends a report now, whether or not it was sent before.
    pub(crate) async fn send(&self, span: Span, to: &str) -> Result<Vec<Notice>> {
        let (platform, now) = (self.source.platform(), self.source.clock.now());
        let mut notices = Vec::new();
        for errand in errands(&platform, to) {
            notices.push(self.send_it(&platform, span, errand, now).await?);
        }
        Ok(notices)
    }

    /// The message is kept in one write: before it the report was not sent, after it it was.
    async fn send_it(
        &self,
        platform: &Platform,
        span: Span,
        errand: Errand,
        now: Timestamp,
    ) -> Result<Notice> {
        let language = language_of(platform);
        let summary = self.source.summary(span, now).await?;
        let console = platform.reports.console.as_deref();
        let message = message::message(&summary, language, errand.subject.as_ref(), console);
        let report = ReportRef { kind: span.kind, date: summary.date, subject: errand.subject, language };
        let notice = Notice {
            id: 0,
            at: now,
            channel: errand.to,
            reason: Reason::Report,
            alerts: Vec::new(),
            report: Some(report),
            subject: message.subject,
            text: message.text,
            state: NoticeState::Waiting,
            attempts: 0,
            error: None,
        };
        let outgoing = Outgoing { notice, due: now, to: errand.addresses, worst: Vec::new() };
        self.notifier.send(outgoing).await.context("a report can't be sent")
    }
}

/// Of the file's reports, else of its notices.
pub(super) fn language_of(platform: &Platform) -> Language {
    let of_notices = platform.notices.language.parse().unwrap_or(Language::Ko);
    platform.reports.language.unwrap_or(of_notices)
}

/// What goes to a channel, or to each owner.
fn errands(platform: &Platform, to: &str) -> Vec<Errand> {
    if to != Wished::OWNERS {
        return vec![Errand { to: to.to_owned(), addresses: Vec::new(), subject: None }];
    }
    let owned = platform.functions.iter().filter_map(|(name, function)| {
        let owner = function.owner.clone().filter(|owner| owner.contains('@'))?;
        let subject = Some(Subject::Function(name.clone()));
        Some(Errand { to: OWNERS.to_owned(), addresses: vec![owner], subject })
    });
    owned.collect()
}

fn is_of(notice: &Notice, kind: Kind, errand: &Errand) -> bool {
    let report = notice.report.as_ref();
    notice.channel == errand.to
        && report.is_some_and(|report| report.kind == kind && report.subject == errand.subject)
}
