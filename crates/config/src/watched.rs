//! The condition of an alert item, one line that a person can read aloud: `p95 > 500ms for 2m`, `memory will reach 90%
//! within 15m`, `requests anomalous`. And items that come by the API, checked as those of the file are.

use std::time::Duration;

use naru_model::alert::{Condition, FIGURES, Item, Severity, Side, Test, Watched};
use naru_model::figure::{self, Unit};
use naru_model::units::{Bytes, Percent, Rate, format_duration};
use naru_model::watch::NewItem;

use crate::condition::{compared, of_figure, taken};
use crate::item::Value;
use crate::report::{Refusal, shown};
use crate::scalar;
use crate::shape::Kind;
use crate::suggest::nearest;

/// How a condition is written, for messages.
const FORM: &str = "write p95 > 500ms for 2m, memory will reach 90% within 15m, or requests anomalous";
/// Readings come each ten seconds, and what is beyond its threshold is remembered for as long.
const LASTS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(86_400)];
/// Forecasts go in steps of five minutes, and four hours far.
const WITHIN: [Duration; 2] = [Duration::from_secs(300), Duration::from_secs(4 * 3600)];

/// Reads a condition.
///
/// # Errors
/// What is wrong with it and how it would be right.
pub(crate) fn parse(text: &str) -> Result<Condition, Refusal> {
    if let Some(rest) = text.trim().strip_suffix("anomalous") {
        let name = rest.trim_end().strip_suffix(" is").unwrap_or(rest).trim();
        return Ok(Condition { figure: figure_of(name)?, test: Test::Anomalous });
    }
    for (goes, side) in [(" will reach ", Side::Above), (" will fall to ", Side::Below)] {
        let Some((name, rest)) = text.split_once(goes) else { continue };
        let Some((value, within)) = rest.split_once(" within ") else {
            let what = "the condition does not say within what time";
            return Err(Refusal::new(
                what,
                format!("add it: {}{goes}{} within 15m", name.trim(), rest.trim()),
            ));
        };
        let figure = figure_of(name.trim())?;
        let threshold = threshold(&figure, value.trim())?;
        let test = Test::Ahead { side, threshold, within: duration(within.trim(), WITHIN)? };
        return Ok(Condition { figure, test });
    }
    let (name, above, value, lasts) = compared(text, FORM)?;
    let (figure, side) = (figure_of(name)?, if above { Side::Above } else { Side::Below });
    let threshold = threshold(&figure, value)?;
    let most = figure::unit(&figure).most();
    if side == Side::Below && threshold == 0.0 && most.is_some() || above && most == Some(threshold) {
        let what = format!("{} never holds", shown(text));
        return Err(Refusal::new(what, "turn the comparison round, or write another value"));
    }
    Ok(Condition { figure, test: Test::Level { side, threshold, lasts: duration(lasts, LASTS)? } })
}

/// A figure of naru's, or the name of a metric, which has a dot or an underscore in it.
fn figure_of(name: &str) -> Result<String, Refusal> {
    if FIGURES.iter().any(|(known, _)| *known == name) {
        return Ok(name.to_owned());
    }
    if name.is_empty() || name.contains(char::is_whitespace) || name.len() > 200 {
        return Err(Refusal::new(format!("{} is no figure", shown(name)), FORM));
    }
    let what = format!("there is no figure {}", shown(name));
    if let Some(near) = nearest(name, FIGURES.iter().map(|(known, _)| *known)) {
        return Err(Refusal::new(what, format!("did you mean {near}")));
    }
    if name.contains(['.', '_']) {
        return Ok(name.to_owned());
    }
    let all: Vec<&str> = FIGURES.iter().map(|(known, _)| *known).collect();
    Err(Refusal::new(
        what,
        format!("the figures are {}; metrics have a dot or an underscore", all.join(", ")),
    ))
}

fn threshold(figure: &str, text: &str) -> Result<f64, Refusal> {
    let read = |kind: Kind| scalar::read(&kind, text, true).map_err(|refusal| of_figure(figure, refusal));
    match figure::unit(figure) {
        Unit::Share => {
            let share: Percent = taken(read(Kind::Percent { least: Percent::default() })?);
            Ok(share.ratio())
        }
        Unit::Apdex => {
            let apdex: Percent = taken(read(Kind::Apdex)?);
            Ok(apdex.ratio())
        }
        Unit::Seconds => {
            let time: Duration = taken(read(Kind::Duration { least: Duration::from_millis(1) })?);
            Ok(time.as_secs_f64())
        }
        Unit::PerSecond => {
            let rate: Rate = taken(read(Kind::Rate { least: Rate::default() })?);
            Ok(rate.per_second())
        }
        Unit::BytesPerSecond => {
            let bytes: Bytes = taken(read(Kind::Bandwidth)?);
            Ok(bytes.0 as f64)
        }
        Unit::Count => match read(Kind::Whole { least: 0, most: i64::from(u32::MAX) })? {
            Value::Whole(number) => Ok(number as f64),
            _ => Ok(0.0),
        },
        Unit::Plain => plain(figure, text),
    }
}

