#![allow(clippy::unwrap_used)]

use std::io::Read as _;

use naru_model::language::Language;
use naru_model::report::*;

use super::width::{width, wrap};
use super::*;

fn picture() -> Picture {
    let color = Color(0, 10, 255);
    let shapes = vec![
        Shape::Rect { x: 0.0, y: f64::NAN, width: 5.0, height: 5.0, fill: color, edge: Some(color) },
        Shape::Circle { x: 1.0, y: 1.0, radius: 2.0, fill: color },
        Shape::Polygon { points: vec![(0.0, 0.0), (1.0, 0.005), (1.0, 1.0)], fill: color },
        Shape::Line { points: vec![(0.0, 0.0), (1.0, 1.0)], color, width: 1.0, dashed: true },
        Shape::Text {
            x: 9.0,
            y: 9.0,
            text: "</svg>복잡도".to_owned(),
            size: 12.0,
            anchor: Anchor::Middle,
            color,
            bold: true,
            upwards: true,
        },
    ];
    Picture { caption: "그림".to_owned(), width: 20.0, height: 10.0, shapes }
}

fn chart() -> Chart {
    let series = |name: &str, mark, points: &[(f64, f64)]| Series {
        name: name.to_owned(),
        mark,
        tone: Tone::Plain,
        points: points.to_vec(),
    };
    Chart {
        caption: "응답시간 추이".to_owned(),
        x: Axis::new("시각", Unit::Time { offset_seconds: 32_400 }),
        y: Axis::new("p95", Unit::Duration),
        series: vec![
            series("예약", Mark::Line, &[(0.0, 0.1), (3600.0, f64::NAN), (7200.0, 0.4)]),
            series("목표", Mark::Dashed, &[(0.0, 0.5)]),
        ],
        spans: vec![(1800.0, 3600.0, "장애".to_owned())],
    }
}

fn report() -> Report {
    let mut report = Report::new(Language::Ko, "결과 <보고> & \"것\"");
    report.about = vec![("시스템".to_owned(), "예약\u{1}".to_owned())];
    report.heading(1, "표");
    report.result(Tone::Good, "적용");
    report.list(vec!["하나".to_owned(), "둘".to_owned()]);
    let mut table = Table { right: vec![1], widths: vec![3, 1], ..Table::new(["이름", "수"]) };
    table.row([Cell::from("가나다 | <x>\n둘째"), Cell::toned("12", Tone::Bad)]);
    table.row([Cell::from("=SUM(A1), \"x\"")]);
    report.table(table);
    report.blocks.push(Block::Picture(picture()));
    report.chart(chart());
    report.blocks.push(Block::Signatures(vec!["검수자".to_owned(), "확인자".to_owned()]));
    report
}

fn rendered(format: Format) -> String {
    String::from_utf8(render(&report(), format).unwrap()).unwrap()
}

#[test]
fn text_is_never_taken_for_markup() {
    let html = rendered(Format::Html);
    assert!(
        html.contains("결과 &lt;보고&gt; &amp; &quot;것&quot;")
            && html.contains("가나다 | &lt;x&gt;<br>둘째")
    );
    assert!(html.contains("예약\u{fffd}") && !html.contains("<script") && !html.contains("http-equiv"));
    let markdown = rendered(Format::Markdown);
    assert!(markdown.contains("가나다 \\| &lt;x&gt;<br>둘째 | 12 |"), "{markdown}");
    assert!(rendered(Format::Csv).contains("\"'=SUM(A1), \"\"x\"\"\",\r\n"));
}

#[test]
fn columns_of_korean_text_stand_below_each_other() {
    assert_eq!((width("가나 ab"), width("")), (7, 0));
    assert_eq!(wrap("가나 다라 마", 5), ["가나", "다라", "마"]);
    assert_eq!(wrap("가나다라마", 4), ["가나", "다라", "마"]);
    let text = rendered(Format::Text);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("12") || line.contains("이름")).collect();
    assert_eq!(width(lines[0]), width(lines[1]), "{text}");
}

#[test]
fn wide_tables_fit_the_terminal() {
    let mut report = Report::new(Language::En, "x");
    let mut table = Table::new(["a", "b", "c"]);
    table.row(["word ".repeat(40), "가나다 ".repeat(40), "z".repeat(90)].map(Cell::from));
    report.table(table);
    let text = String::from_utf8(render(&report, Format::Text).unwrap()).unwrap();
    assert!(text.lines().all(|line| width(line) <= 100), "{text}");
}

/// The stored name, method, sizes and content of each entry, as a reader of ZIP finds them.
fn unpack(archive: &[u8]) -> Vec<(String, String)> {
    let half = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let word = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap()) as usize;
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let mut at = word(end + 16);
    let mut files = Vec::new();
    for _ in 0..half(end + 10) {
        assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
        let (packed, name_length, offset) = (word(at + 20), half(at + 28), word(at + 42));
        let name = String::from_utf8(archive[at + 46..at + 46 + name_length].to_vec()).unwrap();
        let start = offset + 30 + half(offset + 26) + half(offset + 28);
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(&archive[start..start + packed]).read_to_string(&mut text).unwrap();
        assert_eq!(word(at + 24), text.len());
        files.push((name, text));
        at += 46 + name_length;
    }
    files
}

#[test]
fn a_docx_has_the_parts_that_make_one() {
    let files = unpack(&render(&report(), Format::Docx).unwrap());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "[Content_Types].xml",
            "_rels/.rels",
            "word/_rels/document.xml.rels",
            "word/styles.xml",
            "word/document.xml"
        ]
    );
    let document = &files[4].1;
    assert!(
        document.contains("가나다 | &lt;x&gt;</w:t></w:r><w:r><w:br/></w:r>") && !document.contains('\u{1}')
    );
    assert_eq!(
        render(&report(), Format::Docx).unwrap(),
        render(&report(), Format::Docx).unwrap(),
        "the same report is the same bytes"
    );
}

#[test]
fn pictures_and_charts_are_svg_without_anything_that_runs_or_is_fetched() {
    let html = rendered(Format::Html);
    assert_eq!(html.matches("<svg ").count(), 2);
    assert_eq!(html.matches("</svg>").count(), 2, "text closes no element");
    assert!(html.contains("transform=\"rotate(-90 9 9)\"") && html.contains("y=\"0\" width=\"5\""));
    assert!(html.contains(">장애</text>") && html.contains("목표 (500 ms)"), "{html}");
    assert_eq!(html.matches("http").count(), 2, "the names of SVG alone");
}

#[test]
fn what_cant_draw_tells_a_chart_in_figures() {
    for format in [Format::Text, Format::Markdown] {
        let text = rendered(format);
        assert!(text.contains("응답시간 추이 (1970-01-01 09:00 – 1970-01-01 11:00)"), "{text}");
        assert!(text.contains("1970-01-01 09:30 – 1970-01-01 10:00: 장애"), "{text}");
    }
    assert!(
        rendered(Format::Csv).contains("\r\n예약,100 ms,250 ms,400 ms,400 ms\r\n"),
        "{}",
        rendered(Format::Csv)
    );
}

#[test]
fn people_sign_in_boxes_in_html_in_a_table_elsewhere_and_on_lines_in_a_terminal() {
    assert_eq!(rendered(Format::Html).matches("<section>").count(), 2);
    assert!(rendered(Format::Markdown).contains("| 확인자 |  |  |  |  |"));
    assert!(rendered(Format::Text).contains("서명 또는 인 ____"));
}
