//! One attempt of a job: read it, call the service, write down what became of it.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method};
use naru_model::units::Timestamp;

use crate::core::Core;
use crate::error::Error;
use crate::random;
use crate::schedule::Seq;
use crate::store::body::{Of, SpoolError};
use crate::store::rows::{Outcome, Request, Standing, ToDo};
use crate::store::writer::{Change, Written};
use crate::submit::IDEMPOTENCY_KEY;
use crate::table::job_of_attempts;
use crate::through::{Call, CallError};
use crate::verdict::{Answer, Verdict, judge, overdue};

/// After a failure of our own (the store can't be read or written) it is tried again this much later.
const OWN_FAILURE: Duration = Duration::from_secs(5);

/// Carries an attempt out, to the state in which the schedule has the job again or no more.
pub(crate) async fn attempt(core: Arc<Core>, seq: Seq) {
    loop {
        match one(&core, seq).await {
            Ok(()) => return,
            Err(Error::Closed) => return,
            Err(error) => {
                core.log(&format!(
                    "jobs: an attempt can't be made, again in {}s: {error}",
                    OWN_FAILURE.as_secs()
                ));
                tokio::time::sleep(OWN_FAILURE).await;
            }
        }
    }
}

async fn one(core: &Arc<Core>, seq: Seq) -> Result<(), Error> {
    let (Some(standing), Some(request)) =
        (core.store.standing_of(seq).await?, core.store.request(seq).await?)
    else {
        core.dispatch.ended(seq);
        return Ok(());
    };
    let now = core.now();
    if now >= standing.deadline {
        let why = overdue(standing.why.as_deref());
        return end(core, &standing, Change::Die { seq, why, now }).await;
    }
    let number = standing.attempts + 1;
    // Not waited for: the disk and the service work at the same time. What comes later is written later.
    drop(core.store.writer.hand_in(Change::Start { seq, attempt: number }).await?);

    let called = tokio::time::timeout(standing.deadline.since(now), call(core, &standing, request)).await;
    let (answer, outcome) = match called {
        Err(_) => (Answer::None("no answer within the time limit".to_owned()), None),
        Ok(called) => called?,
    };
    let now = core.now();
    let known = core.known.load();
    let gone = job_of_attempts(number + 1);
    let job = known.lane(&standing.route).unwrap_or(&gone);
    match (judge(job, number, &answer, now, standing.deadline, random::unit()), outcome) {
        (Verdict::End { failed }, Some(outcome)) => {
            let keep_until = now + job.keep;
            let outcome = Box::new(outcome);
            end(core, &standing, Change::Finish { seq, outcome, failed, now, keep_until }).await
        }
        (Verdict::End { .. }, None) => {
            let why = "the answer was no answer".to_owned();
            end(core, &standing, Change::Die { seq, why, now }).await
        }
        (Verdict::Dead { why }, _) => end(core, &standing, Change::Die { seq, why, now }).await,
        (Verdict::Again { at, why, counts }, _) => {
            again(core, &standing, if counts { number } else { number - 1 }, at, why).await
        }
    }
}

/// Calls the service. An answer that may be the result is kept as it comes.
async fn call(
    core: &Core,
    standing: &Standing,
    request: Request,
) -> Result<(Answer, Option<Outcome>), Error> {
    let known = core.known.load_full();
    let body = core.store.bodies.body(&standing.id, Of::Request, &request.body).await?;
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::POST);
    let Request { host, target, mut headers, .. } = request;
    // So that a service can tell an attempt that comes twice.
    if let Ok(id) = HeaderValue::from_str(&standing.id) {
        headers.entry(IDEMPOTENCY_KEY).or_insert(id);
    }
    let call = Call { method, host, target, headers, body };
    let answer = match core.through.send(&known.table, call).await {
        Ok(answer) => answer,
        Err(error @ CallError::Away(..)) => return Ok((Answer::Away(error.to_string()), None)),
        Err(error) => return Ok((Answer::None(error.to_string()), None)),
    };
    let (head, body) = answer.into_parts();
    let retry_after = retry_after(&head.headers);
    let status = Answer::Status { status: head.status.as_u16(), retry_after };
    if judged_without_body(&status) {
        return Ok((status, None));
    }
    let most = known.largest(&standing.route);
    match core.store.bodies.spool(&standing.id, Of::Result, body, most).await {
        Ok(body) => Ok((status, Some(Outcome { status: head.status, headers: head.headers, body }))),
        Err(SpoolError::Store(error)) => Err(error),
        Err(error) => Ok((Answer::None(format!("the answer could not be kept: {error}")), None)),
    }
}

/// Whether an answer says "not now", so that its body is of no interest.
fn judged_without_body(answer: &Answer) -> bool {
    let verdict = judge(&job_of_attempts(0), 1, answer, Timestamp(0), Timestamp(0), 0.0);
    !matches!(verdict, Verdict::End { .. })
}

/// Seconds only: a date would need the clocks of both to agree.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Writes the end of a job, however long that takes: calling the service again would be worse.
async fn end(core: &Arc<Core>, standing: &Standing, change: Change) -> Result<(), Error> {
    let (finished, now) = match &change {
        Change::Finish { now, .. } => (true, *now),
        Change::Die { now, .. } => (false, *now),
        other => unreachable!("{other:?} ends no job"),
    };
    let written = persist(core, change).await?;
    let files = &core.store.bodies;
    if written == Written::Changed(true) {
        if finished {
            files.forget_one(&standing.id, Of::Request);
        }
        if standing.callback.is_some() {
            core.courier.owe(standing.seq, now);
        }
    } else {
        files.forget_one(&standing.id, Of::Result);
    }
    core.dispatch.ended(standing.seq);
    core.waiting.tell(&standing.id);
    Ok(())
}

async fn again(
    core: &Arc<Core>,
    standing: &Standing,
    attempts: u32,
    due: Timestamp,
    why: String,
) -> Result<(), Error> {
    let Standing { seq, route, submitted, .. } = standing;
    if persist(core, Change::Again { seq: *seq, attempts, due, why }).await? == Written::Changed(true) {
        core.dispatch.queue(&ToDo { seq: *seq, route: route.clone(), submitted: *submitted, due });
    } else {
        core.dispatch.ended(*seq);
    }
    Ok(())
}

/// Writes a change until it is written: what has happened has happened, and a full disk has room again one day.
pub(crate) async fn persist(core: &Core, change: Change) -> Result<Written, Error> {
    let change = Arc::new(change);
    loop {
        match core.store.writer.write(change.clone()).await {
            Err(Error::Closed) => return Err(Error::Closed),
            Err(error) => {
                core.log(&format!(
                    "jobs: what became of a job can't be written, again in {}s: {error}",
                    OWN_FAILURE.as_secs()
                ));
                tokio::time::sleep(OWN_FAILURE).await;
            }
            Ok(written) => return Ok(written),
        }
    }
}
