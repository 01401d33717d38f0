//! Which work suits cloud native: what changes often and what surges does, what rarely changes and hangs on many links does not;
//! its boundaries must be clear, its complexity high, its scaling at the limit.

use serde::{Deserialize, Serialize};

use crate::log::findings::Findings;
use crate::questionnaire::{Choice, Figure, Questionnaire, number};
use crate::verdict::{Judged, often};
use naru_model::language::{Language, Text};
use naru_model::report::{Cell, Report, Table};

/// How many times the usual load is a surge. Source: the smallest surge of the systems in docs/guides/assess.md.
pub const SURGE: f64 = 2.0;
/// How many linked systems are many.
pub const MANY_LINKS: f64 = 10.0;
/// Grade from which size or complexity is high, of 5.
const HIGH: f64 = 4.0;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suits {
    pub conclusion: Conclusion,
    pub traits: Vec<Trait>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Changes often or surges.
    Suits,
    /// Neither changes often nor surges: little to gain.
    LittleToGain,
    /// Rarely changes and hangs on many links.
    DoesNotSuit,
    Unknown,
}

/// One thing that makes work suit or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trait {
    pub what: TraitName,
    pub holds: Choice,
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraitName {
    ChangesOften,
    Surges,
    ManyLinks,
    ClearBoundaries,
    HighComplexity,
    ScalingAtLimit,
}

impl TraitName {
    pub const ALL: [TraitName; 6] = [
        TraitName::ChangesOften,
        TraitName::Surges,
        TraitName::ManyLinks,
        TraitName::ClearBoundaries,
        TraitName::HighComplexity,
        TraitName::ScalingAtLimit,
    ];

    pub fn name(self) -> Text {
        match self {
            TraitName::ChangesOften => Text::new("자주 바뀌는 업무", "changes often"),
            TraitName::Surges => Text::new("이용이 몰리는 업무", "surges"),
            TraitName::ManyLinks => Text::new("연계가 많은 업무 (10개 이상)", "has many links (10 or more)"),
            TraitName::ClearBoundaries => Text::new("경계가 분명한 업무", "has clear boundaries"),
            TraitName::HighComplexity => Text::new("복잡도가 높은 업무", "is complex"),
            TraitName::ScalingAtLimit => Text::new("확장이 한계에 이른 업무", "scales no further"),
        }
    }
}

/// `answers`: the self-check as counted.
pub fn judge(q: &Questionnaire, log: Option<&Findings>, answers: &[Judged]) -> Suits {
    let by_question = |numbers: &[usize]| by_answers(q.language, answers, numbers);
    let of = |what, (holds, why): (Choice, String)| Trait { what, holds, why };
    let changes = changes(q, log).unwrap_or_else(|| by_question(&[4]));
    let surges = surges(q, log).unwrap_or_else(|| by_question(&[3]));
    let links = links(q);
    let complex = grade(q, Figure::Complexity).unwrap_or_else(|| by_question(&[8]));
    let limit = scaling(q).unwrap_or_else(|| by_question(&[2, 3]));
    let conclusion = match (changes.0, surges.0, links.0) {
        (Choice::Yes, _, _) | (_, Choice::Yes, _) => Conclusion::Suits,
        (Choice::No, Choice::No, Choice::Yes) => Conclusion::DoesNotSuit,
        (Choice::No, Choice::No, _) => Conclusion::LittleToGain,
        _ => Conclusion::Unknown,
    };
    let traits = vec![
        of(TraitName::ChangesOften, changes),
        of(TraitName::Surges, surges),
        of(TraitName::ManyLinks, links),
        of(TraitName::ClearBoundaries, by_question(&[6])),
        of(TraitName::HighComplexity, complex),
        of(TraitName::ScalingAtLimit, limit),
    ];
    Suits { conclusion, traits }
}

fn changes(q: &Questionnaire, log: Option<&Findings>) -> Option<(Choice, String)> {
    let history = log.and_then(|log| log.history.as_ref()).filter(|history| history.changes > 0);
    let figures = [
        q.figure(Figure::ChangesAMonth),
        q.figure(Figure::DeploymentsAMonth),
        history.map(|h| h.changes_per_month),
    ];
    let most = figures
        .into_iter()
        .flatten()
        .fold(None, |most: Option<f64>, n| Some(most.map_or(n, |m| m.max(n))))?;
    let holds = Some(often(most)).filter(|holds| *holds != Choice::Unknown)?;
    let n = number(most);
    Some((
        holds,
        q.language.pick(format!("월 {n}건의 변경 또는 배포"), format!("{n} changes or deployments a month")),
    ))
}

