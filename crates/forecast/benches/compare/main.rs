//! Chooses and measures the methods of this crate: anomalies by the Numenta benchmark, crossings by rolling origins, each
//! beside what it was chosen from and what others do. `bench/forecast/run` builds and runs it.
//!
//! `compare DATA_FOLDER [RESULT.json] [SEED]`: the folder has `windows.json` and the files it names; crossings are
//! measured on series of the seed (default 2; 1 is the one that methods and constants were chosen with).

mod ahead;
mod candidates;
mod lead;
mod nab;
mod odd;
mod series;

use lead::Asked;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Series of each kind.
const EACH: usize = 8;
/// How many points, fed to how many series, the cost is measured with.
const COST: (usize, i64) = (200, 3000);

fn main() -> ExitCode {
    // `cargo bench` adds flags of its own.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(64)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let folder = arguments
        .first()
        .ok_or("name the folder with the benchmark's files: compare DATA_FOLDER [RESULT.json] [SEED]")?;
    let seed =
        arguments.get(2).map_or(Ok(2), |seed| seed.parse()).map_err(|_| "the seed must be a number")?;
    let files = nab::read(&PathBuf::from(folder))?;
    let anomalies = odd::measure(&files);
    odd::print(&anomalies);
    let sets = [
        (format!("seeded series (seed {seed}, {EACH} of each kind)"), series::make(seed, EACH)),
        (
            "files of the benchmark, at the level that 1 % of their values exceed".to_owned(),
            files.iter().map(series::of_file).collect(),
        ),
    ];
    let crossings: Vec<Value> = sets
        .into_iter()
        .map(|(name, series)| {
            let asked: Vec<Asked> = series.into_iter().map(Asked::new).collect();
            let result = json!({"series": name, "methods": lead::measure(&asked)});
            lead::print(&result);
            result
        })
        .collect();
    let cost = cost();
    println!(
        "\nA series of crossings takes {} bytes and {} µs a point, a question {} µs.",
        cost["bytes"], cost["us_a_point"], cost["us_a_question"]
    );
    if let Some(path) = arguments.get(1).filter(|path| !path.is_empty()) {
        let result =
            json!({"anomalies": anomalies, "crossings": crossings, "crossings_cost": cost, "seed": seed});
        let text = serde_json::to_string_pretty(&result).map_err(|error| error.to_string())?;
        std::fs::write(path, text + "\n").map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// What a course costs, a point a minute and a question every five.
fn cost() -> Value {
    use naru_forecast::crossing::{Course, Side};
    let (series, points) = COST;
    let mut courses: Vec<Course> = (0..series).map(|_| Course::new(300, Side::Above)).collect();
    let mut chance = series::Chance::new(3);
    let values: Vec<f64> = (0..points).map(|_| 50.0 + chance.normal()).collect();
    let started = Instant::now();
    for (at, value) in (0i64..).zip(&values) {
        courses.iter_mut().for_each(|course| course.feed(at * 60, *value));
    }
    let fed = started.elapsed().as_secs_f64() * 1e6 / (series as i64 * points) as f64;
    let started = Instant::now();
    let said = courses.iter().filter(|course| course.crossing(60.0, points * 60, 3600).is_some()).count();
    let asked = started.elapsed().as_secs_f64() * 1e6 / series as f64;
    let bytes = courses.iter().map(Course::bytes).max();
    json!({"bytes": bytes, "us_a_point": (fed * 100.0).round() / 100.0, "us_a_question": (asked * 100.0).round() / 100.0, "answers": said})
}
