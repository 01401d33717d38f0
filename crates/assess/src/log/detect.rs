//! Which format a log has, found from its first lines: every format that could be is tried on them, and the one wins that reads
//! most.

use super::json::{Keys, Reader};
use super::line::{Unit, micros};
use super::pattern::{COMBINED, COMMON, Pattern};
use super::time::Clock;

/// Apache's formats with the virtual host in front.
const VIRTUAL_COMMON: &str = r#"%v %h %l %u %t "%r" %>s %b"#;
const VIRTUAL_COMBINED: &str = r#"%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;
/// HAProxy's `option httplog`. Source: HAProxy Configuration Manual, 8.2.3 HTTP log format.
const HAPROXY: &str = r#"%h:%o [%{%d/%b/%Y:%H:%M:%S.%f}t] %o %o %o/%o/%o/%o/%{ms}T %>s %B %R "%r""#;
/// AWS' application load balancers. Source: Elastic Load Balancing, Application Load Balancers, Access log entries.
const LOAD_BALANCER: &str =
    r#"%o %{%Y-%m-%dT%H:%M:%S.%fZ}t %o %h:%o %o %o %T %o %>s %o %I %O "%r" "%{User-Agent}i" %R"#;

/// Lines that are looked at.
const SAMPLE: usize = 500;

/// How lines of a file are read.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Text(Pattern),
    /// Columns come with the file's own `#Fields` lines.
    W3c,
    Json(Keys),
}

/// What the first lines tell.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) format: Format,
    /// Of the first time, seconds east of UTC; absent when no line could be read.
    pub(super) offset: Option<i32>,
    pub(super) unit: Option<Unit>,
}

impl Format {
    /// As findings name it.
    pub(super) fn name(&self) -> String {
        match self {
            Format::Text(pattern) => pattern.text.clone(),
            Format::W3c => "w3c".to_owned(),
            Format::Json(_) => "json".to_owned(),
        }
    }
}

/// The first lines of `head` that are no remarks.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = match memchr::memrchr(b'\n', head) {
        Some(end) => &head[..end],
        None => head,
    };
    whole
        .split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .take(SAMPLE)
}

