//! A questionnaire as fields: into one that is judged, and back.

use naru_api::error::Error;
use naru_api::message::{Choice, Sheet, SheetAnswer, SheetFunction, SheetLink};
use naru_assess::questionnaire::{self, Answer, Questionnaire, SELF_CHECK};

use naru_model::language::Language;

use super::refused;

/// Reads fields as the file is read, so that both mean the same and are refused in the same words: JSON is YAML (YAML 1.2.2, §1.3).
pub(super) fn read(sheet: &Sheet, language: Language) -> Result<Questionnaire, Error> {
    let text = serde_json::to_string_pretty(sheet)
        .map_err(|error| Error::internal("could not read the questionnaire", error))?;
    // A field has no line of its own; each mistake begins with its key.
    let by_key = |error: &questionnaire::Error| error.what.of(language).to_owned();
    Questionnaire::read(&text).map_err(|wrong| refused(wrong.iter().map(by_key), language))
}

pub(super) fn of(q: &Questionnaire) -> Sheet {
    let function = |f: &questionnaire::Function| SheetFunction {
        name: f.name.as_str().to_owned(),
        title: f.title.clone(),
        path: f.path.clone(),
        owner: f.owner.clone(),
    };
    let link =
        |link: &questionnaire::Link| SheetLink { name: link.name.as_str().to_owned(), url: link.url.clone() };
    let self_check = SELF_CHECK.iter().zip(&q.self_check);
    Sheet {
        language: q.language,
        system: q.system.clone(),
        name: q.name.as_str().to_owned(),
        public_service: choice(q.public_service),
        cloud_target: answer(&q.cloud_target),
        renewal: answer(&q.renewal),
        self_check: self_check.map(|(question, given)| (question.key.to_owned(), answer(given))).collect(),
        figures: q.figures.iter().map(|(figure, value)| (figure.about().key.to_owned(), *value)).collect(),
        functions: q.functions.iter().map(function).collect(),
        links: q.links.iter().map(link).collect(),
    }
}

fn answer(given: &Answer) -> SheetAnswer {
    SheetAnswer { answer: choice(given.choice), evidence: given.evidence.clone() }
}

fn choice(given: questionnaire::Choice) -> Choice {
    match given {
        questionnaire::Choice::Yes => Choice::Yes,
        questionnaire::Choice::No => Choice::No,
        questionnaire::Choice::Unknown => Choice::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../../../../examples/assess/home-shopping.yaml");

    #[test]
    fn fields_and_file_are_the_same_questionnaire() {
        let mut q = Questionnaire::read(FILE).unwrap();
        q.renewal.evidence = "줄\n바꿈, \"따옴표\" \\ \u{1F600} \u{7f} : - # { }".to_owned();
        assert_eq!(read(&of(&q), Language::Ko).unwrap(), q);
        assert_eq!(Questionnaire::read(&q.write()).unwrap(), q);
    }

    #[test]
    fn what_is_wrong_with_fields_is_told_by_key() {
        let mut sheet = of(&Questionnaire::read(FILE).unwrap());
        sheet.name = "Home Shopping".to_owned();
        assert!(read(&sheet, Language::En).unwrap_err().to_string().starts_with("name: "));
        sheet.name = "home-shopping".to_owned();
        sheet.figures.insert("size".to_owned(), 9.0);
        sheet.figures.insert("weight".to_owned(), 1.0);
        sheet.links.push(SheetLink { name: "mail".to_owned(), url: "mailto:a".to_owned() });
        let said = read(&sheet, Language::En).unwrap_err().to_string();
        for wrong in ["figures.size: \"9.0\" is not a whole number", "figures.weight: ", "links[2].url: "] {
            assert!(said.contains(wrong), "{wrong}: {said}");
        }
        let said = read(&sheet, Language::Ko).unwrap_err().to_string();
        for wrong in [
            "사이의 정수가 아님",
            "figures.weight: 없는 수치",
            "links[2].url: \"mailto:a\" 은(는) 주소가 아님",
        ] {
            assert!(said.contains(wrong), "{wrong}: {said}");
        }
    }
}
