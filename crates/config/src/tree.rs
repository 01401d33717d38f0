//! YAML text into a tree of nodes that know where they stand. The first step of reading a file.
//!
//! Anchors, aliases and tags are refused: nothing in a naru.yaml needs them, and aliases make small files large
//! (the billion laughs). What a plain scalar means (number, duration, text) is left to who knows which key it is for.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

use crate::report::{Pos, Problems, Refusal};
use crate::syntax;

/// The deepest key of the file (a field's new name in a conversion) stands eight levels deep; what goes far beyond is an attack.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) at: Pos,
    pub(crate) data: Data,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    /// `plain`: written without quotes, so that it may mean a number or nothing at all.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order of the file; a key may be there twice.
    Map(Vec<Pair>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) at: Pos,
    pub(crate) value: Node,
}

impl Node {
    /// Tells whether nothing is written where a value could be (`key:`, `key: ~`, `key: null`).
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// Parses a text that is one YAML document. At the first thing that is no YAML it stops: what follows a broken line
/// can't be told.
pub(crate) fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    let result = check_characters(text).and_then(|()| Builder::default().run(text));
    result.map_err(|(at, refusal)| problems.add(at, "", refusal)).ok()
}

type Failure = (Pos, Refusal);

/// Control characters may not stand in YAML (YAML 1.2.2 §5.1); the parser takes NUL for the end of the text.
fn check_characters(text: &str) -> Result<(), Failure> {
    let bad = |c: &char| (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r')) || *c == '\u{feff}';
    for (i, line) in text.split('\n').enumerate() {
        if let Some((column, c)) = line.chars().enumerate().find(|(_, c)| bad(c)) {
            let at = Pos { line: i + 1, column: column + 1 };
            let what = format!("the control character {} can't stand here", c.escape_unicode());
            return Err((at, Refusal::new(what, "remove it, or write it as an escape in double quotes")));
        }
    }
    Ok(())
}

/// A list or map that is not complete yet.
enum Open {
    List { at: Pos, items: Vec<Node> },
    Map { at: Pos, pairs: Vec<Pair>, key: Option<(String, Pos)> },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl Builder {
    fn run(mut self, text: &str) -> Result<Node, Failure> {
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| syntax::explain(&error, self.innermost(), text))?;
            self.event(event, span)?;
        }
        let root = self.root.filter(|root| !root.is_null());
        let help = "start with `services:` and give each service its `exec:`";
        root.ok_or_else(|| (Pos { line: 1, column: 1 }, Refusal::new("the file is empty", help)))
    }

    /// Where the list or group begins that is not complete yet.
    fn innermost(&self) -> Option<Pos> {
        self.open.last().map(|open| match open {
            Open::List { at, .. } | Open::Map { at, .. } => *at,
        })
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Failure> {
        let at = pos(span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let help = "keep one, and put the other into a file of its own";
                    return Err((at, Refusal::new("a second document starts here", help)));
                }
            }
            Event::Alias(_) => return Err((at, no_reuse("aliases (*)"))),
            Event::Scalar(text, style, anchor, tag) => {
                plain_node(at, anchor, tag.is_some())?;
                let plain = style == ScalarStyle::Plain;
                return self.scalar(at, text.into_owned(), plain);
            }
            Event::SequenceStart(anchor, tag) => {
                plain_node(at, anchor, tag.is_some())?;
                self.start(at, Open::List { at, items: Vec::new() })?;
            }
            Event::MappingStart(anchor, tag) => {
                plain_node(at, anchor, tag.is_some())?;
                self.start(at, Open::Map { at, pairs: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.open.pop() {
                    Some(Open::List { at, items }) => Node { at, data: Data::List(items) },
                    Some(Open::Map { at, pairs, .. }) => Node { at, data: Data::Map(pairs) },
                    None => return Ok(()),
                };
                self.place(node);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start(&mut self, at: Pos, open: Open) -> Result<(), Failure> {
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            return Err((
                at,
                Refusal::new(
                    "a list or a group of keys stands where a key should be",
                    "write a word as the key",
                ),
            ));
        }
        if self.open.len() == MAX_DEPTH {
            let what = format!("more than {MAX_DEPTH} levels stand inside each other");
            return Err((at, Refusal::new(what, "no key of naru.yaml is deeper than six levels")));
        }
        self.open.push(open);
        Ok(())
    }

    fn scalar(&mut self, at: Pos, text: String, plain: bool) -> Result<(), Failure> {
        if let Some(Open::Map { key: key @ None, .. }) = self.open.last_mut() {
            *key = Some((text, at));
        } else {
            self.place(Node { at, data: Data::Scalar { text, plain } });
        }
        Ok(())
    }

    fn place(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { pairs, key, .. }) => {
                if let Some((key, at)) = key.take() {
                    pairs.push(Pair { key, at, value: node });
                }
            }
        }
    }
}

fn plain_node(at: Pos, anchor: usize, tagged: bool) -> Result<(), Failure> {
    if anchor > 0 {
        return Err((at, no_reuse("anchors (&)")));
    }
    if tagged {
        return Err((
            at,
            Refusal::new("naru.yaml takes no tags (!)", "leave it out, or put the text in quotes"),
        ));
    }
    Ok(())
}

fn no_reuse(what: &str) -> Refusal {
    Refusal::new(
        format!("naru.yaml takes no {}", what),
        "write the value out in each place, or put the text in quotes",
    )
}

pub(crate) fn pos(marker: Marker) -> Pos {
    Pos { line: marker.line().max(1), column: marker.col() + 1 }
}
