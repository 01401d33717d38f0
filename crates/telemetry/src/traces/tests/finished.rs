//! Finished files, read piece by piece.

use naru_model::stored::{Kind, Rows};

use super::*;

#[test]
fn finished_files_are_read_as_they_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (traces, _) = store(folder.path(), small(), at_once());
    fill(&traces);
    let rows =
        |kind| traces.finished().iter().filter(|file| file.kind == kind).map(|file| file.rows).sum::<u64>();
    until("the files", || {
        [rows(Kind::Spans), rows(Kind::Logs)] == [6, traces.logs(&lines()).lines.len() as u64]
    });
    let (mut spans, mut found_lines) = (Vec::new(), Vec::new());
    for file in traces.finished() {
        let piece = traces.piece(file.kind, &file.name, 0).unwrap();
        assert_eq!((piece.rows.len() as u64, piece.more), (file.rows, false));
        assert_eq!(traces.piece(file.kind, &file.name, file.rows as u32), None);
        match piece.rows {
            Rows::Spans(rows) => spans.extend(rows),
            Rows::Logs(rows) => found_lines.extend(rows),
            Rows::Transactions(_) => panic!("transactions among spans"),
        }
    }
    for number in 1..=3 {
        let of_trace = spans.iter().filter(|traced| traced.trace_id == [number; 16]);
        let (roots, found): (Vec<bool>, Vec<_>) =
            of_trace.map(|traced| (traced.root, traced.span.clone())).unzip();
        assert_eq!((roots, found), (vec![true, false], traces.trace(&[number; 16]).unwrap().spans));
    }
    found_lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    assert_eq!(found_lines, traces.logs(&lines()).lines);
}
