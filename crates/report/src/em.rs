//! How wide text is at most in whatever sans-serif type shows it: the sheet is laid out before anybody knows the type.
//!
//! Widths are in em, a little above those of Pretendard, Noto Sans KR, Malgun Gothic and NanumGothic alike, so that what fits here
//! fits in each of them.

/// Below this a cut text tells nothing any more.
const SHORTEST: usize = 2;

fn of_char(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '·' => 0.34,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.96,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '~' | '×' => 0.72,
        '\u{20}'..='\u{24f}' => 0.62,
        _ => 1.0,
    }
}

/// How wide a text of this size is at most, in the units of the size.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(of_char).sum::<f64>() * size
}

/// The text, cut off with an ellipsis where it is wider than this. Empty when not even a piece of it has room.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - width("…", size);
    let mut cut = String::new();
    for c in text.chars() {
        left -= of_char(c) * size;
        if left < 0.0 {
            break;
        }
        cut.push(c);
    }
    let cut = cut.trim_end();
    if cut.chars().count() < SHORTEST { String::new() } else { format!("{cut}…") }
}
