//! What the application answers, and how long it takes over it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use naru_model::units::Percent;
use serde_json::json;

use super::Options;
use super::control::{self, Order};
use super::journal::Journal;
use super::mood::{Behaviour, Mood, errs};
use super::work;
use crate::random::Random;

/// How often one that hangs looks whether it still has to.
const HANG_STEP: Duration = Duration::from_millis(20);
/// The longest body that `?bytes=` may ask for.
const MAX_BODY: usize = 16 << 20;

/// Who this instance is, from the environment that naru gives every instance.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) service: String,
    pub(crate) instance: String,
    pub(crate) revision: String,
    /// `RELEASE` of its environment: what a deployment changes.
    pub(crate) release: String,
}

impl Identity {
    pub(crate) fn from_environment() -> Identity {
        let or = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        Identity {
            service: or("NARU_SERVICE", "app"),
            instance: or("NARU_INSTANCE", &format!("app-0-{}", std::process::id())),
            revision: or("NARU_REVISION", "0"),
            release: or("RELEASE", ""),
        }
    }
}

pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) wants_html: bool,
    pub(crate) through_gateway: bool,
    pub(crate) body_len: u64,
    /// Its first bytes, as many as the journal takes.
    pub(crate) body_start: Vec<u8>,
}

pub(crate) struct Answer {
    pub(crate) status: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// What all workers share.
pub(crate) struct Server {
    identity: Identity,
    service_time: Duration,
    cpu_time: Duration,
    jitter: Duration,
    err: Percent,
    served: AtomicU64,
    mood: Mutex<Mood>,
    journal: Option<Journal>,
}

impl Server {
    pub(crate) fn new(options: &Options, identity: Identity, journal: Option<Journal>) -> Server {
        Server {
            identity,
            service_time: options.service_time,
            cpu_time: options.cpu_time,
            jitter: options.jitter,
            err: options.err,
            served: AtomicU64::new(0),
            mood: Mutex::default(),
            journal,
        }
    }

    fn mood(&self) -> Option<Behaviour> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner).at(Instant::now())
    }

    /// Takes the time the request takes, and answers; `None` hangs up instead.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        if request.target.starts_with(control::PREFIX) {
            return Some(self.obey(request));
        }
        if request.target.split('?').next() == Some(control::HEALTH) {
            self.wait_while(|mood| mood == Behaviour::Freeze);
            return Some(text("200 OK", "ok\n"));
        }
        self.serve(request)
    }

    fn serve(&self, request: &Request) -> Option<Answer> {
        let number = self.served.fetch_add(1, Ordering::Relaxed) + 1;
        let mut share = self.err;
        match self.mood() {
            Some(Behaviour::Slow(time)) => std::thread::sleep(time),
            Some(Behaviour::Hang | Behaviour::Freeze) => {
                self.wait_while(|mood| matches!(mood, Behaviour::Hang | Behaviour::Freeze));
            }
            Some(Behaviour::Close) => return None,
            Some(Behaviour::Err(ratio)) => {
                share = ratio;
                self.take_time(number);
            }
            None => self.take_time(number),
        }
        if errs(number, share) {
            return Some(text("500 Internal Server Error", "it errs, as it was told to\n"));
        }
        // What can't be written down was not done, and is not answered as if it were.
        if let Some(journal) = &self.journal {
            journal.write(request).ok()?;
        }
        Some(if request.wants_html { self.page(request, number) } else { self.echo(request, number) })
    }

    fn take_time(&self, number: u64) {
        work::use_cpu(self.cpu_time);
        std::thread::sleep(self.time_of(number));
    }

    /// The service time of the request with this number.
    fn time_of(&self, number: u64) -> Duration {
        let spread = 2.0 * Random::new(number).share() - 1.0;
        let shift = self.jitter.mul_f64(spread.abs());
        if spread < 0.0 { self.service_time.saturating_sub(shift) } else { self.service_time + shift }
    }

    fn wait_while(&self, hangs: impl Fn(Behaviour) -> bool) {
        while self.mood().is_some_and(&hangs) {
            std::thread::sleep(HANG_STEP);
        }
    }

    fn obey(&self, request: &Request) -> Answer {
        if request.through_gateway {
            return text("403 Forbidden", "orders are taken on the instance's own port only\n");
        }
        match control::read(&request.target, Instant::now()) {
            Ok(Order::Feel(mood)) => {
                *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
                text("200 OK", "as you say\n")
            }
            Ok(Order::Crash) => std::process::abort(),
            Err(why) => text("400 Bad Request", &format!("{why}\n")),
        }
    }

    fn echo(&self, request: &Request, number: u64) -> Answer {
        let said = json!({
            "service": self.identity.service,
            "instance": self.identity.instance,
            "revision": self.identity.revision,
            "release": self.identity.release,
            "count": number,
            "method": request.method,
            "target": request.target,
            "bytes": request.body_len,
        });
        let mut body = format!("{said}\n").into_bytes();
        // Blanks after a JSON text are part of it (RFC 8259 §2).
        body.resize(body.len().max(asked_length(&request.target)), b' ');
        Answer { status: "200 OK", content_type: "application/json", body }
    }

    fn page(&self, request: &Request, number: u64) -> Answer {
        let Identity { service, instance, revision, release } = &self.identity;
        let page = include_str!("page.html")
            .replace("{service}", &escaped(service))
            .replace("{instance}", &escaped(instance))
            .replace("{revision}", &escaped(revision))
            .replace("{release}", &escaped(if release.is_empty() { "–" } else { release }))
            .replace("{count}", &number.to_string())
            .replace("{target}", &escaped(&request.target));
        Answer { status: "200 OK", content_type: "text/html; charset=utf-8", body: page.into_bytes() }
    }
}

/// What `?bytes=16384` asks for: at least so long an answer.
fn asked_length(target: &str) -> usize {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("bytes="));
    asked.and_then(|n| n.parse().ok()).unwrap_or(0).min(MAX_BODY)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text(status: &'static str, body: &str) -> Answer {
    Answer { status, content_type: "text/plain; charset=utf-8", body: body.as_bytes().to_vec() }
}
