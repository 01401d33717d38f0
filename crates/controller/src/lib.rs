//! Decides what to do, from what is wanted and what is seen. The loop's third station: signals in, a plan out.
//!
//! Pure: no clock, no I/O, no memory but [`Progress`](naru_model::plan::Progress), which comes in with what is wanted
//! and goes out with the plan. So a server that died decides on where it stood, and a day replays in milliseconds.
//! Deployments, scalings and failures may come at any time and all at once: each only changes what is wanted or what
//! is seen, and every decision looks at the whole.
//!
//! # What holds, whatever happens
//! 1. Without failures, a rollout never leaves fewer ready instances than are wanted. Two cases are told apart because
//!    nothing else is possible: a fixed port, which two can't hold, and a pool without room for one more. Then one old
//!    instance goes before a new one comes; never are there fewer than wanted less one.
//! 2. Only a running instance that the gateway calls healthy is put into the table, and none is stopped while any
//!    gateway thread may still route to it: unroute, acknowledged, nothing in flight (or drain time over), stop.
//! 3. Nothing is concluded from silence. Without a gateway only what is certain is done: ended processes are taken out
//!    and replaced, and what was taken out of the file is taken out of the table. Nothing is judged, removed or stopped.
//! 4. A number once given to an instance is never given again.
//! 5. What all instances reserve never grows past the pool. Minimums come first, by priority; then the rest.
//! 6. A failure is answered at once, and repeated failures ever slower ([`crash`]). When most instances of a service
//!    fail together the cause is likely beyond them: they are replaced one at a time.
//! 7. A revision that does not start, dies, fails its checks or errs while it is rolled out or watched is taken back
//!    to the one before, in the same safe order ([`judge`]).
//! 8. Once failures stop, each service comes to exactly the wanted number of ready instances of one revision.
//! 9. Deciding again on the same world, with the plan carried out, decides nothing new.
//! 10. A service that scales by itself stays between its minimum and its maximum, never shrinks on figures that are
//!     missing, nor during a rollout or while instances start or warm up, and comes to rest under a steady load ([`scale`]).
//!
//! # The algorithm
//! For each service: notice ends, let the leaving ones go on ([`notice`]); decide how many there are to be ([`scale`]); judge
//! the rollout ([`judge`]); take out what is unhealthy or too many, ask for what is missing ([`keep`]). Then room is given to
//! who asked ([`room`]).

pub mod calendar;
mod crash;
mod judge;
mod keep;
mod notice;
pub mod rollout;
mod room;
mod scale;
mod words;
mod work;

use naru_model::event::{Kind, Severity};
use naru_model::observed::Observed;
use naru_model::plan::{Desired, Plan};
use naru_model::units::Timestamp;

pub use scale::{asked, policies};
use work::{Round, Work};

/// Decides what to do now. `observed.instances` must be in the order of their ids.
pub fn decide(desired: &Desired, observed: &Observed, now: Timestamp) -> Plan {
    let mut round = Round::new(now, observed);
    let mut works = work::divide(desired, observed);
    for work in &mut works {
        work.notice(&mut round);
        work.scale(&mut round);
    }
    let totals = room::grant(&mut works, &desired.pool, &mut round);
    let mut requests = Vec::new();
    for (index, work) in works.iter_mut().enumerate() {
        if work.removed() {
            work.leave(&mut round);
        } else {
            work.keep(index, &totals, &mut requests, &mut round);
        }
    }
    room::start(&mut works, requests, &desired.pool, &mut round);
    finish(works, round)
}

/// Writes down what is to be remembered.
fn finish(works: Vec<Work<'_>>, mut round: Round<'_>) -> Plan {
    for mut work in works {
        work.note_calm(&round);
        if work.ended() {
            let message = format!("{} has ended: its last instance is gone", work.name);
            round.say(&work, Kind::ServiceEnded, Severity::Info, None, message);
            round.plan.ended.push(work.name.clone());
        } else if let Some(progress) = work.memory.changed() {
            round.plan.progress.insert(work.name.clone(), progress);
        }
    }
    round.plan
}