/// A number, as metrics have them.
fn plain(figure: &str, text: &str) -> Result<f64, Refusal> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && number.abs() < 1e18);
    number.ok_or_else(|| {
        let what = format!("{figure}: {} is no number", shown(text));
        Refusal::new(what, "write a number in the metric's own unit")
    })
}

fn duration(text: &str, [least, most]: [Duration; 2]) -> Result<Duration, Refusal> {
    let lasts: Duration = taken(scalar::read(&Kind::Duration { least }, text, true)?);
    if lasts > most {
        let what = format!("{} is too long", shown(text));
        return Err(Refusal::new(what, format!("write at most {}", format_duration(most))));
    }
    Ok(lasts)
}

/// Whether a figure is one of what is watched; of metrics anything may be.
pub(crate) fn fits(of: &Watched, when: &Condition) -> Result<(), Refusal> {
    let Some(owners) = figure::owners(&when.figure) else { return Ok(()) };
    let kind = of.kind();
    if owners.contains(&kind) {
        return Ok(());
    }
    let words: Vec<&str> = owners.iter().map(|kind| kind.word()).collect();
    let what = format!("{} has no figure {}", kind.word(), when.figure);
    Err(Refusal::new(what, format!("{} is of {}", when.figure, words.join(", "))))
}

/// Reads an item that came by the API.
///
/// # Errors
/// What is wrong with it and how it would be right, in one sentence.
pub fn item(new: &NewItem) -> Result<Item, String> {
    let said = |key: &str, refusal: Refusal| match refusal.help {
        Some(help) => format!("{key}: {}; {help}", refusal.what),
        None => format!("{key}: {}", refusal.what),
    };
    let name = scalar::read(&Kind::Text(crate::format::ALERT_ITEM), &new.name, true);
    name.map_err(|refusal| said("name", refusal))?;
    let of: Watched = new.of.parse().map_err(|error| said("of", Refusal::from_error(&error)))?;
    let when = parse(&new.when).map_err(|refusal| said("when", refusal))?;
    fits(&of, &when).map_err(|refusal| said("of", refusal))?;
    let severity: Severity = new.severity;
    Ok(Item { name: new.name.clone(), of, when, severity, notify: new.notify.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            "p95 > 500ms for 2m",
            "apdex < 0.7 for 5m",
            "error_ratio > 2.5% for 1m30s",
            "requests < 10/s for 1h",
            "traffic > 10Mi/s for 10m",
            "waiting > 10 for 10s",
            "memory will reach 90% within 15m",
            "ready will fall to 1 within 1h",
            "requests anomalous",
            "jvm.thread.count > 200.5 for 5m",
            "hikaricp_connections_pending > 0 for 1m",
        ] {
            let read = parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
            assert_eq!(read.to_string(), text);
        }
        assert_eq!(parse("requests  is anomalous"), parse("requests anomalous"));
        assert_eq!(parse("p95>500ms for 2m"), parse(" p95 > 500ms for 2m"));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_help() {
        for bad in [
            "",
            "anomalous",
            "p95",
            "p95 > 500ms",
            "p95 > 500 for 2m",
            "p95 > 500ms for 5s",
            "p95 > 500ms for 25h",
            "p59 > 500ms for 2m",
            "speed > 5 for 2m",
            "memory > 101% for 2m",
            "memory > 100% for 2m",
            "memory < 0% for 2m",
            "memory >= 5% for 2m",
            "memory will reach 90%",
            "memory will reach 90 within 15m",
            "memory will reach 90% within 1m",
            "memory will reach 90% within 5h",
            "jvm.thread.count > many for 5m",
            "a b anomalous",
        ] {
            let refusal = parse(bad).expect_err(bad);
            assert!(refusal.help.is_some(), "{bad}: nobody says what would be right");
        }
    }

    #[test]
    fn an_item_of_the_api_is_checked_as_one_of_the_file() {
        let new = |name: &str, of: &str, when: &str| NewItem {
            name: name.to_owned(),
            of: of.to_owned(),
            when: when.to_owned(),
            severity: Severity::Critical,
            notify: Vec::new(),
        };
        assert!(item(&new("slow", "service:*", "p95 > 1s for 1m")).is_ok());
        for (name, of, when) in [
            ("Slow", "service:*", "p95 > 1s for 1m"),
            ("slow", "services", "p95 > 1s for 1m"),
            ("slow", "service:*", "p95 > 1"),
            ("slow", "instance:*", "p95 > 1s for 1m"),
        ] {
            let error = item(&new(name, of, when)).expect_err(name);
            assert!(error.contains("; "), "{error}");
        }
    }
}
