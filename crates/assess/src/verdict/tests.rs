#![allow(clippy::unwrap_used)]

use super::*;
use crate::log::findings::{Findings, Function, History, Period, Splitting, Window, WindowKind};
use crate::questionnaire::{COUNT, Figure};
use naru_model::language::Language;
use naru_model::units::Timestamp;

/// A cloud target that needs renewal, with yes to these questions and no to the others.
fn answered(yes: &[usize]) -> Questionnaire {
    let mut q = Questionnaire::new(Language::En, "Booking", "booking".parse().unwrap());
    q.cloud_target.choice = Choice::Yes;
    q.renewal.choice = Choice::Yes;
    for i in 0..COUNT {
        q.self_check[i].choice = Choice::of(yes.contains(&(i + 1)));
    }
    q
}

fn outcome(q: &Questionnaire) -> Option<Outcome> {
    judge(q, None).outcome
}

#[test]
fn known_verdicts_come_out() {
    assert_eq!(
        outcome(&answered(&[])),
        Some(Outcome::KeepRecommended),
        "a portal with one maintainer and no failures"
    );
    assert_eq!(outcome(&answered(&[1, 4, 6, 8, 9, 10])), Some(Outcome::Adopt));
    assert_eq!(outcome(&answered(&[1, 2, 5, 6, 7, 8])), Some(Outcome::Adopt));
}

#[test]
fn every_boundary_of_the_self_check_is_where_it_should_be() {
    let wanted = |yes: usize| match yes {
        0..=3 => Outcome::KeepRecommended,
        4 | 5 => Outcome::Keep,
        _ => Outcome::Adopt,
    };
    for yes in 0..=COUNT {
        let first: Vec<usize> = (1..=yes).collect();
        assert_eq!(outcome(&answered(&first)), Some(wanted(yes)), "{yes} yes");
    }
}

