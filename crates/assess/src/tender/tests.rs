#![allow(clippy::unwrap_used)]

use super::*;
use crate::questionnaire::Figure;
use naru_report::{Format, render};

fn tender(language: Language) -> Tender {
    let mut q = Questionnaire::new(language, "예약 포털", "booking".parse().unwrap());
    q.figures = [
        (Figure::SurgeTimes, 46.0),
        (Figure::LinkedSystems, 96.0),
        (Figure::DeploymentsAMonth, 199.0),
        (Figure::UsersADay, 1_600_000.0),
    ]
    .into();
    of(&q, None)
}

#[test]
fn rows_have_the_systems_own_numbers() {
    let rows = tender(Language::En).rows;
    let of = |id: &str| rows.iter().find(|row| row.id == id).unwrap();
    let surge =
        "naru verify all --only scaling --allow-load RATE (scaling-surge), naru verify surge --times 46";
    assert_eq!(of("ORC-03").acceptance, surge);
    assert!(of("GW-03").detail.contains("96 linked systems"));
    assert!(of("ORC-04").basis.contains("199 deployments a month"));
    assert!(of("GW-02").basis.contains("1,600,000 users a day"));
    assert!(Area::ALL.iter().all(|area| rows.iter().any(|row| row.area == *area)));
}

#[test]
fn both_languages_have_the_same_rows_and_commands() {
    let ids = |language| tender(language).rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(Language::Ko), ids(Language::En));
    let verify = |row: &Row| {
        row.acceptance.split(", ").find(|part| part.starts_with("naru verify")).map(str::to_owned)
    };
    for (ko, en) in tender(Language::Ko).rows.iter().zip(&tender(Language::En).rows) {
        assert_eq!(verify(ko), verify(en), "{}", ko.id);
        assert!(ko.acceptance.contains("naru ") && ko.title.chars().any(|c| ('가'..='힣').contains(&c)));
    }
}

#[test]
fn every_format_has_every_row() {
    let tender = tender(Language::Ko);
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Csv] {
        let text = String::from_utf8(render(&tender.report(Language::Ko), format).unwrap()).unwrap();
        assert!(tender.rows.iter().all(|row| text.contains(&row.id)), "{format}");
    }
}
