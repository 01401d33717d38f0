#![allow(clippy::unwrap_used)]

use naru_model::language::Language;
use naru_model::report::{Block, Cell, Color, Picture, Report, Shape, Table, Tone};

use super::*;
use crate::{Format, Format::Pdf};

fn report() -> Report {
    Report::new(Language::Ko, "보고서")
}

fn laid_out(report: &Report) -> Vec<flow::Page> {
    flow::pages(blocks::pieces(report, &Fonts::new().unwrap()))
}

/// The texts of a page, as they stand.
fn texts(page: &flow::Page) -> Vec<&str> {
    let all = page.shapes.iter().filter_map(|shape| match shape {
        Shape::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    all.collect()
}

/// Nothing may lie outside of the margins.
fn assert_within(pages: &[flow::Page]) {
    for shape in pages.iter().flat_map(|page| &page.shapes) {
        let (x, y) = match shape {
            Shape::Rect { x, y, width, height, .. } => (x + width, y + height),
            Shape::Text { x, y, .. } => (*x, *y),
            _ => continue,
        };
        assert!((0.0..=WIDTH + 0.1).contains(&x) && (0.0..=HEIGHT + 0.1).contains(&y), "{shape:?}");
    }
}

#[test]
fn lines_are_broken_between_words_and_within_those_that_are_too_long() {
    let fonts = Fonts::new().unwrap();
    let room = fonts.regular.width("가나다라마", 10.0);
    let broken = |text| words::lines(text, &fonts.regular, 10.0, room);
    assert_eq!(broken("가나다 라마바 사"), ["가나다", "라마바 사"]);
    assert_eq!(broken("첫째\n\n둘째"), ["첫째", "", "둘째"]);
    let path = broken("/www/first/second/third");
    assert!(
        path.len() > 1 && path[0].ends_with('/') && path.concat() == "/www/first/second/third",
        "{path:?}"
    );
    assert_eq!(broken(&"가".repeat(20)).concat(), "가".repeat(20));
    assert_eq!(words::lines("가나", &fonts.regular, 10.0, 0.0), ["가", "나"], "at least a letter a line");
}

#[test]
fn a_chart_is_lower_where_it_would_not_fit_on_the_page_any_more() {
    use naru_model::report::{Axis, Chart, Mark, Series, Tone, Unit};
    let axis = || Axis::new("", Unit::Number);
    let points = vec![(0.0, 0.0), (1.0, 1.0)];
    let series = vec![Series { name: "a".to_owned(), mark: Mark::Line, tone: Tone::Plain, points }];
    let chart = Chart { caption: "추이".to_owned(), x: axis(), y: axis(), series, spans: Vec::new() };
    let mut all = report();
    (0..8).for_each(|_| all.chart(chart.clone()));
    let pages = laid_out(&all);
    assert_within(&pages);
    let on = |page: &flow::Page| texts(page).iter().filter(|text| **text == "추이").count();
    let charts: Vec<usize> = pages.iter().map(on).collect();
    assert_eq!((charts.iter().sum::<usize>(), charts[0]), (8, 4), "{charts:?}");
}

#[test]
fn what_the_type_lacks_is_shown_as_a_box_and_told() {
    let fonts = Fonts::new().unwrap();
    assert_eq!(fonts.regular.shown("a\u{1f600}b\tc\u{200b}\u{7}"), "a□b c□");
    assert_eq!(
        fonts.regular.shown("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}\u{1100}"),
        "한글ᄀ",
        "jamo of macOS"
    );
    let mut odd = report();
    odd.paragraph("가 \u{1f600} 漢 \u{1f600} −");
    assert_eq!(unknown(&odd).unwrap(), ['漢', '\u{1f600}']);
    for font in [&fonts.regular, &fonts.bold] {
        let all = "□−–→×≥≤÷…•℃㎡※①「」가힣AZ09".chars().chain('가'..='힣');
        assert_eq!(all.filter(|c| font.glyph(*c).0.0 == 0).collect::<String>(), "");
    }
}

#[test]
fn tables_break_between_rows_and_have_their_head_on_each_page() {
    let mut long = report();
    let mut table = Table::new(["번호", "내용"]);
    for i in 0..200 {
        table.row([format!("행{i}"), "내용을 적는다 ".repeat(i % 30)].map(Cell::from));
    }
    long.table(table);
    let pages = laid_out(&long);
    assert!(pages.len() > 3);
    assert!(pages.iter().all(|page| texts(page).iter().filter(|text| **text == "번호").count() == 1));
    let rows: Vec<&str> = pages.iter().flat_map(texts).filter(|text| text.starts_with('행')).collect();
    assert_eq!(rows.len(), 200, "each row once");
    assert_within(&pages);
}

#[test]
fn a_cell_longer_than_a_page_goes_on_on_the_next() {
    let mut long = report();
    let mut table = Table { widths: vec![1, 3], ..Table::new(["가", "나"]) };
    table.row([Cell::from("x"), Cell::toned("끝없이 긴 설명 ".repeat(3000), Tone::Bad)]);
    long.table(table);
    long.result(Tone::Warn, "긴 결과 ".repeat(5000));
    let pages = laid_out(&long);
    assert!(pages.len() > 5);
    assert_within(&pages);
}

#[test]
fn a_heading_stays_with_what_follows_and_signatures_stay_together() {
    for filling in 0..60 {
        let mut one = report();
        (0..filling).for_each(|_| one.paragraph("채움"));
        one.heading(1, "제목");
        one.heading(2, "소제목");
        let mut table = Table::new(["머리"]);
        table.row([Cell::from("첫 행")]);
        one.table(table);
        one.blocks.push(Block::Signatures(vec![
            "검수자".to_owned(),
            "확인자".to_owned(),
            "승인자".to_owned(),
        ]));
        let pages = laid_out(&one);
        let page_of = |wanted: &str| pages.iter().position(|page| texts(page).contains(&wanted)).unwrap();
        assert_eq!([page_of("제목"), page_of("소제목"), page_of("머리")], [page_of("첫 행"); 3], "{filling}");
        assert_eq!(page_of("검수자"), page_of("승인자"), "{filling}");
        assert_within(&pages);
    }
}

#[test]
fn the_file_says_its_title_and_language_and_is_the_same_each_time() {
    let mut one = report();
    one.heading(1, "개요");
    one.paragraph("본문");
    let bytes = crate::render(&one, Pdf).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7") && bytes.len() < 100_000, "{} bytes", bytes.len());
    let text = String::from_utf8_lossy(&bytes);
    for part in ["/Lang (ko-KR)", "/ToUnicode", "/FontFile2", "/Outlines", "/DisplayDocTitle true"] {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(bytes, crate::render(&one, Pdf).unwrap());
    assert_eq!("pdf".parse::<Format>().unwrap(), Pdf);
}

#[test]
fn odd_reports_are_drawn_without_a_panic() {
    let mut odd = Report::new(Language::En, "제목 ".repeat(2000));
    odd.about = vec![("이름 ".repeat(500), String::new()), (String::new(), "값".repeat(3000))];
    odd.table(Table::default());
    odd.table(Table { widths: vec![0, 0], right: vec![7], ..Table::new(["", ""]) });
    odd.table(Table::new((0..300).map(|i| format!("열{i}"))));
    odd.blocks.push(Block::Signatures(Vec::new()));
    odd.blocks.push(Block::List(vec![String::new()]));
    let circle = Shape::Circle { x: f64::NAN, y: 1.0, radius: f64::INFINITY, fill: Color(0, 0, 0) };
    for (width, height) in [(f64::NAN, 1.0), (0.0, 0.0), (1.0, 1e9)] {
        odd.blocks.push(Block::Picture(Picture {
            caption: "그림".repeat(9000),
            width,
            height,
            shapes: vec![circle.clone()],
        }));
    }
    crate::render(&odd, Pdf).unwrap();
    assert_eq!(laid_out(&Report::new(Language::En, "")).len(), 1);
}
