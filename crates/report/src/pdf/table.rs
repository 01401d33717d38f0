//! Tables on paper: columns as wide as their content wants, cells broken into lines, rows kept whole, the head on every page.

use std::rc::Rc;

use naru_model::report::{Anchor, Shape, Table, Tone};

use super::blocks::{EDGE, HEAD, INK, Type, colors};
use super::flow::Piece;
use super::font::Fonts;
use super::{HEIGHT, MM, WIDTH, words};

const CELL: Type = Type { size: 9.0, line: 1.45, bold: false, color: INK };
const TH: Type = Type { bold: true, ..CELL };
const PADDING: (f64, f64) = (2.0 * MM, 1.4 * MM);
/// Of the page, what the longest word may claim for its column.
const LONGEST: f64 = 0.35;
/// The narrowest column: a letter and its padding.
const NARROWEST: f64 = 2.0 * PADDING.0 + 12.0;

/// A cell to be drawn.
struct Set<'a> {
    text: &'a str,
    tone: Tone,
    right: bool,
}

pub(super) fn add(table: &Table, fonts: &Fonts, pieces: &mut Vec<Piece>) {
    if table.head.is_empty() {
        return;
    }
    let columns = columns(table, fonts);
    let right = |column: usize| table.right.contains(&column);
    let head: Vec<Set<'_>> = table
        .head
        .iter()
        .enumerate()
        .map(|(i, text)| Set { text, tone: Tone::Plain, right: right(i) })
        .collect();
    let begin = pieces.len();
    let mut head = rows(&head, &columns, TH, HEIGHT / 3.0, fonts);
    head.truncate(1);
    let Some(mut head) = head.pop() else { return };
    head.keep = !table.rows.is_empty();
    let again = Rc::new(Piece { keep: false, ..head.clone() });
    let most = HEIGHT - head.height - 1.0;
    pieces.push(head);
    for row in &table.rows {
        let cells = row.iter().enumerate();
        let cells: Vec<Set<'_>> =
            cells.map(|(i, cell)| Set { text: &cell.text, tone: cell.tone, right: right(i) }).collect();
        let parts = rows(&cells, &columns, CELL, most, fonts);
        pieces.extend(parts.into_iter().map(|part| Piece { head: Some(Rc::clone(&again)), ..part }));
    }
    pieces[begin].above = 3.0 * MM;
    pieces.last_mut().into_iter().for_each(|piece| piece.below = 3.0 * MM);
}

/// A row in as many pieces as it takes for none to be higher than that: one, but for cells with a page of text.
fn rows(cells: &[Set<'_>], columns: &[f64], kind: Type, most: f64, fonts: &Fonts) -> Vec<Piece> {
    let font = fonts.of(kind.bold);
    let broken: Vec<Vec<String>> = cells
        .iter()
        .zip(columns)
        .map(|(cell, wide)| words::lines(cell.text, font, kind.size, wide - 2.0 * PADDING.0 + 0.01))
        .collect();
    let lines = broken.iter().map(Vec::len).max().unwrap_or(1);
    let at_once = (((most - 2.0 * PADDING.1) / kind.height()) as usize).max(1);
    let parts = (0..lines).step_by(at_once);
    parts.map(|from| part(cells, &broken, columns, kind, (from, (from + at_once).min(lines)))).collect()
}

/// The lines `from` to `to` of each cell.
fn part(
    cells: &[Set<'_>],
    broken: &[Vec<String>],
    columns: &[f64],
    kind: Type,
    (from, to): (usize, usize),
) -> Piece {
    let height = (to - from) as f64 * kind.height() + 2.0 * PADDING.1;
    let mut shapes = Vec::new();
    let mut x = 0.0;
    for ((cell, lines), wide) in cells.iter().zip(broken).zip(columns) {
        let fill = if kind.bold { HEAD } else { colors(cell.tone).0 };
        shapes.push(Shape::Rect { x, y: 0.0, width: *wide, height, fill, edge: Some(EDGE) });
        let (left, anchor) =
            if cell.right { (x + wide - PADDING.0, Anchor::End) } else { (x + PADDING.0, Anchor::Start) };
        let lines = lines.iter().take(to).skip(from).enumerate().filter(|(_, line)| !line.is_empty());
        shapes.extend(lines.map(|(i, line)| kind.shape((left, PADDING.1), i, line.clone(), anchor)));
        x += wide;
    }
    Piece { height, shapes, ..Piece::default() }
}

/// How wide the columns are: all together as wide as the page.
fn columns(table: &Table, fonts: &Fonts) -> Vec<f64> {
    let (least, wanted) = wishes(table, fonts);
    let all: f64 = least.iter().sum();
    if all >= WIDTH {
        return least.iter().map(|least| least * WIDTH / all).collect();
    }
    let given = table.widths.len() == least.len() && table.widths.iter().any(|width| *width > 0);
    let shares: Vec<f64> = if given {
        table.widths.iter().map(|width| f64::from(*width)).collect()
    } else {
        wanted.iter().map(|wanted| wanted.min(WIDTH * 0.6)).collect()
    };
    let sum: f64 = shares.iter().sum();
    let mut wide: Vec<f64> = shares.iter().map(|share| share * WIDTH / sum).collect();
    // Who has less than the longest word needs takes it from those who have more than that.
    let missing: f64 = wide.iter().zip(&least).map(|(wide, least)| (least - wide).max(0.0)).sum();
    let spare: f64 = wide.iter().zip(&least).map(|(wide, least)| (wide - least).max(0.0)).sum();
    for (wide, least) in wide.iter_mut().zip(&least) {
        *wide = if *wide < *least {
            *least
        } else {
            *wide - (*wide - least) * missing / spare.max(f64::MIN_POSITIVE)
        };
    }
    wide
}

/// Of each column the least that breaks no word, and what breaks no line.
fn wishes(table: &Table, fonts: &Fonts) -> (Vec<f64>, Vec<f64>) {
    let one = |column: usize| {
        let (mut least, mut wanted) = words::extent(&table.head[column], &fonts.bold, TH.size);
        for row in &table.rows {
            let (word, line) =
                words::extent(row.get(column).map_or("", |cell| &cell.text), &fonts.regular, CELL.size);
            // A number is not broken.
            least = least.max(if table.right.contains(&column) { line } else { word });
            wanted = wanted.max(line);
        }
        let padding = 2.0 * PADDING.0;
        ((least.min(WIDTH * LONGEST) + padding).max(NARROWEST), (wanted + padding).max(NARROWEST))
    };
    (0..table.head.len()).map(one).unzip()
}
