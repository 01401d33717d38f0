//! A file whose every value is of the kind its key asks for, still with positions: what the checks across keys and the
//! building of the platform work on.

use std::str::FromStr;
use std::time::Duration;

use naru_model::policy::Period;
use naru_model::units::{Bytes, Cpu, Percent, Rate, Timestamp};

use crate::report::Pos;

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) at: Pos,
    /// Dotted.
    pub(crate) path: String,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Whole(i64),
    Duration(Duration),
    Cpu(Cpu),
    Bytes(Bytes),
    /// Also an Apdex.
    Percent(Percent),
    Rate(Rate),
    Time(Timestamp),
    Quota(u64, Period),
    Volume(Bytes, Period),
    List(Vec<Item>),
    /// Of a group of known keys or of names; in the order of the file, each once.
    Group(Vec<Entry>),
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) at: Pos,
    pub(crate) path: String,
    /// `None` when it was refused; then the report says why.
    pub(crate) item: Option<Item>,
}

/// An item that may not be there: what is asked below it is then not there either, and defaults hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section<'a>(pub(crate) Option<&'a Item>);

impl<'a> Section<'a> {
    pub(crate) fn entries(self) -> &'a [Entry] {
        match self.0.map(|item| &item.value) {
            Some(Value::Group(entries)) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(self) -> &'a [Item] {
        match self.0.map(|item| &item.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    pub(crate) fn entry(self, name: &str) -> Option<&'a Entry> {
        self.entries().iter().find(|entry| entry.name == name)
    }

    pub(crate) fn item(self, name: &str) -> Option<&'a Item> {
        self.entry(name)?.item.as_ref()
    }

    pub(crate) fn section(self, name: &str) -> Section<'a> {
        Section(self.item(name))
    }

    pub(crate) fn get<T: Take>(self, name: &str) -> Option<T> {
        T::take(&self.item(name)?.value)
    }

    /// Returns the texts of a list.
    pub(crate) fn texts(self, name: &str) -> Vec<String> {
        self.section(name).items().iter().filter_map(|item| String::take(&item.value)).collect()
    }

    /// Returns the texts of a group of names, each with its name.
    pub(crate) fn pairs(self, name: &str) -> Vec<(String, String)> {
        let pair = |entry: &Entry| Some((entry.name.clone(), String::take(&entry.item.as_ref()?.value)?));
        self.section(name).entries().iter().filter_map(pair).collect()
    }

    /// Returns the texts of a list as what they stand for.
    pub(crate) fn parsed_list<T: FromStr>(self, name: &str) -> Vec<T> {
        self.section(name).items().iter().filter_map(Item::parsed).collect()
    }

    /// Returns a text as what it stands for. Its form was checked when it was read.
    pub(crate) fn parsed<T: FromStr>(self, name: &str) -> Option<T> {
        self.item(name)?.parsed()
    }
}

impl Item {
    pub(crate) fn section(&self) -> Section<'_> {
        Section(Some(self))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn parsed<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }
}

/// What can be taken out of a value of its kind.
pub(crate) trait Take: Sized {
    fn take(value: &Value) -> Option<Self>;
}

macro_rules! take {
    ($($type:ty: $pattern:pat => $result:expr;)*) => {$(
        impl Take for $type {
            fn take(value: &Value) -> Option<Self> {
                match value {
                    $pattern => $result,
                    _ => None,
                }
            }
        }
    )*};
}

take! {
    String: Value::Text(text) => Some(text.clone());
    bool: Value::Flag(flag) => Some(*flag);
    Duration: Value::Duration(duration) => Some(*duration);
    Cpu: Value::Cpu(cpu) => Some(*cpu);
    Bytes: Value::Bytes(bytes) => Some(*bytes);
    Percent: Value::Percent(percent) => Some(*percent);
    Rate: Value::Rate(rate) => Some(*rate);
    Timestamp: Value::Time(time) => Some(*time);
    u16: Value::Whole(number) => u16::try_from(*number).ok();
    u32: Value::Whole(number) => u32::try_from(*number).ok();
    i32: Value::Whole(number) => i32::try_from(*number).ok();
    usize: Value::Whole(number) => usize::try_from(*number).ok();
}
