//! When a route may be called: schedules of naru.yaml against the wall clock of their zones.
//!
//! The same rules as for scaling's schedules: times are crontab(5)'s, a window is open from its time on for as long as it
//! lasts, without its end. Between two changes nothing is worked out: the answer is kept with the moment it holds up to.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use cronexpr::{Crontab, FallbackTimezoneOption, MakeTimestamp, ParseOptions, parse_crontab_with};
use jiff::tz::TimeZone;
use naru_model::scaling::Schedule;
use naru_model::units::Timestamp;

use crate::log;

/// Times come on whole minutes.
const MINUTE: Duration = Duration::from_secs(60);
/// An answer is worked out again at the latest after this long, in case the clock was set.
const KEPT: Duration = Duration::from_secs(60);

/// Open when one of its windows is.
#[derive(Debug)]
pub(crate) struct Times {
    entries: Vec<(Crontab, Duration)>,
    /// Up to when the answer holds, in microseconds since 1970, and in the lowest bit the answer.
    kept: AtomicU64,
}

impl Times {
    /// `None`: always. A schedule that can't be read (the file's checks refuse those) is never open.
    pub(crate) fn new(schedules: &[Schedule]) -> Option<Times> {
        if schedules.is_empty() {
            return None;
        }
        let read = |schedule: &Schedule| {
            let times = read(schedule);
            if times.is_none() {
                log::line(format_args!(
                    "the time {:?} of a policy can't be read and never comes",
                    schedule.at
                ));
            }
            Some((times?, schedule.lasts))
        };
        Some(Times { entries: schedules.iter().filter_map(read).collect(), kept: AtomicU64::new(0) })
    }

    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        let kept = self.kept.load(Relaxed);
        let holds_to = Timestamp(kept >> 1);
        if now < holds_to && holds_to.since(now) <= KEPT {
            return kept & 1 == 1;
        }
        let ends = self.entries.iter().filter_map(|(times, lasts)| end_of_window(times, *lasts, now)).max();
        let next = self.entries.iter().filter_map(|(times, _)| next_after(times, now)).min();
        // While one is open nothing changes before the last one's end; while none is, nothing before the next time.
        let changes = ends.or(next).unwrap_or(now + KEPT).min(now + KEPT);
        self.kept.store(changes.0 << 1 | u64::from(ends.is_some()), Relaxed);
        ends.is_some()
    }
}

fn read(schedule: &Schedule) -> Option<Crontab> {
    let machine = TimeZone::system();
    let zone = schedule.zone.as_deref().or(machine.iana_name())?;
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::None;
    parse_crontab_with(&format!("{} {zone}", schedule.at), options).ok()
}

/// The end of the window that is open at `now`: of the latest time that is not over. Found by halving, so that one that
/// comes each minute and lasts a month costs no month of minutes.
fn end_of_window(times: &Crontab, lasts: Duration, now: Timestamp) -> Option<Timestamp> {
    // A time at `over` itself is over.
    let over = Timestamp(now.0.saturating_sub(lasts.as_micros() as u64));
    let (mut latest, mut end) = (next_after(times, over).filter(|at| *at <= now)?, now);
    while end.since(latest) >= MINUTE {
        let middle = latest + end.since(latest) / 2;
        match next_after(times, middle).filter(|at| *at <= end) {
            Some(at) => latest = at,
            None => end = middle,
        }
    }
    Some(latest + lasts)
}

fn next_after(times: &Crontab, at: Timestamp) -> Option<Timestamp> {
    let start = MakeTimestamp::from_microsecond(i64::try_from(at.0).ok()?).ok()?;
    let next = times.find_next(start).ok()?;
    u64::try_from(next.timestamp().as_microsecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().unwrap();
        Timestamp(at.as_microsecond() as u64)
    }

    fn schedule(at: &str, zone: &str, minutes: u64) -> Schedule {
        Schedule {
            at: at.to_owned(),
            zone: Some(zone.to_owned()),
            lasts: Duration::from_secs(60 * minutes),
            add: 0,
        }
    }

    #[test]
    fn office_hours_are_those_of_the_zone() {
        let times = Times::new(&[schedule("0 9 * * MON-FRI", "Asia/Seoul", 9 * 60)]).unwrap();
        // 2026-11-20 is a Friday. Asked in order, so that kept answers are used.
        for (now, open) in [
            ("2026-11-19T23:59:59.999999Z", false),
            ("2026-11-20T00:00:00Z", true),
            ("2026-11-20T00:00:30Z", true),
            ("2026-11-20T08:59:59.999999Z", true),
            ("2026-11-20T09:00:00Z", false),
            ("2026-11-21T00:30:00Z", false),
        ] {
            assert_eq!(times.is_open(at(now)), open, "{now}");
        }
    }

    #[test]
    fn the_answer_kept_is_the_one_worked_out_whenever_it_is_asked() {
        let schedules = [schedule("*/7 * * * *", "UTC", 3), schedule("5 * * * *", "UTC", 11)];
        let kept = Times::new(&schedules).unwrap();
        let begin = at("2026-11-20T23:50:00Z");
        for step in 0..2_000 {
            let now = begin + Duration::from_millis(2_700 * step);
            let anew = Times::new(&schedules).unwrap();
            assert_eq!(kept.is_open(now), anew.is_open(now), "{now:?}");
        }
        assert_eq!(
            kept.is_open(begin),
            Times::new(&schedules).unwrap().is_open(begin),
            "the clock was set back"
        );
    }

    #[test]
    fn without_schedules_it_is_always_and_with_one_that_is_none_never() {
        assert!(Times::new(&[]).is_none());
        for broken in [schedule("0 25 * * *", "UTC", 1), schedule("* * * * *", "Mars/Olympus", 1)] {
            assert!(!Times::new(&[broken]).unwrap().is_open(at("2026-11-21T12:00:00Z")));
        }
    }
}
