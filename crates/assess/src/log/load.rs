//! Load over time: hours, peaks, and what comes again by hour, weekday and day of the month.

use naru_model::units::Timestamp;

use super::findings::{Hour, Peak, Peaks, Recurring, RecurringKind, Rhythm};
use super::time::{civil, weekday};
use super::timeline::Timeline;

/// Hours that are told one by one.
const MAX_HOURS: u32 = 1_000_000;
/// What comes again has at least so many times the mean.
const RECURS: f64 = 1.5;

/// The log's hours, and which of them are whole. Times are local hours or seconds since 1970.
pub(super) struct Load<'a> {
    timeline: &'a Timeline,
    pub(super) first: u32,
    pub(super) last: u32,
    /// The first and last hour of which the log has all; none when `whole.0 > whole.1`.
    whole: (u32, u32),
    /// Days with at least one request.
    active: Vec<u32>,
}

/// The middle of a list of numbers; 0 for none.
pub(super) fn median<T: Copy + PartialOrd + Into<f64>>(mut numbers: Vec<T>) -> f64 {
    numbers.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    match numbers.len() {
        0 => 0.0,
        n if n % 2 == 1 => numbers[n / 2].into(),
        n => (numbers[n / 2 - 1].into() + numbers[n / 2].into()) / 2.0,
    }
}

impl<'a> Load<'a> {
    /// Of a log from its first to its last request, in local seconds since 1970.
    pub(super) fn new(timeline: &'a Timeline, from: i64, to: i64) -> Load<'a> {
        let (first, last) = ((from / 3600).max(0) as u32, (to / 3600).max(0) as u32);
        // The hour of the first request is whole when that came in its first minute; that of the last in its last one.
        let whole = (
            first + u32::from(from % 3600 >= 60),
            if to % 3600 < 3540 { last.saturating_sub(1) } else { last },
        );
        let mut active: Vec<u32> = timeline.hours.keys().map(|hour| hour / 24).collect();
        active.dedup();
        Load { timeline, first, last, whole, active }
    }

    pub(super) fn days(&self) -> u32 {
        self.active.len() as u32
    }

    fn is_whole(&self, hour: u32) -> bool {
        (self.whole.0..=self.whole.1).contains(&hour)
    }

    fn requests(&self, hour: u32) -> u64 {
        self.timeline.hours.get(&hour).map_or(0, |hour| hour.requests)
    }

    /// Whole hours of days that have a request.
    pub(super) fn whole_hours(&self) -> impl Iterator<Item = u32> + '_ {
        self.active.iter().flat_map(|day| day * 24..day * 24 + 24).filter(|hour| self.is_whole(*hour))
    }

    /// Days of which all hours are whole, or all days when there is none.
    fn whole_days(&self) -> Vec<u32> {
        let whole: Vec<u32> = self
            .active
            .iter()
            .copied()
            .filter(|day| self.is_whole(day * 24) && self.is_whole(day * 24 + 23))
            .collect();
        if whole.is_empty() { self.active.clone() } else { whole }
    }

    fn of_day(&self, day: u32) -> u64 {
        self.timeline.hours.range(day * 24..day * 24 + 24).map(|(_, hour)| hour.requests).sum()
    }

    /// Requests of a day, the mean of whole ones.
    pub(super) fn per_day(&self) -> f64 {
        let days = self.whole_days();
        let sum: u64 = days.iter().map(|day| self.of_day(*day)).sum();
        sum as f64 / days.len().max(1) as f64
    }

    /// The hours that medians are taken over: whole ones of Monday to Friday; of all days when there is none.
    pub(super) fn working_hours(&self) -> Vec<u32> {
        let working: Vec<u32> = self.whole_hours().filter(|hour| weekday(i64::from(hour / 24)) < 5).collect();
        if working.is_empty() { self.whole_hours().collect() } else { working }
    }

    pub(super) fn hours(&self, at: &dyn Fn(i64) -> Timestamp) -> Vec<Hour> {
        let from = self.first.max(self.last.saturating_sub(MAX_HOURS - 1));
        let told = |hour: u32| {
            let at = at(i64::from(hour) * 3600);
            self.timeline.hours.get(&hour).map_or(Hour { at, ..Hour::default() }, |seen| Hour {
                at,
                requests: seen.requests,
                robots: seen.robots,
                bytes: seen.bytes,
                client_errors: seen.client_errors,
                server_errors: seen.server_errors,
                p95_seconds: seen.times.as_ref().map(|times| times.quantile(0.95)),
            })
        };
        (from..=self.last).map(told).collect()
    }

