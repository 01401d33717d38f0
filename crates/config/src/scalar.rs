//! One scalar as its key wants it: the text on the page into a number, a duration, a name.

mod per;
mod time;

use std::time::Duration;

use naru_model::units::{Bytes, Cpu, Percent, Rate, format_duration, parse_duration};

pub(crate) use per::word;
pub(crate) use time::format as format_time;

use crate::item::Value;
use crate::report::{Refusal, shown};
use crate::shape::{Kind, Text};

/// The longest a duration may be. Longer ones are slips of the pen, and sums of them must not overflow.
const MAX_DURATION: Duration = Duration::from_secs(365 * 86_400);
/// The highest rate: no service has it, and sums of such must not overflow.
const MAX_RATE: Rate = Rate { per_1000_seconds: 1_000_000_000 };
/// Longer scalars are no number and no duration.
const MAX_NUMBER: usize = 40;

/// Reads a scalar. `plain`: it was written without quotes.
///
/// # Errors
/// It is not what `kind` wants.
pub(crate) fn read(kind: &Kind, text: &str, plain: bool) -> Result<Value, Refusal> {
    if let Kind::Text(rules) = kind {
        return self::text(rules, text);
    }
    if let Kind::Condition = kind {
        return condition(text, plain);
    }
    if text.len() > MAX_NUMBER {
        return Err(Refusal::new(format!("{} is too long", shown(text)), format!("write {}", kind.words())));
    }
    match kind {
        Kind::Flag => flag(text, plain),
        Kind::Whole { least, most } => whole(text, plain, *least, *most),
        Kind::Duration { least } => duration(text, *least),
        Kind::Cpu => cpu(text),
        Kind::Bytes { least } => bytes(text, *least),
        Kind::Percent { least } => percent(text, *least),
        Kind::Rate { least } => rate(text, *least),
        Kind::Apdex => apdex(text),
        Kind::Time => time::read(text),
        Kind::Quota => per::quota(text),
        Kind::Volume => per::volume(text),
        Kind::Bandwidth => per::bandwidth(text),
        Kind::Choice(words) => choice(text, words),
        _ => {
            Err(Refusal::new(format!("{} stands here alone", shown(text)), format!("write {}", kind.words())))
        }
    }
}

fn text(rules: &Text, text: &str) -> Result<Value, Refusal> {
    if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        let what = format!("the text holds the control character {}", c.escape_unicode());
        return Err(Refusal::new(what, "remove it"));
    }
    (rules.check)(text)?;
    Ok(Value::Text(text.to_owned()))
}

fn condition(text: &str, plain: bool) -> Result<Value, Refusal> {
    match text {
        "true" if plain => Ok(Value::Flag(true)),
        "false" if plain => Err(Refusal::new(
            "what must not be there can't be asked for",
            "write \"false\" in quotes for this very value, or true for any",
        )),
        _ if text.chars().any(char::is_control) => {
            Err(Refusal::new("the value holds a control character, which no request can", "remove it"))
        }
        _ => Ok(Value::Text(text.to_owned())),
    }
}

fn flag(text: &str, plain: bool) -> Result<Value, Refusal> {
    match text {
        "true" | "false" if !plain => Err(in_quotes(text)),
        "true" => Ok(Value::Flag(true)),
        "false" => Ok(Value::Flag(false)),
        _ => Err(Refusal::new(format!("{} is neither true nor false", shown(text)), "write true or false")),
    }
}

fn in_quotes(text: &str) -> Refusal {
    Refusal::new(format!("{} is a text because of its quotes", shown(text)), format!("write {text}"))
}

fn whole(text: &str, plain: bool, least: i64, most: i64) -> Result<Value, Refusal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let help = format!("write {}", Kind::Whole { least, most }.words());
        return Err(Refusal::new(format!("{} is no whole number", shown(text)), help));
    }
    if !plain {
        return Err(in_quotes(text));
    }
    match text.parse::<i64>() {
        Ok(number) if number < least => {
            Err(Refusal::new(format!("{number} is below {least}"), range(least, most)))
        }
        Ok(number) if number <= most => Ok(Value::Whole(number)),
        _ => Err(Refusal::new(format!("{text} is above {most}"), range(least, most))),
    }
}

fn range(least: i64, most: i64) -> String {
    format!("write {}", Kind::Whole { least, most }.words())
}

fn duration(text: &str, least: Duration) -> Result<Value, Refusal> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text != "0" {
        return Err(Refusal::new(format!("{text} has no unit"), format!("write {text}s or {text}ms")));
    }
    let zero = text == "0";
    let duration =
        if zero { Duration::ZERO } else { parse_duration(text).map_err(|e| Refusal::from_error(&e))? };
    if duration < least {
        let help = format!("write {} or more", format_duration(least));
        return Err(Refusal::new(format!("{} is too short", shown(text)), help));
    }
    if duration > MAX_DURATION {
        return Err(Refusal::new(format!("{} is longer than a year", shown(text)), "write at most 365d"));
    }
    if zero {
        return Err(Refusal::new("0 has no unit", "write 0s"));
    }
    Ok(Value::Duration(duration))
}

