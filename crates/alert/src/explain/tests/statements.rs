//! The database's part in it.

use naru_model::trace::StatementSlot;

use super::*;

/// Traces, calls of each, seconds of each call and failed ones, so many seconds before now.
type Asked = fn(u32) -> (u32, u32, f64, u32);

fn statement(text: &str, example: u8, asked: Asked) -> Statement {
    let slot = |at: u32| {
        let (traces, each, seconds, errors) = asked(NOW - at);
        let calls = traces * each;
        let seconds = f64::from(calls) * seconds;
        StatementSlot { at, traces, calls, errors, seconds, example: ([example; 16], seconds) }
    };
    let slots = (NOW - 1800..NOW).step_by(10).map(slot).filter(|slot| slot.traces > 0);
    Statement {
        service: "stock".to_owned(),
        system: "postgresql".to_owned(),
        peer: "orders".to_owned(),
        text: text.to_owned(),
        slots: slots.collect(),
    }
}

/// A portal whose transactions take half a second longer from five minutes ago on.
fn slow(statements: Vec<Statement>) -> Past {
    let whole: Course = |ago| (30, if ago <= 300 { 0.55 } else { 0.05 });
    let routes: [(&str, PartKind, Course); 2] = [
        ("route:/a/**", PartKind::Route, |ago| (15, if ago <= 300 { 1.05 } else { 0.05 })),
        ("route:/b/**", PartKind::Route, |_| (15, 0.05)),
    ];
    Past { statements, ..Past::of(&routes, whole) }
}

fn first(past: &Past, figure: &str) -> naru_model::alert::Cause {
    let explained = explain(&portal(), figure, at(), past);
    assert!(!explained.causes.is_empty(), "{explained:#?}");
    explained.causes[0].clone()
}

#[test]
fn the_statement_that_became_slow_first_is_told_before_the_route_that_waits_for_it() {
    let past = slow(vec![
        statement("select * from users where id = ?", 1, |_| (8, 1, 0.004, 0)),
        statement("select * from orders where day = ?", 2, |ago| {
            (8, 1, if ago <= 330 { 0.9 } else { 0.01 }, 0)
        }),
    ]);
    let explained = explain(&portal(), "p95", at(), &past);
    let cause = &explained.causes[0];
    assert_eq!(
        cause.text.en,
        "a statement of stock to postgresql/orders takes 900ms a call, before 10ms: select * from orders where day = ?"
    );
    assert!(cause.text.ko.contains("한 번에 10ms에서 900ms(으)로 느려졌습니다"), "{}", cause.text.ko);
    assert_eq!(
        (cause.moved_at, cause.subject.as_str()),
        (Some(NOW - 330), &*format!("trace:{}", "02".repeat(16)))
    );
    assert!(cause.support > 0.9, "{cause:?}");
    assert_eq!(explained.causes[1].subject, "route:/a/**");
    assert!(explained.causes.iter().all(|cause| !cause.text.en.contains("users")), "{explained:#?}");
    assert!(explained.what_to_do[0].en.ends_with(&format!("naru query trace {}", "02".repeat(16))));
}

#[test]
fn a_statement_that_is_asked_again_and_again_is_told_as_such() {
    let past = slow(vec![statement("select name from items where id = ?", 3, |ago| {
        (8, if ago <= 300 { 60 } else { 2 }, 0.008, 0)
    })]);
    assert_eq!(
        first(&past, "mean").text.en,
        "a statement of stock to postgresql/orders is asked 60 times a transaction, before 2: select name from items where id = ?"
    );
    let past = slow(vec![
        statement("select 1", 4, |_| (8, 1, 0.001, 0)),
        statement("select * from report", 5, |ago| (if ago <= 300 { 8 } else { 0 }, 1, 0.5, 0)),
    ]);
    assert!(first(&past, "mean").text.en.contains("is new and takes 500ms a call"));
}

#[test]
fn the_statement_that_fails_is_told() {
    let failing = Some((|ago| if ago <= 300 { 3 } else { 0 }) as fn(u32) -> u64);
    // What fails is kept, of the others only some.
    let statements = vec![
        statement("insert into orders values (?)", 6, |ago| {
            if ago <= 300 { (30, 1, 0.002, 30) } else { (2, 1, 0.002, 0) }
        }),
        statement("select 1", 7, |_| (8, 1, 0.001, 0)),
    ];
    let past = Past { failing, statements, ..Past::of(&[], |_| (30, 0.05)) };
    let cause = first(&past, "error_ratio");
    assert_eq!(
        cause.text.en,
        "a statement of stock to postgresql/orders failed 900 times, before 0: insert into orders values (?)"
    );
    assert!(cause.support > 0.8 && cause.moved_at == Some(NOW - 300), "{cause:?}");
}

#[test]
fn statements_that_are_as_ever_or_of_which_nothing_older_is_known_are_not_told() {
    let told = |past: &Past| {
        let explained = explain(&portal(), "p95", at(), past);
        explained.causes.iter().any(|cause| cause.subject.starts_with("trace:"))
    };
    assert!(!told(&slow(vec![statement("select 1", 1, |_| (8, 1, 0.004, 0))])));
    // Slower by half a millisecond is not what half a second is made of.
    assert!(!told(&slow(vec![statement("select 1", 1, |ago| (
        8,
        1,
        if ago <= 300 { 0.0015 } else { 0.001 },
        0
    ))])));
    assert!(!told(&slow(vec![statement("select 1", 1, |ago| (if ago <= 250 { 8 } else { 0 }, 1, 0.5, 0))])));
    // One trace is no proof.
    assert!(!told(&slow(vec![
        statement("select 1", 1, |_| (8, 1, 0.004, 0)),
        statement("select 2", 1, |ago| (u32::from(ago == 100), 1, 0.5, 0)),
    ])));
}
