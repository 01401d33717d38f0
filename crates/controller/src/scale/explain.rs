//! Scaling in words: each decision in one sentence, each policy as a person would say it.

use naru_model::name::ServiceName;
use naru_model::plan::DesiredService;
use naru_model::platform::Scale;
use naru_model::scaling::{Bound, By, Decision, Level, Wish};
use naru_model::units::format_duration;

/// Returns a service's policies in words: `cpu 60%`, `cpu > 50% for 5m: 2 more`, `0 20 * * * for 2h: 2 more`.
pub fn policies(scale: &Scale) -> Vec<String> {
    let targets = scale.target.iter().map(Level::to_string);
    let rules = scale.rules.iter().map(|rule| {
        let when = &rule.when;
        let (than, change) =
            (if when.above { '>' } else { '<' }, if rule.add < 0 { "fewer" } else { "more" });
        let level = when.level.to_string();
        let value = level.strip_prefix(when.level.name()).unwrap_or(&level).trim();
        let (name, lasts) = (when.level.name(), format_duration(when.lasts));
        format!("{name} {than} {value} for {lasts}: {} {change}", rule.add.unsigned_abs())
    });
    let schedules = scale.schedule.iter().map(|schedule| {
        let zone = schedule.zone.as_ref().map(|zone| format!(" {zone}")).unwrap_or_default();
        format!("{}{zone} for {}: {} more", schedule.at, format_duration(schedule.lasts), schedule.add)
    });
    targets.chain(rules).chain(schedules).collect()
}

/// What was seen, what was decided and why, in one sentence.
pub(super) fn message(name: &ServiceName, desired: &DesiredService, decision: &Decision) -> String {
    let Decision { from, to, wishes, bounds } = decision;
    let mut said = format!("{name} from {from} to {to}");
    let deciding = wishes.iter().filter(|wish| wish.wants.is_some()).max_by_key(|wish| wish.wants);
    let mut reasons = Vec::new();
    if to < from && !wishes.iter().any(|wish| wish.by == By::Rule && wish.wants.is_some()) {
        let enough = format_duration(desired.service.scale.shrink_after);
        reasons.push(format!("fewer have been enough for {enough}"));
    }
    reasons.extend(deciding.map(reason));
    if !reasons.is_empty() {
        said.push_str(": ");
        said.push_str(&reasons.join(", and now "));
    }
    for bound in bounds {
        said.push_str("; ");
        said.push_str(&limit(*bound, desired));
    }
    said
}

fn reason(wish: &Wish) -> String {
    let wants = wish.wants.unwrap_or_default();
    match (wish.by, wish.seen, wish.level) {
        (By::Cpu, Some(seen), Some(level)) => format!(
            "cpu is {:.0}% of what an instance reserves and {:.0}% is wanted, which takes {wants}",
            100.0 * seen,
            100.0 * level
        ),
        (By::Concurrency, Some(seen), Some(level)) => {
            format!("concurrency is {seen:.1} per instance and {level:.0} is wanted, which takes {wants}")
        }
        (By::Rate, Some(seen), Some(level)) => {
            format!(
                "{seen:.1} requests come per second and instance and {level} are wanted, which takes {wants}"
            )
        }
        (By::P95, Some(seen), Some(level)) => {
            format!("p95 is {seen:.3}s and {level:.3}s is wanted, which takes {wants}")
        }
        (By::Apdex, Some(seen), Some(level)) => {
            format!("apdex is {seen:.2} and {level:.2} is wanted, which takes {wants}")
        }
        (By::Waiting, Some(seen), _) => {
            format!("{seen:.0} requests have piled up, which takes {wants}")
        }
        (By::Capacity, Some(seen), Some(level)) => format!(
            "by the time another has started {seen:.1} requests come per second and instance and one carries {level:.1}, \
             which takes {wants}"
        ),
        (By::Rule, _, _) => format!("a rule's condition has held, which takes {wants}"),
        (By::Schedule, _, _) => format!("it is a schedule's time, which takes {wants}"),
        _ => format!("{wants} are wanted"),
    }
}

fn limit(bound: Bound, desired: &DesiredService) -> String {
    let scale = &desired.service.scale;
    match bound {
        Bound::Minimum => format!("its minimum is {}", scale.min),
        Bound::Maximum => format!("its maximum is {}", scale.max),
        Bound::Step => "not more at once".to_owned(),
        Bound::ShrinkSlowly => {
            format!("it shrinks once fewer have been enough for {}", format_duration(scale.shrink_after))
        }
        Bound::MissingFigures => "it does not shrink while figures are missing".to_owned(),
        Bound::Rollout => "it does not shrink during a rollout".to_owned(),
        Bound::Awaiting => "the effect of the instances that are starting is awaited".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use naru_model::scaling::{Condition, Rule, Schedule};
    use naru_model::units::Percent;

    use super::*;

    #[test]
    fn policies_are_said_as_the_file_has_them() {
        let percent = |percent: u32| Percent { thousandths: percent * 10 };
        let when = Condition { level: Level::Cpu(percent(50)), above: true, lasts: Duration::from_secs(300) };
        let fewer = Condition { level: Level::Waiting(1), above: false, ..when };
        let scale = Scale {
            target: vec![Level::Cpu(percent(60)), Level::P95(Duration::from_millis(500))],
            rules: vec![Rule { when, add: 2 }, Rule { when: fewer, add: -1 }],
            schedule: vec![Schedule {
                at: "0 20 * * *".to_owned(),
                zone: Some("Asia/Seoul".to_owned()),
                lasts: Duration::from_secs(7200),
                add: 2,
            }],
            ..Scale::default()
        };
        let expected = [
            "cpu 60%",
            "p95 500ms",
            "cpu > 50% for 5m: 2 more",
            "waiting < 1 for 5m: 1 fewer",
            "0 20 * * * Asia/Seoul for 2h: 2 more",
        ];
        assert_eq!(policies(&scale), expected);
    }
}
