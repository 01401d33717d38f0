//! The crate as the server holds it: opened once, told of every change of the platform, asked by the API.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use naru_model::job::{DeadLetter, DeadSearch, Figures, OpenedLetter};
use naru_model::units::Bytes;
use tokio::task::JoinHandle;

use crate::awaiting::Awaited;
use crate::broker::Brokers;
use crate::callback::{self, Courier};
use crate::core::{Clock, Core, Log};
use crate::dispatch::{self, Dispatch};
use crate::error::Error;
use crate::fields;
use crate::schedule::Seq;
use crate::store::Store;
use crate::store::body::Of;
use crate::store::rows::ToDo;
use crate::store::writer::{Change, Written};
use crate::table::{Known, Table, job_of_attempts};
use crate::through::Through;
use crate::waiting::Waiting;

/// How often what is kept no longer is looked for.
const CLEAN_EVERY: Duration = Duration::from_secs(60);
/// Jobs forgotten in one transaction.
const CLEAN_AT_ONCE: u32 = 200;
/// Of a dead letter's body, what is shown.
const SHOWN: usize = 64 << 10;

/// Where jobs are kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The state folder: `jobs.sqlite` is in it, and `jobs/` with the larger bodies.
    pub folder: PathBuf,
    /// What `jobs.sqlite` may grow to; over it new jobs are refused with 507. Default 16 GiB.
    pub largest: Bytes,
}

impl Settings {
    /// What the store may grow to when nobody says.
    pub const LARGEST: Bytes = Bytes(16 << 30);
}

/// All jobs, callbacks, waiting callers, brokers and consumers of a server.
#[derive(Debug)]
pub struct Jobs {
    core: Arc<Core>,
    tasks: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Opens the store and takes up what was under way when the last server ended. Nothing is called before
    /// [`Jobs::apply`] has said where to.
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Damaged`], [`Error::Newer`], [`Error::Full`].
    pub async fn open(settings: &Settings, clock: Clock, log: Log) -> Result<Jobs, Error> {
        let store = Store::open(&settings.folder, settings.largest).await?;
        let (dispatch, courier) = (Dispatch::new(), Courier::new());
        store.to_do().await?.iter().for_each(|job| dispatch.queue(job));
        store.callbacks().await?.into_iter().for_each(|(seq, due)| courier.owe(seq, due));
        let core = Arc::new(Core {
            store,
            known: ArcSwap::default(),
            through: Through::new(),
            waiting: Waiting::default(),
            awaited: Awaited::default(),
            dispatch,
            courier,
            brokers: Brokers::default(),
            clock,
            log,
        });
        let tasks = vec![
            tokio::spawn(dispatch::run(core.clone())),
            tokio::spawn(callback::run(core.clone())),
            tokio::spawn(clean(core.clone())),
        ];
        Ok(Jobs { core, tasks })
    }

    /// What answers the gateway. Whoever does not show the table's secret gets 404.
    pub fn router(&self) -> Router {
        crate::router::router(self.core.clone())
    }

    /// Follows another table, live: what is under way goes on, brokers and consumers that changed begin anew.
    pub fn apply(&self, table: Table) {
        let known = Arc::new(Known::new(table));
        self.core.known.store(known.clone());
        self.core.dispatch.bound(&known.bounds());
        self.core.courier.wake();
        self.core.brokers.follow(&self.core, &known.table);
    }

    /// How the jobs of each route stand, by its name.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn figures(&self) -> Result<Vec<Figures>, Error> {
        let mut by_route = std::collections::BTreeMap::<String, Figures>::new();
        for (lane, load) in self.core.dispatch.loads() {
            let figures = by_route.entry(lane).or_default();
            (figures.queued, figures.running, figures.oldest) = (load.queued, load.running, load.oldest);
        }
        for ((route, state), jobs) in self.core.store.ended().await? {
            let figures = by_route.entry(route).or_default();
            match state.as_str() {
                "dead" => figures.dead = jobs,
                "done" => figures.done = jobs,
                "failed" => figures.failed = jobs,
                _ => {}
            }
        }
        Ok(by_route.into_iter().map(|(route, figures)| Figures { route, ..figures }).collect())
    }

    /// Dead letters, the newest first.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn dead(&self, search: &DeadSearch) -> Result<Vec<DeadLetter>, Error> {
        self.core.store.dead(search).await
    }

    /// One dead letter with what it carries; `None`: there is no such one.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn open_dead(&self, id: &str) -> Result<Option<OpenedLetter>, Error> {
        let store = &self.core.store;
        let (Some(letter), Some(seq)) = (store.dead_letter(id).await?, self.seq_of(id).await?) else {
            return Ok(None);
        };
        let Some(request) = store.request(seq).await? else { return Ok(None) };
        let body = store.bodies.first(id, Of::Request, &request.body, SHOWN)?;
        Ok(Some(OpenedLetter {
            truncated: letter.size > body.len() as u64,
            headers: fields::shown(&request.headers),
            body: String::from_utf8_lossy(&body).into_owned(),
            letter,
        }))
    }

    /// Gives a dead letter all its attempts and its time anew; `false`: there is no such one.
    ///
    /// # Errors
    /// The store can't be written.
    pub async fn replay(&self, id: &str) -> Result<bool, Error> {
        let core = self.core.clone();
        let Some(standing) = core.store.standing(id).await? else { return Ok(false) };
        // A task of its own: once it is written it must also be in the schedule, whether or not who asks still waits.
        let task = tokio::spawn(async move {
            let now = core.now();
            let known = core.known.load_full();
            let limit =
                known.lane(&standing.route).map_or(job_of_attempts(1).time_limit, |job| job.time_limit);
            let seq = standing.seq;
            let written = core.store.writer.write(Change::Replay { seq, now, deadline: now + limit }).await?;
            if written != Written::Changed(true) {
                return Ok(false);
            }
            let job = ToDo { seq, route: standing.route, submitted: standing.submitted, due: now };
            core.dispatch.queue(&job);
            Ok(true)
        });
        task.await.unwrap_or(Err(Error::Closed))
    }

    /// Drops a dead letter for good; `false`: there is no such one.
    ///
    /// # Errors
    /// The store can't be written.
    pub async fn discard(&self, id: &str) -> Result<bool, Error> {
        let Some(seq) = self.seq_of(id).await? else { return Ok(false) };
        let written = self.core.store.writer.write(Change::Forget { seq, dead: true }).await?;
        let gone = written == Written::Changed(true);
        if gone {
            self.core.store.bodies.forget(id);
        }
        Ok(gone)
    }

    /// Ends all that is under way, to be taken up again at the next start, and closes the store.
    pub async fn close(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.core.brokers.stop();
        self.core.dispatch.stop();
        self.core.store.close().await;
    }

    async fn seq_of(&self, id: &str) -> Result<Option<Seq>, Error> {
        Ok(self.core.store.standing(id).await?.map(|standing| standing.seq))
    }
}

/// Forgets what is kept no longer, a little at a time, so that nobody waits for it.
async fn clean(core: Arc<Core>) {
    loop {
        match core.store.writer.write(Change::Clean { now: core.now(), most: CLEAN_AT_ONCE }).await {
            Ok(Written::Cleaned(ids)) => {
                ids.iter().for_each(|id| core.store.bodies.forget(id));
                if ids.len() == CLEAN_AT_ONCE as usize {
                    continue;
                }
            }
            Err(Error::Closed) => return,
            Err(error) => core.log(&format!("jobs: what is kept no longer can't be forgotten: {error}")),
            Ok(_) => {}
        }
        tokio::time::sleep(CLEAN_EVERY).await;
    }
}
