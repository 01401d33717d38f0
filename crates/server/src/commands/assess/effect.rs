//! `naru assess effect`: replays an access log's own requests against today's system and the target model, and tells what each way of
//! scaling would have brought.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use naru_assess::effect::{Fails, Given, simulate};
use naru_assess::log::{self, Options, Pattern, Progress, Unit};
use naru_assess::questionnaire::Questionnaire;
use naru_model::units::parse_duration;

use super::{OutArgs, files, logs};

#[derive(Debug, Args)]
pub(crate) struct EffectArgs {
    /// Logs in any order: plain, gzip or zstd; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The system's questionnaire, for its name, its functions and its response time
    #[arg(long, value_name = "FILE")]
    questionnaire: Option<PathBuf>,
    /// Requests that an instance works on at a time; 20 when not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    workers: Option<u32>,
    /// How long a request takes when nothing waits; from the log's response times when not given
    #[arg(long, value_name = "TIME", value_parser = positive)]
    service_time: Option<Duration>,
    /// Instances (servers) that there are today; from the log's response times under load when not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    instances: Option<u32>,
    /// How long an instance takes to start; 30s when not given
    #[arg(long, value_name = "TIME", value_parser = positive)]
    start_up: Option<Duration>,
    /// What an instance costs an hour, in won; costs are not told without it
    #[arg(long, value_name = "WON", value_parser = price)]
    price: Option<f64>,
    /// Who has no answer after this time has waited; four times the service time, at least 1s, when not given
    #[arg(long, value_name = "TIME", value_parser = positive)]
    waits: Option<Duration>,
    /// The function that fails in the simulation, or none; the largest of the busiest hour when not given
    #[arg(long, value_name = "FUNCTION")]
    fail: Option<String>,
    /// How long it fails
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = positive)]
    fails_for: Duration,
    /// How lines are written: common, combined, or a pattern of Apache, Tomcat or nginx; found from the first lines when not given
    #[arg(long, value_name = "PATTERN", value_parser = lines)]
    pattern: Option<Pattern>,
    /// The unit of response times (s, ms, us, ns); found from the first lines when not given
    #[arg(long)]
    unit: Option<Unit>,
    /// The zone that times are told in, and of times that name none (+09:00); the log's own when not given
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true, value_parser = logs::offset)]
    zone: Option<i32>,
    /// Write the target model that was simulated as well, as a naru.yaml, which must not be there yet
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    #[command(flatten)]
    out: OutArgs,
}

fn positive(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).map_err(|error| error.to_string())?;
    let bounds = Duration::from_millis(1)..=Duration::from_secs(86_400);
    if bounds.contains(&time) { Ok(time) } else { Err("give 1ms to 24h".to_owned()) }
}

fn lines(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| error.to_string())
}

fn price(text: &str) -> Result<f64, String> {
    let price = text.parse::<f64>().ok().filter(|price| (0.0..=1e9).contains(price));
    price.ok_or_else(|| format!("{text:?} is no price; give a number of won from 0 to 1,000,000,000"))
}

pub(crate) fn run(args: &EffectArgs) -> Result<ExitCode> {
    let q = match &args.questionnaire {
        Some(path) => match files::questionnaire(path, args.out.lang)? {
            Some(q) => q,
            None => return Ok(files::bad_file()),
        },
        None => {
            let name = args.files.first().map(|path| files::name_of(path)).unwrap_or_else(files::fallback);
            let language = args.out.lang.unwrap_or_else(files::language);
            Questionnaire::new(language, name.as_str(), name.clone())
        }
    };
    let options = Options {
        files: args.files.clone(),
        pattern: args.pattern.clone(),
        unit: args.unit,
        offset: args.zone,
        ..Options::default()
    };
    let progress = Arc::new(Progress::default());
    let (findings, arrivals) = logs::with_bar(&progress, || log::arrivals(&options, &progress))?;
    let effect = simulate(&q, &findings, &arrivals, &given(args))?;
    if let Some(path) = &args.target {
        files::write_new(path, effect.target.yaml(q.language).as_bytes())?;
    }
    let names: Vec<String> = args.files.iter().map(|path| path.display().to_string()).collect();
    args.out.print(&effect, || effect.report(q.language, &names.join(", ")))
}

fn given(args: &EffectArgs) -> Given {
    Given {
        workers: args.workers,
        service_time: args.service_time,
        instances: args.instances,
        start_up: args.start_up,
        price: args.price,
        waits: args.waits,
        fails: match args.fail.as_deref() {
            None => Fails::Largest,
            Some("none") => Fails::None,
            Some(name) => Fails::Named(name.to_owned()),
        },
        fails_for: args.fails_for,
    }
}
