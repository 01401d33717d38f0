//! The portfolio as a report.

use super::{Portfolio, Ranked, group, map};
use crate::priority::{FORMULA, Priority};
use naru_model::language::Language;
use naru_model::report::{Block, Cell, Report, Table, Tone};

impl Portfolio {
    pub fn report(&self, language: Language) -> Report {
        let mut report =
            Report::new(language, language.pick("클라우드 네이티브 전환 우선순위", "Which systems first?"));
        let count = |group_wanted| self.systems.iter().filter(|s| group(&s.verdict) == group_wanted).count();
        let (adopt, open, keep) = (count(0), count(1), count(2));
        report.result(
            Tone::Plain,
            language.pick(
                format!("시스템 {}개: 적용 {adopt} · 미정 {open} · 유지 {keep}", self.systems.len()),
                format!(
                    "{} systems: {adopt} to adopt, {open} not told yet, {keep} to keep",
                    self.systems.len()
                ),
            ),
        );
        report.paragraph(FORMULA.of(language));
        report.paragraph(language.pick(
            "순서: 적용, 미정, 유지 순이며 그 안에서는 점수가 높은 것이 먼저이다. 유지할 시스템과 등급이 빠진 시스템에는 순위를 매기지 않는다.",
            "Order: to adopt, not told yet, to keep; within each the higher priority first. What is to be kept, or lacks a grade, has no rank.",
        ));
        if let Some(picture) = map::draw(&self.systems, language) {
            report.heading(1, language.pick("규모와 복잡도", "Size against complexity"));
            report.blocks.push(Block::Picture(picture));
        }
        report.heading(1, language.pick("시스템 목록", "Systems"));
        report.table(self.table(language));
        if !self.broken.is_empty() {
            report.heading(1, language.pick("읽지 못한 행", "Rows that could not be read"));
            report.list(self.broken.iter().map(|b| format!("{}:{}: {}", b.file, b.line, b.what)).collect());
        }
        report
    }

    /// All systems, one a row.
    pub fn table(&self, language: Language) -> Table {
        let head = language.pick(
            ["번호", "순위", "시스템", "결과", "예", "모름", "규모", "복잡도", "확장성", "점수"],
            [
                "no.",
                "rank",
                "system",
                "verdict",
                "yes",
                "unknown",
                "size",
                "complexity",
                "scalability",
                "priority",
            ],
        );
        let mut table = Table {
            right: vec![0, 1, 4, 5, 6, 7, 8, 9],
            widths: vec![4, 4, 16, 17, 3, 5, 5, 7, 7, 5],
            ..Table::new(head)
        };
        for (i, system) in self.systems.iter().enumerate() {
            table.row(system.cells(i + 1, language).map(Cell::from));
        }
        table
    }
}

impl Ranked {
    fn cells(&self, number: usize, language: Language) -> [String; 10] {
        let v = &self.verdict;
        let open = match group(v) {
            2 => language.pick("현행 유지 (모름이 있으나 적용은 아님)", "keep (open how, but not adopt)"),
            _ => language.pick("미정 (모름이 있음)", "not told yet"),
        };
        let said = v.outcome.map_or(open, |outcome| outcome.word().of(language));
        [
            number.to_string(),
            self.rank.map_or("-".to_owned(), |rank| rank.to_string()),
            v.system.clone(),
            said.to_owned(),
            v.yes.to_string(),
            v.unknown.to_string(),
            Priority::word(v.priority.size),
            Priority::word(v.priority.complexity),
            Priority::word(v.priority.scalability),
            v.priority.score_word(),
        ]
    }
}
