//! Sums of calls as comma-separated values. Source: RFC 4180.

use naru_model::series::{By, Tally};

/// A head of one line, then a line for each row, in the order of the rows.
pub(crate) fn csv(by: &[By], tally: &Tally) -> String {
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
    use naru_model::series::TallyRow;

    #[test]
    fn what_clients_make_up_is_neither_a_formula_nor_a_new_field() {
        let key = vec!["=1+1".to_owned(), "a \"b\", c".to_owned()];
        let tally =
            Tally { rows: vec![TallyRow { key, calls: 2, ..TallyRow::default() }], found: 1, beyond: 0 };
        let text = csv(&[By::Caller, By::Route], &tally);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("caller,route,calls,client_errors,"));
        assert!(lines[1].starts_with("'=1+1,\"a \"\"b\"\", c\",2,0,"), "{}", lines[1]);
        assert_eq!(lines[2..], [""]);
    }
}
