//! The short text that a report is sent with: the result first.

use naru_model::language::Language;
use naru_model::series::Subject;
use naru_model::service_level::{Outcome, SubjectSummary, Summary};

use crate::report::{key_figures, missed, notes};
use crate::words::{Words, count};

/// Missed goals that are told one by one.
const MOST: usize = 10;

/// The words of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub text: String,
}

/// Writes the message of a report of everything, or of one function or service. `console`: where people open the console.
pub fn message(
    summary: &Summary,
    language: Language,
    focus: Option<&Subject>,
    console: Option<&str>,
) -> Message {
    let words = Words::of(summary, language);
    let of = summary.of(focus.unwrap_or(&Subject::All));
    let judged: Vec<&SubjectSummary> = match focus {
        Some(_) => of.into_iter().collect(),
        None => {
            let others = summary.subjects.iter().filter(|one| !matches!(one.subject, Subject::Service(_)));
            others.collect()
        }
    };
    let missed = missed(&judged, &words);
    let result = if focus.is_some() { of.map_or(Outcome::NoData, |of| of.result) } else { summary.result };
    let verdict = verdict(result, missed.len(), &words);
    let ko = language == Language::Ko;
    let about = of.filter(|_| focus.is_some()).map(|of| format!(" {}", words.title(of))).unwrap_or_default();
    let (kind, period) = (words.kind(summary.kind), words.period(summary));
    let subject = match ko {
        true => format!("[naru {}] {kind} 서비스 수준 보고서{about} {period}: {verdict}", summary.platform),
        false => {
            format!("[naru {}] {kind} service level report{about} {period}: {verdict}", summary.platform)
        }
    };
    let mut text = format!("{verdict}\n");
    missed.iter().take(MOST).for_each(|one| text += &format!("- {one}\n"));
    if let Some(of) = of {
        text += &format!("\n{}\n", key_figures(of, &words));
        text += &format!("{}\n", incidents(of, summary, &words));
    }
    for note in notes(summary, &words) {
        text += &format!("{note}\n");
    }
    let command = format!("naru report {} --date {}", summary.kind, summary.date);
    text += &match ko {
        true => format!("\n같은 보고서 보기: {command}\n"),
        false => format!("\nThe same report: {command}\n"),
    };
    if let Some(console) = console {
        text += &format!("{}/#/reports/{}/{}\n", console.trim_end_matches('/'), summary.kind, summary.date);
    }
    Message { subject, text }
}

fn verdict(result: Outcome, missed: usize, words: &Words) -> String {
    match result {
        Outcome::Missed => match words.language {
            Language::Ko => format!("목표 미달 {missed}건"),
            Language::En if missed == 1 => "1 goal missed".to_owned(),
            Language::En => format!("{missed} goals missed"),
        },
        Outcome::Met => words.pick("목표 모두 달성", "all goals met").to_owned(),
        Outcome::NoGoal => words.pick("정한 목표 없음", "no goals are set").to_owned(),
        Outcome::NoData => words.pick("판정할 자료 없음", "nothing to judge by").to_owned(),
    }
}

fn incidents(of: &SubjectSummary, summary: &Summary, words: &Words) -> String {
    let (outages, minutes) = (count(of.now.outages.into()), count(of.now.down_minutes.into()));
    let changes = count(summary.changes.len() as u64);
    match words.language {
        Language::Ko => format!("장애 {outages}건, 장애 시간 {minutes}분, 배포와 변경 {changes}건"),
        Language::En => {
            format!("{outages} outages, {minutes} down minutes, {changes} deployments and changes")
        }
    }
}
