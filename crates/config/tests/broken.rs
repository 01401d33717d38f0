//! Broken files, each with the message it must get. `UPDATE=1 cargo test -p naru-config --test broken` writes the
//! messages anew; read their difference before committing it.

use std::fs;
use std::path::Path;

/// Relative, as somebody in the crate's folder would name it: messages quote it.
const FOLDER: &str = "tests/broken";

#[test]
fn every_broken_file_gets_its_message() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut files: Vec<_> = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    assert!(files.len() >= 40, "only {} files", files.len());
    let mut different = String::new();
    for path in files {
        let message = message(&path);
        let beside = path.with_extension("txt");
        if update {
            fs::write(&beside, &message).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if message != expected {
            different += &format!("== {}\n{}", path.display(), differing_lines(&expected, &message));
        }
    }
    assert!(different.is_empty(), "messages have changed (- expected, + got):\n{different}");
}

/// Returns what a person would see, without the part of paths that is this checkout's.
fn message(path: &Path) -> String {
    let report = naru_config::load(path).expect_err(&format!("{} is taken for a good file", path.display()));
    for problem in &report.problems {
        assert!(
            problem.help.is_some(),
            "{}: nobody says what to do about {:?}",
            path.display(),
            problem.what
        );
    }
    let here = std::env::current_dir().expect("tests run in the crate's folder");
    format!("{report}\n").replace(&*here.to_string_lossy(), "").replace(&format!("{FOLDER}/"), "")
}

fn differing_lines(expected: &str, got: &str) -> String {
    let (expected, got): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let removed = expected.iter().filter(|line| !got.contains(line)).map(|line| format!("- {line}\n"));
    let added = got.iter().filter(|line| !expected.contains(line)).map(|line| format!("+ {line}\n"));
    removed.chain(added).collect()
}