    pub(super) fn peaks(&self, at: &dyn Fn(i64) -> Timestamp) -> Peaks {
        // Of equal ones the first.
        let most = |candidates: &mut dyn Iterator<Item = (i64, u64)>| {
            let best = candidates.fold((0, 0), |best, next| if next.1 > best.1 { next } else { best });
            Peak { at: at(best.0), requests: best.1 }
        };
        let hours =
            || self.timeline.hours.iter().map(|(hour, seen)| (i64::from(*hour) * 3600, seen.requests));
        let seconds = || {
            self.timeline
                .hours
                .iter()
                .filter_map(|(hour, seen)| Some((i64::from(*hour) * 3600, seen.detail.as_ref()?)))
        };
        let minutes = seconds().flat_map(|(start, detail)| {
            let sum = |seconds: &[u32]| seconds.iter().map(|n| u64::from(*n)).sum();
            detail
                .seconds
                .chunks(60)
                .enumerate()
                .map(move |(minute, seconds)| (start + minute as i64 * 60, sum(seconds)))
        });
        let busiest_minute = most(&mut { minutes });
        let busiest_second = most(&mut seconds().flat_map(|(start, detail)| {
            detail.seconds.iter().enumerate().map(move |(second, n)| (start + second as i64, u64::from(*n)))
        }));
        let busiest_hour = most(&mut hours());
        let median =
            median(self.working_hours().into_iter().map(|hour| self.requests(hour) as f64).collect());
        let total: u64 = hours().map(|(_, requests)| requests).sum();
        let mean_minute = total as f64 / (f64::from(self.last - self.first + 1) * 60.0);
        Peaks {
            busiest_day: most(
                &mut self.active.iter().map(|day| (i64::from(*day) * 86_400, self.of_day(*day))),
            ),
            busiest_hour,
            busiest_minute,
            busiest_second,
            median_working_hour: median,
            surge_ratio: if median > 0.0 { busiest_hour.requests as f64 / median } else { 0.0 },
            minute_ratio: if mean_minute > 0.0 { busiest_minute.requests as f64 / mean_minute } else { 0.0 },
            top_hours: self.top_hours(at),
        }
    }

    fn top_hours(&self, at: &dyn Fn(i64) -> Timestamp) -> Vec<Peak> {
        let of_day = |day: &u32| {
            let hours =
                self.timeline.hours.range(day * 24..day * 24 + 24).map(|(hour, seen)| (*hour, seen.requests));
            hours.fold((0, 0), |best, next| if next.1 > best.1 { next } else { best })
        };
        let mut best: Vec<(u32, u64)> = self.active.iter().map(of_day).collect();
        best.sort_by_key(|(hour, requests)| (std::cmp::Reverse(*requests), *hour));
        best.iter()
            .take(5)
            .map(|(hour, requests)| Peak { at: at(i64::from(*hour) * 3600), requests: *requests })
            .collect()
    }

    pub(super) fn rhythm(&self) -> Rhythm {
        let mut hours = Means::new(24);
        self.whole_hours().for_each(|hour| hours.add(hour as usize % 24, self.requests(hour)));
        let (mut weekdays, mut days) = (Means::new(7), Means::new(31));
        for day in self.whole_days() {
            let requests = self.of_day(day);
            weekdays.add(weekday(i64::from(day)), requests);
            days.add(usize::from(civil(i64::from(day)).2) - 1, requests);
        }
        let recurring = [
            (RecurringKind::Hour, &hours, 0),
            (RecurringKind::Weekday, &weekdays, 1),
            (RecurringKind::DayOfMonth, &days, 1),
        ]
        .into_iter()
        .flat_map(|(kind, means, first)| means.recurring(kind, first))
        .collect();
        Rhythm {
            by_hour: hours.means(),
            by_weekday: weekdays.means(),
            by_day_of_month: days.means(),
            recurring,
        }
    }
}

/// Means of what belongs to one hour of the day, one weekday, one day of the month.
struct Means {
    sums: Vec<u64>,
    seen: Vec<u32>,
}

impl Means {
    fn new(count: usize) -> Means {
        Means { sums: vec![0; count], seen: vec![0; count] }
    }

    fn add(&mut self, index: usize, requests: u64) {
        self.sums[index] += requests;
        self.seen[index] += 1;
    }

    fn means(&self) -> Vec<f64> {
        self.sums.iter().zip(&self.seen).map(|(sum, seen)| *sum as f64 / f64::from((*seen).max(1))).collect()
    }

    /// What stands out, the most first.
    fn recurring(&self, kind: RecurringKind, first: u8) -> Vec<Recurring> {
        let all = self.sums.iter().sum::<u64>() as f64 / f64::from(self.seen.iter().sum::<u32>().max(1));
        let stands_out = |(index, (mean, seen)): (usize, (f64, &u32))| {
            let times = mean / all;
            (all > 0.0 && times >= RECURS && *seen >= 2).then(|| Recurring {
                kind,
                at: index as u8 + first,
                times,
                seen: *seen,
            })
        };
        let mut found: Vec<Recurring> =
            self.means().into_iter().zip(&self.seen).enumerate().filter_map(stands_out).collect();
        found.sort_by(|a, b| b.times.total_cmp(&a.times));
        found
    }
}
