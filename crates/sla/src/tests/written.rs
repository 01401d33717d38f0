//! Reports and messages as people read them.

use std::time::Duration;

use naru_model::alert::Text;
use naru_model::language::Language;
use naru_model::report::{Block, Mark, Report, Tone};
use naru_model::scaling::By;
use naru_model::series::Subject;
use naru_model::service_level::{Change, ChangeKind, Goal, Kind, Summary};

use super::{at, came_to, date, day, failing, of, seoul};
use crate::calendar::bounds;
use crate::message::message;
use crate::words::{bytes, count, growth, share, time};
use crate::{Day, ScaledOnce, report};

/// A day with a missed goal, a deployment and a scaling.
fn summary() -> Summary {
    let (from, _) = bounds(date("2026-11-20"), &seoul());
    let goal = Goal { availability: "99.9%".parse().ok(), p95: Some(Duration::from_secs(1)), apdex: None };
    let stretches =
        |failed: u64| vec![failing(from + 43_200, 1000, failed), failing(from + 43_260, 1000, failed)];
    let mut approval = of("function:approval", from, stretches(100), goal);
    approval.title = Text { ko: "승인".into(), en: "Approval".into() };
    let seen = vec![approval, of("service:portal", from, stretches(100), Goal::default())];
    let portal = || "portal".parse().unwrap();
    let deployed = Change {
        at: at(from + 40_000),
        kind: ChangeKind::Deployment,
        service: Some(portal()),
        what: Text { ko: "개정 4 배포".into(), en: "portal goes from revision 3 to 4".into() },
        by: "minji".into(),
    };
    let grown = ScaledOnce { at: at(from + 41_000), service: portal(), from: 2, to: 4, by: Some(By::Cpu) };
    let today = Day { changes: vec![deployed], scaled: vec![grown], ..day("2026-11-20", seen) };
    came_to(Kind::Daily, "2026-11-20", &[today], &[day("2026-11-19", Vec::new())])
}

fn written(language: Language, focus: Option<&str>) -> Report {
    let focus: Option<Subject> = focus.map(|text| text.parse().unwrap());
    report(&summary(), language, focus.as_ref(), at(1_795_200_000))
}

/// Every text of a report, a line each.
fn text(report: &Report) -> String {
    let mut lines = vec![report.title.clone()];
    lines.extend(report.about.iter().map(|(name, value)| format!("{name}: {value}")));
    for block in &report.blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) | Block::Result { text, .. } => {
                lines.push(text.clone())
            }
            Block::List(items) => lines.extend(items.iter().cloned()),
            Block::Table(table) => {
                let rows = table
                    .rows
                    .iter()
                    .map(|row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" | "));
                lines.extend(rows);
            }
            Block::Chart(chart) => lines.push(chart.caption.clone()),
            other => panic!("{other:?}"),
        }
    }
    lines.join("\n")
}

