//! Which of many systems first: large ones, complex ones, those that scale poorly.
//!
//! Three grades from 1 to 5, each worth a third: `100 × ((size − 1) + (complexity − 1) + (5 − scalability)) / 12`, from 0 to 100. No
//! source weighs them against each other, so that they weigh the same; who knows better gives the grades. Grades that nobody gave are
//! estimated from figures by the steps below, and marked as such.

use serde::{Deserialize, Serialize};

use crate::log::findings::{Findings, WindowKind};
use crate::questionnaire::{Figure, Questionnaire, number};
use naru_model::language::Text;
use naru_model::report::{Cell, Report, Table};

/// The formula in words, for every output that shows the number.
pub const FORMULA: Text = Text::new(
    "우선순위 점수 = 100 × ((규모−1) + (복잡도−1) + (5−확장성)) ÷ 12. 세 항목의 비중은 같다. 등급은 1~5이며 *는 수치에서 어림한 값이다.",
    "priority = 100 × ((size − 1) + (complexity − 1) + (5 − scalability)) / 12. All three weigh the same. Grades are 1 to 5; * are estimated from figures.",
);

/// Users a day below which the size is 1, 2, 3 and 4.
const SIZES: [f64; 4] = [1_000.0, 10_000.0, 100_000.0, 1_000_000.0];
/// Linked systems below which the complexity is 1, 2, 3 and 4.
const LINKS: [f64; 4] = [4.0, 11.0, 31.0, 71.0];
/// Hours of slow access a year below which the scalability is 5, 4, 3 and 2.
const HOURS: [f64; 4] = [1.0, 12.0, 48.0, 120.0];

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// 1 to 5.
    pub value: f64,
    /// Not given by anybody but estimated from a figure.
    pub estimated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Priority {
    pub size: Option<Grade>,
    pub complexity: Option<Grade>,
    pub scalability: Option<Grade>,
    /// 0 to 100; nothing while a grade is missing.
    pub score: Option<f64>,
}

/// The priority of one system.
pub fn of(q: &Questionnaire, log: Option<&Findings>) -> Priority {
    let users = q
        .figure(Figure::UsersADay)
        .or_else(|| log.and_then(|log| log.users.a_day()).map(|users| users as f64));
    let links = q.figure(Figure::LinkedSystems).or((!q.links.is_empty()).then_some(q.links.len() as f64));
    let slow = q.figure(Figure::SlowHours).or_else(|| log.and_then(slow_hours_a_year));
    let size = graded(q, Figure::Size, users.map(|n| step(n, SIZES)));
    let complexity = graded(q, Figure::Complexity, links.map(|n| step(n, LINKS)));
    let scalability = graded(q, Figure::Scalability, slow.map(|n| 6.0 - step(n, HOURS)));
    let score = match (size, complexity, scalability) {
        (Some(s), Some(c), Some(x)) => Some(score(s.value, c.value, x.value)),
        _ => None,
    };
    Priority { size, complexity, scalability, score }
}

/// 0 to 100, of three grades from 1 to 5.
pub fn score(size: f64, complexity: f64, scalability: f64) -> f64 {
    100.0 * ((size - 1.0) + (complexity - 1.0) + (5.0 - scalability)) / 12.0
}

fn graded(q: &Questionnaire, figure: Figure, estimate: Option<f64>) -> Option<Grade> {
    let given = q.figure(figure).map(|value| Grade { value, estimated: false });
    given.or(estimate.map(|value| Grade { value, estimated: true }))
}

/// 1 below the first step, 5 from the last on.
fn step(value: f64, steps: [f64; 4]) -> f64 {
    1.0 + steps.iter().filter(|from| value >= **from).count() as f64
}

/// What the log's slow and failing windows would come to in a year; nothing from less than four weeks.
fn slow_hours_a_year(log: &Findings) -> Option<f64> {
    let days = log.period.as_ref().map(|period| period.days).filter(|days| *days >= 28)?;
    let windows = log.windows.iter().filter(|w| w.kind != WindowKind::Silence);
    let hours: f64 = windows.map(|w| w.to.since(w.from).as_secs_f64() / 3600.0).sum();
    log.latency.as_ref().map(|_| hours * 365.0 / f64::from(days))
}

impl Priority {
    /// `4`, `3*` for an estimate, `?` for nothing.
    pub fn word(grade: Option<Grade>) -> String {
        let mark = |g: Grade| format!("{}{}", number(g.value), if g.estimated { "*" } else { "" });
        grade.map_or("?".to_owned(), mark)
    }

    pub fn score_word(&self) -> String {
        self.score.map_or("?".to_owned(), |score| number(score.round()))
    }

    pub fn describe(&self, report: &mut Report) {
        let language = report.language;
        report.heading(1, language.pick("우선순위", "Priority"));
        let head = language.pick(
            ["규모", "복잡도", "확장성", "점수 (0~100)"],
            ["size", "complexity", "scalability", "priority (0 to 100)"],
        );
        let mut table = Table { right: vec![0, 1, 2, 3], ..Table::new(head) };
        let grades = [self.size, self.complexity, self.scalability].map(Priority::word);
        table.row(grades.into_iter().chain([self.score_word()]).map(Cell::from));
        report.table(table);
        report.paragraph(FORMULA.of(language));
    }
}
