//! Writes pages of shapes as PDF 1.7 (ISO 32000-1), with the glyphs that are used and what they say, so that text can be searched,
//! copied and read aloud.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use naru_model::report::{Anchor, Color, Report, Shape};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::blocks::{EDGE, GREY};
use super::flow::{Page, moved};
use super::font::{Font, Fonts};
use super::{MARGIN, MM, PAGE, WIDTH};
use crate::Error;

/// Of page numbers and the title above pages.
const SMALL: f64 = 8.0;
/// How far control points are from a quarter circle's ends, for a radius of 1. Source: 4/3 × (√2 − 1).
const ROUND: f64 = 0.552_285;
const FONTS: [Name<'static>; 2] = [Name(b"F1"), Name(b"F2")];
const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The glyphs of a type that are used: their number in the file, width in em, and what they say.
struct Used<'a> {
    font: &'a Font,
    glyphs: GlyphRemapper,
    said: BTreeMap<u16, (char, f64)>,
}

/// Gives out numbers of objects.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

pub(super) fn document(report: &Report, pages: &[Page], fonts: &Fonts) -> Result<Vec<u8>, Error> {
    let mut numbers = Numbers(0);
    let (catalog, tree, info) = (numbers.next(), numbers.next(), numbers.next());
    let type_refs = [numbers.next(), numbers.next()];
    let page_refs: Vec<Ref> = pages.iter().map(|_| numbers.next()).collect();
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut used = [Used::new(&fonts.regular), Used::new(&fonts.bold)];
    for (i, page) in pages.iter().enumerate() {
        let drawn = draw(page, (i + 1, pages.len()), &report.title, &mut used);
        let content = numbers.next();
        let mut written = pdf.page(page_refs[i]);
        written.parent(tree).contents(content).media_box(Rect::new(0.0, 0.0, PAGE.0 as f32, PAGE.1 as f32));
        let mut resources = written.resources();
        let mut names = resources.fonts();
        for (name, font) in FONTS.iter().zip(type_refs) {
            names.pair(*name, font);
        }
        names.finish();
        resources.finish();
        written.finish();
        pdf.stream(content, &packed(&drawn)?).filter(Filter::FlateDecode);
    }
    for (used, at) in used.iter().zip(type_refs) {
        used.write(&mut pdf, at, &mut numbers)?;
    }
    pdf.pages(tree).kids(page_refs.iter().copied()).count(pages.len() as i32);
    let outline = outline(&mut pdf, pages, &page_refs, &mut numbers);
    pdf.document_info(info).title(TextStr(&report.title)).producer(TextStr("naru"));
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr(report.language.pick("ko-KR", "en")));
    root.viewer_preferences().display_doc_title(true);
    if let Some(outline) = outline {
        root.outlines(outline);
    }
    root.finish();
    Ok(pdf.finish())
}

/// The list of headings that readers show beside the pages.
fn outline(pdf: &mut Pdf, pages: &[Page], refs: &[Ref], numbers: &mut Numbers) -> Option<Ref> {
    let headings: Vec<(Ref, &str, f64)> = pages
        .iter()
        .zip(refs)
        .flat_map(|(page, at)| page.headings.iter().map(|(text, y)| (*at, text.as_str(), *y)))
        .collect();
    let items: Vec<Ref> = headings.iter().map(|_| numbers.next()).collect();
    let (first, last) = (*items.first()?, *items.last()?);
    let root = numbers.next();
    pdf.outline(root).first(first).last(last).count(items.len() as i32);
    for (i, (page, text, y)) in headings.into_iter().enumerate() {
        let mut item = pdf.outline_item(items[i]);
        item.title(TextStr(text)).parent(root);
        if i > 0 {
            item.prev(items[i - 1]);
        }
        if let Some(next) = items.get(i + 1) {
            item.next(*next);
        }
        item.dest().page(page).xyz(0.0, (PAGE.1 - MARGIN.1 - y + 6.0) as f32, None);
    }
    Some(root)
}

