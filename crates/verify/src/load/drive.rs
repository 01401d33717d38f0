//! Sends each request when it is due, on an idle connection if there is one, and writes down how it went.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::timeout_at;

use super::client::{Connection, Fault, Response};
use super::outcome::{Failure, Outcome};
use super::pacer::Pacer;
use super::schedule::{Arrivals, Pace, Schedule, Shapes, Step};
use super::{Live, Plan};

/// When an answer is right.
enum Judge<'a> {
    /// 2xx, and this number is repeated.
    Number(&'a str),
    Status(&'a RangeInclusive<u16>),
}

struct Driver {
    plan: Plan,
    began: Instant,
    live: Arc<Live>,
    idle: RefCell<Vec<Connection>>,
    outcome: RefCell<Outcome>,
    in_flight: Cell<usize>,
    /// No user asks again.
    over: Cell<bool>,
    all_answered: Notify,
}

/// Runs the whole load on the calling thread.
pub(crate) fn run(plan: Plan, stop: Arc<Notify>, live: Arc<Live>) -> io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let driver = Rc::new(Driver {
            plan,
            began: Instant::now(),
            live,
            idle: RefCell::default(),
            outcome: RefCell::new(Outcome::new()),
            in_flight: Cell::new(0),
            over: Cell::new(false),
            all_answered: Notify::new(),
        });
        tokio::select! {
            sent = driver.clone().send_all() => sent?,
            () = stop.notified() => {}
        }
        driver.over.set(true);
        while driver.in_flight.get() > 0 {
            driver.all_answered.notified().await;
        }
        let mut outcome = driver.outcome.replace(Outcome::new());
        outcome.end(driver.began.elapsed());
        Ok(outcome)
    })
}

impl Driver {
    async fn send_all(self: Rc<Self>) -> io::Result<()> {
        match &self.plan.pace {
            Pace::Open { rate, arrivals, steps } => self.clone().by_the_clock(*rate, *arrivals, steps).await,
            Pace::Closed { users, think } => self.clone().by_users(*users, *think).await,
        }
    }

    async fn by_the_clock(self: Rc<Self>, rate: f64, arrivals: Arrivals, steps: &[Step]) -> io::Result<()> {
        let mut pacer = Pacer::new()?;
        let schedule = Schedule::new((rate, arrivals, steps), self.plan.seed, &self.plan.shapes);
        for (number, (due, shape)) in (0..self.plan.max_requests).zip(schedule) {
            if due >= self.plan.duration {
                break;
            }
            pacer.until(self.began + due).await?;
            self.count_due(due);
            if self.in_flight.get() >= self.plan.max_in_flight {
                self.note(due, 0, Err(Fault::new(Failure::Overrun, "too many requests under way")));
                // Far behind, this loop would otherwise never wait, and nothing would be answered.
                tokio::task::yield_now().await;
                continue;
            }
            self.in_flight.set(self.in_flight.get() + 1);
            tokio::task::spawn_local(self.clone().send_one(number, due, shape));
        }
        // What is due after the last request is nothing: the load lasts as long as was asked.
        pacer.until(self.began + self.plan.duration).await
    }

    async fn by_users(self: Rc<Self>, users: u32, think: Duration) -> io::Result<()> {
        let shapes = Rc::new(RefCell::new(Shapes::new(self.plan.seed, &self.plan.shapes)));
        for user in 0..users {
            let first = think.mul_f64(f64::from(user) / f64::from(users));
            tokio::task::spawn_local(self.clone().one_user(first, think, shapes.clone()));
        }
        Pacer::new()?.until(self.began + self.plan.duration).await
    }

    /// Asks, waits for the answer, thinks, and asks again. Thinking is to the millisecond, which no user notices.
    async fn one_user(self: Rc<Self>, first: Duration, think: Duration, shapes: Rc<RefCell<Shapes>>) {
        tokio::time::sleep(first).await;
        loop {
            let (due, number) = (self.began.elapsed(), self.outcome.borrow().due);
            if self.over.get() || due >= self.plan.duration || number >= self.plan.max_requests {
                return;
            }
            self.count_due(due);
            self.in_flight.set(self.in_flight.get() + 1);
            let shape = shapes.borrow_mut().draw();
            self.clone().send_one(number, due, shape).await;
            tokio::time::sleep(think).await;
        }
    }

