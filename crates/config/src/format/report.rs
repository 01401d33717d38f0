//! Goals, and times of the day.

use naru_model::service_level::{Availability, Minutes};

use super::Checked;
use crate::report::{Refusal, shown};

pub(super) fn time_of_day(text: &str) -> Checked {
    match text.parse::<Minutes>() {
        Ok(_) => Ok(()),
        Err(_) => {
            let what = format!("{} is no time of the day", shown(text));
            Err(Refusal::new(what, "write hours and minutes in quotes (\"07:00\")"))
        }
    }
}

pub(super) fn availability(text: &str) -> Checked {
    if text.parse::<Availability>().is_ok() {
        return Ok(());
    }
    let what = format!("{} is no availability to reach", shown(text));
    let number: Option<f64> = text.trim_end_matches('%').trim().parse().ok();
    Err(match number {
        Some(share) if !text.ends_with('%') && share > 1.0 && share <= 100.0 => {
            Refusal::new(format!("{} has no %", shown(text)), format!("write {text}%"))
        }
        Some(share) if !text.ends_with('%') && share > 0.0 && share <= 1.0 => {
            Refusal::new(what, format!("did you mean {}%", (share * 100_000.0).round() / 1000.0))
        }
        _ => Refusal::new(
            what,
            "write a percentage over 0% and up to 100%, with at most three places (99.95%)",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn shares_that_can_be_promised() {
        all_good(availability, &["99.9%", "99.95%", "100%", "0.001%"]);
        all_bad(availability, &["", "99.9", "0.999", "0%", "101%", "99.9999%", "high", "-5%"]);
    }

    #[test]
    fn times_of_the_day() {
        all_good(time_of_day, &["07:00", "7:30", "23:59", "00:00"]);
        all_bad(time_of_day, &["", "7", "24:00", "420", "07:60", "7am"]);
    }
}
