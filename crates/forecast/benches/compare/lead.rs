//! What is said ahead, held against what came: rolling origins, the same rules for every method.
//!
//! At every step a method may say that the level will be crossed within the next 48 steps. The first time it does is a
//! notice; after it the method is silent until the crossing, or until the 48 steps are over. A notice without a crossing
//! in that time is a false alarm. A crossing is found when a notice came at least ten minutes (and one step) before it.

use crate::ahead::{Method, Said};
use crate::series::Watched;
use naru_forecast::crossing::{FARTHEST, LIKELY};
use serde_json::{Value, json};

/// Steps below the level that must lie before a crossing for it to be one of its own.
const APART: i64 = 6;
const LEAD_SECONDS: i64 = 600;

/// Crossings and the indexes at which methods are asked.
pub(crate) struct Asked {
    pub(crate) series: Watched,
    pub(crate) looks: Vec<usize>,
    pub(crate) crossings: Vec<i64>,
}

impl Asked {
    pub(crate) fn new(series: Watched) -> Asked {
        let mut looks = Vec::new();
        let (mut crossings, mut above) = (Vec::new(), i64::MIN / 2);
        for (index, (&at, &value)) in series.at.iter().zip(&series.values).enumerate() {
            let last_of_step = series
                .at
                .get(index + 1)
                .is_none_or(|next| next.div_euclid(series.step) > at.div_euclid(series.step));
            if value >= series.threshold {
                if at - above > APART * series.step {
                    crossings.push(at);
                }
                above = at;
            }
            if last_of_step && at - above > APART * series.step {
                looks.push(index);
            }
        }
        Asked { series, looks, crossings }
    }

    fn days(&self) -> f64 {
        (self.series.at[self.series.at.len() - 1] - self.series.at[0]) as f64 / 86_400.0
    }
}

/// Sums over series.
#[derive(Default, Clone)]
pub(crate) struct Held {
    pub(crate) crossings: usize,
    pub(crate) found: usize,
    pub(crate) false_alarms: usize,
    pub(crate) days: f64,
    /// Of true notices: distance of the predicted time from the true one, in steps.
    errors: Vec<f64>,
    within: usize,
    intervals: usize,
}

impl Held {
    pub(crate) fn recall(&self) -> f64 {
        self.found as f64 / (self.crossings as f64).max(1.0)
    }

    pub(crate) fn false_a_day(&self) -> f64 {
        self.false_alarms as f64 / self.days.max(1e-9)
    }

    /// Median, in steps.
    pub(crate) fn error(&self) -> Option<f64> {
        let mut errors = self.errors.clone();
        errors.sort_by(f64::total_cmp);
        errors.get(errors.len() / 2).copied()
    }

    pub(crate) fn coverage(&self) -> Option<f64> {
        (self.intervals > 0).then(|| self.within as f64 / self.intervals as f64)
    }

    pub(crate) fn add(&mut self, other: &Held) {
        self.crossings += other.crossings;
        self.found += other.found;
        self.false_alarms += other.false_alarms;
        self.days += other.days;
        self.errors.extend(&other.errors);
        self.within += other.within;
        self.intervals += other.intervals;
    }
}

pub(crate) fn hold(asked: &Asked, said: &[Option<Said>], knob: f64) -> Held {
    let mut held = Held { crossings: asked.crossings.len(), days: asked.days(), ..Held::default() };
    let farthest = FARTHEST as i64 * asked.series.step;
    let lead = LEAD_SECONDS.max(asked.series.step);
    let (mut silent, mut found) = (i64::MIN, vec![false; asked.crossings.len()]);
    for (&look, said) in asked.looks.iter().zip(said) {
        let now = asked.series.at[look];
        let Some(said) = said.filter(|said| now >= silent && said.sure >= knob) else { continue };
        let next = asked.crossings.partition_point(|&crossing| crossing <= now);
        silent = now + farthest;
        let Some(&crossing) = asked.crossings.get(next).filter(|&&crossing| crossing <= now + farthest)
        else {
            held.false_alarms += 1;
            continue;
        };
        silent = crossing + 1;
        found[next] |= crossing - now >= lead;
        held.errors.push((said.at - crossing).abs() as f64 / asked.series.step as f64);
        if let Some((from, until)) = said.interval {
            held.intervals += 1;
            held.within += usize::from(from <= crossing && until.is_none_or(|until| crossing <= until));
        }
    }
    held.found = found.into_iter().filter(|&found| found).count();
    held
}

pub(crate) fn total<'a>(each: impl Iterator<Item = &'a Held>) -> Held {
    let mut all = Held::default();
    each.for_each(|held| all.add(held));
    all
}

