//! Whose time it is: schedules of the file against the clock. The server asks once a second and puts the answer into
//! what the controller sees, so that the decision itself reads no clock and no time zones.
//!
//! A schedule is five fields of crontab(5) and a time zone; what is matched is the wall clock of that zone. Where it is put
//! forward, times that are left out do not come that day; where it is put back, times that come twice come twice, and as a
//! window that is open already is not opened again, its end moves with the second.

use std::time::Duration;

use cronexpr::{Crontab, FallbackTimezoneOption, MakeTimestamp, ParseOptions, parse_crontab_with};
use jiff::tz::TimeZone;
use naru_model::scaling::{Schedule, Window};
use naru_model::units::Timestamp;

/// Times come on whole minutes.
const MINUTE: Duration = Duration::from_secs(60);

/// A schedule that can't be kept. The file's checks refuse these before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the schedule {at:?} is no crontab time: {source}; write minute, hour, day of month, month, day of week"
    )]
    At {
        at: String,
        #[source]
        source: cronexpr::Error,
    },
    #[error("this machine's time zone has no name; write the schedule's `zone`, such as Asia/Seoul")]
    NoZone,
}

/// The schedules of one service.
#[derive(Debug)]
pub struct Calendar {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    times: Crontab,
    lasts: Duration,
    add: u32,
}

impl Calendar {
    /// Reads a service's schedules; those that name no zone are kept in the machine's.
    ///
    /// # Errors
    /// [`Error::At`] for what is no crontab time or no known zone, [`Error::NoZone`] when the machine's zone is needed and
    /// is none of the IANA database's.
    pub fn new(schedules: &[Schedule], machine_zone: &TimeZone) -> Result<Calendar, Error> {
        let entries =
            schedules.iter().map(|schedule| Entry::new(schedule, machine_zone)).collect::<Result<_, _>>()?;
        Ok(Calendar { entries })
    }

    /// The windows that are open at `now`, in the order of the file. One whose next time comes before its end goes on.
    pub fn windows(&self, now: Timestamp) -> Vec<Window> {
        let open = |(index, entry): (usize, &Entry)| {
            let (from, to) = entry.window(now)?;
            Some(Window { index, from, to, add: entry.add })
        };
        self.entries.iter().enumerate().filter_map(open).collect()
    }

    /// When the answer of [`Calendar::windows`] may be another next; `None` without schedules.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = |entry: &Entry| entry.window(now).map(|(_, to)| to);
        self.entries.iter().flat_map(|entry| [entry.next_after(now), ends(entry)]).flatten().min()
    }
}

impl Entry {
    fn new(schedule: &Schedule, machine_zone: &TimeZone) -> Result<Entry, Error> {
        let zone = match (&schedule.zone, machine_zone.iana_name()) {
            (Some(zone), _) => zone,
            (None, Some(zone)) => zone,
            (None, None) => return Err(Error::NoZone),
        };
        let mut options = ParseOptions::default();
        options.fallback_timezone_option = FallbackTimezoneOption::None;
        let text = format!("{} {zone}", schedule.at);
        let times = parse_crontab_with(&text, options)
            .map_err(|source| Error::At { at: schedule.at.clone(), source })?;
        Ok(Entry { times, lasts: schedule.lasts, add: schedule.add })
    }

    /// The window that is open at `now`: from its latest time, unless that is over. Found by halving, so that one that comes
    /// each minute and lasts a month costs no month of minutes.
    fn window(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        // A time at `over` itself is over: a window is open from its time on and up to its end, without the end.
        let over = Timestamp(now.0.saturating_sub(self.lasts.as_micros() as u64));
        let (mut latest, mut end) = (self.next_after(over).filter(|at| *at <= now)?, now);
        while end.since(latest) >= MINUTE {
            let middle = latest + end.since(latest) / 2;
            match self.next_after(middle).filter(|at| *at <= end) {
                Some(at) => latest = at,
                None => end = middle,
            }
        }
        Some((latest, latest + self.lasts))
    }

    fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let start = MakeTimestamp::from_microsecond(i64::try_from(at.0).ok()?).ok()?;
        let next = self.times.find_next(start).ok()?;
        u64::try_from(next.timestamp().as_microsecond()).ok().map(Timestamp)
    }
}

#[cfg(test)]
mod tests;
