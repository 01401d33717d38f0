#![allow(clippy::unwrap_used)]

use super::*;
use crate::priority::score;
use naru_model::language::Language;
use naru_model::report::{Block, Report, Shape};
use naru_report::{Format, render};

const HEAD: &str =
    "system,name,cloud_target,renewal,q1,q2,q3,q4,q5,q6,q7,q8,q9,q10,size,complexity,scalability\n";

fn read(rows: &str) -> Table {
    Table::read("systems.csv", &format!("{HEAD}{rows}"), Language::Ko)
}

fn yes(name: &str, grades: &str) -> String {
    format!("{name},{name},yes,yes,o,o,o,o,o,o,o,o,o,o,{grades}\n")
}

#[test]
fn large_complex_and_poorly_scaling_ones_come_first_and_what_is_kept_last() {
    let rows = yes("small", "1,1,5")
        + &yes("large", "5,4,1")
        + &yes("middling", "3,3,3")
        + "kept,kept,no,yes,,,,,,,,,,,5,5,1\nopen,open,yes,yes,,,,,,,,,,,2,2,2\n"
        + &yes("ungraded", ",,");
    let table = read(&rows);
    assert!(table.broken.is_empty(), "{:?}", table.broken);
    let ranked = rank(&table.systems, Vec::new());
    let order: Vec<(&str, Option<usize>)> =
        ranked.systems.iter().map(|s| (s.verdict.system.as_str(), s.rank)).collect();
    assert_eq!(
        order,
        [
            ("large", Some(1)),
            ("middling", Some(2)),
            ("small", Some(3)),
            ("ungraded", None),
            ("open", Some(4)),
            ("kept", None)
        ]
    );
    assert_eq!((score(5.0, 5.0, 1.0), score(1.0, 1.0, 5.0)), (100.0, 0.0));
}

#[test]
fn broken_rows_are_named_by_line_and_the_others_are_read() {
    let rows = yes("a", "1,1,1")
        + "\"b, with\nlines\",b,perhaps\n"
        + &yes("c", "9,1,1")
        + ",nameless\n"
        + &yes("d", "2,2,2")
        + &yes("e", "1,1,1,1");
    let table = read(&rows);
    let names: Vec<&str> = table.systems.iter().map(|q| q.system.as_str()).collect();
    let lines: Vec<usize> = table.broken.iter().map(|b| b.line).collect();
    assert_eq!((names, lines), (vec!["a", "d"], vec![3, 5, 6, 8]));
    for bad in ["", "name\nx\n", "system,what\nx,y\n", "system,system\n", "system\n\"open\n"] {
        assert_eq!(Table::read("x.csv", bad, Language::Ko).broken.len(), 1, "{bad:?}");
    }
}

#[test]
fn what_excel_writes_in_cp949_is_read_and_what_is_written_opens_there() {
    let (bytes, ..) = encoding_rs::EUC_KR.encode("시스템명,cloud_target\r\n예약 포털,예\r\n");
    let table = Table::read("x.csv", &decode(&bytes), Language::Ko);
    assert_eq!(table.systems[0].system, "예약 포털");
    let mut systems = table.systems;
    systems[0].system = "=1+1,\"x\"".to_owned();
    let mut report = Report::new(Language::Ko, "");
    report.table(rank(&systems, Vec::new()).table(Language::Ko));
    let csv = String::from_utf8(render(&report, Format::Csv).unwrap()).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.contains("\"'=1+1,\"\"x\"\"\""), "{csv}");
}

#[test]
fn hundreds_of_systems_in_one_cell_do_not_lie_on_each_other() {
    let rows: String = (0..300).map(|i| yes(&format!("s{i}"), "5,5,1")).collect();
    let ranked = rank(&read(&rows).systems, Vec::new());
    let report = ranked.report(Language::Ko);
    let picture = report.blocks.iter().find_map(|block| match block {
        Block::Picture(picture) => Some(picture),
        _ => None,
    });
    let shapes = &picture.unwrap().shapes;
    let red = shapes.iter().filter(|shape| matches!(shape, Shape::Polygon { .. })).count();
    assert_eq!(red, 19 + 1, "those of the cell and that of the legend");
    assert!(shapes.iter().any(|shape| matches!(shape, Shape::Text { text, .. } if text == "+281")));
    let html = String::from_utf8(render(&report, Format::Html).unwrap()).unwrap();
    assert!(html.contains("<svg") && !html.contains("<script"));
}

/// The systems of the examples: read, judged, ranked, each with a target that `naru check` takes and rows for its tender.
#[test]
fn the_examples_hold_together() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/assess");
    let bytes = std::fs::read(format!("{folder}/systems.csv")).unwrap();
    let table = Table::read("systems.csv", &decode(&bytes), Language::Ko);
    assert_eq!((table.systems.len(), table.broken), (21, Vec::new()));
    let mut all = table.systems;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push(Questionnaire::read(&text).unwrap_or_else(|wrong| panic!("{path:?}: {wrong:?}")));
        }
    }
    for q in &all {
        let target = crate::target::of(q, None);
        let machine = naru_config::Machine { cores: 4, memory: naru_model::units::Bytes(8 << 30) };
        let read =
            naru_config::parse("naru.yaml", &target.yaml(q.language), std::path::Path::new("/x"), machine);
        assert!(read.is_ok(), "{}: {}\n{}", q.system, read.unwrap_err(), target.yaml(q.language));
        assert_eq!(crate::tender::of(q, None).rows.len(), 16);
    }
    let kept: Vec<&str> = all
        .iter()
        .filter(|q| crate::verdict::judge(q, None).possible.iter().all(|o| *o != Outcome::Adopt))
        .map(|q| q.name.as_str())
        .collect();
    assert!(kept.contains(&"portal-framework") && !kept.contains(&"portal-civil"), "{kept:?}");
}
