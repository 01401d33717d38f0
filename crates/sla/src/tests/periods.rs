//! Periods that are not like the others: a day of 25 or 23 hours, one without a request, one in whose middle it all began, and
//! services that were not there before.

use jiff::tz::TimeZone;
use naru_model::alert::Text;
use naru_model::language::Language;
use naru_model::report::{Block, Chart, Unit};
use naru_model::series::Subject;
use naru_model::service_level::{Course, Goal, Kind, Outcome, Stretch, Summary};

use super::{at, came_to, date, day, failing, minute, of, seoul};
use crate::calendar::{Span, bounds};
use crate::{About, Day, Known, Seen, VERSION, report, seen, summary};

/// A day in Berlin with a request a second, of which some of the eight o'clock in the evening failed.
fn berlin(text: &str, zone: &TimeZone) -> Day {
    let (from, to) = bounds(date(text), zone);
    let eight = to - 4 * 3600;
    let one = |at: u32| if (eight..eight + 600).contains(&at) { failing(at, 60, 30) } else { minute(at, 60) };
    let stretches: Vec<Stretch> = (from..to).step_by(60).map(one).collect();
    let about = About {
        subject: Subject::All,
        title: Text::same("all"),
        services: Vec::new(),
        goal: Goal::default(),
        places: None,
    };
    let hours = vec![Vec::new(); ((to - from) / 3600) as usize];
    Day {
        version: VERSION,
        date: text.to_owned(),
        zone: "Europe/Berlin".to_owned(),
        from,
        to,
        until: to,
        made: at(to),
        seen: vec![seen(about, Course { stretches, hours, users: None }, from)],
        ..day("2026-11-20", Vec::new())
    }
}

fn told(summary: &Summary) -> (Vec<Chart>, String) {
    let report = report(summary, Language::Ko, None, at(0));
    let mut lines: Vec<String> =
        report.about.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let mut charts = Vec::new();
    for block in report.blocks {
        match block {
            Block::Paragraph(text) | Block::Result { text, .. } => lines.push(text),
            Block::List(items) => lines.extend(items),
            Block::Table(table) => lines.extend(
                table
                    .rows
                    .iter()
                    .map(|row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" | ")),
            ),
            Block::Chart(chart) => charts.push(chart),
            _ => {}
        }
    }
    (charts, lines.join("\n"))
}

#[test]
fn a_day_on_which_clocks_are_moved_has_all_its_hours_in_figures_and_charts() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    for (text, hours, offsets, measured) in [
        ("2026-10-25", 25, [7200, 3600], "측정 시간: 1일 1시간 중 1일 1시간"),
        ("2026-03-29", 23, [3600, 7200], "측정 시간: 23시간 중 23시간"),
    ] {
        let one = berlin(text, &zone);
        let span = Span::of(Kind::Daily, date(text));
        let known = Known {
            platform: "portal",
            span,
            zone: &zone,
            now: at(one.to + 60),
            days: vec![&one],
            before: Vec::new(),
            count_users: &|_| None,
        };
        let summary = summary(&known);
        let all = summary.of(&Subject::All).unwrap();
        assert!(summary.complete, "{text}");
        assert_eq!((all.now.requests, all.pieces.len()), (hours * 3600, hours as usize), "{text}");
        assert_eq!(
            (summary.to - summary.from, summary.observed_seconds),
            (hours as u32 * 3600, hours * 3600)
        );
        let (charts, told) = told(&summary);
        assert!(told.contains(measured), "{told}");
        // The table and the chart tell the incident by the same clock.
        assert!(told.contains(&format!("{} 20:00 | 10분 | ", &text[5..])), "{told}");
        let Unit::Clock(clock) = &charts[0].x.unit else { panic!("{:?}", charts[0].x.unit) };
        let moved = f64::from(one.from + if hours == 25 { 3 } else { 2 } * 3600);
        assert_eq!(*clock, [(f64::from(one.from), offsets[0]), (moved, offsets[1])]);
        assert_eq!((charts[0].x.from, charts[0].x.to), (Some(one.from.into()), Some(one.to.into())));
    }
}

/// A month of days of one thing, from one day of it on.
fn month(days: std::ops::RangeInclusive<u32>, month: u32, of_day: impl Fn(u32) -> Vec<Seen>) -> Vec<Day> {
    days.map(|number| {
        let text = format!("2026-{month:02}-{number:02}");
        let (from, _) = bounds(date(&text), &seoul());
        day(&text, of_day(from))
    })
    .collect()
}

#[test]
fn a_month_without_a_request_is_judged_by_nothing_and_draws_nothing() {
    let quiet = |from: u32| {
        let looked = (from..from + 86_400).step_by(60).map(|at| minute(at, 0)).collect();
        vec![of("all", from, looked, Goal { availability: "99.9%".parse().ok(), ..Goal::default() })]
    };
    let (now, before) = (month(1..=31, 10, quiet), month(1..=30, 9, |_| Vec::new()));
    let summary = came_to(Kind::Monthly, "2026-10-01", &now, &before);
    assert_eq!((summary.result, summary.complete), (Outcome::NoData, true));
    let (charts, told) = told(&summary);
    assert!(charts.is_empty());
    for line in [
        "요청이 없어 판정 불가",
        "가용률 | - | 99.9% 이상 | 자료 없음 | 100% | -",
        "요청 | 0 | - | - | 2,592,000 | -100.0%",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    assert!(!told.contains("NaN") && !told.contains("inf"), "{told}");
}

#[test]
fn a_platform_that_was_started_within_the_period_says_since_when() {
    let begun = |from: u32| {
        let first = if from == bounds(date("2026-10-17"), &seoul()).0 { from + 14 * 3600 } else { from };
        vec![of(
            "all",
            from,
            (first..from + 86_400).step_by(60).map(|at| minute(at, 60)).collect(),
            Goal::default(),
        )]
    };
    let mut days = month(17..=31, 10, begun);
    // And a day on which it was down.
    days.remove(3);
    let summary = came_to(Kind::Monthly, "2026-10-01", &days, &[]);
    assert!(!summary.complete);
    let (_, told) = told(&summary);
    for line in [
        "측정 시간: 31일 중 13일 10시간",
        "자료 시작: 2026-10-17 14:00부터(그 이전은 측정 자료 없음)",
        "자료 없는 날: 2026-10-01 ~ 2026-10-16, 2026-10-20(집계에서 제외)",
        "요청 | 1,159,200 | - | - | - | -",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
}

#[test]
fn a_service_that_was_not_there_before_is_compared_with_nothing() {
    let with = |from: u32| vec![of("service:search", from, vec![minute(from + 60, 40)], Goal::default())];
    let (now, before) = (month(1..=31, 10, with), month(1..=30, 9, |_| Vec::new()));
    let summary = came_to(Kind::Monthly, "2026-10-01", &now, &before);
    let search: Subject = "service:search".parse().unwrap();
    let of = summary.of(&search).unwrap();
    assert_eq!((of.now.requests, of.before.is_none()), (31 * 40, true));
    assert!(summary.of(&Subject::All).unwrap().before.is_some());
    let report = report(&summary, Language::Ko, Some(&search), at(0));
    let cells = report.blocks.iter().find_map(|block| match block {
        Block::Table(table) => table.rows.iter().find(|row| row[0].text == "요청"),
        _ => None,
    });
    let texts: Vec<&str> = cells.unwrap().iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(texts, ["요청", "1,240", "-", "-", "-", "-"]);
}
