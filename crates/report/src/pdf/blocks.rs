//! Cuts a report into pieces, with the sizes and spaces of the HTML's style.

use naru_model::language::Language;
use naru_model::report::{Anchor, Block, Color, Picture, Report, Shape, Tone};

use super::flow::{Piece, moved};
use super::font::Fonts;
use super::{MM, WIDTH, table, words};
use crate::{chart, told};

pub(super) const INK: Color = Color(0x1b, 0x1f, 0x24);
pub(super) const GREY: Color = Color(0x57, 0x60, 0x6a);
pub(super) const EDGE: Color = Color(0xc8, 0xd1, 0xda);
pub(super) const HEAD: Color = Color(0xee, 0xf3, 0xf8);
const BLUE: Color = Color(0x12, 0x38, 0x5c);
const WHITE: Color = Color(255, 255, 255);
/// The highest a picture is drawn.
const HIGHEST: f64 = 190.0 * MM;
/// Lines of one box; a text that is longer gets another.
const BOX_LINES: usize = 30;
/// Room to sign in.
const SIGN: f64 = 15.0 * MM;

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    /// From one line to the next, in sizes.
    pub(super) line: f64,
    pub(super) bold: bool,
    pub(super) color: Color,
}

const BODY: Type = Type { size: 10.5, line: 1.6, bold: false, color: INK };
const TITLE: Type = Type { size: 20.0, line: 1.3, bold: true, color: INK };
const PART: Type = Type { size: 13.5, line: 1.6, bold: true, color: BLUE };
const SECTION: Type = Type { size: 11.5, line: 1.6, bold: true, color: INK };
const ABOUT: Type = Type { size: 9.5, line: 1.6, bold: false, color: INK };
const RESULT: Type = Type { size: 12.0, line: 1.6, bold: true, color: INK };
const CAPTION: Type = Type { size: 9.0, line: 1.5, bold: false, color: GREY };

impl Type {
    pub(super) fn height(self) -> f64 {
        self.size * self.line
    }

    /// The nth line of a text whose upper left corner is there. Letters stand in the middle of their line.
    pub(super) fn shape(self, (x, y): (f64, f64), nth: usize, text: String, anchor: Anchor) -> Shape {
        let base = y + nth as f64 * self.height() + self.height() / 2.0 + self.size * 0.36;
        let Type { size, bold, color, .. } = self;
        Shape::Text { x, y: base, text, size, anchor, color, bold, upwards: false }
    }
}

pub(super) fn pieces(report: &Report, fonts: &Fonts) -> Vec<Piece> {
    let mut pieces = title(report, fonts);
    about(&report.about, fonts, &mut pieces);
    for block in &report.blocks {
        add(block, report.language, fonts, &mut pieces);
    }
    pieces
}

fn add(block: &Block, language: Language, fonts: &Fonts, pieces: &mut Vec<Piece>) {
    match block {
        Block::Heading { level, text } => {
            let (kind, above, below) = if *level == 1 { (PART, 9.0, 3.0) } else { (SECTION, 6.0, 2.0) };
            let begin = pieces.len();
            text_pieces(text, kind, 0.0, fonts, pieces);
            pieces[begin].heading = Some(text.clone()).filter(|_| *level == 1);
            pieces[begin].above = above * MM;
            pieces[begin..].iter_mut().for_each(|piece| piece.keep = true);
            pieces.last_mut().into_iter().for_each(|piece| piece.below = below * MM);
        }
        Block::Paragraph(text) => {
            let begin = pieces.len();
            text_pieces(text, BODY, 0.0, fonts, pieces);
            space(&mut pieces[begin..], 2.0 * MM);
        }
        Block::List(items) => {
            for item in items {
                let begin = pieces.len();
                text_pieces(item, BODY, 6.0 * MM, fonts, pieces);
                pieces[begin].shapes.push(BODY.shape((1.2 * MM, 0.0), 0, "•".to_owned(), Anchor::Start));
                space(&mut pieces[begin..], 0.8 * MM);
            }
        }
        Block::Result { tone, text } => result(*tone, text, fonts, pieces),
        Block::Table(table) => table::add(table, fonts, pieces),
        Block::Picture(picture) => pieces.push(figure(picture, fonts)),
        Block::Chart(chart) => {
            let drawn = |height| figure(&chart::draw(chart, language, height), fonts);
            let lower = Some(Box::new(drawn(chart::LOWEST)));
            pieces.push(Piece { lower, ..drawn(chart::ON_PAPER) });
        }
        Block::Signatures(roles) => signatures(roles, language, fonts, pieces),
    }
}

