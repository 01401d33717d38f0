//! `naru scale`: how many instances there are to be, by a person's word or by the policies; and why there are so many.

use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Result;
use naru_api::message::Scaling;
use naru_model::scaling::{Bound, By, Decision, Wish};

use super::{ScaleArgs, output};

/// A number, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(Option<u32>);

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Count(None));
        }
        text.parse()
            .map(|count| Count(Some(count)))
            .map_err(|_| "write a number of instances, or auto".to_owned())
    }
}

pub(crate) fn run(args: ScaleArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let service = super::service_name(&args.service)?;
    let Some(Count(count)) = args.count else {
        let scaling = super::block_on(client.scaling(&service))??;
        if args.server.json {
            output::print_json(&scaling)?;
        } else {
            print!("{}", explain(&scaling));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let scaled = super::block_on(client.scale(&service, count))??;
    if args.server.json {
        output::print_json(&scaled)?;
    } else {
        let by = if count.is_some() { "" } else { ", as its policies have it from now on" };
        println!("{service} is to have {} instances{by}", scaled.desired);
    }
    Ok(ExitCode::SUCCESS)
}

/// The policies, and each decision of the last hour with what every policy saw.
fn explain(scaling: &Scaling) -> String {
    let status = &scaling.scaling;
    let mut text = format!(
        "{} has {} of {} wanted instances ready, from {} to {} are allowed\n",
        scaling.service, scaling.ready, scaling.desired, status.min, status.max
    );
    match (status.held, status.automatic) {
        (Some(held), _) => {
            text += &format!("somebody wants {held}; `naru scale {} auto` ends that\n", scaling.service)
        }
        (None, false) => text += "it has no policy: add scale.target, rules or schedule to naru.yaml\n",
        (None, true) => text += &format!("policies: {}\n", status.policies.join("; ")),
    }
    if let Some(capacity) = &status.capacity {
        text += &format!(
            "one instance of revision {} was seen to carry {:.1} requests/s\n",
            capacity.revision, capacity.rate
        );
    }
    if status.no_room {
        text += "the pool has no room for as many as are wanted\n";
    }
    if scaling.events.is_empty() {
        text += "\nnothing was decided in the last hour\n";
    }
    for event in &scaling.events {
        text += &format!("\n{}\n", output::event_line(event));
        if let Some(decision) = &event.decision {
            text += &of_decision(decision);
        }
    }
    text
}

fn of_decision(decision: &Decision) -> String {
    let mut table = output::Table::new(&["", "POLICY", "SEEN", "WANTED AT", "INSTANCES"]);
    for wish in &decision.wishes {
        table.row(of_wish(wish));
    }
    let bounds: Vec<&str> = decision.bounds.iter().map(|bound| bound_words(*bound)).collect();
    let bounded = if bounds.is_empty() { String::new() } else { format!("  then: {}\n", bounds.join("; ")) };
    format!("{table}{bounded}")
}

fn of_wish(wish: &Wish) -> Vec<String> {
    let figure = |value: Option<f64>| value.map_or("-".to_owned(), |value| figure(wish.by, value));
    vec![
        String::new(),
        by_words(wish.by).to_owned(),
        figure(wish.seen),
        figure(wish.level),
        wish.wants.map_or("-".to_owned(), |wants| wants.to_string()),
    ]
}

fn figure(by: By, value: f64) -> String {
    match by {
        By::Cpu => format!("{:.0}%", value * 100.0),
        By::P95 => output::seconds(value),
        By::Apdex => format!("{value:.2}"),
        By::Rate | By::Capacity => format!("{value:.1}/s"),
        By::Concurrency | By::Waiting | By::Rule | By::Schedule | By::Person => format!("{value:.1}"),
    }
}

fn by_words(by: By) -> &'static str {
    match by {
        By::Cpu => "cpu",
        By::Concurrency => "concurrency",
        By::Rate => "rate",
        By::P95 => "p95",
        By::Apdex => "apdex",
        By::Capacity => "learned capacity",
        By::Waiting => "waiting requests",
        By::Rule => "rule",
        By::Schedule => "schedule",
        By::Person => "somebody",
    }
}

fn bound_words(bound: Bound) -> &'static str {
    match bound {
        Bound::Minimum => "not below the minimum",
        Bound::Maximum => "not above the maximum",
        Bound::Step => "not so many at once",
        Bound::ShrinkSlowly => "fewer only after a while without need",
        Bound::MissingFigures => "not fewer while figures are missing",
        Bound::Rollout => "not fewer during a rollout",
        Bound::Awaiting => "not fewer while new ones are coming",
    }
}
