//! `naru calls`: what stands out in the calls of a stretch, or with `--by` the calls added up.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use naru_api::message::TallyParams;
use naru_model::calls::{Calls, Habit, Moved};
use naru_model::series::{Subject, Tally};
use naru_model::units::Timestamp;

use super::CallsArgs;
use super::output::{self, Table};

pub(crate) fn run(args: CallsArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let now = jiff::Timestamp::now().as_second();
    let second = |text: &Option<String>| text.as_deref().map(|text| second_of(text, now)).transpose();
    let (from, to) = (second(&args.from)?, second(&args.to)?);
    let Some(by) = &args.by else {
        if args.client.is_some() || args.route.is_some() {
            bail!("--client and --route choose what is added up; say by what, for example --by route,status");
        }
        if args.csv {
            print!("{}", super::block_on(client.calls_table(from, to))??);
            return Ok(ExitCode::SUCCESS);
        }
        let calls = super::block_on(client.calls(from, to))??;
        if args.server.json {
            output::print_json(&calls)?;
        } else {
            print!("{}", summary(&calls));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let subject = match (args.client, args.route) {
        (Some(client), None) => Subject::Caller(client),
        (None, Some(route)) => Subject::Route(route),
        (None, None) => Subject::All,
        (Some(_), Some(_)) => bail!("--client and --route go one at a time; add the other to --by"),
    };
    let wanted =
        TallyParams { subject, from, to, by: by.clone(), limit: args.lines, ..TallyParams::default() };
    if args.csv {
        print!("{}", super::block_on(client.tally_table(&wanted))??);
        return Ok(ExitCode::SUCCESS);
    }
    let tally = super::block_on(client.tally(&wanted))??;
    if args.server.json {
        output::print_json(&tally)?;
    } else {
        print!("{}", table(by, &tally));
    }
    Ok(ExitCode::SUCCESS)
}

/// A time as RFC 3339, as seconds since 1970, or as how long ago it was.
pub(super) fn second_of(text: &str, now: i64) -> Result<u32> {
    let seconds = |count: i64, unit: char| {
        let unit = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        now.checked_sub(count.checked_mul(unit)?)
    };
    let ago = text.chars().last().and_then(|unit| {
        let count = text.strip_suffix(unit)?.parse::<u32>().ok()?;
        seconds(count.into(), unit)
    });
    let read =
        ago.or_else(|| text.parse().ok()).or_else(|| text.parse().ok().map(jiff::Timestamp::as_second));
    read.and_then(|second: i64| u32::try_from(second).ok()).with_context(|| {
        format!("{text:?} is no time; write 2026-11-21T09:00:00+09:00, seconds since 1970, or how long ago: 90m, 24h, 7d")
    })
}

fn table(by: &str, tally: &Tally) -> String {
    let keys: Vec<String> = by.split(',').map(str::to_uppercase).collect();
    let figures = ["CALLS", "REFUSED", "FAILED", "MEAN", "P95", "SLOWEST", "IN", "OUT", "LAST"];
    let head: Vec<&str> = keys.iter().map(String::as_str).chain(figures).collect();
    let mut table = Table::new(&head);
    for row in &tally.rows {
        let key = row.key.iter().map(|key| some(key));
        let figures = [
            row.calls.to_string(),
            row.client_errors.to_string(),
            (row.service_errors + row.platform_errors).to_string(),
            output::seconds(row.mean_seconds),
            output::seconds(row.p95_seconds),
            output::seconds(row.slowest_seconds),
            output::bytes(row.received_bytes),
            output::bytes(row.sent_bytes),
            output::time(row.last),
        ];
        table.row(key.chain(figures).collect());
    }
    let left = tally.found.saturating_sub(tally.rows.len() as u64);
    let more = if left > 0 { format!("and {left} more rows; -n shows up to 1000\n") } else { String::new() };
    let beyond = match tally.beyond {
        0 => String::new(),
        calls => format!("{calls} calls are in no row: there were too many different ones\n"),
    };
    format!("{table}{more}{beyond}")
}

fn some(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn at(second: u32) -> String {
    output::time(Timestamp(u64::from(second) * 1_000_000))
}

/// The lists that are not empty, one below the other.
fn summary(calls: &Calls) -> String {
    let mut text = format!("calls from {} to {}\n", at(calls.from), at(calls.to));
    let mut list = |title: &str, head: &[&str], rows: Vec<Vec<String>>| {
        if rows.is_empty() {
            return;
        }
        let mut table = Table::new(head);
        rows.into_iter().for_each(|row| table.row(row));
        text.push_str(&format!("\n{title}\n{table}"));
    };
    let unusual = calls.unusual.iter().map(|unusual| {
        let what = match unusual.what {
            Habit::Calls => "calls",
            Habit::Errors => "errors",
            Habit::Addresses => "addresses",
            Habit::Hours => "hours",
        };
        vec![unusual.caller.clone(), what.to_owned(), unusual.why.clone()]
    });
    list("unlike themselves", &["CLIENT", "IN", "WHY"], unusual.collect());
    let movers = calls.movers.iter().map(|mover| {
        let kind = match mover.kind {
            Moved::Caller => "client",
            Moved::Route => "route",
        };
        let change = format!("{:+}", mover.change);
        vec![
            kind.to_owned(),
            mover.name.clone(),
            mover.requests.to_string(),
            mover.before.to_string(),
            change,
        ]
    });
    let since = calls.before_from.map(at).unwrap_or_default();
    list(
        &format!("most changed, beside the same time from {since} on"),
        &["", "NAME", "CALLS", "BEFORE", "CHANGE"],
        movers.collect(),
    );
    let new = calls.new_callers.iter();
    let new = new.map(|new| vec![new.caller.clone(), output::time(new.first_at), new.requests.to_string()]);
    list("new clients", &["CLIENT", "FIRST", "CALLS"], new.collect());
    let spots = calls.error_spots.iter().map(|spot| {
        let share = format!("{:.1} %", spot.errors as f64 / spot.requests.max(1) as f64 * 100.0);
        let caller = spot.caller.clone().unwrap_or_else(|| "-".to_owned());
        vec![some(&spot.route), caller, spot.errors.to_string(), spot.requests.to_string(), share]
    });
    list("where calls fail", &["ROUTE", "CLIENT", "FAILED", "CALLS", "SHARE"], spots.collect());
    let slowest = calls.slowest.iter();
    let slowest = slowest
        .map(|slow| vec![slow.route.clone(), output::seconds(slow.p95_seconds), slow.requests.to_string()]);
    list("slowest", &["ROUTE", "P95", "CALLS"], slowest.collect());
    let unused = calls.unused_routes.iter().map(|unused| {
        vec![unused.route.clone(), unused.last_at.map_or_else(|| "-".to_owned(), output::time)]
    });
    list("called by nobody", &["ROUTE", "LAST CALL"], unused.collect());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = 1_795_250_000;
        let read = |text| second_of(text, now).map_err(|error| error.to_string());
        assert_eq!(read("90m"), Ok(1_795_244_600));
        assert_eq!(read("7d"), Ok(1_794_645_200));
        assert_eq!(read("1795250000"), Ok(1_795_250_000));
        assert_eq!(read("2026-11-21T09:00:00+09:00"), Ok(1_795_219_200));
        for bad in ["", "soon", "-1", "9y", "99999999999"] {
            assert!(read(bad).is_err_and(|said| said.contains("how long ago")), "{bad}");
        }
    }
}
