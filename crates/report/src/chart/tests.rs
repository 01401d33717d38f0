#![allow(clippy::unwrap_used)]

use naru_model::report::{Axis, Tone, Unit};

use super::*;

const SEOUL: i32 = 32_400;

fn series(name: &str, mark: Mark, points: Vec<(f64, f64)>) -> Series {
    Series { name: name.to_owned(), mark, tone: Tone::Plain, points }
}

fn chart(x: Unit, y: Unit, series: Vec<Series>) -> Chart {
    Chart {
        caption: "그림".to_owned(),
        x: Axis::new("가로", x),
        y: Axis::new("세로", y),
        series,
        spans: Vec::new(),
    }
}

/// Each text with the box that it takes at most: left, top, right, bottom.
fn texts(picture: &Picture) -> Vec<(String, [f64; 4])> {
    let one = |shape: &Shape| match shape {
        Shape::Text { x, y, text, size, anchor, .. } => {
            let width = em::width(text, *size);
            let left = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            Some((text.clone(), [left, y - size * 0.8, left + width, y + size * 0.2]))
        }
        _ => None,
    };
    picture.shapes.iter().filter_map(one).collect()
}

/// Fails when a text is cut by the sheet or lies on another.
fn assert_readable(picture: &Picture) {
    let texts = texts(picture);
    for (i, (text, [left, top, right, bottom])) in texts.iter().enumerate() {
        let inside = *left >= -0.01
            && *top >= -0.01
            && *right <= picture.width + 0.01
            && *bottom <= picture.height + 0.01;
        assert!(
            inside,
            "{text:?} is cut off: {left} {top} {right} {bottom} of {} {}",
            picture.width, picture.height
        );
        for (other, [l, t, r, b]) in &texts[i + 1..] {
            assert!(right <= l || r <= left || bottom <= t || b <= top, "{text:?} lies on {other:?}");
        }
    }
}

fn for_heights(check: impl Fn(f64)) {
    [HEIGHT, ON_PAPER, LOWEST].into_iter().for_each(check);
}

#[test]
fn texts_never_lie_on_each_other_whatever_the_chart() {
    let names = |count: usize, name: &str| Unit::Names((0..count).map(|i| format!("{name}{i}")).collect());
    let places = |count: usize| (0..count).map(|i| (i as f64, i as f64 * 1234.5)).collect::<Vec<_>>();
    let long = "아주 긴 이름을 가진 기능의 응답시간과 처리량 그리고 오류율 ".repeat(3);
    for language in [Language::Ko, Language::En] {
        for count in [1, 2, 7, 12, 24, 31, 200] {
            for name in ["x", "reservation-", "대국민 민원 접수 "] {
                let bars = series(&long, Mark::Bars, places(count));
                let goal = series("목표", Mark::Dashed, vec![(0.0, 99.0)]);
                let all = chart(names(count, name), Unit::Number, vec![bars, goal]);
                for_heights(|height| assert_readable(&draw(&all, language, height)));
            }
        }
        for length in [0.5, 7.0, 300.0, 5000.0, 86_400.0, 2.6e6, 4e7, 3e9] {
            let points =
                (0..50).map(|i| (1.7e9 + length * f64::from(i) / 50.0, f64::from(i) / 49.0)).collect();
            let all =
                (0..6).map(|i| series(&format!("{long}{i}"), Mark::Line, Vec::clone(&points))).collect();
            let mut chart = chart(Unit::Time { offset_seconds: SEOUL }, Unit::Share, all);
            for i in 0..30 {
                let from = 1.7e9 + length * f64::from(i) / 30.0;
                chart.spans.push((from, from + length / 100.0, format!("장애 {i}: 오류 급증")));
            }
            for_heights(|height| assert_readable(&draw(&chart, language, height)));
        }
    }
}

