//! When a schedule comes: the five fields of crontab(5), and the name of a time zone. The controller reads both with the
//! same crate, so that what passes here can't fail there.

use cronexpr::{Crontab, FallbackTimezoneOption, MakeTimestamp, ParseOptions, parse_crontab_with};

use super::Checked;
use crate::report::{Refusal, shown};

/// The fields in their order, and what each takes.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12 or JAN to DEC"),
    ("day of the week", "0 to 7 or SUN to SAT"),
];
/// From here on a time must come within four years, so that 29 February does. 2024-01-01T00:00:00Z.
const SOME_LEAP_YEAR: i64 = 1_704_067_200;

pub(super) fn times(text: &str) -> Checked {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if let Some(meant) = nickname(text.trim()) {
        return Err(Refusal::new(
            format!("{} stands where five fields should be", shown(text)),
            format!("write {meant:?}"),
        ));
    }
    if fields.len() != FIELDS.len() {
        let what = format!("{} has {} fields, not five", shown(text), fields.len());
        let help = match fields[..] {
            [.., last] if fields.len() == 6 && last.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                "write the time zone as `zone`, beside `at`"
            }
            _ => {
                "write minute, hour, day of the month, month, day of the week: \"0 20 * * *\" is every day at 20:00"
            }
        };
        return Err(Refusal::new(what, help));
    }
    for (i, (name, takes)) in FIELDS.iter().enumerate() {
        let mut alone = ["*"; 5];
        alone[i] = fields[i];
        if parse(&alone.join(" ")).is_none() {
            let what = format!("{} is no {name}", shown(fields[i]));
            return Err(Refusal::new(what, format!("write {takes}, * for any, 1-5, 1,3 or */2")));
        }
    }
    let comes = |crontab: Crontab| crontab.find_next(MakeTimestamp::from_second(SOME_LEAP_YEAR).ok()?).ok();
    match parse(&fields.join(" ")).and_then(comes) {
        Some(_) => Ok(()),
        None => Err(Refusal::new(format!("{} never comes", shown(text)), "write a day that its month has")),
    }
}

fn parse(text: &str) -> Option<Crontab> {
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    parse_crontab_with(text, options).ok()
}

/// What other crontabs have names for.
fn nickname(text: &str) -> Option<&'static str> {
    match text {
        "@hourly" => Some("0 * * * *"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@monthly" => Some("0 0 1 * *"),
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        _ => None,
    }
}

/// A name of the IANA time zone database, as the machine has it.
pub(super) fn zone(text: &str) -> Checked {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-+".contains(&b))
        && !text.ends_with(|c: char| c.is_ascii_digit() && !text.contains('/'));
    if is_name && parse(&format!("* * * * * {text}")).is_some() {
        return Ok(());
    }
    let what = format!("{} is no time zone that this machine knows", shown(text));
    let help = match text.trim().to_ascii_uppercase().as_str() {
        "KST" | "SEOUL" | "KOREA" | "+09:00" | "UTC+9" => "did you mean Asia/Seoul",
        _ => {
            "write its name in the IANA database (Asia/Seoul, UTC); machines have it from the package tzdata"
        }
    };
    Err(Refusal::new(what, help))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn times_of_crontabs() {
        all_good(
            times,
            &["0 20 * * *", "*/5 9-18 * * MON-FRI", "0 0 29 2 *", "0 0 1 JAN,jul *", "  0  9 * * 1 "],
        );
        all_bad(
            times,
            &[
                "",
                "0 20 * *",
                "0 0 20 * * *",
                "0 20 * * * Asia/Seoul",
                "@daily",
                "60 * * * *",
                "0 24 * * *",
                "0 0 0 * *",
                "0 0 * 13 *",
                "0 0 * * 8",
                "0 0 30 2 *",
                "H * * * *",
                "예약 * * * *",
            ],
        );
    }

    #[test]
    fn names_of_zones() {
        all_good(zone, &["Asia/Seoul", "UTC", "Europe/Berlin"]);
        all_bad(zone, &["", "Seoul", "KST", "+09:00", "Asia/Soeul", "Asia Seoul", "KST-9", "예약"]);
    }
}
