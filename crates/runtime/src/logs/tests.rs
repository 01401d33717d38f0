use std::fs;
use std::path::Path;

use naru_model::instance::InstanceId;
use naru_model::units::Timestamp;

use super::read::{self, Position};
use super::*;

fn id(text: &str) -> InstanceId {
    text.parse().unwrap()
}

/// 2026-11-21T09:00:00Z and `micros` more.
fn at(micros: u64) -> Timestamp {
    Timestamp(1_795_251_600_000_000 + micros)
}

/// Writes lines the way a shim does.
fn write(log: &mut LogFile, when: Timestamp, text: &str) {
    let mut batch = Batch::default();
    let mut splitter = Splitter::new(Stream::Out);
    splitter.push(when, text.as_bytes(), &mut batch);
    splitter.finish(when, &mut batch);
    log.write(when, &mut batch);
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_line_is_written_with_its_time_and_stream_and_reads_back() {
    let mut batch = Batch::default();
    Splitter::new(Stream::Err).push(at(123_456), b"oh no\r\n\nsecond\n", &mut batch);
    let expected = "2026-11-21T09:00:00.123456Z e oh no\n2026-11-21T09:00:00.123456Z e \n\
                    2026-11-21T09:00:00.123456Z e second\n";
    assert_eq!(String::from_utf8(batch.bytes.clone()).unwrap(), expected);
    assert_eq!(batch.lines, 3);
    let first = parse(&id("a-1-1"), batch.bytes.split(|b| *b == b'\n').next().unwrap()).unwrap();
    assert_eq!((first.at, first.stream, first.text.as_str()), (at(123_456), Stream::Err, "oh no"));
    assert_eq!(parse(&id("a-1-1"), b"not a log line"), None);
}

#[test]
fn a_line_that_comes_in_pieces_is_one_line() {
    let (mut batch, mut splitter) = (Batch::default(), Splitter::new(Stream::Out));
    for piece in ["he", "ll", "o\nwor"] {
        splitter.push(at(0), piece.as_bytes(), &mut batch);
    }
    assert_eq!(batch.lines, 1);
    splitter.finish(at(0), &mut batch);
    assert!(batch.bytes.ends_with(b" o wor\n"));
    splitter.finish(at(0), &mut batch);
    assert_eq!(batch.lines, 2);
}

#[test]
fn a_line_that_is_too_long_goes_on_in_the_next_and_no_character_is_cut() {
    // However it is cut into reads, what comes out is the same text.
    let long = "가".repeat(MAX_LINE / 2) + "\nnext\n";
    for step in [1000, 70_000] {
        let (mut batch, mut splitter) = (Batch::default(), Splitter::new(Stream::Out));
        for piece in long.as_bytes().chunks(step) {
            splitter.push(at(0), piece, &mut batch);
        }
        let lines = batch.bytes.split(|b| *b == b'\n').filter_map(|line| parse(&id("a-1-1"), line));
        let lines: Vec<Line> = lines.collect();
        assert!(lines.iter().all(|line| line.text.len() <= MAX_LINE && !line.text.contains('\u{fffd}')));
        let continues: Vec<bool> = lines.iter().map(|line| line.continues).collect();
        assert_eq!(continues, [true, false, false], "read by {step}");
        assert_eq!(lines[0].text.clone() + &lines[1].text + "\nnext\n", long);
    }
}

#[test]
fn the_last_lines_are_merged_by_time_over_instances() {
    let folder = tempfile::tempdir().unwrap();
    let service = "a".parse().unwrap();
    assert_eq!(tail(folder.path(), &service, 10).unwrap(), []);
    let (one, two) = (path(folder.path(), &id("a-1-1")), path(folder.path(), &id("a-1-2")));
    let (mut one, mut two) = (LogFile::new(one), LogFile::new(two));
    for n in 0..6 {
        write(if n % 2 == 0 { &mut one } else { &mut two }, at(n), &format!("line {n}"));
    }
    assert_eq!(texts(&tail(folder.path(), &service, 3).unwrap()), ["line 3", "line 4", "line 5"]);
    assert_eq!(tail(folder.path(), &service, 100).unwrap().len(), 6);
    assert_eq!(tail(folder.path(), &service, 0).unwrap(), []);
}

#[test]
fn the_last_lines_are_found_across_blocks_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let current = path(folder.path(), &id("a-1-1"));
    let mut log = LogFile::new(current.clone());
    // Lines of 1,000 bytes: far more than one block of 64 KiB, and more than one file.
    let total = MAX_FILE / 1000 + 500;
    for n in 0..total {
        write(&mut log, at(n), &format!("{n:>966}"));
    }
    assert!(generation(&current, 1).exists());
    assert!(fs::metadata(&current).unwrap().len() < 1_000_000);
    let lines = tail(folder.path(), &"a".parse().unwrap(), 1000).unwrap();
    let numbers: Vec<u64> = lines.iter().map(|line| line.text.trim().parse().unwrap()).collect();
    assert_eq!(numbers, (total - 1000..total).collect::<Vec<_>>());
}

