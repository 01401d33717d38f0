//! Watches: each ten seconds the readings, what has changed about them, why, and who is told. Beside the loop, which never waits
//! for it.
//!
//! What is new is kept in this order: messages before alerts. A server that dies in between tells of an alert twice rather
//! than never.

mod forecasts;
mod history;
mod items;
mod kept;
mod people;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use naru_alert::{Change, Kind, Look, Watcher, explain};
use naru_controller::calendar::Calendar;
use naru_model::alert::{Alert, Explanation, Item, Maintenance, Silence};
use naru_model::event::Event;
use naru_model::metric::{Owner, Reading};
use naru_model::platform::Platform;
use naru_model::scaling::Schedule;
use naru_model::series::Period;
use naru_model::status::Status;
use naru_model::trace::MapEdge;
use naru_model::units::Timestamp;
use naru_model::watch::Forecast;
use naru_notify::{Attach, Notifier, Settings, Setup};
use naru_state::State;
use naru_telemetry::Telemetry;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};

use self::forecasts::Forecasts;
use self::history::Past;
use self::items::Known;
use super::readings;
use crate::clock::Clock;

/// How often what is learned is written down.
const WRITE_EVERY: Duration = Duration::from_secs(900);
/// Who calls whom is looked up over so long, in seconds: what is down is not called any more.
const CALLED_WITHIN: u32 = 86_400;
/// Alerts that are open and more that are known to the state at the start.
const MOST_OPEN: u32 = 50_000;
/// Alerts of one look that are explained in full: in a storm the worst are told, and the others can be asked about.
const MOST_EXPLAINED: usize = 10;
/// In the state folder.
const FORECASTS: &str = "forecasts.zst";

/// What watches, for the loop and for the API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Alerting {
    clock: Clock,
    pub(crate) state: Arc<State>,
    telemetry: Arc<Telemetry>,
    status: watch::Receiver<Arc<Status>>,
    said: broadcast::Sender<Event>,
    pub(crate) notifier: Notifier,
    inner: Arc<Mutex<Inner>>,
    /// Where what is learned is kept; held while it is written.
    learned: Arc<Mutex<PathBuf>>,
}

/// What is remembered from look to look.
pub(crate) struct Inner {
    watcher: Watcher,
    forecasts: Forecasts,
    platform: Arc<Platform>,
    known: Vec<Known>,
    registered: Vec<Item>,
    silences: Vec<Silence>,
    /// Of the file, each with what it covers.
    maintenance: Vec<(Calendar, Option<Owner>)>,
    written: Option<Timestamp>,
}

/// What it takes to begin.
pub(crate) struct Start {
    pub(crate) clock: Clock,
    pub(crate) state: Arc<State>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) status: watch::Receiver<Arc<Status>>,
    pub(crate) said: broadcast::Sender<Event>,
    pub(crate) state_dir: PathBuf,
    /// Makes what messages with a report bring.
    pub(crate) attach: Arc<dyn Attach>,
}

impl Alerting {
    /// Goes on with what an earlier server left open and learned, and watches until the status has no sender any more.
    pub(crate) async fn start(start: Start, platform: &Platform) -> Result<Alerting> {
        let Start { clock, state, telemetry, status, said, state_dir, attach } = start;
        let now = clock.now();
        let open = state.alerts(Some(true), None, MOST_OPEN).await?;
        let watcher = Watcher::resume(state.last_alert().await?, open, now);
        let path = state_dir.join(FORECASTS);
        let forecasts = Forecasts::read(&path).unwrap_or_else(|error| {
            eprintln!("naru: forecasts begin anew, {} can't be read: {error}", path.display());
            Forecasts::default()
        });
        let setup = Setup {
            store: Arc::new(kept::Kept(state.clone())),
            attach,
            clock: Arc::new(move || clock.now()),
            log: Arc::new(|line| eprintln!("naru: {line}")),
        };
        let inner = Inner {
            watcher,
            forecasts,
            platform: Arc::new(platform.clone()),
            known: Vec::new(),
            registered: state.items().await?,
            silences: state.silences(now).await?,
            maintenance: Vec::new(),
            written: Some(now),
        };
        let notifier = Notifier::start(setup, settings(platform)).await?;
        let inner = Arc::new(Mutex::new(inner));
        let learned = Arc::new(Mutex::new(path));
        let alerting = Alerting { clock, state, telemetry, status, said, notifier, inner, learned };
        alerting.follow(platform).await;
        tokio::spawn(alerting.clone().run());
        Ok(alerting)
    }

    /// Follows the file: its items, its maintenance, its channels.
    pub(crate) async fn follow(&self, platform: &Platform) {
        {
            let mut inner = self.inner();
            inner.platform = Arc::new(platform.clone());
            inner.maintenance = calendars(&platform.alerts.maintenance);
            inner.renew_items();
        }
        self.notifier.follow(settings(platform)).await;
    }

