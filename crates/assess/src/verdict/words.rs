//! The verdict as a report that a person reads and hands on.

use super::change::outcomes;
use super::{Judged, Outcome, Source, Verdict};
use crate::questionnaire::{CLOUD_TARGET, Choice, RENEWAL};
use naru_model::language::Language;
use naru_model::report::{Cell, Report, Table, Tone};

impl Verdict {
    /// `logs`: the file of findings that it also rests on.
    pub fn report(&self, language: Language, logs: Option<&str>) -> Report {
        let mut report = Report::new(
            language,
            language.pick("클라우드 네이티브 전환 검토 결과", "Is it worth becoming cloud native?"),
        );
        let rests = |what: &str| logs.map_or(what.to_owned(), |logs| format!("{what}, {logs}"));
        report.about = vec![
            (language.pick("시스템", "system").to_owned(), format!("{} ({})", self.system, self.name)),
            (
                language.pick("근거 자료", "rests on").to_owned(),
                rests(language.pick("질문지", "the questionnaire")),
            ),
        ];
        self.result(&mut report);
        self.flow(&mut report);
        self.goals(&mut report);
        self.answers(&mut report);
        self.contradictions(&mut report);
        report.heading(1, language.pick("결과를 바꿀 수 있는 것", "What would change it"));
        report.list(self.changes.clone());
        self.suits.describe(&mut report);
        self.priority.describe(&mut report);
        self.maturity.describe(&mut report);
        report
    }

    fn result(&self, report: &mut Report) {
        let language = report.language;
        let counts = language.pick(
            format!("예 {} · 아니오 {} · 모름 {}", self.yes, self.no, self.unknown),
            format!("{} yes, {} no, {} unknown", self.yes, self.no, self.unknown),
        );
        match self.outcome {
            Some(outcome) => {
                let tone = if outcome == Outcome::Adopt { Tone::Good } else { Tone::Plain };
                report.result(tone, format!("{} ({counts})", outcome.word().of(language)));
            }
            None => {
                let open = outcomes(&self.possible, language);
                report.result(
                    Tone::Warn,
                    language.pick(
                        format!("아직 정할 수 없음 ({counts}). 가능한 결과: {open}"),
                        format!("can't be told yet ({counts}). It is one of: {open}"),
                    ),
                );
            }
        }
    }

    fn flow(&self, report: &mut Report) {
        let language = report.language;
        report.heading(1, language.pick("판단 흐름", "The flow"));
        let head = language.pick(["단계", "답", "근거"], ["step", "answer", "evidence"]);
        let mut table = Table { widths: vec![5, 2, 4], ..Table::new(head) };
        for (question, asked) in [(CLOUD_TARGET, &self.cloud_target), (RENEWAL, &self.renewal)] {
            let step = Cell::from(question.text.of(language));
            table.row([step, choice(asked.answer, language), evidence(&asked.evidence, language)]);
        }
        let reached = self.cloud_target.answer != Choice::No && self.renewal.answer != Choice::No;
        let check = language
            .pick("자가진단 10문항 ('예' 6개 이상이면 적용)", "self-check of ten (six or more yes: adopt)");
        let count = language.pick(format!("예 {}개", self.yes), format!("{} yes", self.yes));
        let note = if reached {
            ""
        } else {
            language.pick("앞 단계에서 끝나 참고로만 표시", "ended before; for information only")
        };
        table.row([Cell::from(check), Cell::from(count), Cell::from(note)]);
        report.table(table);
    }

    fn goals(&self, report: &mut Report) {
        let language = report.language;
        report.heading(1, language.pick("목표별 결과", "Goal by goal"));
        let head = language.pick(["목표", "예", "아니오", "모름"], ["goal", "yes", "no", "unknown"]);
        let mut table = Table { right: vec![1, 2, 3], widths: vec![5, 1, 1, 1], ..Table::new(head) };
        for count in &self.goals {
            let numbers = [count.yes, count.no, count.unknown].map(|n| Cell::from(n.to_string()));
            table.row([Cell::from(count.goal.name().of(language))].into_iter().chain(numbers));
        }
        report.table(table);
    }

    fn answers(&self, report: &mut Report) {
        let language = report.language;
        report.heading(1, language.pick("자가진단 답과 근거", "Answers and their evidence"));
        let head = language.pick(["번호", "질문", "답", "근거"], ["no.", "question", "answer", "evidence"]);
        let mut table = Table { right: vec![0], widths: vec![2, 9, 3, 9], ..Table::new(head) };
        for answer in &self.answers {
            let mut shown = vec![answer.evidence.clone()];
            shown.retain(|text| !text.is_empty());
            shown.extend(
                answer
                    .proofs
                    .iter()
                    .map(|proof| format!("[{}] {}", source(proof.source, language), proof.text)),
            );
            table.row([
                Cell::from(answer.number.to_string()),
                Cell::from(answer.question.as_str()),
                counted(answer, language),
                evidence(&shown.join("\n"), language),
            ]);
        }
        report.table(table);
    }

    fn contradictions(&self, report: &mut Report) {
        let language = report.language;
        let against: Vec<&Judged> = self.answers.iter().filter(|a| a.contradicted).collect();
        if against.is_empty() {
            return;
        }
        report.heading(
            1,
            language.pick(
                "답과 수치·로그가 어긋난 항목",
                "Where answers and figures or log contradict each other",
            ),
        );
        let item = |a: &&Judged| {
            let proofs = a.proofs.iter().filter(|p| p.proves != Choice::Unknown && p.proves != a.given);
            let said: Vec<&str> = proofs.map(|p| p.text.as_str()).collect();
            let (number, given, said) = (a.number, a.given.word(language), said.join("; "));
            language.pick(
                format!("{number}번: 적은 답은 '{given}'이나 {said}. 결과에는 적은 답을 반영함"),
                format!("question {number}: the answer is {given}, but {said}. The answer given is the one that counts"),
            )
        };
        report.list(against.iter().map(item).collect());
    }
}

fn source(source: Source, language: Language) -> &'static str {
    match source {
        Source::Figures => language.pick("수치", "figures"),
        Source::Log => language.pick("로그", "log"),
    }
}

fn choice(choice: Choice, language: Language) -> Cell {
    let tone = if choice == Choice::Unknown { Tone::Warn } else { Tone::Plain };
    Cell::toned(choice.word(language), tone)
}

fn counted(answer: &Judged, language: Language) -> Cell {
    let word = answer.counted.word(language);
    match answer.filled_by {
        Some(by) => {
            let by = source(by, language);
            Cell::toned(
                language.pick(format!("{word}\n({by}로 채움)"), format!("{word}\n(by {by})")),
                Tone::Good,
            )
        }
        None if answer.contradicted => Cell::toned(
            language.pick(format!("{word}\n(어긋남)"), format!("{word}\n(contradicted)")),
            Tone::Bad,
        ),
        None => choice(answer.counted, language),
    }
}

fn evidence(text: &str, language: Language) -> Cell {
    if text.is_empty() {
        Cell::toned(language.pick("근거 없음", "none given"), Tone::Warn)
    } else {
        Cell::from(text)
    }
}
