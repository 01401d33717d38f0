use super::*;
use crate::log::findings::{Hour, Peak, Period, SourceFile};
use naru_model::report::{Block, Shape};

#[test]
fn numbers_are_written_as_people_read_them() {
    assert_eq!(
        (number(0), number(999), number(1000), number(1_234_567)),
        ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
    );
    assert_eq!(
        (percent(0.0003), percent(0.5), percent(0.0)),
        ("0.03 %".into(), "50.0 %".into(), "0.0 %".into())
    );
    let told = |time| seconds(time, Language::Ko);
    assert_eq!((told(0.25), told(3.0), told(600.0)), ("250 ms".into(), "3.0초".into(), "10분".into()));
}

#[test]
fn a_log_without_a_request_is_told_too() {
    for language in [Language::En, Language::Ko] {
        let told = report(&Findings::default(), language);
        assert!(told.about[0].1.contains('0'), "{told:?}");
    }
}

/// Two weeks from Monday the 8th of January 2024, in Korea: each hour as many requests as its number, at nine on Tuesdays a surge.
fn findings() -> Findings {
    let begin = 1_704_639_600_u64;
    let hour = |i: u64| Hour {
        at: Timestamp((begin + i * 3600) * 1_000_000),
        requests: if i % 168 == 33 { 500 } else { i % 24 },
        ..Hour::default()
    };
    let hours: Vec<Hour> = (0..336).map(hour).collect();
    let mut findings = Findings { hours, ..Findings::default() };
    findings.period = Some(Period { offset_seconds: 32_400, ..Period::default() });
    findings.peaks.median_working_hour = 10.0;
    findings.peaks.top_hours = vec![
        Peak { at: findings.hours[33].at, requests: 500 },
        Peak { at: findings.hours[47].at, requests: 23 },
    ];
    findings.windows =
        vec![Window { from: findings.hours[60].at, to: findings.hours[61].at, ..Window::default() }];
    findings
}

#[test]
fn hours_in_utc_of_iis_are_said_to_be_so() {
    let said = |offset_seconds: i32| {
        let mut findings = findings();
        findings.period = Some(Period { offset_seconds, ..Period::default() });
        findings.sources.files = vec![SourceFile { format: "w3c".to_owned(), ..SourceFile::default() }];
        let told = report(&findings, Language::En);
        told.blocks.iter().any(|block| matches!(block, Block::Paragraph(text) if text.contains("--zone")))
    };
    assert_eq!((said(0), said(32_400)), (true, false));
}

#[test]
fn the_load_is_drawn_with_its_surges_and_outages() {
    let told = report(&findings(), Language::Ko);
    let chart =
        told.blocks.iter().find_map(|block| if let Block::Chart(chart) = block { Some(chart) } else { None });
    let chart = chart.unwrap();
    assert_eq!(chart.series[0].points.len(), 336);
    let spans: Vec<&str> = chart.spans.iter().map(|span| span.2.as_str()).collect();
    assert_eq!(spans, ["오류 급증", "폭주 ×50.0"], "an hour of twice the median is no surge");
}

#[test]
fn the_rhythm_is_darkest_at_the_busiest_hour_of_the_week() {
    let told = report(&findings(), Language::Ko);
    let picture = told
        .blocks
        .iter()
        .find_map(|block| if let Block::Picture(picture) = block { Some(picture) } else { None });
    let picture = picture.unwrap();
    assert!(picture.caption.contains("화요일 9시, 시간당 500건"), "{}", picture.caption);
    let red = |shape: &Shape| if let Shape::Rect { fill, .. } = shape { Some(fill.0) } else { None };
    let cells: Vec<u8> = picture.shapes.iter().filter_map(red).collect();
    assert_eq!(cells.len(), 7 * 24);
    assert_eq!(cells.iter().min(), Some(&cells[33]));
}