    fn count_due(&self, due: Duration) {
        self.outcome.borrow_mut().due(due);
        self.live.due.fetch_add(1, Ordering::Relaxed);
    }

    async fn send_one(self: Rc<Self>, number: u64, due: Duration, shape: usize) {
        let shape = &self.plan.shapes[shape];
        if let Some(written) = &shape.written {
            let judge = Judge::Status(&written.well);
            let (head_only, idempotent) = (written.head_only, written.idempotent);
            return self.send_until_answered(due, &written.request, head_only, idempotent, &judge).await;
        }
        let expected = format!("n={number}\"");
        let mut request =
            format!("{} {}?n={number} HTTP/1.1\r\nhost: {}\r\n", shape.method, shape.path, self.plan.target);
        if shape.body_len > 0 {
            request.push_str(&format!("content-length: {}\r\n", shape.body_len));
        }
        request.push_str("\r\n");
        let mut request = request.into_bytes();
        request.resize(request.len() + shape.body_len, b'x');

        let idempotent = matches!(shape.method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS");
        let judge = Judge::Number(&expected);
        self.send_until_answered(due, &request, shape.method == "HEAD", idempotent, &judge).await;
    }

    async fn send_until_answered(
        &self,
        due: Duration,
        request: &[u8],
        head_only: bool,
        idempotent: bool,
        judge: &Judge<'_>,
    ) {
        let deadline = tokio::time::Instant::from_std(self.began + due + self.plan.timeout);
        let mut resent = 0;
        let result = loop {
            let attempt = timeout_at(deadline, self.attempt(request, head_only, judge)).await;
            let result = attempt.unwrap_or_else(|_| Err(Fault::new(Failure::Timeout, "no answer in time")));
            let lost = matches!(&result, Err(f) if matches!(f.failure, Failure::Lost | Failure::ShortBody));
            if !lost || !idempotent || resent == self.plan.resend {
                break result;
            }
            resent += 1;
            // The others were opened to the same place, and it is gone: sent again means on a new connection.
            self.idle.borrow_mut().clear();
        };
        self.note(due, resent, result);
        self.in_flight.set(self.in_flight.get() - 1);
        if self.in_flight.get() == 0 {
            self.all_answered.notify_one();
        }
    }

    async fn attempt(&self, request: &[u8], head_only: bool, judge: &Judge<'_>) -> Result<(), Fault> {
        let mut connection = match self.idle_connection() {
            Some(connection) => connection,
            None => Connection::open(self.plan.target, self.plan.tls.as_ref()).await?,
        };
        let Response { status, body } = connection.exchange(request, head_only).await?;
        if connection.reusable {
            self.idle.borrow_mut().push(connection);
        }
        match (status, judge) {
            (status, Judge::Status(well)) if well.contains(&status) => Ok(()),
            (200..=299, Judge::Number(expected)) => {
                if head_only || memchr::memmem::find(&body, expected.as_bytes()).is_some() {
                    return Ok(());
                }
                Err(Fault::new(Failure::WrongAnswer, format!("an answer without {expected}")))
            }
            (500..=599, _) => {
                Err(Fault::new(Failure::ServerError, format!("{status}: {}", beginning(&body))))
            }
            _ => Err(Fault::new(Failure::OtherStatus, format!("{status}: {}", beginning(&body)))),
        }
    }

    fn idle_connection(&self) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some(connection) = idle.pop() {
            if connection.is_open() {
                return Some(connection);
            }
        }
        None
    }

    fn note(&self, due: Duration, resent: u32, result: Result<(), Fault>) {
        let now = self.began.elapsed();
        let mut outcome = self.outcome.borrow_mut();
        match result {
            Ok(()) => {
                self.live.answered.fetch_add(1, Ordering::Relaxed);
                outcome.resent += u64::from(resent > 0);
                outcome.answered(due, now, self.plan.promise);
            }
            Err(fault) => {
                self.live.failed.fetch_add(1, Ordering::Relaxed);
                outcome.failed_at(due, now, fault.failure, &fault.what);
            }
        }
    }
}

/// As much of a body as fits a line.
fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(120)]).trim().to_owned()
}
