//! What was promised, and when and to whom reports go: `reports` and `goal` of naru.yaml.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::language::Language;
use crate::units::Percent;

/// A share of requests that are answered without a fault of ours, in hundred-thousandths: 1 to 100,000. Written `99.95%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Availability {
    pub of_100_000: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no availability to reach; write a percentage with at most three places (99.95%)")]
pub struct AvailabilityError(String);

impl Availability {
    /// From 0 to 1.
    pub fn ratio(self) -> f64 {
        f64::from(self.of_100_000) / 100_000.0
    }
}

impl FromStr for Availability {
    type Err = AvailabilityError;

    fn from_str(text: &str) -> Result<Availability, AvailabilityError> {
        let parse = || {
            let (whole, places) =
                text.strip_suffix('%')?.split_once('.').unwrap_or((text.strip_suffix('%')?, "0"));
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if !digits(whole) || !digits(places) || places.len() > 3 || whole.len() > 3 {
                return None;
            }
            let places: u32 = format!("{places:0<3}").parse().ok()?;
            let of_100_000 = whole.parse::<u32>().ok()? * 1000 + places;
            (1..=100_000).contains(&of_100_000).then_some(Availability { of_100_000 })
        };
        parse().ok_or_else(|| AvailabilityError(text.to_owned()))
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = format!("{:03}", self.of_100_000 % 1000);
        let places = places.trim_end_matches('0');
        let point = if places.is_empty() { "" } else { "." };
        write!(f, "{}{point}{places}%", self.of_100_000 / 1000)
    }
}

/// What was promised of a function, or of the whole platform. Default: nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// At least.
    pub availability: Option<Availability>,
    /// At least.
    pub apdex: Option<Percent>,
    /// The response time that 95 % of requests do not exceed, at most.
    pub p95: Option<Duration>,
}

impl Goal {
    pub fn is_none(&self) -> bool {
        *self == Goal::default()
    }

    /// With what another promises where this one says nothing.
    pub fn or(self, other: Goal) -> Goal {
        Goal {
            availability: self.availability.or(other.availability),
            apdex: self.apdex.or(other.apdex),
            p95: self.p95.or(other.p95),
        }
    }
}

/// A time of the day in minutes since midnight: 0 to 1,439. Written `07:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minutes(pub u16);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time of the day; write hours and minutes (07:00)")]
pub struct MinutesError(String);

impl FromStr for Minutes {
    type Err = MinutesError;

    fn from_str(text: &str) -> Result<Minutes, MinutesError> {
        let parse = || {
            let (hours, minutes) = text.split_once(':')?;
            let digits =
                |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            if !digits(hours) || !digits(minutes) || minutes.len() != 2 {
                return None;
            }
            let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
            (hours < 24 && minutes < 60).then_some(Minutes(hours * 60 + minutes))
        };
        parse().ok_or_else(|| MinutesError(text.to_owned()))
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// `reports` of naru.yaml: what is written each day, week and month, and to which channels of `notices` it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// Default: that of notices.
    pub language: Option<Language>,
    /// When they are sent, on the day after the period. Default 07:00.
    pub at: Minutes,
    /// By IANA name, whose days they are. Default: the machine's.
    pub zone: Option<String>,
    /// Channels; [`Reports::OWNERS`]: each function's owner gets its own. Default: none.
    pub daily: Vec<String>,
    pub weekly: Vec<String>,
    pub monthly: Vec<String>,
    /// Of the platform; functions may have their own.
    pub goal: Goal,
    /// Where people open the console; messages lead there. Default: none.
    pub console: Option<String>,
}

impl Default for Reports {
    fn default() -> Self {
        Reports {
            language: None,
            at: Reports::AT,
            zone: None,
            daily: Vec::new(),
            weekly: Vec::new(),
            monthly: Vec::new(),
            goal: Goal::default(),
            console: None,
        }
    }
}

impl Reports {
    pub const AT: Minutes = Minutes(7 * 60);
    /// In the place of a channel: the owner of each function gets the report of that function.
    pub const OWNERS: &str = "owners";

    pub fn channels(&self, kind: Kind) -> &[String] {
        match kind {
            Kind::Daily => &self.daily,
            Kind::Weekly => &self.weekly,
            Kind::Monthly => &self.monthly,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_availability_is_as_fine_as_people_promise_it() {
        for (text, of_100_000) in
            [("99.9%", 99_900), ("99.95%", 99_950), ("99.999%", 99_999), ("100%", 100_000)]
        {
            let read: Availability = text.parse().unwrap();
            assert_eq!((read.of_100_000, read.to_string().as_str()), (of_100_000, text));
        }
        for bad in ["", "%", "99.9", "0%", "100.001%", "99.9999%", "99,9%", "-1%", "99.%"] {
            assert!(bad.parse::<Availability>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_of_the_day_reads_back_as_it_is_written() {
        assert_eq!("07:00".parse(), Ok(Minutes(420)));
        assert_eq!("7:05".parse::<Minutes>().map(|at| at.to_string()).as_deref(), Ok("07:05"));
        for bad in ["", "7", "24:00", "12:60", "12:5", "012:00", "-1:00", "noon"] {
            assert!(bad.parse::<Minutes>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_function_promises_what_the_platform_does_where_it_says_nothing() {
        let platform =
            Goal { availability: "99.9%".parse().ok(), p95: Some(Duration::from_secs(1)), apdex: None };
        let own = Goal { p95: Some(Duration::from_secs(3)), ..Goal::default() };
        assert_eq!(own.or(platform), Goal { p95: own.p95, ..platform });
        assert!(Goal::default().is_none() && !own.is_none());
    }
}
