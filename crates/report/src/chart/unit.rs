//! Numbers of an axis: where round ones lie, and how they are written.

use jiff::tz::Offset;
use naru_model::language::Language;
use naru_model::report::Unit;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
/// A month in the mean, to choose by; ticks stand at the months' true beginnings.
const MONTH: f64 = 30.44 * DAY;

/// Steps of durations and times that people count in, from a second on; days are followed by months.
const STEPS: [f64; 17] = [
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
];
const DAYS: [f64; 4] = [1.0, 2.0, 7.0, 14.0];
const MONTHS: [i64; 7] = [1, 3, 6, 12, 24, 60, 120];
/// Whole numbers beyond this are no longer exact.
const EXACT: f64 = 9.0e15;

/// The smallest of 1, 2, 5, 10, 20 … that is not below this; also below 1.
fn round_up(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|n| *n >= least * 0.999_999)
        .unwrap_or(10.0 * power)
}

/// Round values from `from` to `to`, about `most` of them; never more than one above that. Empty without a length.
pub(super) fn ticks(unit: &Unit, from: f64, to: f64, most: usize) -> Vec<f64> {
    let least = (to - from) / most.max(1) as f64;
    if !least.is_finite() || least <= 0.0 || from.abs().max(to.abs()) > EXACT * 1e3 {
        return Vec::new();
    }
    match unit {
        Unit::Names(_) => Vec::new(),
        Unit::Number | Unit::Share => every(round_up(least), 0.0, from, to),
        Unit::Duration => every(clock(least).unwrap_or_else(|| round_up(least / DAY) * DAY), 0.0, from, to),
        Unit::Time { offset_seconds } => times(f64::from(*offset_seconds), from, to, least),
        Unit::Clock(offsets) => {
            let ends = offsets.iter().skip(1).map(|(at, _)| *at).chain([f64::INFINITY]);
            let each = offsets.iter().zip(ends).enumerate().flat_map(|(i, ((at, offset), end))| {
                let begin = if i == 0 { from } else { at.max(from) };
                let mut all = times(f64::from(*offset), begin, end.min(to), least);
                all.retain(|tick| *tick < end);
                all
            });
            each.collect()
        }
    }
}

/// Above where the last round value lies, so that an axis ends at one.
pub(super) fn ceiling(unit: &Unit, from: f64, to: f64, most: usize) -> f64 {
    let at = ticks(unit, from, to, most);
    match (at.first(), at.get(1), at.last()) {
        (Some(first), Some(second), Some(last)) if *last < to => last + (second - first),
        _ => to,
    }
}

/// The smallest step of a clock that is not below this; nothing beyond half a day.
fn clock(least: f64) -> Option<f64> {
    if least <= 1.0 { Some(round_up(least)) } else { STEPS.into_iter().find(|step| *step >= least) }
}

fn every(step: f64, origin: f64, from: f64, to: f64) -> Vec<f64> {
    let (first, last) = (((from - origin) / step - 1e-9).ceil(), ((to - origin) / step + 1e-9).floor());
    // By counting, as adding up would drift away from the round values.
    (0..=(last - first).clamp(-1.0, 1e4) as i64).map(|i| origin + (first + i as f64) * step).collect()
}

fn times(offset: f64, from: f64, to: f64, least: f64) -> Vec<f64> {
    if let Some(step) = clock(least.max(1.0)) {
        return every(step, -offset, from, to);
    }
    if let Some(days) = DAYS.into_iter().find(|days| days * DAY >= least) {
        // Weeks begin on Mondays: the first of them was the fifth day of 1970.
        let origin = if days >= 7.0 { 4.0 * DAY } else { 0.0 };
        return every(days * DAY, origin - offset, from, to);
    }
    let every_months = MONTHS.into_iter().find(|months| *months as f64 * MONTH >= least).unwrap_or(1200);
    let (Some(first), Some(last)) = (month_of(from + offset), month_of(to + offset)) else {
        return Vec::new();
    };
    let begin = first.div_euclid(every_months) * every_months;
    let starts = (0..=(last - begin) / every_months).filter_map(|i| start_of(begin + i * every_months));
    starts.map(|start| start - offset).filter(|at| (from..=to).contains(at)).collect()
}

/// Months since year 0.
fn month_of(local: f64) -> Option<i64> {
    let at = date_time(local)?;
    Some(i64::from(at.year()) * 12 + i64::from(at.month()) - 1)
}

fn start_of(month: i64) -> Option<f64> {
    let (year, month) = (i16::try_from(month.div_euclid(12)).ok()?, month.rem_euclid(12) as i8 + 1);
    let date = jiff::civil::Date::new(year, month, 1).ok()?;
    Some(Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_second() as f64)
}

