//! Breaks text into lines: between words, as Korean is set in documents (`word-break: keep-all`), and within a word only where it is
//! longer than the line: after a sign if there is one beyond the first third, else anywhere.

use super::font::Font;

/// The lines of a text, each as it can be shown. At least one.
pub(super) fn lines(text: &str, font: &Font, size: f64, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in font.shown(text).split('\n') {
        let mut line = Line { text: String::new(), width: 0.0, font, size };
        for word in paragraph.split(' ') {
            let wide = font.width(word, size);
            let space = if line.text.is_empty() { 0.0 } else { font.width(" ", size) };
            if line.width + space + wide <= room {
                line.add(if space > 0.0 { " " } else { "" });
                line.add(word);
                continue;
            }
            if !line.text.is_empty() {
                lines.push(line.take());
            }
            line.long(word, room, &mut lines);
        }
        lines.push(line.take());
    }
    lines
}

/// How wide the widest word is, and the widest line.
pub(super) fn extent(text: &str, font: &Font, size: f64) -> (f64, f64) {
    let text = font.shown(text);
    let widest =
        |parts: &mut dyn Iterator<Item = &str>| parts.map(|part| font.width(part, size)).fold(0.0, f64::max);
    (widest(&mut text.split([' ', '\n'])), widest(&mut text.split('\n')))
}

struct Line<'a> {
    text: String,
    width: f64,
    font: &'a Font,
    size: f64,
}

impl Line<'_> {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.width += self.font.width(text, self.size);
    }

    fn take(&mut self) -> String {
        self.width = 0.0;
        std::mem::take(&mut self.text)
    }

    /// Adds a word that begins a line, breaking it where it is longer than that.
    fn long(&mut self, word: &str, room: f64, lines: &mut Vec<String>) {
        for c in word.chars() {
            let wide = self.font.glyph(c).1 * self.size;
            if self.width + wide > room && !self.text.is_empty() {
                let rest = self.after_sign();
                lines.push(self.take());
                self.add(&rest);
            }
            self.text.push(c);
            self.width += wide;
        }
    }

    /// Takes off what stands behind the last sign, unless that leaves less than a third of the line.
    fn after_sign(&mut self) -> String {
        let is_sign =
            |c: char| matches!(c, '/' | '-' | '_' | '.' | ',' | ':' | ';' | '?' | '&' | '=' | ')' | '·');
        match self.text.rfind(is_sign) {
            Some(at) if at * 3 > self.text.len() => {
                let sign = self.text[at..].chars().next().map_or(0, char::len_utf8);
                self.text.split_off(at + sign)
            }
            _ => String::new(),
        }
    }
}
