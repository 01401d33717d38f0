//! What a description of keys is made of. The descriptions themselves stand in [`crate::keys`].

use std::time::Duration;

use naru_model::units::{Bytes, Cpu, Percent, Rate, format_duration};
use serde::Serialize;
use serde_json::Value;

use crate::report::Refusal;

/// One key: its name, what it takes, what holds without it, what it means and what a change of it causes.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) default: Default,
    /// One or two sentences.
    pub(crate) doc: &'static str,
    /// `None`: as the key it belongs to.
    pub(crate) effect: Option<Effect>,
    /// Its values are never shown: some are passwords.
    pub(crate) secret: bool,
}

pub(crate) enum Default {
    Required,
    /// As it would be written in the file.
    Value(Value),
    /// In words, where no fixed value is the default.
    Words(&'static str),
}

pub(crate) enum Kind {
    Text(Text),
    Flag,
    Whole {
        least: i64,
        most: i64,
    },
    Duration {
        least: Duration,
    },
    Cpu,
    Bytes {
        least: Bytes,
    },
    Percent {
        least: Percent,
    },
    Rate {
        least: Rate,
    },
    /// Over 0 and below 1, in thousandths.
    Apdex,
    /// A point in time: a date, or a date and a time with or without their offset from UTC.
    Time,
    /// Calls in a day or month.
    Quota,
    /// Bytes in a day or month.
    Volume,
    /// Bytes a second.
    Bandwidth,
    Choice(&'static [&'static str]),
    /// What a header or parameter must be: a text for exactly this, `true` for anything.
    Condition,
    /// A group of known keys.
    Keys(Vec<Key>),
    /// A group whose keys are names that the owner chooses.
    Names {
        name: Text,
        least: usize,
        of: Box<Kind>,
    },
    List {
        least: usize,
        of: Box<Kind>,
    },
    /// One, or a list of them; read as a list.
    OneOrMore {
        least: usize,
        of: Box<Kind>,
    },
    /// The first when it is a scalar, else the second.
    Either(Box<Kind>, Box<Kind>),
}

/// A text with rules of its own.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    /// With its article: `a host`.
    pub(crate) noun: &'static str,
    pub(crate) example: &'static str,
    pub(crate) check: fn(&str) -> Result<(), Refusal>,
    /// ECMA-262, for the schema, as far as it can say it.
    pub(crate) pattern: Option<&'static str>,
}

/// What a changed key brings about when the file is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The service is new: its instances start.
    Starts,
    /// The service is gone: its instances are drained and stopped.
    Stops,
    /// The service gets a new revision, rolled out one instance after the other.
    NewRevision,
    /// Instances are added or drained and removed.
    Scaling,
    /// The gateway gets a new table. No connection is dropped, no instance touched.
    Routing,
    /// A new gateway takes over, with the new listeners or threads; requests under way end in the old one.
    Listeners,
    /// Nothing that runs changes; it holds from the next decision on.
    Nothing,
}

impl Effect {
    /// Returns it as a clause, for messages and documents.
    pub fn words(self) -> &'static str {
        match self {
            Effect::Starts => "its instances start",
            Effect::Stops => "its instances are drained and stopped",
            Effect::NewRevision => "a new revision is rolled out",
            Effect::Scaling => "instances are added or removed",
            Effect::Routing => "routing only",
            Effect::Listeners => "the gateway is replaced, without dropping a connection",
            Effect::Nothing => "nothing that runs changes",
        }
    }
}

impl Key {
    pub(crate) fn new(name: &'static str, kind: Kind, default: impl Into<Default>, doc: &'static str) -> Key {
        Key { name, kind, default: default.into(), doc, effect: None, secret: false }
    }

    pub(crate) fn causes(mut self, effect: Effect) -> Key {
        self.effect = Some(effect);
        self
    }

    pub(crate) fn secret(mut self) -> Key {
        self.secret = true;
        self
    }

    pub(crate) fn is_required(&self) -> bool {
        matches!(self.default, Default::Required)
    }
}

impl Kind {
    /// The keys below, when there are known ones: those of a group, a named group's or list's element.
    pub(crate) fn keys(&self) -> &[Key] {
        match self {
            Kind::Keys(keys) => keys,
            Kind::Names { of, .. }
            | Kind::List { of, .. }
            | Kind::OneOrMore { of, .. }
            | Kind::Either(_, of) => of.keys(),
            _ => &[],
        }
    }

    /// Says what it takes, with an article and an example, for messages and documents.
    pub(crate) fn words(&self) -> String {
        match self {
            Kind::Text(text) => format!("{} (`{}`)", text.noun, text.example),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Whole { least, most } if *most >= i64::from(u32::MAX) => {
                format!("a whole number from {least}")
            }
            Kind::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Kind::Duration { .. } => "a duration (`2s`, `500ms`, `1m30s`)".to_owned(),
            Kind::Cpu => "an amount of processor (`2`, `0.5`, `500m`)".to_owned(),
            Kind::Bytes { .. } => "an amount of bytes (`512Mi`, `8Ki`)".to_owned(),
            Kind::Percent { least } if least.thousandths > 0 => format!("a percentage from {least} (`25%`)"),
            Kind::Percent { .. } => "a percentage (`25%`)".to_owned(),
            Kind::Rate { .. } => "a rate (`100/s`, `30/m`)".to_owned(),
            Kind::Apdex => "a number over 0 and below 1 (`0.94`)".to_owned(),
            Kind::Time => "a date or a time (`2026-12-31`, `2026-12-31T18:00:00+09:00`)".to_owned(),
            Kind::Quota => "calls in a day or month (`10000/day`, `100000/month`)".to_owned(),
            Kind::Volume => "bytes in a day or month (`1Gi/day`, `20Gi/month`)".to_owned(),
            Kind::Bandwidth => "bytes a second (`1Mi/s`)".to_owned(),
            Kind::Choice(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
            }
            Kind::Condition => "a text, or `true` for any value".to_owned(),
            Kind::Keys(_) => "a group of keys".to_owned(),
            Kind::Names { name, .. } => format!("a group whose keys are each {}", name.noun),
            Kind::List { of, .. } => match **of {
                Kind::Keys(_) => "a list of groups of keys".to_owned(),
                _ => format!("a list, each item {}", of.words()),
            },
            Kind::OneOrMore { of, .. } => format!("{}, or a list of such", of.words()),
            Kind::Either(one, other) => format!("{}, or {}", one.words(), other.words()),
        }
    }
}

impl From<&'static str> for Default {
    fn from(words: &'static str) -> Default {
        Default::Words(words)
    }
}

impl From<Duration> for Default {
    fn from(duration: Duration) -> Default {
        Default::Value(format_duration(duration).into())
    }
}

impl From<Bytes> for Default {
    fn from(bytes: Bytes) -> Default {
        Default::Value(bytes.to_string().into())
    }
}

impl From<Cpu> for Default {
    fn from(cpu: Cpu) -> Default {
        Default::Value(cpu.to_string().into())
    }
}

impl From<Percent> for Default {
    fn from(percent: Percent) -> Default {
        Default::Value(percent.to_string().into())
    }
}

impl From<Value> for Default {
    fn from(value: Value) -> Default {
        Default::Value(value)
    }
}
