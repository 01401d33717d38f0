//! Keeps an acceptance from doing harm: looks at the platform the whole time, ends what is going on when users feel it too
//! much or somebody presses Ctrl-C, and takes back what was done, whatever happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use naru_model::language::Language;
use naru_model::name::ServiceName;
use naru_model::status::{Status, Traffic};

use super::plan::Floor;
use super::platform::{Platform, Refused};

/// How often the status is looked at.
const EVERY: Duration = Duration::from_millis(200);
/// How often somebody who waits looks whether he should go on.
const LOOK: Duration = Duration::from_millis(20);

/// A figure of the status is over ten seconds: for so long what was broken on purpose is in it.
const SPARED_AFTER: Duration = Duration::from_secs(12);

/// Why a case ends before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// Ctrl-C.
    Interrupted,
    /// Users feel it more than the plan allows.
    Fallen(String),
    /// It can't be tested here; why.
    NotRun(String),
    /// The platform did not do what it was asked for.
    Refused(Refused),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Stop {
        Stop::Refused(refused)
    }
}

/// The instances of each service at one time.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Since the guard began.
    pub(super) at: Duration,
    /// Ready and wanted.
    pub(super) services: BTreeMap<ServiceName, (u32, u32)>,
}

struct Shared {
    platform: Arc<dyn Platform>,
    floor: Floor,
    language: Language,
    began: Instant,
    interrupted: Arc<AtomicBool>,
    ended: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    latest: Option<Arc<Status>>,
    samples: Vec<Sample>,
    fallen: Option<String>,
    /// Broken on purpose, so that their users' Apdex does not count: until then, or until told otherwise.
    spared: BTreeMap<ServiceName, Option<Instant>>,
    /// What could not be taken back.
    left: Vec<String>,
}

pub(super) struct Guard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    /// `interrupted` becomes true when somebody wants it all to end.
    pub(super) fn start(
        platform: Arc<dyn Platform>,
        floor: Floor,
        language: Language,
        interrupted: Arc<AtomicBool>,
    ) -> Guard {
        let shared = Arc::new(Shared {
            platform,
            floor,
            language,
            began: Instant::now(),
            interrupted,
            ended: AtomicBool::new(false),
            seen: Mutex::default(),
        });
        let watched = shared.clone();
        let thread = std::thread::Builder::new().name("guard".to_owned()).spawn(move || watched.watch()).ok();
        Guard { shared, thread }
    }

    /// Since it began.
    pub(super) fn now(&self) -> Duration {
        self.shared.began.elapsed()
    }

    /// Whether to go on.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.shared.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Interrupted);
        }
        match &self.shared.seen().fallen {
            Some(why) => Err(Stop::Fallen(why.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn pause(&self, lasts: Duration) -> Result<(), Stop> {
        let until = Instant::now() + lasts;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// Waits until the status is as wanted, and tells how long that took; nothing when it did not come about in time.
    pub(super) fn until(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&Status) -> bool,
    ) -> Result<Option<Duration>, Stop> {
        let began = Instant::now();
        // What was seen before says nothing of what was done since.
        let from = self.shared.seen().samples.len();
        loop {
            let latest = {
                let seen = self.shared.seen();
                seen.latest.clone().filter(|_| seen.samples.len() > from)
            };
            if latest.is_some_and(|status| wanted(&status)) {
                return Ok(Some(began.elapsed()));
            }
            if began.elapsed() > within {
                return Ok(None);
            }
            self.pause(LOOK)?;
        }
    }

    pub(super) fn samples(&self, from: Duration) -> Vec<Sample> {
        let seen = self.shared.seen();
        seen.samples.iter().filter(|sample| sample.at >= from).cloned().collect()
    }

    /// Breaks a service on purpose: what its users feel does not count until the answer is dropped.
    pub(super) fn spare(&self, service: &ServiceName) -> Spared {
        self.shared.seen().spared.insert(service.clone(), None);
        Spared { shared: self.shared.clone(), service: service.clone() }
    }

    /// What is to be done whatever happens from here on: when the answer is dropped, or before by [`Undo::now`].
    pub(super) fn undo<'a>(
        &self,
        what: impl Into<String>,
        act: impl FnOnce() -> Result<(), Refused> + 'a,
    ) -> Undo<'a> {
        Undo { shared: self.shared.clone(), what: what.into(), act: Some(Box::new(act)) }
    }

    /// What could not be taken back.
    pub(super) fn left(&self) -> Vec<String> {
        self.shared.seen().left.clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A guard that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        while !self.ended.load(Ordering::Relaxed) {
            // While a server is replaced nobody answers; what users feel is seen again when one does.
            if let Ok(status) = self.platform.status() {
                self.note(status);
            }
            std::thread::sleep(EVERY);
        }
    }

    fn note(&self, status: Status) {
        let services = status.services.iter().map(|s| (s.name.clone(), (s.ready, s.desired))).collect();
        let mut seen = self.seen();
        if seen.fallen.is_none() {
            seen.spared.retain(|_, until| until.is_none_or(|until| Instant::now() < until));
            let spared = seen.spared.keys().cloned().collect();
            seen.fallen = fallen(&status, &self.floor, &spared, self.language);
        }
        seen.samples.push(Sample { at: self.began.elapsed(), services });
        seen.latest = Some(Arc::new(status));
    }
}

/// The first business function whose users are below the floor; services where there are no functions.
fn fallen(
    status: &Status,
    floor: &Floor,
    spared: &BTreeSet<ServiceName>,
    language: Language,
) -> Option<String> {
    let low = |name: &str, traffic: &Traffic| {
        let score = traffic.apdex.score().filter(|_| traffic.apdex.samples() >= floor.samples)?;
        (score < floor.apdex).then(|| {
            language.pick(
                format!("{name} 이용자 Apdex {score:.2}, 하한 {:.2} 미만", floor.apdex),
                format!("Apdex of the users of {name} is {score:.2}, below the floor of {:.2}", floor.apdex),
            )
        })
    };
    let functions = status.functions.iter().filter(|f| f.services.iter().all(|s| !spared.contains(s)));
    let services = status.services.iter().filter(|s| !spared.contains(&s.name));
    functions
        .filter_map(|function| low(function.name.as_str(), &function.traffic))
        .chain(services.filter_map(|service| low(service.name.as_str(), &service.traffic)))
        .next()
}

/// See [`Guard::spare`].
pub(super) struct Spared {
    shared: Arc<Shared>,
    service: ServiceName,
}

impl Drop for Spared {
    fn drop(&mut self) {
        self.shared.seen().spared.insert(self.service.clone(), Some(Instant::now() + SPARED_AFTER));
    }
}

/// See [`Guard::undo`].
#[must_use]
pub(super) struct Undo<'a> {
    shared: Arc<Shared>,
    what: String,
    act: Option<Box<dyn FnOnce() -> Result<(), Refused> + 'a>>,
}

impl Undo<'_> {
    /// Takes it back here, and tells what that was.
    pub(super) fn now(mut self) -> String {
        self.act();
        self.what.clone()
    }

    fn act(&mut self) {
        if let Some(act) = self.act.take()
            && let Err(refused) = act()
        {
            let line = format!("{}: {refused}", self.what);
            self.shared.seen().left.push(line);
        }
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        self.act();
    }
}
