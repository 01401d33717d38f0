//! The two languages that everything here is said in: Korean for who orders a system, English for who reads along.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Ko,
    En,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no language that naru speaks; give ko or en")]
pub struct Error(String);

impl Language {
    /// Returns the one of two that is in this language.
    pub fn pick<T>(self, korean: T, english: T) -> T {
        match self {
            Language::Ko => korean,
            Language::En => english,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.pick("ko", "en"))
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(text: &str) -> Result<Language, Error> {
        match text.trim() {
            "ko" => Ok(Language::Ko),
            "en" => Ok(Language::En),
            other => Err(Error(other.to_owned())),
        }
    }
}

/// One saying in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    pub ko: &'static str,
    pub en: &'static str,
}

impl Text {
    pub const fn new(ko: &'static str, en: &'static str) -> Text {
        Text { ko, en }
    }

    pub fn of(self, language: Language) -> &'static str {
        language.pick(self.ko, self.en)
    }
}
