//! Whether everything is as it was before, whatever was done and however it ended.

use std::time::{Duration, Instant};

use naru_model::status::Status;
use naru_model::units::format_duration;

use super::Context;
use super::cases::{Finding, Planned, RESTORED};
use super::guard::{Stop, Undo};
use super::platform::Refused;

/// How often the platform is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// A silence ends by itself if nobody can end it.
const SILENT: Duration = Duration::from_secs(3 * 3600);

/// Tells nobody of the alerts that follow from what is done on purpose. A platform that refuses it tells them.
pub(super) fn silence<'a>(cx: &'a Context<'a>) -> Option<Undo<'a>> {
    let id = cx.platform.silence(SILENT, "naru verify all").ok()?;
    Some(
        cx.guard.undo(cx.say("경보 침묵 해제", "the silence is ended"), move || {
            cx.platform.end_silence(id)
        }),
    )
}

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Planned<'a> {
    Planned::new(RESTORED, cx.say("시험 전 상태와 비교", "compares with what was before"), |finding| {
        compare(cx, finding)
    })
}

fn compare(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "시험 전후의 리비전, 인스턴스, 확장 지정, 게이트웨이 비교",
        "compared revisions, instances, held numbers and the gateway with what was before",
    );
    finding.wanted = cx.say("모두 시험 전과 같음", "all as it was before");
    let until = Instant::now() + cx.plan.failure.recovers_within;
    let mut after = cx.platform.status();
    // What was broken last may be on its way still.
    while after.as_ref().map_or(true, |after| !differences(cx, after).is_empty()) && Instant::now() < until {
        std::thread::sleep(LOOK);
        after = cx.platform.status();
    }
    let mut different = differences(cx, &after?);
    different.extend(cx.guard.left());
    for line in &different {
        finding.judge(false, line.clone());
    }
    finding.found = if different.is_empty() {
        cx.say("시험 전과 같음", "as it was before")
    } else {
        cx.language.pick(format!("{}건 다름", different.len()), format!("{} things differ", different.len()))
    };
    Ok(())
}

/// Looks until something is so, and no longer than this, whatever anybody presses meanwhile.
pub(super) fn wait(
    within: Duration,
    mut is_so: impl FnMut() -> Result<bool, Refused>,
) -> Result<(), Refused> {
    let until = Instant::now() + within;
    while !is_so()? {
        if Instant::now() > until {
            return Err(Refused(format!("not within {}", format_duration(within))));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn differences(cx: &Context<'_>, after: &Status) -> Vec<String> {
    let mut found = Vec::new();
    for before in &cx.before.services {
        let Some(now) = after.services.iter().find(|service| service.name == before.name) else {
            found.push(
                cx.language.pick(format!("{} 없어짐", before.name), format!("{} is gone", before.name)),
            );
            continue;
        };
        let mut differs = |what: &str, was: String, is: String| {
            if was != is {
                found.push(format!("{} {what}: {was} → {is}", before.name));
            }
        };
        let held = |held: Option<u32>| held.map_or("-".to_owned(), |held| held.to_string());
        differs(&cx.say("리비전", "revision"), before.revision.to_string(), now.revision.to_string());
        differs(&cx.say("지정 수", "held"), held(before.scaling.held), held(now.scaling.held));
        let short = |ready: u32, desired: u32| desired.saturating_sub(ready).to_string();
        differs(
            &cx.say("부족 인스턴스", "missing"),
            short(before.ready, before.desired),
            short(now.ready, now.desired),
        );
    }
    if after.gateway.pid == 0 && cx.before.gateway.pid != 0 {
        found.push(cx.say("게이트웨이 없음", "there is no gateway"));
    }
    for before in &cx.before.links {
        let now = after.links.iter().find(|link| link.name == before.name);
        if now.is_none_or(|now| now.state != before.state) {
            found.push(cx.language.pick(
                format!("연계 {} 상태 다름", before.name),
                format!("link {} is not as it was", before.name),
            ));
        }
    }
    found
}
