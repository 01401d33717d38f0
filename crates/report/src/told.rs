//! What can't be drawn, told in words and figures: a chart as a small table, boxes for signatures as a table.

use naru_model::language::Language;
use naru_model::report::{Cell, Chart, Mark, Table, Unit};

use crate::chart::value;

/// The most places of an axis of names that are told one by one.
const MOST_ROWS: usize = 200;

/// A chart in figures: of an axis of names every value, else of each series the least, mean, most and last.
pub(crate) fn chart(chart: &Chart, language: Language) -> Table {
    match &chart.x.unit {
        Unit::Names(names) => by_name(chart, names, language),
        _ => by_series(chart, language),
    }
}

fn by_name(chart: &Chart, names: &[String], language: Language) -> Table {
    let head =
        std::iter::once(chart.x.label.clone()).chain(chart.series.iter().map(|series| series.name.clone()));
    let mut table = Table { right: (1..=chart.series.len()).collect(), ..Table::new(head) };
    for (place, name) in names.iter().enumerate().take(MOST_ROWS) {
        let cells = chart.series.iter().map(|series| {
            // A goal's line says the same for every place.
            let points = &series.points;
            let at = points
                .iter()
                .find(|(x, _)| *x == place as f64)
                .or_else(|| if series.mark == Mark::Dashed { points.first() } else { None });
            Cell::from(at.map_or("-".to_owned(), |(_, y)| told(chart, *y, language)))
        });
        table.row(std::iter::once(Cell::from(name.as_str())).chain(cells));
    }
    table
}

fn by_series(chart: &Chart, language: Language) -> Table {
    let head =
        language.pick(["항목", "최소", "평균", "최대", "마지막"], ["", "least", "mean", "most", "last"]);
    let mut table = Table { right: vec![1, 2, 3, 4], widths: vec![6, 3, 3, 3, 3], ..Table::new(head) };
    for series in &chart.series {
        let known: Vec<f64> = series.points.iter().map(|point| point.1).filter(|y| y.is_finite()).collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let least = known.iter().copied().fold(f64::INFINITY, f64::min);
        let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let figures = match known.last() {
            Some(last) => [least, mean, most, *last].map(|y| told(chart, y, language)),
            None => ["-"; 4].map(str::to_owned),
        };
        table.row(std::iter::once(series.name.clone()).chain(figures).map(Cell::from));
    }
    table
}

fn told(chart: &Chart, y: f64, language: Language) -> String {
    if y.is_finite() { value(&chart.y.unit, y, language) } else { "-".to_owned() }
}

/// What a chart is of: its caption, the stretch that its x axis covers, and what happened within.
pub(crate) fn about(chart: &Chart, language: Language) -> String {
    let mut text = chart.caption.clone();
    let xs =
        chart.series.iter().flat_map(|series| &series.points).map(|point| point.0).filter(|x| x.is_finite());
    let (least, most) = xs.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if least <= most && !matches!(chart.x.unit, Unit::Names(_)) {
        let told = |x| value(&chart.x.unit, x, language);
        text += &format!(" ({} – {})", told(least), told(most));
    }
    text
}

/// What happened in which stretch of the x axis, or at which place of it, one line each, at most 20.
pub(crate) fn spans(chart: &Chart, language: Language) -> Vec<String> {
    let told = |x: f64| value(&chart.x.unit, x, language);
    chart
        .spans
        .iter()
        .take(20)
        .map(|(from, to, what)| match from == to {
            true => format!("{}: {what}", told(*from)),
            false => format!("{} – {}: {what}", told(*from), told(*to)),
        })
        .collect()
}

/// The boxes in which people sign, a row each.
pub(crate) fn signatures(roles: &[String], language: Language) -> Table {
    let mut table = Table { widths: vec![3, 3, 3, 3, 3], ..Table::new(signature_head(language)) };
    for role in roles {
        table.row([Cell::from(role.as_str())]);
    }
    table
}

/// What stands in a box: role, office, name, date, signature.
pub(crate) fn signature_head(language: Language) -> [&'static str; 5] {
    language.pick(
        ["구분", "소속·직급", "성명", "일자", "서명 또는 인"],
        ["role", "organisation, position", "name", "date", "signature"],
    )
}
