//! Clients that mean it: they send a call until it is acknowledged, with the same Idempotency-Key each time, and count
//! what was.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::done::{MESSAGE, WORK};
use crate::load::client::{Connection, Response};
use crate::scenario::Error;

/// Requests under way at once, of each kind.
const AT_ONCE: usize = 32;
/// Of one request; it is sent again then.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Nobody says when what was killed is up again.
const AGAIN: Duration = Duration::from_millis(50);
/// Where messages are handed in.
pub(super) const PUBLISH: &str = "/publish";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Job,
    Message,
}

/// What has become of all calls so far; written by the clients, read by the scenario.
#[derive(Debug)]
pub(super) struct Calls {
    address: SocketAddr,
    until: Instant,
    pub(super) acknowledged: AtomicUsize,
    /// Sent again, because there was no answer or another than 202.
    pub(super) again: AtomicUsize,
    /// The job of each number.
    jobs: Mutex<Vec<Option<String>>>,
    messages: Mutex<Vec<bool>>,
    /// The first answers that no repetition helps against, and results that are not there: word for word.
    wrong: Mutex<Vec<String>>,
}

#[derive(Deserialize)]
struct Accepted {
    id: String,
}

impl Calls {
    /// For so many of each, that end by themselves after `within`.
    pub(super) fn new(address: SocketAddr, jobs: usize, messages: usize, within: Duration) -> Arc<Calls> {
        Arc::new(Calls {
            address,
            until: Instant::now() + within,
            acknowledged: AtomicUsize::new(0),
            again: AtomicUsize::new(0),
            jobs: Mutex::new(vec![None; jobs]),
            messages: Mutex::new(vec![false; messages]),
            wrong: Mutex::default(),
        })
    }

    /// Sends all, in a thread of its own.
    pub(super) fn send(self: &Arc<Calls>) -> std::thread::JoinHandle<Result<(), Error>> {
        let calls = self.clone();
        std::thread::spawn(move || {
            let (jobs, messages) = (lock(&calls.jobs).len(), lock(&calls.messages).len());
            each([(Kind::Job, jobs), (Kind::Message, messages)], move |connection, kind, number| {
                let calls = calls.clone();
                async move { calls.acknowledge(connection, kind, number).await }
            })
        })
    }

    /// Fetches the result of each job that was acknowledged; of how many it is there and the right one.
    pub(super) fn fetch(self: &Arc<Calls>) -> Result<usize, Error> {
        let there = Arc::new(AtomicUsize::new(0));
        let (calls, count) = (self.clone(), there.clone());
        let jobs = lock(&self.jobs).len();
        each([(Kind::Job, jobs)], move |connection, _, number| {
            let (calls, there) = (calls.clone(), count.clone());
            async move {
                let id = lock(&calls.jobs)[number].clone();
                let (connection, right) = match id {
                    Some(id) => calls.result(connection, number, &id).await,
                    None => (connection, false),
                };
                there.fetch_add(usize::from(right), Ordering::Relaxed);
                connection
            }
        })?;
        Ok(there.load(Ordering::Relaxed))
    }

    pub(super) fn jobs(&self) -> usize {
        lock(&self.jobs).iter().flatten().count()
    }

    pub(super) fn messages(&self) -> Vec<usize> {
        let messages = lock(&self.messages);
        messages.iter().enumerate().filter_map(|(number, confirmed)| confirmed.then_some(number)).collect()
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        lock(&self.wrong).clone()
    }

    /// Notes what went wrong; the first twenty say enough.
    pub(super) fn note(&self, what: String) {
        let mut wrong = lock(&self.wrong);
        if wrong.len() < 20 {
            wrong.push(what);
        }
    }

