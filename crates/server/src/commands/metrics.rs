//! `naru metrics`: what services, their JVMs and the machine measure of themselves, over the last hour as a line.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use naru_api::message::{MetricNamesParams, MetricSeriesParams};
use naru_model::metric::{MetricName, MetricSeries, Owner};
use naru_model::units::Timestamp;

use super::ServerArgs;
use super::output::{self, Table};

/// Characters of a line.
const WIDTH: u32 = 30;
/// From the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Whose: host, service:NAME, instance:SERVICE-REVISION-NUMBER, link:NAME, outside:NAME; all when not given
    pub(crate) owner: Option<Owner>,
    /// A whole name, or the beginning of one before *: its course; what there is when not given
    pub(crate) name: Option<String>,
    /// Only series with these labels
    #[arg(long, value_name = "NAME=VALUE,...", default_value = "")]
    pub(crate) label: String,
    /// How far to look back
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    pub(crate) minutes: u32,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

pub(crate) fn run(args: MetricsArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let Some(name) = args.name else {
        let wanted = MetricNamesParams { owner: args.owner, name: String::new() };
        let names = super::block_on(client.metric_names(&wanted))??;
        if args.server.json {
            output::print_json(&names)?;
        } else {
            print!("{}", listed(&names));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let to = u32::try_from(jiff::Timestamp::now().as_second())?.saturating_add(1);
    let wanted = MetricSeriesParams {
        owner: args.owner,
        name,
        label: args.label,
        from: Some(to.saturating_sub(args.minutes * 60)),
        to: Some(to),
        points: WIDTH * if args.server.json { 10 } else { 1 },
    };
    let series = super::block_on(client.metric_series(&wanted))??;
    if args.server.json {
        output::print_json(&series)?;
    } else {
        print!("{}", drawn(&series));
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(names: &[MetricName]) -> String {
    if names.is_empty() {
        return "nothing was measured in the last hour; docs/guides/metrics.md says how\n".to_owned();
    }
    let now = Timestamp(jiff::Timestamp::now().as_microsecond().unsigned_abs());
    let mut table = Table::new(&["OWNER", "NAME", "UNIT", "SERIES", "LAST"]);
    for one in names {
        let (series, last) = (one.series.to_string(), output::ago(one.last, now));
        table.row(vec![one.owner.to_string(), one.name.clone(), one.unit.clone(), series, last]);
    }
    table.to_string()
}

fn drawn(series: &[MetricSeries]) -> String {
    if series.is_empty() {
        return "there is no such series in that time; `naru metrics` lists what there is\n".to_owned();
    }
    let mut table = Table::new(&["OWNER", "NAME", "LABELS", "COURSE", "LAST", "LEAST", "MOST"]);
    for one in series {
        let labels: Vec<String> = one.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let unit = if one.rate { format!("{}/s", one.unit) } else { one.unit.clone() };
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| amount(value, &unit));
        let least = one.points.iter().map(|point| point.min).reduce(f64::min);
        let most = one.points.iter().map(|point| point.max).reduce(f64::max);
        table.row(vec![
            one.owner.to_string(),
            one.name.clone(),
            labels.join(","),
            line(one),
            shown(one.points.last().map(|point| point.mean)),
            shown(least),
            shown(most),
        ]);
    }
    table.to_string()
}

/// A bar for each stretch between the least and the most; a space where there is nothing.
fn line(series: &MetricSeries) -> String {
    let means = || series.points.iter().map(|point| point.mean);
    let (least, most) = (means().fold(f64::MAX, f64::min), means().fold(f64::MIN, f64::max));
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
        return String::new();
    };
    let width = first.seconds.max(1);
    let bars = (first.at..=last.at).step_by(width as usize).map(|at| {
        let point = series.points.iter().find(|point| point.at == at);
        point.map_or(' ', |point| {
            let share = if most > least { (point.mean - least) / (most - least) } else { 0.0 };
            BARS[((share * 7.0).round() as usize).min(7)]
        })
    });
    bars.collect()
}

/// As a person reads it.
fn amount(value: f64, unit: &str) -> String {
    match unit {
        "By" => output::bytes(value.max(0.0) as u64),
        "By/s" => format!("{}/s", output::bytes(value.max(0.0) as u64)),
        "s" => output::seconds(value),
        _ => {
            let digits = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
            // Braces are UCUM's way of saying that it is no unit.
            let unit = if unit == "1" || unit.starts_with('{') { "" } else { unit };
            format!("{value:.digits$} {unit}").trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::metric::MetricSample;

    #[test]
    fn a_course_is_a_line_with_gaps_where_nothing_came() {
        let point = |at, mean| MetricSample { at, seconds: 10, mean, min: mean, max: mean };
        let series = MetricSeries {
            owner: Owner::Host,
            name: "host.swap.used".to_owned(),
            unit: "By".to_owned(),
            labels: [].into(),
            rate: false,
            points: vec![point(0, 0.0), point(10, 3584.0), point(30, 7168.0)],
        };
        assert_eq!(line(&series), "▁▅ █");
        let shown = drawn(&[series]);
        assert!(shown.contains("7 KiB"), "{shown}");
    }

    #[test]
    fn amounts_are_shown_in_their_units() {
        for (value, unit, shown) in [
            (0.25, "s", "250 ms"),
            (3_145_728.0, "By/s", "3 MiB/s"),
            (12.0, "{thread}", "12"),
            (0.125, "1", "0.12"),
            (1.5, "Cel", "1.50 Cel"),
        ] {
            assert_eq!(amount(value, unit), shown);
        }
    }
}