fn draw(page: &Page, (number, of): (usize, usize), title: &str, used: &mut [Used<'_>; 2]) -> Vec<u8> {
    let mut content = Content::new();
    let above = running(title, used[0].font);
    for shape in &page.shapes {
        one(&mut content, moved(shape.clone(), MARGIN, 1.0), used);
    }
    let mut small = |x: f64, y: f64, text: String, anchor| {
        let shape = Shape::Text { x, y, text, size: SMALL, anchor, color: GREY, bold: false, upwards: false };
        one(&mut content, shape, used);
    };
    small(PAGE.0 / 2.0, PAGE.1 - 9.0 * MM, format!("{number} / {of}"), Anchor::Middle);
    if number > 1 {
        small(MARGIN.0, 11.0 * MM, above, Anchor::Start);
        let points = vec![(MARGIN.0, 13.0 * MM), (MARGIN.0 + WIDTH, 13.0 * MM)];
        one(&mut content, Shape::Line { points, color: EDGE, width: 0.75, dashed: false }, used);
    }
    content.finish().into_vec()
}

/// The title on one line.
fn running(title: &str, font: &Font) -> String {
    let mut lines = super::words::lines(title, font, SMALL, WIDTH - 12.0);
    let is_cut = lines.len() > 1;
    lines.swap_remove(0) + if is_cut { " …" } else { "" }
}

fn one(content: &mut Content, shape: Shape, used: &mut [Used<'_>; 2]) {
    let up = |y: f64| (PAGE.1 - y) as f32;
    match shape {
        Shape::Rect { x, y, width, height, fill, edge } => {
            filled(content, fill);
            content.rect(x as f32, up(y + height), width as f32, height as f32);
            match edge {
                Some(edge) => {
                    stroked(content, edge, 0.75, false);
                    content.fill_nonzero_and_stroke();
                }
                None => {
                    content.fill_nonzero();
                }
            }
        }
        Shape::Circle { x, y, radius, fill } => {
            filled(content, fill);
            circle(content, x as f32, up(y), radius as f32);
            content.fill_nonzero();
        }
        Shape::Polygon { points, fill } => {
            filled(content, fill);
            path(content, &points);
            content.close_path().fill_nonzero();
        }
        Shape::Line { points, color, width, dashed } => {
            stroked(content, color, width, dashed);
            path(content, &points);
            content.stroke();
        }
        Shape::Text { x, y, text, size, anchor, color, bold, upwards } => {
            let used = &mut used[usize::from(bold)];
            let text = used.font.shown(&text);
            let wide = used.font.width(&text, size);
            let back = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => wide / 2.0,
                Anchor::End => wide,
            };
            let matrix = if upwards {
                [0.0, 1.0, -1.0, 0.0, x as f32, up(y + back)]
            } else {
                [1.0, 0.0, 0.0, 1.0, (x - back) as f32, up(y)]
            };
            filled(content, color);
            content.begin_text().set_font(FONTS[usize::from(bold)], size as f32).set_text_matrix(matrix);
            content.show(Str(&used.bytes(&text))).end_text();
        }
    }
}

fn filled(content: &mut Content, Color(red, green, blue): Color) {
    let [red, green, blue] = [red, green, blue].map(|part| f32::from(part) / 255.0);
    content.set_fill_rgb(red, green, blue);
}

fn stroked(content: &mut Content, Color(red, green, blue): Color, width: f64, dashed: bool) {
    let [red, green, blue] = [red, green, blue].map(|part| f32::from(part) / 255.0);
    content.set_stroke_rgb(red, green, blue).set_line_width(width as f32);
    if dashed {
        content.set_dash_pattern([4.7, 3.1], 0.0);
    } else {
        content.set_dash_pattern([], 0.0);
    }
}

fn path(content: &mut Content, points: &[(f64, f64)]) {
    let known = points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
    for (i, (x, y)) in known.enumerate() {
        let (x, y) = (*x as f32, (PAGE.1 - y) as f32);
        if i == 0 {
            content.move_to(x, y)
        } else {
            content.line_to(x, y)
        };
    }
}

fn circle(content: &mut Content, x: f32, y: f32, radius: f32) {
    let bend = radius * ROUND as f32;
    content.move_to(x + radius, y);
    content.cubic_to(x + radius, y + bend, x + bend, y + radius, x, y + radius);
    content.cubic_to(x - bend, y + radius, x - radius, y + bend, x - radius, y);
    content.cubic_to(x - radius, y - bend, x - bend, y - radius, x, y - radius);
    content.cubic_to(x + bend, y - radius, x + radius, y - bend, x + radius, y).close_path();
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(Error::Pack)
}

impl<'a> Used<'a> {
    fn new(font: &'a Font) -> Used<'a> {
        Used { font, glyphs: GlyphRemapper::new(), said: BTreeMap::new() }
    }

    /// The text as the numbers of its glyphs, two bytes each.
    fn bytes(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            let (glyph, width) = self.font.glyph(c);
            let number = self.glyphs.remap(glyph.0);
            self.said.entry(number).or_insert((c, width));
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// Writes the type as one whose glyphs are told by number (ISO 32000-1, 9.7), with the glyphs that are used.
    fn write(&self, pdf: &mut Pdf, at: Ref, numbers: &mut Numbers) -> Result<(), Error> {
        let [cid, descriptor, file, unicode] = std::array::from_fn(|_| numbers.next());
        let name = format!("NARUKO+{}", self.font.name);
        let name = Name(name.as_bytes());
        pdf.type0_font(at)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(unicode);
        let mut written = pdf.cid_font(cid);
        written.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(descriptor);
        written.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = written.widths();
        for (number, (_, width)) in &self.said {
            widths.consecutive(*number, [(width * 1000.0) as f32]);
        }
        widths.finish();
        written.finish();
        let face = &self.font.face;
        let scale = |units: i16| f32::from(units) * 1000.0 / f32::from(face.units_per_em());
        let bounds = face.global_bounding_box();
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(
                scale(bounds.x_min),
                scale(bounds.y_min),
                scale(bounds.x_max),
                scale(bounds.y_max),
            ))
            .italic_angle(0.0)
            .ascent(scale(face.ascender()))
            .descent(scale(face.descender()))
            .cap_height(scale(face.capital_height().unwrap_or(face.ascender())))
            .stem_v(if self.font.name.ends_with("Bold") { 140.0 } else { 80.0 })
            .font_file2(file);
        let subset = subsetter::subset(self.font.data, 0, &self.glyphs)
            .map_err(|error| Error::Type(error.to_string()))?;
        pdf.stream(file, &packed(&subset)?)
            .filter(Filter::FlateDecode)
            .pair(Name(b"Length1"), subset.len() as i32);
        let mut map = UnicodeCmap::new(Name(b"naru-unicode"), IDENTITY);
        for (number, (c, _)) in &self.said {
            map.pair(*number, *c);
        }
        pdf.cmap(unicode, &packed(&map.finish().into_vec())?).filter(Filter::FlateDecode);
        Ok(())
    }
}
