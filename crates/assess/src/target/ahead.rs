//! Schedules: instances ahead of hours and days that are busy again and again in the log, as many as these take beyond those that are
//! there anyway. Windows that are open together add up, so hours are laid in layers and days come on top of their busiest hour.

use super::Schedule;
use super::size::takes;
use crate::log::findings::{Findings, RecurringKind};
use crate::questionnaire::number;
use naru_model::language::Language;

/// Schedules of a service at most: more is no rhythm.
const MOST: usize = 4;

/// An hour that comes again has at least so many times the mean. As in the log's findings.
const RECURS: f64 = 1.5;

/// A service's usual load.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    /// Requests of the hour 0 to 23 of the log's own zone, mean per day.
    pub by_hour: [f64; 24],
    /// Seconds that each takes.
    pub response: f64,
    /// Requests at a time of an instance.
    pub per_instance: u32,
}

/// What a service with this load and these bounds adds ahead of time.
pub fn schedules(language: Language, log: &Findings, load: &Usual, (min, max): (u32, u32)) -> Vec<Schedule> {
    let days = log.period.as_ref().map_or(0, |period| period.days);
    let instances = |requests: f64| {
        takes(requests / 3600.0 * burst(log), load.response, load.per_instance).clamp(min, max)
    };
    let zone = zone(log.period.as_ref().map_or(0, |period| period.offset_seconds));
    let mean = load.by_hour.iter().sum::<f64>() / 24.0;
    let mut made = Vec::new();
    let mut layers = Vec::new();
    let hours = load.by_hour.map(|requests| {
        let recurs = days >= 2 && requests >= RECURS * mean;
        if recurs { instances(requests) - min } else { 0 }
    });
    // A run may go past midnight, so the day begins after an hour that is not busy; some hour is below the mean.
    let first = hours.iter().position(|add| *add == 0).unwrap_or(0);
    let turned: Vec<(usize, u32)> =
        (0..24).map(|step| (first + step) % 24).map(|hour| (hour, hours[hour])).collect();
    lay(&turned, 0, &mut layers);
    for Layer { from, hours, add } in layers {
        let most = (from..from + hours).map(|hour| load.by_hour[hour % 24]).fold(0.0, f64::max);
        let to = (from + hours) % 24;
        let when = language.pick(format!("{from}~{to}시"), format!("from {from}:00 to {to}:00"));
        // Half an hour ahead, so that instances are warm when people come, and half an hour on.
        let at = format!("30 {} * * *", (from + 23) % 24);
        let why = why(language, &when, most / mean.max(1e-9), days, load, add);
        made.push(Schedule { at, zone: zone.clone(), hours: hours as u32 + 1, add, why });
    }
    let daily = load.by_hour.iter().copied().fold(0.0, f64::max);
    let usual = instances(daily);
    for day in of_kind(log, RecurringKind::Weekday).chain(of_kind(log, RecurringKind::DayOfMonth)) {
        let add = instances(daily * day.times) - usual;
        let (at, when) = match day.kind {
            RecurringKind::Weekday if (1..=7).contains(&day.at) => {
                let name = ["월", "화", "수", "목", "금", "토", "일"][usize::from(day.at) - 1];
                let when = language.pick(format!("{name}요일"), format!("on weekday {}", day.at));
                (format!("0 8 * * {}", day.at % 7), when)
            }
            RecurringKind::DayOfMonth if (1..=31).contains(&day.at) => {
                let when =
                    language.pick(format!("매월 {}일", day.at), format!("on day {} of the month", day.at));
                (format!("0 8 {} * *", day.at), when)
            }
            _ => continue,
        };
        if add > 0 {
            let why = why(language, &when, day.times, day.seen, load, add);
            made.push(Schedule { at, zone: zone.clone(), hours: 12, add, why });
        }
    }
    made.truncate(MOST);
    made
}

fn of_kind(log: &Findings, kind: RecurringKind) -> impl Iterator<Item = &crate::log::findings::Recurring> {
    log.rhythm.recurring.iter().filter(move |recurring| recurring.kind == kind)
}

fn why(language: Language, when: &str, times: f64, seen: u32, load: &Usual, add: u32) -> String {
    let times = number((times * 10.0).round() / 10.0);
    let ms = number((load.response * 1000.0).round().max(1.0));
    language.pick(
        format!(
            "로그에서 {when}에 평균의 {times}배({seen}번 관측). 응답 {ms}ms 로 처리하려면 {add}대가 더 필요"
        ),
        format!(
            "{when} {times} times the mean in the log ({seen} seen), which takes {add} more at {ms} ms each"
        ),
    )
}