#[test]
fn four_files_are_kept_and_each_is_at_most_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let current = path(folder.path(), &id("a-1-1"));
    let mut log = LogFile::new(current.clone());
    let block = format!("{}\n", "x".repeat(10_000)).repeat(300);
    for n in 0..30 {
        write(&mut log, at(n), &block);
    }
    let sizes: Vec<u64> =
        (0..5).filter_map(|n| fs::metadata(generation(&current, n)).ok()).map(|file| file.len()).collect();
    assert_eq!(sizes.len(), FILES);
    assert!(sizes.iter().all(|size| (1..=MAX_FILE).contains(size)), "{sizes:?}");
}

/// Reads all that is new, in as many steps as it takes.
fn drain(follower: &mut Follower) -> Vec<Line> {
    let mut all = Vec::new();
    loop {
        let lines = follower.read().unwrap();
        if lines.is_empty() {
            return all;
        }
        all.extend(lines);
    }
}

#[test]
fn a_follower_misses_and_doubles_nothing_over_rotations_and_new_instances() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = LogFile::new(path(folder.path(), &id("a-1-1")));
    write(&mut log, at(0), "before");
    let (lines, mut follower) = Follower::start(folder.path(), &"a".parse().unwrap(), 10).unwrap();
    assert_eq!(texts(&lines), ["before"]);
    assert_eq!(drain(&mut follower), []);
    // Two rotations between two looks.
    let block = |n: u64| (0..1000).map(|i| format!("{n} {i} {}\n", "x".repeat(10_000))).collect::<String>();
    for n in 1..=4 {
        write(&mut log, at(n), &block(n));
    }
    let mut other = LogFile::new(path(folder.path(), &id("a-2-1")));
    write(&mut other, at(9), "after");
    let lines = drain(&mut follower);
    assert_eq!(lines.len(), 4001);
    let of_first = lines.iter().filter(|line| line.instance == id("a-1-1"));
    let heads = of_first.map(|line| line.text[..8].trim_end_matches('x').trim().to_owned());
    let expected = (1..=4).flat_map(|n| (0..1000).map(move |i| format!("{n} {i}")));
    assert!(heads.eq(expected));
}

#[test]
fn a_line_that_is_half_written_is_read_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let current = folder.path().join("a-1-1.log");
    fs::write(&current, "2026-11-21T09:00:00.000001Z o one\n2026-11-21T09:00:00.000002Z o tw").unwrap();
    let (lines, mut position) = read::last(&id("a-1-1"), &current, 5).unwrap();
    assert_eq!(texts(&lines), ["one"]);
    append(&current, "o\n");
    assert_eq!(texts(&read::more(&id("a-1-1"), &current, &mut position).unwrap()), ["two"]);
    let mut from_start = Position::default();
    assert_eq!(read::more(&id("a-1-1"), &current, &mut from_start).unwrap().len(), 2);
}

fn append(path: &Path, text: &str) {
    use std::io::Write;
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn what_can_t_be_written_is_dropped_and_counted_and_said_later() {
    let folder = tempfile::tempdir().unwrap();
    let current = path(folder.path(), &id("a-1-1"));
    // A file where the folder should be: nothing can be opened below it.
    fs::write(folder.path().join("a"), "").unwrap();
    let mut log = LogFile::new(current.clone());
    write(&mut log, at(0), "one\ntwo");
    assert!(log.retry_at().is_some());
    write(&mut log, at(1), "three");
    fs::remove_file(folder.path().join("a")).unwrap();
    let mut batch = Batch::default();
    log.write(at(2), &mut batch);
    write(&mut log, at(3), "four");
    let lines = tail(folder.path(), &"a".parse().unwrap(), 10).unwrap();
    assert_eq!(lines[0].stream, Stream::Naru);
    assert!(lines[0].text.starts_with("3 lines were dropped: "), "{}", lines[0].text);
    assert_eq!(texts(&lines[1..]), ["four"]);
    assert_eq!(log.retry_at(), None);
}

#[test]
fn logs_of_instances_that_are_known_are_never_pruned() {
    let folder = tempfile::tempdir().unwrap();
    for n in 1..=60 {
        write(&mut LogFile::new(path(folder.path(), &id(&format!("a-1-{n}")))), at(n), "x");
    }
    let known = (1..=5).map(|n| id(&format!("a-1-{n}"))).collect();
    prune(folder.path(), &"a".parse().unwrap(), &known).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 55);
    assert!(known.iter().all(|id| path(folder.path(), id).exists()));
}
