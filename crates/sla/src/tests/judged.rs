//! Goals, and what became of them.

use std::time::Duration;

use naru_model::apdex::Apdex;
use naru_model::service_level::{Figures, Goal, Kind, Outcome, Stretch, Target};

use super::{came_to, date, day, failing, minute, of, seoul};
use crate::calendar::bounds;
use crate::judge::{checks, together};
use crate::outages::{is_down, outages};

fn promised(availability: &str) -> Goal {
    Goal { availability: availability.parse().ok(), ..Goal::default() }
}

#[test]
fn a_goal_is_met_when_it_is_just_reached() {
    let apdex = Apdex { satisfied: 90, frustrated: 10, tolerating: 0 };
    let now = Figures {
        requests: 1000,
        service_errors: 1,
        availability: Some(0.999),
        apdex,
        p95_seconds: Some(1.0),
        ..Figures::default()
    };
    let goal = Goal {
        availability: "99.9%".parse().ok(),
        apdex: "90%".parse().ok(),
        p95: Some(Duration::from_secs(1)),
    };
    let results: Vec<(Target, Outcome)> =
        checks(goal, &now).iter().map(|check| (check.target, check.result)).collect();
    assert_eq!(
        results,
        [(Target::Availability, Outcome::Met), (Target::Apdex, Outcome::Met), (Target::P95, Outcome::Met)]
    );
    let worse = Figures { availability: Some(0.99899), p95_seconds: Some(1.001), ..now };
    let results: Vec<Outcome> = checks(goal, &worse).iter().map(|check| check.result).collect();
    assert_eq!(results, [Outcome::Missed, Outcome::Met, Outcome::Missed]);
}

#[test]
fn without_requests_there_is_nothing_to_judge_by_and_without_goals_nothing_to_judge() {
    let quiet = checks(promised("99.9%"), &Figures::default());
    assert_eq!(quiet[0].result, Outcome::NoData);
    assert!(checks(Goal::default(), &Figures::default()).is_empty());
    use Outcome::{Met, Missed, NoData, NoGoal};
    for (all, result) in [
        (vec![], NoGoal),
        (vec![NoGoal, Met, NoData], Met),
        (vec![Met, Missed, NoData], Missed),
        (vec![NoGoal, NoData], NoData),
    ] {
        assert_eq!(together(all.into_iter()), result);
    }
}

#[test]
fn the_whole_is_missed_when_one_function_is() {
    let (from, _) = bounds(date("2026-11-20"), &seoul());
    let well = of("function:search", from, vec![minute(from, 100)], promised("99%"));
    let ill = of("function:approval", from, vec![failing(from, 100, 2)], promised("99%"));
    let told = came_to(Kind::Daily, "2026-11-20", &[day("2026-11-20", vec![well, ill])], &[]);
    assert_eq!(told.result, Outcome::Missed);
    let result = |of: &str| told.of(&of.parse().unwrap()).unwrap().result;
    assert_eq!(
        (result("all"), result("function:search"), result("function:approval")),
        (Outcome::NoGoal, Outcome::Met, Outcome::Missed)
    );
}

#[test]
fn what_failed_by_the_clients_fault_counts_as_answered() {
    let (from, _) = bounds(date("2026-11-20"), &seoul());
    let refused = Stretch { client_errors: 90, ..minute(from, 100) };
    let told = came_to(
        Kind::Daily,
        "2026-11-20",
        &[day("2026-11-20", vec![of("all", from, vec![refused], promised("100%"))])],
        &[],
    );
    let all = told.all().unwrap();
    assert_eq!((all.now.availability, all.now.client_errors, all.result), (Some(1.0), 90, Outcome::Met));
}

#[test]
fn a_minute_is_down_when_far_too_many_fail() {
    for (requests, failed, down) in [
        (100, 5, true),
        (100, 4, false),
        (1000, 49, false),
        (1000, 50, true),
        (4, 2, true),
        (5, 2, false),
        (1, 1, false),
        (2, 2, true),
        (0, 0, false),
    ] {
        assert_eq!(is_down(&failing(0, requests, failed)), down, "{failed} of {requests}");
    }
}

#[test]
fn down_minutes_less_than_three_minutes_apart_are_one_outage() {
    let down = |minutes: &[u32]| {
        let stretches: Vec<Stretch> = minutes.iter().map(|minute| failing(minute * 60, 10, 10)).collect();
        let (found, minutes) = outages(&stretches);
        (found.iter().map(|one| (one.from / 60, one.to / 60)).collect::<Vec<_>>(), minutes)
    };
    assert_eq!(down(&[0, 1, 2]), (vec![(0, 3)], 3));
    assert_eq!(down(&[0, 3]), (vec![(0, 4)], 2));
    assert_eq!(down(&[0, 4]), (vec![(0, 1), (4, 5)], 2));
}