/// `local`: seconds since 1970 by the clock on the wall.
fn date_time(local: f64) -> Option<jiff::civil::DateTime> {
    let at = jiff::Timestamp::from_second(local.round() as i64).ok()?;
    Some(Offset::UTC.to_datetime(at))
}

/// A tick's value; `step` is the distance between ticks, which says how many places are worth writing.
pub(super) fn tick(unit: &Unit, value: f64, step: f64, language: Language) -> String {
    match unit {
        Unit::Number => number(value, places(step)),
        Unit::Share => format!("{} %", number(value * 100.0, places(step * 100.0))),
        Unit::Duration => duration(value, language),
        Unit::Time { .. } | Unit::Clock(_) => time(value + offset(unit, value), step, language),
        Unit::Names(names) => name(names, value).unwrap_or_default().to_owned(),
    }
}

/// A value by itself, as exact as people read it.
pub(crate) fn value(unit: &Unit, value: f64, language: Language) -> String {
    match unit {
        Unit::Number if value.abs() >= 100.0 || value == value.round() => number(value, 0),
        Unit::Number => number(value, if value.abs() >= 1.0 { 1 } else { 3 }),
        Unit::Share => {
            let percent = value * 100.0;
            // 99.95 % is not 100 %.
            let places =
                if percent > 99.0 && percent < 100.0 || percent > 0.0 && percent < 1.0 { 2 } else { 1 };
            format!("{} %", number(percent, places))
        }
        Unit::Duration => duration(value, language),
        Unit::Time { .. } | Unit::Clock(_) => date_time(value + offset(unit, value))
            .map_or(String::new(), |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
        Unit::Names(names) => name(names, value).unwrap_or_default().to_owned(),
    }
}

/// Seconds by which the clock on the wall is ahead of UTC then; 0 where the axis is none of times.
pub(super) fn offset(unit: &Unit, at: f64) -> f64 {
    match unit {
        Unit::Time { offset_seconds } => f64::from(*offset_seconds),
        Unit::Clock(offsets) => {
            let holds = offsets.iter().rev().find(|(from, _)| *from <= at).or(offsets.first());
            holds.map_or(0.0, |(_, offset)| f64::from(*offset))
        }
        _ => 0.0,
    }
}

/// The name of a place, where there is one.
pub(super) fn name(names: &[String], place: f64) -> Option<&str> {
    if place < 0.0 || place.fract() != 0.0 { None } else { names.get(place as usize).map(String::as_str) }
}

fn places(step: f64) -> usize {
    if step >= 1.0 || step <= 0.0 { 0 } else { (-step.log10() - 1e-9).ceil().clamp(0.0, 9.0) as usize }
}

/// With thousands apart.
fn number(value: f64, places: usize) -> String {
    if value.abs() > EXACT {
        return format!("{value:e}");
    }
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let is_nothing = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    let mut out = if value < 0.0 && !is_nothing { "-".to_owned() } else { String::new() };
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// 250 ms, 1.5 s, 3 min; in Korean 250 ms, 1.5초, 3분.
fn duration(seconds: f64, language: Language) -> String {
    let (divisor, ko, en) = match seconds.abs() {
        0.0 => return language.pick("0초", "0 s").to_owned(),
        ..0.001 => (0.001, " ms", " ms"),
        ..0.9995 => (0.001, " ms", " ms"),
        ..120.0 => (1.0, "초", " s"),
        ..7200.0 => (MINUTE, "분", " min"),
        ..172_800.0 => (HOUR, "시간", " h"),
        _ => (DAY, "일", " d"),
    };
    let amount = seconds / divisor;
    let places = if (amount - amount.round()).abs() < 0.05 { 0 } else { 1 };
    let places = if amount.abs() < 1.0 {
        2
    } else if amount.abs() >= 100.0 {
        0
    } else {
        places
    };
    number(amount, places) + language.pick(ko, en)
}

/// What tells a tick of time from the next: seconds, minutes, days, months. Midnight is told as the day that begins.
fn time(local: f64, step: f64, language: Language) -> String {
    let Some(at) = date_time(local) else { return String::new() };
    let form = if step >= 28.0 * DAY {
        language.pick("%Y년 %-m월", "%b %Y")
    } else if step >= DAY || (step >= MINUTE && at.hour() == 0 && at.minute() == 0) {
        language.pick("%-m월 %-d일", "%-d %b")
    } else if step >= MINUTE {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    at.strftime(form).to_string()
}

/// The day, and the year with it, that an axis of hours begins on: without it nobody knows which day it is about.
pub(super) fn day(local: f64, language: Language) -> String {
    date_time(local)
        .map_or(String::new(), |at| at.strftime(language.pick("%Y년 %-m월 %-d일", "%-d %B %Y")).to_string())
}
