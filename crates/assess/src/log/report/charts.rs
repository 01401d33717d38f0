//! Pictures of what was found: the load over time with what went wrong, its rhythm by weekday and hour, and when each function is used.

use naru_model::language::Language;
use naru_model::report::{Anchor, Axis, Block, Chart, Color, Mark, Picture, Series, Shape, Tone, Unit};
use naru_model::units::Timestamp;

use super::super::findings::{Findings, Function};
use super::super::time::weekday;
use super::words;

/// Hours with so many times the median are shaded as surges.
const SURGE: f64 = 3.0;
/// Functions of one chart, beside all of them together.
const FUNCTIONS: usize = 5;
const HOURS: usize = 24;
/// Of a cell of the rhythm.
const CELL: (f64, f64) = (24.0, 20.0);
const LEFT: f64 = 40.0;
const SIZE: f64 = 11.0;
const INK: Color = Color(0x1b, 0x1f, 0x24);

fn at(time: Timestamp) -> f64 {
    time.0 as f64 / 1e6
}

fn series(name: &str, mark: Mark, points: Vec<(f64, f64)>) -> Series {
    Series { name: name.to_owned(), mark, tone: Tone::Plain, points }
}

/// Requests of each hour; nothing when there is but one hour.
pub(super) fn load(findings: &Findings, language: Language) -> Option<Block> {
    let offset_seconds = findings.period.as_ref()?.offset_seconds;
    let hours = &findings.hours;
    if hours.len() < 2 {
        return None;
    }
    let of = |figure: fn(&super::super::findings::Hour) -> u64| {
        hours.iter().map(|hour| (at(hour.at), figure(hour) as f64)).collect::<Vec<_>>()
    };
    let mut all =
        vec![series(language.pick("전체 요청", "all requests"), Mark::Step, of(|hour| hour.requests))];
    if findings.volume.robots > 0 {
        all.push(series(language.pick("로봇 요청", "of robots"), Mark::Step, of(|hour| hour.robots)));
    }
    if findings.volume.server_errors > 0 {
        let errors = series(
            language.pick("서버 오류(5xx)", "failed (5xx)"),
            Mark::Step,
            of(|hour| hour.server_errors),
        );
        all.push(Series { tone: Tone::Bad, ..errors });
    }
    let median = findings.peaks.median_working_hour;
    let surges =
        findings.peaks.top_hours.iter().filter(|peak| median > 0.0 && peak.requests as f64 >= SURGE * median);
    let surge = |times: f64| language.pick(format!("폭주 ×{times:.1}"), format!("surge ×{times:.1}"));
    let surges = surges.map(|peak| (at(peak.at), at(peak.at) + 3600.0, surge(peak.requests as f64 / median)));
    let outages = findings
        .windows
        .iter()
        .map(|window| (at(window.from), at(window.to), words::window(window.kind, language).to_owned()));
    Some(Block::Chart(Chart {
        caption: language
            .pick("시간당 요청 수와 장애·폭주 구간", "Requests by hour, with outages and surges")
            .to_owned(),
        x: Axis::new(language.pick("일시", "time"), Unit::Time { offset_seconds }),
        y: Axis::new(language.pick("요청 (건/시간)", "requests an hour"), Unit::Number),
        series: all,
        spans: outages.chain(surges).collect(),
    }))
}

/// The mean of each hour of each weekday, Monday first; nothing for hours that the log does not have.
fn means(findings: &Findings, offset: i64) -> Vec<Option<f64>> {
    let mut sums = vec![(0_u64, 0_u64); 7 * HOURS];
    for hour in &findings.hours {
        let local = (hour.at.0 / 1_000_000) as i64 + offset;
        let place = weekday(local.div_euclid(86_400)) * HOURS + (local.rem_euclid(86_400) / 3600) as usize;
        if let Some((sum, count)) = sums.get_mut(place) {
            (*sum, *count) = (*sum + hour.requests, *count + 1);
        }
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum as f64 / count as f64)).collect()
}

