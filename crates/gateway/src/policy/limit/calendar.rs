//! Which day and which month it is where the machine stands, found out once a day.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use naru_model::policy::Period;
use naru_model::units::Timestamp;

/// A day or month of a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Of days or months since 1970; the first day of 2149 is the last that has one of its own.
    pub(super) number: u16,
    begins: Timestamp,
    pub(super) ends: Timestamp,
}

#[derive(Debug)]
struct Today {
    day: Span,
    month: Span,
}

/// Keeps the day and month that run.
#[derive(Debug)]
pub(super) struct Calendar {
    zone: TimeZone,
    today: ArcSwap<Today>,
}

/// The day and month that `now` is in, lent from the calendar.
pub(super) struct Running(arc_swap::Guard<Arc<Today>>);

impl Calendar {
    pub(super) fn new(zone: TimeZone) -> Self {
        let today = today(&zone, Timestamp(0));
        Calendar { zone, today: ArcSwap::from_pointee(today) }
    }

    pub(super) fn at(&self, now: Timestamp) -> Running {
        let known = self.today.load();
        if known.day.begins <= now && now < known.day.ends {
            return Running(known);
        }
        self.today.store(Arc::new(today(&self.zone, now)));
        Running(self.today.load())
    }
}

impl Running {
    pub(super) fn span(&self, period: Period) -> &Span {
        match period {
            Period::Day => &self.0.day,
            Period::Month => &self.0.month,
        }
    }
}

fn today(zone: &TimeZone, now: Timestamp) -> Today {
    let at = jiff::Timestamp::from_microsecond(now.0 as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = zone.to_datetime(at).date();
    let day = date.since(Date::constant(1970, 1, 1)).map_or(0, |since| since.get_days());
    let month = (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1;
    let number = |n: i32| u16::try_from(n.max(0)).unwrap_or(u16::MAX);
    let begin = |date: Date| {
        let start = zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(at);
        Timestamp(start.as_microsecond().max(0) as u64)
    };
    let span = |number, first: Date, next: Result<Date, jiff::Error>| {
        let begins = begin(first);
        let ends = next.map_or(begins + Duration::from_secs(86_400), begin);
        Span { number, begins, ends }
    };
    let first = date.first_of_month();
    Today {
        day: span(number(day), date, date.tomorrow()),
        month: span(number(month), first, first.last_of_month().tomorrow()),
    }
}

/// What a day or month is called: `2026-11-21` or `2026-11`.
pub(super) fn name(period: Period, number: u16) -> String {
    match period {
        Period::Day => {
            let day = Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(number)));
            day.to_string()
        }
        Period::Month => format!("{:04}-{:02}", 1970 + number / 12, number % 12 + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond() as u64)
    }

    #[test]
    fn days_and_months_are_those_of_the_time_zone() {
        let calendar = Calendar::new(TimeZone::get("Asia/Seoul").unwrap());
        let running = calendar.at(at("2026-11-30T14:59:59Z"));
        let (day, month) = (running.span(Period::Day), running.span(Period::Month));
        assert_eq!(name(Period::Day, day.number), "2026-11-30");
        assert_eq!(name(Period::Month, month.number), "2026-11");
        let midnight = at("2026-11-30T15:00:00Z");
        assert_eq!((day.ends, month.ends), (midnight, midnight));
        let next = calendar.at(midnight);
        assert_eq!(name(Period::Day, next.span(Period::Day).number), "2026-12-01");
        assert_eq!(next.span(Period::Day).number, day.number + 1);
        assert_eq!(next.span(Period::Month).number, month.number + 1);
        assert_eq!(next.span(Period::Month).ends, at("2026-12-31T15:00:00Z"));
    }

    #[test]
    fn a_day_of_23_hours_ends_when_the_next_begins() {
        let calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
        let running = calendar.at(at("2026-03-29T10:00:00Z"));
        let day = running.span(Period::Day);
        assert_eq!(day.ends.since(day.begins), Duration::from_secs(23 * 3600));
    }
}
