//! Deployments and change requests, from tables (CSV) and from `git log`, joined with what went wrong: how often is something
//! changed, and how often is that followed by an outage.

use std::time::Duration;

use naru_model::units::Timestamp;

use super::findings::{self, Consequence, Findings};
use super::load::median;
use super::time::{days, time_of_day, zone};

/// Consequences that are told one by one.
const MAX_CONSEQUENCES: usize = 100;
const MAX_TEXT: usize = 200;
/// Days of a mean month.
const MONTH: f64 = 365.25 / 12.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    Deployment,
    Change,
}

/// Something that was changed, or asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    /// Seconds since 1970: UTC, or of the log's zone when `is_local`.
    pub at: i64,
    pub is_local: bool,
    /// When a change was completed; as `at`.
    pub done: Option<i64>,
    pub text: String,
}

/// All that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pub entries: Vec<Entry>,
    /// Rows without a time.
    pub broken_rows: u64,
    /// A window that begins so long after a deployment counts as its consequence.
    pub within: Duration,
}

/// What the columns of a table say.
#[derive(Debug, Default, Clone, Copy)]
struct Columns {
    time: Option<usize>,
    done: Option<usize>,
    kind: Option<usize>,
    text: Option<usize>,
}

const TIMES: &[&str] = &[
    "time",
    "date",
    "datetime",
    "timestamp",
    "at",
    "when",
    "deployed",
    "deployed_at",
    "requested",
    "requested_at",
    "created",
    "opened",
    "start",
    "일시",
    "날짜",
    "일자",
    "배포일",
    "배포일시",
    "배포시각",
    "요청일",
    "요청일시",
    "접수일",
];
const DONES: &[&str] = &[
    "done",
    "completed",
    "completed_at",
    "closed",
    "closed_at",
    "resolved",
    "finished",
    "end",
    "완료",
    "완료일",
    "완료일시",
    "처리일",
    "처리일시",
];
const KINDS: &[&str] = &["kind", "type", "category", "구분", "종류", "유형"];
const TEXTS: &[&str] = &[
    "what",
    "text",
    "message",
    "title",
    "summary",
    "subject",
    "name",
    "version",
    "description",
    "내용",
    "제목",
    "이름",
    "버전",
    "설명",
];

impl Columns {
    fn named(head: &[String]) -> Columns {
        let find = |names: &[&str]| {
            head.iter().position(|name| names.contains(&name.trim().to_lowercase().as_str()))
        };
        Columns { time: find(TIMES), done: find(DONES), kind: find(KINDS), text: find(TEXTS) }
    }
}

/// Reads a table or the output of `git log`. Rows of a table that say themselves what they are, win over `kind`.
pub fn read(text: &str, kind: EntryKind) -> (Vec<Entry>, u64) {
    let text = text.trim_start_matches('\u{feff}');
    if text.starts_with("commit ") { git(text, kind) } else { table(text, kind) }
}

fn table(text: &str, kind: EntryKind) -> (Vec<Entry>, u64) {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = ['\t', ';', ','].into_iter().find(|c| first.contains(*c)).unwrap_or(',');
    let mut rows = rows(text, delimiter)
        .into_iter()
        .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
        .peekable();
    let mut columns = Columns { time: Some(0), text: Some(1), ..Columns::default() };
    if let Some(head) = rows.peek().map(|head| Columns::named(head)).filter(|head| head.time.is_some()) {
        columns = head;
        rows.next();
    }
    let (mut entries, mut broken) = (Vec::new(), 0);
    for row in rows {
        let cell =
            |column: Option<usize>| column.and_then(|column| row.get(column)).map_or("", |cell| cell.trim());
        let Some((at, is_local)) = time(cell(columns.time)) else {
            broken += 1;
            continue;
        };
        let kind = match cell(columns.kind).to_lowercase().as_str() {
            kind if kind.contains("deploy") || kind.contains("release") || kind.contains("배포") => {
                EntryKind::Deployment
            }
            kind if kind.contains("change")
                || kind.contains("변경")
                || kind.contains("요청")
                || kind.contains("issue") =>
            {
                EntryKind::Change
            }
            _ => kind,
        };
        let done = time(cell(columns.done)).map(|(done, _)| done);
        entries.push(Entry { kind, at, is_local, done, text: short(cell(columns.text)) });
    }
    (entries, broken)
}

fn short(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect()
}

/// Splits a table. Source: RFC 4180.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            _ if letter == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    row.push(cell);
    rows.push(row);
    rows
}

/// Reads `git log` as it prints by default: the date, and the first line of the message.
fn git(text: &str, kind: EntryKind) -> (Vec<Entry>, u64) {
    let (mut entries, mut broken): (Vec<Entry>, u64) = (Vec::new(), 0);
    let (mut at, mut is_open) = (None, false);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("commit ") {
            (at, is_open) = (None, true);
        } else if let Some(date) = line.strip_prefix("Date:").or_else(|| line.strip_prefix("CommitDate:")) {
            at = time(date.trim());
        } else if let Some(message) =
            line.strip_prefix("    ").filter(|message| is_open && !message.trim().is_empty())
        {
            is_open = false;
            match at {
                Some((at, is_local)) => {
                    entries.push(Entry { kind, at, is_local, done: None, text: short(message.trim()) })
                }
                None => broken += 1,
            }
        }
        if is_open && lines.peek().is_none_or(|next| next.starts_with("commit ")) {
            broken += 1;
            is_open = false;
        }
    }
    (entries, broken)
}