    async fn acknowledge(&self, connection: Idle, kind: Kind, number: usize) -> Idle {
        let (path, body) = match kind {
            Kind::Job => (format!("{WORK}{number}"), format!("job {number}")),
            Kind::Message => (PUBLISH.to_owned(), format!("{MESSAGE}{number}")),
        };
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nidempotency-key: {number}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let taken = |answer: &Response| answer.status == 202;
        let (connection, answer) = self.ask(connection, &request, taken).await;
        match (answer, kind) {
            (Some(answer), Kind::Job) => match serde_json::from_slice::<Accepted>(&answer.body) {
                Ok(accepted) => lock(&self.jobs)[number] = Some(accepted.id),
                Err(error) => self.note(format!("job {number} was accepted without an id: {error}")),
            },
            (Some(_), Kind::Message) => lock(&self.messages)[number] = true,
            (None, _) => {
                self.note(format!("{kind:?} {number} was not acknowledged"));
                return connection;
            }
        }
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        connection
    }

    /// Whether the result of a job is there and its own.
    async fn result(&self, connection: Idle, number: usize, id: &str) -> (Idle, bool) {
        let request = format!(
            "GET /.naru/jobs/{id}/result HTTP/1.1\r\nhost: {}\r\nprefer: wait=20\r\n\r\n",
            self.address
        );
        let expected = format!("\"target\":\"{WORK}{number}\"");
        let (connection, answer) = self.ask(connection, &request, |answer| answer.status == 200).await;
        let right =
            answer.is_some_and(|answer| memchr::memmem::find(&answer.body, expected.as_bytes()).is_some());
        if !right {
            self.note(format!("lost: job {number}, {id}"));
        }
        (connection, right)
    }

    /// Asks until the answer is as wanted; `None`: it is one that will not change, or the time is over.
    async fn ask(
        &self,
        mut idle: Idle,
        request: &str,
        wanted: impl Fn(&Response) -> bool,
    ) -> (Idle, Option<Response>) {
        loop {
            let answer = match tokio::time::timeout(TIMEOUT, exchange(self.address, &mut idle, request)).await
            {
                Ok(answer) => answer,
                Err(_) => {
                    idle = None;
                    Err("no answer in time".to_owned())
                }
            };
            match answer {
                Ok(answer) if wanted(&answer) => return (idle, Some(answer)),
                Ok(answer) if is_final(&answer) => {
                    let (line, body) = (request.lines().next().unwrap_or_default(), &answer.body);
                    self.note(format!("{line}: {} {}", answer.status, String::from_utf8_lossy(body)));
                    return (idle, None);
                }
                _ if Instant::now() > self.until => return (idle, None),
                _ => {
                    self.again.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

/// A connection that waits for its next request.
type Idle = Option<Connection>;

async fn exchange(address: SocketAddr, idle: &mut Idle, request: &str) -> Result<Response, String> {
    let mut connection = match idle.take().filter(Connection::is_open) {
        Some(connection) => connection,
        None => Connection::open(address, None).await.map_err(|fault| fault.what)?,
    };
    let answer = connection.exchange(request.as_bytes(), false).await.map_err(|fault| fault.what)?;
    *idle = connection.reusable.then_some(connection);
    Ok(answer)
}

/// Whether asking again helps no more. A job that is not done is 409; 502 is what was given up, or a gateway's word.
fn is_final(answer: &Response) -> bool {
    let given_up = || memchr::memmem::find(&answer.body, b"was given up").is_some();
    matches!(answer.status, 400..=408 | 410..=499) || (answer.status == 502 && given_up())
}

/// Does something with each number of each kind, [`AT_ONCE`] of a kind at a time, each of them on a connection of its own.
fn each<F, W>(kinds: impl IntoIterator<Item = (Kind, usize)>, work: W) -> Result<(), Error>
where
    W: Fn(Idle, Kind, usize) -> F + Clone + Send + 'static,
    F: Future<Output = Idle> + Send,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::io("start a runtime"))?;
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for (kind, count) in kinds {
            let next = Arc::new(AtomicUsize::new(0));
            for _ in 0..AT_ONCE.min(count) {
                let (next, work) = (next.clone(), work.clone());
                tasks.spawn(async move {
                    let mut idle = None;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return;
                        }
                        idle = work(idle, kind, number).await;
                    }
                });
            }
        }
        tasks.join_all().await;
    });
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Every change of what is in there is one assignment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