#[test]
fn each_no_of_the_flow_ends_it_whatever_the_self_check_says() {
    let mut q = answered(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    q.renewal.choice = Choice::No;
    assert_eq!(outcome(&q), Some(Outcome::NoRenewal));
    q.cloud_target.choice = Choice::No;
    assert_eq!(outcome(&q), Some(Outcome::KeepSystem));
    q.renewal.choice = Choice::Yes;
    assert_eq!(outcome(&q), Some(Outcome::KeepSystem));
}

#[test]
fn unknown_answers_leave_the_range_open_that_they_really_leave() {
    let mut q = answered(&[1, 2, 3, 4, 5]);
    q.self_check[5].choice = Choice::Unknown;
    let verdict = judge(&q, None);
    assert_eq!((verdict.yes, verdict.no, verdict.unknown), (5, 4, 1));
    assert_eq!((verdict.outcome, verdict.possible), (None, vec![Outcome::Keep, Outcome::Adopt]));
    // Six yes: nothing that is unknown can change it any more.
    q.self_check[6].choice = Choice::Yes;
    assert_eq!(outcome(&q), Some(Outcome::Adopt));
    // Nothing known: everything is possible.
    let nothing = Questionnaire::new(Language::Ko, "x", "x".parse().unwrap());
    assert_eq!(judge(&nothing, None).possible.len(), 5);
    // An unknown flow question matters even when the self-check is clear.
    let mut flow = answered(&[1, 2, 3, 4, 5, 6]);
    flow.renewal.choice = Choice::Unknown;
    assert_eq!(judge(&flow, None).possible, [Outcome::NoRenewal, Outcome::Adopt]);
}

#[test]
fn figures_fill_in_what_is_unknown_and_stand_against_what_they_contradict() {
    let mut q = answered(&[]);
    q.figures =
        [(Figure::InitialCost, 1000.0), (Figure::YearlyCost, 151.0), (Figure::StopsAYear, 2.0)].into();
    q.self_check[0].choice = Choice::Unknown;
    let verdict = judge(&q, None);
    assert_eq!(
        (verdict.answers[0].counted, verdict.answers[0].filled_by),
        (Choice::Yes, Some(Source::Figures))
    );
    assert!(verdict.answers[1].contradicted && verdict.answers[1].counted == Choice::No);
    assert_eq!(verdict.if_proofs_counted, Some(vec![Outcome::KeepRecommended]));
    // 15 % is not more than 15 %; of a public service with many users a person must judge.
    q.figures.insert(Figure::YearlyCost, 150.0);
    assert_eq!(judge(&q, None).answers[0].counted, Choice::No);
    q.public_service = Choice::Yes;
    q.figures.insert(Figure::UsersADay, 10_000.0);
    assert_eq!(judge(&q, None).answers[0].counted, Choice::Unknown);
    q.figures.insert(Figure::UsersADay, 9_999.0);
    assert_eq!(judge(&q, None).answers[0].counted, Choice::No);
}

fn log() -> Findings {
    let hour = 3_600_000_000;
    let window = |kind, value| Window {
        kind,
        from: Timestamp(hour * 9),
        to: Timestamp(hour * 11),
        value,
        ..Window::default()
    };
    Findings {
        period: Some(Period {
            to: Timestamp(hour * 24 * 30),
            offset_seconds: 32_400,
            days: 30,
            ..Period::default()
        }),
        windows: vec![window(WindowKind::Slow, 4.0), window(WindowKind::Errors, 0.9)],
        history: Some(History { changes: 60, changes_per_month: 20.0, ..History::default() }),
        functions: vec![Function {
            name: "booking".to_owned(),
            splitting: Splitting::Worth,
            ..Function::default()
        }],
        ..Findings::default()
    }
}

#[test]
fn the_log_fills_in_what_it_proves_and_only_points_to_what_it_can_not() {
    let mut q = answered(&[1, 5, 8]);
    for i in [1, 2, 3, 5] {
        q.self_check[i].choice = Choice::Unknown;
    }
    assert_eq!(judge(&q, None).outcome, None);
    let verdict = judge(&q, Some(&log()));
    for number in [2, 3, 4] {
        assert_eq!(verdict.answers[number - 1].filled_by, Some(Source::Log), "question {number}");
    }
    assert_eq!(verdict.outcome, Some(Outcome::Adopt), "three of a person and three of the log");
    // That functions behave by themselves does not prove that their data separate.
    assert_eq!(verdict.answers[5].counted, Choice::Unknown);
    assert!(verdict.answers[5].proofs[0].text.contains("booking"));
    assert!(
        verdict.answers[2].proofs[0].text.contains("1970-01-01 18:00"),
        "{}",
        verdict.answers[2].proofs[0].text
    );
}

#[test]
fn a_log_against_an_answer_is_shown_and_what_would_come_of_it() {
    let verdict = judge(&answered(&[1, 5, 8, 9]), Some(&log()));
    assert_eq!(verdict.outcome, Some(Outcome::Keep), "the person's answers count");
    assert_eq!(verdict.if_proofs_counted, Some(vec![Outcome::Adopt]));
    let report = verdict.report(Language::En, Some("log.json"));
    let text = String::from_utf8(naru_report::render(&report, naru_report::Format::Text).unwrap()).unwrap();
    assert!(
        text.contains("contradict each other") && text.contains("question 2: the answer is no"),
        "{text}"
    );
}

#[test]
fn witnesses_that_disagree_leave_an_answer_unknown() {
    let mut q = answered(&[]);
    q.self_check[2].choice = Choice::Unknown;
    q.figures.insert(Figure::SlowHours, 0.0);
    assert_eq!(judge(&q, None).answers[2].counted, Choice::No);
    assert_eq!(judge(&q, Some(&log())).answers[2].counted, Choice::Unknown);
}

#[test]
fn what_would_change_it_counts_right() {
    let adopt = judge(&answered(&[1, 2, 3, 4, 5, 6, 7]), None);
    assert!(adopt.changes.iter().any(|c| c.starts_with("2 of the yes")), "{:?}", adopt.changes);
    assert!(adopt.changes.iter().any(|c| c.contains("find evidence before deciding")), "{:?}", adopt.changes);
    let keep = judge(&answered(&[1, 2]), None);
    assert!(
        keep.changes.iter().any(|c| c.starts_with("4 more yes, out of question 3, 4, 5, 6, 7, 8, 9, 10")),
        "{:?}",
        keep.changes
    );
    assert!(keep.changes.iter().any(|c| c.starts_with("2 more yes would end")), "{:?}", keep.changes);
}

#[test]
fn often_changed_and_surging_work_suits_and_still_work_with_many_links_does_not() {
    use crate::suits::Conclusion;
    let suits = |changes: f64, surge: f64, links: f64| {
        let mut q = answered(&[]);
        q.figures =
            [(Figure::ChangesAMonth, changes), (Figure::SurgeTimes, surge), (Figure::LinkedSystems, links)]
                .into();
        judge(&q, None).suits.conclusion
    };
    assert_eq!(suits(4.0, 1.0, 50.0), Conclusion::Suits);
    assert_eq!(suits(0.5, 2.0, 50.0), Conclusion::Suits);
    assert_eq!(suits(0.5, 1.9, 10.0), Conclusion::DoesNotSuit);
    assert_eq!(suits(0.5, 1.9, 9.0), Conclusion::LittleToGain);
    let nothing = Questionnaire::new(Language::Ko, "x", "x".parse().unwrap());
    assert_eq!(judge(&nothing, None).suits.conclusion, Conclusion::Unknown);
}

#[test]
fn days_of_the_calendar_are_right() {
    let day = |text: &str, days: u64| {
        assert_eq!(local(Timestamp(days * 86_400_000_000), 0), format!("{text} 00:00"))
    };
    day("1970-01-01", 0);
    day("2000-02-29", 11_016);
    day("2026-11-22", 20_779);
    assert_eq!(local(Timestamp(0), 32_400), "1970-01-01 09:00");
}
