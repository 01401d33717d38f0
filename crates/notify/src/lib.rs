//! Tells people of alerts, and sends them reports: by e-mail, webhook and SMS gateway; once for what comes together, and again until
//! it has arrived.
//!
//! `alert ─Cause→ notify ─message→ mail server, webhook, SMS gateway`
//!
//! Causes of the same channel are gathered for a while and become one message, however many they are. Each message is kept by
//! a [`Store`] before anything is sent, so that a new server sends what its predecessor could not; a send that fails is
//! repeated at growing intervals, and what became of each message is recorded.

mod compose;
mod gather;
mod outbox;
mod ways;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use naru_model::alert::{Alert, Notice, Notices, Reason};
use naru_model::service_level::{ReportFile, ReportRef};
use naru_model::units::Timestamp;
use naru_model::watch::Outgoing;
use tokio::sync::{mpsc, oneshot};

pub use gather::OWNERS;
pub use ways::describe;

/// One thing that people are to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    pub reason: Reason,
    pub alert: Alert,
    /// Channels of its item; empty: all.
    pub channels: Vec<String>,
    /// Of what was escalated: the e-mail addresses of those who own the function. They are told of that, and of its end.
    pub owners: Vec<String>,
}

pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// Keeps messages until they have arrived, and what became of them.
pub trait Store: Send + Sync + 'static {
    /// Keeps a message as it is now; one whose id is 0 is new and gets one.
    fn put(&self, outgoing: Outgoing) -> Stored<'_, Outgoing>;

    /// Those that are to be sent, oldest first.
    fn waiting(&self) -> Stored<'_, Vec<Outgoing>>;
}

/// Makes the files that a report's e-mail brings: when it is sent, so that no message holds them while it waits.
pub trait Attach: Send + Sync + 'static {
    fn files(&self, report: &ReportRef) -> Stored<'_, Vec<ReportFile>>;
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no channel {name}; the channels are {known}")]
    NoChannel { name: String, known: String },
    #[error("the server is ending")]
    Ending,
    #[error("the message can't be kept: {0}")]
    Store(String),
}

/// What messages need to know besides what they tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    pub notices: Notices,
    /// The platform's name, which subjects begin with.
    pub platform: String,
}

/// How everything outside is reached.
pub struct Setup {
    pub store: Arc<dyn Store>,
    pub attach: Arc<dyn Attach>,
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub log: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Sends what it is told. Cheap to clone; the last one that is dropped ends it.
#[derive(Debug, Clone)]
pub struct Notifier {
    commands: mpsc::Sender<Command>,
}

#[derive(Debug)]
enum Command {
    Follow(Box<Settings>),
    Tell(Vec<Cause>, oneshot::Sender<()>),
    Send(Box<Outgoing>, oneshot::Sender<Result<Notice, Error>>),
    Try(String, oneshot::Sender<Result<Notice, Error>>),
}

impl Notifier {
    /// Goes on with what waits, by `settings`.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn start(setup: Setup, settings: Settings) -> Result<Notifier, Error> {
        let waiting = setup.store.waiting().await.map_err(Error::Store)?;
        let (commands, inbox) = mpsc::channel(64);
        tokio::spawn(outbox::Outbox::new(setup, settings, waiting).run(inbox));
        Ok(Notifier { commands })
    }

    /// Sends by these from now on.
    pub async fn follow(&self, settings: Settings) {
        // Nobody is there at the server's end, and then nothing is sent any more.
        let _ = self.commands.send(Command::Follow(Box::new(settings))).await;
    }

    /// Tells of these; kept when this returns, sent when their time has come.
    pub async fn tell(&self, causes: Vec<Cause>) {
        let (done, heard) = oneshot::channel();
        if self.commands.send(Command::Tell(causes, done)).await.is_ok() {
            let _ = heard.await;
        }
    }

    /// Sends a message that is not gathered with others. Kept when this returns, sent when it is due.
    ///
    /// # Errors
    /// [`Error::Store`]: it could not be kept, and is not sent.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Notice, Error> {
        let (done, heard) = oneshot::channel();
        let command = Command::Send(Box::new(outgoing), done);
        self.commands.send(command).await.map_err(|_| Error::Ending)?;
        heard.await.map_err(|_| Error::Ending)?
    }

    /// Sends a message to try a channel out, once and at once, and returns what became of it.
    ///
    /// # Errors
    /// [`Error::NoChannel`]. That it did not arrive is said by the notice.
    pub async fn try_out(&self, channel: String) -> Result<Notice, Error> {
        let (done, heard) = oneshot::channel();
        self.commands.send(Command::Try(channel, done)).await.map_err(|_| Error::Ending)?;
        heard.await.map_err(|_| Error::Ending)?
    }
}

#[cfg(test)]
mod tests;

/// Variables of the environment that URLs and bodies name; tests bring their own.
pub(crate) type Environment = BTreeMap<String, String>;