#[test]
fn axes_end_at_round_values_and_begin_at_nothing() {
    let said = |unit: Unit, most: f64| -> Vec<String> {
        let line = series("a", Mark::Line, vec![(0.0, 0.0), (1.0, most)]);
        let picture = draw(&chart(Unit::Number, unit, vec![line]), Language::Ko, HEIGHT);
        let left = |shape: &&Shape| matches!(shape, Shape::Text { anchor: Anchor::End, .. });
        let texts = picture.shapes.iter().filter(left).filter_map(|shape| match shape {
            Shape::Text { text, .. } => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    };
    assert_eq!(said(Unit::Number, 3_700_000.0), ["0", "1,000,000", "2,000,000", "3,000,000", "4,000,000"]);
    assert_eq!(said(Unit::Share, 0.97), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
    assert_eq!(said(Unit::Share, 0.0031), ["0.0 %", "0.1 %", "0.2 %", "0.3 %", "0.4 %"]);
    assert_eq!(said(Unit::Duration, 0.23), ["0초", "50 ms", "100 ms", "150 ms", "200 ms", "250 ms"]);
    assert_eq!(said(Unit::Duration, 700.0), ["0초", "5분", "10분", "15분"]);
    assert_eq!(said(Unit::Number, 0.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
}

#[test]
fn times_are_told_by_the_clock_on_the_wall() {
    let said = |language, from: f64, length: f64| -> String {
        let line = series("a", Mark::Line, vec![(from, 1.0), (from + length, 2.0)]);
        let picture =
            draw(&chart(Unit::Time { offset_seconds: SEOUL }, Unit::Number, vec![line]), language, HEIGHT);
        texts(&picture).into_iter().map(|(text, _)| text).collect::<Vec<_>>().join("|")
    };
    // 2026-05-17 00:00 in Seoul.
    let midnight = 1_778_943_600.0;
    let day = said(Language::Ko, midnight, 86_400.0);
    assert!(
        day.contains("|5월 17일|03:00|06:00|") && day.contains("가로 (2026년 5월 17일 – 2026년 5월 18일)"),
        "{day}"
    );
    let month = said(Language::En, midnight, 30.0 * 86_400.0);
    assert!(month.contains("|18 May|25 May|1 Jun|"), "weeks begin on Mondays: {month}");
    let year = said(Language::Ko, midnight, 365.0 * 86_400.0);
    assert!(year.contains("|2026년 7월|2026년 10월|"), "quarters begin as years do: {year}");
}

#[test]
fn gaps_stay_gaps_and_steps_hold_until_the_next() {
    let lines = |mark| -> Vec<Vec<(f64, f64)>> {
        let points = vec![
            (0.0, 1.0),
            (1.0, 1.0),
            (2.0, f64::NAN),
            (3.0, 2.0),
            (4.0, f64::INFINITY),
            (5.0, 2.0),
            (6.0, 1.0),
        ];
        let picture =
            draw(&chart(Unit::Number, Unit::Number, vec![series("a", mark, points)]), Language::Ko, HEIGHT);
        let drawn = picture.shapes.into_iter().filter_map(|shape| match shape {
            Shape::Line { points, width, .. } if width > 1.5 => Some(points),
            _ => None,
        });
        drawn.collect()
    };
    let straight = lines(Mark::Line);
    assert_eq!(straight.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2], "the point alone is a dot");
    let stepped = lines(Mark::Step);
    assert_eq!(stepped.len(), 3);
    assert_eq!(stepped[1][0].1, stepped[1][1].1, "stays at its height");
}

#[test]
fn a_day_on_which_clocks_are_put_back_has_an_hour_twice() {
    // 2025-10-26 in Berlin: 25 hours.
    let (midnight, back) = (1_761_429_600.0, 1_761_440_400.0);
    let line = series("a", Mark::Line, vec![(midnight, 1.0), (midnight + 25.0 * 3600.0, 2.0)]);
    let clock = Unit::Clock(vec![(midnight, 7200), (back, 3600)]);
    let mut one = chart(clock, Unit::Number, vec![line]);
    (one.x.from, one.x.to) = (Some(midnight), Some(midnight + 25.0 * 3600.0));
    let picture = draw(&one, Language::Ko, HEIGHT);
    let all: Vec<(String, f64)> = picture
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text { text, x, .. } => Some((text.clone(), *x)),
            _ => None,
        })
        .collect();
    let at = |text: &str| all.iter().find(|(known, _)| known == text).unwrap_or_else(|| panic!("{all:?}")).1;
    // From six to nine it is three hours, from midnight to three it was four.
    let three = at("09:00") - at("06:00");
    assert!((at("03:00") - at("10월 26일") - three * 4.0 / 3.0).abs() < 3.0, "{all:?}");
    assert!(all.iter().any(|(text, _)| text == "10월 27일"), "{all:?}");
}

#[test]
fn what_no_chart_can_be_made_of_is_drawn_without_a_panic_and_within_bounds() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 1e300, -1e-300, 0.0];
    for unit in [
        Unit::Number,
        Unit::Share,
        Unit::Duration,
        Unit::Time { offset_seconds: i32::MIN },
        Unit::Clock(Vec::new()),
        Unit::Clock(vec![(f64::NAN, i32::MAX), (1.0, 0), (0.0, 3600)]),
        Unit::Names(Vec::new()),
    ] {
        for mark in [Mark::Line, Mark::Step, Mark::Bars, Mark::Dots, Mark::Dashed] {
            for value in odd {
                let points = vec![(value, value), (0.0, 1.0), (value, -value)];
                let mut one = chart(
                    unit.clone(),
                    unit.clone(),
                    vec![series("", mark, points), series("", mark, Vec::new())],
                );
                one.spans.push((value, 1.0, String::new()));
                (one.x.from, one.y.to) = (Some(value), Some(value));
                draw(&one, Language::Ko, HEIGHT);
            }
        }
    }
    let many = (0..1_000_000).map(|i| (f64::from(i), f64::from(i % 977))).collect();
    let mut large = chart(Unit::Number, Unit::Number, vec![series("a", Mark::Line, many)]);
    large.spans = (0..10_000).map(|i| (f64::from(i), f64::from(i), "x".to_owned())).collect();
    let picture = draw(&large, Language::Ko, HEIGHT);
    let points: usize = picture
        .shapes
        .iter()
        .map(|shape| if let Shape::Line { points, .. } = shape { points.len() } else { 1 })
        .sum();
    assert!(points < 10_000, "{points}");
    assert!(picture.caption.contains("생략"), "{}", picture.caption);
}
