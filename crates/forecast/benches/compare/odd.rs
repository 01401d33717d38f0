//! The anomaly benchmark: candidates and the detector of the crate by the standard score.

use crate::candidates::{ALL, Candidate};
use crate::nab::{self, File, Raw};
use crate::series::Chance;
use naru_forecast::anomaly::{Alarm, BAR, Detector};
use serde_json::{Value, json};
use std::time::Instant;

/// Rows after a detection without another, for candidates: as [`Alarm`] has it.
const REST: usize = 50;

/// Bars at which harmless series are counted: the fixed one, and two for those who want to hear less.
const BARS: [f32; 3] = [BAR, 3.0, 4.0];

/// What a threshold brings in each file.
struct Tried {
    threshold: f64,
    each: Vec<Raw>,
}

fn total(each: &[Raw], counts: impl Fn(usize) -> bool) -> Raw {
    let mut all = Raw::default();
    each.iter().enumerate().filter(|(index, _)| counts(*index)).for_each(|(_, raw)| all.add(*raw));
    all
}

fn best(tried: &[Tried], counts: impl Fn(usize) -> bool) -> &Tried {
    let worth = |tried: &Tried| total(&tried.each, &counts).worth;
    tried.iter().max_by(|a, b| worth(a).total_cmp(&worth(b))).expect("a threshold was tried")
}

/// Chooses the threshold on half of the files and scores the other half with it, both ways, for 30 seeded halvings.
fn crossed(tried: &[Tried]) -> f64 {
    let (mut chance, mut sum, mut count) = (Chance::new(5), 0.0, 0.0);
    for _ in 0..30 {
        let half: Vec<bool> = tried[0].each.iter().map(|_| chance.part() < 0.5).collect();
        for side in [true, false] {
            let raw = total(&best(tried, |index| half[index] == side).each, |index| half[index] != side);
            if raw.windows > 5 {
                (sum, count) = (sum + raw.score(), count + 1.0);
            }
        }
    }
    sum / f64::max(count, 1.0)
}

/// Detections of a plain threshold with a rest after each.
fn plain(scores: &[f64], threshold: f64, rest: usize, from: usize) -> Vec<usize> {
    let mut until = from;
    let detect = |&row: &usize| {
        let detected = row >= until && scores[row] >= threshold;
        if detected {
            until = row + 1 + rest;
        }
        detected
    };
    (from..scores.len()).filter(detect).collect()
}

/// Some seventy thresholds: quantiles of all scores, from one row in five to one in ten thousand.
fn thresholds(scores: &[Vec<f64>]) -> Vec<f64> {
    let mut all: Vec<f64> = scores.iter().flatten().copied().collect();
    all.sort_by(|a, b| b.total_cmp(a));
    let mut thresholds: Vec<f64> =
        (0..70).map(|n| all[(all.len() as f64 / 5.0 * 0.895f64.powi(n)) as usize]).collect();
    thresholds.dedup();
    thresholds
}

fn candidate(files: &[File], candidate: &Candidate) -> Value {
    let started = Instant::now();
    let scores: Vec<Vec<f64>> = files.iter().map(candidate.score).collect();
    let seconds = started.elapsed().as_secs_f64();
    let with = |rest: usize| -> Vec<Tried> {
        let each = |threshold: f64| {
            let one = |(file, scores): (&File, &Vec<f64>)| {
                nab::score(file, plain(scores, threshold, rest, file.probation()).into_iter())
            };
            files.iter().zip(&scores).map(one).collect()
        };
        thresholds(&scores).into_iter().map(|threshold| Tried { threshold, each: each(threshold) }).collect()
    };
    let (bare, rested) = (with(0), with(REST));
    let points: usize = files.iter().map(|file| file.values.len()).sum();
    json!({
        "name": candidate.name, "source": candidate.source,
        "best": total(&best(&bare, |_| true).each, |_| true).score(),
        "best_with_rest": total(&best(&rested, |_| true).each, |_| true).score(),
        "crossed_with_rest": crossed(&rested),
        "us_a_point": seconds * 1e6 / points as f64,
    })
}

