//! The one task that keeps, sends and repeats. One message of a channel at a time, channels beside each other: a webhook that
//! hangs holds up no e-mail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use naru_model::alert::{Notice, NoticeState, Reason};
use naru_model::units::Timestamp;
use naru_model::watch::Outgoing;
use tokio::sync::{mpsc, oneshot};

use crate::compose::{Reader, trial};
use crate::gather::Gatherer;
use crate::{Cause, Command, Environment, Error, Settings, Setup, ways};

/// Messages that wait at most; of more the oldest are given up.
const MOST_WAITING: usize = 1_000;
/// Attempts of one message: the last comes some five hours after the first.
const MOST_ATTEMPTS: u32 = 40;
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

pub(crate) struct Outbox {
    setup: Setup,
    settings: Arc<Settings>,
    gatherer: Gatherer,
    /// By a number of our own: the store may not have given one.
    waiting: BTreeMap<u64, Outgoing>,
    /// Channels that a message is on its way to.
    busy: BTreeSet<String>,
    last_key: u64,
    ended: (mpsc::Sender<Ended>, mpsc::Receiver<Ended>),
    store_failed: bool,
}

/// A send that has ended.
struct Ended {
    key: u64,
    channel: String,
    result: Result<(), String>,
}

impl Outbox {
    pub(crate) fn new(setup: Setup, settings: Settings, waiting: Vec<Outgoing>) -> Outbox {
        let mut outbox = Outbox {
            setup,
            settings: Arc::new(settings),
            gatherer: Gatherer::default(),
            waiting: BTreeMap::new(),
            busy: BTreeSet::new(),
            last_key: 0,
            ended: mpsc::channel(64),
            store_failed: false,
        };
        for outgoing in waiting {
            outbox.enqueue(outgoing);
        }
        outbox
    }

