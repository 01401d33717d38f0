//! Why something in a questionnaire or a table of systems can't be, in both languages: what reads it does not know yet who is told.

use std::fmt;

use naru_model::language::{self, Language};
use naru_model::name;

use super::NoChoice;

/// What is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub ko: String,
    pub en: String,
}

impl Refusal {
    pub fn new(ko: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { ko: ko.into(), en: en.into() }
    }

    pub fn of(&self, language: Language) -> &str {
        language.pick(&self.ko, &self.en)
    }

    /// The same of what stands under this key.
    pub(crate) fn under(self, key: &str) -> Refusal {
        Refusal { ko: format!("{key}: {}", self.ko), en: format!("{key}: {}", self.en) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.en)
    }
}

impl From<name::Error> for Refusal {
    fn from(error: name::Error) -> Refusal {
        let ko = match &error {
            name::Error::Empty => "이름이 비어 있음".to_owned(),
            name::Error::TooLong(name) => format!("{name:?} 은(는) {}자를 넘음", name::MAX_LEN),
            name::Error::BadCharacter(name) => {
                format!("{name:?} 은(는) 쓸 수 없음. 영문 소문자로 시작하고 a-z, 0-9, 사이의 - 하나만 사용")
            }
        };
        Refusal::new(ko, error.to_string())
    }
}

impl From<NoChoice> for Refusal {
    fn from(error: NoChoice) -> Refusal {
        let ko = format!("{:?} 은(는) 답이 아님. 예, 아니오, 모름 중 하나를 기입(yes, no, unknown)", error.0);
        Refusal::new(ko, error.to_string())
    }
}

impl From<language::Error> for Refusal {
    fn from(error: language::Error) -> Refusal {
        Refusal::new("지원하지 않는 언어. ko 또는 en 을 기입", error.to_string())
    }
}
