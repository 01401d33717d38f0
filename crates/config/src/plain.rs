//! Other files that people write in YAML, read into a type of serde's, with the place of what is wrong: the same parser and the
//! same messages as naru.yaml has.

use std::fmt;
use std::path::Path;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::report::{Pos, Problems, Refusal, Report};
use crate::tree::{self, Data, Node, Pair};
use crate::{MAX_FILE, decode, unreadable};

/// Reads a file into what it is to be. An empty file is one without keys.
///
/// # Errors
/// It can't be read, is no YAML, or holds what the type does not; with its place.
pub fn read_plain<T: DeserializeOwned>(path: &Path) -> Result<T, Report> {
    let name = path.display().to_string();
    let cant_read = |error: &std::io::Error| {
        Report::whole_file(&name, unreadable(error), "give the path of a readable file")
    };
    let size = path.metadata().map_err(|error| cant_read(&error))?.len();
    if size > MAX_FILE {
        return Err(Report::whole_file(&name, format!("the file has {size} bytes"), "keep it below 1 MiB"));
    }
    let text = decode(&name, std::fs::read(path).map_err(|error| cant_read(&error))?)?;
    parse_plain(&name, text.strip_prefix('\u{feff}').unwrap_or(&text))
}

fn parse_plain<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Report> {
    let mut problems = Problems::default();
    let begin = Pos { line: 1, column: 1 };
    let nothing = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let node = if nothing {
        Some(Node { at: begin, data: Data::Map(Vec::new()) })
    } else {
        tree::parse(text, &mut problems)
    };
    let Some(node) = node else { return Err(problems.into_report(name, text)) };
    T::deserialize(Value(&node)).map_err(|fault| {
        problems.add(fault.at.unwrap_or(node.at), &fault.key, Refusal::bare(fault.what));
        problems.into_report(name, text)
    })
}

/// What does not fit, and where.
#[derive(Debug)]
struct Fault {
    at: Option<Pos>,
    /// Dotted.
    key: String,
    what: String,
}

impl Fault {
    /// What is wrong with something within this key is wrong there, unless it says better.
    fn within(mut self, key: &str, at: Pos) -> Fault {
        self.at.get_or_insert(at);
        let dot = if self.key.is_empty() || self.key.starts_with('[') { "" } else { "." };
        self.key = format!("{key}{dot}{}", self.key);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Fault {
        Fault { at: None, key: String::new(), what: what.to_string() }
    }
}

struct Value<'n>(&'n Node);

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.data {
            _ if self.0.is_null() => visitor.visit_unit(),
            Data::Scalar { text, plain: true } => scalar(text, visitor),
            Data::Scalar { text, plain: false } => visitor.visit_str(text),
            Data::List(items) => visitor.visit_seq(Items { left: items.iter(), number: 0 }),
            Data::Map(pairs) => {
                if let Some(pair) = twice(pairs) {
                    let what = "is given twice; keep one of them".to_owned();
                    return Err(Fault { at: Some(pair.at), key: pair.key.clone(), what });
                }
                visitor.visit_map(Pairs { left: pairs.iter(), value: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    /// A text is one however it looks: a path may be `1`.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.data {
            Data::Scalar { text, .. } if !self.0.is_null() => visitor.visit_str(text),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

fn scalar<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Fault> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match text {
        "true" => visitor.visit_bool(true),
        "false" => visitor.visit_bool(false),
        _ if is_number => match (text.parse::<u64>(), text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), ..) => visitor.visit_u64(number),
            (_, Ok(number), _) => visitor.visit_i64(number),
            (_, _, Ok(number)) => visitor.visit_f64(number),
            _ => visitor.visit_str(text),
        },
        _ => visitor.visit_str(text),
    }
}

fn twice(pairs: &[Pair]) -> Option<&Pair> {
    let known = |index: usize, key: &str| pairs[..index].iter().any(|other| other.key == key);
    pairs.iter().enumerate().find(|(index, pair)| known(*index, &pair.key)).map(|(_, pair)| pair)
}

struct Items<'n> {
    left: std::slice::Iter<'n, Node>,
    number: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.left.next() else { return Ok(None) };
        let key = format!("[{}]", self.number);
        self.number += 1;
        seed.deserialize(Value(node)).map(Some).map_err(|fault| fault.within(&key, node.at))
    }
}

struct Pairs<'n> {
    left: std::slice::Iter<'n, Pair>,
    value: Option<&'n Pair>,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.left.next();
        let Some(pair) = self.value else { return Ok(None) };
        let key: serde::de::value::StrDeserializer<'_, Fault> = pair.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.within(&pair.key, pair.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let pair = self.value.take().ok_or_else(|| serde::de::Error::custom("a value without a key"))?;
        seed.deserialize(Value(&pair.value)).map_err(|fault| fault.within(&pair.key, pair.value.at))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Kept {
        name: String,
        #[serde(default)]
        rate: f64,
        #[serde(default)]
        most: Option<u32>,
        #[serde(default)]
        inner: Vec<Inner>,
        #[serde(default)]
        words: BTreeMap<String, String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        on: bool,
        pair: (u16, u16),
    }

    fn problem(text: &str) -> (usize, String, String) {
        let report = parse_plain::<Kept>("plan.yaml", text).unwrap_err();
        let problem = report.problems[0].clone();
        (problem.line, problem.key, problem.what)
    }

    #[test]
    fn a_text_becomes_what_it_is_to_be() {
        let text = "name: 10\nrate: 2\nmost: ~\ninner:\n  - { on: true, pair: [200, 399] }\nwords: { a: \"1\", b: yes }\n";
        let kept: Kept = parse_plain("plan.yaml", text).unwrap();
        assert_eq!((kept.name.as_str(), kept.rate, kept.most), ("10", 2.0, None));
        assert_eq!(kept.inner, [Inner { on: true, pair: (200, 399) }]);
        assert_eq!(kept.words["b"], "yes");
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let (line, key, what) = problem("name: a\nrat: 3\n");
        assert!((line, key.as_str()) == (2, "rat") && what.contains("unknown field"), "{line} {key} {what}");
        let (line, key, what) = problem("name: a\ninner:\n  - on: perhaps\n    pair: [1, 2]\n");
        assert!(
            (line, key.as_str()) == (3, "inner[0].on") && what.contains("boolean"),
            "{line} {key} {what}"
        );
        assert_eq!(problem("name: a\nname: b\n").0, 2);
        assert!(problem("# nothing\n").2.contains("missing field"));
        assert_eq!(problem("name: [\n").1, "");
    }
}
