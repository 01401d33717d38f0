//! Times of log lines, read by position: the hottest part of a line, and nearly always within the hour of the line before.

/// 1990-01-01 and 2100-01-01, in seconds since 1970: what lies outside is no time of a request.
const EARLIEST: i64 = 631_152_000;
const LATEST: i64 = 4_102_444_800;

/// How a log writes its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// `17/May/2015:10:05:03 +0000`, as Apache, nginx and Tomcat do.
    Clf,
    /// ISO 8601: `2015-05-17T10:05:03.123+09:00`; a blank for the T, no zone and no fraction are fine.
    Iso,
    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size.
    Epoch,
    /// As strftime's letters say.
    Custom(Vec<Piece>),
}

/// A part of a time as strftime's letters name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Year,
    Month,
    MonthName,
    Day,
    Hour,
    Minute,
    Second,
    Zone,
    /// Digits that are passed over.
    Fraction,
    Literal(u8),
}

/// Reads times, and remembers the hour of the last one.
#[derive(Debug, Clone)]
pub struct Clock {
    /// East of UTC, for times that name no zone.
    assumed: i32,
    /// Of the last time read.
    pub(super) offset: i32,
    hour: [u8; 20],
    hour_at: i64,
}

impl Clock {
    /// A clock that takes times without a zone for those of `assumed` seconds east of UTC.
    pub fn new(assumed: i32) -> Clock {
        Clock { assumed, offset: assumed, hour: [0; 20], hour_at: 0 }
    }

    /// Reads a time: seconds since 1970, UTC.
    pub fn read(&mut self, text: &[u8], format: &TimeFormat) -> Option<i64> {
        let at = match format {
            TimeFormat::Clf => self.clf(text),
            TimeFormat::Iso => self.iso(text),
            TimeFormat::Epoch => epoch(text),
            TimeFormat::Custom(pieces) => self.custom(text, pieces),
        }?;
        (EARLIEST..LATEST).contains(&at).then_some(at)
    }

    fn clf(&mut self, text: &[u8]) -> Option<i64> {
        let text: &[u8; 26] = text.try_into().ok()?;
        let (minute, second) = (two(text, 15)?, two(text, 18)?);
        if minute > 59 || second > 60 || text[14] != b':' || text[17] != b':' {
            return None;
        }
        if self.hour[..14] != text[..14] || self.hour[14..] != text[20..] {
            if text[2] != b'/' || text[6] != b'/' || text[11] != b':' || text[20] != b' ' {
                return None;
            }
            let year = two(text, 7)? * 100 + two(text, 9)?;
            let offset = zone(&text[21..])?;
            let days = days(year, month(&text[3..6])?, two(text, 0)?)?;
            let hour = two(text, 12).filter(|hour| *hour < 24)?;
            self.hour_at = days * 86_400 + hour * 3600 - i64::from(offset);
            self.offset = offset;
            self.hour[..14].copy_from_slice(&text[..14]);
            self.hour[14..].copy_from_slice(&text[20..]);
        }
        Some(self.hour_at + minute * 60 + second)
    }

    fn iso(&mut self, text: &[u8]) -> Option<i64> {
        let date = text.get(..10)?;
        let seconds = text.get(11..19)?;
        if date[4] != b'-' || date[7] != b'-' || !matches!(text[10], b'T' | b't' | b' ') {
            return None;
        }
        let local = self.date(date)? + time_of_day(seconds)?;
        let rest = &text[19..];
        let rest = match rest.first() {
            Some(b'.' | b',') => {
                let digits = rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
                &rest[1 + digits..]
            }
            _ => rest,
        };
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        self.offset = if rest.is_empty() { self.assumed } else { zone(rest)? };
        Some(local - i64::from(self.offset))
    }

    /// Reads `2015-05-17`: seconds since 1970 of its midnight, without a zone.
    pub(super) fn date(&self, text: &[u8]) -> Option<i64> {
        if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
            return None;
        }
        let year = two(text, 0)? * 100 + two(text, 2)?;
        Some(days(year, two(text, 5)?, two(text, 8)?)? * 86_400)
    }

    /// Seconds since 1970 of a date and a time of the assumed zone, when a request can have come then.
    pub(super) fn day(&mut self, local: i64) -> Option<i64> {
        self.offset = self.assumed;
        let at = local - i64::from(self.assumed);
        (EARLIEST..LATEST).contains(&at).then_some(at)
    }

    fn custom(&mut self, text: &[u8], pieces: &[Piece]) -> Option<i64> {
        let (mut year, mut month_of, mut day, mut seconds) = (None, 1, 1, 0);
        let mut offset = self.assumed;
        let mut rest = text;
        for piece in pieces {
            match piece {
                Piece::Year => {
                    let text = take(&mut rest, 4)?;
                    year = Some(two(text, 0)? * 100 + two(text, 2)?);
                }
                Piece::Month => month_of = two(take(&mut rest, 2)?, 0)?,
                Piece::MonthName => month_of = month(take(&mut rest, 3)?)?,
                Piece::Day => day = two(take(&mut rest, 2)?, 0)?,
                Piece::Hour => seconds += two(take(&mut rest, 2)?, 0).filter(|n| *n < 24)? * 3600,
                Piece::Minute => seconds += two(take(&mut rest, 2)?, 0).filter(|n| *n < 60)? * 60,
                Piece::Second => seconds += two(take(&mut rest, 2)?, 0).filter(|n| *n <= 60)?,
                Piece::Zone => {
                    let long = if rest.get(3) == Some(&b':') { 6 } else { 5 };
                    offset = zone(take(&mut rest, long)?)?;
                }
                Piece::Fraction => {
                    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                    rest = &rest[digits..];
                }
                Piece::Literal(byte) => rest = rest.strip_prefix(&[*byte])?,
            }
        }
        self.offset = offset;
        rest.is_empty().then_some(())?;
        Some(days(year?, month_of, day)? * 86_400 + seconds - i64::from(offset))
    }
}

