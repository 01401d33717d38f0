//! Why a figure is as it is: what it means, what it was, what moved first, what to do. From rules over the data.
//!
//! The figure's own course of the last half hour tells when it moved. Then everything it is made of is looked at before and
//! after that: who accounts for more of the difference than for its share of the work is a cause, the more so the earlier it
//! moved. What else of the same owner moved then, what was changed just before, and what else was not as it was, come after.

mod advice;
mod causes;
mod figures;
mod meaning;
mod moved;
mod statements;
#[cfg(test)]
mod tests;

use naru_model::alert::{Cause, Explanation};
use naru_model::event::Event;
use naru_model::metric::Owner;
use naru_model::series::{Period, Point};
use naru_model::trace::Statement;
use naru_model::units::Timestamp;

use moved::Sample;

/// How far back the course of a figure is looked at for when it moved.
pub(crate) const COURSE: u32 = 1800;
/// Points of that.
const POINTS: u32 = 180;
/// How long around a time ago a figure is averaged, in seconds.
const AROUND: u32 = 300;
/// Causes that are told.
const MOST_CAUSES: usize = 8;

/// What a part is to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    Instance,
    Revision,
    Route,
    Link,
    Service,
    Function,
    /// A registered client.
    Caller,
}

/// What figures are made of, by a subject as the API writes it: `instance:portal-3-1`, `route:/a/**`, `link:registry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub kind: PartKind,
    pub subject: String,
}

/// Another series that was not as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Odd {
    pub owner: Owner,
    pub figure: String,
    /// In seconds since 1970.
    pub at: u32,
    /// In decimal digits.
    pub surprise: f32,
}

/// What is known of the past. Implemented by the server with telemetry's stores, the state and the forecasts.
pub trait History {
    /// What clients saw of a subject, oldest first; nothing for what is unknown.
    fn points(&self, subject: &str, period: Period, points: u32) -> Vec<Point>;

    /// Time and value of a figure that services, JVMs or the machine measure of themselves, oldest first.
    fn values(&self, owner: &Owner, figure: &str, period: Period, points: u32) -> Vec<(u32, f64)>;

    /// What an owner is made of, and the links that it may wait for. The busiest come first.
    fn parts(&self, owner: &Owner) -> Vec<Part>;

    /// What happened from a time to another that may concern an owner, oldest first.
    fn events(&self, owner: &Owner, from: Timestamp, to: Timestamp) -> Vec<Event>;

    /// What was not as it was from a time to another.
    fn odd(&self, period: Period) -> Vec<Odd>;

    /// What databases were asked in the traces that an owner has a part in, by statement.
    fn statements(&self, owner: &Owner, period: Period) -> Vec<Statement>;
}

/// Explains a figure of an owner as of `at`.
pub fn explain(owner: &Owner, figure: &str, at: Timestamp, history: &dyn History) -> Explanation {
    let now = seconds(at);
    let ago = |seconds: u32| mean(&figures::course(owner, figure, around(now, seconds), 1, history));
    let mut explanation = Explanation {
        means: means(figure),
        now: mean(&last(figures::course(owner, figure, around(now, 0), POINTS, history), now)),
        hour_ago: ago(3600),
        day_ago: ago(86_400),
        week_ago: ago(7 * 86_400),
        ..Explanation::default()
    };
    let mut causes = causes::find(owner, figure, now, history);
    // What is supported alike: what moved first.
    causes.sort_by(|one, other| {
        let (one, other) = (&one.cause, &other.cause);
        other.support.total_cmp(&one.support).then(one.moved_at.cmp(&other.moved_at))
    });
    causes.truncate(MOST_CAUSES);
    explanation.what_to_do = advice::of(owner, figure, &causes);
    explanation.causes = causes.into_iter().map(|found| found.cause).collect();
    explanation
}

/// What can be said at once, without looking anything up: of one alert among a thousand.
pub fn briefly(owner: &Owner, figure: &str) -> Explanation {
    Explanation { means: means(figure), what_to_do: advice::of(owner, figure, &[]), ..Explanation::default() }
}

fn means(figure: &str) -> naru_model::alert::Text {
    meaning::of(figure).unwrap_or_else(|| {
        let ko = format!("서비스가 스스로 보고하는 지표 {figure}입니다.");
        meaning::text(ko, format!("The metric {figure}, as its service reports it."))
    })
}

/// A cause, and of what kind.
struct Found {
    kind: FoundKind,
    cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FoundKind {
    Part(PartKind),
    /// What a database is asked.
    Statement,
    /// More was asked.
    Load,
    /// Another figure of the same owner.
    Beside,
    /// A deployment.
    Deployed,
    /// Anything else that was done or happened.
    Happened,
    Odd,
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0 / 1_000_000).unwrap_or(u32::MAX)
}

fn around(now: u32, ago: u32) -> Period {
    let to = now.saturating_sub(ago);
    Period { from: to.saturating_sub(AROUND), to }
}

/// The weighted mean; `None` of nothing.
fn mean(samples: &[Sample]) -> Option<f64> {
    let weight: f64 = samples.iter().map(|one| one.weight).sum();
    (weight > 0.0).then(|| samples.iter().map(|one| one.value * one.weight).sum::<f64>() / weight)
}

/// What is of the last minute, or the last sample when nothing is.
fn last(mut samples: Vec<Sample>, now: u32) -> Vec<Sample> {
    let from = now.saturating_sub(60);
    let place = samples.iter().position(|one| one.at >= from).unwrap_or(samples.len().saturating_sub(1));
    samples.split_off(place.min(samples.len()))
}
