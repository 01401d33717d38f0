//! Outages as users saw them: times in which far more than usual failed or was slow, and times in which nobody got through. What
//! is usual is taken from the log itself.

use naru_model::units::Timestamp;

use super::findings::{Window, WindowKind};
use super::load::median;
use super::time::weekday;
use super::timeline::{DOUBLINGS, Timeline, coarse_seconds};

/// Windows that are told; of more, those that concern most.
const MAX_WINDOWS: usize = 1000;
/// Minutes are put together until so many requests are in them usually: shares of fewer mean nothing.
const ENOUGH: f64 = 20.0;
/// 5xx: at least so many, this share, and so many times the usual one. Over a longer time more of them, and a smaller share, say as
/// much: when one function of many fails.
const SHORT: Errors = Errors { least: 5, share: 0.05 };
const LONG: Errors = Errors { least: 20, share: 0.02 };
const ERROR_TIMES: f64 = 5.0;
/// Longer times that are looked at, in minutes.
const LONGER: [u32; 2] = [10, 60];
/// A 95th percentile of at least so many seconds and so many times the usual one is slow.
const MIN_SLOW_SECONDS: f64 = 0.5;
const SLOW_TIMES: f64 = 3.0;
/// Slowness shorter than this is one request's, not a time's.
const MIN_SLOW_MINUTES: u32 = 2;
/// Silence: at least so many minutes in which so many requests were expected.
const MIN_SILENT_MINUTES: u32 = 3;
const MIN_EXPECTED: f64 = 30.0;
/// Other days that a silent time is compared with.
const OTHER_DAYS: u32 = 14;

/// From how many 5xx on, and which share, there are too many.
struct Errors {
    least: u64,
    share: f64,
}

/// Minutes put together.
#[derive(Clone)]
struct Bin {
    /// Its number: minutes since 1970 over the minutes of a bin.
    at: u32,
    requests: u64,
    errors: u64,
    times: [u32; DOUBLINGS],
}

impl Bin {
    fn timed(&self) -> u64 {
        self.times.iter().map(|n| u64::from(*n)).sum()
    }

    fn p95(&self) -> f64 {
        let rank = (self.timed() as f64 * 0.95).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.times.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank.max(1) {
                return coarse_seconds(bucket);
            }
        }
        0.0
    }

    fn share(&self) -> f64 {
        self.errors as f64 / self.requests.max(1) as f64
    }

    fn merge(&mut self, other: &Bin) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.times.iter_mut().zip(&other.times).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// Finds them, by time.
pub(super) fn windows(timeline: &Timeline, at: &dyn Fn(i64) -> Timestamp) -> Vec<Window> {
    let size = bin_size(timeline);
    let bins = bins(timeline, size);
    let mut found = errors(&bins, size, &SHORT);
    for longer in LONGER.into_iter().filter(|longer| *longer > size) {
        let more = errors(&self::bins(timeline, longer), longer, &LONG);
        let is_new = |one: &Found| found.iter().all(|known| one.to <= known.from || known.to <= one.from);
        let more: Vec<Found> = more.into_iter().filter(is_new).collect();
        found.extend(more);
    }
    found.extend(slow(&bins, size));
    found.extend(silences(timeline));
    found.sort_by_key(|found| std::cmp::Reverse(found.concerned));
    found.truncate(MAX_WINDOWS);
    let mut windows: Vec<Window> = found.into_iter().map(|found| found.told(at)).collect();
    windows.sort_by_key(|window| (window.from, window.kind as u8));
    windows
}

/// A window in local minutes since 1970.
struct Found {
    kind: WindowKind,
    from: u32,
    to: u32,
    requests: u64,
    concerned: u64,
    value: f64,
    usual: f64,
}

impl Found {
    fn told(self, at: &dyn Fn(i64) -> Timestamp) -> Window {
        let time = |minute: u32| at(i64::from(minute) * 60);
        Window {
            kind: self.kind,
            from: time(self.from),
            to: time(self.to),
            requests: self.requests,
            concerned: self.concerned,
            value: self.value,
            usual: self.usual,
        }
    }
}

