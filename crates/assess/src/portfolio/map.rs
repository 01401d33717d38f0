//! The picture of a portfolio: size against complexity in a grid of grades, scalability by shape and colour. Every system is a mark in
//! its cell, so that no two lie on each other however many there are; marks carry the numbers of the table.

use naru_model::language::Language;
use naru_model::report::{Anchor, Color, Picture, Shape};

use super::Ranked;
use crate::priority::Priority;

const GRADES: usize = 5;
const CELL_WIDTH: f64 = 176.0;
const CELL_HEIGHT: f64 = 104.0;
const LEFT: f64 = 76.0;
const TOP: f64 = 44.0;
const MARK_WIDTH: f64 = 42.0;
const MARK_HEIGHT: f64 = 19.0;
const ACROSS: usize = 4;
const DOWN: usize = 5;
const SIZE: f64 = 14.0;
const INK: Color = Color(0x1b, 0x1f, 0x24);
const GREY: Color = Color(0x57, 0x60, 0x6a);
const EDGE: Color = Color(0xc8, 0xd1, 0xda);

/// Nothing when no system has all three grades.
pub(super) fn draw(systems: &[Ranked], language: Language) -> Option<Picture> {
    let mut cells: Vec<Vec<(usize, usize)>> = vec![Vec::new(); GRADES * GRADES];
    for (i, system) in systems.iter().enumerate() {
        if let Some((size, complexity, scalability)) = grades(&system.verdict.priority) {
            cells[(GRADES - complexity) * GRADES + size - 1].push((i + 1, scalability));
        }
    }
    if cells.iter().all(Vec::is_empty) {
        return None;
    }
    let mut shapes = legend(language);
    for (at, members) in cells.iter().enumerate() {
        cell(at % GRADES, at / GRADES, members, &mut shapes);
    }
    let (width, height) = (LEFT + GRADES as f64 * CELL_WIDTH + 8.0, TOP + GRADES as f64 * CELL_HEIGHT + 56.0);
    axes(language, height, &mut shapes);
    let caption = language.pick(
        "규모와 복잡도에 따른 시스템 분포. 번호는 아래 표의 번호이다. 점의 모양과 색은 확장성을 나타낸다. 한 칸에 다 표시하지 못한 시스템은 개수만 적었다.",
        "Systems by size and complexity. Numbers are those of the table (no.). Shape and colour tell the scalability. Where a cell is full, it says how many more there are.",
    );
    Some(Picture { caption: caption.to_owned(), width, height, shapes })
}

/// Size, complexity and scalability, each 1 to 5.
fn grades(priority: &Priority) -> Option<(usize, usize, usize)> {
    let grade =
        |grade: Option<crate::priority::Grade>| grade.map(|g| (g.value.round() as usize).clamp(1, GRADES));
    Some((grade(priority.size)?, grade(priority.complexity)?, grade(priority.scalability)?))
}

/// `members`: each system's number in the table and its scalability.
fn cell(column: usize, row: usize, members: &[(usize, usize)], shapes: &mut Vec<Shape>) {
    let (x, y) = (LEFT + column as f64 * CELL_WIDTH, TOP + row as f64 * CELL_HEIGHT);
    // Towards the upper right both are high: what comes first.
    let shade = 255 - (column + GRADES - 1 - row) as u8 * 4;
    let fill = Color(shade, shade, shade.midpoint(255));
    shapes.push(Shape::Rect { x, y, width: CELL_WIDTH, height: CELL_HEIGHT, fill, edge: Some(EDGE) });
    let room = ACROSS * DOWN;
    let shown = if members.len() > room { room - 1 } else { members.len() };
    let place =
        |i: usize| (x + 4.0 + (i % ACROSS) as f64 * MARK_WIDTH, y + 4.0 + (i / ACROSS) as f64 * MARK_HEIGHT);
    for (i, (number, scalability)) in members.iter().take(shown).enumerate() {
        let (mx, my) = place(i);
        shapes.push(mark(*scalability, mx + 7.0, my + 9.0));
        shapes.push(text((mx + 16.0, my + 13.0), number.to_string(), Anchor::Start));
    }
    if members.len() > shown {
        let (mx, my) = place(shown);
        let more = format!("+{}", members.len() - shown);
        shapes.push(Shape::Text {
            x: mx,
            y: my + 13.0,
            text: more,
            size: SIZE,
            anchor: Anchor::Start,
            color: GREY,
            bold: false,
            upwards: false,
        });
    }
}

/// Poor scalability is a red triangle, middling an amber square, good a green circle.
fn mark(scalability: usize, x: f64, y: f64) -> Shape {
    match scalability {
        ..=2 => {
            let points = vec![(x, y - 6.0), (x + 6.5, y + 5.0), (x - 6.5, y + 5.0)];
            Shape::Polygon { points, fill: Color(0xc4, 0x28, 0x1f) }
        }
        3 => {
            let fill = Color(0xb0, 0x7a, 0);
            Shape::Rect { x: x - 5.0, y: y - 5.0, width: 10.0, height: 10.0, fill, edge: None }
        }
        _ => Shape::Circle { x, y, radius: 5.5, fill: Color(0x1a, 0x7f, 0x37) },
    }
}

fn legend(language: Language) -> Vec<Shape> {
    let items = [
        (1, language.pick("확장성 나쁨 (1~2)", "poor scalability (1, 2)")),
        (3, language.pick("보통 (3)", "middling (3)")),
        (5, language.pick("좋음 (4~5)", "good (4, 5)")),
    ];
    let one = |(i, (grade, words)): (usize, &(usize, &str))| {
        let x = LEFT + 8.0 + i as f64 * 190.0;
        [mark(*grade, x, 20.0), text((x + 12.0, 24.0), (*words).to_owned(), Anchor::Start)]
    };
    items.iter().enumerate().flat_map(one).collect()
}

fn axes(language: Language, height: f64, shapes: &mut Vec<Shape>) {
    for i in 0..GRADES {
        let x = LEFT + (i as f64 + 0.5) * CELL_WIDTH;
        shapes.push(text((x, height - 36.0), (i + 1).to_string(), Anchor::Middle));
        let y = TOP + (i as f64 + 0.5) * CELL_HEIGHT + 4.0;
        shapes.push(text((LEFT - 14.0, y), (GRADES - i).to_string(), Anchor::Middle));
    }
    let (middle, centre) = (LEFT + GRADES as f64 * CELL_WIDTH / 2.0, TOP + GRADES as f64 * CELL_HEIGHT / 2.0);
    let size = language.pick("규모 (클수록 오른쪽)", "size (larger to the right)");
    let complexity = language.pick("복잡도 (높을수록 위)", "complexity (higher up)");
    for (x, y, words, upwards) in [(middle, height - 12.0, size, false), (22.0, centre, complexity, true)] {
        shapes.push(Shape::Text {
            x,
            y,
            text: words.to_owned(),
            size: SIZE,
            anchor: Anchor::Middle,
            color: INK,
            bold: true,
            upwards,
        });
    }
}

fn text((x, y): (f64, f64), text: String, anchor: Anchor) -> Shape {
    Shape::Text { x, y, text, size: SIZE, anchor, color: INK, bold: false, upwards: false }
}
