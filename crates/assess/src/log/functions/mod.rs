//! Natural functions: templates that belong together by their path, each with its load, failures, response times, and what it is
//! used with; and whether it is worth running by itself.

mod group;
mod judge;

use std::collections::BTreeMap;

use naru_model::units::Timestamp;

use super::findings::{Function, Latency, Peak, Template, UsedWith};
use super::histogram::Histogram;
use super::load::{Load, median};
use super::people::Visited;
use super::tally::Stat;
use super::timeline::Timeline;

pub(super) use group::{Group, Role, group};

/// Templates and neighbours that are told of a function.
const MAX_TEMPLATES: usize = 20;
const MAX_USED_WITH: usize = 5;

/// Response times of all requests.
pub(super) fn latency(stats: &[Stat]) -> Option<Latency> {
    let mut all = Histogram::default();
    stats.iter().for_each(|stat| all.merge(&stat.times));
    all.latency()
}

fn sum<'a>(leaves: impl Iterator<Item = &'a u32>, stats: &[Stat]) -> Stat {
    let mut sum = Stat::default();
    leaves.filter_map(|leaf| stats.get(*leaf as usize)).for_each(|stat| sum.merge(stat));
    sum
}

/// Requests by hour of each group, and of all of them together.
struct Hours {
    of: Vec<BTreeMap<u32, u64>>,
}

impl Hours {
    fn new(groups: &[Group], timeline: &Timeline) -> Hours {
        let owners = group::owners(groups);
        let mut of = vec![BTreeMap::new(); groups.len()];
        for (leaf, hour, requests) in timeline.leaf_hours() {
            if let Some(group) = owners.get(&leaf) {
                *of[*group].entry(hour).or_default() += u64::from(requests);
            }
        }
        Hours { of }
    }

    /// Of all but one.
    fn others(&self, group: usize) -> BTreeMap<u32, u64> {
        let mut sum: BTreeMap<u32, u64> = BTreeMap::new();
        let others = self.of.iter().enumerate().filter(|(index, _)| *index != group);
        others
            .flat_map(|(_, hours)| hours)
            .for_each(|(hour, requests)| *sum.entry(*hour).or_default() += requests);
        sum
    }
}

/// Requests by hour of each function.
pub(super) fn hours(groups: &[Group], timeline: &Timeline) -> super::arrivals::Hours {
    groups.iter().map(|group| group.name.clone()).zip(Hours::new(groups, timeline).of).collect()
}

/// A series of hours in figures.
#[derive(Debug, Clone)]
struct Shape {
    by_hour: Vec<f64>,
    peak_hour: u8,
    busiest: (u32, u64),
    median: f64,
    surge_ratio: f64,
}

fn shape(hours: &BTreeMap<u32, u64>, load: &Load<'_>) -> Shape {
    let requests = |hour: u32| hours.get(&hour).copied().unwrap_or(0);
    let (mut sums, mut seen) = ([0_u64; 24], [0_u32; 24]);
    for hour in load.whole_hours() {
        sums[hour as usize % 24] += requests(hour);
        seen[hour as usize % 24] += 1;
    }
    let by_hour: Vec<f64> =
        sums.iter().zip(&seen).map(|(sum, seen)| *sum as f64 / f64::from((*seen).max(1))).collect();
    let peak = by_hour
        .iter()
        .enumerate()
        .fold(0, |best, (hour, mean)| if *mean > by_hour[best] { hour } else { best });
    let busiest = hours.iter().fold((0, 0), |best, (hour, n)| if *n > best.1 { (*hour, *n) } else { best });
    let median = median(load.working_hours().into_iter().map(|hour| requests(hour) as f64).collect());
    let surge_ratio = if median > 0.0 { busiest.1 as f64 / median } else { 0.0 };
    Shape { by_hour, peak_hour: peak as u8, busiest, median, surge_ratio }
}