fn surges(q: &Questionnaire, log: Option<&Findings>) -> Option<(Choice, String)> {
    let (times, source) = match log.map(|log| log.peaks.surge_ratio).filter(|ratio| *ratio > 0.0) {
        Some(ratio) => (ratio, q.language.pick("로그", "log")),
        None => (q.figure(Figure::SurgeTimes)?, q.language.pick("수치", "figures")),
    };
    let n = number((times * 10.0).round() / 10.0);
    let why = q.language.pick(
        format!("평소의 {n}배 ({source}; 2배 이상이면 몰림)"),
        format!("{n} times the usual load ({source}; twice is a surge)"),
    );
    Some((Choice::of(times >= SURGE), why))
}

fn links(q: &Questionnaire) -> (Choice, String) {
    let counted = (!q.links.is_empty()).then_some(q.links.len() as f64);
    match q.figure(Figure::LinkedSystems).or(counted) {
        Some(links) => {
            let n = number(links);
            (Choice::of(links >= MANY_LINKS), q.language.pick(format!("연계 {n}개"), format!("{n} links")))
        }
        None => (Choice::Unknown, q.language.pick("연계 수를 모름", "how many is not known").to_owned()),
    }
}

fn grade(q: &Questionnaire, figure: Figure) -> Option<(Choice, String)> {
    let grade = q.figure(figure)?;
    let n = number(grade);
    Some((
        Choice::of(grade >= HIGH),
        q.language.pick(format!("복잡도 {n} (5점 만점)"), format!("complexity {n} of 5")),
    ))
}

fn scaling(q: &Questionnaire) -> Option<(Choice, String)> {
    let grade = q.figure(Figure::Scalability)?;
    let n = number(grade);
    Some((
        Choice::of(grade <= 2.0),
        q.language.pick(format!("확장성 {n} (5점 만점)"), format!("scalability {n} of 5")),
    ))
}

/// Yes when one of the questions says so, no when all say no.
fn by_answers(language: Language, answers: &[Judged], numbers: &[usize]) -> (Choice, String) {
    let counted = |n: &usize| answers.get(n - 1).map_or(Choice::Unknown, |a| a.counted);
    let all: Vec<Choice> = numbers.iter().map(counted).collect();
    let holds = if all.contains(&Choice::Yes) {
        Choice::Yes
    } else if all.contains(&Choice::Unknown) {
        Choice::Unknown
    } else {
        Choice::No
    };
    let which = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    (holds, language.pick(format!("자가진단 {which}번 답"), format!("answer {which} of the self-check")))
}

impl Suits {
    pub fn describe(&self, report: &mut Report) {
        let language = report.language;
        report.heading(1, language.pick("업무 적합성", "Does this work suit?"));
        report.paragraph(self.conclusion.word().of(language));
        let head = language.pick(["특성", "해당", "근거"], ["trait", "holds", "why"]);
        let mut table = Table { widths: vec![4, 2, 6], ..Table::new(head) };
        for one in &self.traits {
            table.row([one.what.name().of(language), one.holds.word(language), &one.why].map(Cell::from));
        }
        report.table(table);
    }
}

impl Conclusion {
    pub const ALL: [Conclusion; 4] =
        [Conclusion::Suits, Conclusion::LittleToGain, Conclusion::DoesNotSuit, Conclusion::Unknown];

    pub fn word(self) -> Text {
        match self {
            Conclusion::Suits => Text::new(
                "적합: 자주 바뀌거나 이용이 몰리는 업무로, 나누어 배포하고 자동으로 확장하는 효과가 큼",
                "suits: it changes often or surges, so that separate deployment and scaling bring much",
            ),
            Conclusion::LittleToGain => Text::new(
                "효과 작음: 자주 바뀌지도 몰리지도 않아 얻는 것이 적음",
                "little to gain: it neither changes often nor surges",
            ),
            Conclusion::DoesNotSuit => Text::new(
                "부적합: 거의 바뀌지 않고 연계가 많아 옮기는 부담이 효과보다 큼",
                "does not suit: it rarely changes and hangs on many links, so that moving costs more than it brings",
            ),
            Conclusion::Unknown => Text::new(
                "판단 보류: 변경 빈도나 이용이 몰리는 정도를 알아야 함",
                "can't be told: how often it changes or how much it surges is not known",
            ),
        }
    }
}
