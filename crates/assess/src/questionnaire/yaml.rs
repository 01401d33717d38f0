//! YAML text into nodes that know their line. Only what a questionnaire needs: maps, lists and scalars, no anchors, aliases or tags.

use saphyr_parser::{Event, Parser, StrInput};

use super::Error;

/// A questionnaire is four levels deep.
const DEEPEST: usize = 16;
/// A questionnaire has some hundred.
const MOST_NODES: usize = 20_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// What is written there; empty for nothing (`key:`, `~`, `null`).
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    left: usize,
}

/// The one document of a text.
pub(super) fn read(text: &str) -> Result<Node, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { parser: Parser::new_from_str(text), left: MOST_NODES };
    let node = reader.after_start()?;
    reader.at_end()?;
    node.ok_or_else(|| {
        Error::at(
            1,
            "빈 파일. naru assess new 파일 명령으로 새로 작성",
            "the file is empty; `naru assess new FILE` writes one to begin with",
        )
    })
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Option<(Event<'_>, usize)>, Error> {
        let Some(event) = self.parser.next_event() else { return Ok(None) };
        let no_yaml = |error: saphyr_parser::ScanError| {
            let line = error.marker().line().max(1);
            let info = error.info();
            Error::at(line, format!("YAML 형식이 아님: {info}"), format!("this is no YAML: {info}"))
        };
        let (event, span) = event.map_err(no_yaml)?;
        Ok(Some((event, span.start.line().max(1))))
    }

    fn after_start(&mut self) -> Result<Option<Node>, Error> {
        while let Some((event, line)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => return Ok(None),
                event => {
                    let begin = Begin::of(&event, line)?;
                    return self.node(begin, line, DEEPEST).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Nothing may follow the document.
    fn at_end(&mut self) -> Result<(), Error> {
        while let Some((event, line)) = self.next()? {
            if let Event::DocumentStart(_) = event {
                return Err(Error::at(
                    line,
                    "두 번째 문서가 시작됨. 파일 하나에 문서 하나만 기입",
                    "a second document starts here; keep one to a file",
                ));
            }
        }
        Ok(())
    }

    fn node(&mut self, begin: Begin, line: usize, depth: usize) -> Result<Node, Error> {
        self.left = self.left.saturating_sub(1);
        if depth == 0 || self.left == 0 {
            return Err(Error::at(
                line,
                "질문지에 담을 수 있는 양을 넘음",
                "there is more here than a questionnaire can hold",
            ));
        }
        let data = match begin {
            Begin::Scalar(text) => Data::Scalar(text),
            Begin::List => {
                let mut items = Vec::new();
                while let Some((begin, line)) = self.begin()? {
                    items.push(self.node(begin, line, depth - 1)?);
                }
                Data::List(items)
            }
            Begin::Map => {
                let mut pairs: Vec<(String, Node)> = Vec::new();
                while let Some((begin, line)) = self.begin()? {
                    let Begin::Scalar(key) = begin else {
                        return Err(Error::at(
                            line,
                            "키가 올 자리에 목록이나 키 묶음이 있음",
                            "a list or a group of keys stands where a key should be",
                        ));
                    };
                    if pairs.iter().any(|(known, _)| *known == key) {
                        return Err(Error::at(
                            line,
                            format!("`{key}` 이(가) 두 번 있음. 하나만 남길 것"),
                            format!("`{key}` is given twice; keep one of them"),
                        ));
                    }
                    let (begin, line) = self
                        .begin()?
                        .ok_or_else(|| Error::at(line, "값이 없는 키", "a key without a value"))?;
                    pairs.push((key, self.node(begin, line, depth - 1)?));
                }
                Data::Map(pairs)
            }
        };
        Ok(Node { line, data })
    }

    /// The next value's beginning; nothing at the end of the list or map.
    fn begin(&mut self) -> Result<Option<(Begin, usize)>, Error> {
        match self.next()? {
            None | Some((Event::SequenceEnd | Event::MappingEnd, _)) => Ok(None),
            Some((event, line)) => Ok(Some((Begin::of(&event, line)?, line))),
        }
    }
}

enum Begin {
    Scalar(String),
    List,
    Map,
}

impl Begin {
    fn of(event: &Event<'_>, line: usize) -> Result<Begin, Error> {
        let plain = |anchor: usize, tagged: bool| match (anchor, tagged) {
            (0, false) => Ok(()),
            _ => Err(Error::at(
                line,
                "앵커(&)와 태그(!)는 쓸 수 없음. 글은 따옴표로 묶을 것",
                "a questionnaire takes no anchors (&) and no tags (!); put the text in quotes",
            )),
        };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain(*anchor, tag.is_some())?;
                let nothing =
                    *style == saphyr_parser::ScalarStyle::Plain && matches!(text.as_ref(), "~" | "null");
                Ok(Begin::Scalar(if nothing { String::new() } else { text.to_string() }))
            }
            Event::SequenceStart(anchor, tag) => plain(*anchor, tag.is_some()).map(|()| Begin::List),
            Event::MappingStart(anchor, tag) => plain(*anchor, tag.is_some()).map(|()| Begin::Map),
            _ => Err(Error::at(
                line,
                "별칭(*)과 두 번째 문서는 쓸 수 없음",
                "aliases (*) and second documents have no place in a questionnaire",
            )),
        }
    }
}

/// A text as a YAML scalar in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
