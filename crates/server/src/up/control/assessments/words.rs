//! What is asked of a system and what verdicts are told in, from the words of crate `assess`: a browser has none of its own.

use std::collections::BTreeMap;

use naru_api::error::Error;
use naru_api::message::{AskedFigure, AskedQuestion, MaturitySide, MaturityStep, QuestionGoal, Questions};
use naru_assess::maturity::{self, NATIVE, Side, Step};
use naru_assess::priority;
use naru_assess::questionnaire::{CLOUD_TARGET, Figure, Goal, Question, RENEWAL, SELF_CHECK, goal};
use naru_assess::suits::{Conclusion, TraitName};
use naru_assess::verdict::{ADOPT_FROM, Outcome};
use naru_model::language::{Language, Text};
use serde::Serialize;
use serde_json::Value;

pub(super) fn questions(language: Language) -> Questions {
    Questions {
        before: [CLOUD_TARGET, RENEWAL].iter().map(|question| asked(0, question, language)).collect(),
        goals: Goal::ALL.into_iter().map(|of| part(of, language)).collect(),
        figures: Figure::ALL.into_iter().map(|of| figure(of, language)).collect(),
        adopt_from: ADOPT_FROM as u32,
        outcomes: by_key(&Outcome::ALL, Outcome::word, language),
        conclusions: by_key(&Conclusion::ALL, Conclusion::word, language),
        traits: by_key(&TraitName::ALL, TraitName::name, language),
        maturity: vec![
            side(Side::Application, &maturity::APPLICATION, language),
            side(Side::Infrastructure, &maturity::INFRASTRUCTURE, language),
        ],
        priority: priority::FORMULA.of(language).to_owned(),
    }
}

/// The word that stands for a plain choice in JSON.
pub(super) fn key<T: Serialize>(choice: T) -> Result<String, Error> {
    match serde_json::to_value(choice) {
        Ok(Value::String(key)) => Ok(key),
        other => Err(Error::internal("could not name a choice", format!("{other:?} is no word"))),
    }
}

fn by_key<T: Serialize + Copy>(
    all: &[T],
    word: fn(T) -> Text,
    language: Language,
) -> BTreeMap<String, String> {
    let named = all.iter().filter_map(|one| Some((key(one).ok()?, word(*one).of(language).to_owned())));
    named.collect()
}

fn asked(number: usize, question: &Question, language: Language) -> AskedQuestion {
    AskedQuestion {
        number: number as u32,
        key: question.key.to_owned(),
        text: question.text.of(language).to_owned(),
        indicator: question.indicator.of(language).to_owned(),
    }
}

fn part(of: Goal, language: Language) -> QuestionGoal {
    let within = SELF_CHECK.iter().enumerate().filter(|(index, _)| goal(*index) == of);
    QuestionGoal {
        key: key(of).unwrap_or_default(),
        name: of.name().of(language).to_owned(),
        questions: within.map(|(index, question)| asked(index + 1, question, language)).collect(),
    }
}

fn figure(figure: Figure, language: Language) -> AskedFigure {
    let about = figure.about();
    AskedFigure {
        key: about.key.to_owned(),
        text: about.text.of(language).to_owned(),
        unit: about.unit.of(language).to_owned(),
        least: figure.least(),
        most: about.most as f64,
        whole: about.whole,
    }
}

fn side(side: Side, steps: &[Step; 3], language: Language) -> MaturitySide {
    let step = |step: &Step| MaturityStep {
        to: u32::from(step.to),
        work: step.work.of(language).to_owned(),
        naru: step.naru.of(language).to_owned(),
    };
    MaturitySide {
        side: key(side).unwrap_or_default(),
        name: side.name().of(language).to_owned(),
        levels: (0..=NATIVE).map(|level| maturity::level(side, level).of(language).to_owned()).collect(),
        steps: steps.iter().map(step).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_and_every_word_is_there_in_both_languages() {
        for language in [Language::Ko, Language::En] {
            let all = questions(language);
            let numbers: Vec<u32> =
                all.goals.iter().flat_map(|goal| goal.questions.iter().map(|q| q.number)).collect();
            assert_eq!(numbers, (1..=10).collect::<Vec<u32>>());
            assert_eq!((all.before.len(), all.figures.len(), all.adopt_from), (2, Figure::ALL.len(), 6));
            assert_eq!((all.outcomes.len(), all.conclusions.len(), all.traits.len()), (5, 4, 6));
            assert!(all.outcomes.contains_key("keep_recommended") && all.goals[0].key == "stable_operation");
            assert!(all.maturity.iter().all(|side| side.levels.len() == 4 && side.steps.len() == 3));
        }
    }
}