fn space(pieces: &mut [Piece], space: f64) {
    pieces.first_mut().into_iter().for_each(|piece| piece.above = space);
    pieces.last_mut().into_iter().for_each(|piece| piece.below = space);
}

/// A piece for each line; the first two and the last two lines stay together.
fn text_pieces(text: &str, kind: Type, left: f64, fonts: &Fonts, pieces: &mut Vec<Piece>) {
    let lines = words::lines(text, fonts.of(kind.bold), kind.size, WIDTH - left);
    let count = lines.len();
    for (i, line) in lines.into_iter().enumerate() {
        pieces.push(Piece {
            height: kind.height(),
            shapes: vec![kind.shape((left, 0.0), 0, line, Anchor::Start)],
            keep: count > 1 && (i == 0 || i + 2 == count),
            ..Piece::default()
        });
    }
}

fn title(report: &Report, fonts: &Fonts) -> Vec<Piece> {
    let mut pieces = Vec::new();
    text_pieces(&report.title, TITLE, 0.0, fonts, &mut pieces);
    let points = vec![(0.0, 3.0 * MM), (WIDTH, 3.0 * MM)];
    let rule = Shape::Line { points, color: BLUE, width: 1.5, dashed: false };
    pieces.push(Piece { height: 3.0 * MM, below: 4.0 * MM, shapes: vec![rule], ..Piece::default() });
    pieces
}

fn about(about: &[(String, String)], fonts: &Fonts, pieces: &mut Vec<Piece>) {
    let wide = |(name, _): &(String, String)| words::extent(name, &fonts.regular, ABOUT.size).1;
    let names = about.iter().map(wide).fold(0.0, f64::max).min(WIDTH * 0.3);
    let left = names + 5.0 * MM;
    for (name, value) in about {
        let names = words::lines(name, &fonts.regular, ABOUT.size, names + 0.1);
        let values = words::lines(value, &fonts.regular, ABOUT.size, WIDTH - left);
        let height = names.len().max(values.len()) as f64 * ABOUT.height();
        let grey = Type { color: GREY, ..ABOUT };
        let names =
            names.into_iter().enumerate().map(|(i, line)| grey.shape((0.0, 0.0), i, line, Anchor::Start));
        let values =
            values.into_iter().enumerate().map(|(i, line)| ABOUT.shape((left, 0.0), i, line, Anchor::Start));
        pieces.push(Piece {
            above: MM,
            below: MM,
            height,
            shapes: names.chain(values).collect(),
            ..Piece::default()
        });
    }
}

/// The fill of a tone, and the colour of its edge.
pub(super) fn colors(tone: Tone) -> (Color, Color) {
    match tone {
        Tone::Plain => (WHITE, GREY),
        Tone::Good => (Color(0xe9, 0xf6, 0xec), Color(0x1a, 0x7f, 0x37)),
        Tone::Warn => (Color(0xff, 0xf5, 0xdc), Color(0xb0, 0x7a, 0)),
        Tone::Bad => (Color(0xfd, 0xec, 0xeb), Color(0xc4, 0x28, 0x1f)),
    }
}

fn result(tone: Tone, text: &str, fonts: &Fonts, pieces: &mut Vec<Piece>) {
    let (fill, bar) = colors(tone);
    let (left, padding) = (4.0 * MM + 3.75, 3.0 * MM);
    let lines = words::lines(text, &fonts.bold, RESULT.size, WIDTH - left - 4.0 * MM);
    for lines in lines.chunks(BOX_LINES) {
        let height = lines.len() as f64 * RESULT.height() + 2.0 * padding;
        let mut shapes = vec![
            Shape::Rect { x: 0.0, y: 0.0, width: WIDTH, height, fill, edge: Some(EDGE) },
            Shape::Rect { x: 0.0, y: 0.0, width: 3.75, height, fill: bar, edge: None },
        ];
        let text =
            |(i, line): (usize, &String)| RESULT.shape((left, padding), i, line.clone(), Anchor::Start);
        shapes.extend(lines.iter().enumerate().map(text));
        pieces.push(Piece { above: 4.0 * MM, below: 4.0 * MM, height, shapes, ..Piece::default() });
    }
}

