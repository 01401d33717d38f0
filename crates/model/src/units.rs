//! Quantities with their unit: processor shares, bytes, ratios, points in time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is no amount of processor; write cores (2, 0.5) or thousandths of one (500m)")]
    Cpu(String),
    #[error("{0:?} is no amount of memory; write bytes or Ki, Mi, Gi, Ti (512Mi)")]
    Bytes(String),
    #[error("{0:?} is no duration; write a number with ms, s, m, h or d (500ms, 1m30s)")]
    Duration(String),
    #[error("{0:?} is no share; write a percentage (25%)")]
    Percent(String),
    #[error("{0:?} is no rate; write a number per second, minute or hour (100/s, 30/m)")]
    Rate(String),
}

/// An amount of processor, in thousandths of a core. Written `2`, `0.5` or `500m`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Cpu {
    pub millicores: u64,
}

/// An amount of memory or data. Written in bytes or with `Ki`, `Mi`, `Gi`, `Ti` (powers of 1,024).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Hash,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A share of a whole, in thousandths: 0 to 1,000. Written `25%` or `2.5%`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Percent {
    pub thousandths: u32,
}

/// How often something happens, in thousandths per second. Written `100/s`, `0.5/s`, `30/m` or `10/h`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Hash,
)]
#[serde(transparent)]
pub struct Rate {
    pub per_1000_seconds: u64,
}

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
///
/// # Caveats
/// Within a process it only ever grows: whoever makes one adds the time elapsed to the wall clock read at its start,
/// so that a clock stepped by NTP ends no timeout early and none late.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Returns how long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(by.as_micros() as u64))
    }
}

impl Percent {
    /// Returns the share as a number from 0 to 1.
    pub fn ratio(self) -> f64 {
        f64::from(self.thousandths) / 1000.0
    }

    /// Returns the share of `whole`, rounded down.
    pub fn of(self, whole: usize) -> usize {
        whole * self.thousandths as usize / 1000
    }
}

impl Cpu {
    pub fn cores(self) -> f64 {
        self.millicores as f64 / 1000.0
    }
}

/// Reads a decimal number of at most three places, times 1,000: `0.5` is 500.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || places.len() > 3 || !digits(whole) || !digits(places) || text.ends_with('.') {
        return None;
    }
    let fraction = format!("{places:0<3}").parse::<u64>().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(fraction)
}

impl FromStr for Cpu {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let millicores = match text.strip_suffix('m') {
            Some(milli) => milli.parse().ok().filter(|_| milli.bytes().all(|b| b.is_ascii_digit())),
            None => thousandths(text),
        };
        millicores.map(|millicores| Cpu { millicores }).ok_or_else(|| Error::Cpu(text.to_owned()))
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millicores.is_multiple_of(1000) {
            write!(f, "{}", self.millicores / 1000)
        } else {
            write!(f, "{}m", self.millicores)
        }
    }
}

const BYTE_UNITS: [(&str, u64); 5] =
    [("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10), ("", 1)];

impl FromStr for Bytes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Bytes(text.to_owned());
        let (unit, factor) = BYTE_UNITS.iter().find(|(unit, _)| text.ends_with(unit)).ok_or_else(bad)?;
        let number = thousandths(&text[..text.len() - unit.len()]).ok_or_else(bad)?;
        let bytes = u128::from(number) * u128::from(*factor) / 1000;
        u64::try_from(bytes).map(Bytes).map_err(|_| bad())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |factor: u64| self.0 >= factor && self.0.is_multiple_of(factor);
        let (unit, factor) = BYTE_UNITS.into_iter().find(|(_, factor)| fits(*factor)).unwrap_or(("", 1));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

impl FromStr for Percent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.strip_suffix('%')
            .and_then(thousandths)
            .filter(|n| *n <= 100_000)
            .map(|n| Percent { thousandths: (n / 100) as u32 })
            .ok_or_else(|| Error::Percent(text.to_owned()))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, tenth) = (self.thousandths / 10, self.thousandths % 10);
        if tenth == 0 { write!(f, "{whole}%") } else { write!(f, "{whole}.{tenth}%") }
    }
}

const RATE_UNITS: [(&str, u64); 3] = [("/s", 1), ("/m", 60), ("/h", 3600)];

impl Rate {
    pub fn per_second(self) -> f64 {
        self.per_1000_seconds as f64 / 1000.0
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let per = |(unit, seconds): &(&str, u64)| Some(thousandths(text.strip_suffix(unit)?)? / seconds);
        RATE_UNITS
            .iter()
            .find_map(per)
            .map(|per_1000_seconds| Rate { per_1000_seconds })
            .ok_or_else(|| Error::Rate(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_second())
    }
}

const TIME_UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a duration such as `500ms`, `2s` or `1h30m`.
///
/// # Errors
/// [`Error::Duration`] for anything else; a number without a unit is refused, for nobody agrees on what it means.
pub fn parse_duration(text: &str) -> Result<Duration, Error> {
    let bad = || Error::Duration(text.to_owned());
    let mut rest = text;
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let number_len = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (number, tail) = rest.split_at(number_len);
        let unit_len = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let factor = TIME_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?.1;
        let number: u64 = number.parse().map_err(|_| bad())?;
        millis = number.checked_mul(factor).and_then(|n| millis.checked_add(n)).ok_or_else(bad)?;
        rest = tail;
    }
    if text.is_empty() { Err(bad()) } else { Ok(Duration::from_millis(millis)) }
}

/// Writes a duration the way [`parse_duration`] reads it; what is below a millisecond is dropped.
pub fn format_duration(duration: Duration) -> String {
    let mut millis = duration.as_millis() as u64;
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, factor) in TIME_UNITS {
        if millis >= factor {
            text.push_str(&format!("{}{unit}", millis / factor));
            millis %= factor;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!("500m".parse(), Ok(Cpu { millicores: 500 }));
        assert_eq!("0.5".parse(), Ok(Cpu { millicores: 500 }));
        assert_eq!("2".parse(), Ok(Cpu { millicores: 2000 }));
        assert_eq!("512Mi".parse(), Ok(Bytes(512 << 20)));
        assert_eq!("1.5Gi".parse(), Ok(Bytes(3 << 29)));
        assert_eq!("2.5%".parse(), Ok(Percent { thousandths: 25 }));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in ["", "m", "-1", "1e3", "+1", "0.1234", "1.", "half"] {
            assert!(bad.parse::<Cpu>().is_err(), "cpu {bad:?}");
        }
        for bad in ["", "Mi", "1MB", "-1Mi", "99999999999Ti"] {
            assert!(bad.parse::<Bytes>().is_err(), "bytes {bad:?}");
        }
        for bad in ["", "5", "%", "101%", "-1%"] {
            assert!(bad.parse::<Percent>().is_err(), "percent {bad:?}");
        }
        for bad in ["", "5", "s", "1x", "-1s", "1.5s", "99999999999999999999s"] {
            assert!(parse_duration(bad).is_err(), "duration {bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(n in 0u64..1 << 50) {
            prop_assert_eq!(Cpu { millicores: n }.to_string().parse(), Ok(Cpu { millicores: n }));
            prop_assert_eq!(Bytes(n).to_string().parse(), Ok(Bytes(n)));
            let duration = Duration::from_millis(n);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
            let percent = Percent { thousandths: (n % 1001) as u32 };
            prop_assert_eq!(percent.to_string().parse(), Ok(percent));
        }
    }
}