/// How much more than its hour's mean a minute brings: as the busiest minute does within the busiest hour.
fn burst(log: &Findings) -> f64 {
    let (minute, hour) = (log.peaks.busiest_minute.requests, log.peaks.busiest_hour.requests);
    if hour == 0 { 1.0 } else { (minute as f64 * 60.0 / hour as f64).clamp(1.0, 60.0) }
}

/// Hours in a row that add as many.
struct Layer {
    from: usize,
    hours: usize,
    add: u32,
}

/// Covers hours in a row: what all of them add beyond what is laid, then what is left of each run in it. At most 24 layers deep.
fn lay(hours: &[(usize, u32)], laid: u32, layers: &mut Vec<Layer>) {
    for run in hours.chunk_by(|a, b| (a.1 > laid) == (b.1 > laid)) {
        let least = run.iter().map(|(_, add)| *add).min().unwrap_or(0);
        if least > laid {
            layers.push(Layer { from: run[0].0, hours: run.len(), add: least - laid });
            lay(run, least, layers);
        }
    }
}

/// The zone that is so far east of UTC all year. Where none is, the next one east, whose schedules come up to an hour earlier.
fn zone(offset_seconds: i32) -> String {
    match (f64::from(offset_seconds) / 3600.0).ceil() as i32 {
        9 => "Asia/Seoul".to_owned(),
        // In these names what is east is negative. Source: the IANA time zone database, file etcetera.
        hours @ 1..=14 => format!("Etc/GMT-{hours}"),
        hours @ -12..=-1 => format!("Etc/GMT+{}", -hours),
        _ => "Etc/UTC".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::findings::{Peak, Peaks, Period, Recurring, Rhythm};

    fn log(recurring: &[(RecurringKind, u8, f64)]) -> Findings {
        let one = |(kind, at, times): &(RecurringKind, u8, f64)| Recurring {
            kind: *kind,
            at: *at,
            times: *times,
            seen: 4,
        };
        Findings {
            period: Some(Period { days: 28, ..Period::default() }),
            peaks: Peaks {
                busiest_hour: Peak { requests: 3_600, ..Peak::default() },
                busiest_minute: Peak { requests: 90, ..Peak::default() },
                ..Peaks::default()
            },
            rhythm: Rhythm { recurring: recurring.iter().map(one).collect(), ..Rhythm::default() },
            ..Findings::default()
        }
    }

    /// An instance carries 20 × 0.6 / 0.1 s = 120 requests a second; a minute brings half as much again as its hour's mean. Hours have 10
    /// a second but for these.
    fn of(log: &Findings, busy: &[(usize, f64)]) -> Vec<(String, u32, u32)> {
        let mut by_hour = [36_000.0; 24];
        busy.iter().for_each(|(hour, rate)| by_hour[*hour] = rate * 3600.0);
        let load = Usual { by_hour, response: 0.1, per_instance: 20 };
        let made = schedules(Language::En, log, &load, (2, 8));
        made.into_iter().map(|one| (one.at, one.hours, one.add)).collect()
    }

    #[test]
    fn hours_in_a_row_are_one_schedule_with_what_the_busiest_takes_on_top() {
        let busy = [(9, 320.0), (10, 240.0), (11, 236.0), (14, 80.0), (0, 200.0)];
        // 480 and 360 a second at nine and ten take 4 and 3 instances; two o'clock's 120 are carried by the two that are there.
        let expected = [("30 8 * * *", 4, 1), ("30 8 * * *", 2, 1), ("30 23 * * *", 2, 1)];
        let expected: Vec<_> = expected.map(|(at, hours, add)| (at.to_owned(), hours, add)).into();
        assert_eq!(of(&log(&[]), &busy), expected);
        let once = Findings { period: Some(Period { days: 1, ..Period::default() }), ..log(&[]) };
        assert_eq!(of(&once, &busy), []);
    }

    #[test]
    fn a_run_of_hours_past_midnight_is_one_and_days_come_on_top_of_their_busiest_hour() {
        assert_eq!(of(&log(&[]), &[(23, 200.0), (0, 200.0)]), [("30 22 * * *".to_owned(), 3, 1)]);
        let days = log(&[(RecurringKind::Weekday, 7, 28.0), (RecurringKind::DayOfMonth, 25, 18.0)]);
        assert_eq!(of(&days, &[]), [("0 8 * * 0".to_owned(), 12, 2), ("0 8 25 * *".to_owned(), 12, 1)]);
    }

    #[test]
    fn hours_are_of_the_logs_own_zone() {
        let zones = [0, 32_400, -18_000, 20_700, 86_400].map(zone);
        assert_eq!(zones, ["Etc/UTC", "Asia/Seoul", "Etc/GMT+5", "Etc/GMT-6", "Etc/UTC"]);
    }
}