/// The detector of the crate: with its fixed bar, with the best bar, and with the bar chosen on other files.
fn ours(files: &[File]) -> Value {
    let started = Instant::now();
    let mut bytes = 0;
    let run = |file: &File| {
        let mut detector = Detector::default();
        let verdicts: Vec<_> =
            file.at.iter().zip(&file.values).map(|(&at, &value)| detector.feed(at, value)).collect();
        bytes = bytes.max(detector.bytes());
        verdicts
    };
    let verdicts: Vec<_> = files.iter().map(run).collect();
    let seconds = started.elapsed().as_secs_f64();
    let fixed: Vec<Raw> = files
        .iter()
        .zip(&verdicts)
        .map(|(file, verdicts)| nab::score(file, (0..verdicts.len()).filter(|&row| verdicts[row].anomalous)))
        .collect();
    let with = |bar: f32| {
        let one = |(file, verdicts): (&File, &Vec<naru_forecast::anomaly::Verdict>)| {
            let mut alarm = Alarm::default();
            let heard: Vec<bool> = verdicts.iter().map(|verdict| alarm.hear(verdict.surprise, bar)).collect();
            nab::score(file, (0..heard.len()).filter(|&row| heard[row]))
        };
        Tried { threshold: f64::from(bar), each: files.iter().zip(&verdicts).map(one).collect() }
    };
    let tried: Vec<Tried> = (5..60).map(|tenth| with(tenth as f32 / 10.0)).collect();
    let all = total(&fixed, |_| true);
    let days: f64 = files
        .iter()
        .map(|file| (file.at[file.at.len() - 1] - file.at[file.probation()]) as f64 / 86_400.0)
        .sum();
    let points: usize = files.iter().map(|file| file.values.len()).sum();
    let files: Vec<Value> = files.iter().zip(&fixed)
        .map(|(file, raw)| json!({"name": file.name, "windows": raw.windows, "found": raw.found, "false_alarms": raw.false_alarms, "worth": raw.worth}))
        .collect();
    let bars: Vec<Value> = tried
        .iter()
        .filter(|tried| (1.5..3.05).contains(&tried.threshold))
        .map(|tried| json!([format!("{:.1}", tried.threshold), total(&tried.each, |_| true).score()]))
        .collect();
    let best = best(&tried, |_| true);
    json!({
        "bar": format!("{BAR:.1}"), "fixed": all.score(), "found": all.found, "windows": all.windows,
        "false_alarms": all.false_alarms, "false_alarms_a_day": all.false_alarms as f64 / days,
        "best": total(&best.each, |_| true).score(), "best_bar": format!("{:.1}", best.threshold), "crossed": crossed(&tried),
        "bars": bars, "bytes": bytes, "us_a_point": seconds * 1e6 / points as f64, "files": files,
    })
}

/// The next value of a harmless series, from chance, the value before and the time.
type Next = fn(&mut Chance, f64, i64) -> f64;

/// How often harmless series reach a score and raise alarms: five minutes a point, 30 days, 20 of each kind.
fn harmless() -> Vec<Value> {
    let kinds: [(&str, Next); 4] = [
        ("noise", |chance, _, _| chance.normal()),
        ("memory of an hour (AR 1)", |chance, before, _| 0.92 * before + 0.39 * chance.normal()),
        ("day and week with noise", |chance, _, at| {
            let day = (std::f64::consts::TAU * (at % 86_400) as f64 / 86_400.0).sin();
            day * if at / 86_400 % 7 < 5 { 3.0 } else { 1.5 } + 0.5 * chance.normal()
        }),
        ("heavy tail (log-normal)", |chance, _, _| chance.normal().exp()),
    ];
    let one = |(name, next): (&str, Next)| {
        let (mut alarms, mut points, mut reached) = ([0usize; 3], 0, [0usize; 3]);
        for seed in 0..20 {
            let (mut chance, mut detector, mut value) = (Chance::new(seed), Detector::default(), 0.0);
            let mut alarm: [Alarm; 3] = Default::default();
            for step in 0..30 * 288 {
                let at = 1_736_121_600 + step * 300;
                value = next(&mut chance, value, at);
                let verdict = detector.feed(at, value);
                points += 1;
                for ((count, alarm), bar) in alarms.iter_mut().zip(&mut alarm).zip(BARS) {
                    *count += usize::from(alarm.hear(verdict.surprise, bar));
                }
                for (count, score) in reached.iter_mut().zip([0.9, 0.99, 0.999]) {
                    *count += usize::from(verdict.score >= score);
                }
            }
        }
        let [a, b, c] = reached.map(|count| count as f64 / points as f64);
        json!({"kind": name, "alarms_a_day": alarms.map(|count| count as f64 / (20.0 * 30.0)), "reach_0.9": a, "reach_0.99": b, "reach_0.999": c})
    };
    kinds.into_iter().map(one).collect()
}

