//! Sums and summaries of calls as comma-separated values. Source: RFC 4180.

use naru_model::calls::{Calls, Habit, Moved};
use naru_model::series::{By, Tally};
use naru_model::units::Timestamp;

/// A head of one line, then a line for each row, in the order of the rows.
pub(crate) fn tally(by: &[By], tally: &Tally) -> String {
    let mut text = String::new();
    let names = by.iter().map(|by| name(*by).to_owned());
    line(&mut text, names.chain(COLUMNS.iter().map(|column| (*column).to_owned())));
    for row in &tally.rows {
        let figures = [
            row.calls.to_string(),
            row.client_errors.to_string(),
            row.service_errors.to_string(),
            row.platform_errors.to_string(),
            format!("{:.6}", row.mean_seconds),
            format!("{:.6}", row.p95_seconds),
            format!("{:.6}", row.slowest_seconds),
            row.received_bytes.to_string(),
            row.sent_bytes.to_string(),
            (row.first.0 / 1_000_000).to_string(),
            (row.last.0 / 1_000_000).to_string(),
        ];
        line(&mut text, row.key.iter().map(|key| harmless(key)).chain(figures));
    }
    text
}

/// One line for each thing that stands out: which list it is of, and what that list tells; the other fields are empty.
#[derive(Default)]
struct Told<'a> {
    list: &'static str,
    caller: &'a str,
    route: &'a str,
    requests: Option<u64>,
    before: Option<u64>,
    change: Option<i64>,
    errors: Option<u64>,
    p95_seconds: Option<f64>,
    at: Option<Timestamp>,
    what: &'static str,
    usual: Option<f64>,
    now: Option<f64>,
    why: &'a str,
}

/// The lists one below the other, in one table.
pub(crate) fn calls(calls: &Calls) -> String {
    let mut text = String::new();
    line(&mut text, TOLD.iter().map(|column| (*column).to_owned()));
    let of = |list| Told { list, ..Told::default() };
    let movers = calls.movers.iter().map(|mover| {
        let (caller, route) = match mover.kind {
            Moved::Caller => (mover.name.as_str(), ""),
            Moved::Route => ("", mover.name.as_str()),
        };
        let (requests, before, change) = (Some(mover.requests), Some(mover.before), Some(mover.change));
        Told { caller, route, requests, before, change, ..of("mover") }
    });
    let new = calls.new_callers.iter().map(|new| {
        let (requests, at) = (Some(new.requests), Some(new.first_at));
        Told { caller: &new.caller, requests, at, ..of("new_caller") }
    });
    let unused = calls.unused_routes.iter();
    let unused = unused.map(|unused| Told { route: &unused.route, at: unused.last_at, ..of("unused_route") });
    let spots = calls.error_spots.iter().map(|spot| {
        let (caller, route) = (spot.caller.as_deref().unwrap_or_default(), spot.route.as_str());
        let (requests, errors) = (Some(spot.requests), Some(spot.errors));
        Told { caller, route, requests, errors, ..of("error_spot") }
    });
    let slowest = calls.slowest.iter().map(|slow| {
        let (requests, p95_seconds) = (Some(slow.requests), Some(slow.p95_seconds));
        Told { route: &slow.route, requests, p95_seconds, ..of("slowest") }
    });
    let unusual = calls.unusual.iter().map(|unusual| {
        let (usual, now, why) = (Some(unusual.usual), Some(unusual.now), unusual.why.as_str());
        Told { caller: &unusual.caller, what: habit(unusual.what), usual, now, why, ..of("unusual") }
    });
    for told in movers.chain(new).chain(unused).chain(spots).chain(slowest).chain(unusual) {
        line(&mut text, told.fields().into_iter());
    }
    text
}

const TOLD: [&str; 13] = [
    "list",
    "caller",
    "route",
    "requests",
    "before",
    "change",
    "errors",
    "p95_seconds",
    "at_epoch_seconds",
    "what",
    "usual",
    "now",
    "why",
];

impl Told<'_> {
    fn fields(&self) -> [String; 13] {
        let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let measure = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
        [
            self.list.to_owned(),
            harmless(self.caller),
            harmless(self.route),
            number(self.requests),
            number(self.before),
            self.change.map(|change| change.to_string()).unwrap_or_default(),
            number(self.errors),
            measure(self.p95_seconds),
            number(self.at.map(|at| at.0 / 1_000_000)),
            self.what.to_owned(),
            measure(self.usual),
            measure(self.now),
            harmless(self.why),
        ]
    }
}

fn habit(habit: Habit) -> &'static str {
    match habit {
        Habit::Calls => "calls",
        Habit::Errors => "errors",
        Habit::Addresses => "addresses",
        Habit::Hours => "hours",
    }
}

const COLUMNS: [&str; 11] = [
    "calls",
    "client_errors",
    "service_errors",
    "platform_errors",
    "mean_seconds",
    "p95_seconds",
    "slowest_seconds",
    "received_bytes",
    "sent_bytes",
    "first_epoch_seconds",
    "last_epoch_seconds",
];

fn name(by: By) -> &'static str {
    match by {
        By::Caller => "caller",
        By::Address => "address",
        By::Service => "service",
        By::Function => "function",
        By::Route => "route",
        By::Method => "method",
        By::Status => "status",
        By::Hour => "hour",
    }
}

/// A spreadsheet takes what begins so for a formula, and clients may make it up.
/// Source: OWASP, CSV Injection.
fn harmless(key: &str) -> String {
    if key.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{key}") } else { key.to_owned() }
}

fn line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::calls::{ErrorSpot, Mover};
    use naru_model::series::TallyRow;

    #[test]
    fn what_clients_make_up_is_neither_a_formula_nor_a_new_field() {
        let key = vec!["=1+1".to_owned(), "a \"b\", c".to_owned()];
        let sums =
            Tally { rows: vec![TallyRow { key, calls: 2, ..TallyRow::default() }], found: 1, beyond: 0 };
        let text = tally(&[By::Caller, By::Route], &sums);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("caller,route,calls,client_errors,"));
        assert!(lines[1].starts_with("'=1+1,\"a \"\"b\"\", c\",2,0,"), "{}", lines[1]);
        assert_eq!(lines[2..], [""]);
    }
    #[test]
    fn a_summary_is_one_table_in_which_each_line_says_what_it_is() {
        let spot = ErrorSpot { route: "/a/**".to_owned(), caller: None, requests: 9, errors: 3 };
        let mover =
            Mover { kind: Moved::Caller, name: "app".to_owned(), requests: 5, before: 50, change: -45 };
        let summary = Calls { movers: vec![mover], error_spots: vec![spot], ..Calls::default() };
        let text = calls(&summary);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("list,caller,route,requests,before,change,errors,"));
        assert_eq!(lines[1..], ["mover,app,,5,50,-45,,,,,,,", "error_spot,,/a/**,9,,,3,,,,,,"]);
    }
}