/// Weekday by hour, the darker the busier; nothing for less than a day.
pub(super) fn rhythm(findings: &Findings, language: Language) -> Option<Block> {
    let means = means(findings, i64::from(findings.period.as_ref()?.offset_seconds));
    let most = means.iter().flatten().copied().fold(0.0, f64::max);
    if findings.hours.len() < HOURS || most <= 0.0 {
        return None;
    }
    let mut shapes = Vec::new();
    for (place, mean) in means.iter().enumerate() {
        let (day, hour) = (place / HOURS, place % HOURS);
        let (x, y) = (LEFT + hour as f64 * CELL.0, 4.0 + day as f64 * CELL.1);
        let (width, height) = CELL;
        let fill = mean.map_or(Color(0xf3, 0xf4, 0xf6), |mean| shade(mean / most));
        shapes.push(Shape::Rect { x, y, width, height, fill, edge: Some(Color(255, 255, 255)) });
        if mean.is_none() {
            shapes.push(text((x + width / 2.0, y + 14.0), "–", Anchor::Middle));
        }
    }
    for day in 0..7 {
        let y = 4.0 + f64::from(day) * CELL.1 + 14.0;
        shapes.push(text((LEFT - 8.0, y), words::day(day as u8, language), Anchor::End));
    }
    let below = 4.0 + 7.0 * CELL.1 + 15.0;
    for hour in (0..HOURS).step_by(3) {
        let x = LEFT + (hour as f64 + 0.5) * CELL.0;
        shapes.push(text(
            (x, below),
            &language.pick(format!("{hour}시"), format!("{hour}:00")),
            Anchor::Middle,
        ));
    }
    let busiest =
        (0..means.len()).max_by(|a, b| means[*a].unwrap_or(0.0).total_cmp(&means[*b].unwrap_or(0.0)))?;
    let (day, hour) = (words::day((busiest / HOURS) as u8, language), busiest % HOURS);
    let caption = language.pick(
        format!("요일·시간대별 평균 요청 수. 진할수록 많음. 최대: {day}요일 {hour}시, 시간당 {most:.0}건. – 는 기록이 없는 시간대"),
        format!("Mean requests by weekday and hour, the darker the more. Most: {day} {hour}:00, {most:.0} an hour. – : the log has none"),
    );
    Some(Block::Picture(Picture {
        caption,
        width: LEFT + HOURS as f64 * CELL.0 + 8.0,
        height: below + 6.0,
        shapes,
    }))
}

/// From nearly white to a dark blue.
fn shade(share: f64) -> Color {
    let part = |light: f64, dark: f64| (light + (dark - light) * share.clamp(0.0, 1.0)) as u8;
    Color(part(238.0, 8.0), part(244.0, 69.0), part(250.0, 128.0))
}

fn text((x, y): (f64, f64), text: &str, anchor: Anchor) -> Shape {
    Shape::Text { x, y, text: text.to_owned(), size: SIZE, anchor, color: INK, bold: false, upwards: false }
}

/// How each function's day is spread over the hours, beside that of all of them; nothing when there is but one function.
pub(super) fn functions(findings: &Findings, language: Language) -> Option<Block> {
    let spread = |by_hour: &[f64]| {
        let all: f64 = by_hour.iter().sum();
        let share = |(hour, requests): (usize, &f64)| {
            (hour as f64, if all > 0.0 { requests / all } else { f64::NAN })
        };
        by_hour.iter().enumerate().map(share).collect::<Vec<_>>()
    };
    let largest: Vec<&Function> = findings.functions.iter().take(FUNCTIONS).collect();
    if largest.len() < 2 {
        return None;
    }
    let all = series(language.pick("전체", "all"), Mark::Line, spread(&findings.rhythm.by_hour));
    let each = largest.iter().map(|function| series(&function.name, Mark::Line, spread(&function.by_hour)));
    let hours = (0..HOURS).map(|hour| language.pick(format!("{hour}시"), format!("{hour}:00")));
    Some(Block::Chart(Chart {
        caption: language
            .pick(
                "기능별 이용 시간대 (각 기능의 하루 요청 = 100 %)",
                "When each function is used (its requests of a day = 100 %)",
            )
            .to_owned(),
        x: Axis::new(language.pick("시간대", "hour"), Unit::Names(hours.collect())),
        y: Axis::new(language.pick("하루 요청 중 비율", "share of its day"), Unit::Share),
        series: std::iter::once(all).chain(each).collect(),
        spans: Vec::new(),
    }))
}
