//! What the YAML parser complains of, in the words of somebody who writes a file and has never read the YAML standard.

use saphyr_parser::ScanError;

use crate::report::{Pos, Refusal};
use crate::tree::pos;

/// Part of the parser's message, what we say, and what to do. The first that fits counts.
const WORDS: &[(&str, &str, &str)] = &[
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
        "a quote is opened here and not closed on its line",
        "close it with the same quote, or indent the lines it goes on in",
    ),
    (
        "document indicator",
        "a quote is opened here and not closed before the document ends",
        "close it with the same quote",
    ),
    (
        "recursion limit",
        "more brackets stand inside each other than any key needs",
        "close them, or put the text in quotes",
    ),
    ("misplaced bracket", "a closing bracket has no opening one", "remove it, or put the text in quotes"),
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
    ("expected alphabetic or numeric", "a text can't start with * or &", "put it in quotes"),
    ("unexpected character", "a text can't start with this character", "put it in quotes"),
    (
        "invalid indentation",
        "this line is indented differently from the ones it belongs to",
        "give all keys of a group the same number of spaces",
    ),
];

/// Returns where it is and what. Many complaints have another cause than the one the parser names: a tab in the
/// indentation, or a bracket that was opened lines before; `open` is where the innermost list or group begins.
pub(crate) fn explain(error: &ScanError, open: Option<Pos>, text: &str) -> (Pos, Refusal) {
    let lines: Vec<&str> = text.lines().collect();
    let line_at = |line: usize| lines.get(line - 1).copied().unwrap_or("");
    let at = pos(*error.marker());
    let line = line_at(at.line);
    let indentation = line.len() - line.trim_start().len();
    if let Some(tab) = line[..indentation].find('\t') {
        let at = Pos { line: at.line, column: tab + 1 };
        return (at, Refusal::new("a tab stands where only spaces may", "indent with spaces"));
    }
    let bracket =
        open.and_then(|open| line_at(open.line).chars().nth(open.column - 1)).filter(|c| "[{".contains(*c));
    if let (Some(bracket), Some(open), true) = (bracket, open, is_about_structure(error)) {
        let (closing, inside) = if bracket == '[' { (']', "items") } else { ('}', "keys") };
        let what = format!("the {bracket} that is opened here is not closed as it should be");
        return (
            open,
            Refusal::new(what, format!("put , between its {inside} and {closing} after the last one")),
        );
    }
    let known = WORDS.iter().find(|(part, ..)| error.info().contains(part));
    let refusal = match known {
        Some((_, what, help)) => Refusal::new(*what, *help),
        None => Refusal::new(
            format!("this is no YAML: {}", error.info()),
            "put the text in quotes if it is meant as one",
        ),
    };
    (on_a_written_line(at, error, &lines), refusal)
}

/// Tells whether the parser misses something of the structure, rather than not liking a text or a character.
fn is_about_structure(error: &ScanError) -> bool {
    ["',' or", "invalid indentation", "unexpected eof", "simple key expect", "did not find expected"]
        .iter()
        .any(|part| error.info().contains(part) && !error.info().contains("quoted"))
}

/// A key without its ':' is only missed at the beginning of the line after it.
fn on_a_written_line(at: Pos, error: &ScanError, lines: &[&str]) -> Pos {
    let beginning = |line: &str| line.chars().take_while(|c| *c == ' ').count() + 1;
    let is_later = lines.get(at.line - 1).is_some_and(|line| at.column > beginning(line));
    if !error.info().contains("simple key expect") || is_later {
        return at;
    }
    let before = lines.iter().enumerate().take(at.line - 1);
    let mut written =
        before.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    written.next_back().map_or(at, |(i, line)| Pos { line: i + 1, column: beginning(line) })
}