    /// Of the items that are registered something has changed.
    pub(crate) async fn follow_items(&self) -> Result<(), naru_state::Error> {
        let registered = self.state.items().await?;
        let mut inner = self.inner();
        inner.registered = registered;
        inner.renew_items();
        Ok(())
    }

    pub(crate) async fn follow_silences(&self) -> Result<(), naru_state::Error> {
        let silences = self.state.silences(self.clock.now()).await?;
        self.inner().silences = silences;
        Ok(())
    }

    async fn run(self) {
        let mut ticks = tokio::time::interval(readings::EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.status.has_changed().is_ok() {
            ticks.tick().await;
            let status = self.status.borrow().clone();
            // Before the loop has looked once, nothing is known.
            if status.at > Timestamp(0) {
                self.look(status).await;
            }
        }
    }

    async fn look(&self, status: Arc<Status>) {
        let (telemetry, now, of) = (self.telemetry.clone(), self.clock.now(), status.clone());
        let read = tokio::task::spawn_blocking(move || readings::readings(&of, &telemetry, now)).await;
        let Ok(readings) = read else { return };
        let readings: Vec<Reading> = readings.into_iter().filter(|one| is_asked(one, &status)).collect();
        let (mut changes, due) = self.judge(&readings, &status, now);
        if due {
            let own = self.clone();
            tokio::task::spawn_blocking(move || own.write_down());
        }
        if changes.is_empty() {
            return;
        }
        self.explain_changes(&mut changes, now).await;
        let calls = self.calls(&changes, now).await;
        let causes = {
            let inner = self.inner();
            people::causes(&changes, inner.watcher.items(), &inner.platform, &calls)
        };
        if !causes.is_empty() {
            self.notifier.tell(causes).await;
        }
        let alerts: Vec<Alert> = changes.iter().map(|change| change.alert.clone()).collect();
        if let Err(error) = self.state.put_alerts(&alerts).await {
            eprintln!("naru: {} alerts are told and can't be kept: {error}", alerts.len());
        }
        match self.state.append(people::events(&changes, now)).await {
            Ok(events) => events.into_iter().for_each(|event| {
                crate::commands::output::print_event(&event);
                // Nobody listening is no fault.
                let _ = self.said.send(event);
            }),
            Err(error) => eprintln!("naru: alerts are told, and their events can't be kept: {error}"),
        }
    }

    /// Writes down what was learned so far. It may take a second.
    pub(crate) fn write_down(&self) {
        let path = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let learned = self.inner().forecasts.copy();
        if let Err(error) = learned.write(&path) {
            eprintln!("naru: what forecasts have learned can't be kept in {}: {error}", path.display());
        }
    }

    /// Who called whom lately, when an owner is to be found by that.
    async fn calls(&self, changes: &[Change], now: Timestamp) -> Vec<MapEdge> {
        let by_calls = |change: &Change| {
            change.alert.escalated.is_some()
                && matches!(change.alert.owner, Owner::Link(_) | Owner::Service(_) | Owner::Instance(_))
        };
        if !changes.iter().any(by_calls) {
            return Vec::new();
        }
        let telemetry = self.telemetry.clone();
        let to = forecasts::seconds(now);
        let period = Period { from: to.saturating_sub(CALLED_WITHIN), to };
        let map = tokio::task::spawn_blocking(move || telemetry.service_map(period, now)).await;
        map.map(|map| map.edges).unwrap_or_default()
    }

    /// What has changed, and whether it is time to write down what was learned.
    fn judge(&self, readings: &[Reading], status: &Status, now: Timestamp) -> (Vec<Change>, bool) {
        let mut guard = self.inner();
        let inner = &mut *guard;
        inner.forecasts.feed(readings, inner.watcher.items(), now);
        inner.silences.retain(|silence| silence.until > now);
        let open = inner.maintenance.iter().filter(|(calendar, _)| !calendar.windows(now).is_empty());
        let maintenance: Vec<Option<Owner>> = open.map(|(_, of)| of.clone()).collect();
        let changes = inner.watcher.look(&Look {
            now,
            readings,
            silences: &inner.silences,
            maintenance: &maintenance,
            foresight: &inner.forecasts,
            exists: &|owner| exists(owner, status),
            escalate_after: inner.platform.notices.escalate_after,
            escalate_warnings_after: inner.platform.notices.escalate_warnings_after,
        });
        let due = inner.written.is_none_or(|at| now.since(at) >= WRITE_EVERY);
        if due {
            inner.written = Some(now);
        }
        (changes, due)
    }

    /// Says of what has begun why; of the worst in full.
    async fn explain_changes(&self, changes: &mut [Change], now: Timestamp) {
        let mut explained = 0;
        for change in changes.iter_mut() {
            let begins = matches!(change.kind, Kind::Opened | Kind::Worse | Kind::Escalated);
            let critical = change.alert.severity == naru_model::alert::Severity::Critical;
            if !begins {
                continue;
            }
            let explanation = if explained < MOST_EXPLAINED && (critical || explained < MOST_EXPLAINED / 2) {
                explained += 1;
                self.explain(change.alert.owner.clone(), change.alert.figure.clone(), now).await
            } else if change.kind == Kind::Opened {
                explain::briefly(&change.alert.owner, &change.alert.figure)
            } else {
                continue;
            };
            self.inner().watcher.explain(change.alert.id, explanation.clone());
            change.alert.explanation = explanation;
        }
    }

    /// Why a figure is as it is at this moment.
    pub(crate) async fn explain(&self, owner: Owner, figure: String, at: Timestamp) -> Explanation {
        let past = Past {
            telemetry: self.telemetry.clone(),
            state: self.state.clone(),
            inner: self.inner.clone(),
            platform: self.inner().platform.clone(),
            status: self.status.borrow().clone(),
            runtime: Handle::current(),
            now: at,
        };
        let explained =
            tokio::task::spawn_blocking(move || explain::explain(&owner, &figure, at, &past)).await;
        explained.unwrap_or_default()
    }

    /// How every series goes on.
    pub(crate) fn forecasts(&self, owner: Option<&Owner>) -> Vec<Forecast> {
        let inner = self.inner();
        inner.forecasts.list(owner, inner.watcher.items(), self.clock.now())
    }

    /// As it is now, with what the last look saw, where it is open.
    pub(crate) fn refreshed(&self, alerts: Vec<Alert>) -> Vec<Alert> {
        let inner = self.inner();
        let fresh = |alert: Alert| match inner.watcher.open().find(|open| open.id == alert.id) {
            Some(open) if alert.resolved.is_none() => open.clone(),
            _ => alert,
        };
        alerts.into_iter().map(fresh).collect()
    }

    /// Somebody sees to it; `None`: no such alert is open.
    pub(crate) async fn acknowledge(&self, id: u64, actor: &str) -> Result<Option<Alert>, naru_state::Error> {
        let alert = self.inner().watcher.acknowledge(id, actor, self.clock.now());
        if let Some(alert) = &alert {
            self.state.put_alerts(std::slice::from_ref(alert)).await?;
        }
        Ok(alert)
    }

    pub(crate) fn known_items(&self) -> Vec<naru_model::watch::ItemStatus> {
        self.inner().known.iter().map(Known::status).collect()
    }

    pub(crate) fn silences(&self) -> Vec<Silence> {
        let now = self.clock.now();
        self.inner().silences.iter().filter(|silence| silence.until > now).cloned().collect()
    }

    pub(crate) fn platform(&self) -> Arc<Platform> {
        self.inner().platform.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn renew_items(&mut self) {
        self.known = items::all(&self.platform, &self.registered);
        let watched = self.known.iter().filter(|known| known.problem.is_none());
        self.watcher.set_items(watched.map(|known| known.item.clone()).collect());
    }
}

fn settings(platform: &Platform) -> Settings {
    Settings { notices: platform.notices.clone(), platform: platform.name.clone() }
}

/// The file's checks refuse times that can't be kept; without a zone's name of the machine's there is no maintenance.
fn calendars(windows: &[Maintenance]) -> Vec<(Calendar, Option<Owner>)> {
    let calendar = |window: &Maintenance| {
        let schedule = Schedule { at: window.at.clone(), zone: None, lasts: window.lasts, add: 0 };
        match Calendar::new(&[schedule], &TimeZone::system()) {
            Ok(calendar) => Some((calendar, window.of.clone())),
            Err(error) => {
                eprintln!("naru: the maintenance {:?} is not followed: {error}", window.at);
                None
            }
        }
    };
    windows.iter().filter_map(calendar).collect()
}

/// Of a service that is to have no instance nobody asks whether one is ready.
fn is_asked(reading: &Reading, status: &Status) -> bool {
    let Owner::Service(name) = &reading.owner else { return true };
    let wanted = || status.services.iter().any(|service| service.name == *name && service.desired > 0);
    reading.figure != "ready" || wanted()
}

/// Whether there still is what an alert is about.
fn exists(owner: &Owner, status: &Status) -> bool {
    match owner {
        Owner::Host | Owner::Platform | Owner::Outside(_) => true,
        Owner::Service(name) => status.services.iter().any(|service| service.name == *name),
        Owner::Function(name) => status.functions.iter().any(|function| function.name == *name),
        Owner::Link(name) => status.links.iter().any(|link| link.name == *name),
        Owner::Instance(id) => status
            .services
            .iter()
            .any(|service| service.name == id.service && service.instances.iter().any(|one| one.id == *id)),
    }
}