/// Pearson's correlation of two series over the same hours; 0 when one of them does not vary.
fn correlation(
    one: &BTreeMap<u32, u64>,
    other: &BTreeMap<u32, u64>,
    hours: impl Iterator<Item = u32>,
) -> f64 {
    let value = |of: &BTreeMap<u32, u64>, hour: u32| of.get(&hour).copied().unwrap_or(0) as f64;
    let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for hour in hours {
        let (x, y) = (value(one, hour), value(other, hour));
        (n, sx, sy) = (n + 1.0, sx + x, sy + y);
        (sxx, syy, sxy) = (sxx + x * x, syy + y * y, sxy + x * y);
    }
    let spread = ((n * sxx - sx * sx) * (n * syy - sy * sy)).sqrt();
    if spread > 0.0 { ((n * sxy - sx * sy) / spread).clamp(-1.0, 1.0) } else { 0.0 }
}

/// Describes each group, the largest first.
pub(super) fn describe(
    groups: Vec<Group>,
    stats: &[Stat],
    timeline: &Timeline,
    load: &Load<'_>,
    visits: &Visited,
    at: &dyn Fn(i64) -> Timestamp,
) -> Vec<Function> {
    let hours = Hours::new(&groups, timeline);
    let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    let sums: Vec<Stat> = groups.iter().map(|group| sum(group.leaves(), stats)).collect();
    let total: u64 = sums.iter().map(|sum| sum.requests).sum();
    let mut functions = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        let stat = &sums[index];
        let others_hours = hours.others(index);
        let (own, others) = (shape(&hours.of[index], load), shape(&others_hours, load));
        let mut rest = Stat::default();
        sums.iter().enumerate().filter(|(other, _)| *other != index).for_each(|(_, sum)| rest.merge(sum));
        let mut function = Function {
            name: group.name.clone(),
            templates_total: group.templates.len() as u32,
            templates: group
                .templates
                .iter()
                .take(MAX_TEMPLATES)
                .map(|template| told(template, stats))
                .collect(),
            prefixes: group.prefixes.clone(),
            requests: stat.requests,
            share: stat.requests as f64 / total.max(1) as f64,
            robots: stat.robots,
            writes: stat.writes,
            bytes: stat.bytes,
            client_errors: stat.client_errors,
            server_errors: stat.server_errors,
            latency: stat.times.latency(),
            peak_hour: own.peak_hour,
            by_hour: own.by_hour.clone(),
            busiest_hour: Peak { at: at(i64::from(own.busiest.0) * 3600), requests: own.busiest.1 },
            surge_ratio: own.surge_ratio,
            correlation: correlation(&hours.of[index], &others_hours, load.whole_hours()),
            sessions: visits.sessions_of(index),
            used_with: used_with(index, &names, visits),
            ..Function::default()
        };
        (function.splitting, function.reasons) = judge::judge(
            &function,
            group.role,
            &judge::Compared { own: &own, others: &others, rest: &rest, days: load.days() },
        );
        functions.push(function);
    }
    functions.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.name.cmp(&b.name)));
    functions
}

fn told(template: &super::templates::Template, stats: &[Stat]) -> Template {
    let sum = sum(template.leaves.iter(), stats);
    Template {
        path: template.path(),
        requests: template.requests,
        server_errors: sum.server_errors,
        p95_seconds: (sum.times.count > 0).then(|| sum.times.quantile(0.95)),
    }
}

fn used_with(index: usize, names: &[String], visits: &Visited) -> Vec<UsedWith> {
    let own = visits.sessions_of(index) as f64;
    let all = visits.sessions() as f64;
    let with = |other: usize| {
        let both = visits.sessions_of_both(index, other) as f64;
        let expected = own * visits.sessions_of(other) as f64 / all;
        UsedWith {
            function: names[other].clone(),
            share: both / own,
            lift: if expected > 0.0 { both / expected } else { 0.0 },
        }
    };
    if own == 0.0 {
        return Vec::new();
    }
    let mut used: Vec<UsedWith> = (0..names.len())
        .filter(|other| *other != index)
        .map(with)
        .filter(|with| with.share >= 0.01)
        .collect();
    used.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.function.cmp(&b.function)));
    used.truncate(MAX_USED_WITH);
    used
}
