//! What came of an acceptance: each case with what was done, wanted and found, and whether all of it is enough to accept.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use naru_model::language::{Language, Text};
use naru_model::report::Chart;
use serde::{Serialize, Serializer};

/// A part of the acceptance, as tenders have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Scaling,
    Change,
    Failure,
    Security,
    Performance,
    /// Whether everything is as it was before. It is looked at whatever was asked for.
    Restored,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no part of the acceptance; there are scaling, change, failure, security and performance")]
pub struct NoPart(String);

impl Part {
    /// Those that can be asked for, in the order in which they run: what harms nothing first.
    pub const ASKED: [Part; 5] =
        [Part::Security, Part::Performance, Part::Scaling, Part::Change, Part::Failure];

    pub fn as_str(self) -> &'static str {
        match self {
            Part::Scaling => "scaling",
            Part::Change => "change",
            Part::Failure => "failure",
            Part::Security => "security",
            Part::Performance => "performance",
            Part::Restored => "restored",
        }
    }

    pub fn title(self) -> Text {
        match self {
            Part::Scaling => Text::new("확장", "Scaling"),
            Part::Change => Text::new("변경(배포·복귀)", "Change"),
            Part::Failure => Text::new("장애", "Failure"),
            Part::Security => Text::new("보안", "Security"),
            Part::Performance => Text::new("성능", "Performance"),
            Part::Restored => Text::new("원상 복구", "As it was before"),
        }
    }
}

impl FromStr for Part {
    type Err = NoPart;

    fn from_str(text: &str) -> Result<Part, NoPart> {
        let named = Part::ASKED.into_iter().find(|part| part.as_str() == text.trim());
        named.ok_or_else(|| NoPart(text.to_owned()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    NotRun,
}

impl Verdict {
    pub fn name(self) -> Text {
        match self {
            Verdict::Pass => Text::new("합격", "pass"),
            Verdict::Fail => Text::new("불합격", "FAIL"),
            Verdict::NotRun => Text::new("미실시", "not run"),
        }
    }
}

/// One case, run or not.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// `failure-instance-killed`; with what it is done to where that may be several: `performance-route:/portal/**`.
    pub id: String,
    pub part: Part,
    pub title: String,
    /// Rows of docs/REQUIREMENTS.md that it proves.
    pub requirements: &'static [&'static str],
    pub verdict: Verdict,
    pub done: String,
    pub wanted: String,
    /// Why it was not run, where it was not.
    pub found: String,
    pub evidence: Vec<String>,
    #[serde(rename = "seconds", serialize_with = "in_seconds")]
    pub took: Duration,
    #[serde(skip)]
    pub charts: Vec<Chart>,
}

/// A whole acceptance.
#[derive(Debug, Clone, Serialize)]
pub struct Acceptance {
    #[serde(skip)]
    pub language: Language,
    pub platform: String,
    /// Of the naru that was accepted.
    pub version: String,
    pub gateway: String,
    /// Each service and the revision that it was on.
    pub services: Vec<(String, u32)>,
    /// Seconds since 1970.
    pub began: u64,
    #[serde(rename = "seconds", serialize_with = "in_seconds")]
    pub took: Duration,
    /// The person and the machine that ran it.
    pub by: String,
    pub machine: String,
    /// Requests a second that were allowed.
    pub allowed_load: f64,
    pub destructive: bool,
    pub parts: Vec<Part>,
    pub cases: Vec<Case>,
    /// Why it ended before its time.
    pub broken_off: Option<String>,
    pub accepted: bool,
}

fn in_seconds<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// Cases by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub not_run: usize,
}

impl Acceptance {
    pub fn of_part(&self, part: Part) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.part == part)
    }

    pub fn counts(&self, part: Option<Part>) -> Counts {
        let cases = self.cases.iter().filter(|case| part.is_none_or(|part| case.part == part));
        cases.fold(Counts::default(), |mut counts, case| {
            match case.verdict {
                Verdict::Pass => counts.passed += 1,
                Verdict::Fail => counts.failed += 1,
                Verdict::NotRun => counts.not_run += 1,
            }
            counts
        })
    }

    /// Parts that were asked for and in which nothing ran.
    pub fn empty_parts(&self) -> Vec<Part> {
        let ran = |part: &Part| self.of_part(*part).any(|case| case.verdict != Verdict::NotRun);
        self.parts.iter().copied().filter(|part| !ran(part)).collect()
    }

    /// Whether everything that ran passed, something ran in every part that was asked for, and nothing broke it off.
    pub(super) fn judge(&mut self) {
        self.accepted =
            self.counts(None).failed == 0 && self.empty_parts().is_empty() && self.broken_off.is_none();
    }

    /// 0 accepted, 1 not, 2 when nothing failed but it could not be carried out.
    pub fn exit_code(&self) -> u8 {
        match (self.accepted, self.counts(None).failed) {
            (true, _) => 0,
            (false, 0) => 2,
            (false, _) => 1,
        }
    }

    /// What it comes to, in a sentence.
    pub fn sum(&self) -> String {
        let Counts { passed, failed, not_run } = self.counts(None);
        let ko = if self.accepted { "합격" } else { "불합격" };
        let en = if self.accepted { "Accepted" } else { "Not accepted" };
        let mut text = self.language.pick(
            format!("{ko}: 합격 {passed}건, 불합격 {failed}건, 미실시 {not_run}건"),
            format!("{en}: {passed} passed, {failed} failed, {not_run} not run"),
        );
        let empty: Vec<&str> =
            self.empty_parts().into_iter().map(|part| part.title().of(self.language)).collect();
        if !empty.is_empty() {
            text.push_str(&self.language.pick(
                format!(". 실시한 시험이 없는 분야: {}", empty.join(", ")),
                format!("; nothing ran in {}", empty.join(", ")),
            ));
        }
        if let Some(why) = &self.broken_off {
            text.push_str(&self.language.pick(format!(". 중단: {why}"), format!("; broken off: {why}")));
        }
        text
    }
}

/// One line a case, for the terminal.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Pass => "ok",
            Verdict::Fail => "!!",
            Verdict::NotRun => "--",
        };
        write!(f, "{mark}  {:<34} {:>6.1}s  {}", self.id, self.took.as_secs_f64(), self.found)
    }
}
