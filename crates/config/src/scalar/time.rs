//! Points in time: when a key becomes good, when a route goes.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use naru_model::units::Timestamp;

use crate::item::Value;
use crate::report::{Refusal, shown};

/// Reads a date, which is its beginning, or a date and a time. Without an offset both are in the machine's time zone.
/// Source of the form: RFC 3339 §5.6, ISO 8601-1 for what has no offset.
pub(super) fn read(text: &str) -> Result<Value, Refusal> {
    let no_time = |help: &str| Err(Refusal::new(format!("{} is no date and no time", shown(text)), help));
    let by_offset = text.parse::<jiff::Timestamp>().ok();
    let by_zone = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::system()).ok()?.timestamp());
    // Both readers take more than one form of a date; what people write is this one.
    let is_usual = text.len() >= 10 && text.as_bytes()[4] == b'-' && !text.contains('[');
    match by_offset.or_else(by_zone).filter(|_| is_usual) {
        Some(time) => match u64::try_from(time.as_microsecond()) {
            Ok(micros) => Ok(Value::Time(Timestamp(micros))),
            Err(_) => Err(Refusal::new(format!("{} is before 1970", shown(text)), "write a later time")),
        },
        None if text.contains(['.', '/']) && !text.contains(':') => {
            no_time("write year-month-day: 2026-12-31")
        }
        None => no_time("write 2026-12-31, or 2026-12-31T18:00:00+09:00"),
    }
}

/// Writes a time as [`read`] takes it.
pub(crate) fn format(time: Timestamp) -> String {
    let micros = i64::try_from(time.0).ok();
    micros.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok()).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> u64 {
        match read(text) {
            Ok(Value::Time(time)) => time.0,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_time_is_read_with_its_offset_or_in_the_machines_zone() {
        assert_eq!(micros("2026-12-31T18:00:00+09:00"), 1_798_707_600_000_000);
        assert_eq!(micros("2026-12-31T09:00:00Z"), 1_798_707_600_000_000);
        assert_eq!(micros("2026-12-31"), micros("2026-12-31T00:00:00"));
        assert_eq!(micros("2026-12-31 18:30") - micros("2026-12-31 18:00"), 1_800_000_000);
        let text = "2026-12-31T09:00:00Z";
        assert_eq!(format(Timestamp(micros(text))), text);
    }

    #[test]
    fn what_is_no_time_is_refused_with_help() {
        for bad in [
            "",
            "2026",
            "20261231",
            "31.12.2026",
            "2026/12/31",
            "2026-13-01",
            "2026-02-30",
            "2026-12-31T25:00:00Z",
            "1969-12-31T00:00:00Z",
            "tomorrow",
            "예약",
        ] {
            let refusal = read(bad).expect_err(bad);
            assert!(refusal.help.is_some(), "{bad}: nobody says what would be right");
        }
    }
}
