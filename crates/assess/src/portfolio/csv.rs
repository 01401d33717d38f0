//! Comma-separated values into records that know their line. Source: RFC 4180; line ends may be CRLF or LF, and empty lines are
//! passed over.

use crate::questionnaire::Refusal;

/// One record: the line it begins in, from 1, and its fields.
pub(super) type Record = (usize, Vec<String>);

/// # Errors
/// A quote that is opened and never closed, by its line.
pub(super) fn records(text: &str) -> Result<Vec<Record>, (usize, Refusal)> {
    let mut records = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    // Where the record begins, where the quote was opened, and whether a quote is open.
    let (mut line, mut start, mut opened) = (1, 1, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if opened.is_some() && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' if opened.is_some() => opened = None,
            '"' if field.trim().is_empty() => {
                field.clear();
                opened = Some(line);
            }
            ',' if opened.is_none() => fields.push(std::mem::take(&mut field)),
            '\r' if opened.is_none() && chars.peek() == Some(&'\n') => {}
            '\n' if opened.is_none() => {
                fields.push(std::mem::take(&mut field));
                push(&mut records, start, &mut fields);
                start = line;
            }
            c => field.push(c),
        }
    }
    if let Some(line) = opened {
        let what = Refusal::new(
            "여기서 연 따옴표가 닫히지 않음. \" 로 닫을 것",
            "a quote is opened here and never closed; close it with \"",
        );
        return Err((line, what));
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        push(&mut records, start, &mut fields);
    }
    Ok(records)
}

fn push(records: &mut Vec<Record>, start: usize, fields: &mut Vec<String>) {
    let fields = std::mem::take(fields);
    if fields.iter().any(|field| !field.trim().is_empty()) {
        records.push((start, fields));
    }
}
