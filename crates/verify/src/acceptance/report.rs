//! The acceptance as a report that a person signs: what was accepted, part by part, with each case's evidence, what was not run
//! and why.

use naru_model::language::Language;
use naru_model::report::{Block, Cell, Report, Table, Tone};

use super::cases::{ALL, Needs};
use super::outcome::{Acceptance, Case, Counts, Part, Verdict};

/// Lines of evidence of one case; the JSON has all of them.
const MOST_EVIDENCE: usize = 60;

impl Acceptance {
    /// `when`: the date and time at which it began, as people write it.
    pub fn report(&self, when: &str) -> Report {
        let language = self.language;
        let say = |ko: &str, en: &str| language.pick(ko, en).to_owned();
        let title = language
            .pick(format!("{} 검수 시험 결과서", self.platform), format!("Acceptance of {}", self.platform));
        let mut report = Report::new(language, title);
        report.about = self.about(when);
        let tone = if self.accepted { Tone::Good } else { Tone::Bad };
        report.result(tone, self.sum());
        report.heading(1, say("분야별 결과", "Results by part"));
        report.table(self.parts_table());
        for part in self.parts.iter().copied().chain([Part::Restored]) {
            self.write_part(part, &mut report);
        }
        self.write_not_run(&mut report);
        report.heading(1, say("확인", "Signed"));
        report.paragraph(language.pick(
            format!("{when} 실시한 시험의 결과가 위와 같음을 확인함.",),
            format!("The tests of {when} had the results above."),
        ));
        report.blocks.push(Block::Signatures(vec![
            say("발주자(검사자)", "For the orderer (inspected by)"),
            say("수급인(시험자)", "For the contractor (tested by)"),
            say("감리원", "Supervised by"),
        ]));
        report
    }

    fn about(&self, when: &str) -> Vec<(String, String)> {
        let language = self.language;
        let services: Vec<String> =
            self.services.iter().map(|(name, revision)| format!("{name} {revision}")).collect();
        let minutes = self.took.as_secs_f64() / 60.0;
        let destructive = match self.destructive {
            true => language.pick("장애·변경 시험 허용", "failures and changes allowed"),
            false => language.pick("장애·변경 시험 미허용", "failures and changes not allowed"),
        };
        [
            ("대상 플랫폼", "platform", self.platform.clone()),
            ("naru 버전", "naru", self.version.clone()),
            ("게이트웨이", "gateway", self.gateway.clone()),
            ("서비스(리비전)", "services (revision)", services.join(", ")),
            (
                "시험 일시",
                "when",
                language.pick(format!("{when} ({minutes:.1}분)"), format!("{when} ({minutes:.1} min)")),
            ),
            ("시험자", "by", format!("{} @ {}", self.by, self.machine)),
            (
                "허용 범위",
                "allowed",
                language.pick(
                    format!("부하 초당 {}건 이하, {destructive}", self.allowed_load),
                    format!("at most {} requests/s, {destructive}", self.allowed_load),
                ),
            ),
        ]
        .into_iter()
        .map(|(ko, en, value)| (language.pick(ko, en).to_owned(), value))
        .collect()
    }

    fn parts_table(&self) -> Table {
        let language = self.language;
        let head = language.pick(
            ["분야", "합격", "불합격", "미실시", "결과"],
            ["part", "passed", "failed", "not run", "result"],
        );
        let mut table = Table { right: vec![1, 2, 3], ..Table::new(head) };
        for part in self.parts.iter().copied().chain([Part::Restored]) {
            let Counts { passed, failed, not_run } = self.counts(Some(part));
            let (tone, verdict) = match (passed, failed) {
                (0, 0) => (Tone::Warn, Verdict::NotRun),
                (_, 0) => (Tone::Good, Verdict::Pass),
                _ => (Tone::Bad, Verdict::Fail),
            };
            let numbers = [passed, failed, not_run].map(|count| Cell::from(count.to_string()));
            let result = Cell::toned(verdict.name().of(language), tone);
            table.row([Cell::from(part.title().of(language))].into_iter().chain(numbers).chain([result]));
        }
        table
    }

    fn write_part(&self, part: Part, report: &mut Report) {
        let language = self.language;
        let ran = || self.of_part(part).filter(|case| case.verdict != Verdict::NotRun);
        if ran().next().is_none() {
            return;
        }
        report.heading(1, part.title().of(language));
        let head = language.pick(
            ["시험 항목", "요구사항", "기준", "결과", "판정"],
            ["case", "requirements", "wanted", "found", "verdict"],
        );
        let mut table = Table { widths: vec![7, 3, 8, 8, 3], ..Table::new(head) };
        for case in ran() {
            let name = format!("{}\n{}", case.title, case.id);
            let cells = [name, case.requirements.join(", "), case.wanted.clone(), case.found.clone()];
            let verdict = Cell::toned(case.verdict.name().of(language), tone(case));
            table.row(cells.into_iter().map(Cell::from).chain([verdict]));
        }
        report.table(table);
        ran().for_each(|case| write_case(case, language, report));
    }

    /// What nobody has tested is told as plainly as what was.
    fn write_not_run(&self, report: &mut Report) {
        let language = self.language;
        let not_run: Vec<&Case> = self.cases.iter().filter(|case| case.verdict == Verdict::NotRun).collect();
        if not_run.is_empty() {
            return;
        }
        report.heading(1, language.pick("미실시 항목과 사유", "What was not run, and why"));
        let head = language.pick(["시험 항목", "필요한 허용", "사유"], ["case", "needs", "why"]);
        let mut table = Table { widths: vec![8, 4, 10], ..Table::new(head) };
        for case in not_run {
            let definition = ALL.iter().find(|known| case.id.split(':').next() == Some(known.id));
            let needs = match definition.map_or(Needs::Nothing, |known| known.needs) {
                Needs::Nothing => "-",
                Needs::Load => "--allow-load",
                Needs::Destruction => "--allow-destructive",
            };
            table.row(
                [format!("{}\n{}", case.title, case.id), needs.to_owned(), case.found.clone()]
                    .map(Cell::from),
            );
        }
        report.table(table);
    }
}

fn tone(case: &Case) -> Tone {
    match case.verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::NotRun => Tone::Warn,
    }
}

fn write_case(case: &Case, language: Language, report: &mut Report) {
    let seconds = case.took.as_secs_f64();
    report.heading(
        2,
        language.pick(
            format!("{} ({}) - {}, {seconds:.1}초", case.title, case.id, case.verdict.name().of(language)),
            format!("{} ({}): {}, {seconds:.1} s", case.title, case.id, case.verdict.name().of(language)),
        ),
    );
    report.paragraph(case.done.clone());
    let told = |line: &String| match line.strip_prefix("!! ") {
        Some(wrong) => language.pick(format!("[불합격] {wrong}"), format!("[failed] {wrong}")),
        None => line.clone(),
    };
    let mut evidence: Vec<String> = case.evidence.iter().take(MOST_EVIDENCE).map(told).collect();
    if case.evidence.len() > MOST_EVIDENCE {
        let more = case.evidence.len() - MOST_EVIDENCE;
        evidence.push(language.pick(format!("외 {more}건"), format!("and {more} more")));
    }
    report.list(evidence);
    case.charts.iter().for_each(|chart| report.chart(chart.clone()));
}
