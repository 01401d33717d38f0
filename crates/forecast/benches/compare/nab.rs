//! The Numenta Anomaly Benchmark: its files, and its standard score, written from the facts in the data's README.
//! Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark" (ICMLA 2015).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One file: rows in order, and the windows in which something was wrong.
pub(crate) struct File {
    pub(crate) name: String,
    /// Seconds since 1970, as the file's own clock shows them.
    pub(crate) at: Vec<i64>,
    pub(crate) values: Vec<f64>,
    /// First and last row of each window.
    pub(crate) windows: Vec<(usize, usize)>,
}

impl File {
    /// Rows at the start that are not scored.
    pub(crate) fn probation(&self) -> usize {
        (self.values.len() * 15 / 100).min(750)
    }
}

/// Reads every file that `windows.json` of the folder names.
pub(crate) fn read(folder: &Path) -> Result<Vec<File>, String> {
    let path = folder.join("windows.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let named: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    named.into_iter().map(|(name, windows)| file(folder, name, &windows)).collect()
}

fn file(folder: &Path, name: String, windows: &[(String, String)]) -> Result<File, String> {
    let path = folder.join(&name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (mut at, mut values) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || format!("{} line {}: not `time,value`: {line}", path.display(), number + 1);
        let (time, value) = line.split_once(',').ok_or_else(wrong)?;
        at.push(seconds(time).ok_or_else(wrong)?);
        values.push(value.trim().parse().map_err(|_| wrong())?);
    }
    let windows = windows.iter().map(|(from, to)| {
        let (from, to) = (seconds(from)?, seconds(to)?);
        let first = at.iter().position(|&at| at >= from)?;
        let last = at.iter().rposition(|&at| at <= to)?;
        (first <= last).then_some((first, last))
    });
    let windows =
        windows.collect::<Option<Vec<_>>>().ok_or_else(|| format!("{name}: a window without rows"))?;
    Ok(File { name, at, values, windows })
}

/// `2014-04-10 07:15:00` in seconds since 1970. Days by Hinnant's `days_from_civil`.
fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?)
}

/// Cost of a detection outside every window in the standard profile.
const FALSE_ALARM: f64 = 0.11;

/// What a file's detections are worth, raw; a window missed counts −1.
#[derive(Clone, Copy, Default)]
pub(crate) struct Raw {
    pub(crate) worth: f64,
    pub(crate) windows: usize,
    pub(crate) found: usize,
    pub(crate) false_alarms: usize,
    /// Rows that were scored.
    pub(crate) rows: usize,
}

impl Raw {
    pub(crate) fn add(&mut self, other: Raw) {
        self.worth += other.worth;
        self.windows += other.windows;
        self.found += other.found;
        self.false_alarms += other.false_alarms;
        self.rows += other.rows;
    }

    /// 100 for perfect detections, 0 for none at all. A set of files without windows has no score.
    pub(crate) fn score(&self) -> f64 {
        let windows = self.windows as f64;
        100.0 * (self.worth + windows) / (2.0 * windows)
    }
}

fn position(x: f64) -> f64 {
    if x > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * x).exp()) - 1.0 }
}

/// `detected` are rows in order.
pub(crate) fn score(file: &File, detected: impl Iterator<Item = usize>) -> Raw {
    let mut raw =
        Raw { windows: file.windows.len(), rows: file.values.len() - file.probation(), ..Raw::default() };
    let mut found = vec![false; file.windows.len()];
    for row in detected.filter(|&row| row >= file.probation()) {
        if let Some(index) = file.windows.iter().position(|&(first, last)| first <= row && row <= last) {
            if !found[index] {
                found[index] = true;
                let (first, last) = file.windows[index];
                let width = (last - first + 1) as f64;
                raw.worth += position(-((last - row + 1) as f64) / width) / position(-1.0);
            }
            continue;
        }
        raw.false_alarms += 1;
        let before = file.windows.iter().rev().find(|&&(_, last)| last < row);
        raw.worth += FALSE_ALARM
            * before.map_or(-1.0, |&(first, last)| {
                position((row - last) as f64 / ((last - first) as f64).max(1.0))
            });
    }
    raw.found = found.iter().filter(|&&found| found).count();
    raw.worth -= (raw.windows - raw.found) as f64;
    raw
}