/// How many minutes a bin has, so that enough requests are usually in it.
fn bin_size(timeline: &Timeline) -> u32 {
    let detailed = || timeline.hours.values().filter(|hour| hour.detail.is_some());
    let requests: u64 = detailed().map(|hour| hour.requests).sum();
    let per_minute = requests as f64 / (detailed().count().max(1) * 60) as f64;
    [1, 5, 10, 30].into_iter().find(|size| per_minute * f64::from(*size) >= ENOUGH).unwrap_or(60)
}

fn bins(timeline: &Timeline, size: u32) -> Vec<Bin> {
    let mut bins: Vec<Bin> = Vec::new();
    for (hour, seen) in &timeline.hours {
        let Some(detail) = &seen.detail else { continue };
        for minute in 0..60 {
            let requests: u64 = detail.seconds[minute * 60..][..60].iter().map(|n| u64::from(*n)).sum();
            if requests == 0 {
                continue;
            }
            let times = detail.times.as_ref().map_or([0; DOUBLINGS], |times| times[minute]);
            let bin = Bin {
                at: (hour * 60 + minute as u32) / size,
                requests,
                errors: u64::from(detail.errors[minute]),
                times,
            };
            match bins.last_mut() {
                Some(last) if last.at == bin.at => last.merge(&bin),
                _ => bins.push(bin),
            }
        }
    }
    bins
}

/// Runs of bins for which something holds, with at most one between two of them for which it does not.
fn runs(bins: &[Bin], holds: impl Fn(&Bin) -> bool) -> Vec<(u32, u32, Bin)> {
    let mut runs: Vec<(u32, u32, Bin)> = Vec::new();
    // Of the bins since the last run that did not hold.
    let mut between: Option<Bin> = None;
    for bin in bins {
        if holds(bin) {
            match runs.last_mut() {
                Some((_, last, sum)) if bin.at <= *last + 2 => {
                    if let Some(between) = between.take() {
                        sum.merge(&between);
                    }
                    sum.merge(bin);
                    *last = bin.at;
                }
                _ => runs.push((bin.at, bin.at, bin.clone())),
            }
            between = None;
        } else {
            between = Some(bin.clone());
        }
    }
    runs
}

fn errors(bins: &[Bin], size: u32, from: &Errors) -> Vec<Found> {
    // The usual share is that of the nineteen twentieths of the time that are best.
    let mut by_share: Vec<&Bin> = bins.iter().collect();
    by_share.sort_by(|a, b| a.share().total_cmp(&b.share()));
    by_share.truncate(bins.len() * 19 / 20);
    let (failed, all) =
        by_share.iter().fold((0, 0), |(failed, all), bin| (failed + bin.errors, all + bin.requests));
    let usual = failed as f64 / all.max(1) as f64;
    let least = from.share.max(usual * ERROR_TIMES);
    let bad = |bin: &Bin| bin.errors >= from.least && bin.share() >= least;
    runs(bins, bad)
        .into_iter()
        .map(|(from, to, sum)| Found {
            kind: WindowKind::Errors,
            from: from * size,
            to: (to + 1) * size,
            requests: sum.requests,
            concerned: sum.errors,
            value: sum.share(),
            usual,
        })
        .collect()
}

fn slow(bins: &[Bin], size: u32) -> Vec<Found> {
    let enough = |bin: &Bin| bin.timed() as f64 >= ENOUGH;
    let usual = median(bins.iter().filter(|bin| enough(bin)).map(Bin::p95).collect());
    let least = MIN_SLOW_SECONDS.max(usual * SLOW_TIMES);
    let slower = |bin: &Bin| {
        let counts = bin.times.iter().enumerate().filter(|(bucket, _)| coarse_seconds(*bucket) > usual);
        counts.map(|(_, count)| u64::from(*count)).sum()
    };
    runs(bins, |bin| enough(bin) && bin.p95() >= least)
        .into_iter()
        .filter(|(from, to, _)| (to - from + 1) * size >= MIN_SLOW_MINUTES)
        .map(|(from, to, sum)| Found {
            kind: WindowKind::Slow,
            from: from * size,
            to: (to + 1) * size,
            requests: sum.requests,
            concerned: slower(&sum),
            value: sum.p95(),
            usual,
        })
        .collect()
}