fn cpu(text: &str) -> Result<Value, Refusal> {
    let cpu: Cpu = text.parse().map_err(|e| Refusal::from_error(&e))?;
    if cpu.millicores == 0 {
        return Err(Refusal::new("no processor at all", "write at least 1m, or leave it out"));
    }
    if cpu.millicores > 1_000_000_000 {
        return Err(Refusal::new(
            format!("{text} is more than a million cores"),
            "write cores (2) or thousandths (500m)",
        ));
    }
    Ok(Value::Cpu(cpu))
}

fn bytes(text: &str, least: Bytes) -> Result<Value, Refusal> {
    let read: Result<Bytes, _> = text.parse();
    let Ok(bytes) = read else {
        // 512M, 512MB, 512MiB, 512mb
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = text[number.len()..].chars().next().map(|c| c.to_ascii_uppercase());
        let meant =
            unit.map(|unit| format!("{}{unit}i", number.trim_end())).filter(|t| t.parse::<Bytes>().is_ok());
        let refusal = read.map_or_else(|e| Refusal::from_error(&e), |_| Refusal::bare(""));
        return Err(match meant {
            Some(meant) => Refusal::new(refusal.what, format!("did you mean {meant}")),
            None => refusal,
        });
    };
    if bytes < least {
        let meant = format!("{text}Mi");
        let help = if text.bytes().all(|b| b.is_ascii_digit()) && least.0 >= 1 << 20 && bytes.0 > 0 {
            format!("did you mean {meant}")
        } else {
            format!("write {least} or more")
        };
        let unit = if text.bytes().all(|b| b.is_ascii_digit()) { " bytes" } else { "" };
        return Err(Refusal::new(format!("{text}{unit} is below {least}"), help));
    }
    Ok(Value::Bytes(bytes))
}

fn percent(text: &str, least: Percent) -> Result<Value, Refusal> {
    let refusal = match text.parse::<Percent>() {
        Ok(percent) if percent < least => {
            return Err(Refusal::new(format!("{text} is below {least}"), format!("write {least} or more")));
        }
        Ok(percent) => return Ok(Value::Percent(percent)),
        Err(error) => Refusal::from_error(&error),
    };
    let number: Option<f64> = text.trim_end_matches('%').parse().ok();
    Err(match number {
        Some(number) if text.ends_with('%') && number > 100.0 => {
            Refusal::new(format!("{text} is above 100%"), "write a percentage from 0% to 100%")
        }
        Some(number) if !text.ends_with('%') && (1.0..=100.0).contains(&number) => {
            Refusal::new(format!("{text} has no %"), format!("write {text}%"))
        }
        Some(number) if !text.ends_with('%') && number > 0.0 && number < 1.0 => {
            let meant = (number * 1000.0).round() / 10.0;
            Refusal::new(refusal.what, format!("did you mean {meant}%"))
        }
        _ => refusal,
    })
}

fn rate(text: &str, least: Rate) -> Result<Value, Refusal> {
    match text.parse::<Rate>() {
        Ok(rate) if rate < least => Err(Refusal::new(
            format!("{} is no rate to keep", shown(text)),
            "write more, such as 100/s or 30/m",
        )),
        Ok(rate) if rate > MAX_RATE => Err(Refusal::new(
            format!("{} is more than a million a second", shown(text)),
            "write at most 1000000/s",
        )),
        Ok(rate) => Ok(Value::Rate(rate)),
        Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(Refusal::new(format!("{text} does not say per what"), format!("write {text}/s or {text}/m")))
        }
        Err(error) => Err(Refusal::from_error(&error)),
    }
}

/// An Apdex to reach: 1 would need every user satisfied for ever, and 0 is reached by everyone.
fn apdex(text: &str) -> Result<Value, Refusal> {
    let places =
        |digits: &&str| (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let digits = text.strip_prefix("0.").filter(places);
    let thousandths = digits.and_then(|digits| format!("{digits:0<3}").parse::<u32>().ok());
    if let Some(thousandths) = thousandths.filter(|n| *n > 0) {
        return Ok(Value::Percent(Percent { thousandths }));
    }
    let what = format!("{} is no Apdex to reach", shown(text));
    let share: Option<f64> = text.trim_end_matches('%').parse().ok();
    match share {
        Some(share) if share > 1.0 && share < 100.0 => {
            Err(Refusal::new(what, format!("did you mean {}", (share * 10.0).round() / 1000.0)))
        }
        _ => Err(Refusal::new(what, "write a number over 0 and below 1, with at most three places (0.94)")),
    }
}

fn choice(text: &str, words: &[&str]) -> Result<Value, Refusal> {
    if words.contains(&text) {
        return Ok(Value::Text(text.to_owned()));
    }
    let help = format!("write {}", words.join(" or "));
    Err(Refusal::new(format!("{} is not known here", shown(text)), help))
}
