//! Which days make a period, when they begin and end on the clock, and which reports are due.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span as Length, ToSpan};
use naru_model::service_level::{Kind, Minutes};
use naru_model::units::Timestamp;

/// What can't be a period.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is no date; write it as 2026-11-20")]
    NoDate(String),
    #[error(
        "{name:?} is no time zone that this machine knows; write its name in the IANA database (Asia/Seoul)"
    )]
    NoZone {
        name: String,
        #[source]
        source: jiff::Error,
    },
}

/// Reads a date as people write it, `2026-11-20`.
///
/// # Errors
/// [`Error::NoDate`].
pub fn date(text: &str) -> Result<Date, Error> {
    let usual = text.len() == 10 && text.is_ascii();
    text.parse().ok().filter(|_| usual).ok_or_else(|| Error::NoDate(text.chars().take(40).collect()))
}

/// The time zone of this name; the machine's without one.
///
/// # Errors
/// [`Error::NoZone`].
pub fn zone(name: Option<&str>) -> Result<TimeZone, Error> {
    let Some(name) = name else { return Ok(TimeZone::system()) };
    TimeZone::get(name).map_err(|source| Error::NoZone { name: name.to_owned(), source })
}

/// What a zone is called in a report.
pub fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// The day on which a moment lies.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let instant = i64::try_from(at.0).ok().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    instant.unwrap_or_default().to_zoned(zone.clone()).date()
}

/// When a day begins and ends, in seconds since 1970: 23 to 25 hours apart where clocks are put forward or back.
pub fn bounds(day: Date, zone: &TimeZone) -> (u32, u32) {
    (begin(day, zone), begin(after(day, 1.day()), zone))
}

/// The first moment of a day, which is not midnight where clocks are put forward at midnight.
fn begin(day: Date, zone: &TimeZone) -> u32 {
    let begin = day.to_zoned(zone.clone()).map(|begin| begin.timestamp().as_second()).unwrap_or_default();
    // To the minute, which zones of our time all keep.
    u32::try_from(begin - begin.rem_euclid(60)).unwrap_or(0)
}

/// Dates end in the year 9999, and so does this.
fn after(day: Date, length: Length) -> Date {
    day.checked_add(length).unwrap_or(Date::MAX)
}

fn before(day: Date, length: Length) -> Date {
    day.checked_sub(length).unwrap_or(Date::MIN)
}

/// The days that one report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub kind: Kind,
    pub first: Date,
    pub last: Date,
}

impl Span {
    /// The period in which a day lies: itself, its week from Monday on, its month.
    pub fn of(kind: Kind, day: Date) -> Span {
        let (first, last) = match kind {
            Kind::Daily => (day, day),
            Kind::Weekly => {
                let monday = before(day, i64::from(day.weekday().since(Weekday::Monday)).days());
                (monday, after(monday, 6.days()))
            }
            Kind::Monthly => (day.first_of_month(), day.last_of_month()),
        };
        Span { kind, first, last }
    }

    /// The one before.
    pub fn before(self) -> Span {
        Span::of(self.kind, before(self.first, 1.day()))
    }

    /// Its days in order: at most 31.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }

    /// When it begins and ends, in seconds since 1970.
    pub fn bounds(self, zone: &TimeZone) -> (u32, u32) {
        (bounds(self.first, zone).0, bounds(self.last, zone).1)
    }

    /// When its report is sent: at this time of the day after it; where clocks are put forward over that time, as much later.
    pub fn due(self, at: Minutes, zone: &TimeZone) -> Timestamp {
        let (hour, minute) = ((at.0 / 60) as i8, (at.0 % 60) as i8);
        let time = after(self.last, 1.day()).at(hour.min(23), minute, 0, 0).to_zoned(zone.clone());
        let micros = time.map(|time| time.timestamp().as_microsecond()).unwrap_or_default();
        Timestamp(u64::try_from(micros).unwrap_or(0))
    }
}

/// How far back reports are caught up on, in periods.
fn most(kind: Kind) -> usize {
    match kind {
        Kind::Daily => 31,
        Kind::Weekly => 5,
        Kind::Monthly => 2,
    }
}

/// The periods whose reports were to be sent from `since` up to `now`, the oldest first.
pub fn due(kind: Kind, at: Minutes, zone: &TimeZone, since: Timestamp, now: Timestamp) -> Vec<Span> {
    let current = Span::of(kind, day_of(now, zone));
    let periods = std::iter::successors(Some(current.before()), |span| Some(span.before()));
    // The due time of the last one may be yet to come.
    let due = |span: &Span| (since..=now).contains(&span.due(at, zone));
    let mut found: Vec<Span> = periods.take(most(kind)).filter(due).collect();
    found.reverse();
    found
}
