//! Requirement rows for the tender (제안요청서) of one system: orchestration and mesh, API gateway, monitoring; with its own numbers, and
//! for each how it will be accepted. What is wanted is said without naming a product; acceptance names commands that exist.

mod rows;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::log::findings::Findings;
use crate::questionnaire::Questionnaire;
use crate::target::{self, Target};
use naru_model::language::{Language, Text};
use naru_model::report::{Cell, Report, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    Orchestration,
    Gateway,
    Monitoring,
}

impl Area {
    pub const ALL: [Area; 3] = [Area::Orchestration, Area::Gateway, Area::Monitoring];

    pub fn name(self) -> Text {
        match self {
            Area::Orchestration => Text::new("오케스트레이션·서비스 메시", "Orchestration and mesh"),
            Area::Gateway => Text::new("API 게이트웨이", "API gateway"),
            Area::Monitoring => Text::new("업무 중심 모니터링", "Monitoring by business function"),
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Area::Orchestration => "ORC",
            Area::Gateway => "GW",
            Area::Monitoring => "MON",
        }
    }
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `ORC-01`.
    pub id: String,
    pub area: Area,
    pub title: String,
    /// What is wanted, one sentence a line.
    pub detail: String,
    /// How it is accepted.
    pub acceptance: String,
    /// Where its numbers come from; empty when it has none.
    pub basis: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tender {
    pub system: String,
    pub rows: Vec<Row>,
}

/// The rows for one system.
pub fn of(q: &Questionnaire, log: Option<&Findings>) -> Tender {
    let target = target::of(q, log);
    Tender { system: q.system.clone(), rows: rows::all(q, log, &target) }
}

impl Tender {
    pub fn report(&self, language: Language) -> Report {
        let mut report = Report::new(
            language,
            language
                .pick(format!("{} 요구사항 목록", self.system), format!("Requirements of {}", self.system)),
        );
        report.about =
            vec![(language.pick("요구사항 수", "requirements").to_owned(), self.rows.len().to_string())];
        report.paragraph(language.pick(
            "검수 기준의 명령은 납품된 시스템의 서버에서 실행하며, 명령이 '통과'로 끝나면(종료 코드 0) 해당 항목을 충족한 것으로 본다. naru verify all은 납품된 시스템 자체를 시험하며 괄호 안은 판정할 시험 항목이다. 운영에 영향을 줄 수 있는 시험은 옵션으로 허용해야 실시하고 끝나면 원상 복구한다(RATE는 초당 요청 수). 그 밖의 naru verify는 시험용 플랫폼을 따로 띄우므로 운영 중인 서비스에 영향을 주지 않는다.",
            "The commands are run on the servers of the delivered system; a command that passes (exit code 0) accepts its row. naru verify all tests the delivered system itself; in brackets stand the cases that decide. What can do harm needs its flag and is taken back (RATE: requests a second). Every other naru verify starts a platform of its own and does not touch what runs.",
        ));
        for area in Area::ALL {
            report.heading(1, area.name().of(language));
            let head = language.pick(
                ["고유번호", "요구사항", "세부 내용", "검수 기준", "수치 근거"],
                ["id", "requirement", "in detail", "accepted by", "where numbers come from"],
            );
            let mut table = Table { widths: vec![4, 6, 13, 9, 6], ..Table::new(head) };
            for row in self.rows.iter().filter(|row| row.area == area) {
                table.row(
                    [&row.id, &row.title, &row.detail, &row.acceptance, &row.basis]
                        .map(|text| Cell::from(text.as_str())),
                );
            }
            report.table(table);
        }
        report
    }
}

/// What rows are made with.
struct Facts<'a> {
    language: Language,
    q: &'a Questionnaire,
    log: Option<&'a Findings>,
    target: &'a Target,
}