/// Reads a time as tables and Git write them: `2024-01-31`, `2024.01.31 10:00`, `2024-01-31T10:00:00+09:00`,
/// `Tue May 19 10:00:00 2015 +0900`. The second part: it names no zone.
fn time(text: &str) -> Option<(i64, bool)> {
    // The T of Tue and Thu parts too, which does no harm: the weekday is not looked at.
    let parts: Vec<&str> = text.split([' ', 'T']).filter(|part| !part.is_empty()).collect();
    if let [_, month, day, clock, year, ref rest @ ..] = parts[..]
        && let Some(month) = month_of(month)
    {
        let day = days(year.parse().ok()?, month, day.parse().ok()?)?;
        let offset = rest.first().and_then(|zone_of| zone(zone_of.as_bytes()));
        let at = day * 86_400 + time_of_day(clock.as_bytes())?;
        return Some((at - i64::from(offset.unwrap_or(0)), offset.is_none()));
    }
    let date: Vec<i64> = parts
        .first()?
        .split(['-', '.', '/'])
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [year @ 1970..2200, month, day] = date[..] else { return None };
    let midnight = days(year, month, day)? * 86_400;
    let Some(clock) = parts.get(1) else { return Some((midnight, true)) };
    let end = clock.find(['+', '-', 'Z', '.']).unwrap_or(clock.len());
    let padded = if end == 5 { format!("{}:00", &clock[..5]) } else { clock[..end].to_owned() };
    let seconds = time_of_day(padded.as_bytes())?;
    let tail = clock[end..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone_text = if tail.is_empty() { parts.get(2).copied().unwrap_or("") } else { tail };
    let offset = zone(zone_text.as_bytes());
    Some((midnight + seconds - i64::from(offset.unwrap_or(0)), offset.is_none()))
}

fn month_of(name: &str) -> Option<i64> {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    names.iter().position(|known| *known == name).map(|index| index as i64 + 1)
}

impl History {
    /// Joins with the windows that were found.
    pub(super) fn join(&self, findings: &Findings) -> findings::History {
        let period = findings.period.clone().unwrap_or_default();
        let utc = |at: i64, is_local: bool| at - if is_local { i64::from(period.offset_seconds) } else { 0 };
        let stamp = |entry: &Entry| Timestamp(utc(entry.at, entry.is_local).max(0) as u64 * 1_000_000);
        let of = |kind: EntryKind| self.entries.iter().filter(move |entry| entry.kind == kind);
        let mut deployed: Vec<(Timestamp, &str)> =
            of(EntryKind::Deployment).map(|entry| (stamp(entry), entry.text.as_str())).collect();
        deployed.sort_unstable();
        let within: Vec<&(Timestamp, &str)> =
            deployed.iter().filter(|(at, _)| (period.from..=period.to).contains(at)).collect();
        let mut consequences: Vec<Consequence> =
            within.iter().filter_map(|(at, what)| self.consequence(*at, what, findings)).collect();
        let followed = consequences.len() as u64;
        consequences.truncate(MAX_CONSEQUENCES);
        let changes: Vec<i64> = of(EntryKind::Change).map(|entry| entry.at).collect();
        let lasted: Vec<f64> = of(EntryKind::Change)
            .filter_map(|entry| Some((entry.done? - entry.at) as f64 / 86_400.0))
            .filter(|days| *days >= 0.0)
            .collect();
        let between: Vec<f64> =
            deployed.windows(2).map(|pair| pair[1].0.since(pair[0].0).as_secs_f64() / 86_400.0).collect();
        let times: Vec<i64> = deployed.iter().map(|(at, _)| (at.0 / 1_000_000) as i64).collect();
        findings::History {
            within_seconds: self.within.as_secs(),
            deployments: deployed.len() as u64,
            deployments_in_period: within.len() as u64,
            deployments_per_month: per_month(&times),
            median_days_between: (!between.is_empty()).then(|| median(between)),
            followed,
            followed_share: followed as f64 / within.len().max(1) as f64,
            changes: changes.len() as u64,
            changes_per_month: per_month(&changes),
            median_change_days: (!lasted.is_empty()).then(|| median(lasted)),
            open_changes: of(EntryKind::Change).filter(|entry| entry.done.is_none()).count() as u64,
            consequences,
            broken_rows: self.broken_rows,
        }
    }

    /// The first window that began soon after a deployment.
    fn consequence(&self, deployed: Timestamp, what: &str, findings: &Findings) -> Option<Consequence> {
        // A window begins with its minute, so that a deployment within that minute is before it all the same.
        let minute = Timestamp(deployed.0 / 60_000_000 * 60_000_000);
        let soon =
            |window: &&findings::Window| window.from >= minute && window.from <= deployed + self.within;
        let window = findings.windows.iter().find(soon)?;
        Some(Consequence {
            deployed,
            what: what.to_owned(),
            kind: window.kind,
            from: window.from,
            concerned: window.concerned,
        })
    }
}

/// How many come in a mean month, over the time from the first to the last and not less than a month.
fn per_month(times: &[i64]) -> f64 {
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return 0.0 };
    let months = ((last - first) as f64 / 86_400.0 / MONTH).max(1.0);
    times.len() as f64 / months
}

#[cfg(test)]
mod tests;