#[test]
fn the_result_comes_first_and_says_which_goal_was_missed() {
    let report = written(Language::Ko, None);
    let Block::Result { tone, text: result } = &report.blocks[0] else { panic!("{:?}", report.blocks[0]) };
    assert_eq!((*tone, result.as_str()), (Tone::Bad, "목표 미달: 승인 가용률 90%(목표 99.9% 이상)"));
    let text = text(&report);
    for line in [
        "대상 기간: 2026-11-20 00:00 ~ 2026-11-21 00:00 (Asia/Seoul)",
        "측정 시간: 1일 중 1일",
        "요청 | 86,400 | - | - | 86,400 | ±0%",
        "승인 | 90% | 0.90 | 100 ms | 100 ms | 100 ms | 2,000 | 200 | 2 | 미달",
        "11-20 12:00 | 2분 | 승인 | 200 / 2,000 | 원인 미확인",
        "11-20 11:06 | 배포 | portal | 개정 4 배포 | minji",
        "service:portal | 2~2 | 1 | 0 | CPU 사용률 1 | 0.1 | 0.0 | 20.0% / 20.0%",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn both_languages_have_the_same_shape() {
    let (ko, en) = (written(Language::Ko, None), written(Language::En, None));
    assert_eq!(ko.blocks.len(), en.blocks.len());
    assert!(!text(&en).chars().any(|c| ('가'..='힣').contains(&c)), "{}", text(&en));
    let rows = |report: &Report| -> Vec<usize> {
        report
            .blocks
            .iter()
            .map(|block| if let Block::Table(table) = block { table.rows.len() } else { 0 })
            .collect()
    };
    assert_eq!(rows(&ko), rows(&en));
}

#[test]
fn a_report_of_one_function_tells_of_it_and_its_services_alone() {
    let report = written(Language::En, Some("function:approval"));
    assert_eq!(report.title, "Service level report, daily: Approval");
    let text = text(&report);
    assert!(text.contains("Requests | 2,000 |") && !text.contains("86,400"), "{text}");
    assert!(text.contains("portal | 2~2"), "{text}");
}

#[test]
fn charts_have_the_goal_the_incident_and_the_deployment() {
    let report = written(Language::En, Some("function:approval"));
    let charts: Vec<_> = report
        .blocks
        .iter()
        .filter_map(|block| if let Block::Chart(chart) = block { Some(chart) } else { None })
        .collect();
    assert!(charts.len() >= 3);
    let goal = charts[0].series.iter().find(|series| series.mark == Mark::Dashed).unwrap();
    assert!(goal.points.iter().all(|(_, y)| (*y - 0.999).abs() < 1e-9));
    let spans: Vec<&str> = charts[0].spans.iter().map(|(.., what)| what.as_str()).collect();
    assert_eq!(spans, ["incident", "Deployment"]);
    assert!(charts.iter().all(|chart| chart.spans.iter().all(|(from, to, _)| from <= to)));
    // An hour without requests is a gap, not a fall.
    assert!(charts[0].series[0].points[0].1.is_nan());
}

#[test]
fn a_period_of_which_nothing_is_kept_has_a_report_that_says_so() {
    let nothing = came_to(Kind::Weekly, "2026-11-16", &[], &[]);
    let report = report(&nothing, Language::Ko, None, at(0));
    let text = text(&report);
    assert!(
        text.contains("이 기간의 측정 자료 없음") && text.contains("자료 없는 날: 2026-11-16 ~ 2026-11-22("),
        "{text}"
    );
    let message = message(&nothing, Language::En, None, None);
    assert!(
        message.subject.contains("weekly service level report 2026-11-16 ~ 2026-11-22"),
        "{}",
        message.subject
    );
}

#[test]
fn a_message_says_the_result_in_its_subject_and_leads_to_the_console() {
    let message = message(&summary(), Language::Ko, None, Some("https://naru.example.go.kr/"));
    assert_eq!(message.subject, "[naru portal] 일간 서비스 수준 보고서 2026-11-20: 목표 미달 1건");
    assert!(
        message.text.starts_with("목표 미달 1건\n- 승인 가용률 90%(목표 99.9% 이상)\n"),
        "{}",
        message.text
    );
    assert!(
        message.text.contains("\nhttps://naru.example.go.kr/#/reports/daily/2026-11-20\n"),
        "{}",
        message.text
    );
}

#[test]
fn figures_are_written_as_people_read_them() {
    assert_eq!(share(Some(0.999_999)), "99.999%", "what is not whole is not written as whole");
    assert_eq!(
        (share(Some(1.0)), share(Some(0.999)), share(None)),
        ("100%".into(), "99.9%".into(), "-".into())
    );
    assert_eq!(
        (time(Some(0.25)), time(Some(1.5)), time(Some(0.0042))),
        ("250 ms".into(), "1.5 s".into(), "4.2 ms".into())
    );
    assert_eq!((count(1_234_567), count(7)), ("1,234,567".into(), "7".into()));
    assert_eq!((bytes(512), bytes(1536)), ("512 B".into(), "1.5 KiB".into()));
    assert_eq!(
        (growth(Some(110.0), Some(100.0)), growth(Some(1.0), Some(0.0))),
        ("+10.0%".into(), "-".into())
    );
}
