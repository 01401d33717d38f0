use std::sync::{Arc, Mutex};
use std::time::Duration;

use naru_model::record::{Fault, RequestRecord};
use naru_model::series::{Period, Subject};

use super::merge::DAY;
use super::{Ledger, MINUTE};
use crate::archive::fixture::{names, record};
use crate::cell::{Cell, Sample};
use crate::gauge::{Gauge, Reading};
use crate::live::Figures;

const NOON: u32 = 1_795_219_200;

fn ledger(folder: &tempfile::TempDir) -> (Ledger, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::new({
        let said = said.clone();
        move |line: &str| said.lock().unwrap().push(line.to_owned())
    });
    (Ledger::open(folder.path(), log).unwrap(), said)
}

/// `requests` in a minute, one of them failed, and a gauge that stood at 3.
fn minute(start: u32, requests: u32) -> Figures {
    let mut cell = Cell::default();
    for n in 0..requests {
        let fault = if n == 0 { Fault::Service } else { Fault::None };
        cell.add_sample(&Sample::of(&RequestRecord { fault, ..record(1, 1, 1) }, Duration::from_millis(500)));
    }
    let mut gauges = Reading::at(start);
    gauges.add(Gauge::InFlight, Some(3.0));
    Figures { start, seconds: MINUTE, cell, gauges: Some(gauges) }
}

fn service(n: u32) -> Subject {
    Subject::Service(format!("service-{n}").parse().unwrap())
}

fn always() -> Period {
    Period { from: 0, to: u32::MAX }
}

/// Start, length and requests of each.
fn seen(ledger: &Ledger, subject: &Subject, period: Period) -> Vec<(u32, u32, u64)> {
    let figures = ledger.figures(subject, period).into_iter();
    figures.map(|figures| (figures.start, figures.seconds, figures.cell.counts.requests())).collect()
}

#[test]
fn minutes_are_kept_over_hours_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut wanted = Vec::new();
    for round in 0..3 {
        let (ledger, said) = ledger(&folder);
        for n in round * 50..(round + 1) * 50 {
            let start = NOON + n * MINUTE;
            assert!(ledger.keep(&[(service(1), minute(start, n + 1)), (service(2), minute(start, 1))]));
            wanted.push((start, MINUTE, u64::from(n) + 1));
        }
        assert_eq!(ledger.last(), Some(NOON + (round * 50 + 49) * MINUTE));
        assert_eq!(seen(&ledger, &service(1), always()), wanted);
        assert_eq!(said.lock().unwrap().len(), 0);
    }
    let (ledger, _) = ledger(&folder);
    assert_eq!(seen(&ledger, &service(1), always()), wanted);
    let period = Period { from: NOON + 90 * MINUTE, to: NOON + 95 * MINUTE };
    assert_eq!(seen(&ledger, &service(1), period), wanted[90..95]);
    assert_eq!(seen(&ledger, &Subject::All, always()), []);
    let first = &ledger.figures(&service(2), period)[0];
    assert_eq!(
        (first.cell.counts.fault(Fault::Service), first.gauges.unwrap().get(Gauge::InFlight)),
        (1, Some(3.0))
    );
}

#[test]
fn what_is_older_is_kept_by_longer_stretches_and_then_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, said) = ledger(&folder);
    for n in 0..180 {
        assert!(kept.keep(&[(service(1), minute(NOON + n * MINUTE, 10))]));
    }
    let total = |ledger: &Ledger| {
        seen(ledger, &service(1), always()).iter().map(|(.., requests)| requests).sum::<u64>()
    };
    // Closes the last hour.
    assert!(kept.keep(&[(service(1), minute(NOON + DAY, 10))]));
    kept.tidy(NOON + 4 * DAY, 31 * DAY);
    let stretches = seen(&kept, &service(1), Period { from: 0, to: NOON + DAY });
    assert!(
        stretches.len() == 18
            && stretches.iter().all(|(_, seconds, requests)| (*seconds, *requests) == (600, 100))
    );
    kept.tidy(NOON + 12 * DAY, 31 * DAY);
    let stretches = seen(&kept, &service(1), Period { from: 0, to: NOON + DAY });
    assert!(
        stretches.len() == 3
            && stretches.iter().all(|(_, seconds, requests)| (*seconds, *requests) == (3600, 600))
    );
    let (again, _) = ledger(&folder);
    assert_eq!(total(&again), 1810);
    again.tidy(NOON + 40 * DAY, 31 * DAY);
    assert_eq!(total(&again), 0);
    assert_eq!(said.lock().unwrap().len(), 0);
}

#[test]
fn a_kill_between_the_longer_stretches_and_the_removal_of_the_shorter_counts_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, _) = ledger(&folder);
    for n in 0..61 {
        assert!(kept.keep(&[(service(1), minute(NOON + n * MINUTE, 1))]));
    }
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().path();
    let files = || std::fs::read_dir(folder.path()).unwrap().map(name).filter(|p| p.extension().is_some());
    let shorter = files().next().unwrap();
    let copy = std::fs::read(&shorter).unwrap();
    kept.tidy(NOON + 4 * DAY, 31 * DAY);
    assert!(!shorter.exists());
    drop(kept);
    std::fs::write(&shorter, copy).unwrap();
    let (again, said) = ledger(&folder);
    assert_eq!(seen(&again, &service(1), always()).iter().map(|(.., requests)| requests).sum::<u64>(), 61);
    assert_eq!((files().count(), said.lock().unwrap().len()), (2, 0));
}

#[test]
fn a_damaged_file_is_said_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, _) = ledger(&folder);
    for n in 0..61 {
        assert!(kept.keep(&[(service(1), minute(NOON + n * MINUTE, 1))]));
    }
    drop(kept);
    std::fs::write(folder.path().join("figures-60-20260101T000000Z-40.parquet"), b"garbage").unwrap();
    let (again, said) = ledger(&folder);
    assert_eq!(seen(&again, &service(1), always()).len(), 61);
    let said = said.lock().unwrap();
    assert!(said.len() == 1 && said[0].contains("-40.parquet"), "{said:?}");
}

#[test]
fn minutes_that_were_not_over_are_made_again_of_the_journal_and_add_up_with_what_came_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, _) = ledger(&folder);
    assert!(kept.keep(&[(service(1), minute(NOON, 5))]));
    let mut rebuilt = super::Rebuilt::after(kept.last());
    let at = |second: u32| naru_model::units::Timestamp(u64::from(second) * 1_000_000);
    for second in [NOON + 30, NOON + 70, NOON + 80, NOON + 130] {
        rebuilt.add(&RequestRecord { start: at(second), user: 7, ..record(1, 1, 1) }, &names());
    }
    for minute in rebuilt.minutes(&names()) {
        assert!(kept.keep(&minute));
    }
    assert!(kept.keep(&[(service(1), minute(NOON + 120, 5))]));
    let wanted = [(NOON, 60, 5), (NOON + 60, 60, 2), (NOON + 120, 60, 6)];
    assert_eq!(seen(&kept, &service(1), always()), wanted);
    assert_eq!(seen(&kept, &Subject::All, always()), [(NOON + 60, 60, 2), (NOON + 120, 60, 1)]);
    let users = kept.figures(&Subject::All, always())[0].cell.users.as_ref().unwrap().count();
    assert_eq!(users, 1);
}