    fn enqueue(&mut self, outgoing: Outgoing) {
        self.last_key += 1;
        self.waiting.insert(self.last_key, outgoing);
    }

    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        loop {
            let now = (self.setup.clock)();
            for outgoing in self.gatherer.due(now) {
                self.enqueue(outgoing);
            }
            self.give_up_what_is_too_much().await;
            self.send_what_is_due(now);
            let next = self.next_due().map(|due| due.since(now)).unwrap_or(Duration::from_secs(3600));
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.handle(command).await,
                    None => return,
                },
                Some(ended) = self.ended.1.recv() => self.note(ended).await,
                () = tokio::time::sleep(next) => {}
            }
        }
    }

    /// When something may be done next; what its channel holds up waits for that.
    fn next_due(&self) -> Option<Timestamp> {
        let free = self.waiting.values().filter(|one| !self.busy.contains(&one.notice.channel));
        free.map(|one| one.due).chain(self.gatherer.next_due()).min()
    }

    async fn handle(&mut self, command: Command) {
        match command {
            Command::Follow(settings) => self.settings = Arc::new(*settings),
            Command::Tell(causes, done) => {
                self.tell(causes).await;
                // Who asked may have gone.
                let _ = done.send(());
            }
            Command::Send(outgoing, done) => {
                let kept = self.setup.store.put(*outgoing).await;
                if let Ok(kept) = &kept {
                    self.enqueue(kept.clone());
                }
                let _ = done.send(kept.map(|kept| kept.notice).map_err(Error::Store));
            }
            Command::Try(channel, done) => self.try_out(channel, done),
        }
    }

    async fn tell(&mut self, causes: Vec<Cause>) {
        let (settings, now) = (self.settings.clone(), (self.setup.clock)());
        for gathered in self.gatherer.add(causes, &settings, now) {
            match self.setup.store.put(gathered.outgoing.clone()).await {
                Ok(kept) => gathered.outgoing.notice.id = kept.notice.id,
                Err(error) => complain(&self.setup, &mut self.store_failed, &error),
            }
        }
    }

    /// Beside the queue: somebody waits for the answer.
    fn try_out(&self, channel: String, done: oneshot::Sender<Result<Notice, Error>>) {
        let names: Vec<&str> =
            self.settings.notices.channels.iter().map(|channel| channel.name.as_str()).collect();
        if !names.contains(&channel.as_str()) {
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let _ = done.send(Err(Error::NoChannel { name: channel, known }));
            return;
        }
        let (settings, store, now) = (self.settings.clone(), self.setup.store.clone(), (self.setup.clock)());
        let attach = self.setup.attach.clone();
        tokio::spawn(async move {
            let mut outgoing = trial_of(&channel, &settings, now);
            let result = ways::send(&outgoing, &settings, &environment(), attach.as_ref()).await;
            let notice = &mut outgoing.notice;
            notice.attempts = 1;
            notice.state = if result.is_ok() { NoticeState::Sent } else { NoticeState::Failed };
            notice.error = result.err();
            let kept = store.put(outgoing).await;
            let _ = done.send(kept.map(|kept| kept.notice).map_err(Error::Store));
        });
    }

    async fn give_up_what_is_too_much(&mut self) {
        while self.waiting.len() > MOST_WAITING {
            let Some((_, mut oldest)) = self.waiting.pop_first() else { return };
            oldest.notice.state = NoticeState::Failed;
            oldest.notice.error =
                Some(format!("more than {MOST_WAITING} messages wait; the oldest are given up"));
            self.keep(oldest).await;
        }
    }

    fn send_what_is_due(&mut self, now: Timestamp) {
        for (key, outgoing) in &self.waiting {
            if outgoing.due > now || !self.busy.insert(outgoing.notice.channel.clone()) {
                continue;
            }
            let (key, outgoing, settings) = (*key, outgoing.clone(), self.settings.clone());
            let (ended, attach) = (self.ended.0.clone(), self.setup.attach.clone());
            tokio::spawn(async move {
                let result = ways::send(&outgoing, &settings, &environment(), attach.as_ref()).await;
                // At the server's end nobody listens; the message waits in the store.
                let _ = ended.send(Ended { key, channel: outgoing.notice.channel, result }).await;
            });
        }
    }

    /// Records what became of a send.
    async fn note(&mut self, Ended { key, channel, result }: Ended) {
        self.busy.remove(&channel);
        let Some(mut outgoing) = self.waiting.remove(&key) else { return };
        let notice = &mut outgoing.notice;
        notice.attempts += 1;
        notice.error = result.err();
        notice.state = match &notice.error {
            None => NoticeState::Sent,
            Some(_) if notice.attempts >= MOST_ATTEMPTS => NoticeState::Failed,
            Some(_) => NoticeState::Waiting,
        };
        if let Some(error) = notice.error.as_ref().filter(|_| notice.attempts == 1) {
            (self.setup.log)(&format!("a notice to {channel} has not arrived and is sent again: {error}"));
        }
        if notice.state == NoticeState::Waiting {
            outgoing.due = (self.setup.clock)() + pause(outgoing.notice.attempts);
            self.waiting.insert(key, outgoing.clone());
        }
        self.keep(outgoing).await;
    }

    async fn keep(&mut self, outgoing: Outgoing) {
        if let Err(error) = self.setup.store.put(outgoing).await {
            complain(&self.setup, &mut self.store_failed, &error);
        } else {
            self.store_failed = false;
        }
    }
}

/// Said once, until it goes well again.
fn complain(setup: &Setup, failed: &mut bool, error: &str) {
    if !std::mem::replace(failed, true) {
        (setup.log)(&format!("notices are sent, and can't be kept: {error}"));
    }
}

fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Doubles from two seconds to ten minutes.
fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_PAUSE)
}

fn trial_of(channel: &str, settings: &Settings, now: Timestamp) -> Outgoing {
    let reader = Reader {
        platform: &settings.platform,
        korean: settings.notices.language == "ko",
        zone: &TimeZone::system(),
        now,
    };
    let texts = trial(channel, &reader);
    let notice = Notice {
        id: 0,
        at: now,
        channel: channel.to_owned(),
        reason: Reason::Trial,
        alerts: Vec::new(),
        report: None,
        subject: texts.subject,
        text: texts.text,
        state: NoticeState::Waiting,
        attempts: 0,
        error: None,
    };
    Outgoing { notice, due: now, to: Vec::new(), worst: Vec::new() }
}