/// Reads `10:05:03`: seconds since midnight.
pub(super) fn time_of_day(text: &[u8]) -> Option<i64> {
    if text.len() < 8 || text[2] != b':' || text[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(text, 0)?, two(text, 3)?, two(text, 6)?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(count)?;
    *rest = behind;
    Some(taken)
}

fn epoch(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > 19 || !matches!(text.get(digits), None | Some(b'.' | b'e' | b'E')) {
        return None;
    }
    let whole =
        text[..digits].iter().fold(0_u64, |n, b| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0')));
    // Seconds have 9 or 10 digits between 1990 and 2100; each finer unit three more.
    let divisor = match digits {
        ..=10 => 1,
        11..=13 => 1000,
        14..=16 => 1_000_000,
        _ => 1_000_000_000,
    };
    i64::try_from(whole / divisor).ok()
}

#[inline]
fn two(text: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (text.get(at)?.wrapping_sub(b'0'), text.get(at + 1)?.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

fn month(name: &[u8]) -> Option<i64> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    NAMES.iter().position(|known| name.eq_ignore_ascii_case(*known)).map(|index| index as i64 + 1)
}

/// Reads `+0900`, `+09:00`, `+09` or `Z`: seconds east of UTC.
pub(super) fn zone(text: &[u8]) -> Option<i32> {
    let (sign, rest) = match text.split_first()? {
        (b'Z' | b'z', []) => return Some(0),
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let minutes = match rest.len() {
        2 => 0,
        4 => two(rest, 2)?,
        5 if rest[2] == b':' => two(rest, 3)?,
        _ => return None,
    };
    let hours = two(rest, 0)?;
    (hours <= 14 && minutes < 60).then(|| sign * (hours * 3600 + minutes * 60) as i32)
}

/// Days since 1970-01-01 in the Gregorian calendar. Source: H. Hinnant, chrono-compatible low-level date algorithms,
/// `days_from_civil`.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// Year, month and day of a day since 1970. Source: as [`days`], `civil_from_days`.
pub(crate) fn civil(days: i64) -> (i64, u8, u8) {
    let era = (days + 719_468).div_euclid(146_097);
    let day_of_era = (days + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month as u8, day as u8)
}

/// Weekday of a day since 1970: 0 is Monday.
pub(super) fn weekday(days: i64) -> usize {
    (days + 3).rem_euclid(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_logs_write_them() {
        let mut clock = Clock::new(32_400);
        let at = 1_431_857_103;
        assert_eq!(clock.read(b"17/May/2015:10:05:03 +0000", &TimeFormat::Clf), Some(at));
        assert_eq!(clock.read(b"17/May/2015:19:05:03 +0900", &TimeFormat::Clf), Some(at));
        assert_eq!(clock.read(b"17/May/2015:19:06:04 +0900", &TimeFormat::Clf), Some(at + 61));
        for iso in [
            "2015-05-17T10:05:03Z",
            "2015-05-17T10:05:03.25+00:00",
            "2015-05-17 19:05:03",
            "2015-05-17T19:05:03,1+0900",
        ] {
            assert_eq!(clock.read(iso.as_bytes(), &TimeFormat::Iso), Some(at), "{iso}");
        }
        for epoch in
            ["1431857103", "1431857103.5", "1431857103123", "1431857103123456", "1431857103123456789"]
        {
            assert_eq!(clock.read(epoch.as_bytes(), &TimeFormat::Epoch), Some(at), "{epoch}");
        }
        for wrong in [
            "",
            "17/May/2015:25:05:03 +0000",
            "17/Mai/2015:10:05:03 +0000",
            "00/May/2015:10:05:03 +0000",
            "17/May/1815:10:05:03 +0000",
        ] {
            assert_eq!(clock.read(wrong.as_bytes(), &TimeFormat::Clf), None, "{wrong}");
        }
    }

    #[test]
    fn days_and_dates_are_each_others_reverse() {
        for day in (-100_000..100_000).step_by(37) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, i64::from(month), i64::from(of_month)), Some(day));
        }
        assert_eq!((civil(0), weekday(0)), ((1970, 1, 1), 3));
    }
}