pub(crate) fn measure(files: &[File]) -> Value {
    let null: Vec<Raw> = files.iter().map(|file| nab::score(file, std::iter::empty())).collect();
    let perfect: Vec<Raw> =
        files.iter().map(|file| nab::score(file, file.windows.iter().map(|&(first, _)| first))).collect();
    json!({
        "null": total(&null, |_| true).score(), "perfect": total(&perfect, |_| true).score(),
        "ours": ours(files), "harmless": harmless(),
        "candidates": ALL.iter().map(|one| candidate(files, one)).collect::<Vec<_>>(),
    })
}

pub(crate) fn print(result: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    println!(
        "Anomalies, standard score (null detector {:.0}, perfect {:.0})\n",
        number(&result["null"]),
        number(&result["perfect"])
    );
    println!(
        "| detector | best threshold | with a rest of {REST} | chosen on other files | µs a point | source |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let ours = &result["ours"];
    println!(
        "| **naru, fixed bar {}: {:.1}** | | {:.1} (bar {}) | {:.1} | {:.2} | ADR 12 |",
        ours["bar"].as_str().unwrap_or(""),
        number(&ours["fixed"]),
        number(&ours["best"]),
        ours["best_bar"].as_str().unwrap_or(""),
        number(&ours["crossed"]),
        number(&ours["us_a_point"])
    );
    for one in result["candidates"].as_array().into_iter().flatten() {
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {:.2} | {} |",
            one["name"].as_str().unwrap_or(""),
            number(&one["best"]),
            number(&one["best_with_rest"]),
            number(&one["crossed_with_rest"]),
            number(&one["us_a_point"]),
            one["source"].as_str().unwrap_or("")
        );
    }
    println!(
        "\nnaru at the fixed bar: {} of {} windows, {} false alarms ({:.2} a file and day), {} bytes a series. By bar: {}\n",
        ours["found"],
        ours["windows"],
        ours["false_alarms"],
        number(&ours["false_alarms_a_day"]),
        ours["bytes"],
        ours["bars"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|bar| format!("{} {:.1}", bar[0].as_str().unwrap_or(""), number(&bar[1])))
            .collect::<Vec<_>>()
            .join(", ")
    );
    println!("| file | windows | found | false alarms | worth |\n| --- | --- | --- | --- | --- |");
    for file in ours["files"].as_array().into_iter().flatten() {
        println!(
            "| {} | {} | {} | {} | {:.2} |",
            file["name"].as_str().unwrap_or(""),
            file["windows"],
            file["found"],
            file["false_alarms"],
            number(&file["worth"])
        );
    }
    println!(
        "\n| harmless series | alarms a day at the bar {:.1} | at {:.1} | at {:.1} | points at 0.9 | at 0.99 | at 0.999 |\n| --- | --- | --- | --- | --- | --- | --- |",
        BARS[0], BARS[1], BARS[2]
    );
    for one in result["harmless"].as_array().into_iter().flatten() {
        let alarms = &one["alarms_a_day"];
        println!(
            "| {} | {:.3} | {:.3} | {:.3} | {:.4} | {:.5} | {:.5} |",
            one["kind"].as_str().unwrap_or(""),
            number(&alarms[0]),
            number(&alarms[1]),
            number(&alarms[2]),
            number(&one["reach_0.9"]),
            number(&one["reach_0.99"]),
            number(&one["reach_0.999"])
        );
    }
}
