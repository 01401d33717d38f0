//! Whether what was promised was kept.

use naru_model::service_level::{Check, Figures, Goal, Outcome, Target};

/// Each goal, and what became of it.
pub(crate) fn checks(goal: Goal, now: &Figures) -> Vec<Check> {
    let at_least = |value: f64, goal: f64| value >= goal;
    let at_most = |value: f64, goal: f64| value <= goal;
    let check = |target, goal: Option<f64>, value: Option<f64>, holds: fn(f64, f64) -> bool| {
        let goal = goal?;
        let result = match value {
            None => Outcome::NoData,
            Some(value) if holds(value, goal) => Outcome::Met,
            Some(_) => Outcome::Missed,
        };
        Some(Check { target, goal, value, result })
    };
    let availability = goal.availability.map(|goal| goal.ratio());
    let apdex = goal.apdex.map(|goal| goal.ratio());
    let p95 = goal.p95.map(|goal| goal.as_secs_f64());
    [
        check(Target::Availability, availability, now.availability, at_least),
        check(Target::Apdex, apdex, now.apdex.score(), at_least),
        check(Target::P95, p95, now.p95_seconds, at_most),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What several judgements come to: one that was missed is missed, whatever the others are.
pub(crate) fn together(results: impl Iterator<Item = Outcome>) -> Outcome {
    let mut all = Outcome::NoGoal;
    for result in results {
        all = match (all, result) {
            (Outcome::Missed, _) | (_, Outcome::Missed) => Outcome::Missed,
            (Outcome::Met, _) | (_, Outcome::Met) => Outcome::Met,
            (Outcome::NoData, _) | (_, Outcome::NoData) => Outcome::NoData,
            (Outcome::NoGoal, Outcome::NoGoal) => Outcome::NoGoal,
        };
    }
    all
}