/// Every method over all series, for each of its knobs, and at the crate's own knob by kind of series.
pub(crate) fn measure(asked: &[Asked]) -> Value {
    let one = |method: Box<dyn Method>| {
        let said: Vec<_> = asked.iter().map(|asked| method.say(&asked.series, &asked.looks)).collect();
        let at = |knob: f64| -> Vec<Held> {
            asked.iter().zip(&said).map(|(asked, said)| hold(asked, said, knob)).collect()
        };
        let knob = |knob: f64| told(&method.knob_text(knob), &total(at(knob).iter()));
        let kinds: Vec<Value> = crate::series::KINDS
            .into_iter()
            .filter(|kind| asked.iter().any(|asked| asked.series.kind == *kind))
            .map(|kind| {
                // The least knob at or above the crate's own; those that extrapolate have steps for knobs, below 0.
                let own = method
                    .knobs()
                    .into_iter()
                    .filter(|knob| *knob >= f64::from(LIKELY) - 1e-6)
                    .fold(f64::MAX, f64::min);
                let own = if own == f64::MAX { -12.0 } else { own };
                let each = at(own);
                told(
                    kind,
                    &total(
                        asked
                            .iter()
                            .zip(&each)
                            .filter(|(asked, _)| asked.series.kind == kind)
                            .map(|(_, held)| held),
                    ),
                )
            })
            .collect();
        json!({"name": method.name(), "knobs": method.knobs().into_iter().map(knob).collect::<Vec<_>>(), "kinds": kinds})
    };
    Value::Array(crate::ahead::all().into_iter().map(one).collect())
}

fn told(name: &str, held: &Held) -> Value {
    json!({"at": name, "recall": held.recall(), "found": held.found, "crossings": held.crossings,
        "false_a_day": held.false_a_day(), "error_steps": held.error(), "coverage": held.coverage()})
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// The recall of ours with no more false alarms than that: the loosest knob that keeps to them.
fn ours_at(ours: &Value, false_a_day: f64) -> Option<&Value> {
    let kept = ours["knobs"].as_array()?.iter().filter(|knob| number(&knob["false_a_day"]) <= false_a_day);
    kept.max_by(|a, b| number(&a["recall"]).total_cmp(&number(&b["recall"])))
}

pub(crate) fn print(result: &Value) {
    let methods = result["methods"].as_array().cloned().unwrap_or_default();
    let Some(ours) = methods.first() else { return };
    println!("\nCrossings ahead: {}\n", result["series"].as_str().unwrap_or(""));
    println!(
        "| method | knob | recall | false alarms a day | error, steps | in the interval | naru's recall with no more false alarms |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for method in &methods {
        for knob in method["knobs"].as_array().into_iter().flatten() {
            let beside = if method == ours { None } else { ours_at(ours, number(&knob["false_a_day"])) };
            let beside = beside.map_or(String::new(), |ours| {
                format!("{:.3} ({})", number(&ours["recall"]), ours["at"].as_str().unwrap_or(""))
            });
            let or_nothing = |value: &Value, digits: usize| {
                value.as_f64().map_or(String::new(), |value| format!("{value:.digits$}"))
            };
            println!(
                "| {} | {} | {:.3} ({} of {}) | {:.3} | {} | {} | {beside} |",
                method["name"].as_str().unwrap_or(""),
                knob["at"].as_str().unwrap_or(""),
                number(&knob["recall"]),
                knob["found"],
                knob["crossings"],
                number(&knob["false_a_day"]),
                or_nothing(&knob["error_steps"], 1),
                or_nothing(&knob["coverage"], 2)
            );
        }
    }
    if ours["kinds"].as_array().is_none_or(Vec::is_empty) {
        return;
    }
    println!(
        "\nBy kind, naru at {LIKELY}, the others within 12 steps: found of crossings, false alarms a day\n"
    );
    let kinds: Vec<&str> =
        ours["kinds"].as_array().into_iter().flatten().filter_map(|kind| kind["at"].as_str()).collect();
    println!("| method | {} |\n|{}", kinds.join(" | "), " --- |".repeat(kinds.len() + 1));
    for method in &methods {
        let cells = method["kinds"].as_array().into_iter().flatten().map(|kind| {
            format!("{}/{}, {:.2}", kind["found"], kind["crossings"], number(&kind["false_a_day"]))
        });
        println!("| {} | {} |", method["name"].as_str().unwrap_or(""), cells.collect::<Vec<_>>().join(" | "));
    }
}
