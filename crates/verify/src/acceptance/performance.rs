//! Performance: each route at its stated rate, open loop, against its goals.

use super::Context;
use super::cases::{Finding, Planned, ROUTE};
use super::guard::Stop;
use super::plan::Asked;
use super::traffic::{Traffic, line, ms, tell_failures, times_chart};

/// Of the requests that were due, how many must have been answered in time for the throughput to be as stated.
const THROUGHPUT: f64 = 0.99;

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let skipped = cx.skipped.iter().map(|(name, why)| Planned::not_run(ROUTE, why.as_str()).of(name));
    cx.plan.routes.iter().map(|asked| one(cx, asked)).chain(skipped).collect()
}

fn one<'a>(cx: &'a Context<'a>, asked: &'a Asked) -> Planned<'a> {
    if asked.rate > cx.allowed {
        let why = cx.language.pick(
            format!("--allow-load {} 필요", asked.rate.ceil()),
            format!("needs --allow-load {}", asked.rate.ceil()),
        );
        return Planned::not_run(ROUTE, why).of(&asked.name);
    }
    let lasts = cx.lasts(cx.plan.load.lasts);
    let will = cx.language.pick(
        format!("{} {} 초당 {}건, {lasts} 동안", asked.method, asked.path, asked.rate),
        format!("{} {} at {}/s for {lasts}", asked.method, asked.path, asked.rate),
    );
    Planned::new(ROUTE, will, move |finding| measure(cx, asked, finding)).of(&asked.name)
}

fn measure(cx: &Context<'_>, asked: &Asked, finding: &mut Finding) -> Result<(), Stop> {
    let (p95, p99) = asked.goals();
    let lasts = cx.lasts(cx.plan.load.lasts);
    finding.done = cx.language.pick(
        format!("{} {} 요청을 초당 {}건으로 {lasts} 동안 발송(개방형 부하: 응답을 기다리지 않고 예정 시각에 발송)", asked.method, asked.path, asked.rate),
        format!("{} {} at {}/s for {lasts}, open loop: each sent when due, whether or not the last one was answered", asked.method, asked.path, asked.rate),
    );
    finding.wanted = cx.language.pick(
        format!("p95 {} 이하, p99 {} 이하, 실패 {:.2}% 이하", ms(p95), ms(p99), asked.errors * 100.0),
        format!(
            "p95 at most {}, p99 at most {}, at most {:.2} % failed",
            ms(p95),
            ms(p99),
            asked.errors * 100.0
        ),
    );
    let traffic = Traffic::start(cx, &[asked], asked.rate, cx.plan.load.lasts, cx.plan.load.timeout)?;
    for (asked, outcome) in traffic.finish(cx)? {
        let due = outcome.due.max(1) as f64;
        let failed = outcome.failed() as f64 / due;
        finding.found = line(cx, asked, &outcome);
        let label = |name: &str, got: String, goal: String| format!("{name} {got} ({goal})");
        finding.judge(
            outcome.answered > 0 && outcome.quantile(0.95) <= p95,
            label("p95", ms(outcome.quantile(0.95)), ms(p95)),
        );
        finding.judge(
            outcome.answered > 0 && outcome.quantile(0.99) <= p99,
            label("p99", ms(outcome.quantile(0.99)), ms(p99)),
        );
        finding.judge(
            failed <= asked.errors,
            cx.language
                .pick(format!("실패 {:.2}%", failed * 100.0), format!("{:.2} % failed", failed * 100.0)),
        );
        let wanted = (THROUGHPUT - asked.errors).max(0.0);
        finding.judge(
            outcome.answered as f64 >= due * wanted,
            cx.language.pick(
                format!("예정 {}건 중 {}건 응답", outcome.due, outcome.answered),
                format!("{} of {} due were answered", outcome.answered, outcome.due),
            ),
        );
        tell_failures(cx, finding, &outcome);
        finding.charts.push(times_chart(cx, asked, &outcome));
    }
    Ok(())
}
