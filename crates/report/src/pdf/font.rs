//! The type that is built into the binary, NanumGothic with fewer characters: which characters it has and how wide they are. See `font/README.md`.

use ttf_parser::{Face, GlyphId};

use crate::Error;

const REGULAR: &[u8] = include_bytes!("../../font/NaruSans.ttf");
const BOLD: &[u8] = include_bytes!("../../font/NaruSansBold.ttf");
/// Stands where the type lacks a character, so that nothing vanishes.
const LACKING: char = '□';
// Hangul syllables are made of jamo by counting. Source: Unicode 16, 3.12.
const FIRST: u32 = 0x1100;
const VOWEL: u32 = 0x1161;
const FINAL: u32 = 0x11a7;
const SYLLABLES: u32 = 0xac00;

pub(super) struct Fonts {
    pub(super) regular: Font,
    pub(super) bold: Font,
}

pub(super) struct Font {
    pub(super) data: &'static [u8],
    pub(super) name: &'static str,
    pub(super) face: Face<'static>,
}

impl Fonts {
    pub(super) fn new() -> Result<Fonts, Error> {
        Ok(Fonts { regular: Font::new("NaruSans", REGULAR)?, bold: Font::new("NaruSansBold", BOLD)? })
    }

    pub(super) fn of(&self, bold: bool) -> &Font {
        if bold { &self.bold } else { &self.regular }
    }

    /// The characters that stand as □. One that says that something could not be read is none of them.
    pub(super) fn unknown(&self, text: &str) -> Vec<char> {
        let one = |c: &char| {
            let is_text = !is_unseen(*c) && !c.is_whitespace() && *c != char::REPLACEMENT_CHARACTER;
            is_text && self.regular.face.glyph_index(*c).is_none()
        };
        composed(text).filter(one).collect()
    }
}

impl Font {
    fn new(name: &'static str, data: &'static [u8]) -> Result<Font, Error> {
        Ok(Font { data, name, face: Face::parse(data, 0).map_err(|error| Error::Type(error.to_string()))? })
    }

    /// The text as it can be shown: syllables in one piece, what is not there as □, what is never seen left out.
    pub(super) fn shown(&self, text: &str) -> String {
        let one = |c: char| match c {
            '\n' => Some('\n'),
            c if is_unseen(c) => None,
            c if c.is_whitespace() => Some(' '),
            c if self.face.glyph_index(c).is_none() => Some(LACKING),
            c => Some(c),
        };
        composed(text).filter_map(one).collect()
    }

    /// A character's glyph and how wide it is, in em.
    pub(super) fn glyph(&self, c: char) -> (GlyphId, f64) {
        let glyph = self.face.glyph_index(c).unwrap_or(GlyphId(0));
        let advance = f64::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        (glyph, advance / f64::from(self.face.units_per_em()))
    }

    /// How wide a text is that is as it can be shown.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        text.chars().map(|c| self.glyph(c).1).sum::<f64>() * size
    }
}

/// Joiners, marks of direction and variation: they have no look of their own.
fn is_unseen(c: char) -> bool {
    matches!(c, '\r' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// The text with jamo composed into syllables: macOS names files in jamo.
fn composed(text: &str) -> impl Iterator<Item = char> {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let first = chars.next()?;
        let Some(lead) = place(first, FIRST, 19) else { return Some(first) };
        let Some(vowel) = chars.peek().and_then(|c| place(*c, VOWEL, 21)) else { return Some(first) };
        chars.next();
        let last = chars.peek().and_then(|c| place(*c, FINAL, 28)).filter(|last| *last > 0);
        if last.is_some() {
            chars.next();
        }
        char::from_u32(SYLLABLES + (lead * 21 + vowel) * 28 + last.unwrap_or(0))
    })
}

fn place(c: char, base: u32, count: u32) -> Option<u32> {
    u32::from(c).checked_sub(base).filter(|place| *place < count)
}