/// Requests from one minute on and before another.
fn count(timeline: &Timeline, from: u32, to: u32) -> u64 {
    let within = |(hour, seen): (&u32, &super::timeline::Hour)| -> u64 {
        let start = hour * 60;
        let (first, last) = (from.max(start) - start, to.min(start + 60) - start);
        match &seen.detail {
            Some(detail) => {
                detail.seconds[first as usize * 60..last as usize * 60].iter().map(|n| u64::from(*n)).sum()
            }
            None => seen.requests * u64::from(last - first) / 60,
        }
    };
    timeline.hours.range(from / 60..to.div_ceil(60)).map(within).sum()
}

fn silences(timeline: &Timeline) -> Vec<Found> {
    let detailed = || timeline.hours.iter().filter_map(|(hour, seen)| Some((*hour, seen.detail.as_ref()?)));
    let requests: u64 = detailed().map(|(hour, _)| timeline.hours[&hour].requests).sum();
    let per_minute = requests as f64 / (detailed().count().max(1) * 60) as f64;
    let mut found = Vec::new();
    let mut last: Option<u32> = None;
    for (hour, detail) in detailed() {
        for minute in 0..60_u32 {
            if detail.seconds[minute as usize * 60..][..60].iter().all(|n| *n == 0) {
                continue;
            }
            let now = hour * 60 + minute;
            let from = last.replace(now).map_or(now, |last| last + 1);
            let length = now - from;
            // A rough look first: most pauses are nobody's.
            if length < MIN_SILENT_MINUTES || per_minute * f64::from(length) < MIN_EXPECTED / 3.0 {
                continue;
            }
            let expected = expected(timeline, from, now);
            if expected >= MIN_EXPECTED {
                let usual = expected / f64::from(length);
                found.push(Found {
                    kind: WindowKind::Silence,
                    from,
                    to: now,
                    requests: 0,
                    concerned: expected as u64,
                    value: 0.0,
                    usual,
                });
            }
        }
    }
    found
}

/// Requests that the same time of other days had: the lower quartile of the nearest days, of working days or weekends alike. With
/// fewer than three such days, that of the hours around.
fn expected(timeline: &Timeline, from: u32, to: u32) -> f64 {
    const DAY: u32 = 24 * 60;
    let (Some(first), Some(last)) = (timeline.hours.keys().next(), timeline.hours.keys().next_back()) else {
        return 0.0;
    };
    let (first, last) = (first * 60, (last + 1) * 60);
    let length = to - from;
    let shifted = |steps: u32, by: u32| -> Vec<(u32, u64)> {
        let later = (1..=steps).map(|n| from.saturating_add(n * by));
        let earlier = (1..=steps).map(|n| from.saturating_sub(n * by));
        later
            .chain(earlier)
            .filter(|start| *start >= first && start + length <= last)
            .map(|start| (start, count(timeline, start, start + length)))
            .collect()
    };
    let is_weekend = |minute: u32| weekday(i64::from(minute / DAY)) >= 5;
    let days = shifted(OTHER_DAYS, DAY * (length / DAY + 1));
    let alike: Vec<u64> = days
        .iter()
        .filter(|(start, _)| is_weekend(*start) == is_weekend(from))
        .map(|(_, count)| *count)
        .collect();
    let mut counts = match (alike.len(), days.len()) {
        (3.., _) => alike,
        (_, 3..) => days.into_iter().map(|(_, count)| count).collect(),
        _ => shifted(3, 60 * (length / 60 + 1)).into_iter().map(|(_, count)| count).collect(),
    };
    counts.sort_unstable();
    if counts.len() < 3 { 0.0 } else { counts[counts.len() / 4] as f64 }
}
