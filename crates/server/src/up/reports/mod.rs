//! Reports on service levels: keeps each day once it is over, and sends what is due. Beside the loop, which never waits for it.
//!
//! ```text
//! STATE/reports/
//!   2026-11-20.json.zst    a day, for 400 days; made later if it could not be made then, as long as telemetry has its figures
//!   wanted.json            since when which report goes where: what was due before that is not sent
//! ```
//!
//! That a report was sent is told by its message in the state, which is kept in the same write that hands it to crate `notify`: a
//! server that dies at any moment sends none twice, and the next one sends what it left out.

mod changes;
mod collect;
mod due;
mod shelf;
mod view;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use naru_model::platform::Platform;
use naru_model::units::Timestamp;
use naru_notify::Notifier;
use naru_sla::calendar;
use naru_state::State;
use naru_telemetry::Telemetry;

pub(crate) use self::shelf::Shelf;
pub(crate) use self::view::{View, file_of, span, whose};
use crate::clock::Clock;

/// How often it looks whether a day is over or a report is due.
const EVERY: Duration = Duration::from_secs(20);
/// What is seen late still counts: a day is added up so long after its end.
const SETTLED: Duration = Duration::from_secs(60);
/// Days that are made later, when the server was down at their end.
const LATEST_DAYS: usize = 31;

/// What reports are made of. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Source {
    clock: Clock,
    state: Arc<State>,
    telemetry: Arc<Telemetry>,
    shelf: Shelf,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    platform: Arc<Platform>,
    /// Days of which nothing was seen: they are not looked for again.
    empty: BTreeSet<String>,
    /// Whether a day could not be kept, and was said.
    failing: bool,
    list: view::Cache,
}

/// What keeps days and sends reports, for the loop and for the API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reports {
    source: Source,
    notifier: Notifier,
}

impl Source {
    pub(crate) fn new(
        clock: Clock,
        state: Arc<State>,
        telemetry: Arc<Telemetry>,
        state_dir: &Path,
        platform: &Platform,
    ) -> Source {
        let inner = Inner {
            platform: Arc::new(platform.clone()),
            empty: BTreeSet::new(),
            failing: false,
            list: view::Cache::default(),
        };
        let shelf = Shelf::of(state_dir);
        Source { clock, state, telemetry, shelf, inner: Arc::new(Mutex::new(inner)) }
    }

    /// Said once, until it goes well again.
    fn complain(&self, error: &str) {
        if !std::mem::replace(&mut self.inner().failing, true) {
            eprintln!("naru: reports: {error}; tried again until it goes well");
        }
    }

    fn relieved(&self) {
        if std::mem::take(&mut self.inner().failing) {
            eprintln!("naru: reports: it goes well again");
        }
    }

    fn platform(&self) -> Arc<Platform> {
        self.inner().platform.clone()
    }

    /// The file's checks refuse zones that there are not.
    fn zone(&self) -> TimeZone {
        calendar::zone(self.platform().reports.zone.as_deref()).unwrap_or_else(|_| TimeZone::system())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reports {
    /// Begins to keep days and to send what is due; ends with the runtime.
    pub(crate) fn start(source: Source, notifier: Notifier) -> Reports {
        let reports = Reports { source, notifier };
        tokio::spawn(reports.clone().run());
        reports
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Follows the file.
    pub(crate) fn follow(&self, platform: &Platform) {
        self.source.inner().platform = Arc::new(platform.clone());
    }

    async fn run(self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = self.source.clock.now();
            let done = match self.source.keep_days(now).await {
                Ok(()) => self.send_due(now).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => self.source.relieved(),
                Err(error) => self.source.complain(&format!("{error:#}")),
            }
        }
    }
}

impl Source {
    /// Keeps the days that are over and are not kept yet.
    async fn keep_days(&self, now: Timestamp) -> Result<()> {
        let (platform, zone) = (self.platform(), self.zone());
        self.shelf.forget_unfinished(now);
        for day in days_over(now, &zone) {
            let name = day.to_string();
            if self.inner().empty.contains(&name) || self.shelf.has(&name) {
                continue;
            }
            let made = self.collect(&platform, day, &zone, now).await?;
            if made.is_empty() {
                self.inner().empty.insert(name);
            } else {
                self.shelf.keep(&made).context("a day can't be kept")?;
            }
        }
        self.shelf.let_go(now, &zone);
        Ok(())
    }
}

/// The last days that are over, the oldest first.
fn days_over(now: Timestamp, zone: &TimeZone) -> Vec<Date> {
    let today = calendar::day_of(Timestamp(now.0.saturating_sub(SETTLED.as_micros() as u64)), zone);
    let earlier = std::iter::successors(today.yesterday().ok(), |day| day.yesterday().ok());
    let mut days: Vec<Date> = earlier.take(LATEST_DAYS).collect();
    days.reverse();
    days
}

#[cfg(test)]
mod tests;
