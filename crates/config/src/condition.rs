//! The condition of a scaling rule, one line that a person can read aloud: `cpu > 50% for 5m`.

use std::time::Duration;

use naru_model::scaling::{Condition, Level};
use naru_model::units::{Percent, Rate, format_duration, parse_duration};

use crate::item::{Take, Value};
use crate::report::{Refusal, shown};
use crate::scalar;
use crate::shape::Kind;
use crate::suggest::nearest;

/// How a condition is written, for messages.
const FORM: &str = "write a figure, > or <, a value, and for how long: cpu > 50% for 5m";
/// The figures a condition can be about, and a value of each.
const FIGURES: [(&str, &str); 7] = [
    ("cpu", "50%"),
    ("concurrency", "20"),
    ("rate", "100/s"),
    ("p95", "500ms"),
    ("apdex", "0.94"),
    ("errors", "1%"),
    ("waiting", "10"),
];
/// Figures come once a second, and the last ten minutes of them are looked back at.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);

/// Reads a condition.
///
/// # Errors
/// What is wrong with it and how it would be right.
pub(crate) fn parse(text: &str) -> Result<Condition, Refusal> {
    let (name, above, value, lasts) = compared(text, FORM)?;
    let level = level(name, value)?;
    if never_holds(level, above) {
        let sign = if above { '>' } else { '<' };
        let what = format!("{} never holds", shown(&format!("{name} {sign} {value}")));
        return Err(Refusal::new(what, "turn the comparison round, or write another value"));
    }
    Ok(Condition { level, above, lasts: for_how_long(lasts)? })
}

/// Takes `cpu > 50% for 5m` apart: the figure, whether above, the value, and for how long.
///
/// # Errors
/// What is missing; `form` is how it would be right.
pub(crate) fn compared<'t>(text: &'t str, form: &str) -> Result<(&'t str, bool, &'t str, &'t str), Refusal> {
    let Some(sign) = text.find(['<', '>']) else {
        return Err(Refusal::new(format!("{} compares nothing", shown(text)), form));
    };
    let (name, above, rest) = (text[..sign].trim(), &text[sign..=sign] == ">", text[sign + 1..].trim());
    if rest.starts_with('=') {
        let what = format!("{} is compared with {}=", shown(name), &text[sign..=sign]);
        return Err(Refusal::new(what, format!("write {} alone", &text[sign..=sign])));
    }
    match rest.split_once(" for ") {
        Some((value, lasts)) => Ok((name, above, value.trim(), lasts.trim())),
        None => Err(no_duration(name, &text[sign..=sign], rest)),
    }
}

fn no_duration(name: &str, sign: &str, rest: &str) -> Refusal {
    let what = "the condition does not say for how long";
    let value = rest.split_whitespace().next().unwrap_or("50%");
    Refusal::new(what, format!("add it: {name} {sign} {value} for 5m"))
}

/// Every figure is 0 or more, and a share is at most 100 %.
fn never_holds(level: Level, above: bool) -> bool {
    match level {
        Level::Errors(share) => above && share.thousandths == 1000 || !above && share.thousandths == 0,
        level => !above && level.value() == 0.0,
    }
}

fn level(name: &str, value: &str) -> Result<Level, Refusal> {
    let read = |kind: Kind| scalar::read(&kind, value, true).map_err(|refusal| of_figure(name, refusal));
    let percent = || Kind::Percent { least: Percent::default() };
    let number = || Kind::Whole { least: 0, most: i64::from(u32::MAX) };
    match name {
        "cpu" => Ok(Level::Cpu(taken(read(percent())?))),
        "concurrency" => Ok(Level::Concurrency(taken(read(number())?))),
        "rate" => Ok(Level::Rate(taken(read(Kind::Rate { least: Rate::default() })?))),
        "p95" => Ok(Level::P95(taken(read(Kind::Duration { least: Duration::from_millis(1) })?))),
        "apdex" => Ok(Level::Apdex(taken(read(Kind::Apdex)?))),
        "errors" => Ok(Level::Errors(taken(read(percent())?))),
        "waiting" => Ok(Level::Waiting(taken(read(number())?))),
        _ => Err(unknown(name)),
    }
}

/// What `scalar` has read is of the kind it was asked for.
pub(crate) fn taken<T: Take + Default>(value: Value) -> T {
    T::take(&value).unwrap_or_default()
}

pub(crate) fn of_figure(name: &str, refusal: Refusal) -> Refusal {
    Refusal { what: format!("{name}: {}", refusal.what), help: refusal.help }
}

fn unknown(name: &str) -> Refusal {
    let what = format!("there is no figure {}", shown(name));
    let names = FIGURES.map(|(name, _)| name);
    match nearest(name, names) {
        Some(near) => Refusal::new(what, format!("did you mean {near}")),
        None => {
            let all = FIGURES.map(|(name, value)| format!("{name} ({value})")).join(", ");
            Refusal::new(what, format!("the figures are {all}"))
        }
    }
}

fn for_how_long(text: &str) -> Result<Duration, Refusal> {
    let kind = Kind::Duration { least: SHORTEST };
    let lasts = match scalar::read(&kind, text, true)? {
        Value::Duration(lasts) => lasts,
        _ => parse_duration(text).map_err(|e| Refusal::from_error(&e))?,
    };
    if lasts > LONGEST {
        let what = format!("{} is longer than figures are looked back at", shown(text));
        return Err(Refusal::new(what, format!("write at most {}", format_duration(LONGEST))));
    }
    if lasts.subsec_nanos() > 0 {
        let what = format!("{} is no whole number of seconds, and figures come once a second", shown(text));
        return Err(Refusal::new(what, format!("write {}s", lasts.as_secs())));
    }
    Ok(lasts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_read_in_its_unit() {
        let read = |text: &str| parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
        for (name, value) in FIGURES {
            let condition = read(&format!("{name} > {value} for 5m"));
            assert_eq!(condition.level.to_string(), format!("{name} {value}"));
            assert!(condition.above && condition.lasts == Duration::from_secs(300));
        }
        let below = read("apdex<0.9 for 1s");
        let expected = Level::Apdex(Percent { thousandths: 900 });
        assert_eq!((below.level, below.above, below.lasts), (expected, false, SHORTEST));
        assert_eq!(read("  waiting   >  0   for  10m ").lasts, LONGEST);
    }

    #[test]
    fn what_is_no_condition_is_refused_with_help() {
        for bad in [
            "",
            "cpu",
            "cpu 50% for 5m",
            "cpu >= 50% for 5m",
            "cpu > 50%",
            "cpu > 50 for 5m",
            "cpu > 50% for 5",
            "cpu > 50% for 500ms",
            "cpu > 50% for 11m",
            "cpu > 50% for 1500ms",
            "cpu > 150% for 5m",
            "cpu < 0% for 5m",
            "errors > 100% for 5m",
            "memory > 50% for 5m",
            "p95 > 500 for 5m",
            "rate > 100 for 5m",
            "apdex < 94% for 5m",
            "concurrency > 1.5 for 5m",
            "> 5 for 5m",
            "cpu > for 5m",
            "cpu > 50% for 5m and more",
        ] {
            let refusal = parse(bad).expect_err(bad);
            assert!(refusal.help.is_some(), "{bad}: nobody says what would be right");
        }
    }
}