fn figure(picture: &Picture, fonts: &Fonts) -> Piece {
    let is_sound = picture.width.is_finite()
        && picture.height.is_finite()
        && picture.width > 0.0
        && picture.height > 0.0;
    let scale = if is_sound { (WIDTH / picture.width).min(HIGHEST / picture.height) } else { 0.0 };
    let mut height = if is_sound { picture.height * scale + MM } else { 0.0 };
    let mut shapes: Vec<Shape> = picture
        .shapes
        .iter()
        .filter(|_| is_sound)
        .map(|shape| moved(shape.clone(), (0.0, 0.0), scale))
        .collect();
    let caption = words::lines(&picture.caption, &fonts.regular, CAPTION.size, WIDTH);
    for (i, line) in caption.into_iter().take(BOX_LINES).enumerate() {
        shapes.push(CAPTION.shape((0.0, height), i, line, Anchor::Start));
    }
    let lines = shapes.len() - if is_sound { picture.shapes.len() } else { 0 };
    height += lines as f64 * CAPTION.height();
    Piece { above: 4.0 * MM, below: 4.0 * MM, height, shapes, ..Piece::default() }
}

/// Boxes to sign in, two or three beside each other, all on one page while they fit on one, with what is signed above them.
fn signatures(roles: &[String], language: Language, fonts: &Fonts, pieces: &mut Vec<Piece>) {
    let begin = pieces.len();
    pieces.last_mut().into_iter().for_each(|before| before.keep = true);
    let gap = 4.0 * MM;
    let in_row = if roles.len() == 3 { 3 } else { roles.len().clamp(1, 2) };
    let wide = (WIDTH - gap * (in_row - 1) as f64) / in_row as f64;
    for beside in roles.chunks(in_row) {
        let each = beside
            .iter()
            .enumerate()
            .map(|(i, role)| signature(role, (i as f64 * (wide + gap), wide), language, fonts));
        let (shapes, heights): (Vec<Vec<Shape>>, Vec<f64>) = each.unzip();
        let height = heights.into_iter().fold(0.0, f64::max);
        let shapes = shapes.into_iter().flatten().collect();
        pieces.push(Piece { above: gap, below: gap, height, shapes, keep: true, ..Piece::default() });
    }
    pieces[begin..].last_mut().into_iter().for_each(|piece| piece.keep = false);
}

fn signature(role: &str, (x, wide): (f64, f64), language: Language, fonts: &Fonts) -> (Vec<Shape>, f64) {
    let [_, rows @ ..] = told::signature_head(language);
    let (side, line) = (3.0 * MM, ABOUT.height() + 2.8 * MM);
    let bold = Type { bold: true, ..ABOUT };
    let role = words::lines(role, &fonts.bold, bold.size, wide - 2.0 * side);
    let mut y = role.len().min(BOX_LINES) as f64 * bold.height() + 2.8 * MM;
    let mut shapes = vec![Shape::Rect { x, y: 0.0, width: wide, height: y, fill: HEAD, edge: Some(EDGE) }];
    let put = |(i, line)| bold.shape((x + side, 1.4 * MM), i, line, Anchor::Start);
    shapes.extend(role.into_iter().take(BOX_LINES).enumerate().map(put));
    let names = rows.iter().map(|name| words::extent(name, &fonts.regular, ABOUT.size).1).fold(0.0, f64::max)
        + 2.0 * side;
    for (i, name) in rows.iter().enumerate() {
        let height = if i + 1 == rows.len() { SIGN } else { line };
        for (x, width) in [(x, names), (x + names, wide - names)] {
            shapes.push(Shape::Rect { x, y, width, height, fill: WHITE, edge: Some(EDGE) });
        }
        let middle = y + (height - ABOUT.height()) / 2.0;
        shapes.push(ABOUT.shape((x + side, middle), 0, (*name).to_owned(), Anchor::Start));
        y += height;
    }
    (shapes, y)
}
