//! How wide text is on a terminal: a Korean syllable takes two columns, a Latin letter one.

/// What takes two columns: the blocks that Unicode calls Wide or Fullwidth as far as Korean documents use them. Source: UAX #11.
const WIDE: [std::ops::RangeInclusive<u32>; 7] = [
    0x1100..=0x115f,
    0x2e80..=0x303e,
    0x3041..=0xa4cf,
    0xac00..=0xd7a3,
    0xf900..=0xfaff,
    0xfe30..=0xfe6f,
    0xff00..=0xff60,
];

fn of_char(c: char) -> usize {
    let wide = WIDE.iter().any(|range| range.contains(&u32::from(c)));
    if wide { 2 } else { usize::from(!c.is_control()) }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

/// Breaks a text into lines of at most `most` columns, between words where it can. At least one line.
pub(crate) fn wrap(text: &str, most: usize) -> Vec<String> {
    let most = most.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let room = most.saturating_sub(width(&line) + usize::from(!line.is_empty()));
            if !line.is_empty() && width(word) > room {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            for c in word.chars() {
                if width(&line) + of_char(c) > most {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
        lines.push(line);
    }
    lines
}

/// The text, and spaces behind or before it until it is so wide.
pub(crate) fn pad(text: &str, columns: usize, right: bool) -> String {
    let space = " ".repeat(columns.saturating_sub(width(text)));
    if right { format!("{space}{text}") } else { format!("{text}{space}") }
}
