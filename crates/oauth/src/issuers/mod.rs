//! The keys of outside issuers: fetched, kept on the disk, refreshed, and good for as long as an issuer can't be asked.
//!
//! The gateway verifies and never fetches. An issuer that is down costs nothing but new keys: what was last had stays, over
//! restarts too.

mod due;
mod fetch;
mod kept;
mod refresh;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use naru_model::client::Issuer;
use naru_model::snapshot::TrustedIssuer;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use self::due::Due;
use self::kept::Kept;
use self::refresh::RefreshError;
use crate::{Clock, Log};

/// Questions after unknown keys that wait; more say nothing new.
const QUESTIONS: usize = 64;

/// Keeps the keys of outside issuers, in a task of its own that ends with it.
pub struct Issuers {
    wanted: watch::Sender<Vec<Issuer>>,
    unknown: mpsc::Sender<String>,
    published: watch::Receiver<Arc<Vec<TrustedIssuer>>>,
    task: AbortHandle,
}

impl Issuers {
    /// Begins with what `folder` has of them (each a file; it has no other files), and fetches what is due. Call it inside a
    /// tokio runtime.
    pub fn start(folder: PathBuf, issuers: Vec<Issuer>, clock: Clock, log: Log) -> Issuers {
        let (wanted, issuers) = watch::channel(issuers);
        let (unknown, questions) = mpsc::channel(QUESTIONS);
        let mut keeper =
            Keeper { folder, clock, log, standing: BTreeMap::new(), issuers, told: watch::Sender::default() };
        keeper.take_up();
        let published = keeper.told.subscribe();
        let task = tokio::spawn(keeper.run(questions)).abort_handle();
        Issuers { wanted, unknown, published, task }
    }

    /// Takes naru.yaml's issuers in place of those before.
    pub fn set(&self, issuers: Vec<Issuer>) {
        self.wanted.send_if_modified(|wanted| {
            let is_news = *wanted != issuers;
            *wanted = issuers;
            is_news
        });
    }

    /// Somebody showed a token with a key that this issuer was not known to have: it may have a new one. It is asked for that
    /// every ten seconds at most, whoever shows whatever.
    pub fn unknown_key(&self, issuer: &str) {
        // When so many questions wait, one of them is this one or as good.
        let _ = self.unknown.try_send(issuer.to_owned());
    }

    /// All issuers with their keys, in naru.yaml's order, now and at each change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Vec<TrustedIssuer>>> {
        self.published.clone()
    }
}

impl Drop for Issuers {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is known of one issuer.
struct Standing {
    issuer: Issuer,
    kept: Kept,
    due: Due,
    fetching: bool,
}

struct Keeper {
    folder: PathBuf,
    clock: Clock,
    log: Log,
    /// By issuer.
    standing: BTreeMap<String, Standing>,
    issuers: watch::Receiver<Vec<Issuer>>,
    told: watch::Sender<Arc<Vec<TrustedIssuer>>>,
}

type Outcome = (Issuer, Result<Kept, RefreshError>);

impl Keeper {
    async fn run(mut self, mut questions: mpsc::Receiver<String>) {
        let mut fetches: JoinSet<Outcome> = JoinSet::new();
        loop {
            self.begin_due(&mut fetches);
            let now = (self.clock)();
            let idle = self.standing.values().filter(|standing| !standing.fetching);
            let next = idle.map(|standing| standing.due.next.since(now)).min().unwrap_or(due::EVERY);
            tokio::select! {
                // At least a moment: a clock that stands still must not make this spin.
                () = tokio::time::sleep(next.max(due::MOMENT)) => {}
                Some(Ok((issuer, outcome))) = fetches.join_next(), if !fetches.is_empty() => self.end(&issuer, outcome),
                Some(issuer) = questions.recv() => {
                    if let Some(standing) = self.standing.get_mut(&issuer) {
                        standing.due.hurry();
                    }
                }
                changed = self.issuers.changed() => match changed {
                    Ok(()) => self.take_up(),
                    Err(_) => return,
                },
            }
        }
    }

    /// Takes up the issuers that are wanted now: those there were keep what is known of them.
    fn take_up(&mut self) {
        let now = (self.clock)();
        let wanted = self.issuers.borrow_and_update().clone();
        let mut old = std::mem::take(&mut self.standing);
        for issuer in wanted {
            let known = old.remove(&issuer.issuer).filter(|known| known.issuer.jwks == issuer.jwks);
            let standing =
                known.map(|known| Standing { issuer: issuer.clone(), ..known }).unwrap_or_else(|| {
                    let kept = Kept::read(&self.folder, &issuer).unwrap_or_default();
                    Standing { issuer: issuer.clone(), kept, due: Due::at_once(now), fetching: false }
                });
            self.standing.insert(issuer.issuer, standing);
        }
        let names: BTreeSet<&str> = self.standing.keys().map(String::as_str).collect();
        if let Err(error) = kept::remove_others(&self.folder, &names) {
            (self.log)(&format!("issuers: could not remove the keys of an issuer that is gone: {error}"));
        }
        self.publish();
    }

    fn begin_due(&mut self, fetches: &mut JoinSet<Outcome>) {
        let now = (self.clock)();
        let is_due = |standing: &&mut Standing| !standing.fetching && standing.due.next <= now;
        for standing in self.standing.values_mut().filter(is_due) {
            standing.fetching = true;
            standing.due.asked(now);
            let (issuer, kept) = (standing.issuer.clone(), standing.kept.clone());
            fetches.spawn(async move {
                let outcome = refresh::refresh(&issuer, kept).await;
                (issuer, outcome)
            });
        }
    }

    fn end(&mut self, issuer: &Issuer, outcome: Result<Kept, RefreshError>) {
        let now = (self.clock)();
        // It may have been taken out of the file meanwhile, or have got another address.
        let Some(standing) = self.standing.get_mut(&issuer.issuer) else { return };
        if standing.issuer.jwks != issuer.jwks {
            return;
        }
        standing.fetching = false;
        standing.due.answered(outcome.is_ok(), now);
        match outcome {
            Ok(kept) => {
                let is_news = kept != standing.kept;
                standing.kept = kept;
                if is_news && let Err(error) = standing.kept.write(&self.folder, issuer) {
                    (self.log)(&format!("issuers: could not keep the keys of {}: {error}", issuer.issuer));
                }
            }
            Err(error) => {
                let had = if standing.kept.jwks.is_empty() {
                    "no token of it can be verified"
                } else {
                    "the last ones stay"
                };
                (self.log)(&format!("issuers: no keys from {}: {error}; {had}", issuer.issuer));
            }
        }
        self.publish();
    }

    fn publish(&self) {
        let one = |issuer: &Issuer| {
            let jwks = self.standing.get(&issuer.issuer).map(|standing| standing.kept.jwks.clone());
            TrustedIssuer { issuer: issuer.clone(), jwks: jwks.unwrap_or_default(), own: false }
        };
        let all: Vec<TrustedIssuer> = self.issuers.borrow().iter().map(one).collect();
        self.told.send_if_modified(|told| {
            let is_news = **told != all;
            if is_news {
                *told = Arc::new(all);
            }
            is_news
        });
    }
}
