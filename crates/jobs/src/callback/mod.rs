//! Tells callers the results of their jobs: signed, again and again until they have been heard, and written down.

pub(crate) mod send;
pub(crate) mod sign;
pub(crate) mod target;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use naru_model::policy;
use naru_model::units::Timestamp;
use tokio::sync::{Notify, Semaphore};

use crate::attempt::persist;
use crate::backoff;
use crate::core::Core;
use crate::error::Error;
use crate::random;
use crate::schedule::Seq;
use crate::store::body::Of;
use crate::store::rows::{Callback, Standing, State};
use crate::store::writer::Change;

const SIGNATURE: HeaderName = HeaderName::from_static("naru-signature");
const JOB: HeaderName = HeaderName::from_static("naru-job");
const STATUS: HeaderName = HeaderName::from_static("naru-status");
/// About nineteen hours, by [`backoff::CALLBACK`].
const MOST_TRIES: u32 = 18;
/// Under way at once. Each holds a result in memory.
const MOST_AT_ONCE: usize = 16;
/// After a failure of our own.
const OWN_FAILURE: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(3600);

/// Callbacks that are owed, by when.
#[derive(Debug)]
pub(crate) struct Courier {
    owed: Mutex<BTreeSet<(Timestamp, Seq)>>,
    changed: Notify,
    places: Arc<Semaphore>,
}

impl Courier {
    pub(crate) fn new() -> Courier {
        let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Courier { owed: Mutex::default(), changed: Notify::new(), places }
    }

    /// Takes on a callback, to be tried at `due`.
    pub(crate) fn owe(&self, seq: Seq, due: Timestamp) {
        self.lock().insert((due, seq));
        self.changed.notify_one();
    }

    /// Looks again at what is owed: there is another table.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Takes one that is due at `now`, or says when the next one will be.
    fn take(&self, now: Timestamp) -> Result<Seq, Option<Timestamp>> {
        let mut owed = self.lock();
        match owed.first() {
            Some((due, _)) if *due > now => Err(Some(*due)),
            _ => owed.pop_first().map(|(_, seq)| seq).ok_or(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<(Timestamp, Seq)>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs as long as the crate does.
pub(crate) async fn run(core: Arc<Core>) {
    // Before the first table no route is known, and each callback would fail.
    while core.known.load().table.secret.is_empty() {
        core.courier.changed.notified().await;
    }
    loop {
        let Ok(place) = core.courier.places.clone().acquire_owned().await else { return };
        let now = core.now();
        match core.courier.take(now) {
            Ok(seq) => {
                let core = core.clone();
                tokio::spawn(async move {
                    deliver(&core, seq).await;
                    drop(place);
                });
            }
            Err(due) => {
                drop(place);
                let wait = due.map_or(IDLE, |due| due.since(now));
                let _ = tokio::time::timeout(wait, core.courier.changed.notified()).await;
            }
        }
    }
}

async fn deliver(core: &Arc<Core>, seq: Seq) {
    if let Err(error) = one(core, seq).await
        && !matches!(error, Error::Closed)
    {
        core.log(&format!("jobs: a callback can't be made, again in {}s: {error}", OWN_FAILURE.as_secs()));
        core.courier.owe(seq, core.now() + OWN_FAILURE);
    }
}

/// One try, and what comes of it.
async fn one(core: &Arc<Core>, seq: Seq) -> Result<(), Error> {
    let Some(standing) = core.store.standing_of(seq).await? else { return Ok(()) };
    let Some(Callback { url, tries, .. }) = standing.callback.clone() else { return Ok(()) };
    let known = core.known.load_full();
    let sent = match known.lane(&standing.route) {
        None => Err(format!("the route {} is gone from naru.yaml", standing.route)),
        Some(job) => send_result(core, &standing, job, &url).await?,
    };
    let tries = tries + 1;
    let (why, last) = match sent {
        Ok(status) if status.is_success() => {
            persist(core, Change::CallbackEnd { seq, tries, state: "delivered", why: None }).await?;
            return Ok(());
        }
        // Whoever says so will not be there later either. Source: RFC 9110 §15.5.11.
        Ok(status) => (format!("it was answered {status}"), status == http::StatusCode::GONE),
        Err(why) => (why, false),
    };
    if last || tries >= MOST_TRIES {
        core.log(&format!("jobs: the callback of {} is given up after {tries} tries: {why}", standing.id));
        persist(core, Change::CallbackEnd { seq, tries, state: "failed", why: Some(why) }).await?;
        return Ok(());
    }
    let due = core.now() + backoff::CALLBACK.after(tries, random::unit());
    persist(core, Change::CallbackAgain { seq, tries, due, why }).await?;
    core.courier.owe(seq, due);
    Ok(())
}

async fn send_result(
    core: &Core,
    standing: &Standing,
    job: &policy::Job,
    url: &str,
) -> Result<Result<http::StatusCode, String>, Error> {
    let key = match job.callback_secret.as_ref().map(|name| (name, std::env::var(name))) {
        None => None,
        Some((_, Ok(key))) => Some(key),
        // Unsigned is worse than late.
        Some((name, Err(_))) => {
            return Ok(Err(format!("the environment variable {name} with the secret is not set")));
        }
    };
    let target = match target::check(url, &job.callback_hosts) {
        Ok(target) => target,
        Err(why) => return Ok(Err(why)),
    };
    let (status, content_type, body) = message(core, standing).await?;
    let mut headers = HeaderMap::new();
    let mut put = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(CONTENT_TYPE, &content_type);
    put(JOB, &standing.id);
    put(STATUS, &status.to_string());
    if let Some(key) = key {
        let seconds = core.now().0 / 1_000_000;
        put(SIGNATURE, &sign::signature(key.as_bytes(), seconds, &body));
    }
    Ok(send::post(&target, &job.callback_hosts, headers, body).await)
}

/// What is told: the service's own answer, or that there is none.
async fn message(core: &Core, standing: &Standing) -> Result<(u16, String, Bytes), Error> {
    let outcome = match standing.state {
        State::Dead => None,
        _ => core.store.outcome(standing.seq).await?,
    };
    let Some(outcome) = outcome else {
        let why = standing.why.as_deref().unwrap_or("the service did not answer");
        let detail = format!("the job was given up: {why}");
        let document = serde_json::json!({
            "type": "about:blank", "title": "Bad Gateway", "status": 502, "detail": detail,
        });
        return Ok((502, "application/problem+json".to_owned(), document.to_string().into()));
    };
    let content_type = outcome.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("application/octet-stream").to_owned();
    let most = usize::try_from(outcome.body.len()).unwrap_or(usize::MAX);
    let body = core.store.bodies.first(&standing.id, Of::Result, &outcome.body, most)?;
    Ok((outcome.status.as_u16(), content_type, body.into()))
}