/// Looks at a file's beginning. `None` when no format reads any of its lines; a file without a line is a `combined` one.
pub(super) fn detect(head: &[u8], keys: &Keys, clock: &Clock) -> Option<Found> {
    let is_fields = |line: &[u8]| line.starts_with(b"#Fields:");
    if head.split(|b| *b == b'\n').take(50).any(is_fields) {
        return Some(Found { format: Format::W3c, offset: Some(0), unit: Some(Unit::Millis) });
    }
    let count = lines(head).count();
    if count == 0 {
        return Some(Found {
            format: Format::Text(Pattern::new("combined").ok()?),
            offset: None,
            unit: None,
        });
    }
    if lines(head).filter(|line| line.trim_ascii_start().starts_with(b"{")).count() * 2 > count {
        return json(head, keys, clock);
    }
    // With the virtual host in front first: a user's name may have blanks, so that the others would take the host for the client.
    let candidates = [VIRTUAL_COMBINED, VIRTUAL_COMMON, COMBINED, COMMON, HAPROXY, LOAD_BALANCER];
    let relayed = lines(head).filter(|line| is_relayed(line)).count() * 2 > count;
    let mut best: Option<(usize, Found)> = None;
    // Several addresses in front, parted by commas, are clients and no hosts.
    let listed = |line: &&[u8]| line.split(|b| *b == b' ').next().is_some_and(|first| first.ends_with(b","));
    let lists = lines(head).filter(listed).count() > 0;
    for text in candidates.into_iter().filter(|text| !(lists && text.starts_with("%v"))) {
        let text = if relayed { format!("{RELAYED}{text}") } else { text.to_owned() };
        let Ok(pattern) = Pattern::new(&text) else { continue };
        // Exactly so, or with more behind it.
        for pattern in [pattern.clone(), tail(&pattern, head, clock)] {
            let (read, offset) = score(&pattern, head, clock);
            if read > best.as_ref().map_or(0, |(most, _)| *most) {
                let unit = pattern.unit();
                best = Some((read, Found { format: Format::Text(pattern), offset, unit }));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// What syslog puts before a line: `Feb  6 12:14:14 web1 nginx: `.
const RELAYED: &str = "%o: ";

/// Whether syslog has put its head in front: time, host and program, before anything is quoted.
fn is_relayed(line: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(line, b": ") else { return false };
    let words = line[..end].split(|b| *b == b' ').filter(|word| !word.is_empty());
    words.count() >= 3 && !line[..end].contains(&b'"')
}

/// What to do about a file that no format reads, by what it looks like.
pub(super) fn hint(head: &[u8], line: &[u8]) -> &'static str {
    let has = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(line, word).is_some());
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        "it is text in UTF-16: turn it into UTF-8, as with iconv -f UTF-16 -t UTF-8, and give that"
    } else if head.contains(&0) {
        "it is no text, nor gzip or zstd: unpack it, or give the log itself"
    } else if has(&[
        b"[error]",
        b":error]",
        b":notice]",
        b":warn]",
        b"[notice]",
        b"[warn]",
        b" INFO ",
        b" ERROR ",
        b" WARN ",
    ]) {
        "it looks like a log of errors or of a program, which names no requests: give the access log (access.log, \
         localhost_access_log)"
    } else if has(&[b" GET /", b" POST /"]) && line.starts_with(b"20") {
        "it looks like a W3C log of IIS without its #Fields line: give the file from its beginning, or put that line in front"
    } else {
        "say with --pattern how its lines are made up, as in --pattern '%h %l %u %t \"%r\" %>s %b %D' or as nginx' log_format has \
         it; for JSON lines say with --key which key says what"
    }
}

/// What a pattern that was given makes of the first lines: their zone.
pub(super) fn with_pattern(pattern: Pattern, head: &[u8], clock: &Clock) -> Found {
    let (_, offset) = score(&pattern, head, clock);
    Found { unit: pattern.unit(), format: Format::Text(pattern), offset }
}

fn score(pattern: &Pattern, head: &[u8], clock: &Clock) -> (usize, Option<i32>) {
    let mut clock = clock.clone();
    let mut offset = None;
    let read = lines(head).filter(|line| {
        let read = pattern.read(line, &mut clock).is_ok();
        if read && offset.is_none() {
            offset = Some(clock.offset);
        }
        read
    });
    (read.count(), offset)
}

/// The pattern with what the lines have behind it: quoted headers are passed over, the first number is a response time.
fn tail(pattern: &Pattern, head: &[u8], clock: &Clock) -> Pattern {
    let mut clock = clock.clone();
    let tails: Vec<&[u8]> = lines(head)
        .filter_map(|line| pattern.read_part(line, &mut clock).ok())
        .map(|(_, rest)| rest)
        .filter(|rest| rest.starts_with(b" "))
        .collect();
    let Some(first) = tails.first() else { return pattern.clone() };
    let columns = columns(first);
    let mut text = pattern.text.clone();
    for (index, column) in columns.iter().enumerate() {
        let number = |rest: &&[u8]| self::columns(rest).get(index).and_then(|column| column.number.clone());
        let numbers: Vec<String> = tails.iter().filter_map(number).collect();
        if numbers.len() * 10 >= tails.len() * 9 {
            let unit = guess(numbers.iter().map(String::as_str));
            let argument = unit.name();
            text.push_str(&format!(" {}%{{{argument}}}T", column.prefix));
            let quote = if column.quoted { "\"" } else { "" };
            let rest = if index + 1 < columns.len() { format!("{quote} %R") } else { quote.to_owned() };
            text.push_str(&rest);
            return Pattern::new(&text).map_or_else(|_| pattern.clone().open(), Pattern::open);
        }
        text.push_str(if column.quoted { " \"%o\"" } else { " %o" });
    }
    pattern.clone().open()
}

/// One of the columns behind a known pattern.
#[derive(Debug)]
struct Column {
    quoted: bool,
    /// `rt=` of `rt=0.123`, with the quote where there is one.
    prefix: String,
    /// Its value when that is a number.
    number: Option<String>,
}

fn columns(rest: &[u8]) -> Vec<Column> {
    let text = String::from_utf8_lossy(rest);
    let mut columns = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() && columns.len() < 16 {
        let (quoted, value, behind) = match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((value, behind)) => (true, value, behind),
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                (false, &rest[..end], &rest[end..])
            }
        };
        let (name, number) =
            value.rsplit_once('=').map_or(("", value), |(name, number)| (&value[..name.len() + 1], number));
        let is_number =
            !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.') && number != ".";
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '='));
        let prefix = if quoted { format!("\"{name}") } else { name.to_owned() };
        columns.push(Column { quoted, prefix, number: (is_number && is_name).then(|| number.to_owned()) });
        rest = behind.trim_start_matches(' ');
    }
    columns
}

fn json(head: &[u8], keys: &Keys, clock: &Clock) -> Option<Found> {
    let mut clock = clock.clone();
    let mut reader = Reader::new(keys.clone());
    let (mut offset, mut timed, mut bare) = (None, false, Vec::new());
    for line in lines(head) {
        let Ok(read) = reader.read(line, &mut clock) else { continue };
        timed |= read.micros.is_some();
        offset = offset.or(Some(clock.offset));
        bare.extend(reader.bare_duration().map(str::to_owned));
    }
    offset?;
    let mut keys = keys.clone();
    if !bare.is_empty() && keys.unit.is_none() {
        keys.unit = Some(guess(bare.iter().map(String::as_str)));
    }
    let unit = if timed { keys.unit } else { None };
    Some(Found { format: Format::Json(keys), offset, unit })
}

/// In which unit response times are written: with a decimal point in seconds; whole numbers by their size.
fn guess<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Unit {
    if values.clone().any(|value| value.contains('.')) {
        return Unit::Seconds;
    }
    let mut numbers: Vec<u64> = values.filter_map(|value| micros(value.as_bytes(), Unit::Micros)).collect();
    numbers.sort_unstable();
    let Some(median) = numbers.get(numbers.len() / 2) else { return Unit::Seconds };
    let zeros = numbers.iter().filter(|number| **number == 0).count();
    match median {
        // Whole seconds of a service that mostly answers within one.
        _ if zeros * 10 > numbers.len() * 6 => Unit::Seconds,
        // A median of five seconds is no service that people use; five milliseconds are one.
        ..5000 => Unit::Millis,
        _ => Unit::Micros,
    }
}

#[cfg(test)]
mod tests;
