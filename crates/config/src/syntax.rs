//! What the YAML parser complains of, in the words of somebody who writes a file and has never read the YAML standard.

use saphyr_parser::ScanError;

use crate::report::{Pos, Refusal};
use crate::tree::pos;

/// Part of the parser's message, what we say, and what to do. The first that fits counts.
const WORDS: [(&str, &str, &str); 22] = [
    ("unexpected end of stream", "a quote is opened here and never closed", "close it with the same quote"),
    (
        "trailing content after double-quoted",
        "something follows the closing quote",
        "put all of the text inside the quotes",
    ),
    (
        "unknown escape character",
        "a backslash in double quotes starts no known escape",
        "double the backslash, or use single quotes",
    ),
    (
        "hexadecimal number",
        "an escape in double quotes is cut short",
        "write \\x with two, \\u with four digits",
    ),
    (
        "Unicode character escape",
        "an escape in double quotes is no character",
        "write \\u with the four digits of a character",
    ),
    (
        "indentation in quoted scalar",
        "the text in quotes goes on further left than it may",
        "indent its lines, or write it on one line",
    ),
    (
        "document indicator",
        "a quote is opened here and not closed before the document ends",
        "close it with the same quote",
    ),
    (
        "',' or '}'",
        "a group in braces is opened with { and not closed",
        "put , between its keys and } after the last one",
    ),
    (
        "',' or ']'",
        "a list in brackets is opened with [ and not closed",
        "put , between its items and ] after the last one",
    ),
    ("misplaced bracket", "a closing bracket has no opening one", "remove it, or put the text in quotes"),
    (
        "indentation in flow",
        "what stands in brackets goes on further left than it may",
        "indent its lines, or close the bracket",
    ),
    ("tab", "a tab stands where only spaces may", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a second ':' follows on this line",
        "put a text with ': ' in quotes, or start a new line",
    ),
    ("simple key expect", "a line has no ':' after its key", "write `key: value`"),
    ("illegal placement of ':'", "a ':' stands where none may", "put the text in quotes"),
    (
        "did not find expected key",
        "this line is indented differently from the keys it belongs to",
        "give all keys of a group the same number of spaces",
    ),
    (
        "'-' indicator",
        "this line is no '- ' item as the ones above",
        "give all items of a list the same number of spaces and a '- '",
    ),
    (
        "sequence entries are not allowed",
        "a '- ' item can't start here",
        "start the list on a line of its own, indented below its key",
    ),
    (
        "block scalar",
        "the text after | or > is not written as YAML wants it",
        "indent all of its lines by the same number of spaces",
    ),
    (
        "unknown anchor",
        "naru.yaml takes no aliases (*)",
        "write the value out in each place, or put the text in quotes",
    ),
    ("unexpected character", "a text can't start with this character", "put it in quotes"),
    (
        "invalid indentation",
        "this line is indented differently from the ones it belongs to",
        "give all keys of a group the same number of spaces",
    ),
];

/// Returns where and what it is. A tab in the indentation is the cause of many different complaints.
pub(crate) fn explain(error: &ScanError, text: &str) -> (Pos, Refusal) {
    let at = pos(*error.marker());
    let line = text.lines().nth(at.line - 1).unwrap_or("");
    let indentation = line.len() - line.trim_start().len();
    if let Some(tab) = line[..indentation].find('\t') {
        let at = Pos { line: at.line, column: tab + 1 };
        return (at, Refusal::new("a tab stands where only spaces may", "indent with spaces"));
    }
    let known = WORDS.iter().find(|(part, ..)| error.info().contains(part));
    let refusal = match known {
        Some((_, what, help)) => Refusal::new(*what, *help),
        None => Refusal::new(
            format!("this is no YAML: {}", error.info()),
            "put the text in quotes if it is meant as one",
        ),
    };
    (at, refusal)
}
