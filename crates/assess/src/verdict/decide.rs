//! The flow: is it a cloud target, does it need renewal, how many of the ten say yes. Pure, and open where answers are.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::questionnaire::{COUNT, Choice};
use naru_model::language::Text;

/// So many yes or more: adopt.
pub const ADOPT_FROM: usize = 6;
/// So many yes or fewer: keeping is recommended outright.
pub const KEEP_OUTRIGHT_TO: usize = 3;

/// What the flow comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No cloud target: keep the system.
    KeepSystem,
    /// Needs no renewal: keep its architecture.
    NoRenewal,
    /// Three or fewer yes: keeping the architecture is recommended.
    KeepRecommended,
    /// Four or five yes: keep the architecture.
    Keep,
    /// Six or more yes: adopt cloud native.
    Adopt,
}

impl Outcome {
    pub const ALL: [Outcome; 5] =
        [Outcome::KeepSystem, Outcome::NoRenewal, Outcome::KeepRecommended, Outcome::Keep, Outcome::Adopt];

    /// What the self-check alone says.
    pub fn of_self_check(yes: usize) -> Outcome {
        match yes {
            0..=KEEP_OUTRIGHT_TO => Outcome::KeepRecommended,
            ADOPT_FROM.. => Outcome::Adopt,
            _ => Outcome::Keep,
        }
    }

    pub fn word(self) -> Text {
        match self {
            Outcome::KeepSystem => {
                Text::new("현행 시스템 유지 (클라우드 전환 대상 아님)", "keep the system (no cloud target)")
            }
            Outcome::NoRenewal => {
                Text::new("현행 구조 유지 (개편 불필요)", "keep its architecture (needs no renewal)")
            }
            Outcome::KeepRecommended => Text::new(
                "현행 구조 유지 권고 ('예' 3개 이하)",
                "keeping the architecture is recommended (three or fewer yes)",
            ),
            Outcome::Keep => {
                Text::new("현행 구조 유지 ('예' 4~5개)", "keep the architecture (four or five yes)")
            }
            Outcome::Adopt => {
                Text::new("클라우드 네이티브 적용 ('예' 6개 이상)", "adopt cloud native (six or more yes)")
            }
        }
    }
}

/// Everything that the answers may still come to: one outcome when they decide, more while unknown ones matter.
///
/// `yes` and `unknown`: answers of the self-check, together at most ten.
pub fn possible(cloud_target: Choice, renewal: Choice, yes: usize, unknown: usize) -> BTreeSet<Outcome> {
    let mut outcomes = BTreeSet::new();
    if cloud_target != Choice::Yes {
        outcomes.insert(Outcome::KeepSystem);
    }
    if cloud_target == Choice::No {
        return outcomes;
    }
    if renewal != Choice::Yes {
        outcomes.insert(Outcome::NoRenewal);
    }
    if renewal != Choice::No {
        let most = (yes + unknown).min(COUNT);
        outcomes.extend((yes..=most).map(Outcome::of_self_check));
    }
    outcomes
}
